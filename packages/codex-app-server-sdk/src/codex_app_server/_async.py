"""The awaiting face: AsyncCodex, on asyncio and trio; its threads and turns are in _async_thread.py.

No task, scope or loop of the caller is held: one object may be used from several event loops, one
after the other or at the same time. Bodies are a few lines; the engine does the work.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from codex_app_server._async_streams import (
    AsyncEventStream,
    AsyncMessageStream,
    AsyncNotificationStream,
    AsyncPages,
)
from codex_app_server._async_thread import AsyncThread, AsyncTurn
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
from codex_app_server.config import AppServerConfig
from codex_app_server.errors import LocalProtocolError, UnknownVersionWarning
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
    from codex_app_server._areas.account_async import AsyncAccountArea, AsyncMcpArea
    from codex_app_server._areas.machine_async import AsyncCommandsArea, AsyncFsArea
    from codex_app_server._areas.settings_async import AsyncConfigArea, AsyncSkillsArea
    from codex_app_server._engine.engine import Engine
    from codex_app_server._engine.server_info import ServerInfo
    from codex_app_server._sync import Codex
    from codex_app_server.approvals import ApprovalHandler
    from codex_app_server.json_types import JsonObject
    from codex_app_server.observe import MessageHook, TraceContext
    from codex_app_server.options import ThreadForkOptions, ThreadResumeOptions, ThreadStartOptions

    # `request` with the types of each method, which would take longer to load than all the rest.
    from codex_app_server.protocol._generated.requests import AsyncRequests
    from codex_app_server.questions import ElicitationHandler, Question, RequestHandler, UserInputHandler
    from codex_app_server.usage import UsageReport
else:
    AsyncRequests = object

__all__ = [
    "AsyncCodex",
    "AsyncEventStream",
    "AsyncMessageStream",
    "AsyncNotificationStream",
    "AsyncPages",
    "AsyncThread",
    "AsyncTurn",
]


class AsyncCodex(AsyncRequests):
    """A Codex app-server, for code that awaits; usable from any task, event loop and OS thread.

    The server is launched at the first call, or by `async with`; once, however many ask.

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
            setup=TurnSetup(handlers, Caller(keeps_context=False)),
            message_hook=message_hook,
            trace_context=trace_context,
        )
        self._info: ServerInfo | None = None
        self._info_of: Engine | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._ready()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __del__(self) -> None:
        if getattr(self, "_is_owner", False) and self._engine.is_running:
            shown = repr(self)
            # First the server, since a warning may be an error here.
            self._engine.close_from_finalizer()
            warnings.warn(
                f"unclosed {shown}: use it in an `async with`, or await close()",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    def __repr__(self) -> str:
        return f"<AsyncCodex {self._engine.state_name}>"

    @property
    def _engine(self) -> Engine:
        return self._slot.engine

    async def _ready(self) -> Engine:
        """Launch the server if that has not been done.

        Raises:
            CodexNotFoundError: There is no Codex binary; the message says how to get one.
            UnsupportedVersionError: The server is too old.
            LaunchError: It did not start, or did not answer in time.
        """
        engine = self._slot.current()
        if self._info_of is not engine:
            info = await engine.start().wait_async()
            self._info, self._info_of = info, engine
            if info.version_note and self._is_owner:
                warnings.warn(info.version_note, UnknownVersionWarning, stacklevel=3)
        return engine

    @property
    def metadata(self) -> InitializeResult:
        """What the server said of itself. Protocol: `initialize`.

        Raises:
            LocalProtocolError: It was not started yet.
        """
        if self._info is None:
            raise LocalProtocolError(
                "the server was not started yet: use `async with`, or await another call first"
            )
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
    def account(self) -> AsyncAccountArea:
        """Signing in and out, limits and usage."""
        from codex_app_server._areas.account_async import AsyncAccountArea  # noqa: PLC0415 - for who uses it

        return AsyncAccountArea(self, self._ready)

    @property
    def commands(self) -> AsyncCommandsArea:
        """Commands on the machine of the server, in its sandbox and without the model."""
        from codex_app_server._areas.machine_async import AsyncCommandsArea  # noqa: PLC0415 - for who uses it

        return AsyncCommandsArea(self, self._ready)

    @property
    def config(self) -> AsyncConfigArea:
        """The configuration of the server, and what it permits."""
        from codex_app_server._areas.settings_async import AsyncConfigArea  # noqa: PLC0415 - for who uses it

        return AsyncConfigArea(self)

    @property
    def fs(self) -> AsyncFsArea:
        """Files of the machine on which the server runs."""
        from codex_app_server._areas.machine_async import AsyncFsArea  # noqa: PLC0415 - for who uses it

        return AsyncFsArea(self, self._ready)

    @property
    def mcp(self) -> AsyncMcpArea:
        """The MCP servers that Codex knows."""
        from codex_app_server._areas.account_async import AsyncMcpArea  # noqa: PLC0415 - for who uses it

        return AsyncMcpArea(self, self._ready)

    @property
    def skills(self) -> AsyncSkillsArea:
        """The skills that the agent has."""
        from codex_app_server._areas.settings_async import AsyncSkillsArea  # noqa: PLC0415 - for who uses it

        return AsyncSkillsArea(self)

    def as_sync(self) -> Codex:
        """Return the blocking face of the same server, which ends with this client.

        It blocks until the server has started, if that was not done before.
        """
        from codex_app_server._sync import Codex  # noqa: PLC0415 - most programs use one face

        # A face of a face has the same owner: they may be made in turns without end.
        return Codex(_slot=self._slot, _owner=self if self._is_owner else self._owner)

    async def close(self) -> None:
        """End the server and everything that waits on it; takes at most some seconds, and may be repeated.

        What still waits gets `ClientClosedError`. Cancelling this leaves the closing to go on by itself.
        """
        if self._is_owner:
            engine = self._slot.close()
            await engine.close().wait_async()
            engine.join()

    async def restart(self) -> None:
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
            await old.close("the server was restarted").wait_async()
            old.join()
        await self._ready()

    if not TYPE_CHECKING:  # type checkers take it from the base class

        async def request(
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
            return typed_result(method, await self.request_raw(method, params, timeout_s=timeout_s))

    async def request_raw(
        self,
        method: str,
        params: protocol.WireModel | Mapping[str, object] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Any:
        """Send any request of the protocol, and get its `result` as it came; otherwise as `request`."""
        engine = await self._ready()
        return await engine.request(method, wire_params(params), timeout_s=timeout_s).wait_async()

    async def notifications(self, *methods: str) -> AsyncMessageStream:
        """Listen to the notifications of the whole connection, from now on.

        Args:
            *methods: Those to listen to, for example `"account/updated"`; none means all.

        Returns:
            A stream that ends with an exception when the server is gone or the client was closed; leave
            it with `aclose`, or use it in an `async with`.
        """
        return AsyncMessageStream(await self._ready(), Listener(methods), self)

    async def _open(self, method: str, params: JsonObject, setup: TurnSetup) -> AsyncThread:
        engine = await self._ready()
        params = local_params(params, engine.config)
        answer, state = await engine.open_thread(method, params, setup).wait_async()
        if method != "thread/start":
            state.setup = setup = warn_of_missing_tools(setup, answer["thread"])
        return AsyncThread(self, engine, answer, state, setup, ready=self._ready, slot=self._slot)

    async def thread_start(self, **options: Unpack[ThreadStartOptions]) -> AsyncThread:
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
        return await self._open(
            "thread/start", params, thread_setup(self._slot.setup, Caller(keeps_context=False), options)
        )

    async def thread_resume(self, thread_id: str, **options: Unpack[ThreadResumeOptions]) -> AsyncThread:
        """Open an earlier thread, to go on with it.

        A turn that runs in it, started by another client or an earlier process, is `AsyncThread.active_turn`.

        Args:
            thread_id: Its id.
            **options: See `ThreadResumeOptions`.

        Raises:
            ThreadNotFoundError: There is no such thread, or it has no turn yet and so is not on disk.
            ThreadBusyError: Another process writes to it.

        Protocol: `thread/resume`.
        """
        params = thread_resume_params(thread_id, options)
        return await self._open(
            "thread/resume", params, thread_setup(self._slot.setup, Caller(keeps_context=False), options)
        )

    async def thread_fork(self, thread_id: str, **options: Unpack[ThreadForkOptions]) -> AsyncThread:
        """Start a thread with the history of another one. The sandbox is read-only unless the options say otherwise.

        Args:
            thread_id: The thread whose history is taken.
            **options: See `ThreadForkOptions`.

        Raises:
            ThreadNotFoundError: There is no such thread, or it has no turn yet and so is not on disk.

        Protocol: `thread/fork`.
        """
        params = thread_fork_params(thread_id, options)
        return await self._open(
            "thread/fork", params, thread_setup(self._slot.setup, Caller(keeps_context=False), options)
        )

    async def thread_list(self, **options: Unpack[ThreadListOptions]) -> protocol.ThreadListResponse:
        """List threads, one page of them; `threads` goes through all.

        Args:
            **options: See `ThreadListOptions`.

        Protocol: `thread/list`.
        """
        return await self.request("thread/list", to_params(options, ThreadListOptions))

    def threads(self, **options: Unpack[ThreadListOptions]) -> AsyncPages[protocol.Thread]:
        """Go through the threads; pages are asked for as they are reached.

        Those that were used last come first, unless `sort_key` says otherwise. By `created_at` the
        server leaves out threads that were created in the same second as the last one of a page.

        Args:
            **options: See `ThreadListOptions`.

        Protocol: `thread/list`.
        """
        params = {"sortKey": "recency_at", **to_params(options, ThreadListOptions)}
        return AsyncPages(self, "thread/list", params)

    async def thread_archive(self, thread_id: str) -> protocol.ThreadArchiveResponse:
        """Take a thread out of lists. Protocol: `thread/archive`.

        Raises:
            ThreadNotFoundError: There is no such thread.
        """
        return await self.request("thread/archive", {"threadId": thread_id})

    async def thread_unarchive(self, thread_id: str, **options: Unpack[ThreadResumeOptions]) -> AsyncThread:
        """Put an archived thread back into lists, and open it. Protocol: `thread/unarchive`, `thread/resume`.

        Args:
            thread_id: Its id.
            **options: See `ThreadResumeOptions`.

        Raises:
            ThreadNotFoundError: There is no such archived thread.
        """
        await self.request_raw("thread/unarchive", {"threadId": thread_id})
        return await self.thread_resume(thread_id, **options)

    async def thread_delete(self, thread_id: str) -> protocol.ThreadDeleteResponse:
        """Delete a thread and its history for good. Protocol: `thread/delete`.

        Raises:
            ThreadNotFoundError: There is no such thread.
        """
        return await self.request("thread/delete", {"threadId": thread_id})

    async def models(self, *, include_hidden: bool = False) -> protocol.ModelListResponse:
        """List the models that the server knows, all pages in one.

        Args:
            include_hidden: Also those that are not shown to people.

        Protocol: `model/list`.
        """
        pages = [await self.request_raw("model/list", {"includeHidden": include_hidden})]
        while pages[-1].get("nextCursor"):
            params = {"includeHidden": include_hidden, "cursor": pages[-1]["nextCursor"]}
            pages.append(await self.request_raw("model/list", params))
        return typed_result("model/list", merged_pages(pages))
