"""ModelRequest: one request of codex to the model, read the way a script wants to see it.

Everything is derived from the request itself. What codex puts into `input` was looked up on the true binary: base
instructions and rules come as developer messages, the environment as a user message, then the history.
"""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from codex_app_server.testing._json import as_list, as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codex_app_server.json_types import JsonObject, JsonValue

# User messages that codex writes itself: every text part of such a message is one of these elements.
_INJECTED = re.compile(
    r"<(environment_context|user_instructions|turn_aborted|skill|user_shell_command|subagent_notification"
    r"|codex_internal_context|current_time_reminder|context_window_reminder|model_switch|external_\w+)\b.*</\1>"
    r"|\s*# AGENTS\.md instructions.*</INSTRUCTIONS>",
    re.DOTALL,
)
_IMAGE_LABEL = re.compile(r"<image name=[^>]*>|</image>")
# An id that this kit made itself, of a call or of an item: the middle says which response it belongs to.
_OWN_ID = re.compile(r"[a-z]+_([0-9a-f]{16})(?:_\d+|\d\d+)")
_SECRET_HEADERS = frozenset({"authorization", "cookie", "x-api-key", "proxy-authorization"})


class Headers(dict[str, str]):
    """HTTP headers by lower-case name; secrets are left out of the representation."""

    def __repr__(self) -> str:
        return repr(
            {name: "[redacted]" if name in _SECRET_HEADERS else value for name, value in self.items()}
        )


class Exchange:
    """What became of a request; filled in by the endpoint, read by tests."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self.status: int | None = None
        self.finished = False
        self.disconnected = False
        self.error: BaseException | None = None

    def end(self) -> None:
        """Mark that nothing more is sent."""
        self._ended.set()

    def wait(self, timeout_s: float) -> bool:
        """Block until `end` was called; False if that took longer."""
        return self._ended.wait(timeout_s)


@dataclass(frozen=True, eq=False)
class ModelRequest:
    """One request for a response of the model.

    Attributes:
        number: Its place in the order of arrival, from 0.
        attempt: How many requests with the same thread, turn and input came before: 0 for the first one, 1 for
            the first retry.
        headers: HTTP headers by lower-case name.
        body: The JSON body as it came.
        received_at_s: When it came, on the clock of `time.monotonic`.
        exchange: What became of it; `finished` and `disconnected` are the short way.
    """

    number: int
    attempt: int
    headers: Headers = field(repr=False)
    body: JsonObject = field(repr=False)
    received_at_s: float = field(default_factory=time.monotonic, repr=False)
    exchange: Exchange = field(default_factory=Exchange, repr=False)

    def __repr__(self) -> str:
        return (
            f"ModelRequest(number={self.number}, step={self.step}, attempt={self.attempt}, "
            f"last_user_text={self.last_user_text[:80]!r}, thread_id={self.thread_id!r})"
        )

    @property
    def model(self) -> str:
        """The model asked for."""
        return as_text(self.body.get("model"))

    @cached_property
    def input(self) -> list[JsonObject]:
        """The input items."""
        return [item for item in as_list(self.body.get("input")) if isinstance(item, dict)]

    @cached_property
    def tools(self) -> list[JsonObject]:
        """The tools offered, wherever in the request they stand."""
        tools = as_list(self.body.get("tools"))
        for item in self.input:
            # Models with "code mode" get their tools as an input item.
            if item.get("type") == "additional_tools":
                tools = [*tools, *as_list(item.get("tools"))]
        return [tool for tool in tools if isinstance(tool, dict)]

    @cached_property
    def instructions(self) -> str:
        """The text of all instructions and developer messages, in order."""
        texts = [as_text(self.body.get("instructions"))]
        texts += [_message_text(item) for item in self.input if item.get("role") in {"developer", "system"}]
        return "\n\n".join(text for text in texts if text)

    @cached_property
    def user_texts(self) -> list[str]:
        """The texts of the messages of the user, oldest first, without those that codex writes itself."""
        return [_message_text(item) for item in self.input if _is_users_own(item)]

    @property
    def last_user_text(self) -> str:
        """The text of the last message of the user, empty if there is none."""
        return self.user_texts[-1] if self.user_texts else ""

    @cached_property
    def since_last_user(self) -> list[JsonObject]:
        """The input items after the last message of the user."""
        for index in range(len(self.input) - 1, -1, -1):
            if _is_users_own(self.input[index]):
                return self.input[index + 1 :]
        return self.input

    @cached_property
    def tool_outputs(self) -> dict[str, JsonValue]:
        """The outputs of tools since the last message of the user, by call id; text or a list of content."""
        return {
            as_text(item.get("call_id")): item.get("output")
            for item in self.since_last_user
            if as_text(item.get("type")).endswith("_call_output")
        }

    @cached_property
    def step(self) -> int:
        """How many responses of the model stand in `input` after the last message of the user."""
        return count_responses(self.since_last_user)

    @cached_property
    def json_schema(self) -> JsonValue:
        """The schema of the output that is asked for, None if none is."""
        output_format = as_object(as_object(self.body.get("text")).get("format"))
        return output_format.get("schema") if output_format.get("type") == "json_schema" else None

    @property
    def thread_id(self) -> str | None:
        """The thread that the request belongs to."""
        return (
            as_text(self._metadata.get("thread_id"))
            or self.headers.get("thread-id")
            or as_text(self.body.get("prompt_cache_key"))
            or None
        )

    @property
    def turn_id(self) -> str | None:
        """The turn that the request belongs to."""
        return as_text(self._metadata.get("turn_id")) or None

    @property
    def finished(self) -> bool:
        """Whether everything that the script says was sent."""
        return self.exchange.finished

    @property
    def disconnected(self) -> bool:
        """Whether codex dropped the stream before its end."""
        return self.exchange.disconnected

    def wait_ended(self, timeout_s: float = 10.0) -> None:
        """Block until nothing more is sent: the stream was finished, cut or dropped.

        Raises:
            TimeoutError: It still runs after that many seconds.
        """
        if not self.exchange.wait(timeout_s):
            message = f"{self!r} has not ended within {timeout_s} s"
            raise TimeoutError(message)

    @cached_property
    def _metadata(self) -> JsonObject:
        metadata = as_object(self.body.get("client_metadata"))
        if "thread_id" in metadata:
            return metadata
        try:
            return as_object(json.loads(self.headers.get("x-codex-turn-metadata", "{}")))
        except ValueError:
            return metadata


def count_responses(items: Iterable[JsonObject]) -> int:
    """Return how many responses of the model `items` hold.

    Items follow one another within a response, and an output of a tool ends it. Where ids were made by this kit they
    decide instead: items of one response belong together even if outputs stand between them.
    """
    count = 0
    tag: str | None = None
    inside = False
    for item in items:
        kind = as_text(item.get("type"))
        if kind.endswith("_output"):
            inside = False
            continue
        if item.get("role") in {"user", "developer", "system"} or kind == "additional_tools":
            continue
        own_tag = _own_tag(item)
        if own_tag is not None and own_tag == tag:
            inside = True
            continue
        if not inside or (own_tag is not None and tag is not None):
            count += 1
            tag = None
        inside = True
        tag = own_tag or tag
    return count


def _own_tag(item: JsonObject) -> str | None:
    for key in ("call_id", "id"):
        found = _OWN_ID.fullmatch(as_text(item.get(key)))
        if found:
            return found.group(1)
    return None


def _is_users_own(item: JsonObject) -> bool:
    if item.get("role") != "user":
        return False
    texts = _texts(item)
    has_more = len(as_list(item.get("content"))) > len(texts)
    return has_more or not texts or not all(_INJECTED.fullmatch(text.strip()) for text in texts)


def _message_text(item: JsonObject) -> str:
    return "\n".join(
        text
        for text in _texts(item)
        if not _IMAGE_LABEL.fullmatch(text) and not _INJECTED.fullmatch(text.strip())
    )


def _texts(item: JsonObject) -> list[str]:
    content = item.get("content")
    if isinstance(content, str):
        return [content]
    parts = [as_object(part) for part in as_list(content)]
    return [as_text(part.get("text")) for part in parts if "text" in part]
