"""What Codex asks <-> events that a person answers; pure.

A question may outlive its turn: a context that is written down while it is open keeps it as plain JSON. When such a
context is restored, the turn is gone. The thread goes on in a new turn, which is told the answer; what the model then
asks again in the same words is answered by it, without a second question.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from codex_app_server import DEFER, ApprovalRequest, Elicitation, UserInputRequest, defer_approvals
from llama_index.agent.codex.events import (
    CodexApprovalRequest,
    CodexApprovalResponse,
    CodexElicitation,
    CodexElicitationResponse,
    CodexQuestion,
    CodexQuestionResponse,
)

if TYPE_CHECKING:
    from codex_app_server import Defer

__all__ = [
    "Asked",
    "CoreQuestion",
    "Response",
    "defer",
    "defer_approvals",
    "give",
    "is_same",
    "response_of",
    "told",
    "waiter_of",
]

CoreQuestion: TypeAlias = ApprovalRequest | UserInputRequest | Elicitation
Asked: TypeAlias = CodexApprovalRequest | CodexQuestion | CodexElicitation
Response: TypeAlias = CodexApprovalResponse | CodexQuestionResponse | CodexElicitationResponse

_ASKED: dict[str, type[Asked]] = {
    "approval": CodexApprovalRequest,
    "input": CodexQuestion,
    "elicitation": CodexElicitation,
}
_RESPONSES: dict[type[Asked], type[Response]] = {
    CodexApprovalRequest: CodexApprovalResponse,
    CodexQuestion: CodexQuestionResponse,
    CodexElicitation: CodexElicitationResponse,
}
# Two questions that differ in these only ask for the same.
_INCIDENTAL = {"request_id", "reason", "available_decisions", "current_agent_name"}


async def defer(question: object) -> Defer:  # noqa: ARG001 - the interface of handlers
    """Leave a question of the model or of an MCP server open."""
    return DEFER


class Waiter:
    """A question that waits for a person: its event, and what the answer is recognised by.

    Args:
        event: What goes to the stream.
    """

    def __init__(self, event: Asked) -> None:
        self.event = event
        self.response_type = _RESPONSES[type(event)]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Waiter:
        """Read what `to_json` gave."""
        return cls(_ASKED[data["kind"]].model_validate(data["event"]))

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        (kind,) = (kind for kind, known in _ASKED.items() if type(self.event) is known)
        return {"kind": kind, "event": self.event.model_dump(mode="json")}

    def response(self, data: object) -> Response:
        """Read an answer that was written down."""
        return self.response_type.model_validate({"request_id": self.event.request_id, "response": data})


def waiter_of(question: CoreQuestion, agent_name: str) -> Waiter:
    """Return the event that asks a question of Codex."""
    # Another process counts its questions anew; a turn's id is unique.
    ids = {"request_id": f"{question.turn_id}:{question.id}", "current_agent_name": agent_name}
    if isinstance(question, ApprovalRequest):
        return Waiter(_approval(question, ids))
    if isinstance(question, UserInputRequest):
        # Lists, since that is what is read back.
        entries = [
            {**asdict(entry), "options": [asdict(option) for option in entry.options]}
            for entry in question.questions
        ]
        return Waiter(CodexQuestion(questions=entries, **ids))
    return Waiter(
        CodexElicitation(
            server_name=question.server_name,
            message=question.message,
            mode=question.mode,
            requested_schema=question.schema,
            url=question.url,
            **ids,
        )
    )


def _approval(question: ApprovalRequest, ids: dict[str, str]) -> CodexApprovalRequest:
    return CodexApprovalRequest(
        kind=question.approval_kind,
        reason=question.reason or question.message,
        command=question.command,
        cwd=question.cwd,
        host=question.host,
        changes=[asdict(change) for change in question.changes],
        permissions=question.permissions,
        server_name=question.server_name,
        tool_name=question.tool_name,
        tool_arguments=question.tool_arguments,
        available_decisions=list(question.available_decisions),
        **ids,
    )


def response_of(event: Response) -> Any:
    """Return an answer as plain JSON."""
    return event.model_dump(mode="json")["response"]


def give(question: CoreQuestion, response: Response) -> str | None:
    """Answer a question of Codex; returns why it was declined instead, if the answer does not fit it."""
    if not question.is_open:
        return None
    answer: Any = response.response
    try:
        if isinstance(question, ApprovalRequest):
            question.respond(answer)
        elif isinstance(question, Elicitation) and isinstance(answer, dict):
            question.accept(cast("dict[str, object]", answer))
        elif isinstance(question, UserInputRequest) and answer is not None:
            question.respond(answer)
        elif isinstance(question, Elicitation) and answer == "cancel":
            question.cancel()
        else:
            question.decline()
    except (TypeError, ValueError) as exc:
        question.decline()
        return str(exc)
    return None


def is_same(one: Asked, other: Asked) -> bool:
    """Whether two questions ask for the same thing."""
    return type(one) is type(other) and one.model_dump(exclude=_INCIDENTAL) == other.model_dump(
        exclude=_INCIDENTAL
    )


def told(event: Asked, response: Response) -> str:
    """Return what a model is told of an answer that came after its turn was gone."""
    if isinstance(event, CodexQuestion):
        answers = response.response if isinstance(response.response, dict) else {}
        lines = [f"{entry['question']} {_answer(answers, entry['id'])}" for entry in event.questions]
        return "\n".join(["You were interrupted while you asked the user. The answers came since:", *lines])
    if isinstance(event, CodexElicitation):
        asked = f"{event.server_name} asked the user: {event.message}"
    else:
        subject = event.command or event.host or event.tool_name
        paths = ", ".join(change["path"] for change in event.changes)
        asked = f"you asked the user to allow this ({event.kind}): {subject or paths or event.permissions}"
    return (
        f"You were interrupted while {asked}. It has not been done yet. The answer came since: "
        f"{_decision(response.response)}. Go on accordingly."
    )


def _answer(answers: dict[str, Any], key: str) -> str:
    answer = answers.get(key)
    if answer is None:
        return "(not answered)"
    return answer if isinstance(answer, str) else ", ".join(answer)


def _decision(response: object) -> str:
    if isinstance(response, bool):
        return "accept" if response else "decline"
    return str(response)
