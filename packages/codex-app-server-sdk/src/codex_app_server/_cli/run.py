"""`run` and `chat`: turns with the server and the model of the user."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codex_app_server import DEFER, AppServerConfig, Codex, defer_approvals
from codex_app_server._cli.exit_codes import COMPLETED, FAILED, INTERRUPTED, WRONG_USAGE
from codex_app_server._cli.follow import ask, can_ask, decline_and_tell, follow, terminal_view
from codex_app_server._escape import one_line
from codex_app_server.errors import AppServerError, TransportClosedError

if TYPE_CHECKING:
    import argparse

    from codex_app_server import Thread
    from codex_app_server._cli.follow import Decide, View
    from codex_app_server.options import ThreadStartOptions

__all__ = ["chat", "run", "run_turn"]


def run(options: argparse.Namespace) -> int:
    """Run one turn; return the exit code."""
    prompt = sys.stdin.read() if options.prompt == "-" else options.prompt
    decide = _decider(options.approve)
    if decide is None:
        return WRONG_USAGE
    with _client(options) as codex:
        return run_turn(_thread(codex, options), prompt, _view(options), decide)


def run_turn(thread: Thread, prompt: str, view: View, decide: Decide) -> int:
    """Run a turn with a view; return the exit code."""
    result = follow(thread.turn(prompt), view, decide)
    return {"completed": COMPLETED, "interrupted": INTERRUPTED}.get(str(result.status), FAILED)


def chat(options: argparse.Namespace) -> int:
    """Run a turn for each line that is typed, until there are no more; return the exit code."""
    decide = _decider(options.approve)
    if decide is None:
        return WRONG_USAGE
    with _client(options) as codex:
        thread = _thread(codex, options)
        view = terminal_view()
        view.note(
            f"codex {codex.metadata.server_version}, model {one_line(thread.model or '?')}, thread {thread.id}"
        )
        view.note("Ctrl-C interrupts a turn, and leaves between turns; so does Ctrl-D")
        while (prompt := _typed()) is not None:
            if prompt.strip():
                _chat_turn(thread, prompt, view, decide)
    return COMPLETED


def _chat_turn(thread: Thread, prompt: str, view: View, decide: Decide) -> None:
    try:
        run_turn(thread, prompt, view, decide)
    except TransportClosedError:
        raise
    except AppServerError as exc:
        # What the server refuses, the next prompt may not contain.
        view.note(str(exc), is_bad=True)


def _typed() -> str | None:
    """Return the next line; None when whoever types has gone."""
    try:
        return input("\n> " if sys.stdin.isatty() else "")
    except (EOFError, KeyboardInterrupt):
        if sys.stdin.isatty():
            sys.stdout.write("\n")
        return None


def _client(options: argparse.Namespace) -> Codex:
    # What is asked comes as an event of the turn, and is answered there.
    return Codex(
        AppServerConfig(config_overrides=dict(options.config)),
        approval_handler=defer_approvals,
        user_input_handler=lambda _: DEFER,
        elicitation_handler=lambda _: DEFER,
    )


def _thread(codex: Codex, options: argparse.Namespace) -> Thread:
    wanted: ThreadStartOptions = {"model": options.model, "cwd": options.cwd, "ephemeral": options.ephemeral}
    if options.sandbox is not None:
        wanted["sandbox"] = options.sandbox
    if options.approval_policy is not None:
        wanted["approval_policy"] = options.approval_policy
    return codex.thread_start(**wanted)


def _view(options: argparse.Namespace) -> View:
    if not options.json:
        return terminal_view()
    from codex_app_server._cli.json_lines import JsonView  # noqa: PLC0415 - for who uses it

    return JsonView(sys.stdout)


def _decider(approve: str | None) -> Decide | None:
    """Return who decides; None, and say so, when nobody can be asked who was to be."""
    if approve == "ask" and not can_ask():
        sys.stderr.write("--approve ask needs a terminal: use --approve decline\n")
        return None
    return decline_and_tell if approve == "decline" or not can_ask() else ask
