"""The live view and the questions of approvals on a pseudo-terminal, and what is escaped there."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from codex_app_server import _escape as escape
from codex_app_server._asking import fact_lines
from codex_app_server._cli.exit_codes import INTERRUPTED
from codex_app_server._view.terminal import RichView
from codex_app_server.events import MessageFinished, MessageStarted, TextDelta, ToolStarted
from codex_app_server.results import TurnResult
from codex_app_server.testing import steps
from hypothesis import given
from hypothesis import strategies as st

from .conftest import HOSTILE, PLACE, QUESTIONS, TURN, answers, command, item

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex_app_server.testing.steps import Step

    from .conftest import BinaryFor

SPOOF = "ls\r\x1b[2K\x1b]0;title\x07\nAllow it? y = once\u202e"
# What rich itself sends: colours, movements of the cursor, and whether that is to be seen.
_OURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Screen:
    """A program on a pseudo-terminal: what it has written, and keys for it."""

    def __init__(self, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "codex_app_server", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            # Its own session, with the terminal as the controlling one: Ctrl-C is a key.
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - there is no other way to have a controlling terminal
        )
        os.close(slave)
        self.raw = ""

    @property
    def text(self) -> str:
        return _OURS.sub("", self.raw).replace("\r\n", "\n")

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + 60
        while text not in self.text:
            assert self._read(deadline), f"{text!r} did not come: {self.raw!r}"

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def end(self) -> int:
        deadline = time.monotonic() + 60
        while self._read(deadline):
            pass
        return self.process.wait(60)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _read(self, deadline: float) -> bool:
        if not select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:
            # The other end is closed.
            return False
        self.raw += data.decode(errors="replace")
        return bool(data)


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def screens() -> Iterator[list[Screen]]:
    opened: list[Screen] = []
    yield opened
    for screen in opened:
        screen.close()


def test_a_spoofed_command_is_shown_escaped_and_the_answer_counts(
    binary_for: BinaryFor, screens: list[Screen]
) -> None:
    server = binary_for([
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.notify("item/agentMessage/delta", {**PLACE, "itemId": "m", "delta": f"See: {HOSTILE}"}),
        item(command(SPOOF), is_done=False),
        steps.ask(
            "item/commandExecution/requestApproval",
            {**PLACE, "itemId": "call-1", "command": SPOOF, "cwd": "/fake/workspace"},
            id=7,
        ),
        steps.expect_answer(7),
        item(command(SPOOF, status="declined")),
        *steps.turn_end(),
    ])  # fmt: skip
    screen = Screen("run", "Go.")
    screens.append(screen)
    screen.wait_for("and end the turn: ")
    screen.type("n\n")
    assert screen.end() == 0
    assert "command | ls<U+000D><U+001B>[2K<U+001B>]0;title<U+0007>\n" in screen.text
    # A line of the command has a margin, so it is not taken for the question.
    assert "              | Allow it? y = once<U+202E>\n" in screen.text
    assert "\n  Allow it? y = once<U+202E>\n  = declined\n" in screen.text
    assert re.search(r"\n\[completed; 8 tokens in, 4 out\]\n", screen.text)
    left = screen.text
    assert [char for char in ("\x1b", "\x07", "\u202e", "\u200b") if char in left] == []
    assert [message["result"] for message in server.received if message.get("id") == 7] == [
        {"decision": "decline"}
    ]


def test_questions_of_the_model_and_of_mcp_servers_are_asked_and_answered(
    binary_for: BinaryFor, screens: list[Screen]
) -> None:
    server = binary_for(QUESTIONS)
    screen = Screen("run", "Go.")
    screens.append(screen)

    def reply(prompt: str, *lines: str) -> None:
        for line in lines:
            screen.wait_for(prompt)
            screen.raw = screen.raw.replace(prompt, prompt.strip(" :"), 1)
            screen.type(f"{line}\n")

    reply("A number; Enter leaves it open: ", "7", "2")
    reply("Your answer; Enter leaves it open: ", "orders", "hunter2", "")
    reply("n = no, c = cancel: ", "what", "y")
    reply("A whole number: ", "many", "2")
    reply("y or n: ", "y")
    reply("A number of the list; Enter takes the default: ", "")
    reply("A number; Enter leaves it out: ", "NaN", "9.5")
    reply("JSON; Enter leaves it out: ", "[1")
    reply("JSON; Enter leaves it out: ", '["a"]')
    reply("Text; Enter leaves it out: ", "")
    reply("y = done, n = no, c = cancel: ", "c")
    assert screen.end() == 0
    assert answers(server) == {
        7: {"answers": {"db": {"answers": ["postgres"]}, "name": {"answers": ["orders"]}, "key": {"answers": ["hunter2"]}}},
        8: {
            "action": "accept",
            "content": {"seats": 2, "window": True, "meal": "rice", "price": 9.5, "tags": ["a"]},
        },
        9: {"action": "cancel", "content": None},
    }  # fmt: skip
    assert "hunter2" not in screen.text
    assert "  a number from 1 to 2, please\n" in screen.text
    assert "            1 | sqlite: a file\n            2 | postgres\n" in screen.text
    assert "     address | https://example.invalid/<U+001B>[2J\n" in screen.text
    assert [char for char in ("\x1b", "\x07", "\u202e", "\u200b") if char in screen.text] == []


@given(st.text("ab 中\x1b", max_size=60), st.integers(10, 14))
def test_prose_is_broken_between_words_and_nothing_of_it_is_lost(text: str, width: int) -> None:
    pieces = [line[16:] for line in fact_lines("question", text, width, at_words=True)]
    assert "".join(pieces) == text.replace("\x1b", "<U+001B>")
    assert all(len(piece) + piece.count("中") <= width for piece in pieces)
    # One that ends in the middle of a word has no space where it could have ended.
    assert [piece for piece in pieces[:-1] if " " in piece and not piece.endswith(" ")] == []


def test_at_the_end_of_the_input_a_question_is_declined(binary_for: BinaryFor, screens: list[Screen]) -> None:
    server = binary_for(QUESTIONS)
    screen = Screen("run", "Go.")
    screens.append(screen)
    for prompt in (
        "A number; Enter leaves it open: ",
        "y = yes, n = no, c = cancel: ",
        "y = done, n = no, c = cancel: ",
    ):
        screen.wait_for(prompt)
        # Ctrl-D.
        screen.type("\x04")
    assert screen.end() == 0
    declined = {"action": "decline", "content": None}
    assert answers(server) == {7: {"answers": {}}, 8: declined, 9: declined}


def test_ctrl_c_interrupts_the_turn_and_its_end_is_shown(
    binary_for: BinaryFor, screens: list[Screen]
) -> None:
    server = binary_for([
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        *steps.turn_message("Thinking about it"),
        steps.expect("turn/interrupt", save_as="interrupt"),
        steps.reply({}, to="interrupt"),
        *steps.turn_message("What came of it", item_id="m2"),
        *steps.turn_end("interrupted"),
        steps.hang(),
    ])  # fmt: skip
    screen = Screen("chat")
    screens.append(screen)
    screen.wait_for("\n> ")
    screen.type("Go.\n")
    screen.wait_for("Thinking about it")
    screen.wait_for("Ctrl-C interrupts")
    screen.type("\x03")
    screen.wait_for("[interrupted; 8 tokens in, 4 out]")
    screen.wait_for("4 out]\n\n> ")
    assert "What came of it\n" in screen.text
    # Ctrl-D: a Ctrl-C that comes just before the read of `input` would be seen after the next key only.
    screen.type("\x04")
    assert screen.end() == 0
    assert [message["method"] for message in server.received if "interrupt" in message.get("method", "")] == [
        "turn/interrupt"
    ]


def test_ctrl_c_at_a_question_interrupts_the_turn_and_nothing_more_is_asked(
    binary_for: BinaryFor, screens: list[Screen]
) -> None:
    def asked(number: int) -> Step:
        request = {
            **PLACE,
            "itemId": f"call-{number}",
            "command": f"touch {number}",
            "cwd": "/fake/workspace",
        }
        return steps.ask("item/commandExecution/requestApproval", request, id=number)

    server = binary_for([
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        asked(7),
        steps.expect("turn/interrupt", save_as="interrupt"),
        asked(8),
        steps.reply({}, to="interrupt"),
        *steps.turn_end("interrupted"),
        steps.hang(),
    ])  # fmt: skip
    screen = Screen("run", "Go.")
    screens.append(screen)
    screen.wait_for("and end the turn: ")
    screen.type("\x03")
    assert screen.end() == INTERRUPTED
    assert screen.text.count("Allow it?") == 1
    assert "# interrupting the turn; Ctrl-C once more leaves at once\n" in screen.text
    assert "[interrupted; 8 tokens in, 4 out]" in screen.text
    assert [message["result"] for message in server.received if message.get("id") in {7, 8}] == []


def test_a_whole_turn_on_a_terminal_leaves_the_same_lines_as_plain_text(
    binary_for: BinaryFor, screens: list[Screen]
) -> None:
    binary_for(TURN)
    screen = Screen("run", "Go.")
    screens.append(screen)
    assert screen.end() == 0
    for line in ("! careful <b>bold</b>[red]<U+001B>[2J", "  | line 29\n", "  | +two\n", "[x] Look\n"):
        assert line in screen.text
    assert [char for char in ("\x1b", "\x07", "\u202e", "\u200b") if char in screen.text] == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_goes_on_stands_below_and_never_fills_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "10")
    monkeypatch.setenv("TERM", "xterm")
    output = Terminal()
    view = RichView(output)
    ids = ("thread-1", "turn-1", "m", {})
    view.feed(MessageStarted(*ids, "m", None))
    view.feed(TextDelta(*ids, "m", "whole line\nrest " + "long " * 100))
    view.feed(ToolStarted(*ids, "c", "command", "command_execution", {"command": "sleep 9"}))
    rows = view._console.render_lines(view, pad=False)
    lines = ["".join(segment.text for segment in row) for row in rows]
    assert len(lines) == 10 - 4 + 1
    assert lines[-3] == "$ sleep 9"
    assert "whole line" not in lines
    assert len(max(lines, key=len)) <= 40
    view.feed(MessageFinished(*ids, "m", "whole line\nrest", None))
    view.end(TurnResult("thread-1", "turn-1", "completed"))
    assert _OURS.sub("", output.getvalue()).count("whole line") == 1


@given(st.text())
def test_visible_text_holds_nothing_that_moves_or_hides(text: str) -> None:
    shown = escape.visible(text)
    assert all(char in "\n\t" or char.isprintable() for char in shown)
    assert not set(shown) & set("\u200b\u202e\u2800\ufe0f\u3164")
    assert escape.visible(shown) == shown
    assert "\n" not in escape.one_line(text)
