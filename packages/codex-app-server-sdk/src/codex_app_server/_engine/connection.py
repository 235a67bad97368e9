"""Requests and answers over one transport: ids, deadlines, limits, and telling messages apart.

Runs on the engine's loop. It never calls user code and never waits; what it settles is woken by
the engine after the whole chunk was read.
"""

from __future__ import annotations

import logging
import random
import re
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from codex_app_server._engine.deadlines import Deadlines
from codex_app_server._logs import about
from codex_app_server._wire.deltas import TEXT_DELTA, DeltaLines
from codex_app_server._wire.framing import LineSplitter, OversizedLine
from codex_app_server._wire.json_codec import decode_line, encode_line
from codex_app_server.errors import (
    AppServerError,
    RemoteProtocolError,
    RequestTimeoutError,
    RetryLimitExceededError,
    rpc_error,
)

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from codex_app_server.config import AppServerConfig
    from codex_app_server.json_types import JsonObject

__all__ = ["Call", "Connection", "withdrawn"]

_log = logging.getLogger("codex_app_server")

# Measured: the server starts threads one after the other; with more in flight each takes longer
# (100 starts: 2.6 s one by one, 9.4 s at 16 in flight).
_THREAD_OPENERS = frozenset({"thread/start", "thread/resume", "thread/fork"})
_MAX_OPENING = 2
# Answered when the work is done, which may take hours: they must not keep other requests from being sent.
_WORKING = frozenset({"command/exec", "mcpServer/tool/call"})
_ANSWER_ID = re.compile(rb'\s*\{\s*"id"\s*:\s*(\d+)\s*,\s*"result"')
# Something else than an app-server writes to the pipe when so many lines in a row make no sense.
_MAX_GARBAGE_IN_A_ROW = 1000
# After these the beginnings of deltas are remembered, or forgotten.
_OF_DELTAS = frozenset({TEXT_DELTA, "item/completed", "turn/completed"})
_OVERLOADED = -32001
# Delay in seconds before the first repetition after an overload, and the longest one.
_FIRST_DELAY_S = 0.1
_MAX_DELAY_S = 2.0


class Call:
    """One request on its way.

    Args:
        line: The encoded request.
        request_id: Its id.
        method: Its method.
        timeout_s: Deadline in seconds, from when it is written.
        on_result: Gets the `result` of the answer.
        on_error: Gets a maker of the exception, for any other outcome.
        is_urgent: Written at once, whatever else is in flight.
    """

    __slots__ = (
        "attempts",
        "is_urgent",
        "line",
        "method",
        "on_error",
        "on_result",
        "request_id",
        "timeout_s",
        "timer",
    )

    def __init__(
        self,
        *,
        line: bytes,
        request_id: int,
        method: str,
        timeout_s: float,
        on_result: Callable[[Any], None],
        on_error: Callable[[Callable[[], BaseException]], None],
        is_urgent: bool = False,
    ) -> None:
        self.line = line
        self.request_id = request_id
        self.method = method
        self.timeout_s = timeout_s
        self.on_result = on_result
        self.on_error = on_error
        self.is_urgent = is_urgent
        self.timer: asyncio.TimerHandle | None = None
        self.attempts = 0


class _Lane:
    """Requests that share a limit of how many may be unanswered at once, and those that wait for their turn."""

    __slots__ = ("in_flight", "limit", "queue")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_flight = 0
        self.queue: deque[Call] = deque()

    @property
    def may_send(self) -> bool:
        """Whether one waits that may go now."""
        return bool(self.queue) and self.in_flight < self.limit


class Connection:
    """The JSON-RPC peer of one app-server.

    Args:
        config: Limits.
        loop: The engine's loop.
        write: Queues bytes for the server.
        is_full: Whether the server has stopped to read.
        on_notification: Gets method and params of each notification.
        on_delta: Gets the ids (thread, turn, item) and the text of a delta whose line need not be parsed; returns
            False to have it parsed all the same, and given to `on_notification`.
        on_request: Gets method, id and params of each request of the server.
        on_oversized: Gets what is left of a message that was too long, and is no answer.
        on_broken: Called when the server sends nothing but garbage.
        flush: Wakes who was settled; called after a deadline, since nobody else would then.
        catch_up: Has `was_written` called for what other OS threads have written; called before a deadline.
        observe: Gets whether a message was sent, and the message: a line, or an object that was read.
    """

    def __init__(
        self,
        config: AppServerConfig,
        loop: asyncio.AbstractEventLoop,
        *,
        write: Callable[[bytes], None],
        is_full: Callable[[], bool],
        on_notification: Callable[[str, JsonObject], None],
        on_delta: Callable[[tuple[str, str, str], str], bool],
        on_request: Callable[[str, Any, JsonObject], None],
        on_oversized: Callable[[OversizedLine], None],
        on_broken: Callable[[Exception], None],
        flush: Callable[[], None],
        catch_up: Callable[[], None],
        observe: Callable[[bool, bytes | JsonObject], None] | None = None,
    ) -> None:
        self._loop = loop
        self._write = write
        if observe is not None:
            self._write = partial(_observed_write, write, observe)
        self._observe = observe
        self._is_full = is_full
        self._on_notification = on_notification
        self._on_delta = on_delta
        self._on_request = on_request
        self._on_oversized = on_oversized
        self._on_broken = on_broken
        self._flush = flush
        self._splitter = LineSplitter(config.max_message_bytes)
        self._max_in_flight = config.max_requests_in_flight
        self._max_retries = config.max_overload_retries
        self._pending: dict[object, Call] = {}
        self._openers = _Lane(_MAX_OPENING)
        self._others = _Lane(config.max_requests_in_flight)
        self._workers = _Lane(config.max_requests_in_flight)
        self._lanes = (self._openers, self._others, self._workers)
        # How many wait in them.
        self._queued = 0
        self._timeout_s = config.request_timeout_s
        self._deadlines: Deadlines[Call] = Deadlines(loop, self._timeout_s, self._timed_out, catch_up)
        # Those that wait until the server is less busy.
        self._delayed: dict[Call, asyncio.TimerHandle] = {}
        self._deltas = DeltaLines()
        self._garbage_in_a_row = 0
        self._garbage_to_log = 1
        # Counted, not stored: answers nobody waits for, and lines that are no message.
        self.stray_answers = 0
        self.garbage_lines = 0

    # --- requests ---

    def send(self, call: Call) -> None:
        """Write a request, now or when its turn comes."""
        if call.is_urgent:
            self._put(call)
            return
        lane, attempts = self._lane_of(call), call.attempts
        lane.queue.append(call)
        self._queued += 1
        self.pump()
        if call.attempts == attempts:
            call.timer = self._loop.call_later(call.timeout_s, self._still_queued, call, lane)

    def _lane_of(self, call: Call) -> _Lane:
        if call.method in _THREAD_OPENERS:
            return self._openers
        return self._workers if call.method in _WORKING else self._others

    def pump(self) -> None:
        """Write the queued requests that may go now."""
        while self._queued and not self._is_full():
            lane = self._next_lane()
            if lane is None:
                return
            lane.in_flight += 1
            self._queued -= 1
            self._put(lane.queue.popleft())

    def _next_lane(self) -> _Lane | None:
        if self._workers.may_send:
            return self._workers
        if self._openers.in_flight + self._others.in_flight < self._max_in_flight:
            for lane in (self._openers, self._others):
                if lane.may_send:
                    return lane
        return None

    def _still_queued(self, call: Call, lane: _Lane) -> None:
        if not self._is_full():
            # The server works off those before it, each of which has its own deadline.
            call.timer = self._loop.call_later(call.timeout_s, self._still_queued, call, lane)
            return
        lane.queue.remove(call)
        self._queued -= 1
        self._give_up(call, "the server does not read what is written to it")

    def may_be_written(self, call: Call) -> bool:
        """Whether a request could be written at once, asked on another OS thread: then one may come in between."""
        if call.is_urgent:
            return True
        lane = self._lane_of(call)
        return lane is self._others and not self._queued and lane.in_flight + 1 < lane.limit

    def has_deadline_for(self, call: Call) -> bool:
        """Whether it is looked in time if a request is overdue that is not noted before; likewise."""
        return call.timeout_s == self._timeout_s and self._deadlines.is_ticking

    def was_written(self, call: Call, late_s: float) -> None:
        """Note a request that another OS thread has written, `late_s` seconds ago."""
        if not call.is_urgent:
            self._lane_of(call).in_flight += 1
        self._note(call, late_s)

    def _put(self, call: Call) -> None:
        self._stop_clock(call)
        self._note(call)
        self._write(call.line)

    def _note(self, call: Call, late_s: float = 0.0) -> None:
        self._pending[call.request_id] = call
        call.attempts += 1
        if call.timeout_s == self._timeout_s:
            self._deadlines.add(call, late_s)
        else:
            call.timer = self._loop.call_later(call.timeout_s - late_s, self._timed_out, call)

    def _stop_clock(self, call: Call) -> None:
        if call.timer is None:
            self._deadlines.discard(call)
        else:
            call.timer.cancel()
            call.timer = None

    def _timed_out(self, call: Call) -> None:
        if self._pending.pop(call.request_id, None) is not None:
            self._released(call)
            self._give_up(call, "")

    def _give_up(self, call: Call, why: str) -> None:
        text = f"no answer to {call.method!r} within {call.timeout_s:g} s" + (f": {why}" if why else "")
        call.on_error(lambda: RequestTimeoutError(text, method=call.method, timeout_s=call.timeout_s))
        self.pump()
        self._flush()

    def _released(self, call: Call) -> None:
        self._stop_clock(call)
        if not call.is_urgent:
            self._lane_of(call).in_flight -= 1

    def take_unsent(self) -> list[Call]:
        """Give back the requests that were never written, for another connection."""
        calls = self._take_queued()
        for call in calls:
            self._stop_clock(call)
        return calls

    def withdraw(self, call: Call) -> None:
        """Forget a request that has not been written yet, or that the server has not accepted; nobody waits for it."""
        queue = self._lane_of(call).queue
        if call in queue:
            queue.remove(call)
            self._queued -= 1
            self._stop_clock(call)
        elif call in self._delayed:
            self._delayed.pop(call).cancel()
        else:
            return
        call.on_error(withdrawn)

    def _take_queued(self) -> list[Call]:
        calls = [call for lane in self._lanes for call in lane.queue]
        for lane in self._lanes:
            lane.queue.clear()
        self._queued = 0
        return calls

    def fail_all(self, make_error: Callable[[], BaseException]) -> None:
        """End every request with an error."""
        for timer in self._delayed.values():
            timer.cancel()
        calls = [*self._pending.values(), *self._take_queued(), *self._delayed]
        self._delayed.clear()
        self._pending.clear()
        for lane in self._lanes:
            lane.in_flight = 0
        self._deadlines.close()
        for call in calls:
            self._stop_clock(call)
            call.on_error(make_error)

    # --- what we send besides requests ---

    def notify(self, method: str, params: Mapping[str, object] | None = None) -> None:
        """Send a notification."""
        self._write(
            encode_line({"method": method} if params is None else {"method": method, "params": params})
        )

    def answer(self, request_id: str | int, result: JsonObject) -> None:
        """Answer a request of the server."""
        self._write(encode_line({"id": request_id, "result": result}))

    def refuse(self, request_id: str | int, code: int, message: str) -> None:
        """Answer a request of the server with an error."""
        self._write(encode_line({"id": request_id, "error": {"code": code, "message": message}}))

    # --- what comes in ---

    def feed(self, chunk: bytes) -> None:
        """Read the next chunk of the server's output."""
        # Every message passes here: what is looked up once is not looked up for each, and `Any` needs no casts.
        on_notification, on_delta = self._on_notification, self._on_delta
        read_delta, observe = self._deltas.read, self._observe
        for line in self._splitter.feed(chunk):
            if not line:
                continue
            if isinstance(line, OversizedLine):
                self._oversized(line)
                continue
            if observe is None:
                delta = read_delta(line)
                if delta is not None and on_delta(*delta):
                    self._garbage_in_a_row = 0
                    continue
            try:
                message: JsonObject = decode_line(line)
            except ValueError:
                self._garbage(line)
                continue
            if type(message) is not dict:
                self._garbage(line)
                continue
            self._garbage_in_a_row = 0
            if observe is not None:
                observe(False, message)
            method = message.get("method")
            try:
                if type(method) is not str:
                    self._answered(message, line)
                    continue
                params: JsonObject = message.get("params", {})
                if type(params) is not dict:
                    params = {}
                if "id" in message:
                    self._on_request(method, message["id"], params)
                    continue
                if method in _OF_DELTAS:
                    self._note_delta(method, line, params)
                on_notification(method, params)
            except Exception:
                # One message that nobody foresaw must not end the reading of all others.
                _log.exception(
                    "could not handle a message of method %r from the app-server",
                    method,
                    extra=about(request_id=message.get("id")),
                )

    def _note_delta(self, method: str, line: bytes, params: JsonObject) -> None:
        if method == TEXT_DELTA:
            self._deltas.learn(line, params)
        elif method == "item/completed":
            self._deltas.forget(params)
        else:
            self._deltas.forget_thread(params)

    def finish(self) -> int:
        """Read what is left when the output has ended; return the size of a message that was cut off."""
        rest = self._splitter.finish()
        try:
            decode_line(rest)
        except ValueError:
            return len(rest)
        # A last message that only lacks its newline.
        self.feed(rest + b"\n")
        return 0

    def _answered(self, message: JsonObject, line: bytes) -> None:
        request_id = message.get("id")
        # 1, 1.0 and True are one key of a dict, and not one id.
        call = self._pending.pop(request_id, None) if type(request_id) is int else None
        if call is None:
            if "result" in message or "error" in message:
                self.stray_answers += 1
                _log.debug(
                    "an answer nobody waits for: id %r", request_id, extra=about(request_id=request_id)
                )
            else:
                self._garbage(line)
            return
        self._released(call)
        error = message.get("error")
        if error is None:
            call.on_result(message.get("result"))
        else:
            self._refused(call, cast("JsonObject", error) if isinstance(error, dict) else {"message": error})
        self.pump()

    def _refused(self, call: Call, error: JsonObject) -> None:
        code, text, data = error.get("code"), str(error.get("message", "")), error.get("data")
        if code != _OVERLOADED:
            known = code if isinstance(code, int) else -32603
            call.on_error(lambda: rpc_error(call.method, code=known, message=text, data=data))
        elif call.attempts <= self._max_retries:
            # The server says that it did not accept the request, so nothing is done twice.
            delay_s = min(_MAX_DELAY_S, _FIRST_DELAY_S * 2 ** (call.attempts - 1))
            wait_s = delay_s * random.uniform(0.5, 1.5)  # noqa: S311 - it only spreads the load
            self._delayed[call] = self._loop.call_later(wait_s, self._again, call)
        else:
            limit = f"{text} (sent {call.attempts} times)"
            call.on_error(
                lambda: RetryLimitExceededError(limit, code=_OVERLOADED, data=data, method=call.method)
            )

    def _again(self, call: Call) -> None:
        del self._delayed[call]
        self.send(call)

    def _oversized(self, line: OversizedLine) -> None:
        answer = _ANSWER_ID.match(line.head)
        call = self._pending.pop(int(answer[1]), None) if answer else None
        if call is None:
            self._on_oversized(line)
            return
        self._released(call)
        call.on_error(
            lambda: RemoteProtocolError(
                f"the answer to {call.method!r} has {line.size_bytes} bytes; AppServerConfig.max_message_bytes is less"
            )
        )
        self.pump()

    def _garbage(self, line: bytes) -> None:
        if not line.strip():
            return
        self.garbage_lines += 1
        self._garbage_in_a_row += 1
        if self.garbage_lines >= self._garbage_to_log:
            # The first, the tenth, the hundredth: something that writes along is not to fill the log too.
            self._garbage_to_log *= 10
            _log.warning(
                "skipped %d lines from the app-server so far that are no message; the last one has %d bytes",
                self.garbage_lines,
                len(line),
                extra=about(),
            )
        if self._garbage_in_a_row > _MAX_GARBAGE_IN_A_ROW:
            self._on_broken(
                RemoteProtocolError(
                    f"the app-server sent {self._garbage_in_a_row} lines in a row that are no messages"
                )
            )


def withdrawn() -> BaseException:
    """Return the outcome of a request that was taken back; nobody is there to see it."""
    return AppServerError("the request was taken back before it was sent")


def _observed_write(
    write: Callable[[bytes], None], observe: Callable[[bool, bytes | JsonObject], None], line: bytes
) -> None:
    observe(True, line)
    write(line)
