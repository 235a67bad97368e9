"""What the server asks back during a turn: tool calls and approvals, and the answers to them.

Every server request is answered exactly once on every path. Without somebody who decides, an
approval is declined; a request that this client does not know gets a JSON-RPC error.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from codex_app_server.errors import LocalProtocolError
from codex_app_server.inputs import ImageInput, TextInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import Self

    from codex_app_server.json_types import JsonObject

__all__ = ["ApprovalKind", "ApprovalRequest", "ToolCall", "ToolContent", "approval_kind", "default_answer"]

ApprovalKind: TypeAlias = Literal["command", "file_change", "permissions"]
"""What an approval is about."""

ToolContent: TypeAlias = str | TextInput | ImageInput
"""One part of a tool's result."""

_APPROVALS: dict[str, ApprovalKind] = {
    "item/commandExecution/requestApproval": "command",
    "item/fileChange/requestApproval": "file_change",
    "item/permissions/requestApproval": "permissions",
    "execCommandApproval": "command",
    "applyPatchApproval": "file_change",
}


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """What the server asked to be allowed, and how it was answered.

    Attributes:
        request_id: Id of the server request.
        approval_kind: What it is about.
        item_id: The command or file change that waits.
        command: The command line, for a command.
        cwd: Where it would run, for a command.
        reason: Why the model wants it, if it said so.
        decision: The answer that was given.
    """

    request_id: str | int
    approval_kind: ApprovalKind
    item_id: str | None
    command: str | None
    cwd: str | None
    reason: str | None
    decision: str
    raw: JsonObject = field(repr=False)

    @classmethod
    def from_wire(
        cls, request_id: str | int, kind: ApprovalKind, params: JsonObject, *, decision: str = "decline"
    ) -> Self:
        """Read the params of an approval request."""
        command: object = params.get("command")
        return cls(
            request_id=request_id,
            approval_kind=kind,
            item_id=params.get("itemId") or params.get("callId"),
            command=" ".join(cast("list[str]", command))
            if isinstance(command, list)
            else cast("str | None", command),
            cwd=params.get("cwd"),
            reason=params.get("reason"),
            decision=decision,
            raw=params,
        )


def approval_kind(method: str) -> ApprovalKind | None:
    """Return what an approval request is about; None when the method is no approval request."""
    return _APPROVALS.get(method)


def default_answer(method: str) -> JsonObject | None:
    """Return the answer that allows nothing; None when there is no such answer but an error.

    Protocol: `item/*/requestApproval`, `mcpServer/elicitation/request`, `execCommandApproval`,
    `applyPatchApproval`.
    """
    if method in {"item/commandExecution/requestApproval", "item/fileChange/requestApproval"}:
        return {"decision": "decline"}
    if method == "item/permissions/requestApproval":
        return {"permissions": {}, "scope": "turn"}
    if method in {"execCommandApproval", "applyPatchApproval"}:
        return {"decision": "denied"}
    if method == "mcpServer/elicitation/request":
        return {"action": "decline", "content": None}
    return None


class ToolCall:
    """A call of a tool of this program by the model; the turn waits until it is answered.

    It may be answered from any OS thread or event loop, and much later: the server sets no limit.

    Attributes:
        call_id: Id of the call, unique in the turn.
        name: The tool.
        namespace: The namespace that it was declared in, if any.
        arguments: As the model wrote them; the server does not validate them.
        thread_id: The thread.
        turn_id: The turn.
    """

    __slots__ = (
        "_answer",
        "_lock",
        "_state",
        "arguments",
        "call_id",
        "name",
        "namespace",
        "thread_id",
        "turn_id",
    )

    def __init__(self, params: JsonObject, answer: Callable[[JsonObject], None]) -> None:
        self.call_id: str = params["callId"]
        self.name: str = params["tool"]
        self.namespace: str | None = params.get("namespace")
        self.arguments: object = params.get("arguments")
        self.thread_id: str = params["threadId"]
        self.turn_id: str = params["turnId"]
        self._answer = answer
        self._lock = threading.Lock()
        self._state: Literal["open", "answered", "ended"] = "open"

    def __repr__(self) -> str:
        return f"ToolCall(call_id={self.call_id!r}, name={self.name!r}, {self._state})"

    @property
    def is_open(self) -> bool:
        """Whether the turn still waits for the answer."""
        return self._state == "open"

    def respond(self, content: ToolContent | Sequence[ToolContent], *, is_error: bool = False) -> bool:
        """Answer the call.

        Args:
            content: What the model gets to see: text, images as `data:` URLs, or several of them.
            is_error: Marks the tool's item as failed; the model sees only the content.

        Returns:
            False when the turn had already ended: the answer was then not needed.

        Raises:
            LocalProtocolError: The call was answered before.
            TypeError: The content is neither text nor an image.
        """
        parts = [content] if isinstance(content, (str, TextInput, ImageInput)) else content
        answer: JsonObject = {
            "contentItems": [_content_to_wire(part) for part in parts],
            "success": not is_error,
        }
        with self._lock:
            if self._state == "answered":
                raise LocalProtocolError(
                    f"the call {self.call_id!r} of tool {self.name!r} was answered before"
                )
            if self._state == "ended":
                return False
            self._state = "answered"
        self._answer(answer)
        return True

    def fail(self, message: str) -> bool:
        """Answer that the tool failed; the model sees `message`. Otherwise as `respond`."""
        return self.respond(message, is_error=True)

    def end(self) -> bool:
        """Close the call without an answer of this program, for the engine; whether it was open."""
        with self._lock:
            if self._state != "open":
                return False
            self._state = "ended"
            return True


def _content_to_wire(part: object) -> JsonObject:
    if isinstance(part, str):
        return {"type": "inputText", "text": part}
    if isinstance(part, TextInput):
        return {"type": "inputText", "text": part.text}
    if isinstance(part, ImageInput):
        return {"type": "inputImage", "imageUrl": part.url}
    raise TypeError(f"a tool's result is text or images, not {type(part).__name__!r}")
