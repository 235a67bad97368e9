"""`run`, `chat` and `demo`: what is printed, who is asked, and which exit code comes out."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server._cli.arguments import main
from codex_app_server._cli.follow import terminal_view
from codex_app_server._view.plain import PlainView
from codex_app_server._view.terminal import RichView
from codex_app_server.testing import Script, call, fail, steps

from .conftest import PLACE, QUESTIONS, TURN, answers, command, item

if TYPE_CHECKING:
    from pathlib import Path

    from codex_app_server.testing import ScriptedCodexFactory

    from .conftest import BinaryFor

SHOWN = "<b>bold</b>[red]<U+001B>[2J<U+001B>]8;;http://x<U+0007><U+202E><U+200B>![i](http://x/i.png)"
PROGRESS = f"""\
! careful {SHOWN}<U+000D>
~ think {SHOWN}
[x] Look
[>] Write {SHOWN}<U+000D>
$ echo a
  echo b
  | green
  | line 0
  | line 1
  | line 2
  | line 3
  | line 4
  | line 5
  | line 6
  : 16 lines more
  | line 23
  | line 24
  | line 25
  | line 26
  | line 27
  | line 28
  | line 29
  | {"w" * 400} ... (199 characters more)
  = failed, exit 3, 1 min 5 s
* change files
  update a.py
  | @@ -1 +1 @@
  | -old
  | +new
  add b.txt
  | +one
  | +two
  = done
* web.get{SHOWN}<U+000D> {{"url": "x\\ny"}}
  | page
  = done
[completed; 1 file changed, +1 -1; 8 tokens in, 4 out]
"""


def test_plain_output_is_the_answer_on_stdout_and_all_else_on_stderr_escaped(
    binary_for: BinaryFor, capsys: pytest.CaptureFixture[str]
) -> None:
    server = binary_for(TURN)
    assert main(["run", "--model", "m", "--sandbox", "workspace-write", "Go."]) == 0
    out, err = capsys.readouterr()
    assert out == f"Done:\n{SHOWN}<U+000D> end\n"
    assert err == PROGRESS
    params: dict[str, Any] = {
        message["method"]: message.get("params") for message in server.received if "method" in message
    }
    assert (params["thread/start"]["model"], params["thread/start"]["sandbox"]) == ("m", "workspace-write")
    assert params["turn/start"]["input"][0]["text"] == "Go."


def test_json_gives_one_event_per_line_in_ascii(
    binary_for: BinaryFor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = binary_for(TURN)
    monkeypatch.setattr(sys, "stdin", io.StringIO("From\nstdin."))
    assert main(["run", "--json", "-"]) == 0
    out, err = capsys.readouterr()
    assert (out.isascii(), err) == (True, "")
    events: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    assert [event["text"] for event in events if event["kind"] == "message_finished"] == [
        "Done:\n<b>bold</b>[red]\x1b[2J\x1b]8;;http://x\x07\u202e\u200b![i](http://x/i.png)\r end"
    ]
    last = events[-1]
    assert (last["kind"], last["result"]["status"], last["result"]["usage"]["input_tokens"]) == (
        "turn_finished",
        "completed",
        8,
    )
    assert [event["kind"] for event in events if "raw" in event] == ["other"] * 4
    (begun,) = [message for message in server.received if message.get("method") == "turn/start"]
    assert begun["params"]["input"][0]["text"] == "From\nstdin."


def test_a_failed_turn_is_exit_code_1_and_an_interrupted_one_130(
    binary_for: BinaryFor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [
        *steps.turn_begin("turn-1"),
        *steps.turn_end("failed", error={"message": "no credit\x07"}),
        *steps.turn_begin("turn-2"),
        *steps.turn_end("interrupted", turn_id="turn-2"),
    ]
    binary_for([*steps.handshake(), *steps.thread_start(), *turns])
    # A line that is typed is a turn; both end in one chat, which goes on after a turn that failed.
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\n\ntwo\n"))
    codes: list[int] = []

    def noted(*arguments: Any) -> int:
        codes.append(run_turn(*arguments))
        return codes[-1]

    from codex_app_server._cli import run as module

    run_turn = module.run_turn
    monkeypatch.setattr(module, "run_turn", noted)
    assert main(["chat"]) == 0
    assert codes == [1, 130]
    err = capsys.readouterr().err
    assert "[failed: no credit<U+0007>; 8 tokens in, 4 out]\n" in err
    assert err.endswith("[interrupted; 8 tokens in, 4 out]\n")


def test_what_keeps_a_turn_from_running_is_told_with_an_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CODEX_BIN", str(tmp_path / "codex"))
    assert main(["run", "Go."]) == 3
    assert "which does not exist" in capsys.readouterr().err
    assert main(["run", "--approve", "ask", "Go."]) == 2
    assert capsys.readouterr().err == "--approve ask needs a terminal: use --approve decline\n"
    assert main(["codex", "login"]) == 1
    for wrong in ([], ["fly"], ["run"], ["run", "--sandbox", "none", "Go."]):
        with pytest.raises(SystemExit, match="2"):
            main(wrong)


def test_what_nobody_can_be_asked_about_is_declined_and_told(
    binary_for: BinaryFor, capsys: pytest.CaptureFixture[str]
) -> None:
    server = binary_for([
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        item(command("rm x\x1b[2K"), is_done=False),
        steps.ask(
            "item/commandExecution/requestApproval",
            {**PLACE, "itemId": "call-1", "command": "rm x\x1b[2K", "cwd": "/fake/workspace"},
            id=7,
        ),
        steps.expect_answer(7),
        item(command("rm x\x1b[2K", status="declined")),
        *steps.turn_end(),
    ])  # fmt: skip
    assert main(["run", "Go."]) == 0
    assert capsys.readouterr().err == (
        "$ rm x<U+001B>[2K\n"
        "# declined: command rm x<U+001B>[2K\n"
        "  = declined\n"
        "[completed; 8 tokens in, 4 out]\n"
    )
    assert [message["result"] for message in server.received if message.get("id") == 7] == [
        {"decision": "decline"}
    ]


def test_questions_that_nobody_can_be_asked_are_declined_and_told(
    binary_for: BinaryFor, capsys: pytest.CaptureFixture[str]
) -> None:
    server = binary_for(QUESTIONS)
    assert main(["run", "--approve", "decline", "Go."]) == 0
    out, err = capsys.readouterr()
    assert out == "Done.\n"
    assert err == (
        f"# declined: question: Which {SHOWN}<U+000D>? Its name? The key? A note?\n"
        f"# declined: question of the MCP server web: Book {SHOWN}<U+000D>\n"
        "# declined: question of the MCP server web: Log in.\n"
        "[completed; 8 tokens in, 4 out]\n"
    )
    declined = {"action": "decline", "content": None}
    assert answers(server) == {7: {"answers": {}}, 8: declined, 9: declined}


def test_the_options_of_a_thread_have_the_names_that_codex_gives_them(
    binary_for: BinaryFor, tmp_path: Path
) -> None:
    def started(*options: str) -> Any:
        server = binary_for([*steps.handshake(), *steps.thread_start(), *steps.turn("Done.")])
        assert main(["run", *options, "Go."]) == 0
        (params,) = [sent["params"] for sent in server.received if sent.get("method") == "thread/start"]
        wanted = ("model", "cwd", "sandbox", "approvalPolicy", "ephemeral")
        return tuple(params.get(name) for name in wanted)

    given = started(
        "-m", "m", "-C", "/", "-s", "read-only", "-a", "untrusted", "--ephemeral",
        "-c", "model_reasoning_effort=high", "-c", "tools.web_search=true", "-c", "a=x=1",
    )  # fmt: skip
    assert given == ("m", "/", "read-only", "untrusted", True)
    arguments = (tmp_path / "bin/arguments").read_text().split("\n")
    assert [text for name, text in pairwise(arguments) if name == "-c"] == [
        'model_reasoning_effort="high"',
        "tools.web_search=true",
        'a="x=1"',
    ]
    long = ("--model", "m", "--cd", "/", "--sandbox", "read-only", "--ask-for-approval", "untrusted")
    assert started(*long, "--ephemeral") == given
    for wrong in ("model", "=x", "a..b=1"):
        with pytest.raises(SystemExit, match="2"):
            main(["run", "-c", wrong, "Go."])


def test_a_chat_is_one_thread_on_the_true_server_and_survives_a_failed_turn(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    script = (
        Script()
        .when("one", [call("exec_command", cmd="echo hello"), "First."])
        .when("two", fail(400))
        .otherwise("Third.")
    )
    setup = scripted_codex(script)
    done = subprocess.run(
        [sys.executable, "-m", "codex_app_server", "chat", "--cwd", str(setup.workspace)],
        env={**os.environ, **setup.env},
        input="one\ntwo\nthree\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "First.\nThird.\n")
    assert "$ echo hello\n  | hello\n  = exit 0" in done.stderr
    assert "[failed: " in done.stderr
    assert setup.model.requests[-1].user_texts[-3:] == ["one", "two", "three"]


def test_the_demo_shows_text_a_command_a_diff_and_approvals(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("I will look at the folder first.\nIt is empty")
    for expected in (
        "$ ls -la\n",
        "# accepted",
        "| +def greeting",
        "  | Hello, world!\n",
        "[completed; 1 file",
    ):
        assert expected in err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_view_is_live_on_a_terminal_with_rich_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert type(terminal_view()) is PlainView
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert type(terminal_view()) is RichView
    monkeypatch.setenv("TERM", "dumb")
    assert type(terminal_view()) is PlainView
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delitem(sys.modules, "codex_app_server._view.terminal")
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert type(terminal_view()) is PlainView


def test_the_client_loads_nothing_of_the_command_line_or_the_views() -> None:
    code = (
        "import sys, codex_app_server; codex_app_server.Codex, codex_app_server.TurnResult\n"
        "print([name for name in sys.modules if '_cli' in name or '_view' in name or 'rich' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
