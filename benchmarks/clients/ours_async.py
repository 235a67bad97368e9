"""codex-app-server-sdk, the awaiting face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codex_app_server import AppServerConfig, AsyncCodex, TextDelta

if TYPE_CHECKING:
    from collections.abc import Callable

IS_ASYNC = True


class Client:
    """Used as its documentation says."""

    async def open(self, argv: list[str]) -> None:
        self.codex = await AsyncCodex(AppServerConfig(launch_args_override=tuple(argv))).__aenter__()

    async def close(self) -> None:
        await self.codex.close()

    async def thread(self) -> Any:
        return await self.codex.thread_start()

    async def drain(self, thread: Any, prompt: str, on_text: Callable[[str], None]) -> None:
        turn = await thread.turn(prompt)
        async for event in turn.events():
            if isinstance(event, TextDelta):
                on_text(event.text)

    async def hold(self, thread: Any, prompt: str) -> Any:
        return await thread.turn(prompt)

    async def interrupt(self, held: Any) -> None:
        await held.interrupt()
