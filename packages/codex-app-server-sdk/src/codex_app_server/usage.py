"""UsageReport: what turns have used at one moment, told apart. The counting is done by the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codex_app_server.events import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["UsageReport"]


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What turns have used, at one moment: of a client, a thread or a turn.

    A snapshot; it does not change any more. Each model request is counted once, however often the server tells of it,
    and however many read the turn. Reports can be added.

    Attributes:
        turns: Used by the turns themselves.
        sub_agents: Used by the sub-agents that worked for them, in threads of their own.
        by_model: Both together, told apart by model; None where the server does not say which model it was.
        elsewhere: Of a thread alone: what the server has counted in it beyond `turns`. These are the turns before this
            client opened it, the history that a fork has taken, and turns that other clients have started. None where
            the server has not told its count, and for what is no thread.
    """

    turns: Usage = field(default_factory=Usage)
    sub_agents: Usage = field(default_factory=Usage)
    by_model: Mapping[str | None, Usage] = field(default_factory=dict[str | None, Usage], hash=False)
    elsewhere: Usage | None = None

    @property
    def total(self) -> Usage:
        """What the turns and their sub-agents have used."""
        return self.turns + self.sub_agents

    def __add__(self, other: UsageReport) -> UsageReport:
        """Add two reports, part by part; `elsewhere` is known only where both say it."""
        by_model = dict(self.by_model)
        for model, used in other.by_model.items():
            by_model[model] = by_model.get(model, Usage()) + used
        elsewhere = None
        if self.elsewhere is not None and other.elsewhere is not None:
            elsewhere = self.elsewhere + other.elsewhere
        return UsageReport(self.turns + other.turns, self.sub_agents + other.sub_agents, by_model, elsewhere)
