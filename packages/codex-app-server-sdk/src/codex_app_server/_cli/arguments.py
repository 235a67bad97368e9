"""The command line: which command with which options; each command is loaded when it is used."""

from __future__ import annotations

import argparse
import subprocess
import sys

from codex_app_server._cli.exit_codes import EXIT_CODES, INTERRUPTED, NO_SERVER
from codex_app_server.config import find_codex
from codex_app_server.errors import AppServerError, LaunchError

__all__ = ["main"]

_SANDBOXES = ("read-only", "workspace-write", "danger-full-access")
_APPROVAL_POLICIES = ("untrusted", "on-request", "never")


def main(arguments: list[str]) -> int:
    """Run the command line; return the exit code."""
    if arguments and arguments[0] == "codex":
        return _codex(arguments[1:])
    options = _parser().parse_args(arguments)
    # Whatever the terminal cannot write is spelled out, not raised.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    try:
        if not getattr(options, "verbose", 0):
            return _command(options)
        from codex_app_server._cli.verbose import logged  # noqa: PLC0415 - for who uses it

        with logged(options.verbose):
            return _command(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (AppServerError, OSError) as exc:
        from codex_app_server._escape import visible  # noqa: PLC0415 - for who uses it

        sys.stderr.write(f"{visible(str(exc))}\n")
        return NO_SERVER


def _command(options: argparse.Namespace) -> int:
    match options.command:
        case "doctor":
            from codex_app_server._cli.doctor import doctor  # noqa: PLC0415 - one command is used

            return doctor(as_json=options.json)
        case "demo":
            from codex_app_server._cli.demo import demo  # noqa: PLC0415

            return demo()
        case "chat":
            from codex_app_server._cli.run import chat  # noqa: PLC0415

            return chat(options)
        case _:
            from codex_app_server._cli.run import run  # noqa: PLC0415

            return run(options)


def _codex(arguments: list[str]) -> int:
    try:
        binary = find_codex()
    except LaunchError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    try:
        return subprocess.call([str(binary), *arguments])
    except KeyboardInterrupt:
        # Codex got the same Ctrl-C, and has said what it had to say.
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m codex_app_server",
        description="Codex from the command line, with the client of this package.",
        epilog="The Codex binary is the one that AppServerConfig() finds: CODEX_BIN, the runtime package, then PATH.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    # Its arguments never come here; it is there for the help.
    commands.add_parser(
        "codex", help="run the Codex binary itself, for example `codex login`", add_help=False
    )
    doctor = commands.add_parser(
        "doctor",
        help="check the installation: binary, version, login, sandbox",
        description="Check the installation. The exit code is 1 when something would keep turns from running.",
    )
    doctor.add_argument("--json", action="store_true", help="the report as JSON")
    run = commands.add_parser(
        "run",
        help="run one turn",
        description="Run one turn in a new thread. In a pipe, stdout gets the messages of the agent and stderr all else.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("prompt", metavar="PROMPT", help="what the agent is to do; - reads it from stdin")
    _add_thread_options(run)
    run.add_argument("--json", action="store_true", help="the events as JSON lines")
    chat = commands.add_parser(
        "chat",
        help="talk to the agent",
        description="Talk to the agent, in one thread. Ctrl-C interrupts a turn, and leaves between turns.",
    )
    _add_thread_options(chat)
    demo = commands.add_parser(
        "demo",
        help="see a turn without a login: a scripted model on loopback",
        description="Run the true app-server with a scripted model: text, a command, a change of a file, approvals. "
        "Without a network and without a key.",
    )
    _add_verbose(demo)
    return parser


def _add_verbose(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="log threads and turns on stderr, with what they took and used; -vv: each message by its name, too",
    )


def _add_thread_options(parser: argparse.ArgumentParser) -> None:
    _add_verbose(parser)
    # The names that Codex itself has for them work as well.
    parser.add_argument("-m", "--model", help="the model; by default that of the Codex configuration")
    parser.add_argument("-C", "--cwd", "--cd", metavar="FOLDER", help="where commands run; by default here")
    parser.add_argument(
        "-s", "--sandbox", choices=_SANDBOXES, help="what commands may do; by default read-only"
    )
    parser.add_argument(
        "-a",
        "--approval-policy",
        "--ask-for-approval",
        choices=_APPROVAL_POLICIES,
        help="when the agent has to ask; by default what the Codex configuration says",
    )
    parser.add_argument(
        "--approve",
        choices=("ask", "decline"),
        help="what becomes of approvals; by default they are asked for on a terminal, and declined elsewhere",
    )
    parser.add_argument(
        "-c",
        "--config",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        type=_override,
        help="a value of the Codex configuration, such as model_reasoning_effort=high; as often as needed",
    )
    parser.add_argument("--ephemeral", action="store_true", help="keep the thread out of the history")


def _override(text: str) -> tuple[str, object]:
    """Return the key and the value of `-c`; what is no JSON is text."""
    import json  # noqa: PLC0415 - for who uses it

    key, separator, value = text.partition("=")
    if not separator or not all(key.split(".")):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE, such as model_reasoning_effort=high")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value
