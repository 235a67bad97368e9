"""A turn as HTML: live in the output of a cell, and as the value of one."""

from __future__ import annotations

import html
import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import AsyncCodex, Codex
from codex_app_server.notebook import ashow, show
from codex_app_server.testing import steps

from .conftest import TURN

if TYPE_CHECKING:
    from codex_app_server.testing import FakeServerFactory

SHOWN = html.escape(
    "<b>bold</b>[red]<U+001B>[2J<U+001B>]8;;http://x<U+0007><U+202E><U+200B>![i](http://x/i.png)"
)


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a stand-in for IPython was given to display."""
    shown: list[str] = []

    class Handle:
        def update(self, page: Any) -> None:
            shown.append(page._repr_html_())

    def display(page: Any, *, display_id: bool) -> Handle:
        assert display_id
        Handle().update(page)
        return Handle()

    package, module = ModuleType("IPython"), ModuleType("IPython.display")
    vars(module)["display"] = display
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return shown


def texts(page: str) -> list[str]:
    assert set(re.findall(r"<(/?\w+)", page)) <= {"div", "/div", "details", "/details", "summary", "/summary"}
    return [line for line in re.split(r"<[^>]*>", page) if line]


def test_a_turn_is_shown_live_and_escaped(fake_codex: FakeServerFactory, pages: list[str]) -> None:
    with Codex(fake_codex(TURN).config) as codex:
        turn = codex.thread_start().turn("Go.")
        result = show(turn)
    (first,) = texts(pages[0])
    assert first.startswith("... working, ")
    last = texts(pages[-1])
    assert f"! careful {SHOWN}&lt;U+000D&gt;" in last
    assert "  = failed, exit 3, 1 min 5 s" in last
    assert last[-1] == "[completed; 1 file changed, +1 -1; 8 tokens in, 4 out]"
    assert result.status == "completed"
    # The result tells the same, but for the warnings, which are none of its items.
    of_result = texts(result._repr_html_())
    assert [line for line in last if not line.startswith("! ")] == of_result
    assert texts(turn._repr_html_()) == of_result


@pytest.mark.anyio
async def test_a_turn_of_the_awaiting_face_is_shown(fake_codex: FakeServerFactory, pages: list[str]) -> None:
    scenario = [*steps.handshake(), *steps.thread_start(), *steps.turn("Hello <script>")]
    async with AsyncCodex(fake_codex(scenario).config) as codex:
        turn = await (await codex.thread_start()).turn("Go.")
        await ashow(turn)
    assert (
        texts(pages[-1])
        == texts(turn._repr_html_())
        == ["Hello &lt;script&gt;", "[completed; 8 tokens in, 4 out]"]
    )


def test_what_a_turn_was_saying_when_it_ended_is_shown(fake_codex: FakeServerFactory) -> None:
    message = [step for step in steps.turn_message("Hal", "f") if step.get("method") != "item/completed"]
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        *message,
        *steps.turn_end("failed", error={"message": "a <b>fault</b>"}),
    ]
    with Codex(fake_codex(scenario).config) as codex:
        result = codex.thread_start().run("Go.")
    assert texts(result._repr_html_()) == [
        "Half",
        "[failed: a &lt;b&gt;fault&lt;/b&gt;; 8 tokens in, 4 out]",
    ]
