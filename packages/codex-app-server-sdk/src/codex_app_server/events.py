"""Normalised events: what happens in a turn, in one form for every consumer.

This is the contract between the core and the adapters. Each notification of a turn becomes exactly
one event, in server order; `method` and `raw` give the notification itself. A stream ends with
one `TurnFinished`, or with an exception. Treat events as immutable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

if TYPE_CHECKING:
    from codex_app_server.approvals import ApprovalRequest
    from codex_app_server.json_types import JsonObject
    from codex_app_server.questions import Elicitation, ToolCall, UserInputRequest
    from codex_app_server.results import TurnResult

__all__ = [
    "ApprovalRequested",
    "ApprovalResolved",
    "DiffUpdated",
    "ElicitationRequested",
    "Event",
    "MessageFinished",
    "MessageStarted",
    "OtherEvent",
    "PlanStep",
    "PlanUpdated",
    "ReasoningDelta",
    "ReasoningFinished",
    "ResponseFinished",
    "SubAgentEvent",
    "TextDelta",
    "ToolCallRequested",
    "ToolFinished",
    "ToolKind",
    "ToolOutputDelta",
    "ToolStarted",
    "TurnFinished",
    "TurnStarted",
    "Usage",
    "UsageUpdated",
    "UserInputRequested",
    "WarningRaised",
]

ToolKind: TypeAlias = Literal[
    "command", "file_change", "mcp", "function", "web_search", "sub_agent", "image", "other"
]
"""What did the work: `function` is a Python tool of this program; `other` is a kind newer than this client."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts, as the server reports them; add and subtract them as you like.

    Attributes:
        input_tokens: Tokens sent to the model, cached ones included.
        cached_input_tokens: The part of them that came from the provider's prompt cache.
        cache_write_input_tokens: The part of them that was written to that cache.
        output_tokens: Tokens that the model produced, reasoning included.
        reasoning_output_tokens: The part of them that was reasoning.
        total_tokens: Input and output together.
    """

    input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_output_tokens: int = 0
    total_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Add two counts, field by field."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.cached_input_tokens + other.cached_input_tokens,
            self.cache_write_input_tokens + other.cache_write_input_tokens,
            self.output_tokens + other.output_tokens,
            self.reasoning_output_tokens + other.reasoning_output_tokens,
            self.total_tokens + other.total_tokens,
        )

    def __sub__(self, other: Usage) -> Usage:
        """Subtract an earlier count, field by field."""
        return Usage(
            self.input_tokens - other.input_tokens,
            self.cached_input_tokens - other.cached_input_tokens,
            self.cache_write_input_tokens - other.cache_write_input_tokens,
            self.output_tokens - other.output_tokens,
            self.reasoning_output_tokens - other.reasoning_output_tokens,
            self.total_tokens - other.total_tokens,
        )


@dataclass(slots=True)
class _Event:
    """What all events share.

    Attributes:
        thread_id: The thread of the turn.
        turn_id: The turn.
        method: The notification, or the server request, that the event stands for.
        raw: Its params, as they came.
    """

    thread_id: str
    turn_id: str
    method: str = field(repr=False)
    raw: JsonObject = field(repr=False)


@dataclass(slots=True)
class TurnStarted(_Event):
    """The server began to work on the turn. Protocol: `turn/started`."""

    kind: ClassVar[Literal["turn_started"]] = "turn_started"


@dataclass(slots=True)
class MessageStarted(_Event):
    """The agent began a message. Protocol: `item/started` with an `agentMessage`.

    Attributes:
        item_id: The message.
        phase: `"commentary"`, `"final_answer"`, another phase, or None when the model gave none.
    """

    item_id: str
    phase: str | None
    kind: ClassVar[Literal["message_started"]] = "message_started"


@dataclass(slots=True)
class TextDelta(_Event):
    """More text of a message of the agent. Protocol: `item/agentMessage/delta`.

    Deltas that nobody has read yet may arrive joined; none is dropped.

    Attributes:
        item_id: The message that the text belongs to.
        text: What was added.
    """

    item_id: str
    text: str
    kind: ClassVar[Literal["text_delta"]] = "text_delta"


@dataclass(slots=True)
class MessageFinished(_Event):
    """A message of the agent is complete. Protocol: `item/completed` with an `agentMessage`.

    Attributes:
        item_id: The message.
        text: All of it.
        phase: As in `MessageStarted`.
    """

    item_id: str
    text: str
    phase: str | None
    kind: ClassVar[Literal["message_finished"]] = "message_finished"


@dataclass(slots=True)
class ReasoningDelta(_Event):
    """More reasoning. Protocol: `item/reasoning/summaryTextDelta` and `item/reasoning/textDelta`.

    Attributes:
        item_id: The reasoning item.
        text: What was added.
        is_summary: Whether it belongs to the summary, or to the raw reasoning.
        part_index: Which part of the summary or of the raw reasoning it belongs to.
    """

    item_id: str
    text: str
    is_summary: bool
    part_index: int
    kind: ClassVar[Literal["reasoning_delta"]] = "reasoning_delta"


@dataclass(slots=True)
class ReasoningFinished(_Event):
    """A reasoning item is complete. Protocol: `item/completed` with a `reasoning` item.

    Attributes:
        item_id: The reasoning item.
        summary: The parts of its summary.
        content: The parts of the raw reasoning, where the model shows it.
    """

    item_id: str
    summary: tuple[str, ...]
    content: tuple[str, ...]
    kind: ClassVar[Literal["reasoning_finished"]] = "reasoning_finished"


@dataclass(slots=True)
class ToolStarted(_Event):
    """A command, file change, MCP tool, Python tool, web search or the like began. Protocol: `item/started`.

    Attributes:
        item_id: The item; the matching `ToolFinished` has the same.
        tool_kind: What does the work.
        name: A stable name: `command_execution`, `file_change`, `web_search`, `<server>.<tool>` for
            MCP, the tool's own name for Python tools, else the item type in snake_case.
        arguments: What it was given.
    """

    item_id: str
    tool_kind: ToolKind
    name: str
    arguments: JsonObject
    kind: ClassVar[Literal["tool_started"]] = "tool_started"


@dataclass(slots=True)
class ToolOutputDelta(_Event):
    """Output of a tool while it runs. Short commands send none: `ToolFinished.output` is complete.

    Protocol: `item/commandExecution/outputDelta`, `item/fileChange/outputDelta`, `item/mcpToolCall/progress`.

    Attributes:
        item_id: The item that runs.
        text: What was added.
    """

    item_id: str
    text: str
    kind: ClassVar[Literal["tool_output_delta"]] = "tool_output_delta"


@dataclass(slots=True)
class ToolFinished(_Event):
    """A tool ended. Protocol: `item/completed`.

    Attributes:
        item_id: The item.
        tool_kind: What did the work.
        name: As in `ToolStarted`.
        arguments: As in `ToolStarted`.
        status: `"completed"`, `"failed"`, `"declined"`, or another word of the server's.
        output: All of its output as text: stdout and stderr of a command, the diffs of a file
            change, the text of a tool's result.
        is_error: Whether it failed or was declined.
        exit_code: Of a command that ended by itself.
        duration_ms: As the server measured it, in milliseconds.
    """

    item_id: str
    tool_kind: ToolKind
    name: str
    arguments: JsonObject
    status: str
    output: str
    is_error: bool
    exit_code: int | None
    duration_ms: int | None
    kind: ClassVar[Literal["tool_finished"]] = "tool_finished"


@dataclass(slots=True)
class ToolCallRequested(_Event):
    """The model calls a tool of this program and the turn waits for `call`. Protocol: `item/tool/call`.

    Attributes:
        call: The call; answer it with `call.respond(...)` or `call.fail(...)`, from anywhere.
    """

    call: ToolCall
    kind: ClassVar[Literal["tool_call_requested"]] = "tool_call_requested"


@dataclass(slots=True)
class ApprovalRequested(_Event):
    """The server asks whether it may do something. Protocol: the `requestApproval` server requests.

    Attributes:
        request: What is asked. A handler answers it, or it was declined since there is none; with
            `defer_approvals` as handler, answer it with `request.respond(...)`, from anywhere.
    """

    request: ApprovalRequest
    kind: ClassVar[Literal["approval_requested"]] = "approval_requested"


@dataclass(slots=True)
class UserInputRequested(_Event):
    """The model asks the user something. Protocol: `item/tool/requestUserInput`.

    Attributes:
        request: What is asked; answer it with `request.respond(...)`, unless a handler does.
    """

    request: UserInputRequest
    kind: ClassVar[Literal["user_input_requested"]] = "user_input_requested"


@dataclass(slots=True)
class ElicitationRequested(_Event):
    """An MCP server asks the user something. Protocol: `mcpServer/elicitation/request`.

    Attributes:
        request: What is asked; answer it with `request.accept(...)`, unless a handler does.
    """

    request: Elicitation
    kind: ClassVar[Literal["elicitation_requested"]] = "elicitation_requested"


@dataclass(slots=True)
class ResponseFinished(_Event):
    """A response of the model is complete; `calls` are its calls of tools of this program.

    It comes only for threads with raw events, and before the server asks for all of the results: servers
    up to 0.163 ask for one after the other. The calls can be answered at once, in any order.
    Protocol: `rawResponse/completed`.

    Attributes:
        response_id: Id of the response, of the model provider.
        usage: Tokens of this model request; None where the provider does not tell.
        calls: The calls, in the order in which the model wrote them; may be empty.
    """

    response_id: str | None
    usage: Usage | None
    calls: tuple[ToolCall, ...]
    kind: ClassVar[Literal["response_finished"]] = "response_finished"


@dataclass(slots=True)
class ApprovalResolved(_Event):
    """A question of the server is settled. Protocol: `serverRequest/resolved`.

    Attributes:
        request_id: Id of the server request.
    """

    request_id: str | int
    kind: ClassVar[Literal["approval_resolved"]] = "approval_resolved"


@dataclass(slots=True)
class PlanStep:
    """A step of the agent's plan.

    Attributes:
        step: What is to be done.
        status: `"pending"`, `"inProgress"`, `"completed"`, or another word of the server's.
    """

    step: str
    status: str


@dataclass(slots=True)
class PlanUpdated(_Event):
    """The agent wrote or changed its plan. Protocol: `turn/plan/updated`.

    Attributes:
        explanation: Why it changed, if the agent said so.
        steps: The whole plan.
    """

    explanation: str | None
    steps: tuple[PlanStep, ...]
    kind: ClassVar[Literal["plan_updated"]] = "plan_updated"


@dataclass(slots=True)
class DiffUpdated(_Event):
    """The files changed by the turn so far. Protocol: `turn/diff/updated`.

    Attributes:
        diff: The whole turn's diff, in git's format.
    """

    diff: str
    kind: ClassVar[Literal["diff_updated"]] = "diff_updated"


@dataclass(slots=True)
class UsageUpdated(_Event):
    """Token usage after a model request. Protocol: `thread/tokenUsage/updated`.

    Attributes:
        last: What was used since the last time; the usage of a turn is the sum of these. Where the server tells an
            old count again, as it does for a request that was cut off, it is zero; `raw` has the server's own.
        total: Usage of the thread so far, as the server counts it.
        context_window: Size of the model's context in tokens, where known.
    """

    last: Usage
    total: Usage
    context_window: int | None
    kind: ClassVar[Literal["usage_updated"]] = "usage_updated"


@dataclass(slots=True)
class WarningRaised(_Event):
    """The server warns, or a model request failed. Protocol: `warning`, `error`.

    Attributes:
        message: What happened, in the server's words.
        will_retry: True when the server sends the model request again by itself.
    """

    message: str
    will_retry: bool
    kind: ClassVar[Literal["warning_raised"]] = "warning_raised"


@dataclass(slots=True)
class TurnFinished(_Event):
    """The turn ended; nothing follows. Protocol: `turn/completed`.

    Attributes:
        result: Status, final text, items, usage.
    """

    result: TurnResult
    kind: ClassVar[Literal["turn_finished"]] = "turn_finished"


@dataclass(slots=True)
class SubAgentEvent(_Event):
    """Something happened in a sub-agent that works for the turn, in a thread of its own.

    It comes only to readers who ask for it (`turn.events(sub_agents=True)`), and until the turn itself ends:
    a sub-agent may work on after that. Its usage, plan and messages are not those of the turn, and are not in
    its result.

    Attributes:
        event: What happened; its `thread_id` and `turn_id` are those of the sub-agent. The first one of a turn
            of a sub-agent is `TurnStarted`, and `TurnFinished` the last.
    """

    event: Event
    kind: ClassVar[Literal["sub_agent"]] = "sub_agent"


@dataclass(slots=True)
class OtherEvent(_Event):
    """A notification without a neutral form, or newer than this client: passed through as it came."""

    method: str
    kind: ClassVar[Literal["other"]] = "other"


Event: TypeAlias = (
    TurnStarted
    | MessageStarted
    | TextDelta
    | MessageFinished
    | ReasoningDelta
    | ReasoningFinished
    | ToolStarted
    | ToolOutputDelta
    | ToolFinished
    | ToolCallRequested
    | ResponseFinished
    | ApprovalRequested
    | UserInputRequested
    | ElicitationRequested
    | ApprovalResolved
    | PlanUpdated
    | DiffUpdated
    | UsageUpdated
    | WarningRaised
    | SubAgentEvent
    | TurnFinished
    | OtherEvent
)
"""Every event of a turn."""
