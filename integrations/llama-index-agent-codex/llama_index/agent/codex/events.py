"""Events that LlamaIndex has no word for; they stand on the stream beside its own and may be ignored."""

from workflows.events import Event

__all__ = ["CodexDiff", "CodexNotice", "CodexPlan", "CodexToolOutput"]


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
