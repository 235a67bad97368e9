"""Follows a turn with a view: shows its events, has approvals decided, and turns Ctrl-C into an interrupt."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Protocol, TypeAlias

from codex_app_server._cli.ctrl_c import CtrlC
from codex_app_server._escape import one_line
from codex_app_server.errors import AppServerError, TransportClosedError
from codex_app_server.events import ApprovalRequested, ElicitationRequested, UserInputRequested
from codex_app_server.policies import TerminalApprovals
from codex_app_server.questions import Defer

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from codex_app_server import Turn
    from codex_app_server.approvals import ApprovalDecision, ApprovalRequest
    from codex_app_server.events import Event
    from codex_app_server.questions import Elicitation, UserInputRequest
    from codex_app_server.results import TurnResult

    Decision: TypeAlias = ApprovalDecision | bool
    Decide: TypeAlias = Callable[[ApprovalRequest, "View"], Decision]

__all__ = ["View", "accept_and_tell", "ask", "can_ask", "decline_and_tell", "follow", "terminal_view"]


class View(Protocol):
    """What shows turns."""

    def feed(self, event: Event) -> None:
        """Show what an event brings."""
        ...

    def note(self, text: str, *, is_bad: bool = False) -> None:
        """Show a note of this program."""
        ...

    def pause(self) -> AbstractContextManager[None]:
        """Leave the terminal to somebody else for a while."""
        ...

    def end(self, result: TurnResult) -> None:
        """Show how the turn ended."""
        ...

    def close(self) -> None:
        """Stop; what was shown stays."""
        ...


def terminal_view() -> View:
    """Return the view for the standard output: live on a terminal when rich is installed, else plain text."""
    if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        try:
            from codex_app_server._view.terminal import RichView  # noqa: PLC0415 - rich is an extra
        except ImportError:
            pass
        else:
            return RichView(sys.stdout)
    from codex_app_server._view.plain import PlainView  # noqa: PLC0415 - one view or the other

    # In a file or a pipe the answer is alone; what led to it is told beside it.
    return PlainView(sys.stdout, sys.stdout if sys.stdout.isatty() else sys.stderr)


def can_ask() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin.isatty() and (sys.stdout.isatty() or sys.stderr.isatty())


def ask(request: ApprovalRequest, view: View) -> Decision:
    """Ask whoever sits at the terminal, while the view stands still."""
    with view.pause():
        answer = TerminalApprovals(output=sys.stdout if sys.stdout.isatty() else None)(request)
    return "decline" if isinstance(answer, Defer) else answer


def decline_and_tell(request: ApprovalRequest, view: View) -> Decision:
    """Decline, and say what was asked."""
    view.note(f"declined: {_what(request)}")
    return "decline"


def accept_and_tell(request: ApprovalRequest, view: View) -> Decision:
    """Accept, and say what was asked: for a model whose script is known."""
    view.note(f"accepted, since nobody sits here to be asked: {_what(request)}")
    return "accept"


def _what(request: ApprovalRequest) -> str:
    wanted = request.command or request.host or request.tool_name or request.reason or request.message or ""
    about = request.approval_kind.replace("_", " ")
    paths = ", ".join(change.path for change in request.changes)
    return one_line(f"{about} {paths or wanted}".strip())


def follow(turn: Turn[object], view: View, decide: Decide) -> TurnResult:
    """Show a turn to its end.

    The first Ctrl-C interrupts the turn, and what comes to its end is shown all the same; the second is raised.

    Raises:
        TransportClosedError: The server is gone.
        KeyboardInterrupt: Ctrl-C while the turn was being interrupted.
    """
    # Notes come from the OS thread that interrupts.
    drawing = threading.Lock()

    def interrupt() -> None:
        with drawing:
            view.note("interrupting the turn; Ctrl-C once more leaves at once")
        try:
            turn.interrupt()
        except TransportClosedError:
            # Whoever reads the events is told.
            return
        except AppServerError as exc:
            with drawing:
                view.note(f"the turn was not interrupted: {exc}", is_bad=True)

    try:
        with CtrlC(interrupt) as ctrl_c:
            # Detached: after Ctrl-C the turn is interrupted above, and its end is shown here.
            with turn.events(detach=True) as events:
                for event in events:
                    with drawing:
                        view.feed(event)
                    _decide(event, view, decide, ctrl_c)
            result = turn.run()
        view.end(result)
    finally:
        view.close()
    return result


def _decide(event: Event, view: View, decide: Decide, ctrl_c: CtrlC) -> None:
    """Answer what an event asks; nothing once the turn is being interrupted, which closes what is open."""
    try:
        with ctrl_c.raised():
            if ctrl_c.count:
                return
            match event:
                case ApprovalRequested() if event.request.is_open:
                    event.request.respond(decide(event.request, view))
                case UserInputRequested() | ElicitationRequested() if event.request.is_open:
                    _answer(event.request, view)
                case _:
                    pass
    except KeyboardInterrupt:
        if ctrl_c.count != 1:
            raise


def _answer(request: UserInputRequest | Elicitation, view: View) -> None:
    from codex_app_server._cli.questions import answer, subject  # noqa: PLC0415 - few turns ask

    if not can_ask():
        request.decline()
        view.note(f"declined: {subject(request)}")
        return
    with view.pause():
        answer(request)
