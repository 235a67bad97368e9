"""What passes between this client and the server, for a hook; and the trace context of requests."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from codex_app_server._logs import about

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from codex_app_server.json_types import JsonObject

__all__ = [
    "Message",
    "MessageHook",
    "TraceContext",
    "current_trace",
    "log_message",
    "spans_elsewhere",
    "turns_told_by",
]

_log = logging.getLogger("codex_app_server.wire")


@dataclass(slots=True)
class Message:
    """One message on its way: a request, an answer or a notification, of either side.

    Attributes:
        is_sent: True from this client to the server, False the other way.
        body: The whole message. It may hold prompts, outputs and keys: mind where you write it.
    """

    is_sent: bool
    body: JsonObject = field(repr=False)

    @property
    def kind(self) -> Literal["request", "response", "notification"]:
        """What it is."""
        if "method" not in self.body:
            return "response"
        return "request" if "id" in self.body else "notification"

    @property
    def method(self) -> str | None:
        """The method of a request or notification; None for a response."""
        return self.body.get("method")

    @property
    def id(self) -> str | int | None:
        """The id that joins a response to its request; each side counts its own requests."""
        return self.body.get("id")

    @property
    def thread_id(self) -> str | None:
        """The thread that it is about, where it says so."""
        return _id_of(self.body, "threadId", "thread")

    @property
    def turn_id(self) -> str | None:
        """The turn that it is about, where it says so."""
        return _id_of(self.body, "turnId", "turn")

    @property
    def item_id(self) -> str | None:
        """The item that it is about, where it says so."""
        return _id_of(self.body, "itemId", "item")


def _id_of(body: JsonObject, key: str, holder: str) -> str | None:
    for part in (body.get("params"), body.get("result")):
        if isinstance(part, dict):
            values = cast("JsonObject", part)
            held: object = values.get(holder)
            found = values.get(key) or (
                cast("JsonObject", held).get("id") if isinstance(held, dict) else None
            )
            if isinstance(found, str):
                return found
    return None


MessageHook: TypeAlias = "Callable[[Message], None]"
"""Is called with every message, on the OS thread that serves all turns: it must be quick and never wait."""

TraceContext: TypeAlias = "Callable[[], Mapping[str, str] | None]"
"""Returns the W3C trace context of the caller: `traceparent` and, if there is one, `tracestate`."""


spans_elsewhere: ContextVar[frozenset[str]] = ContextVar(
    "codex_app_server_spans_elsewhere", default=frozenset()
)
"""What of the turns that are started in this context somebody else makes spans of; for adapters to a framework.

`"turn"` is the turn as a whole: the core makes no spans of it then. A kind of tool, such as `"function"`, is what the
tools of that kind do: the core leaves them to the framework that runs them.
"""

# The packages that make spans of what a framework tells its handlers.
_SPAN_MAKERS = ("openinference.", "opentelemetry.", "llama_index.observability.", "traceloop.")


@contextmanager
def turns_told_by(handlers: Iterable[object]) -> Generator[None]:
    """Leave the spans of the turns that are started in here to the handlers of a framework, where they make any.

    Args:
        handlers: Who is told what happens in the framework; known by the package of their class.
    """
    if not any(f"{type(handler).__module__}.".startswith(_SPAN_MAKERS) for handler in handlers):
        yield
        return
    token = spans_elsewhere.set(spans_elsewhere.get() | {"turn"})
    try:
        yield
    finally:
        spans_elsewhere.reset(token)


def log_message(is_sent: bool, message: bytes | JsonObject) -> None:  # noqa: FBT001 - the direction
    """Log that a message passed: what it is and what it is about, not what it says."""
    seen = as_message(is_sent, message)
    _log.debug(
        "%s %s %s id=%s thread=%s turn=%s",
        "sent" if is_sent else "received",
        seen.kind,
        seen.method or "",
        seen.id,
        seen.thread_id,
        seen.turn_id,
        extra=about(thread_id=seen.thread_id, turn_id=seen.turn_id, item_id=seen.item_id, request_id=seen.id),
    )


def as_message(is_sent: bool, message: bytes | JsonObject) -> Message:  # noqa: FBT001 - the direction
    """Return the message for what the connection gives."""
    return Message(is_sent, json.loads(message) if isinstance(message, bytes) else message)


def is_logged() -> bool:
    """Whether anybody wants to see the messages in the log."""
    return _log.isEnabledFor(logging.DEBUG)


def current_trace() -> dict[str, str] | None:
    """Return the trace context of the caller by OpenTelemetry, where the program uses it."""
    # Not imported here: a program that traces has imported it.
    propagate = sys.modules.get("opentelemetry.propagate")
    if propagate is None:
        return None
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier or None


def wire_trace(context: TraceContext) -> dict[str, str] | None:
    """Return the `trace` member of a request: only what the server can parse, or it would not answer."""
    try:
        trace: object = context()
    except Exception:
        # Whoever cannot trace is to work all the same.
        _log.exception("the trace context could not be read", extra=about())
        return None
    if not isinstance(trace, Mapping):
        return None
    values = cast("Mapping[str, object]", trace)
    parent, state = values.get("traceparent"), values.get("tracestate")
    if not isinstance(parent, str):
        return None
    found = {"traceparent": _with_known_flags(parent)}
    return {**found, "tracestate": state} if isinstance(state, str) else found


def _with_known_flags(traceparent: str) -> str:
    """Keep the one flag that the server knows: with another, such as that of random ids, it ignores the whole."""
    known = re.fullmatch(r"(00-[0-9a-f]{32}-[0-9a-f]{16})-([0-9a-f]{2})", traceparent)
    return f"{known[1]}-{int(known[2], 16) & 1:02x}" if known else traceparent
