"""Ready-made approval handlers that look at what is asked: accept what only reads, or ask at the terminal.

Those that look at nothing (`accept_all`, `decline_all`, `defer_approvals`) are in approvals.py.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Literal

from codex_app_server._asking import columns, drop_typed_ahead, fact_lines, is_terminal, read_line, write
from codex_app_server._logs import about_question

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from codex_app_server.approvals import ApprovalAnswer, ApprovalRequest, FileChange

    _Answer = Literal["accept", "accept_for_session", "decline", "cancel"]

__all__ = ["TerminalApprovals", "accept_read_only", "ask_on_terminal"]

_log = logging.getLogger("codex_app_server")

# --- what only reads ---

_SYSTEM_FOLDERS = frozenset(
    {"/bin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/run/current-system/sw/bin"}
)


def accept_read_only(request: ApprovalRequest) -> ApprovalAnswer:
    """Accept commands that surely only read, such as `ls` and `rg`; decline all else.

    An accepted command runs outside of the sandbox, so it must be plain: known programs with known options,
    joined by `|`, `&&`, `||` and `;`, and nothing that the shell would expand or redirect. `git`, `find` and `sed`
    are not among them: each can run or write something. They must also be those of the system: when PATH
    finds `ls` in another folder first (a virtual environment, say, that the agent may write to), it is declined.
    PATH is that of this program; see to it that the server has no other.
    """
    from codex_app_server._read_only import programs_of  # noqa: PLC0415 - for who uses it

    # The agent may also ask to write to a running command, or for more than to run one.
    is_plain_command = (
        request.method == "item/commandExecution/requestApproval"
        and request.approval_kind == "command"
        and request.raw.get("kind", "command") == "command"
        and not request.raw.get("additionalPermissions")
    )
    programs = programs_of(request.command or "") if is_plain_command else ()
    return "accept" if programs and all(map(_is_of_the_system, programs)) else "decline"


def _is_of_the_system(program: str) -> bool:
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, program)  # noqa: PTH118 - an empty entry is the working directory
        if os.path.isfile(path) and os.access(path, os.X_OK):  # noqa: PTH113
            return folder in _SYSTEM_FOLDERS
    return False


# --- the terminal ---

_KEYS: dict[str, _Answer] = {
    "y": "accept",
    "s": "accept_for_session",
    "n": "decline",
    "c": "cancel",
}
_QUESTION = "Allow it? y = once, s = for this session, n = no, c = no, and end the turn: "
_TITLES = {
    "command": "run a command",
    "file_change": "change files",
    "permissions": "have further permissions",
    "network": "reach the network",
    "mcp_tool": "use a tool of an MCP server",
}


class TerminalApprovals:
    """An approval handler that asks whoever sits at the terminal; `ask_on_terminal` is one.

    One question at a time. What the agent wrote is shown in full, with each character that could disguise it
    (control characters, escape sequences, marks of direction, invisible ones) as `<U+001B>`. An answer counts only
    for the question that is on the screen; when the turn ends first, it counts for nothing. Without a
    terminal, and at the end of the input, everything is declined.

    Args:
        input: Where the answers come from; None is `sys.stdin`, if that is a terminal.
        output: Where the questions go; None is `sys.stderr`, if that is a terminal.
    """

    def __init__(
        self,
        *,
        input: TextIO | None = None,  # noqa: A002 - its name everywhere
        output: TextIO | None = None,
    ) -> None:
        self._input = input
        self._output = output
        self._lock = threading.Lock()

    def __call__(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Ask, and return the answer."""
        with self._lock:
            source = sys.stdin if self._input is None else self._input
            target = sys.stderr if self._output is None else self._output
            # Both may be None, in a program without a console.
            if not (self._input or is_terminal(source)) or not (self._output or is_terminal(target)):
                _log.warning(
                    "declined %r: there is no terminal to ask at", request, extra=about_question(request)
                )
                return "decline"
            if not request.is_open:
                return "decline"
            if self._input is None:
                drop_typed_ahead(source)
            return self._ask(request, source, target)

    def _ask(self, request: ApprovalRequest, source: TextIO, target: TextIO) -> _Answer:
        width = columns(target)
        write(target, "".join(f"{line}\n" for line in _shown(request, width)))
        while True:
            write(target, _QUESTION)
            line = read_line(source, request)
            if line is None or not request.is_open:
                write(target, "\nThe answer is not needed any more.\n")
                return "decline"
            if not line:
                _log.warning("declined %r: the input has ended", request, extra=about_question(request))
                return "decline"
            answer = _KEYS.get(line.strip().lower())
            if answer is not None:
                return answer


def _shown(request: ApprovalRequest, width: int) -> Iterator[str]:
    """Return the lines that tell what is asked."""
    title = _TITLES[request.approval_kind]
    if request.raw.get("kind") == "writeStdin":
        title = "write to a running command"
    yield ""
    yield f"Codex asks to {title}:"
    facts: dict[str, object] = {
        "thread": request.thread_id,
        "command": request.command,
        "folder": request.cwd,
        "host": request.host,
        "server": request.server_name,
        "tool": request.tool_name,
        "arguments": request.tool_arguments,
        "question": request.message,
        "permissions": request.permissions or request.raw.get("additionalPermissions"),
        "writable": request.grant_root,
        "reason": request.reason,
    }
    for name, value in facts.items():
        if value:
            yield from fact_lines(
                name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), width
            )
    if request.approval_kind == "file_change" and not request.changes:
        yield from fact_lines("changes", "the server has not told which", width)
    for change in request.changes:
        yield from fact_lines("file", _summary(change), width)
        yield from fact_lines("", change.diff, width)


def _summary(change: FileChange) -> str:
    moved = f", moved to {change.move_path}" if change.move_path else ""
    return f"{change.kind} {change.path}{moved}"


ask_on_terminal = TerminalApprovals()
"""Ask whoever sits at the terminal about each approval; see `TerminalApprovals`."""
