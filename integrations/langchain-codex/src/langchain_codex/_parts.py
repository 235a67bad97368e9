"""Parts of an answer to message chunks: plain text with the rest beside it, or content blocks. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages.ai import UsageMetadata

__all__ = [
    "CallPart",
    "Part",
    "PartWriter",
    "Spacing",
    "TextKind",
    "TextPart",
    "add_aside",
    "invalid_call",
    "is_text",
]

TextKind: TypeAlias = Literal["text", "reasoning", "commentary"]
_KEYS: dict[str, str] = {"reasoning": "reasoning_content", "commentary": "commentary"}
_GAP = "\n\n"


@dataclass(frozen=True)
class TextPart:
    """Text of some kind.

    Attributes:
        kind: What it is.
        text: What is added.
        key: Tells the sections of reasoning and commentary apart, between which there is an empty line.
    """

    kind: TextKind
    text: str
    key: object = None


@dataclass(frozen=True)
class CallPart:
    """A call of a tool of this program.

    Attributes:
        call_id: Its id.
        name: The tool's name in LangChain.
        arguments: JSON text.
        is_valid: Whether that is an object.
    """

    call_id: str
    name: str
    arguments: str
    is_valid: bool


Part: TypeAlias = "TextPart | CallPart | dict[str, Any]"
"""Part of an answer; a mapping is a content block as it is."""


def is_text(part: Part) -> bool:
    """Whether a part is text of the answer itself."""
    return isinstance(part, TextPart) and part.kind == "text"


def invalid_call(part: CallPart) -> dict[str, Any]:
    """Return the block of a call that cannot be run."""
    return {
        "type": "invalid_tool_call",
        "id": part.call_id,
        "name": part.name,
        "args": part.arguments,
        "error": "the arguments are no JSON object",
    }


class Spacing:
    """Puts an empty line between two sections of reasoning, and of commentary."""

    def __init__(self) -> None:
        self._keys: dict[TextKind, object] = {}

    def begun(self, part: TextPart) -> str:
        """Return the text of a part that is the first of its block."""
        self._keys[part.kind] = part.key
        return part.text

    def spaced(self, part: TextPart) -> str:
        """Return the text of a part that comes after others of its kind, if there were any."""
        is_other = part.kind in self._keys and self._keys[part.kind] != part.key
        text = self.begun(part)
        return _GAP + text if is_other else text


class PartWriter:
    """Writes the chunks of one answer.

    Args:
        has_blocks: Whether content is a list of blocks, and not text.
        is_v1: Whether those are the blocks of `output_version="v1"`, with the calls among them.
    """

    def __init__(self, *, has_blocks: bool, is_v1: bool) -> None:
        self._has_blocks = has_blocks
        self._is_v1 = is_v1
        self._spacing = Spacing()
        # Equal indexes make LangChain join what stands in several chunks.
        self._index = -1
        self._open: str | None = None

    def chunk(
        self,
        parts: Sequence[Part],
        *,
        usage_metadata: UsageMetadata | None = None,
        response_metadata: dict[str, Any] | None = None,
        chunk_position: Literal["last"] | None = None,
    ) -> AIMessageChunk:
        """Return a chunk with these parts."""
        texts: list[str] = []
        blocks: list[str | dict[str, Any]] = []
        asides: dict[str, Any] = {}
        calls: list[Any] = []
        for part in parts:
            match part:
                case TextPart("commentary") as aside:
                    add_aside(asides, aside, self._spacing.spaced(aside))
                case TextPart("reasoning") as aside if not self._has_blocks:
                    add_aside(asides, aside, self._spacing.spaced(aside))
                case TextPart() if self._has_blocks:
                    self._add_text(blocks, part)
                case TextPart():
                    texts.append(part.text)
                case CallPart():
                    self._add_call(blocks, calls, part)
                case block:
                    blocks.append({**block, "index": self._next(None)})
        metadata = {**(response_metadata or {})}
        if self._is_v1:
            metadata["output_version"] = "v1"
        return AIMessageChunk(
            content=blocks if self._has_blocks else "".join(texts),
            additional_kwargs=asides,
            tool_call_chunks=calls,
            response_metadata=metadata,
            usage_metadata=usage_metadata,
            chunk_position=chunk_position,
        )

    def _add_text(self, blocks: list[str | dict[str, Any]], part: TextPart) -> None:
        is_new = self._open != part.kind
        text = self._spacing.begun(part) if is_new else self._spacing.spaced(part)
        index = self._next(part.kind) if is_new else self._index
        last = blocks[-1] if blocks else None
        if isinstance(last, dict) and last.get("index") == index:
            last[part.kind] += text
        else:
            blocks.append({"type": part.kind, part.kind: text, "index": index})

    def _add_call(self, blocks: list[str | dict[str, Any]], calls: list[Any], part: CallPart) -> None:
        index = self._next(None)
        calls.append(tool_call_chunk(name=part.name, args=part.arguments, id=part.call_id, index=index))
        if not self._is_v1:
            return
        if part.is_valid:
            block = {"id": part.call_id, "name": part.name, "args": part.arguments}
            blocks.append({"type": "tool_call_chunk", **block, "index": index})
        else:
            blocks.append({**invalid_call(part), "index": index})

    def _next(self, kind: str | None) -> int:
        self._index += 1
        self._open = kind
        return self._index


def add_aside(asides: dict[str, Any], part: TextPart, text: str) -> None:
    """Add text to what stands beside the content of a message."""
    key = _KEYS[part.kind]
    asides[key] = asides.get(key, "") + text
