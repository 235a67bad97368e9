"""The blocking face: Codex; its threads and turns are in _sync_thread.py. Bodies are a few lines; the engine does the work."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from codex_app_server._engine.callers import Caller
from codex_app_server._engine.listeners import Listener
from codex_app_server._engine.setup import Handlers, TurnSetup
from codex_app_server._engine.slot import EngineSlot
from codex_app_server._requests import (
    local_params,
    merged_pages,
    thread_setup,
    typed_result,
    warn_of_missing_tools,
    wire_params,
)
from codex_app_server._sync_streams import EventStream, MessageStream, NotificationStream, Pages
from codex_app_server._sync_thread import Thread, Turn
from codex_app_server.config import AppServerConfig
from codex_app_server.errors import UnknownVersionWarning
from codex_app_server.metadata import InitializeResult
from codex_app_server.options import (
    ThreadListOptions,
    thread_fork_params,
    thread_resume_params,
    thread_start_params,
    to_params,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from codex_app_server import protocol
    from codex_app_server._areas.account_sync import AccountArea, McpArea
    from codex_app_server._areas.machine_sync import CommandsArea, FsArea
    from codex_app_server._areas.settings_sync import ConfigArea, SkillsArea
    from codex_app_server._async import AsyncCodex
    from codex_app_server._engine.engine import Engine
    from codex_app_server._engine.server_info import ServerInfo
    from codex_app_server.approvals import ApprovalHandler
    from codex_app_server.json_types import JsonObject
    from codex_app_server.observe import MessageHook, TraceContext
    from codex_app_server.options import ThreadForkOptions, ThreadResumeOptions, ThreadStartOptions

    # `request` with the types of each method, which would take longer to load than all the rest.
    from codex_app_server.protocol._generated.requests import Requests
    from codex_app_server.questions import ElicitationHandler, Question, RequestHandler, UserInputHandler
    from codex_app_server.usage import UsageReport
else:
    Requests = object

__all__ = [
    "Codex",
    "EventStream",
    "MessageStream",
    "NotificationStream",
    "Pages",
    "Thread",
    "Turn",
]


class Codex(Requests):
    """A Codex app-server, for blocking code; usable from any OS thread.

    The constructor launches the server and greets it; use `with`, or call `close`.

    Args:
        config: How to launch or reach the server; by default the installed runtime, or `codex` on PATH.
        approval_handler: Decides on approvals where neither turn nor thread has a handler; sync or async.
            Without one they are declined.
        user_input_handler: Answers questions of the model to the user, likewise.
        elicitation_handler: Answers questions of MCP servers, likewise.
        request_handler: Answers further requests of the server; without one they are refused.
        message_hook: Is called with every message, on the OS thread that serves all turns.
        trace_context: Gives the W3C trace context of the caller; by default that of OpenTelemetry, in
            programs that use it.

    Raises:
        CodexNotFoundError: There is no Codex binary; the message says how to get one.
        UnsupportedVersionError: The server is too old.
        LaunchError: It did not start, or did not answer in time.

    Protocol: `initialize`.
    """

    def __init__(
        self,
        config: AppServerConfig | None = None,
        *,
        approval_handler: ApprovalHandler | None = None,
        user_input_handler: UserInputHandler | None = None,
        elicitation_handler: ElicitationHandler | None = None,
        request_handler: RequestHandler | None = None,
        message_hook: MessageHook | None = None,
        trace_context: TraceContext | None = None,
        _slot: EngineSlot | None = None,
        _owner: object = None,
    ) -> None:
        # Another face of the same server was made by somebody who also closes it, and who must
        # not be collected while this one is used.
        self._is_owner = _slot is None
        self._owner = _owner
        handlers = Handlers(approval_handler, user_input_handler, elicitation_handler, request_handler)
        self._slot = _slot or EngineSlot(
            config or AppServerConfig(),
            setup=TurnSetup(handlers, Caller(uses_loop=False, keeps_context=False)),
            message_hook=message_hook,
            trace_context=trace_context,
        )
        self._info_of: Engine | None = None
        try:
            self._ready()
        except BaseException:
            self.close()
            raise

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
    def _engine(self) -> Engine:
        return self._slot.engine

    def _ready(self) -> Engine:
        """Return the engine, with a server that runs, or has died and is not to be started again."""
        engine = self._slot.current()
        if self._info_of is not engine:
            info = engine.start().wait()
            self._info: ServerInfo = info
            self._info_of = engine
            if info.version_note and self._is_owner:
                warnings.warn(info.version_note, UnknownVersionWarning, stacklevel=3)
        return engine

    @property
    def metadata(self) -> InitializeResult:
        """What the server said of itself. Protocol: `initialize`."""
        return InitializeResult.from_info(self._info)

    @property
    def pending_requests(self) -> dict[str, Question]:
        """What the server waits for, by id: approvals, questions and tool calls that nobody has answered yet."""
        return self._engine.desk.pending()

    @property
    def usage(self) -> UsageReport:
        """What all turns of this client have used so far, with their sub-agents; also before a restart.

        Clients of one `SharedCodex` server have one sum.
        """
        return self._slot.ledger.usage.report

    @property
    def rate_limits(self) -> protocol.RateLimitSnapshot | None:
        """How much of the limits of the account is used, as the server last told; None before it has.

        It tells after each model request. `account.rate_limits()` asks it.

        Raises:
            RemoteProtocolError: What it told does not fit its type.

        Protocol: `account/rateLimits/updated`.
        """
        from codex_app_server._areas.params import told_limits  # noqa: PLC0415 - for who uses it

        return told_limits(self._slot.ledger)

    @property
    def account(self) -> AccountArea:
        """Signing in and out, limits and usage."""
        from codex_app_server._areas.account_sync import AccountArea  # noqa: PLC0415 - for who uses it

        return AccountArea(self, self._ready)

    @property
    def commands(self) -> CommandsArea:
        """Commands on the machine of the server, in its sandbox and without the model."""
        from codex_app_server._areas.machine_sync import CommandsArea  # noqa: PLC0415 - for who uses it

        return CommandsArea(self, self._ready)

    @property
    def config(self) -> ConfigArea:
        """The configuration of the server, and what it permits."""
        from codex_app_server._areas.settings_sync import ConfigArea  # noqa: PLC0415 - for who uses it

        return ConfigArea(self)

    @property
    def fs(self) -> FsArea:
        """Files of the machine on which the server runs."""
        from codex_app_server._areas.machine_sync import FsArea  # noqa: PLC0415 - for who uses it

        return FsArea(self, self._ready)

    @property
    def mcp(self) -> McpArea:
        """The MCP servers that Codex knows."""
        from codex_app_server._areas.account_sync import McpArea  # noqa: PLC0415 - for who uses it

        return McpArea(self, self._ready)

    @property
    def skills(self) -> SkillsArea:
        """The skills that the agent has."""
        from codex_app_server._areas.settings_sync import SkillsArea  # noqa: PLC0415 - for who uses it

        return SkillsArea(self)

    def as_async(self) -> AsyncCodex:
        """Return the awaiting face of the same server, which ends with this client."""
        from codex_app_server._async import AsyncCodex  # noqa: PLC0415 - most programs use one face

        # A face of a face has the same owner: they may be made in turns without end.
        return AsyncCodex(_slot=self._slot, _owner=self if self._is_owner else self._owner)

    def close(self) -> None:
        """End the server and everything that waits on it; takes at most some seconds, and may be repeated.

        What still waits gets `ClientClosedError`.
        """
        if self._is_owner:
            engine = self._slot.close()
            engine.close().wait()
            engine.join()

    def restart(self) -> None:
        """End the server, if it still runs, and start it again: also after it died.

        Threads of this client are resumed there when they are used next. A turn that ran ends with
        `ClientClosedError` and is not run again. Threads that were ephemeral are lost, and say so.

        Raises:
            LaunchError: It did not start.
            ClientClosedError: This client was closed.
        """
        old = self._engine
        # Who restarts while somebody else does means the same restart.
        if not old.is_beginning:
            self._slot.replace(old)
            old.close("the server was restarted").wait()
            old.join()
        self._ready()

    if not TYPE_CHECKING:  # type checkers take it from the base class

        def request(
            self,
            method: str,
            params: protocol.WireModel | Mapping[str, object] | None = None,
            *,
            timeout_s: float | None = None,
        ) -> Any:
            """Send any request of the protocol, and get its typed result.

            Args:
                method: For example `"account/read"`.
                params: The params model of the method, or the object in wire form; empty when None.
                timeout_s: Deadline in seconds, from when it is written; None is the configuration's.

            Returns:
                The result model of the method; as it came, for a method that this client does not know.

            Raises:
                JsonRpcError: The server refused it.
                RemoteProtocolError: The result does not fit its type.
                RequestTimeoutError: No answer in time.
                TransportClosedError: The server is gone, or this client was closed.
            """
            return typed_result(method, self.request_raw(method, params, timeout_s=timeout_s))

    def request_raw(
        self,
        method: str,
        params: protocol.WireModel | Mapping[str, object] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Any:
        """Send any request of the protocol, and get its `result` as it came; otherwise as `request`."""
        engine = self._ready()
        return engine.request(method, wire_params(params), timeout_s=timeout_s).wait()

    def notifications(self, *methods: str) -> MessageStream:
        """Listen to the notifications of the whole connection, from now on.

        Args:
            *methods: Those to listen to, for example `"account/updated"`; none means all.

        Returns:
            A stream that ends with an exception when the server is gone or the client was closed; leave
            it with `close`, or use it in a `with`.
        """
        return MessageStream(self._ready(), Listener(methods), self)

    def _open(self, method: str, params: JsonObject, setup: TurnSetup) -> Thread:
        engine = self._ready()
        params = local_params(params, engine.config)
        answer, state = engine.open_thread(method, params, setup).wait()
        if method != "thread/start":
            state.setup = setup = warn_of_missing_tools(setup, answer["thread"])
        return Thread(self, engine, answer, state, setup, ready=self._ready, slot=self._slot)

    def thread_start(self, **options: Unpack[ThreadStartOptions]) -> Thread:
        """Start a thread. The sandbox is read-only unless the options say otherwise.

        Args:
            **options: See `ThreadStartOptions`.

        Raises:
            TypeError: There is no such option, or something in `tools` is no tool.
            ValueError: The model could not call a tool by its name.
            FileNotFoundError: There is no such working directory.
            JsonRpcError: The server could not use a value.

        Protocol: `thread/start`.
        """
        params = thread_start_params(options)
        return self._open(
            "thread/start",
            params,
            thread_setup(self._slot.setup, Caller(uses_loop=False, keeps_context=False), options),
        )

    def thread_resume(self, thread_id: str, **options: Unpack[ThreadResumeOptions]) -> Thread:
        """Open an earlier thread, to go on with it.

        A turn that runs in it, started by another client or an earlier process, is `Thread.active_turn`.

        Args:
            thread_id: Its id.
            **options: See `ThreadResumeOptions`.

        Raises:
            ThreadNotFoundError: There is no such thread, or it has no turn yet and so is not on disk.
            ThreadBusyError: Another process writes to it.

        Protocol: `thread/resume`.
        """
        params = thread_resume_params(thread_id, options)
        return self._open(
            "thread/resume",
            params,
            thread_setup(self._slot.setup, Caller(uses_loop=False, keeps_context=False), options),
        )

    def thread_fork(self, thread_id: str, **options: Unpack[ThreadForkOptions]) -> Thread:
        """Start a thread with the history of another one. The sandbox is read-only unless the options say otherwise.

        Args:
            thread_id: The thread whose history is taken.
            **options: See `ThreadForkOptions`.

        Raises:
            ThreadNotFoundError: There is no such thread, or it has no turn yet and so is not on disk.

        Protocol: `thread/fork`.
        """
        params = thread_fork_params(thread_id, options)
        return self._open(
            "thread/fork",
            params,
            thread_setup(self._slot.setup, Caller(uses_loop=False, keeps_context=False), options),
        )

    def thread_list(self, **options: Unpack[ThreadListOptions]) -> protocol.ThreadListResponse:
        """List threads, one page of them; `threads` goes through all.

        Args:
            **options: See `ThreadListOptions`.

        Protocol: `thread/list`.
        """
        return self.request("thread/list", to_params(options, ThreadListOptions))

    def threads(self, **options: Unpack[ThreadListOptions]) -> Pages[protocol.Thread]:
        """Go through the threads; pages are asked for as they are reached.

        Those that were used last come first, unless `sort_key` says otherwise. By `created_at` the
        server leaves out threads that were created in the same second as the last one of a page.

        Args:
            **options: See `ThreadListOptions`.

        Protocol: `thread/list`.
        """
        params = {"sortKey": "recency_at", **to_params(options, ThreadListOptions)}
        return Pages(self, "thread/list", params)

    def thread_archive(self, thread_id: str) -> protocol.ThreadArchiveResponse:
        """Take a thread out of lists. Protocol: `thread/archive`.

        Raises:
            ThreadNotFoundError: There is no such thread.
        """
        return self.request("thread/archive", {"threadId": thread_id})

    def thread_unarchive(self, thread_id: str, **options: Unpack[ThreadResumeOptions]) -> Thread:
        """Put an archived thread back into lists, and open it. Protocol: `thread/unarchive`, `thread/resume`.

        Args:
            thread_id: Its id.
            **options: See `ThreadResumeOptions`.

        Raises:
            ThreadNotFoundError: There is no such archived thread.
        """
        self.request_raw("thread/unarchive", {"threadId": thread_id})
        return self.thread_resume(thread_id, **options)

    def thread_delete(self, thread_id: str) -> protocol.ThreadDeleteResponse:
        """Delete a thread and its history for good. Protocol: `thread/delete`.

        Raises:
            ThreadNotFoundError: There is no such thread.
        """
        return self.request("thread/delete", {"threadId": thread_id})

    def models(self, *, include_hidden: bool = False) -> protocol.ModelListResponse:
        """List the models that the server knows, all pages in one.

        Args:
            include_hidden: Also those that are not shown to people.

        Protocol: `model/list`.
        """
        pages = [self.request_raw("model/list", {"includeHidden": include_hidden})]
        while pages[-1].get("nextCursor"):
            params = {"includeHidden": include_hidden, "cursor": pages[-1]["nextCursor"]}
            pages.append(self.request_raw("model/list", params))
        return typed_result("model/list", merged_pages(pages))
