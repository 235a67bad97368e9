"""codex-sdk-python: one queue of notifications for a client, so turns can only be read one after the other."""

from __future__ import annotations

import os
import shlex
import tempfile
from typing import TYPE_CHECKING, Any

from codex_sdk.app_server import AppServerClient, AppServerOptions

if TYPE_CHECKING:
    from collections.abc import Callable

IS_ASYNC = True
ONE_TURN_AT_A_TIME = True


class Client:
    """Used as its documentation says."""

    async def open(self, argv: list[str]) -> None:
        # It takes the path of a binary alone, and gives it arguments of its own.
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "codex")
        with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o755), "w") as file:
            file.write(f"#!/bin/sh\nexec {shlex.join(argv)}\n")
        self.client = AppServerClient(AppServerOptions(codex_path_override=path))
        await self.client.__aenter__()

    async def close(self) -> None:
        await self.client.close()
        self.folder.cleanup()

    async def thread(self) -> Any:
        return (await self.client.thread_start())["thread"]["id"]

    async def drain(self, thread: Any, prompt: str, on_text: Callable[[str], None]) -> None:
        async with await self.client.turn_session(thread, prompt) as session:
            async for notification in session.notifications():
                if notification.method == "item/agentMessage/delta":
                    on_text(notification.params["delta"])
