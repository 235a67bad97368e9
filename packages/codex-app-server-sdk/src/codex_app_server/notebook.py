"""A turn in a notebook: `show(turn)` follows it live; a `Turn` or a `TurnResult` as the last line of a cell is shown as well.

Everything from the model is escaped, and no link, image or script of its gets into the page.
"""

from __future__ import annotations

import time
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server import AsyncTurn, Turn
    from codex_app_server.events import Event
    from codex_app_server.results import TurnResult

__all__ = ["ashow", "show"]

T = TypeVar("T")

# A page is drawn from the beginning each time, and the browser draws it too.
_REDRAW_S = 0.15


class _Handle(Protocol):
    def update(self, shown: object) -> None:
        """Show this instead."""
        ...


class _Page:
    """What IPython displays."""

    def __init__(self, html: str) -> None:
        self._html = html

    def __repr__(self) -> str:
        # What is shown where there is no HTML.
        return "a turn of Codex"

    def _repr_html_(self) -> str:
        return self._html


def show(turn: Turn[T], *, detach: bool = False) -> TurnResult[T]:
    """Show a turn in the output of the cell while it runs, and return its result.

    Interrupting the cell interrupts the turn. Approvals are decided by the handlers of the turn, as ever.

    Args:
        turn: A turn; one that runs or has ended is shown from its beginning.
        detach: Let the turn run on when the cell is interrupted.

    Raises:
        ImportError: There is no IPython.
        TransportClosedError: The server is gone, or the client was closed.
    """
    live = _LiveOutput()
    with turn.events(detach=detach) as events:
        for event in events:
            live.feed(event)
    return live.end(turn.run())


async def ashow(turn: AsyncTurn[T], *, detach: bool = False) -> TurnResult[T]:
    """Show a turn of the awaiting face; otherwise as `show`."""
    live = _LiveOutput()
    async with turn.events(detach=detach) as events:
        async for event in events:
            live.feed(event)
    return live.end(await turn.run())


class _LiveOutput:
    """An output of a cell that is drawn again while the turn goes on."""

    def __init__(self) -> None:
        from codex_app_server._view.page import story_page  # noqa: PLC0415 - for who uses it
        from codex_app_server._view.story import Story  # noqa: PLC0415 - likewise

        self._draw = story_page
        self._story = Story()
        self._drawn_s = time.monotonic()
        display = cast("Callable[..., _Handle]", import_module("IPython.display").display)
        self._handle = display(_Page(self._draw(self._story, self._drawn_s)), display_id=True)

    def feed(self, event: Event) -> None:
        """Take an event, and draw when it is time."""
        self._story.feed(event)
        now_s = time.monotonic()
        if now_s - self._drawn_s >= _REDRAW_S:
            self._drawn_s = now_s
            self._handle.update(_Page(self._draw(self._story, now_s)))

    def end(self, result: TurnResult[T]) -> TurnResult[T]:
        """Draw the end of the turn."""
        self._story.end()
        self._handle.update(_Page(self._draw(self._story, time.monotonic(), result)))
        return result
