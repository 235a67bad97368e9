"""TurnResult: what a turn came to, gathered from its events while they pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, cast

from codex_app_server.errors import OutputError, TurnFailedError, TurnInterruptedError
from codex_app_server.events import (
    DiffUpdated,
    MessageFinished,
    MessageStarted,
    PlanUpdated,
    Usage,
    UsageUpdated,
)
from codex_app_server.usage import UsageReport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import TypeVar

    from codex_app_server.events import Event, PlanStep, TextDelta
    from codex_app_server.json_types import JsonObject
    from codex_app_server.output import OutputSpec
    from codex_app_server.protocol import ThreadItem

    OutputT_co = TypeVar("OutputT_co", default=object, covariant=True)
else:
    # The default is for type checkers; typing_extensions would take longer to import than this module.
    from typing import TypeVar

    OutputT_co = TypeVar("OutputT_co", covariant=True)

__all__ = ["TurnCollector", "TurnErrorInfo", "TurnResult"]

# The server starts a turn without any login too; only the model provider refuses it.
_LOGIN_REMEDY = "; log in (python -m codex_app_server codex login), or check the key of the model provider in the Codex configuration"


@dataclass(slots=True)
class TurnErrorInfo:
    """Why a turn failed.

    Attributes:
        message: The server's words.
        code: The kind of error, for example `"usageLimitExceeded"` or `"httpConnectionFailed"`.
            The set is open.
        http_status: The status that the model provider answered with, where there was one.
        details: What the server added.
    """

    message: str
    code: str | None = None
    http_status: int | None = None
    details: str | None = None

    @classmethod
    def from_wire(cls, error: JsonObject) -> TurnErrorInfo:
        """Read a `TurnError` of the protocol."""
        info: object = error.get("codexErrorInfo")
        code: str | None = info if isinstance(info, str) else None
        status: object = None
        if isinstance(info, dict) and info:
            code, detail = next(iter(cast("JsonObject", info).items()))
            status = cast("JsonObject", detail).get("httpStatusCode") if isinstance(detail, dict) else None
        return cls(
            message=str(error.get("message", "")),
            code=code,
            http_status=status if isinstance(status, int) else None,
            details=error.get("additionalDetails"),
        )


@dataclass(slots=True)
class TurnResult(Generic[OutputT_co]):
    """What a turn came to; also that of a failed or interrupted one.

    Attributes:
        thread_id: The thread.
        turn_id: The turn.
        status: `"completed"`, `"interrupted"` or `"failed"`.
        error: Why it failed; None otherwise.
        text: The final answer: the last message of the agent that is not commentary. For a turn
            that did not complete, what had arrived of it.
        streamed_text: All text of all messages, in the order in which it was streamed.
        usage: Tokens of this turn, over all its model requests, without those of sub-agents.
        model: The model that the turn had, where the server says it.
        usage_report: Its tokens with those that sub-agents had used for it when it ended, told apart, and by model.
        plan: The agent's plan as it was in the end; empty when it made none.
        diff: All changes of files by the turn, in git's format; empty when there were none.
        duration_ms: As the server measured it, in milliseconds.
        raw_items: The completed items as they came, in order of completion.
        raw_turn: The turn as `turn/completed` gave it.
    """

    thread_id: str
    turn_id: str
    status: str
    error: TurnErrorInfo | None = None
    text: str = ""
    streamed_text: str = field(default="", repr=False)
    usage: Usage = field(default_factory=Usage)
    model: str | None = field(default=None, repr=False)
    usage_report: UsageReport = field(default_factory=UsageReport, repr=False)
    plan: tuple[PlanStep, ...] = field(default=(), repr=False)
    diff: str = field(default="", repr=False)
    duration_ms: int | None = None
    raw_items: tuple[JsonObject, ...] = field(default=(), repr=False)
    raw_turn: JsonObject = field(default_factory=dict[str, object], repr=False)
    output_spec: OutputSpec[OutputT_co] | None = field(default=None, repr=False, compare=False)

    @property
    def output(self) -> OutputT_co:
        """The final answer as the `output_type` of the turn; parsed JSON for an `output_schema`.

        None for a turn that was started with neither.

        Raises:
            OutputError: The answer does not fit; the error has its text.
            TurnFailedError: The turn failed.
            TurnInterruptedError: The turn was interrupted.
        """
        if self.output_spec is None:
            return cast("OutputT_co", None)
        self.raise_for_status()
        try:
            return self.output_spec.parse(self.text)
        except OutputError as exc:
            exc.thread_id, exc.turn_id, exc.result = self.thread_id, self.turn_id, self
            raise

    @property
    def items(self) -> list[ThreadItem]:
        """The completed items, typed; those of a kind newer than this client are plain `ThreadItem`s."""
        from codex_app_server.protocol import ThreadItem  # noqa: PLC0415 - pydantic loads when it is used

        return [ThreadItem.model_validate(item) for item in self.raw_items]

    def _repr_html_(self) -> str:
        # What a notebook shows of the last value of a cell.
        from codex_app_server._view.page import result_page  # noqa: PLC0415 - for notebooks

        return result_page(self)

    def raise_for_status(self) -> TurnResult[OutputT_co]:
        """Return this result if the turn completed.

        Raises:
            TurnFailedError: The turn failed.
            TurnInterruptedError: The turn was interrupted.
        """
        if self.status == "completed":
            return self
        ids = {"thread_id": self.thread_id, "turn_id": self.turn_id}
        if self.status == "interrupted":
            raise TurnInterruptedError(f"turn {self.turn_id!r} was interrupted", **ids, result=self)
        error = self.error or TurnErrorInfo("the server gave no reason")
        kind = f" ({error.code})" if error.code else ""
        details = f": {error.details}" if error.details else ""
        remedy = _LOGIN_REMEDY if error.http_status == 401 else ""
        raise TurnFailedError(
            f"turn {self.turn_id!r} ended as {str(self.status)!r}: {error.message}{kind}{details}{remedy}",
            **ids,
            result=self,
        )


class TurnCollector:
    """Gathers a `TurnResult` from the events of one turn, on whichever OS thread feeds it.

    Text deltas need not be fed: they are most of all events, and whoever keeps them gives them at the end.
    """

    __slots__ = (
        "_commentary", "_diff", "_items", "_last_message", "_open_phases", "_plan", "_used", "thread_id", "turn_id",
    )  # fmt: skip

    def __init__(self, thread_id: str, turn_id: str) -> None:
        self.thread_id = thread_id
        self.turn_id = turn_id
        self._items: list[JsonObject] = []
        # Phases of the messages that have begun and not finished.
        self._open_phases: dict[str, str | None] = {}
        self._last_message: str | None = None
        self._commentary: str | None = None
        self._used: list[Usage] = []
        self._plan: tuple[PlanStep, ...] = ()
        self._diff = ""

    def feed(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, MessageStarted):
            self._open_phases[event.item_id] = event.phase
        elif isinstance(event, MessageFinished):
            self._open_phases.pop(event.item_id, None)
            self._items.append(event.raw["item"])
            if event.phase == "commentary":
                self._commentary = event.text
            else:
                self._last_message = event.text
        elif isinstance(event, UsageUpdated):
            # Added up when it is asked for: the engine counts by itself.
            self._used.append(event.last)
        elif isinstance(event, PlanUpdated):
            self._plan = event.steps
        elif isinstance(event, DiffUpdated):
            self._diff = event.diff
        elif event.method == "item/completed" and isinstance(event.raw.get("item"), dict):
            self._items.append(event.raw["item"])

    def seen_items(self) -> set[object]:
        """Return the ids of the items that have completed."""
        return {item_id for item in self._items if isinstance(item_id := item.get("id"), str)}

    def result(
        self,
        turn: JsonObject,
        deltas: Iterable[TextDelta],
        output: OutputSpec[object] | None = None,
        *,
        model: str | None = None,
        usage: UsageReport | None = None,
    ) -> TurnResult:
        """Return the result.

        Args:
            turn: The turn that `turn/completed` carries.
            deltas: The text that was streamed, in order; deltas of one message may be joined.
            output: What the final answer is read as.
            model: The model of the turn.
            usage: What it has used; None leaves that to what was fed.
        """
        status = str(turn.get("status", "completed"))
        error = turn.get("error")
        duration = turn.get("durationMs")
        report = usage or self._report(model)
        streamed = [(delta.item_id, delta.text) for delta in deltas]
        return TurnResult(
            thread_id=self.thread_id,
            turn_id=self.turn_id,
            status=status,
            error=TurnErrorInfo.from_wire(cast("JsonObject", error)) if isinstance(error, dict) else None,
            text=self._final_text(status, streamed),
            streamed_text="".join(text for _, text in streamed),
            usage=report.turns,
            model=model,
            usage_report=report,
            plan=self._plan,
            diff=self._diff,
            duration_ms=duration if isinstance(duration, int) else None,
            raw_items=tuple(self._items),
            raw_turn=turn,
            output_spec=output,
        )

    def _report(self, model: str | None) -> UsageReport:
        used = sum(self._used, Usage())
        return UsageReport(used, by_model={model: used} if used != Usage() else {})

    def _final_text(self, status: str, streamed: list[tuple[str, str]]) -> str:
        # An interrupted turn has no `item/completed` for the message that was being written: its
        # text exists only here. In a completed turn an open message was cut by a steer or a retry.
        if status != "completed" and streamed:
            last = streamed[-1][0]
            finished = [item.get("id") for item in self._items]
            if last not in finished and self._open_phases.get(last) != "commentary":
                return "".join(text for item_id, text in streamed if item_id == last)
        if self._last_message is not None:
            return self._last_message
        return self._commentary or ""
