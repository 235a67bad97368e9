"""codex-app-server-sdk, the blocking face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codex_app_server import AppServerConfig, Codex, TextDelta

if TYPE_CHECKING:
    from collections.abc import Callable

IS_ASYNC = False


class Client:
    """Used as its documentation says."""

    def open(self, argv: list[str]) -> None:
        self.codex = Codex(AppServerConfig(launch_args_override=tuple(argv)))

    def close(self) -> None:
        self.codex.close()

    def thread(self) -> Any:
        return self.codex.thread_start()

    def drain(self, thread: Any, prompt: str, on_text: Callable[[str], None]) -> None:
        for event in thread.turn(prompt).events():
            if isinstance(event, TextDelta):
                on_text(event.text)

    def hold(self, thread: Any, prompt: str) -> Any:
        return thread.turn(prompt)

    def interrupt(self, held: Any) -> None:
        held.interrupt()
