"""A scripted reply as server-sent events of the Responses API.

A plan is an iterator of what the endpoint does next: bytes to send, seconds to wait, a gate to wait at, or the end
of the connection. It does no I/O and knows no clock.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

from codex_app_server.testing._json import as_text, encode
from codex_app_server.testing._schema import json_for_schema
from codex_app_server.testing.parts import (
    Call,
    Conforming,
    CustomCall,
    Cut,
    Fail,
    Hold,
    Incomplete,
    RawItem,
    Reasoning,
    ResponseFailed,
    ScriptError,
    Text,
    Usage,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex_app_server.json_types import JsonObject, JsonValue
    from codex_app_server.testing.gate import Gate
    from codex_app_server.testing.parts import Content, Ending, Reply
    from codex_app_server.testing.request import ModelRequest

# The usual rule of thumb; the figures only have to be stable and not zero.
_CHARS_PER_TOKEN = 4


@dataclass(frozen=True)
class Abort:
    """The connection is cut here."""


Step: TypeAlias = "bytes | float | Gate | Abort"


class _Cut(Exception):  # noqa: N818 - not an error: it carries the end of the stream out of nested generators
    """The delta after which the stream is cut has been sent."""


class Plan:
    """The events of one response.

    Args:
        reply: What the script gave.
        request: The request it answers.

    Raises:
        ScriptError: The reply does not fit the request.
    """

    def __init__(self, reply: Reply, request: ModelRequest) -> None:
        self._request = request
        self._seed = hashlib.sha256(
            encode([request.attempt, request.body], what="the request").encode("utf-8", "surrogatepass")
        ).hexdigest()[:16]
        self._ending: Ending | None = None
        self._usage = Usage()
        self._content: list[Content] = []
        for part in reply.parts:
            if isinstance(part, Usage):
                self._usage = part
            elif isinstance(part, ResponseFailed | Incomplete | Cut):
                self._ending = part
            elif isinstance(part, Conforming):
                self._content.append(self._conforming(part))
            elif not isinstance(part, Fail):
                self._content.append(part)
        self._deltas_left = self._ending.after if isinstance(self._ending, Cut) else None
        self._sequence_number = 0
        self._output: list[JsonObject] = []
        self._output_chars = 0
        self._reasoning_chars = 0

    def __iter__(self) -> Iterator[Step]:
        response: JsonObject = {
            "id": f"resp_{self._seed}",
            "object": "response",
            "created_at": 0,
            "model": self._request.model,
        }
        yield self._event("response.created", response={**response, "status": "in_progress", "output": []})
        try:
            self._spend(0)
            for part in self._content:
                yield from self._part(part)
        except _Cut:
            pass
        yield from self._end(response)

    def _end(self, response: JsonObject) -> Iterator[Step]:
        ending = self._ending
        if isinstance(ending, Cut):
            if not ending.clean:
                yield Abort()
            return
        response = {**response, "output": cast("JsonValue", self._output), "usage": self._usage_figures()}
        if isinstance(ending, ResponseFailed):
            error: JsonObject = {"code": ending.code, "message": ending.message}
            yield self._event("response.failed", response={**response, "status": "failed", "error": error})
        elif isinstance(ending, Incomplete):
            details: JsonObject = {"reason": ending.reason}
            status: JsonObject = {"status": "incomplete", "incomplete_details": details}
            yield self._event("response.incomplete", response={**response, **status})
        else:
            yield self._event("response.completed", response={**response, "status": "completed"})

    def _part(self, part: Content) -> Iterator[Step]:
        if isinstance(part, Hold):
            yield part.gate
        elif isinstance(part, Text):
            yield from self._message(part)
        elif isinstance(part, Reasoning):
            yield from self._reasoning(part)
        elif isinstance(part, Call):
            item: JsonObject = {
                "type": "function_call",
                "id": self._item_id("fc"),
                "call_id": part.call_id or self._call_id(),
                "name": part.name,
                "arguments": part.arguments,
                "status": "completed",
            }
            if part.namespace is not None:
                item["namespace"] = part.namespace
            yield from self._call(item, "arguments", "response.function_call_arguments")
        elif isinstance(part, CustomCall):
            custom: JsonObject = {
                "type": "custom_tool_call",
                "id": self._item_id("ctc"),
                "call_id": part.call_id or self._call_id(),
                "name": part.name,
                "input": part.input,
                "status": "completed",
            }
            yield from self._call(custom, "input", "response.custom_tool_call_input")
        elif isinstance(part, RawItem):
            raw: JsonObject = {"id": self._item_id("item"), **part.item}
            yield self._item_event("added", raw)
            yield self._done(raw)

    def _message(self, part: Text) -> Iterator[Step]:
        item_id = self._item_id("msg")
        item: JsonObject = {"type": "message", "id": item_id, "role": "assistant"}
        if part.phase is not None:
            item["phase"] = part.phase
        place: JsonObject = {"item_id": item_id, "output_index": len(self._output), "content_index": 0}
        yield self._item_event("added", {**item, "status": "in_progress", "content": []})
        yield self._event(
            "response.content_part.added",
            **place,
            part={"type": "output_text", "text": "", "annotations": []},
        )
        yield from self._deltas("response.output_text.delta", place, part.deltas, part.pace_s)
        whole = _joined(part.deltas)
        self._output_chars += len(whole)
        content: JsonObject = {"type": "output_text", "text": whole, "annotations": []}
        yield self._event("response.output_text.done", **place, text=whole)
        yield self._event("response.content_part.done", **place, part=content)
        yield self._done({**item, "status": "completed", "content": [content]})

    def _reasoning(self, part: Reasoning) -> Iterator[Step]:
        item_id = self._item_id("rs")
        item: JsonObject = {"type": "reasoning", "id": item_id}
        yield self._item_event("added", {**item, "summary": [], "content": []})
        summary: list[JsonValue] = []
        content: list[JsonValue] = []
        for index, deltas in enumerate(part.summary):
            place: JsonObject = {
                "item_id": item_id,
                "output_index": len(self._output),
                "summary_index": index,
            }
            yield self._event(
                "response.reasoning_summary_part.added", **place, part={"type": "summary_text", "text": ""}
            )
            yield from self._deltas("response.reasoning_summary_text.delta", place, deltas, part.pace_s)
            whole = _joined(deltas)
            yield self._event("response.reasoning_summary_text.done", **place, text=whole)
            summary.append({"type": "summary_text", "text": whole})
            yield self._event("response.reasoning_summary_part.done", **place, part=summary[-1])
        for index, deltas in enumerate(part.content):
            place = {"item_id": item_id, "output_index": len(self._output), "content_index": index}
            yield from self._deltas("response.reasoning_text.delta", place, deltas, part.pace_s)
            whole = _joined(deltas)
            yield self._event("response.reasoning_text.done", **place, text=whole)
            content.append({"type": "reasoning_text", "text": whole})
        chars = sum(len(_joined(deltas)) for deltas in (*part.summary, *part.content))
        self._output_chars += chars
        self._reasoning_chars += chars
        # Codex keeps a reasoning item in the history only with its sealed content.
        sealed: JsonObject = {"encrypted_content": f"sealed-{item_id}"}
        yield self._done({**item, "summary": summary, "content": content, **sealed})

    def _call(self, item: JsonObject, field: str, event: str) -> Iterator[Step]:
        place: JsonObject = {"item_id": item["id"], "output_index": len(self._output)}
        value = as_text(item[field])
        yield self._item_event("added", {**item, "status": "in_progress", field: ""})
        if value:
            yield self._event(f"{event}.delta", **place, delta=value)
        yield self._event(f"{event}.done", **place, **{field: value})
        self._output_chars += len(value) + len(as_text(item["name"]))
        yield self._done(item)

    def _deltas(
        self, event: str, place: JsonObject, deltas: tuple[str | Hold, ...], pace_s: float
    ) -> Iterator[Step]:
        # The only event that can come by the ten thousand, so all but the delta is encoded once.
        head = f'event: {event}\ndata: {{"type":"{event}",{json.dumps(place, separators=(",", ":"))[1:-1]}'
        for delta in deltas:
            if isinstance(delta, Hold):
                yield delta.gate
                continue
            if pace_s:
                yield pace_s
            number = self._sequence_number
            self._sequence_number += 1
            yield f'{head},"sequence_number":{number},"delta":{json.dumps(delta)}}}\n\n'.encode()
            self._spend(1)

    def _spend(self, count: int) -> None:
        if self._deltas_left is not None:
            self._deltas_left -= count
            if self._deltas_left <= 0:
                raise _Cut

    def _done(self, item: JsonObject) -> bytes:
        event = self._item_event("done", item)
        self._output.append(item)
        return event

    def _item_event(self, which: str, item: JsonObject) -> bytes:
        return self._event(f"response.output_item.{which}", output_index=len(self._output), item=item)

    def _event(self, event: str, **fields: JsonValue) -> bytes:
        data = {"type": event, "sequence_number": self._sequence_number, **fields}
        self._sequence_number += 1
        # ASCII only: a lone surrogate in a script then travels as an escape.
        return f"event: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()

    def _item_id(self, prefix: str) -> str:
        return f"{prefix}_{self._seed}{len(self._output):02d}"

    def _call_id(self) -> str:
        return f"call_{self._seed}_{len(self._output)}"

    def _conforming(self, part: Conforming) -> Text:
        schema = self._request.json_schema
        if schema is None:
            raise ScriptError("conforming() needs a request with an output schema, this one has none")
        value = encode(json_for_schema(schema), what="the instance of the output schema")
        return text(value, pace_s=part.pace_s)

    def _usage_figures(self) -> JsonObject:
        usage = self._usage
        written = _tokens(self._output_chars) if usage.output is None else usage.output
        thought = _tokens(self._reasoning_chars) if usage.reasoning is None else usage.reasoning
        if usage.output is None:
            written = max(written, thought)
        read = usage.input
        if read is None:
            read = _tokens(len(encode(self._request.input, what="the input"))) + (usage.cached or 0)
        return {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": usage.cached or 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": thought},
            "total_tokens": read + written,
        }


def error_body(part: Fail) -> bytes:
    """Return the JSON body of an HTTP error."""
    error = {"message": part.message, "type": part.code or "scripted_error", "code": part.code, "param": None}
    return encode({"error": error}, what="fail()").encode("utf-8", "replace")


def _joined(deltas: tuple[str | Hold, ...]) -> str:
    return "".join(delta for delta in deltas if isinstance(delta, str))


def _tokens(chars: int) -> int:
    return -(-chars // _CHARS_PER_TOKEN)
