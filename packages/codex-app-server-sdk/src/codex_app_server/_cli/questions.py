"""What the model and MCP servers ask the user, asked at the terminal: every word of theirs is escaped and has a margin.

Whether somebody sits there is looked at by who calls this; approvals are asked for in policies.py.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeVar, cast

from codex_app_server._asking import columns, drop_typed_ahead, fact_lines, read_line, write
from codex_app_server._escape import one_line
from codex_app_server.questions import Elicitation

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from typing import TextIO

    from codex_app_server.json_types import JsonObject
    from codex_app_server.questions import UserInputRequest, UserQuestion

__all__ = ["answer", "subject"]

T = TypeVar("T")


class _GoneError(Exception):
    """There will be no answer: the input has ended, or the question."""


class _Terminal:
    """Where one question is asked."""

    def __init__(self, question: UserInputRequest | Elicitation) -> None:
        self._question = question
        self._source = sys.stdin
        self._target = sys.stdout if sys.stdout.isatty() else sys.stderr
        self._width = columns(self._target)
        drop_typed_ahead(self._source)

    def say(self, text: str) -> None:
        """Write a line of ours."""
        write(self._target, f"{text}\n")

    def show(self, name: str, text: str) -> None:
        """Write what somebody else says."""
        if text:
            self.say("\n".join(fact_lines(name, text, self._width, at_words=True)))

    def ask(self, prompt: str, *, is_secret: bool = False) -> str:
        """Return the next line that is typed.

        Raises:
            _GoneError: There will be none.
        """
        # Silent before anybody can know that it is time to type.
        with _without_echo(self._source) if is_secret else nullcontext():
            write(self._target, prompt)
            line = read_line(self._source, self._question)
        if is_secret:
            self.say("")
        if not line or not self._question.is_open:
            self.say("" if line == "" else "\nThe answer is not needed any more.")
            raise _GoneError
        return line.strip()

    def ask_until(self, prompt: str, fits: Callable[[str], T], *, is_secret: bool = False) -> T:
        """Ask until the line fits; what does not fit is a ValueError that says why."""
        while True:
            typed = self.ask(prompt, is_secret=is_secret)
            try:
                return fits(typed)
            except ValueError as exc:
                self.say(f"  {exc}")


def subject(request: UserInputRequest | Elicitation) -> str:
    """Return what is asked, on a line."""
    if isinstance(request, Elicitation):
        return one_line(f"question of the MCP server {request.server_name}: {request.message}")
    return one_line(f"question: {' '.join(question.question for question in request.questions)}")


def answer(request: UserInputRequest | Elicitation) -> None:
    """Ask, and send the answer; at the end of the input it is declined."""
    terminal = _Terminal(request)
    try:
        if isinstance(request, Elicitation):
            _answer_elicitation(request, terminal)
        else:
            _answer_questions(request, terminal)
    except _GoneError:
        request.decline()


# --- questions of the model ---


def _answer_questions(request: UserInputRequest, terminal: _Terminal) -> None:
    terminal.say("\nCodex asks you:")
    answers = {question.id: _answer_of(question, terminal) for question in request.questions}
    given = {key: text for key, text in answers.items() if text}
    if given:
        request.respond(given)
    else:
        request.decline()


def _answer_of(question: UserQuestion, terminal: _Terminal) -> str:
    terminal.show("question", f"{question.header}: {question.question}".removeprefix(": "))
    labels = [option.label for option in question.options]
    for number, option in enumerate(question.options, start=1):
        terminal.show(str(number), f"{option.label}: {option.description}".removesuffix(": "))
    if not labels:
        how = "Your answer"
    else:
        how = "A number, or words of your own" if question.is_other else "A number"

    def fits(typed: str) -> str:
        return _chosen(typed, labels, is_other=question.is_other or not labels) if typed else ""

    return terminal.ask_until(f"{how}; Enter leaves it open: ", fits, is_secret=question.is_secret)


def _chosen(typed: str, values: Sequence[str], *, is_other: bool) -> str:
    """Return which of the values is meant: by itself, or by its number.

    Raises:
        ValueError: None of them is.
    """
    for value in values:
        if typed.lower() == value.lower():
            return value
    if typed.isdecimal() and 1 <= int(typed) <= len(values):
        return values[int(typed) - 1]
    if is_other:
        return typed
    raise ValueError(f"a number from 1 to {len(values)}, please")


# --- questions of MCP servers ---


def _answer_elicitation(request: Elicitation, terminal: _Terminal) -> None:
    terminal.say("\nAn MCP server asks you:")
    terminal.show("server", request.server_name)
    terminal.show("question", request.message)
    if request.mode == "url":
        terminal.show("address", request.url or "")
        question = "If you trust it, open it yourself. y = done, n = no, c = cancel: "
    else:
        question = "Answer it? y = yes, n = no, c = cancel: "
    match terminal.ask_until(question, _decided):
        case "y":
            request.accept({} if request.mode == "url" else _form(request.schema, terminal))
        case "n":
            request.decline()
        case _:
            request.cancel()


def _decided(typed: str) -> str:
    if typed.lower() not in {"y", "n", "c"}:
        raise ValueError("y, n or c, please")
    return typed.lower()


def _form(schema: JsonObject, terminal: _Terminal) -> dict[str, object]:
    """Return what was typed for each member that the schema has."""
    needed = _texts(schema.get("required"))
    content: dict[str, object] = {}
    for name, member in _objects(schema.get("properties")).items():
        value = _member(name, member, terminal, is_needed=name in needed)
        if value is not None:
            content[name] = value
    return content


def _member(name: str, member: JsonObject, terminal: _Terminal, *, is_needed: bool) -> object:
    terminal.show(
        "field", f"{member.get('title') or name}: {member.get('description') or ''}".removesuffix(": ")
    )
    values = _values(member)
    for number, value in enumerate(values, start=1):
        terminal.show(str(number), value)
    default = member.get("default")
    if default is not None:
        terminal.show("default", default if isinstance(default, str) else json.dumps(default))

    def fits(typed: str) -> object:
        if typed:
            return _typed_value(typed, str(member.get("type")), values)
        if default is None and is_needed:
            raise ValueError("it is needed")
        return default

    how = {"boolean": "y or n", "integer": "A whole number", "number": "A number", "string": "Text"}
    kind = "A number of the list" if values else how.get(str(member.get("type")), "JSON")
    without = (
        ""
        if is_needed and default is None
        else ("; Enter takes the default" if default is not None else "; Enter leaves it out")
    )
    return terminal.ask_until(f"{kind}{without}: ", fits)


def _typed_value(typed: str, kind: str, values: Sequence[str]) -> object:
    """Return what was typed as a value of a kind of JSON schema.

    Raises:
        ValueError: It is none; says what is wanted.
    """
    if values:
        return _chosen(typed, values, is_other=False)
    if kind == "string":
        return typed
    if kind == "boolean":
        if typed.lower() in {"y", "yes", "true", "n", "no", "false"}:
            return typed.lower() in {"y", "yes", "true"}
        raise ValueError("y or n, please")
    try:
        value: object = int(typed) if kind == "integer" else json.loads(typed, parse_constant=_no_number)
    except ValueError:
        value = None
    if value is None or (kind == "number" and not isinstance(value, (int, float))):
        wanted = {"integer": "a whole number", "number": "a number"}.get(kind, "JSON")
        raise ValueError(f"{wanted}, please")
    return value


def _no_number(name: str) -> object:
    raise ValueError(name)


def _values(member: JsonObject) -> list[str]:
    """Return the texts that may be chosen from, if only some may."""
    choices = member.get("oneOf")
    if isinstance(choices, list):
        return _texts([_object(choice).get("const") for choice in cast("list[object]", choices)])
    return _texts(member.get("enum"))


def _objects(value: object) -> dict[str, JsonObject]:
    return {key: _object(member) for key, member in _object(value).items()}


def _object(value: object) -> JsonObject:
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    return (
        [text for text in cast("list[object]", value) if isinstance(text, str)]
        if isinstance(value, list)
        else []
    )


@contextmanager
def _without_echo(source: TextIO) -> Generator[None]:
    """Let what is typed not be shown, where the terminal can do that."""
    try:
        import termios  # noqa: PLC0415 - not on Windows
    except ImportError:
        yield
        return
    before = termios.tcgetattr(source)
    silent = termios.tcgetattr(source)
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(source, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(source, termios.TCSADRAIN, before)
