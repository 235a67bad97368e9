"""What a person has decided on a question of a turn, and what it is worth when the turn is gone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from codex_app_server import TurnInterruptedError

from langchain_codex._agent_asking import decision_of, told_again

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_codex._agent_asking import Decision
    from langchain_codex._agent_graph import GraphTask

__all__ = ["Asking", "Decided", "decided_on"]

_CARRIED_OUT = frozenset({"completed", "failed"})


@dataclass(frozen=True)
class Decided:
    """What a person has decided.

    Attributes:
        asked: What the person was shown.
        decision: The decision.
        ask_count: How many interrupts the run has had with it.
        is_done: Whether it was carried out before.
    """

    asked: dict[str, Any]
    decision: Decision
    ask_count: int
    is_done: bool = False

    @property
    def thread_id(self) -> str:
        """The thread of the turn that asked."""
        return self.asked["thread_id"]

    @property
    def turn_id(self) -> str:
        """The turn that asked."""
        return self.asked["turn_id"]

    def in_view_of(self, items: Iterable[object]) -> Decided:
        """Return the decision, knowing the items of the turn: what was asked for may have been done before it ended."""
        own = [item for item in items if getattr(item, "id", None) == self.asked["item_id"]]
        return replace(self, is_done=any(str(getattr(item, "status", "")) in _CARRIED_OUT for item in own))

    @property
    def note(self) -> str:
        """What the model is told, when the turn is gone.

        Raises:
            TurnInterruptedError: The decision was to end the turn.
        """
        if self.decision == "cancel":
            raise TurnInterruptedError(
                "the turn was cancelled by whoever was asked", thread_id=self.thread_id, turn_id=self.turn_id
            )
        return told_again(self.asked, self.decision, is_done=self.is_done)

    @property
    def known(self) -> dict[str, Decision]:
        """What needs not be asked again."""
        # Whether a sub-agent has done it, its turn does not tell.
        is_sure = not self.is_done and "sub_agent_thread_id" not in self.asked
        return {self.asked["codex"]["mark"]: self.decision} if is_sure or self.decision == "decline" else {}


@dataclass(frozen=True)
class Asking:
    """That questions of a turn become interrupts of a graph.

    Attributes:
        task: The task of the graph; None outside of one.
        decided: What was decided before the turn, and needs not be asked again.
    """

    task: GraphTask | None
    decided: Decided | None = None


def decided_on(task: GraphTask, asked: dict[str, Any]) -> Decided:
    """Return what was decided on a question.

    Args:
        task: The task that is resumed.
        asked: The question; it is asked again when what was given back is no decision.

    Raises:
        GraphInterrupt: Nobody has decided yet.
    """
    notes: dict[str, Any] = asked["codex"]
    last: int = notes["asked"]
    count = 0
    while True:
        asked["codex"] = {**notes, "asked": count}
        given = task.ask(asked)
        count += 1
        # Those before the last one are answers to what was asked before.
        if count > last:
            try:
                return Decided(asked, decision_of(asked, given), count)
            except ValueError as exc:
                asked["error"] = str(exc)
