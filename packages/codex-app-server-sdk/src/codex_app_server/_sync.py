"""The blocking face: Codex, Thread, Turn. Bodies are a few lines; the engine does the work."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from codex_app_server._engine.engine import Engine
from codex_app_server._engine.state import TurnStart
from codex_app_server._engine.wakeups import SyncWaiter
from codex_app_server._reader import (
    Notification,
    TurnReader,
    inject_params,
    is_notification,
    not_active_means_over,
    outcome,
    steer_params,
)
from codex_app_server.config import AppServerConfig
from codex_app_server.errors import UnknownVersionWarning
from codex_app_server.metadata import InitializeResult
from codex_app_server.options import (
    thread_fork_params,
    thread_resume_params,
    thread_start_params,
    turn_params,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from codex_app_server._async import AsyncCodex
    from codex_app_server._engine.state import ThreadState, TurnState
    from codex_app_server.events import Event
    from codex_app_server.inputs import Input
    from codex_app_server.json_types import JsonObject
    from codex_app_server.options import (
        ThreadForkOptions,
        ThreadResumeOptions,
        ThreadStartOptions,
        TurnOptions,
    )
    from codex_app_server.results import TurnResult

__all__ = ["Codex", "EventStream", "NotificationStream", "Thread", "Turn"]


class Codex:
    """A Codex app-server, for blocking code; usable from any OS thread.

    The constructor launches the server and greets it; use `with`, or call `close`.

    Args:
        config: How to launch the server; by default the installed runtime, or `codex` on PATH.

    Raises:
        CodexNotFoundError: There is no Codex binary; the message says how to get one.
        UnsupportedVersionError: The server is too old.
        LaunchError: It did not start, or did not answer in time.

    Protocol: `initialize`.
    """

    def __init__(
        self, config: AppServerConfig | None = None, *, _engine: Engine | None = None, _owner: object = None
    ) -> None:
        # Another face of the same server was made by somebody who also closes it, and who must
        # not be collected while this one is used.
        self._is_owner = _engine is None
        self._owner = _owner
        self._engine = _engine or Engine(config or AppServerConfig())
        try:
            self._info = self._engine.start().wait()
        except BaseException:
            self.close()
            raise
        if self._info.version_note and self._is_owner:
            warnings.warn(self._info.version_note, UnknownVersionWarning, stacklevel=2)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_is_owner", False) and self._engine.is_running:
            shown = repr(self)
            # First the server, since a warning may be an error here.
            self._engine.close_from_finalizer()
            warnings.warn(
                f"unclosed {shown}: use it in a `with`, or call close()",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    def __repr__(self) -> str:
        return f"<Codex {self._engine.state_name}>"

    @property
    def metadata(self) -> InitializeResult:
        """What the server said of itself. Protocol: `initialize`."""
        return InitializeResult.from_info(self._info)

    def as_async(self) -> AsyncCodex:
        """Return the awaiting face of the same server, which ends with this client."""
        from codex_app_server._async import AsyncCodex  # noqa: PLC0415 - most programs use one face

        return AsyncCodex(_engine=self._engine, _owner=self)

    def close(self) -> None:
        """End the server and everything that waits on it; takes at most some seconds, and may be repeated.

        What still waits gets `ClientClosedError`.
        """
        if self._is_owner:
            self._engine.close().wait()
            self._engine.join()

    def request(
        self, method: str, params: Mapping[str, object] | None = None, *, timeout_s: float | None = None
    ) -> Any:
        """Send any request of the protocol.

        Args:
            method: For example `"account/read"`.
            params: In wire form; an empty object when None.
            timeout_s: Deadline in seconds, from when it is written; None is the configuration's.

        Returns:
            The `result` of the answer.

        Raises:
            JsonRpcError: The server refused it.
            RequestTimeoutError: No answer in time.
            TransportClosedError: The server is gone, or this client was closed.
        """
        return self._engine.request(method, params, timeout_s=timeout_s).wait()

    def _open(self, method: str, params: JsonObject) -> tuple[Engine, JsonObject, ThreadState]:
        engine = self._engine
        return engine, *engine.open_thread(method, params).wait()

    def thread_start(self, **options: Unpack[ThreadStartOptions]) -> Thread:
        """Start a thread. The sandbox is read-only unless the options say otherwise.

        Args:
            **options: See `ThreadStartOptions`.

        Raises:
            TypeError: There is no such option.
            JsonRpcError: The server could not use a value.

        Protocol: `thread/start`.
        """
        return Thread(self, *self._open("thread/start", thread_start_params(options)))

    def thread_resume(self, thread_id: str, **options: Unpack[ThreadResumeOptions]) -> Thread:
        """Open an earlier thread, to go on with it.

        Args:
            thread_id: Its id.
            **options: See `ThreadResumeOptions`.

        Raises:
            ThreadNotFoundError: There is no such thread, or it has no turn yet and so is not on disk.
            ThreadBusyError: Another process writes to it.

        Protocol: `thread/resume`.
        """
        return Thread(self, *self._open("thread/resume", thread_resume_params(thread_id, options)))

    def thread_fork(self, thread_id: str, **options: Unpack[ThreadForkOptions]) -> Thread:
        """Start a thread with the history of another one.

        Args:
            thread_id: The thread whose history is taken.
            **options: See `ThreadForkOptions`.

        Raises:
            ThreadNotFoundError: There is no such thread, or it has no turn yet and so is not on disk.

        Protocol: `thread/fork`.
        """
        return Thread(self, *self._open("thread/fork", thread_fork_params(thread_id, options)))


class Thread:
    """A conversation with the agent; made by the `thread_...` methods of `Codex`.

    Its turns run one after the other: starting one while another runs waits for that one's end.

    Args:
        client: The client that opened it.
        engine: The engine of that client.
        raw: The thread as the server described it.
        state: The thread as the engine keeps it.

    Attributes:
        id: Id of the thread.
        raw: The thread as the server described it when it was opened.
    """

    def __init__(self, client: Codex, engine: Engine, raw: JsonObject, state: ThreadState) -> None:
        self._client = client
        self._engine = engine
        self.raw = raw
        self.id = state.thread_id
        self._state = state

    def __repr__(self) -> str:
        return f"Thread(id={self.id!r})"

    def turn(self, input: Input, **options: Unpack[TurnOptions]) -> Turn:  # noqa: A002 - the protocol's word
        """Start a turn; when another turn of this thread runs, after its end.

        Args:
            input: Text, an input item, or a sequence of them; an empty one runs the model on the
                history as it is.
            **options: See `TurnOptions`.

        Raises:
            TypeError: Something in `input` is no input, or there is no such option.
            JsonRpcError: The server refused the turn.
            TransportClosedError: The server is gone, or the client was closed.

        Protocol: `turn/start`.
        """
        engine = self._engine
        start = TurnStart(self._state, turn_params(self.id, input, options))
        try:
            state = engine.start_turn(start).wait()
        except BaseException:
            # Ctrl-C, or a refusal: a turn that comes of it all the same must not run on.
            engine.abandon_start(start)
            raise
        return Turn(self._client, self._engine, state)

    def run(self, input: Input, **options: Unpack[TurnOptions]) -> TurnResult:  # noqa: A002
        """Start a turn and wait for its result; see `turn` and `Turn.run`."""
        return self.turn(input, **options).run()

    def inject_items(self, items: Sequence[Mapping[str, object]]) -> None:
        """Append raw Responses API items to the history that the model sees.

        They do not show up when the thread is read. A message of role `system` would be dropped by
        the server without a word, and is refused here.

        Args:
            items: Messages, function calls and their outputs, in wire form.

        Raises:
            ValueError: No items, or one of role `system`.
            JsonRpcError: The server could not use an item.

        Protocol: `thread/inject_items`.
        """
        self._client.request("thread/inject_items", inject_params(self.id, items))


class Turn:
    """One run of the agent in a thread; made by `Thread.turn`.

    Args:
        client: The client of the thread.
        engine: The engine of that client.
        state: The turn, as the engine keeps it.

    Attributes:
        id: Id of the turn.
        thread_id: Id of its thread.
    """

    def __init__(self, client: Codex, engine: Engine, state: TurnState) -> None:
        self._client = client
        self._engine = engine
        self._state = state
        self.id = state.turn_id
        self.thread_id = state.thread_id

    def __repr__(self) -> str:
        return f"Turn(id={self.id!r}, thread_id={self.thread_id!r})"

    def events(self, *, detach: bool = False) -> EventStream:
        """Read what happens in the turn, from its beginning; several readers each get all of it.

        Args:
            detach: Let the turn run on when this stream is left before its end. Otherwise the
                turn is interrupted then, and its commands are ended.

        Raises:
            TransportClosedError: While reading: the server is gone, or the client was closed.
        """
        return EventStream(TurnReader(self._client, self._engine, self._state, is_detached=detach))

    def stream(self, *, detach: bool = False) -> NotificationStream:
        """Read the notifications of the turn as the server sent them; otherwise as `events`."""
        return NotificationStream(self.events(detach=detach))

    def run(self) -> TurnResult:
        """Wait for the end of the turn.

        A failed or interrupted turn is a result too; see `TurnResult.raise_for_status`. When the
        wait is broken off (Ctrl-C), the turn is interrupted. Calls of this program's tools are
        refused unless a stream of `events` is there to answer them.

        Raises:
            TransportClosedError: The server is gone, or the client was closed.
        """
        engine, state = self._engine, self._state
        if not state.reader_count:
            engine.refuse_calls(state)
        waiter = SyncWaiter()
        if state.enlist_for_end(waiter):
            try:
                waiter.wait()
            except BaseException:
                state.dismiss(waiter)
                engine.interrupt(state)
                raise
        return outcome(state)

    def interrupt(self) -> None:
        """End the turn now, and the commands that it runs; does nothing when it has ended.

        Protocol: `turn/interrupt`, `thread/backgroundTerminals/clean`.
        """
        self._engine.interrupt(self._state).wait()

    def steer(self, input: Input) -> None:  # noqa: A002
        """Give the running turn further input; the answer that is being written is cut off.

        Raises:
            TurnNotActiveError: The turn had ended.
            ThreadBusyError: A turn of this kind (review, compaction) takes no input.

        Protocol: `turn/steer`.
        """
        with not_active_means_over(self._state):
            self._client.request("turn/steer", steer_params(self._state, input))


class EventStream(Iterator["Event"]):
    """The events of a turn, for `for`; ends after `TurnFinished`.

    Leaving it early (`break`, `close`, the end of a `with`) interrupts the turn, unless it is detached.

    Args:
        reader: Where the events come from.
    """

    def __init__(self, reader: TurnReader) -> None:
        self._reader = reader
        self._batch: Iterator[Event] = iter(())

    def __next__(self) -> Event:
        for event in self._batch:
            return event
        while True:
            taken = self._reader.take(SyncWaiter)
            if isinstance(taken, list):
                self._batch = batch = iter(taken)
                return next(batch)
            if taken is None:
                raise StopIteration
            try:
                taken.wait()
            except BaseException:
                self._reader.give_up()
                raise

    def close(self) -> None:
        """Leave the stream."""
        self._batch = iter(())
        self._reader.give_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self._reader.give_up_in_finalizer()


class NotificationStream(Iterator[Notification]):
    """The notifications of a turn, for `for`; see `EventStream`.

    Args:
        events: Where they come from.
    """

    def __init__(self, events: EventStream) -> None:
        self._events = events

    def __next__(self) -> Notification:
        for event in self._events:
            if is_notification(event):
                return Notification(event.method, event.raw)
        raise StopIteration

    def close(self) -> None:
        """Leave the stream."""
        self._events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
