"""Events that LlamaIndex has no word for: what Codex tells beside the answer, and what it asks.

The first stand on the stream beside LlamaIndex's own and may be ignored. The questions come with `human_input=True`
only; each is answered by an event of the class that its `answer` returns.
"""

from __future__ import annotations

from typing import Any, Literal

from codex_app_server import (
    AcceptWithRule,  # noqa: TC002 - read by pydantic
    GrantPermissions,  # noqa: TC002
    NetworkRule,  # noqa: TC002
)
from llama_index.core.bridge.pydantic import Field
from workflows.events import Event, HumanResponseEvent, InputRequiredEvent

__all__ = [
    "CodexApprovalRequest",
    "CodexApprovalResponse",
    "CodexDiff",
    "CodexElicitation",
    "CodexElicitationResponse",
    "CodexNotice",
    "CodexPlan",
    "CodexQuestion",
    "CodexQuestionResponse",
    "CodexToolOutput",
]


class CodexToolOutput(Event):
    """Output of a command or file change while it runs.

    Attributes:
        tool_id: The `ToolCall` that it belongs to.
        delta: What was added.
        current_agent_name: The agent.
    """

    tool_id: str
    delta: str
    current_agent_name: str


class CodexPlan(Event):
    """The agent wrote or changed its plan.

    Attributes:
        steps: All steps in order, each with `step` and `status`.
        explanation: Why it changed, if the agent said so.
        current_agent_name: The agent.
    """

    steps: list[dict[str, str]]
    explanation: str | None = None
    current_agent_name: str


class CodexDiff(Event):
    """The files that the turn has changed so far.

    Attributes:
        diff: All changes, in git's format.
        current_agent_name: The agent.
    """

    diff: str
    current_agent_name: str


class CodexNotice(Event):
    """Something that a user may want to know: a retry, an approval that was declined, a lost thread.

    Attributes:
        message: What happened.
        current_agent_name: The agent.
    """

    message: str
    current_agent_name: str


class CodexApprovalResponse(HumanResponseEvent):
    """The answer to a `CodexApprovalRequest`.

    Attributes:
        request_id: Which one is answered.
        response: True or `"accept"` allows it once, False or `"decline"` refuses it; `"accept_for_session"` and
            `"accept_always"` (tools of MCP servers) allow it from now on, `"cancel"` refuses it and ends the
            turn. Some kinds take a rule of `codex_app_server` as well.
    """

    request_id: str
    response: (
        bool
        | Literal["accept", "accept_for_session", "accept_always", "decline", "cancel"]
        | AcceptWithRule
        | NetworkRule
        | GrantPermissions
    )


class CodexApprovalRequest(InputRequiredEvent):
    """Codex asks whether it may do something; the turn waits for a `CodexApprovalResponse`.

    Attributes:
        request_id: Goes into the response.
        kind: `"command"`, `"file_change"`, `"permissions"`, `"network"` or `"mcp_tool"`. What follows is None or
            empty for other kinds.
        reason: Why the model wants it, if it said so.
        command: The command line.
        cwd: Where it would run.
        host: The host to be reached.
        changes: The changes of files: `path`, `kind`, `diff`, `move_path`.
        permissions: What is wanted, in the words of the protocol.
        server_name: The MCP server.
        tool_name: Its tool.
        tool_arguments: What the tool would get.
        available_decisions: What the server offers, in the words of the protocol.
        current_agent_name: The agent.
    """

    request_id: str
    kind: str
    reason: str | None = None
    command: str | None = None
    cwd: str | None = None
    host: str | None = None
    changes: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    permissions: dict[str, Any] = Field(default_factory=dict)
    server_name: str | None = None
    tool_name: str | None = None
    tool_arguments: dict[str, Any] = Field(default_factory=dict)
    available_decisions: list[Any] = Field(default_factory=list)
    current_agent_name: str

    def answer(self, response: object) -> CodexApprovalResponse:
        """Return the event that answers, for `handler.ctx.send_event`; see `CodexApprovalResponse`.

        Raises:
            ValidationError: That is no decision.
        """
        return CodexApprovalResponse.model_validate({"request_id": self.request_id, "response": response})


class CodexQuestionResponse(HumanResponseEvent):
    """The answer to a `CodexQuestion`.

    Attributes:
        request_id: Which one is answered.
        response: An answer, or several, by the id of the question; None says that nobody answers.
    """

    request_id: str
    response: dict[str, str | list[str]] | None


class CodexQuestion(InputRequiredEvent):
    """The model asks the user something; the turn waits for a `CodexQuestionResponse`.

    Attributes:
        request_id: Goes into the response.
        questions: Each with `id`, `header`, `question`, `options` (`label`, `description`), `is_other` (whether
            another answer is welcome) and `is_secret`.
        current_agent_name: The agent.
    """

    request_id: str
    questions: list[dict[str, Any]]
    current_agent_name: str

    def answer(self, response: object) -> CodexQuestionResponse:
        """Return the event that answers, for `handler.ctx.send_event`; see `CodexQuestionResponse`.

        Raises:
            ValidationError: That is no answer.
        """
        return CodexQuestionResponse.model_validate({"request_id": self.request_id, "response": response})


class CodexElicitationResponse(HumanResponseEvent):
    """The answer to a `CodexElicitation`.

    Attributes:
        request_id: Which one is answered.
        response: The object that was asked for (an empty one for a URL that was opened), `"decline"` or `"cancel"`.
    """

    request_id: str
    response: dict[str, Any] | Literal["decline", "cancel"]


class CodexElicitation(InputRequiredEvent):
    """An MCP server asks the user something; the turn waits for a `CodexElicitationResponse`.

    Attributes:
        request_id: Goes into the response.
        server_name: The MCP server.
        message: What it asks.
        mode: `"form"`: an object that fits `requested_schema` is wanted; `"url"`: the user is to open `url`.
        requested_schema: JSON schema of the wanted object.
        url: What to open.
        current_agent_name: The agent.
    """

    request_id: str
    server_name: str
    message: str
    mode: str = "form"
    requested_schema: dict[str, Any] = Field(default_factory=dict)
    url: str | None = None
    current_agent_name: str

    def answer(self, response: object) -> CodexElicitationResponse:
        """Return the event that answers, for `handler.ctx.send_event`; see `CodexElicitationResponse`.

        Raises:
            ValidationError: That is no answer.
        """
        return CodexElicitationResponse.model_validate({"request_id": self.request_id, "response": response})
