"""Ready-made approval handlers: what counts as reading, and what the terminal shows and takes."""

from __future__ import annotations

import io
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import (
    Codex,
    TerminalApprovals,
    accept_all,
    accept_read_only,
    ask_on_terminal,
    decline_all,
    defer_approvals,
)
from codex_app_server._read_only import _PROGRAMS, programs_of
from codex_app_server.approvals import ApprovalRequest, FileChange, is_instant
from codex_app_server.testing import call
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

    from codex_app_server.testing import ScriptedCodexFactory

COMMAND = "item/commandExecution/requestApproval"


@pytest.fixture(autouse=True)
def path_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def request_of(
    method: str = COMMAND, /, *, changes: tuple[FileChange, ...] = (), **params: object
) -> ApprovalRequest:
    params = {"threadId": "thread-1", "turnId": "turn-1", "itemId": "i", **params}
    return ApprovalRequest("turn-1:0", method, params, lambda _result, _refusal: None, changes=changes)


def shell(script: str) -> str:
    # As the server does it: the words of the command, quoted where that is needed.
    quoted = "'" + script.replace("'", "'\"'\"'") + "'"
    return f"/bin/bash -lc {quoted}"


# --- accept_read_only ---


@pytest.mark.parametrize(
    ("command", "programs"),
    [
        (shell("ls -la"), ("ls",)),
        ("/bin/bash -lc ls", ("ls",)),
        ("/usr/bin/zsh -c 'cat a b'", ("cat",)),
        ("bash -lc pwd", ("pwd",)),
        ("ls", ("ls",)),
        ("cat 'a b' c", ("cat",)),
        (shell("rg -n 'def \\w+' src".replace("\\", "")), ("rg",)),
        (
            shell('grep -rn "a|b" src | head -20 && wc -l x || true; pwd'),
            ("grep", "head", "wc", "true", "pwd"),
        ),
        ("/bin/bash -lc \"cat 'it is'\"", ("cat",)),
        (shell("rg --glob '*.py' --type=py 'x(' ."), ("rg",)),
        (shell("tail -n 5 x|sort -rn -k2|uniq -c"), ("tail", "sort", "uniq")),
        (shell("head -c100 x"), ("head",)),
        (shell("cat -"), ("cat",)),
    ],
)
def test_what_surely_reads_is_accepted(command: str, programs: tuple[str, ...]) -> None:
    assert programs_of(command) == programs


@pytest.mark.parametrize(
    "script",
    [
        "",
        " ",
        ";",
        "ls;",
        "| ls",
        "ls ||| cat",
        "ls;;pwd",
        "cat a\nrm b",
        "cat a\rrm b",
        "cat a\trm",
        "cat a\0b",
        "ls \x1b[2K",
        "ls>x",
        "ls > x",
        "ls 2>&1",
        "ls 2> x",
        "cat <x",
        "cat <<EOF",
        "cat <(rm x)",
        "ls;$(rm x)",
        'ls "$(rm x)"',
        "ls `rm x`",
        "ls $HOME",
        "ls ${x:=y}",
        "ls \\\nrm x",
        "l\\s",
        "A=1 ls",
        "PATH=. ls",
        "A=1",
        "/tmp/ls",
        "./ls",
        "/bin/ls",
        "../ls",
        "ls & rm x",
        "ls &",
        "ls |& cat",
        "(ls)",
        "ls (x)",
        "{ ls; }",
        "cat {a,b}",
        "! ls",
        "if true; then ls; fi",
        "ls # rm x",
        "ls #rm",
        "cat *",
        "rg x *",
        "cat a?",
        "cat [ab]",
        "cat ~root/x",
        "ls 'a",
        'ls "a',
        "ls 'a' 'b",
        "\uff4c\uff53",
        "l\u0455",
        "ls\u00a0x",
        "ls\u2028rm x",
        "ls \u202e x",
        "cat \u2018a\u2019",
        "LS",
        "rm x",
        "git status",
        "git diff",
        "find . -delete",
        "sed -n p x",
        "awk 1 x",
        "tee x",
        "xargs ls",
        "env ls",
        "command ls",
        "exec ls",
        "eval ls",
        "source x",
        ". x",
        "time ls",
        "sudo ls",
        "nohup ls",
        "bash -c ls",
        "/bin/bash -lc ls",
        "python x",
        "printf -v PATH .",
        "cd x && ls",
        "export A=1",
        "alias ls=rm",
        "date 01010101",
        "hostname x",
        "sort -o x y",
        "sort -ox y",
        "sort -ro x y",
        "sort --output=x y",
        "sort --output x y",
        "sort --outp x y",
        "sort --compress-program=rm y",
        "sort -T . y",
        "sort -S1 y",
        "sort -- -o x",
        "'sort' '-o' x y",
        "sort '-o'x y",
        'so"rt" --ou"tput"=x y',
        "uniq a b",
        "uniq -- a",
        "uniq - b",
        "rg --pre rm x",
        "rg --pre=rm x",
        "rg --p=rm x",
        "rg -z x",
        "rg --search-zip x",
        "rg -nz x",
        "rg --hostname-bin rm x",
        "rg -f x",
        "tail -f x",
        "tail -5f x",
        "tail --follow x",
        "tail -nf x",
        "file -C -m x",
        "tree -o x",
        "less x",
        "man ls",
        "xxd a b",
        "ls --version; rm x",
        "ls | rm",
        "ls && rm x",
        "ls || rm x",
        "ls; rm x",
        "true x",
        "whoami x",
        "ls 'a'; rm 'b'",
        "'ls x'",
        "''",
        "ls -la --",
        "--version",
        "-c ls",
    ],
)
def test_what_may_do_more_than_read_is_declined(script: str) -> None:
    harmless = {"tail -nf x", "ls -la --"}
    assert bool(programs_of(shell(script))) is (script in harmless)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "/bin/bash",
        "/bin/bash -lc",
        "/bin/bash -lc ls x",
        "/bin/bash -lc 'ls' | tee x",
        "/bin/bash -lc 'ls' > x",
        "/bin/bash -lic ls",
        "/bin/bash -l -c ls",
        "/bin/bash -x ls",
        "/bin/bash ls",
        "/tmp/bash -lc ls",
        "./bash -lc ls",
        "/bin/../tmp/bash -lc ls",
        "fish -c ls",
        "pwsh -Command ls",
        "cmd /c dir",
        "ls | cat",
        "uniq ; ls",
        "/bin/bash -lc 'ls",
        "A=1 /bin/bash -lc ls",
        "/bin/bash -lc |",
        "/bin/bash -lc 'bash -lc ls'",
    ],
)
def test_only_a_shell_with_a_script_and_a_plain_program_are_understood(command: str) -> None:
    assert programs_of(command) == ()


DANGEROUS = "\n\r\t\0\\$`<>&(){}*?[]~#!^\x1b\u202e\u200b\u00a0é"


@given(
    before=st.text(st.sampled_from("ls cat -a|;'\""), max_size=12),
    danger=st.sampled_from(DANGEROUS),
    after=st.text(st.sampled_from("rm x-o;|'\""), max_size=12),
    is_wrapped=st.booleans(),
)
def test_nothing_with_a_dangerous_character_outside_of_quotes_is_accepted(
    before: str, danger: str, after: str, *, is_wrapped: bool
) -> None:
    script = f"ls {before}{danger}{after}"
    programs = programs_of(shell(script) if is_wrapped else script)
    if programs:
        # Within quotes the shell leaves these alone.
        assert danger in "<>&(){}*?[]~#!^"
        assert any(quote in before and quote in after for quote in "'\"")


@given(
    st.text(st.sampled_from("\n\r\t\0\\$`\x1b\x7f\u202e\u200b\u00a0é\uff4c"), min_size=1, max_size=3),
    st.data(),
)
def test_some_characters_are_refused_wherever_they_stand(part: str, data: st.DataObject) -> None:
    command = data.draw(
        st.sampled_from([shell("ls -la 'x' | cat"), "ls x", shell('grep "a b" c'), shell("cat 'a'")])
    )
    position = data.draw(st.integers(0, len(command)))
    assert programs_of(command[:position] + part + command[position:]) == ()


@given(st.text(max_size=40))
def test_whatever_is_accepted_runs_known_programs_alone(script: str) -> None:
    for command in (script, shell(script)):
        assert set(programs_of(command)) <= set(_PROGRAMS)


@given(
    st.lists(
        st.sampled_from(
            [*"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-=", "output", "pre"]
        )
    )
)
def test_no_spelling_of_an_option_gets_a_file_written_or_a_program_run(letters: list[str]) -> None:
    option = "-" + "".join(letters)
    if programs_of(shell(f"sort {option} y")) and not option.startswith("--"):
        assert "o" not in option.partition("k")[0].partition("t")[0]
    assert not (option.startswith(("--o", "--pre")) and programs_of(shell(f"sort {option} y")))
    assert not (option.startswith("--pre") and programs_of(shell(f"rg {option} y")))


def test_only_a_request_to_run_a_plain_command_is_accepted() -> None:
    command = shell("ls -la")
    assert accept_read_only(request_of(command=command)) == "accept"
    assert accept_read_only(request_of(command=command, kind="command")) == "accept"
    others = [
        request_of(command=None),
        request_of(command=shell("rm x")),
        request_of(command=command, kind="writeStdin"),
        request_of(command=command, additionalPermissions={"network": {"enabled": True}}),
        request_of(command=command, networkApprovalContext={"host": "x", "protocol": "http"}),
        request_of("item/fileChange/requestApproval", command=command),
        request_of("item/permissions/requestApproval", command=command),
        request_of("execCommandApproval", command=["ls"]),
        request_of(
            "mcpServer/elicitation/request", command=command, _meta={"codex_approval_kind": "mcp_tool_call"}
        ),
    ]
    assert [accept_read_only(other) for other in others] == ["decline"] * len(others)


@pytest.mark.parametrize("folders", ["{tmp}:/usr/bin", ":/usr/bin", "{tmp}", ""])
def test_a_program_that_is_not_that_of_the_system_is_declined(
    folders: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = tmp_path / "ls"
    planted.write_text("#!/bin/sh\n")
    planted.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", folders.format(tmp=tmp_path))
    assert accept_read_only(request_of(command=shell("ls"))) == "decline"


def test_reading_runs_and_writing_is_declined(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    setup = scripted_codex(
        [
            [call("exec_command", cmd="cat a.txt | wc -c")],
            [call("exec_command", cmd="cat a.txt > b.txt")],
            "done",
        ]
    )
    (setup.workspace / "a.txt").write_text("12345")
    with Codex(setup.config, approval_handler=accept_read_only) as codex, caplog.at_level(logging.WARNING):
        codex.thread_start(approval_policy="untrusted", sandbox="workspace-write").run("Go.")
    first, second = setup.model.requests[-1].tool_outputs.values()
    assert str(first).rstrip().endswith("5")
    assert "rejected by user" in str(second)
    assert not (setup.workspace / "b.txt").exists()
    assert caplog.records == []


def test_a_policy_that_waits_for_somebody_gets_an_os_thread() -> None:
    handlers = [accept_all, decline_all, defer_approvals, accept_read_only, ask_on_terminal]
    assert [is_instant(handler) for handler in handlers] == [True, True, True, False, False]


# --- the terminal ---


def asked(request: ApprovalRequest, *answers: str) -> tuple[Any, str]:
    output = io.StringIO()
    handler = TerminalApprovals(
        input=io.StringIO("".join(f"{answer}\n" for answer in answers)), output=output
    )
    return handler(request), output.getvalue()


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (["y"], "accept"),
        ([" S "], "accept_for_session"),
        (["n"], "decline"),
        (["c"], "cancel"),
        (["", "yes", "c"], "cancel"),
    ],
)
def test_a_key_is_an_answer(typed: list[str], answer: str) -> None:
    decision, shown = asked(request_of(command="ls"), *typed)
    assert decision == answer
    assert shown.count("Allow it?") == len(typed)


def test_a_command_is_shown_with_all_that_matters() -> None:
    request = request_of(command="/bin/bash -lc 'touch x'", cwd="/work", reason="May I?")
    assert asked(request, "n")[1] == (
        "\n"
        "Codex asks to run a command:\n"
        "       thread | thread-1\n"
        "      command | /bin/bash -lc 'touch x'\n"
        "       folder | /work\n"
        "       reason | May I?\n"
        "Allow it? y = once, s = for this session, n = no, c = no, and end the turn: "
    )


def test_changes_are_shown_with_their_diffs() -> None:
    changes = (
        FileChange("/w/a", "update", "@@ -1 +1 @@\n-a\n+b\n", "/w/b"),
        FileChange("/w/c", "add", "new\n"),
    )
    request = request_of("item/fileChange/requestApproval", changes=changes, grantRoot="/w")
    assert asked(request, "n")[1].splitlines()[1:-1] == [
        "Codex asks to change files:",
        "       thread | thread-1",
        "     writable | /w",
        "         file | update /w/a, moved to /w/b",
        "              | @@ -1 +1 @@",
        "              | -a",
        "              | +b",
        "         file | add /w/c",
        "              | new",
    ]
    unknown = asked(request_of("item/fileChange/requestApproval"), "n")[1]
    assert "changes | the server has not told which" in unknown


@pytest.mark.parametrize(
    ("request_", "lines"),
    [
        (
            request_of("item/permissions/requestApproval", permissions={"network": {"enabled": True}}),
            ["Codex asks to have further permissions:", '  permissions | {"network": {"enabled": true}}'],
        ),
        (
            request_of(networkApprovalContext={"host": "example.invalid", "protocol": "http"}),
            ["Codex asks to reach the network:", "         host | example.invalid"],
        ),
        (
            request_of(command="y", kind="writeStdin", additionalPermissions={"a": 1}),
            [
                "Codex asks to write to a running command:",
                "      command | y",
                '  permissions | {"a": 1}',
            ],
        ),
        (
            request_of(
                "mcpServer/elicitation/request",
                serverName="demo",
                message='Allow the demo MCP server to run tool "echo"?',
                _meta={"codex_approval_kind": "mcp_tool_call", "tool_params": {"text": "é\n"}},
            ),
            [
                "Codex asks to use a tool of an MCP server:",
                "       server | demo",
                "         tool | echo",
                '    arguments | {"text": "é\\n"}',
                '     question | Allow the demo MCP server to run tool "echo"?',
            ],
        ),
    ],
)
def test_other_requests_are_shown_with_what_they_ask_for(request_: ApprovalRequest, lines: list[str]) -> None:
    shown = asked(request_, "n")[1].splitlines()
    assert [line for line in shown[1:-1] if "thread-1" not in line] == lines


def test_a_terminal_that_cannot_show_a_letter_shows_its_number() -> None:
    raw = io.BytesIO()
    output = io.TextIOWrapper(raw, encoding="ascii")
    TerminalApprovals(input=io.StringIO("n\n"), output=output)(request_of(command="é"))
    assert b"command | \\xe9\n" in raw.getvalue()


def test_the_end_of_the_input_declines_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "codex_app_server"):
        assert asked(request_of(command="ls"))[0] == "decline"
    assert [record.getMessage() for record in caplog.records] == [
        "declined ApprovalRequest(id='turn-1:0', command, open): the input has ended"
    ]


@pytest.mark.parametrize("stream", [io.StringIO("y\n"), None])
def test_without_a_terminal_nobody_is_asked(
    stream: io.StringIO | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sys.stdin", stream)
    monkeypatch.setattr("sys.stderr", stream)
    with caplog.at_level(logging.WARNING, "codex_app_server"):
        assert ask_on_terminal(request_of(command="ls")) == "decline"
    assert "no terminal" in caplog.text


def test_a_question_that_was_ended_before_its_turn_comes_is_not_shown() -> None:
    request = request_of(command="ls")
    request.end()
    assert asked(request, "y") == ("decline", "")


def test_one_question_is_asked_at_a_time() -> None:
    is_asked, may_answer = threading.Event(), threading.Event()

    class Slow(io.StringIO):
        def readline(self, size: int = -1, /) -> str:
            is_asked.set()
            assert may_answer.wait(10)
            return super().readline(size)

    output = io.StringIO()
    handler = TerminalApprovals(input=Slow("y\nn\n"), output=output)
    answers: dict[str, Any] = {}

    def ask(name: str) -> None:
        answers[name] = handler(request_of(command=name))

    first = threading.Thread(target=ask, args=("first",))
    first.start()
    assert is_asked.wait(10)
    second = threading.Thread(target=ask, args=("second",))
    second.start()
    assert output.getvalue().count("Codex asks") == 1
    may_answer.set()
    first.join(10)
    second.join(10)
    assert answers == {"first": "accept", "second": "decline"}
    assert output.getvalue().index("first") < output.getvalue().index("second")
