"""The vocabulary of a scripted reply: what one response of the model is made of.

Every part is an immutable value made by a small function; `_sse` turns parts into server-sent events, `_script`
chooses them. Nothing here knows of HTTP.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast

from codex_app_server.json_types import JsonObject
from codex_app_server.testing._json import copied, encode
from codex_app_server.testing.gate import Gate

Phase: TypeAlias = Literal["commentary", "final_answer"]


class ScriptError(Exception):
    """A script cannot be used as it is written, or has no answer for a request."""


@dataclass(frozen=True)
class Hold:
    """See `hold`."""

    gate: Gate


@dataclass(frozen=True)
class Text:
    """See `text`."""

    deltas: tuple[str | Hold, ...]
    pace_s: float = 0.0
    phase: Phase | None = None


@dataclass(frozen=True)
class Reasoning:
    """See `reasoning`. Each entry of `summary` and `content` is one part, given as its deltas."""

    summary: tuple[tuple[str | Hold, ...], ...] = ()
    content: tuple[tuple[str | Hold, ...], ...] = ()
    pace_s: float = 0.0


@dataclass(frozen=True)
class Call:
    """See `call`. `arguments` is JSON text, or whatever stands in its place."""

    name: str
    arguments: str
    call_id: str | None = None
    namespace: str | None = None


@dataclass(frozen=True)
class CustomCall:
    """See `custom_call`."""

    name: str
    input: str
    call_id: str | None = None


@dataclass(frozen=True)
class Conforming:
    """See `conforming`."""

    pace_s: float = 0.0


@dataclass(frozen=True)
class RawItem:
    """See `raw_item`."""

    item: JsonObject


@dataclass(frozen=True)
class Usage:
    """See `usage`."""

    input: int | None = None
    cached: int | None = None
    output: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True)
class Fail:
    """See `fail`."""

    status: int
    code: str | None = None
    message: str = ""
    retry_after: float | None = None


@dataclass(frozen=True)
class ResponseFailed:
    """See `response_failed`."""

    code: str
    message: str


@dataclass(frozen=True)
class Incomplete:
    """See `incomplete`."""

    reason: str


@dataclass(frozen=True)
class Cut:
    """See `cut`."""

    after: int | None = None
    clean: bool = False


Content: TypeAlias = Text | Reasoning | Call | CustomCall | Conforming | RawItem | Hold
Ending: TypeAlias = ResponseFailed | Incomplete | Cut
Part: TypeAlias = Content | Usage | Fail | Ending
_CONTENT = (Text, Reasoning, Call, CustomCall, Conforming, RawItem, Hold)
_ENDINGS = (ResponseFailed, Incomplete, Cut)
_PARTS = (*_CONTENT, *_ENDINGS, Usage, Fail)


@dataclass(frozen=True, init=False)
class Reply:
    """One response of the model: several parts in order.

    Args:
        parts: Strings, parts, or other replies, whose parts are taken over.

    Raises:
        ScriptError: No parts, something that is not a part, or parts that cannot stand together.
    """

    parts: tuple[Part, ...] = field(default=())

    def __init__(self, *parts: "str | Part | Reply") -> None:
        flat: list[Part] = []
        for part in parts:
            if isinstance(part, Reply):
                flat.extend(part.parts)
            else:
                flat.append(_as_part(part))
        _check(flat)
        object.__setattr__(self, "parts", tuple(flat))


Output: TypeAlias = "str | Part | Reply"


def as_reply(value: object) -> Reply:
    """Return what a script gave for one response as a Reply.

    Raises:
        ScriptError: It is None or of another type that cannot be a response.
    """
    if isinstance(value, Reply):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return Reply(*cast("Sequence[Output]", value))
    return Reply(cast("Output", value))


def text(
    value: str | None = None,
    *,
    deltas: Sequence[str | Hold] | None = None,
    chunks: int | None = None,
    pace_s: float = 0.0,
    phase: Phase | None = None,
) -> Text:
    """An assistant message.

    Args:
        value: The whole text; it is streamed word by word unless `deltas` or `chunks` says otherwise.
        deltas: The exact pieces to stream, in order; a `hold(gate)` among them stops the stream there.
        chunks: Stream `value` in that many pieces of about the same length.
        pace_s: Seconds to wait before each piece.
        phase: The phase that the message carries, None for none.

    Raises:
        ScriptError: `deltas` and `value` disagree, or `chunks` is not a positive number.
    """
    return Text(_pieces(value, deltas, chunks), _pace(pace_s), phase)


def reasoning(
    summary: str | Sequence[str] | None = None,
    *,
    text: str | Sequence[str] | None = None,
    deltas: Sequence[str | Hold] | None = None,
    pace_s: float = 0.0,
) -> Reasoning:
    """A reasoning item.

    Args:
        summary: The summary; several strings are several summary parts.
        text: The raw reasoning text; several strings are several content parts.
        deltas: The exact pieces to stream, for an item of one part: of `text` if that is given, else of the summary.
        pace_s: Seconds to wait before each piece.

    Raises:
        ScriptError: Nothing was given, or `deltas` does not fit the rest.
    """
    summaries = _strings(summary)
    contents = _strings(text)
    pace_s = _pace(pace_s)
    if deltas is not None:
        if len(summaries) + len(contents) > 1:
            raise ScriptError("reasoning(): deltas needs an item of one part, got several")
        whole = (contents or summaries or [None])[0]
        part = (_pieces(whole, deltas, None),)
        return Reasoning(content=part, pace_s=pace_s) if contents else Reasoning(summary=part, pace_s=pace_s)
    if not summaries and not contents:
        raise ScriptError("reasoning() needs a summary, a text or deltas")
    return Reasoning(
        tuple(_pieces(part, None, None) for part in summaries),
        tuple(_pieces(part, None, None) for part in contents),
        pace_s,
    )


def call(
    name: str,
    /,
    *,
    arguments: Mapping[str, object] | str | None = None,
    call_id: str | None = None,
    namespace: str | None = None,
    **args: object,
) -> Call:
    """A function call: `call("get_weather", city="Paris")`.

    Args:
        name: The tool's name.
        arguments: All arguments as a mapping, for names that are not identifiers or are parameters here; a string
            is sent as it is, valid JSON or not.
        call_id: The call's id; by default one that is unique and follows from the request.
        namespace: The namespace of the tool, if it stands in one.
        **args: The arguments.

    Raises:
        ScriptError: Both `arguments` and keyword arguments, or an empty name.
        TypeError: An argument has no JSON form.
    """
    if not name:
        raise ScriptError("call(): the name is empty")
    if arguments is not None and args:
        raise ScriptError(f"call({name!r}): give either arguments= or keyword arguments, not both")
    if not isinstance(arguments, str):
        arguments = encode(dict(arguments or args), what=f"the arguments of call({name!r})")
    return Call(name, arguments, call_id, namespace)


def calls(*parts: Call | CustomCall) -> Reply:
    """Several calls in one response.

    Raises:
        ScriptError: No calls, or something else than a call.
    """
    for part in cast("tuple[object, ...]", parts):
        if not isinstance(part, Call | CustomCall):
            raise ScriptError(f"calls() takes call(...) and custom_call(...), got {part!r}")
    return Reply(*parts)


def custom_call(name: str, input: str, *, call_id: str | None = None) -> CustomCall:  # noqa: A002 - the wire's word
    """A call of a custom (freeform) tool such as `apply_patch`.

    Args:
        name: The tool's name.
        input: The text handed to it.
        call_id: The call's id; by default one that is unique and follows from the request.
    """
    return CustomCall(name, input, call_id)


def conforming(*, pace_s: float = 0.0) -> Conforming:
    """An assistant message holding a small JSON value that is valid for the schema asked for.

    A request without an output schema makes the script fail.
    """
    return Conforming(_pace(pace_s))


def raw_item(item: Mapping[str, object]) -> RawItem:
    """Any other output item of the Responses API, sent as it is: `raw_item({"type": "web_search_call", ...})`.

    Raises:
        ScriptError: There is no `type` in it.
    """
    if not item.get("type"):
        raise ScriptError(f"raw_item() needs a type, got {item!r}")
    return RawItem(copied(item, what="raw_item()"))


def usage(
    *,
    input: int | None = None,  # noqa: A002 - the word of every usage figure
    cached: int | None = None,
    output: int | None = None,
    reasoning: int | None = None,
) -> Usage:
    """The token figures of the response; what is left out is computed from the lengths of the texts.

    Args:
        input: Input tokens, with the cached ones.
        cached: Input tokens that came from a cache.
        output: Output tokens, with those of the reasoning.
        reasoning: Output tokens spent on reasoning.
    """
    return Usage(input, cached, output, reasoning)


def fail(
    status: int, *, code: str | None = None, message: str | None = None, retry_after: float | None = None
) -> Fail:
    """An HTTP error instead of a response.

    Args:
        status: The HTTP status, 400 to 599.
        code: The error code in the body, such as `"rate_limit_exceeded"`.
        message: The error message in the body.
        retry_after: Seconds for the `Retry-After` header, None for no header.

    Raises:
        ScriptError: The status is not that of an error.
    """
    if not 400 <= status <= 599:
        raise ScriptError(f"fail(): {status} is not the status of an HTTP error")
    return Fail(status, code, f"Scripted failure {status}" if message is None else message, retry_after)


def response_failed(code: str = "server_error", message: str = "Scripted failure") -> ResponseFailed:
    """End the stream with `response.failed`.

    Args:
        code: The error code, such as `"context_length_exceeded"`.
        message: The error message.
    """
    return ResponseFailed(code, message)


def incomplete(reason: str = "max_output_tokens") -> Incomplete:
    """End the stream with `response.incomplete`.

    Args:
        reason: Why, such as `"max_output_tokens"` or `"content_filter"`.
    """
    return Incomplete(reason)


def cut(*, after: int | None = None, clean: bool = False) -> Cut:
    """Cut the connection before the response is complete.

    Args:
        after: Cut after that many deltas of the parts before this one; None cuts when they are all sent and done.
        clean: End the HTTP body properly instead, just without the event that completes the response.

    Raises:
        ScriptError: `after` is negative.
    """
    if after is not None and after < 0:
        raise ScriptError(f"cut(): after={after} is negative")
    return Cut(after, clean)


def hold(gate: Gate) -> Hold:
    """Stop the stream here until the gate is opened.

    It stands between parts, or among the `deltas` of one.

    Raises:
        ScriptError: The argument is not a Gate.
    """
    if not isinstance(cast("object", gate), Gate):
        raise ScriptError(f"hold() needs a Gate, got {gate!r}")
    return Hold(gate)


def _as_part(value: object) -> Part:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, _PARTS):
        return value
    if value is None:
        raise ScriptError("a script gave None instead of a response: does a function lack its return?")
    if callable(value):
        raise ScriptError(
            f"{value!r} stands where a part of a response is needed; was it meant to be called?"
        )
    raise ScriptError(f"not a part of a response: {value!r} ({type(value).__name__})")


def _check(parts: list[Part]) -> None:
    if not parts:
        raise ScriptError("a response needs at least one part")
    others = [part for part in parts if not isinstance(part, Usage)]
    if len(parts) - len(others) > 1:
        raise ScriptError("a response has one usage(...) at most")
    if any(isinstance(part, Fail) for part in others) and len(parts) > 1:
        raise ScriptError("fail(...) is a response of its own: nothing can stand beside it")
    for part in others[:-1]:
        if isinstance(part, _ENDINGS):
            raise ScriptError(f"{part!r} ends the stream: nothing can follow it")


def _pieces(
    value: str | None, deltas: Sequence[str | Hold] | None, chunks: int | None
) -> tuple[str | Hold, ...]:
    if deltas is not None:
        if isinstance(deltas, str):
            raise ScriptError("deltas needs a list of strings, got one string")
        for delta in cast("Sequence[object]", deltas):
            if not isinstance(delta, str | Hold):
                raise ScriptError(f"deltas holds strings and hold(gate), got {delta!r}")
        if chunks is not None:
            raise ScriptError("give either deltas or chunks, not both")
        joined = "".join(delta for delta in deltas if isinstance(delta, str))
        if value is not None and value != joined:
            raise ScriptError(f"deltas make up {joined!r}, not {value!r}")
        return tuple(deltas)
    if not isinstance(value, str):
        raise ScriptError(f"a text or deltas is needed, got {value!r}")
    if chunks is None:
        return tuple(re.findall(r"\s*\S+(?:\s+\Z)?|\s+\Z", value))
    if chunks < 1:
        raise ScriptError(f"chunks={chunks} is not a positive number")
    cuts = [len(value) * index // chunks for index in range(chunks + 1)]
    return tuple(value[start:end] for start, end in itertools.pairwise(cuts) if end > start)


def _strings(value: str | Sequence[str] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def _pace(pace_s: float) -> float:
    if not pace_s >= 0:
        raise ScriptError(f"pace_s={pace_s} is not a number of seconds")
    return pace_s
