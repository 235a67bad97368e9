"""`-v` and `-vv`: what the client does, on stderr, without what was said."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING

from codex_app_server._cli.arguments import main
from codex_app_server._cli.verbose import logged
from codex_app_server.testing import steps

from .conftest import TURN

if TYPE_CHECKING:
    import pytest

    from .conftest import BinaryFor

CANARY = "canary-7f3a"
KEY = "sk-abcdef0123456789"
SCENARIO = [*steps.handshake(), *steps.thread_start(), *steps.turn(CANARY)]
LINE = re.compile(r"^\d\d:\d\d:\d\d (codex_app_server\.?\w*)( WARNING)?: (.*)$", re.MULTILINE)


def lines(err: str) -> list[tuple[str, str]]:
    return [(name, said) for name, _, said in LINE.findall(err)]


def test_v_shows_threads_and_turns_with_what_they_used(
    binary_for: BinaryFor, capsys: pytest.CaptureFixture[str]
) -> None:
    binary_for(SCENARIO)
    assert main(["run", "-v", f"Say {CANARY}."]) == 0
    out, err = capsys.readouterr()
    assert out == f"{CANARY}\n"
    assert lines(err) == [
        ("codex_app_server.turns", "thread thread-1 opened by thread/start, model fake-model"),
        ("codex_app_server.turns", "turn turn-1 of thread thread-1 started"),
        (
            "codex_app_server.turns",
            "turn turn-1 of thread thread-1 ended: completed; 8 tokens in (0 cached), 4 out",
        ),
    ]
    assert CANARY not in err
    for name in ("codex_app_server", "codex_app_server.turns"):
        assert (logging.getLogger(name).level, logging.getLogger(name).handlers) == (logging.NOTSET, [])


def test_vv_shows_each_message_by_its_name_and_json_stays_on_stdout(
    binary_for: BinaryFor, capsys: pytest.CaptureFixture[str]
) -> None:
    binary_for(SCENARIO)
    assert main(["run", "--json", "-vv", f"Say {CANARY}."]) == 0
    out, err = capsys.readouterr()
    assert CANARY in out
    assert CANARY not in err
    wire = [said for name, said in lines(err) if name == "codex_app_server.wire"]
    assert "sent request turn/start" in "\n".join(wire)
    assert "received notification item/agentMessage/delta id=None thread=thread-1 turn=turn-1" in wire
    assert "turn turn-1 of thread thread-1 started" in [said for _, said in lines(err)]
    # All that the run itself writes there stands between them, and is of the log too.
    assert len(lines(err)) == len(err.splitlines())


def test_without_v_there_is_no_log(binary_for: BinaryFor, capsys: pytest.CaptureFixture[str]) -> None:
    binary_for(TURN)
    assert main(["run", "Go."]) == 0
    assert lines(capsys.readouterr().err) == []


def test_what_is_logged_can_do_nothing_to_a_terminal_and_has_no_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = logging.getLogger("codex_app_server")
    with logged(5):
        log.warning("bad \x1b[2J\n%s", KEY)
        log.warning("failed", exc_info=ValueError(f"\x07 token={KEY}"))
    log.error("after")
    err = capsys.readouterr().err
    assert lines(err) == [
        ("codex_app_server", "bad <U+001B>[2J<U+000A>[redacted]"),
        ("codex_app_server", "failed"),
    ]
    assert "ValueError: <U+0007> [redacted]" in err
    assert (KEY in err, "\x1b" in err, "after" in err) == (False, False, False)


def test_a_stderr_that_is_closed_disturbs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with logged(1):
        logging.getLogger("codex_app_server.turns").debug("unheard")
