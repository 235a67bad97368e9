"""Relay: one app-server for several callers. Lines in, lines out; no process, no Ray and no waiting in here.

Each caller speaks as if the server were its own: its request ids come back to it, it is asked what concerns its threads and
hears of them, and `initialize` is answered to it although the server was greeted once. A turn goes on only as long as
somebody is there who follows its thread.
"""

from __future__ import annotations

import itertools
import json
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from codex_ray._admission import Admission
from codex_ray._outbox import dump
from codex_ray._threads import ThreadTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_ray._outbox import Outbox

    Json: TypeAlias = dict[str, Any]

__all__ = ["Caller", "Relay", "RelayLimits"]

_log = logging.getLogger("codex_ray")

# The server slows down when more threads are opened at once, and loses requests when it is given hundreds.
_OPENERS = frozenset({"thread/start", "thread/resume", "thread/fork"})
_MAX_OPENING = 2
_MAX_IN_FLIGHT = 64
# Answered when the work is done, which may take hours.
_WORKING = frozenset({"command/exec", "mcpServer/tool/call"})
_TURNS = frozenset({"turn/start", "review/start", "thread/compact/start"})
_REFUSED = -32600
_OVERLOADED = -32001


class Clock(Protocol):
    """The time of an event loop."""

    def time(self) -> float:
        """Return the time in seconds."""
        ...

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> _Timer:
        """Call a function after a time."""
        ...


class _Timer(Protocol):
    def cancel(self) -> None: ...


@dataclass(frozen=True)
class RelayLimits:
    """What one worker takes on.

    Attributes:
        turn_limit: Turns that may run at once.
        queue_timeout_s: Seconds for which a further turn waits for its place.
    """

    turn_limit: int
    queue_timeout_s: float


class Caller:
    """One connection of a client.

    Args:
        caller_id: Its id.
        outbox: What waits for it.
    """

    def __init__(self, caller_id: str, outbox: Outbox) -> None:
        self.caller_id = caller_id
        self.outbox = outbox
        self.is_here = True
        self.opted_out: frozenset[str] = frozenset()
        # Which grant of each thread it holds; see `Relay.grant`.
        self.epochs: dict[str, int] = {}

    def give(self, line: bytes, thread_id: str | None = None, *, is_last: bool = False) -> None:
        """Queue a line for it."""
        if self.is_here:
            self.outbox.put(line, thread_id, is_last=is_last)


@dataclass(eq=False)
class _Request:
    """A request on its way; without a caller, one of the relay itself."""

    method: str
    caller: Caller | None = None
    caller_request_id: Any = None
    thread_id: str | None = None
    params: Json = field(default_factory=dict[str, Any])
    on_answer: Callable[[], None] | None = None


class Relay:
    """The callers of one app-server.

    Args:
        write: Queues a line for the server.
        clock: The loop that all of this runs on.
        limits: What the worker takes on.
        greeting: The server's answer to `initialize`.
    """

    def __init__(
        self, write: Callable[[bytes], None], *, clock: Clock, limits: RelayLimits, greeting: Json
    ) -> None:
        self._write = write
        self._clock = clock
        self._greeting = greeting
        self._ids = itertools.count(1)
        self._pending: dict[int, _Request] = {}
        self._queues: tuple[deque[_Request], deque[_Request]] = (deque(), deque())
        self._in_flight = [0, 0]
        self._callers: dict[str, Caller] = {}
        self.threads = ThreadTable()
        self.admission = Admission(clock, limits.turn_limit, limits.queue_timeout_s)
        # Questions of the server that nobody has answered yet, with the thread that they are about.
        self._questions: dict[Any, tuple[bytes, str | None]] = {}

    # --- callers ---

    def join(self, caller: Caller) -> None:
        """Take on a caller."""
        self._callers[caller.caller_id] = caller

    def leave(self, caller: Caller) -> None:
        """Let a caller go; turns that nobody else follows are interrupted, with their commands."""
        if self._callers.pop(caller.caller_id, None) is None:
            return
        caller.is_here = False
        self.admission.withdraw(caller)
        for queue in self._queues:
            for request in [request for request in queue if request.caller is caller]:
                queue.remove(request)
                if request.thread_id is not None and self._begins_turn(request):
                    # It had its place, and will not be sent.
                    self.admission.ended(request.thread_id)
        for thread_id in self.threads.forget_caller(caller):
            self._abandon(thread_id)

    @property
    def callers(self) -> tuple[Caller, ...]:
        """Those who are connected."""
        return tuple(self._callers.values())

    def grant(self, caller: Caller, thread_id: str, epoch: int) -> None:
        """Let a caller use a thread; a later grant of the thread to anybody takes it from those with an earlier one."""
        caller.epochs[thread_id] = epoch
        self.threads.epochs[thread_id] = max(epoch, self.threads.epochs.get(thread_id, 0))

    def revoke(self, thread_id: str, epoch: int) -> None:
        """Take a thread from whoever has a grant before `epoch`, and let the server forget it."""
        self.threads.epochs[thread_id] = max(epoch, self.threads.epochs.get(thread_id, 0))
        self.threads.followers.pop(thread_id, None)
        self._abandon(thread_id)

    def _abandon(self, thread_id: str) -> None:
        """Nobody follows a thread any more: end what runs there, then let the server forget it."""
        for number, (_, about) in list(self._questions.items()):
            if about == thread_id:
                self._refuse_question(number)
        if thread_id in self.threads.running:
            self._interrupt(thread_id)
        elif not self.admission.is_starting(thread_id):
            self._clean_up(thread_id)

    def _interrupt(self, thread_id: str) -> None:
        """End the turn of a thread and those of its sub-agents; its commands follow when the turn has ended."""
        for child, turn_id in self.threads.of_root(thread_id):
            self._own("turn/interrupt", {"threadId": child, "turnId": turn_id})

    def _clean_up(self, thread_id: str) -> None:
        if thread_id in self.threads.used:
            # An interrupt leaves the running command alive, as a background terminal; so may a turn that has ended. With
            # a server of their own they would end with its client.
            self.threads.used.discard(thread_id)
            self._own("thread/backgroundTerminals/clean", {"threadId": thread_id})
        self._own("thread/unsubscribe", {"threadId": thread_id})

    # --- from a caller ---

    def from_caller(self, caller: Caller, line: bytes) -> None:
        """Take a line of a caller."""
        message = cast("Json", json.loads(line))
        method: object = message.get("method")
        if not isinstance(method, str):
            self._answer_of(caller, message, line)
        elif "id" in message:
            self._ask(caller, method, message)
        # Its only notification is `initialized`, which the server has had.

    def _answer_of(self, caller: Caller, message: Json, line: bytes) -> None:
        number = message.get("id")
        question = self._questions.get(number)
        # The first answer counts; nobody else's threads are answered for.
        if question is None or not self._may_answer(caller, question[1]):
            return
        del self._questions[number]
        self._write(line.rstrip(b"\n") + b"\n")

    def _may_answer(self, caller: Caller, thread_id: str | None) -> bool:
        return thread_id is None or caller in self.threads.followers_of(thread_id)

    def _ask(self, caller: Caller, method: str, message: Json) -> None:
        params = cast("Json", message.get("params") or {})
        named: object = params.get("threadId")
        thread_id = named if isinstance(named, str) else None
        request = _Request(method, caller, message["id"], thread_id, params)
        if method == "initialize":
            options = cast("Json", params.get("capabilities") or {})
            caller.opted_out = frozenset(options.get("optOutNotificationMethods") or ())
            self._give_result(request, self._greeting)
        elif thread_id is not None and self._is_stale(caller, thread_id):
            self._refuse(
                request,
                _REFUSED,
                f"thread {thread_id!r} has another active writer: this client's grant {caller.epochs.get(thread_id, 0)} "
                f"is older than {self.threads.epochs[thread_id]}; resume the thread to get a new one",
            )
        elif (
            method == "thread/unsubscribe"
            and thread_id is not None
            and self.threads.unfollow(thread_id, caller)
        ):
            # Somebody else follows it still.
            self._give_result(request, {"status": "unsubscribed"})
        elif thread_id is not None and self._begins_turn(request):
            self.admission.admit(
                caller,
                thread_id,
                lambda: self._send(request),
                lambda why: self._refuse(request, _OVERLOADED, why),
            )
        else:
            self._send(request)

    def _begins_turn(self, request: _Request) -> bool:
        # Input for a running turn steers it; a detached review runs in a thread of its own.
        is_detached = request.params.get("delivery") == "detached"
        return request.method in _TURNS and not is_detached and request.thread_id not in self.threads.running

    def _is_stale(self, caller: Caller, thread_id: str) -> bool:
        return caller.epochs.get(thread_id, 0) < self.threads.epochs.get(thread_id, 0)

    # --- requests to the server ---

    def _own(self, method: str, params: Json, on_answer: Callable[[], None] | None = None) -> None:
        self._put(_Request(method, params=params, on_answer=on_answer))

    def _send(self, request: _Request) -> None:
        """Send a request of a caller when its turn comes: together, callers must not ask more than one client may."""
        if request.method in _WORKING:
            self._put(request)
            return
        self._queues[request.method in _OPENERS].append(request)
        self._pump()

    def _pump(self) -> None:
        for lane, limit in ((1, _MAX_OPENING), (0, _MAX_IN_FLIGHT)):
            queue = self._queues[lane]
            while queue and self._in_flight[lane] < limit:
                self._in_flight[lane] += 1
                self._put(queue.popleft())

    def _put(self, request: _Request) -> None:
        number = next(self._ids)
        self._pending[number] = request
        self._write(dump({"id": number, "method": request.method, "params": request.params}))

    def _give_result(self, request: _Request, result: Json) -> None:
        if request.caller is not None:
            request.caller.give(dump({"id": request.caller_request_id, "result": result}), request.thread_id)

    def _refuse(self, request: _Request, code: int, message: str) -> None:
        if request.caller is not None:
            error = {"code": code, "message": message}
            request.caller.give(dump({"id": request.caller_request_id, "error": error}), request.thread_id)

    # --- from the server ---

    def from_server(self, line: bytes) -> None:
        """Take a line of the server, with its newline."""
        message = cast("Json", json.loads(line))
        method: object = message.get("method")
        if not isinstance(method, str):
            self._answered(message, line)
        elif "id" in message:
            self._asked(message, line)
        else:
            self._told(method, message, line)

    def _answered(self, message: Json, line: bytes) -> None:
        number: object = message.get("id")
        request = self._pending.pop(number, None) if isinstance(number, int) else None
        if request is None:
            return
        if request.on_answer is not None:
            request.on_answer()
        caller = request.caller
        if caller is None:
            return
        if request.method not in _WORKING:
            self._in_flight[request.method in _OPENERS] -= 1
        if "error" in message and request.method in _TURNS and request.thread_id is not None:
            self.admission.ended(request.thread_id)
        opened = _opened_thread(request.method, message)
        if opened is not None:
            self._opened(caller, opened, is_new=request.method != "thread/resume")
        elif request.method == "turn/start" and request.thread_id is not None and "error" not in message:
            self.threads.follow(request.thread_id, caller)
        head = b'{"id":%d,' % number if isinstance(number, int) else b"-"
        if line.startswith(head):
            line = dump({"id": request.caller_request_id})[:-2] + b"," + line[len(head) :]
        else:
            line = dump({**message, "id": request.caller_request_id})
        caller.give(line, request.thread_id or opened)
        if opened is not None:
            self._ask_again(caller, opened)
        self._pump()

    def _opened(self, caller: Caller, thread_id: str, *, is_new: bool) -> None:
        if is_new:
            self.grant(caller, thread_id, 1)
        if caller.is_here:
            self.threads.follow(thread_id, caller)
        elif not self.threads.followers_of(thread_id):
            self._abandon(thread_id)

    def _ask_again(self, caller: Caller, thread_id: str) -> None:
        for line, about in list(self._questions.values()):
            if about == thread_id:
                caller.give(line, thread_id)

    def _asked(self, message: Json, line: bytes) -> None:
        params = cast("Json", message.get("params") or {})
        thread_id = params.get("threadId") or params.get("conversationId")
        self._questions[message["id"]] = (line, thread_id)
        asked = self.callers if thread_id is None else self.threads.followers_of(thread_id)
        if not asked:
            self._refuse_question(message["id"])
        for caller in asked:
            caller.give(line, thread_id)

    def _refuse_question(self, number: object) -> None:
        del self._questions[number]
        error = {"code": -32601, "message": "nobody follows this thread any more"}
        self._write(dump({"id": number, "error": error}))

    def _told(self, method: str, message: Json, line: bytes) -> None:
        params = cast("Json", message.get("params") or {})
        thread_id = _thread_of(params)
        if thread_id is None:
            for caller in self._callers_for(params):
                if method not in caller.opted_out:
                    caller.give(line)
            return
        if method == "serverRequest/resolved":
            self._questions.pop(params.get("requestId"), None)
        elif method == "turn/started":
            self._started(thread_id, params)
        is_last = method == "turn/completed"
        is_delta = isinstance(params.get("delta"), str) and isinstance(params.get("turnId"), str)
        for caller in self._followers_or_openers(thread_id):
            if method in caller.opted_out:
                continue
            if is_delta:
                # Each caller joins for itself: the message is changed by that.
                caller.outbox.put_delta(thread_id, {**message, "params": dict(params)})
            else:
                caller.give(line, thread_id, is_last=is_last)
        if is_last:
            self._completed(thread_id)

    def _followers_or_openers(self, thread_id: str) -> tuple[Caller, ...]:
        followers = self.threads.followers_of(thread_id)
        if followers or not self._in_flight[1]:
            return followers
        # Told before the answer that says whose it is: a client does not mind to hear of a thread that is not its own.
        opening = (request.caller for request in self._pending.values() if request.method in _OPENERS)
        return tuple({caller for caller in opening if caller is not None and caller.is_here})

    def _callers_for(self, params: Json) -> tuple[Caller, ...]:
        """Return who hears what is about no thread: who runs the command that it is about, or else everybody."""
        process_id = params.get("processId")
        if process_id is not None:
            for request in self._pending.values():
                if request.method in _WORKING and request.params.get("processId") == process_id:
                    return () if request.caller is None else (request.caller,)
        return self.callers

    def _started(self, thread_id: str, params: Json) -> None:
        turn = cast("Json", params.get("turn") or {})
        self.threads.started(thread_id, str(turn.get("id")), turn.get("rootTurnId"))
        if not self.threads.followers_of(thread_id):
            # Its caller has left in the meantime.
            self._interrupt(thread_id)

    def _completed(self, thread_id: str) -> None:
        self.threads.completed(thread_id)
        self.admission.ended(thread_id)
        if not self.threads.followers_of(thread_id):
            self._clean_up(thread_id)


def _opened_thread(method: str, message: Json) -> str | None:
    """Return the id of the thread that an answer has opened."""
    if method not in _OPENERS:
        return None
    result: object = message.get("result")
    thread: object = cast("Json", result).get("thread") if isinstance(result, dict) else None
    found: object = cast("Json", thread).get("id") if isinstance(thread, dict) else None
    return found if isinstance(found, str) else None


def _thread_of(params: Json) -> str | None:
    found: object = params.get("threadId")
    if not isinstance(found, str):
        thread: object = params.get("thread")
        found = cast("Json", thread).get("id") if isinstance(thread, dict) else None
    return found if isinstance(found, str) else None
