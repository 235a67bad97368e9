"""Files and commands on the machine of the server, for the awaiting face."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Generic, TypeVar

from codex_app_server._areas.params import absolute, exec_params, to_base64, write_params
from codex_app_server._areas.sources import ChangeSource, CommandOutput, OutputSource
from codex_app_server._engine.wakeups import LoopWaiter, checkpoint, loop_waiter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from codex_app_server._areas.params import PathLike, Sandbox
    from codex_app_server._areas.sources import Source
    from codex_app_server._async import AsyncCodex
    from codex_app_server._engine.engine import Engine
    from codex_app_server.protocol import (
        CommandExecResponse,
        FsGetMetadataResponse,
        FsReadDirectoryEntry,
        FuzzyFileSearchResult,
    )

__all__ = ["AsyncCommandsArea", "AsyncFileWatch", "AsyncFsArea", "AsyncRunningCommand"]

T = TypeVar("T")


class AsyncFsArea:
    """Files of the machine on which the server runs, outside of any sandbox; `codex.fs`.

    Paths are absolute: a relative one raises `ValueError`. What the file system refuses raises
    `InternalRpcError` with its words.

    Args:
        client: The client.
        ready: Returns its engine, with a server that runs.
    """

    def __init__(self, client: AsyncCodex, ready: Callable[[], Awaitable[Engine]]) -> None:
        self._client = client
        self._ready = ready

    async def read_file(self, path: PathLike) -> bytes:
        """Return what is in a file. Protocol: `fs/readFile`."""
        answer = await self._client.request("fs/readFile", {"path": absolute(path)})
        return base64.b64decode(answer.data_base64)

    async def write_file(self, path: PathLike, data: bytes | str) -> None:
        """Write a file, over the one that is there.

        Args:
            path: The file; its folder has to be there.
            data: Bytes, or text that becomes UTF-8.

        Protocol: `fs/writeFile`.
        """
        await self._client.request("fs/writeFile", {"path": absolute(path), "dataBase64": to_base64(data)})

    async def read_directory(self, path: PathLike) -> list[FsReadDirectoryEntry]:
        """Return what is in a folder, in no order. Protocol: `fs/readDirectory`."""
        return (await self._client.request("fs/readDirectory", {"path": absolute(path)})).entries

    async def get_metadata(self, path: PathLike) -> FsGetMetadataResponse:
        """Return what a path is, and its times. Protocol: `fs/getMetadata`."""
        return await self._client.request("fs/getMetadata", {"path": absolute(path)})

    async def create_directory(self, path: PathLike, *, recursive: bool = True) -> None:
        """Make a folder.

        Args:
            path: The folder.
            recursive: Make those above it too, and be content when it is there.

        Protocol: `fs/createDirectory`.
        """
        await self._client.request("fs/createDirectory", {"path": absolute(path), "recursive": recursive})

    async def remove(self, path: PathLike, *, recursive: bool = False, force: bool = False) -> None:
        """Remove a file or folder.

        Args:
            path: What to remove.
            recursive: Remove a folder with all that is in it.
            force: Be content when it is not there.

        Protocol: `fs/remove`.
        """
        params = {"path": absolute(path), "recursive": recursive, "force": force}
        await self._client.request("fs/remove", params)

    async def copy(
        self, source_path: PathLike, destination_path: PathLike, *, recursive: bool = False
    ) -> None:
        """Copy a file or folder.

        Args:
            source_path: What to copy.
            destination_path: Where to.
            recursive: Needed for a folder.

        Protocol: `fs/copy`.
        """
        await self._client.request(
            "fs/copy",
            {
                "sourcePath": absolute(source_path),
                "destinationPath": absolute(destination_path),
                "recursive": recursive,
            },
        )

    async def search(self, query: str, *, roots: Sequence[PathLike]) -> list[FuzzyFileSearchResult]:
        """Return the files and folders whose path is like the query, the best first.

        Args:
            query: Letters of the path, in their order.
            roots: The folders to look in.

        Protocol: `fuzzyFileSearch`.
        """
        params = {"query": query, "roots": [absolute(root) for root in roots]}
        return (await self._client.request("fuzzyFileSearch", params)).files

    async def watch(self, path: PathLike) -> AsyncFileWatch:
        """Watch a file or folder, from now until the watch is closed.

        Args:
            path: The file or folder; it need not be there yet.

        Protocol: `fs/watch`, `fs/changed`, `fs/unwatch`.
        """
        source = ChangeSource(await self._ready(), path)
        try:
            answer = await source.start().wait_async()
        except BaseException:
            source.give_up()
            raise
        return AsyncFileWatch(self._client, source, str(answer["path"]))


class AsyncCommandsArea:
    """Commands on the machine of the server, in its sandbox and without the model; `codex.commands`.

    Args:
        client: The client.
        ready: Returns its engine, with a server that runs.
    """

    def __init__(self, client: AsyncCodex, ready: Callable[[], Awaitable[Engine]]) -> None:
        self._client = client
        self._ready = ready

    async def run(
        self,
        command: Sequence[str],
        *,
        cwd: PathLike | None = None,
        env: Mapping[str, str | None] | None = None,
        sandbox: Sandbox | None = None,
        permission_profile: str | None = None,
        timeout_s: float | None = None,
        output_bytes_cap: int | None = None,
    ) -> CommandExecResponse:
        """Run a command to its end; when the wait is broken off, the command is ended.

        Args:
            command: The program and its arguments; no shell is involved.
            cwd: Working directory; None is that of the server.
            env: Variables on top of the server's; None removes one.
            sandbox: What it may do; None is `"read-only"`.
            permission_profile: A named permission profile instead of a sandbox.
            timeout_s: Seconds after which it is ended, with exit code 124; None lets it run.
            output_bytes_cap: How much of stdout and of stderr is kept; None is the server's 1 MiB.

        Raises:
            TypeError: The command is one string.
            ValueError: It is empty, or there is no such sandbox, or both a sandbox and a profile are given.
            JsonRpcError: The server could not start it.

        Protocol: `command/exec`, `command/exec/terminate`.
        """
        params = exec_params(
            command,
            cwd=cwd,
            env=env,
            sandbox=sandbox,
            permission_profile=permission_profile,
            timeout_s=timeout_s,
            output_bytes_cap=output_bytes_cap,
        )
        async with AsyncRunningCommand(
            self._client, OutputSource(await self._ready(), params, timeout_s)
        ) as running:
            return await running.wait()

    async def start(
        self,
        command: Sequence[str],
        *,
        cwd: PathLike | None = None,
        env: Mapping[str, str | None] | None = None,
        sandbox: Sandbox | None = None,
        permission_profile: str | None = None,
        timeout_s: float | None = None,
        output_bytes_cap: int | None = None,
    ) -> AsyncRunningCommand:
        """Start a command, to read what it writes and to write to it while it runs.

        Args:
            command: The program and its arguments; no shell is involved.
            cwd: Working directory; None is that of the server.
            env: Variables on top of the server's; None removes one.
            sandbox: What it may do; None is `"read-only"`.
            permission_profile: A named permission profile instead of a sandbox.
            timeout_s: Seconds after which it is ended, with exit code 124; None lets it run.
            output_bytes_cap: How much of stdout and of stderr is sent; None is the server's 1 MiB.

        Raises:
            TypeError: The command is one string.
            ValueError: It is empty, or there is no such sandbox, or both a sandbox and a profile are given.

        Protocol: `command/exec`, `command/exec/outputDelta`.
        """
        params = exec_params(
            command,
            cwd=cwd,
            env=env,
            sandbox=sandbox,
            permission_profile=permission_profile,
            timeout_s=timeout_s,
            output_bytes_cap=output_bytes_cap,
        )
        params |= {"streamStdin": True, "streamStdoutStderr": True}
        return AsyncRunningCommand(self._client, OutputSource(await self._ready(), params, timeout_s))


class _Stream(AsyncIterator[T], Generic[T]):
    def __init__(self, client: AsyncCodex, source: Source[T]) -> None:
        # Closing the client, which its end does, would end what comes from the source.
        self._client = client
        self._source = source
        self._batch: Iterator[T] = iter(())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        for value in self._batch:
            return value
        while True:
            taken = self._source.take(loop_waiter)
            if taken is None:
                raise StopAsyncIteration
            if not isinstance(taken, LoopWaiter):
                self._batch = batch = iter(taken)
                # Much to read must not keep the other tasks of this loop from running.
                await checkpoint()
                return next(batch)
            try:
                await taken
            finally:
                self._source.dismiss(taken)

    async def aclose(self) -> None:
        """End it; may be repeated."""
        self._source.give_up()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        self._source.give_up_in_finalizer()


class AsyncFileWatch(_Stream["list[str]"]):
    """The changes of a file or folder, for `async for`: each time the paths that changed; made by `codex.fs.watch`.

    It has no end of its own: leave it by `aclose`, or use `async with`.

    Args:
        client: The client.
        source: Where they come from.
        path: The watched path.

    Attributes:
        path: The watched path, as the server resolved it.
    """

    def __init__(self, client: AsyncCodex, source: ChangeSource, path: str) -> None:
        super().__init__(client, source)
        self.path = path


class AsyncRunningCommand(_Stream[CommandOutput]):
    """A command that runs, and what it writes, for `async for`; made by `codex.commands.start`.

    `aclose`, and the end of an `async with`, end it if it still runs.

    Args:
        client: The client.
        source: Where its output comes from.

    Attributes:
        process_id: What the server knows it by.
    """

    def __init__(self, client: AsyncCodex, source: OutputSource) -> None:
        super().__init__(client, source)
        self._command = source
        self.process_id = source.id

    def __repr__(self) -> str:
        return f"AsyncRunningCommand(process_id={self.process_id!r})"

    async def wait(self) -> CommandExecResponse:
        """Wait for its end, and return its exit code; its output is in the stream.

        Raises:
            JsonRpcError: The server could not start it.
            TransportClosedError: The server is gone, or the client was closed.
        """
        return self._command.result(await self._command.completion.wait_async())

    async def write(self, data: bytes | str) -> None:
        """Write to its stdin.

        Args:
            data: Bytes, or text that becomes UTF-8.

        Raises:
            InvalidRequestError: It has ended, or its stdin was closed.

        Protocol: `command/exec/write`.
        """
        await self._client.request("command/exec/write", write_params(self.process_id, data, close=False))

    async def close_stdin(self) -> None:
        """Tell it that nothing more comes. Protocol: `command/exec/write`."""
        await self._client.request("command/exec/write", write_params(self.process_id, b"", close=True))
