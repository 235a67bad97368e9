"""S10, S11: what the agent wrote is shown so that it cannot be taken for anything else."""

from __future__ import annotations

import io
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import (
    TerminalApprovals,
    ask_on_terminal,
)
from codex_app_server.approvals import ApprovalRequest
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from codex_app_server.approvals import FileChange


COMMAND = "item/commandExecution/requestApproval"


def request_of(
    method: str = COMMAND, /, *, changes: tuple[FileChange, ...] = (), **params: object
) -> ApprovalRequest:
    params = {"threadId": "thread-1", "turnId": "turn-1", "itemId": "i", **params}
    return ApprovalRequest("turn-1:0", method, params, lambda _result, _refusal: None, changes=changes)


def asked(request: ApprovalRequest, *answers: str) -> tuple[Any, str]:
    output = io.StringIO()
    handler = TerminalApprovals(
        input=io.StringIO("".join(f"{answer}\n" for answer in answers)), output=output
    )
    return handler(request), output.getvalue()


def test_s11_what_could_disguise_a_command_is_escaped() -> None:
    request = request_of(
        command="ls\x1b[2K\r\u202e\u200b\ufeff\u2800\u3164\ufe0f x\nAllow it? y\x9b\x07é\tz\u2028"
    )
    _, shown = asked(request, "n")
    assert [line for line in shown.splitlines() if line.startswith("  ") and "thread" not in line] == [
        "      command | ls<U+001B>[2K<U+000D><U+202E><U+200B><U+FEFF><U+2800><U+3164><U+",
        "              : FE0F> x",
        "              | Allow it? y<U+009B><U+0007>é<U+0009>z<U+2028>",
    ]


@given(st.text())
def test_s11_whatever_the_agent_writes_every_line_of_it_has_a_margin(text: str) -> None:
    _, shown = asked(request_of(command=text, reason=text, cwd=text), "n")
    header, *lines, last = shown.split("\n")[1:]
    assert header == "Codex asks to run a command:"
    assert last.startswith("Allow it?")
    assert all(line[:14].strip(" ").isalpha() or not line[:14].strip() for line in lines)
    assert all(line[14] in "|:" and line.isprintable() and len(line) <= 80 for line in lines)


def test_s11_an_answer_that_comes_after_the_end_of_the_question_does_nothing() -> None:
    request = request_of(command="ls")

    class Late(io.StringIO):
        def readline(self, size: int = -1, /) -> str:
            request.end()
            return super().readline(size)

    output = io.StringIO()
    assert TerminalApprovals(input=Late("y\n"), output=output)(request) == "decline"
    assert output.getvalue().endswith("The answer is not needed any more.\n")
    assert request.respond("accept") is False


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_s11_what_was_typed_before_the_question_could_be_read_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    master, slave = os.openpty()
    answers: list[Any] = []

    def ask(request: ApprovalRequest) -> threading.Thread:
        thread = threading.Thread(target=lambda: answers.append(ask_on_terminal(request)))
        thread.start()
        shown = b""
        while b"end the turn: " not in shown:
            shown += os.read(master, 4096)
        return thread

    with os.fdopen(os.dup(slave)) as source, os.fdopen(slave, "w") as target:
        monkeypatch.setattr("sys.stdin", source)
        monkeypatch.setattr("sys.stderr", target)
        # Typed before the question could be read: it must not count.
        os.write(master, b"y\n")
        ended = request_of(command="ls")
        thread = ask(ended)
        ended.end()
        thread.join(10)
        thread = ask(request_of(command="cat"))
        os.write(master, b"s\n")
        thread.join(10)
    os.close(master)
    assert answers == ["decline", "accept_for_session"]
