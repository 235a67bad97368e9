"""openai-codex, the awaiting face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openai_codex import AsyncCodex, CodexConfig

if TYPE_CHECKING:
    from collections.abc import Callable

IS_ASYNC = True


class Client:
    """Used as its documentation says."""

    async def open(self, argv: list[str]) -> None:
        self.codex = await AsyncCodex(CodexConfig(launch_args_override=tuple(argv))).__aenter__()

    async def close(self) -> None:
        await self.codex.__aexit__(None, None, None)

    async def thread(self) -> Any:
        return await self.codex.thread_start()

    async def drain(self, thread: Any, prompt: str, on_text: Callable[[str], None]) -> None:
        turn = await thread.turn(prompt)
        async for event in turn.stream():
            if event.method == "item/agentMessage/delta":
                on_text(event.payload.delta)

    async def hold(self, thread: Any, prompt: str) -> Any:
        return await thread.turn(prompt)

    async def interrupt(self, held: Any) -> None:
        await held.interrupt()
        await held.run()
