"""What a turn is given on this side of the connection: who answers its questions, where, with which tools."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from codex_app_server._engine.callers import Caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex_app_server._engine.observing import TurnObserver
    from codex_app_server.approvals import ApprovalHandler
    from codex_app_server.output import OutputSpec
    from codex_app_server.questions import ElicitationHandler, RequestHandler, UserInputHandler
    from codex_app_server.tools import Tool

    ToolKey = tuple[str | None, str]

__all__ = ["NO_HANDLERS", "Handlers", "TurnSetup"]


def _nobody() -> Caller:
    return Caller(uses_loop=False, keeps_context=False)


@dataclass(frozen=True, slots=True)
class Handlers:
    """Who answers the questions of the server; None where nobody was named.

    Attributes:
        approval: Decides on approvals.
        user_input: Answers questions of the model.
        elicitation: Answers questions of MCP servers.
        request: Answers what has no form of its own.
    """

    approval: ApprovalHandler | None = None
    user_input: UserInputHandler | None = None
    elicitation: ElicitationHandler | None = None
    request: RequestHandler | None = None

    def __post_init__(self) -> None:
        for name, handler in (
            ("approval_handler", self.approval),
            ("user_input_handler", self.user_input),
            ("elicitation_handler", self.elicitation),
            ("request_handler", self.request),
        ):
            if handler is not None and not callable(cast("object", handler)):
                raise TypeError(f"{name} must be a function, not {type(handler).__name__!r}")

    def over(self, base: Handlers) -> Handlers:
        """Return these, and those of `base` where there is none here."""
        if self is NO_HANDLERS:
            return base
        return Handlers(
            base.approval if self.approval is None else self.approval,
            base.user_input if self.user_input is None else self.user_input,
            base.elicitation if self.elicitation is None else self.elicitation,
            base.request if self.request is None else self.request,
        )


@dataclass(frozen=True, slots=True)
class TurnSetup:
    """What a turn is started with, besides its params.

    Attributes:
        handlers: Who answers its questions.
        caller: Where they and the tools run.
        tools: The Python tools of its thread, by namespace and name.
        declared: Namespace and name of all tools of the thread that this program answers for.
        output: What its final answer is read as.
        observer: Who observes it, if anybody does.
    """

    handlers: Handlers = field(default_factory=Handlers)
    caller: Caller = field(default_factory=_nobody)
    tools: Mapping[ToolKey, Tool] = field(default_factory=dict["ToolKey", "Tool"])
    declared: frozenset[ToolKey] = frozenset()
    output: OutputSpec[object] | None = None
    observer: TurnObserver | None = None

    def for_turn(
        self, caller: Caller, handlers: Handlers | None = None, output: OutputSpec[object] | None = None
    ) -> TurnSetup:
        """Return the setup of one turn of a thread that has this one; `caller` is whoever starts it."""
        over = self.handlers if handlers is None else handlers.over(self.handlers)
        return TurnSetup(over, caller, self.tools, self.declared, output, self.observer)

    def observed_by(self, observer: TurnObserver) -> TurnSetup:
        """Return the same setup for a turn that is observed."""
        return TurnSetup(self.handlers, self.caller, self.tools, self.declared, self.output, observer)

    def after_end(self) -> TurnSetup:
        """Return what is left of it when its turn has ended: how the answer is read."""
        return TurnSetup(NO_HANDLERS, _NO_CALLER, _NO_TOOLS, self.declared, self.output)


NO_HANDLERS = Handlers()
_NO_CALLER = Caller(uses_loop=False, keeps_context=False)
_NO_TOOLS: Mapping[ToolKey, Tool] = {}
