"""Engine: the OS thread that owns one app-server, from launch to the last descriptor.

The faces call `start`, `request`, `start_turn`, `interrupt`, `close` from any OS thread or event
loop and wait on the `Completion` that they get. Everything else runs on the engine's own loop; only the bytes of a
request may be written before, by whoever asks (`_write_ahead`).
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import contextvars
import importlib
import itertools
import logging
import os
import re
import selectors
import socket
import threading
import time
import weakref
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from codex_app_server._engine.connection import Call
from codex_app_server._engine.counting import Ledger, rebase
from codex_app_server._engine.desk import QuestionDesk
from codex_app_server._engine.interrupting import ANSWER_S
from codex_app_server._engine.link import ServerLink
from codex_app_server._engine.observing import begin, launch_context, started_nothing
from codex_app_server._engine.turns import TurnTable
from codex_app_server._engine.wakeups import Completion, copy_error, wake_all
from codex_app_server._logs import about, log_opened
from codex_app_server._wire.json_codec import encode, request_line
from codex_app_server.errors import (
    AppServerError,
    ClientClosedError,
    ForkedClientError,
    LaunchError,
    RemoteProtocolError,
    TransportClosedError,
)
from codex_app_server.events import Usage
from codex_app_server.observe import as_message, current_trace, is_logged, log_message, wire_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from codex_app_server._engine.buffers import EventBuffer
    from codex_app_server._engine.listeners import Listener
    from codex_app_server._engine.server_info import ServerInfo
    from codex_app_server._engine.setup import TurnSetup
    from codex_app_server._engine.state import ThreadState, TurnStart, TurnState
    from codex_app_server._engine.wakeups import Waiter
    from codex_app_server._wire.framing import OversizedLine
    from codex_app_server.config import AppServerConfig
    from codex_app_server.events import Event
    from codex_app_server.json_types import JsonObject
    from codex_app_server.observe import MessageHook, TraceContext

__all__ = ["Engine"]

_log = logging.getLogger("codex_app_server")

_TURN_ID = re.compile(rb'"turnId"\s*:\s*"([^"]+)"')
# What a loop of uvloop opens, and the first one of a process.
_UVLOOP_PAIRS = 4
# Longer than `close` can take with the default grace.
_EXIT_WAIT_S = 6.0
# Ids are unique in the process, so also over the connections that follow each other.
_request_ids = itertools.count(1)

# Closed at interpreter exit, so that no server outlives the program that forgot it.
_running: weakref.WeakSet[Engine] = weakref.WeakSet()


# How often this process is a fork of a fork. Asked several times for each turn, so it is no system call.
_forks = 0


def _has_forked() -> None:
    global _forks  # noqa: PLW0603 - there is one process
    _forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_has_forked)


class Engine:
    """One app-server and the OS thread that talks to it.

    Args:
        config: How to launch it.
    """

    def __init__(self, config: AppServerConfig) -> None:
        self.config = config
        # Who is to be woken when the current callback is done; see `flush`.
        self.waking: list[Waiter] = []
        self.desk = QuestionDesk(self, is_shared=config.is_shared, is_reached=config.is_reached)
        # That of the client that owns the engine, which sets it before it is started.
        self.ledger = Ledger()
        self.turns = TurnTable(self, silence_limit_s=config.turn_silence_limit_s)
        # Takes a delta of a message; nearly everything that comes passes here.
        self.on_delta = self.turns.text_delta
        self._lock = threading.Lock()
        self._ready: Completion[ServerInfo] = Completion()
        self._closed: Completion[None] = Completion()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        # Whatever a command leaves on the loop would keep the context of whoever sent it as long as it stays.
        self._context = contextvars.Context()
        self._commands: deque[Callable[[], None]] = deque()
        self._is_waking_loop = False
        self._is_running_commands = False
        self._waking_lock = threading.Lock()
        self._is_closing = False
        self._why_closed = "this client was closed"
        self._is_exiting = False
        self._has_ended = False
        self._forks = _forks
        self._link: ServerLink | None = None
        self._stop: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._listeners: tuple[Listener, ...] = ()
        self._listening = threading.RLock()
        # Set by the client that owns the engine, before it is started.
        self.message_hook: MessageHook | None = None
        self.trace_context: TraceContext = current_trace

    # --- from any OS thread ---

    def start(self) -> Completion[ServerInfo]:
        """Launch the server, once; the completion is that of the handshake."""
        context = launch_context(self._context, self.trace_context) if self._thread is None else self._context
        with self._lock:
            if self._is_closing:
                raise ClientClosedError("this client was closed")
            self._check_fork()
            if self._thread is None:
                thread = threading.Thread(
                    target=context.run,
                    args=(self._run,),
                    name="codex-app-server-engine",
                    daemon=True,
                )
                try:
                    thread.start()
                except RuntimeError as exc:
                    raise LaunchError(f"no OS thread can be started for the app-server: {exc}") from exc
                self._thread = thread
                _running.add(self)
        return self._ready

    @property
    def is_usable(self) -> bool:
        """Whether it runs, or can still be started."""
        return not self._is_closing and self._failure is None and not self._is_forked

    @property
    def is_beginning(self) -> bool:
        """Whether it is still to be started, or is just starting."""
        return not self._ready.is_done and self.is_usable

    @property
    def _is_forked(self) -> bool:
        # The OS thread of an engine is not in a forked child: whoever waited for it would wait for ever.
        return self._forks != _forks

    @property
    def is_running(self) -> bool:
        """Whether there is something to close."""
        return (
            self._thread is not None and not self._is_closing and not self._has_ended and not self._is_forked
        )

    @property
    def state_name(self) -> str:
        """A word for `repr`."""
        if self._is_closing:
            return "closed"
        if self._failure is not None:
            return "broken"
        return "open" if self._thread is not None else "not started"

    @property
    def pid(self) -> int | None:
        """Process id of the server, once this engine has started it."""
        return None if self._link is None else self._link.pid

    def request(
        self, method: str, params: Mapping[str, object] | None, *, timeout_s: float | None = None
    ) -> Completion[Any]:
        """Send a request; the completion has the `result` of its answer.

        Raises:
            TypeError: The params have no JSON form.
            ValueError: NaN, infinity or a cycle in the params.
            TransportClosedError: There is no connection any more.
        """
        completion: Completion[Any] = Completion()

        def settle(result: Any) -> None:
            self.waking += completion.set_value(result)

        def fail(make_error: Callable[[], BaseException]) -> None:
            self.waking += completion.set_error(make_error)

        trace = wire_trace(self.trace_context)
        call = self._make_call(method, params or {}, settle, fail, timeout_s=timeout_s, trace=trace)
        self._post_call(call, completion)
        return completion

    def _post_call(self, call: Call, completion: Completion[Any]) -> None:
        completion.withdraw = partial(self._enqueue, partial(self._withdraw, call))
        if not self._may_write_ahead or not self._write_ahead(call):
            self._post(partial(self._send, call))

    @property
    def _may_write_ahead(self) -> bool:
        link = self._link
        return (
            link is not None and link.may_write_ahead and not self._commands and not self._is_running_commands
        )

    def _write_ahead(
        self,
        call: Call,
        may: Callable[[], bool] | None = None,
        and_note: Callable[[], None] | None = None,
        *,
        is_urgent: bool = False,
    ) -> bool:
        """Write a request on this OS thread, where the engine has nothing to do for it but that.

        It is quicker by the time that the engine takes to wake up. The engine notes it before it reads anything else.

        Args:
            call: The request, made while `_may_write_ahead`.
            may: Whether the engine has only to send it.
            and_note: Called on the engine's loop, when the request is noted there.
            is_urgent: Whether the engine is to note it now, and not when something happens.

        Returns:
            False when nothing was written: it is to be posted.
        """
        link = self._link
        if link is None:
            return False
        written_at = time.monotonic()

        def was_written() -> None:
            if and_note is not None:
                and_note()
            if self._failure is not None or not link.was_written(call, time.monotonic() - written_at):
                call.on_error(partial(self._make_failure, None, None))

        def note() -> bool:
            with self._lock:
                # What was posted before comes first; it is taken from the commands when it is said that they run.
                is_idle = not self._commands and not self._is_running_commands
                if (
                    not is_idle
                    or self._failure is not None
                    or self._is_closing
                    or self._has_ended
                    or self._is_forked
                ):
                    return False
                if may is not None and not may():
                    return False
                self._commands.append(was_written)
                return True

        if not link.write_ahead(call, note):
            return False
        if is_urgent or not link.is_patient(call):
            with self._lock:
                is_asleep = self._takes_waking()
            if is_asleep:
                self._wake()
        return True

    def open_thread(
        self,
        method: str,
        params: Mapping[str, object],
        setup: TurnSetup,
        earlier: ThreadState | None = None,
    ) -> Completion[tuple[JsonObject, ThreadState]]:
        """Send a request that opens a thread; the completion has the whole answer, and the thread's state.

        The state is made when the answer is read, so that nothing that follows it is missed.

        Args:
            method: The request.
            params: Its params.
            setup: Who decides in turns of the thread that are not started here.
            earlier: What was known of the thread on an earlier server.
        """
        completion: Completion[tuple[JsonObject, ThreadState]] = Completion()

        def settle(result: Any) -> None:
            try:
                state = self.turns.opened(result["thread"], setup)
                if earlier is not None:
                    state.goes_on(earlier)
                state.reopening.opened(params)
                state.model = _text(result.get("model")) or state.model
                if method == "thread/start":
                    rebase(state, Usage(), Usage())
            except (KeyError, TypeError):
                fail(partial(RemoteProtocolError, f"the answer to {method!r} names no thread"))
            else:
                log_opened(state.thread_id, method, state.model)
                self.waking += completion.set_value((result, state))

        def fail(make_error: Callable[[], BaseException]) -> None:
            self.waking += completion.set_error(make_error)

        trace = wire_trace(self.trace_context)
        self._post_call(self._make_call(method, params, settle, fail, trace=trace), completion)
        return completion

    def start_turn(self, start: TurnStart) -> Completion[TurnState]:
        """Start a turn, after those of its thread that are before it."""
        self._check_open()
        # What cannot be sent is to fail here, in the caller, and what is large is not to hold up the engine's OS thread.
        start.encoded = encode(start.params)
        begin(start, self.trace_context)
        try:
            if not self._launch_ahead(start):
                self._post(partial(self.turns.start, start))
        except AppServerError as exc:
            started_nothing(start, partial(copy_error, exc))
            raise
        return start.completion

    def _launch_ahead(self, start: TurnStart) -> bool:
        turns = self.turns
        if not self._may_write_ahead or not turns.may_launch(start):
            return False
        call = self._make_call(
            start.method, start.params, *turns.outcomes(start), trace=start.trace, encoded=start.encoded
        )
        return self._write_ahead(call, partial(turns.may_launch, start), partial(turns.was_launched, start))

    def abandon_start(self, start: TurnStart) -> None:
        """Nobody waits for this start any more; a turn that came of it is interrupted."""
        self._enqueue(partial(self.turns.abandon, start))

    def interrupt(self, turn: TurnState) -> Completion[None]:
        """Interrupt a turn and end its commands; the completion comes when that is done."""
        completion: Completion[None] = Completion()
        if not self._interrupt_ahead(turn, completion) and not self._enqueue(
            partial(self.turns.interrupt, turn, completion)
        ):
            completion.set_value(None)
        return completion

    def _interrupt_ahead(self, turn: TurnState, completion: Completion[None]) -> bool:
        interrupter = self.turns.interrupter
        if not self._may_write_ahead or not interrupter.may_ask(turn):
            return False
        call = self._make_call(
            "turn/interrupt",
            {"threadId": turn.thread_id, "turnId": turn.turn_id},
            lambda _: None,
            partial(interrupter.refused, turn),
            timeout_s=ANSWER_S,
            is_urgent=True,
        )
        may, and_note = partial(interrupter.may_ask, turn), partial(interrupter.was_asked, turn, completion)
        return self._write_ahead(call, may, and_note, is_urgent=True)

    def drop_reader_from_finalizer(self, turn: TurnState, buffer: EventBuffer, *, interrupt: bool) -> None:
        """Detach a reader that was collected, and interrupt its turn; for `__del__`, so it takes no lock."""

        def drop() -> None:
            turn.detach(buffer)
            if interrupt:
                self.turns.interrupt(turn)

        self._post_from_finalizer(drop)

    def refuse_calls(self, turn: TurnState) -> None:
        """Nobody will answer the tool calls of this turn: answer them with a failure."""
        self._enqueue(partial(self.desk.refuse_calls, turn))

    def soon(self, command: Callable[[], None]) -> bool:
        """Run a command on the engine's loop; False when the engine has ended."""
        return self._enqueue(command)

    def listen(self, listener: Listener) -> None:
        """Give the listener every notification from now on."""
        with self._listening:
            self._listeners = (*self._listeners, listener)
            self.turns.is_heard_by_all = True
        if self._failure is not None:
            # It came too late to be ended with the others.
            listener.end(partial(self._make_failure, None, None))

    def unlisten(self, listener: Listener) -> None:
        """Forget a listener; for finalizers too, which may run in the midst of `listen`."""
        with self._listening:
            self._listeners = tuple(other for other in self._listeners if other is not listener)
            self.turns.is_heard_by_all = bool(self._listeners)

    def close(self, why: str = "this client was closed") -> Completion[None]:
        """Fail what waits, end the server, give everything back; bounded in time and safe to repeat.

        Args:
            why: What those who wait are told.
        """
        with self._lock:
            if not self._is_closing:
                self._why_closed = why
            self._is_closing = True
            if self._thread is None or self._is_forked:
                self._closed.set_value(None)
        if self._enqueue(self._begin_close):
            # Whoever was to wake it may have been interrupted (Ctrl-C) just before.
            self._wake()
        return self._closed

    def close_from_finalizer(self) -> None:
        """As `close`, for `__del__`: waits for nothing and takes no lock."""
        self._is_closing = True
        if self._thread is not None:
            self._post_from_finalizer(self._begin_close)

    def close_at_exit(self) -> Completion[None]:
        """As `close`, when the program ends: the daemon OS threads that wait here end with it, without an error."""
        self._is_exiting = True
        return self.close()

    def forget_thread(self, thread_id: str) -> None:
        """Tell the server that a thread is not used any more; takes no lock. Protocol: `thread/unsubscribe`."""

        def unsubscribe() -> None:
            if self._failure is None:
                params = {"threadId": thread_id}
                self.send("thread/unsubscribe", params, lambda _: None, lambda _: None)

        self._post_from_finalizer(unsubscribe)

    def call_later(self, delay_s: float, action: Callable[[], object]) -> None:
        """Call `action` on the engine's OS thread after a time, unless the engine has ended; takes no lock."""

        def schedule() -> None:
            if self._loop is not None:
                self._loop.call_later(delay_s, action)

        self._post_from_finalizer(schedule)

    def join(self) -> None:
        """Wait for the OS thread, after the completion of `close`: it has only to return."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread() and not self._is_forked:
            thread.join()

    def _check_fork(self) -> None:
        if self._is_forked:
            raise ForkedClientError(
                "this client was made before a fork, in the parent process: make another one"
            )

    def _check_open(self) -> None:
        self._check_fork()
        if self._failure is not None:
            raise copy_error(self._failure)
        if self._is_closing:
            raise ClientClosedError("this client was closed")

    def _post(self, command: Callable[[], None]) -> None:
        """Run a command on the engine's loop; commands that come together share one wake-up."""
        self._check_open()
        if not self._enqueue(command):
            self._check_open()
            raise ClientClosedError("this client has not been started, or has just ended")

    def _enqueue(self, command: Callable[[], None]) -> bool:
        """As `_post`; False when the engine has ended, and nothing will run any more."""
        with self._lock:
            if self._has_ended or self._thread is None or self._is_forked:
                return False
            self._commands.append(command)
            is_asleep = self._takes_waking()
        if is_asleep:
            # Without the lock: this is a system call, and hundreds of OS threads may wait for the lock.
            self._wake()
        return True

    def _takes_waking(self) -> bool:
        """Whether whoever asks, with the lock, is to wake the loop; commands that come together share that."""
        if self._is_waking_loop or self._loop is None:
            return False
        self._is_waking_loop = True
        return True

    def _wake(self) -> None:
        # The loop is not closed meanwhile: the descriptor that this writes to might be another file then.
        with self._waking_lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._run_commands, context=self._context)

    def _post_from_finalizer(self, command: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None and not self._is_forked:
            self._commands.append(command)
            try:
                loop.call_soon_threadsafe(self._run_commands, context=self._context)
            except RuntimeError:
                # The loop is closed: the engine has ended, and with it what was to be ended.
                return

    def _make_call(
        self,
        method: str,
        params: Mapping[str, object],
        on_result: Callable[[Any], None],
        on_error: Callable[[Callable[[], BaseException]], None],
        *,
        timeout_s: float | None = None,
        is_urgent: bool = False,
        trace: Mapping[str, str] | None = None,
        encoded: bytes | None = None,
    ) -> Call:
        request_id = next(_request_ids)
        return Call(
            line=request_line(request_id, method, encode(params) if encoded is None else encoded, trace),
            request_id=request_id,
            method=method,
            timeout_s=self.config.request_timeout_s if timeout_s is None else timeout_s,
            on_result=on_result,
            on_error=on_error,
            is_urgent=is_urgent,
        )

    # --- on the engine's loop ---

    def flush(self) -> None:
        """Wake everybody who has something to read: at the end of each callback, once."""
        self.turns.flush()
        if self.waking:
            waiters, self.waking = self.waking, []
            if not self._is_exiting:
                wake_all(waiters)

    def _run_commands(self) -> None:
        self._is_waking_loop = False
        # Before one is taken, so that who finds none knows that they have been run.
        self._is_running_commands = True
        commands, link = self._commands, self._link
        if link is not None:
            link.hold()
        try:
            while commands:
                commands.popleft()()
        finally:
            if link is not None:
                link.release()
            self._is_running_commands = False
        self.flush()

    def catch_up(self) -> None:
        """Run the commands that are there: requests that other OS threads have written may be among them."""
        if self._commands and not self._is_running_commands:
            self._run_commands()

    def _send(self, call: Call) -> None:
        if self._link is None or self._failure is not None or not self._link.send(call):
            call.on_error(partial(self._make_failure, None, None))

    def _withdraw(self, call: Call) -> None:
        if self._link is not None:
            self._link.withdraw(call)

    def send(
        self,
        method: str,
        params: Mapping[str, object],
        on_result: Callable[[Any], None],
        on_error: Callable[[Callable[[], BaseException]], None],
        *,
        trace: Mapping[str, str] | None = None,
        encoded: bytes | None = None,
    ) -> None:
        """Send a request whose outcome is handled on the engine's loop; `encoded` are its params, where that is done."""
        self._send(self._make_call(method, params, on_result, on_error, trace=trace, encoded=encoded))

    def send_now(
        self,
        method: str,
        params: Mapping[str, object],
        on_result: Callable[[Any], None],
        on_error: Callable[[Callable[[], BaseException]], None],
    ) -> None:
        """Send a request before those that wait for the connection to be there again."""
        if self._link is not None:
            self._link.send_now(self._make_call(method, params, on_result, on_error))

    def ask(
        self,
        method: str,
        params: Mapping[str, object],
        on_error: Callable[[Callable[[], BaseException]], None],
        timeout_s: float,
    ) -> None:
        """Send an urgent request of which only a failure matters."""
        self._send(
            self._make_call(method, params, lambda _: None, on_error, timeout_s=timeout_s, is_urgent=True)
        )

    async def call(self, method: str, params: Mapping[str, object], timeout_s: float) -> Any:
        """Send an urgent request and wait for its result, on the engine's loop."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def settle(result: Any) -> None:
            if not future.done():
                future.set_result(result)

        def fail(make_error: Callable[[], BaseException]) -> None:
            if not future.done():
                future.set_exception(make_error())

        self._send(
            self._make_call(method, params, settle, fail, timeout_s=max(timeout_s, 0.01), is_urgent=True)
        )
        return await future

    def answer(self, request_id: str | int, result: JsonObject) -> None:
        """Answer a request of the server."""
        if self._link is not None and self._failure is None:
            self._link.answer(request_id, result)

    def refuse(self, request_id: str | int, code: int, message: str) -> None:
        """Answer a request of the server with an error."""
        if self._link is not None and self._failure is None:
            self._link.refuse(request_id, code, message)

    def publish(self, turn: TurnState, event: Event) -> None:
        """Give an event to the readers of a turn."""
        self.turns.publish(turn, event)

    def on_request(self, method: str, request_id: Any, params: JsonObject) -> None:
        """Take a request of the server."""
        if type(request_id) not in {int, str}:
            _log.warning("a request of the server with id %r cannot be answered", request_id, extra=about())
            return
        if self.turns.holds(params, partial(self.on_request, method, request_id, params)):
            return
        turn, setup = self.turns.concerned(params)
        self.desk.ask(method, request_id, params, turn, setup or self.desk.setup)

    def on_notification(self, method: str, params: JsonObject) -> None:
        """Take a notification."""
        self.turns.notification(method, params)
        for listener in self._listeners:
            self.waking += listener.put(method, params)

    def _observe(self, is_sent: bool, message: bytes | JsonObject) -> None:  # noqa: FBT001 - the direction
        if is_logged():
            log_message(is_sent, message)
        if self.message_hook is not None:
            try:
                self.message_hook(as_message(is_sent, message))
            except Exception:
                _log.exception("the message hook failed", extra=about())

    def on_oversized(self, line: OversizedLine) -> None:
        """Take what is left of a message that was too long."""
        limit = self.config.max_message_bytes
        self.turns.abort_oversized(
            [found.decode("ascii", "replace") for found in _TURN_ID.findall(line.head)],
            f"the server sent a message of {line.size_bytes} bytes; AppServerConfig.max_message_bytes is {limit}",
        )

    # --- its life ---

    def _run(self) -> None:
        try:
            loop = _make_loop()
        except OSError as exc:
            self._start_failed(LaunchError(f"the operating system gives no event loop: {exc}"))
            self._has_run()
            return
        try:
            loop.run_until_complete(self._main())
        except Exception as exc:
            _log.exception("the engine broke", extra=about())
            self._start_failed(LaunchError(f"internal error: {exc!r}"))
        finally:
            loop.run_until_complete(_cancel_others())
            self._has_run(loop)

    def _has_run(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        with self._lock:
            self._has_ended = True
        # Commands that came too late settle with the failure.
        self._run_commands()
        with self._waking_lock:
            self._loop = None
        if loop is not None:
            loop.close()
        _running.discard(self)
        wake_all(self._closed.set_value(None))

    async def _main(self) -> None:
        stop = self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        is_observed = self.message_hook is not None or is_logged()
        link = self._link = ServerLink(self.config, self, self._observe if is_observed else None)
        try:
            info = await link.open(stop)
        except AppServerError as exc:
            self._start_failed(exc)
        else:
            self.waking += self._ready.set_value(info)
            self._run_commands()
            await stop.wait()
        finally:
            await link.stop()

    def _begin_close(self) -> None:
        if self._failure is None:
            self.desk.say_no_to_all()
            self._fail(ClientClosedError(self._why_closed))
        elif self._stop is not None:
            self._stop.set()

    def on_end(self, error: BaseException) -> None:
        """The connection is gone: everything that waits ends now, with this error."""
        if self._failure is None:
            self._fail(error)

    def on_back(self, on_resumed: Callable[[], None]) -> None:
        """The connection was lost and is there again: resume the threads that are in use."""
        self.turns.resume_all(on_resumed)

    @property
    def is_closing(self) -> bool:
        """Whether the client was closed."""
        return self._is_closing

    @property
    def losses(self) -> int:
        """How often the connection was lost so far."""
        return 0 if self._link is None else self._link.losses

    @property
    def is_reconnecting(self) -> bool:
        """Whether the connection was lost and is being made again."""
        return self._link is not None and self._link.is_reconnecting

    def _fail(self, error: BaseException) -> None:
        if self._failure is None:
            self._failure = error
        # The turns first: a start that fails would otherwise begin the next one of its thread.
        self.turns.abort_all(self._make_failure)
        self.desk.end_all()
        for listener in self._listeners:
            self.waking += listener.end(partial(self._make_failure, None, None))
        if self._link is not None:
            self._link.fail_all(partial(self._make_failure, None, None))
        if self._stop is not None:
            self._stop.set()
        self.flush()

    def _start_failed(self, error: BaseException) -> None:
        # What ended the handshake is told in terms of the start.
        self._failure = error
        self.waking += self._ready.set_error(partial(self._make_failure, None, None))
        self._fail(error)

    def _make_failure(self, thread_id: str | None, turn_id: str | None) -> BaseException:
        error = copy_error(self._failure or ClientClosedError("this client was closed"))
        if isinstance(error, TransportClosedError):
            error.thread_id = thread_id
            error.turn_id = turn_id
        return error


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _make_loop() -> asyncio.AbstractEventLoop:
    """Make a loop that does not depend on the policy that the program has set: of uvloop, where that is installed.

    Raises:
        OSError: This process has no descriptors left.
    """
    # A loop that fails half-way cannot be closed: see first that there is room for its descriptors.
    make = _uvloop()
    if make is not None:
        _check_room(_UVLOOP_PAIRS)
        return make()
    selector = selectors.DefaultSelector()
    try:
        _check_room(1)
        return asyncio.SelectorEventLoop(selector)
    except OSError:
        selector.close()
        raise


def _check_room(pairs: int) -> None:
    """Raise OSError unless so many pairs of descriptors can be had."""
    with contextlib.ExitStack() as opened:
        for _ in range(pairs):
            for end in socket.socketpair():
                opened.callback(end.close)


def _uvloop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes a loop of uvloop: with many turns at once it takes a tenth less, and wakes sooner."""
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:
        return None
    return cast("Callable[[], asyncio.AbstractEventLoop]", uvloop.new_event_loop)


async def _cancel_others() -> None:
    """Cancel what still runs on this loop, and wait for it."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@atexit.register
def _close_all() -> None:
    closing = [engine.close_at_exit() for engine in list(_running)]
    for completion in closing:
        # A bound: the interpreter must not hang on a server that will not die.
        try:
            completion.wait(_EXIT_WAIT_S)
        except TimeoutError:
            return
