"""What is counted of the use of models: once for each request, for its turn, its thread and the client.

The server tells the last request and the sum of the thread together, and tells both again after a request that was cut
off, after a compaction and after a resume. So nothing counts by which the sum has not grown. Written on the engine's OS
thread; what is read elsewhere are reports, which are replaced and never changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from codex_app_server.events import Usage
from codex_app_server.usage import UsageReport

if TYPE_CHECKING:
    from codex_app_server._engine.state import ThreadState, TurnState
    from codex_app_server.events import UsageUpdated
    from codex_app_server.json_types import JsonObject

__all__ = ["Ledger", "SubAgentAccount", "UsageSum", "accounts_of", "count", "count_of_sub_agent", "rebase"]

# A server names one or two; what it sends is not to fill the memory.
_MAX_LIMITS = 16
# Sub-agents of one thread whose counts are remembered; the oldest is forgotten first.
_MAX_ACCOUNTS = 256
_NOTHING = Usage()


class UsageSum:
    """A sum that grows; of a client, a thread or a turn."""

    __slots__ = ("_report",)

    def __init__(self) -> None:
        self._report: UsageReport | None = None

    @property
    def report(self) -> UsageReport:
        """The sum as it is now; from any OS thread."""
        return self._report or UsageReport()

    def add(self, used: Usage, model: str | None, *, total: Usage | None = None) -> None:
        """Add what a turn has used; `total` is what the server has counted in the thread."""
        report = self._report
        if report is None:
            by_model = {} if used == _NOTHING else {model: used}
            self._report = UsageReport(used, _NOTHING, by_model, _beyond(total, used))
            return
        turns = report.turns + used
        if len(report.by_model) == 1 and model in report.by_model:
            # Nearly always; the sub-agents have the same model then.
            by_model = {model: turns + report.sub_agents if report.sub_agents.total_tokens else turns}
        else:
            by_model = _with(report, used, model)
        self._report = UsageReport(turns, report.sub_agents, by_model, _beyond(total, turns))

    def add_of_sub_agent(self, used: Usage, model: str | None) -> None:
        """Add what a sub-agent has used."""
        report = self.report
        self._report = replace(
            report, sub_agents=report.sub_agents + used, by_model=_with(report, used, model)
        )


def _with(report: UsageReport, used: Usage, model: str | None) -> dict[str | None, Usage]:
    by_model = dict(report.by_model)
    if used != _NOTHING:
        by_model[model] = by_model.get(model, Usage()) + used
    return by_model


def _beyond(total: Usage | None, turns: Usage) -> Usage | None:
    if total is None or total == turns:
        return None if total is None else _NOTHING
    beyond = total - turns
    return None if _is_negative(beyond) else beyond


def _is_negative(usage: Usage) -> bool:
    return (
        usage.total_tokens < 0
        or usage.input_tokens < 0
        or usage.output_tokens < 0
        or usage.cached_input_tokens < 0
        or usage.cache_write_input_tokens < 0
        or usage.reasoning_output_tokens < 0
    )


class SubAgentAccount:
    """What is known of one sub-agent: its model, and what the server has counted in its thread.

    Attributes:
        model: Its model.
        rerouted: The model that its running turn was moved to.
        used: The server's count of its thread.
        last_used: The server's count of the last request in it.
        turn: The sum of the turn that it works for, or has worked for last.
    """

    __slots__ = ("last_used", "model", "rerouted", "turn", "used")

    def __init__(self) -> None:
        self.model: str | None = None
        self.rerouted: str | None = None
        self.used: Usage | None = None
        self.last_used = Usage()
        self.turn: UsageSum | None = None


def accounts_of(thread: ThreadState, child_id: str) -> SubAgentAccount:
    """Return the account of a sub-agent of a thread."""
    account = thread.sub_agents.get(child_id)
    if account is None:
        account = thread.sub_agents[child_id] = SubAgentAccount()
        if len(thread.sub_agents) > _MAX_ACCOUNTS:
            del thread.sub_agents[next(iter(thread.sub_agents))]
    return account


def count(ledger: Ledger, turn: TurnState, event: UsageUpdated) -> None:
    """Count what a turn has used, and let the event say how much that is."""
    thread, model = turn.thread, turn.model
    last = event.last
    event.last = used = _new(event, thread)
    thread.used, thread.last_used = event.total, last
    turn.usage.add(used, model)
    thread.usage.add(used, model, total=event.total)
    ledger.usage.add(used, model)


def rebase(thread: ThreadState, total: Usage, last: Usage) -> None:
    """Take the server's count of a thread, for what was used there by nobody here."""
    thread.used, thread.last_used = total, last
    thread.usage.add(Usage(), None, total=total)


def count_of_sub_agent(
    ledger: Ledger, account: SubAgentAccount, of_thread: UsageSum, event: UsageUpdated
) -> None:
    """Count what a sub-agent has used, and let the event say how much that is."""
    last = event.last
    event.last = used = _new(event, account)
    account.used, account.last_used = event.total, last
    model = account.rerouted or account.model
    for each in (account.turn, of_thread, ledger.usage):
        if each is not None:
            each.add_of_sub_agent(used, model)


def _new(event: UsageUpdated, before: ThreadState | SubAgentAccount) -> Usage:
    """Return what was used since the server told its counts before."""
    last, total = event.last, event.total
    if before.used is None or total == _NOTHING:
        # There is no sum to go by.
        return last
    if total == before.used:
        return _NOTHING
    if last != before.last_used:
        return last
    # Of a response that breaks off the server adds the tokens to the sum alone.
    grown = total - before.used
    return last if _is_negative(grown) else grown


class Ledger:
    """What one client has used, and what it was told of its limits; kept when its server is started anew.

    Attributes:
        usage: All of its turns.
    """

    def __init__(self) -> None:
        self.usage = UsageSum()
        self._limits: dict[str, JsonObject] = {}
        self._last: JsonObject | None = None

    @property
    def rate_limits(self) -> JsonObject | None:
        """The limits that the server has told of last, in wire form; from any OS thread."""
        return self._last

    def limits_updated(self, params: JsonObject) -> None:
        """Take an update: what it leaves open is as it was. Protocol: `account/rateLimits/updated`."""
        limits: object = params.get("rateLimits")
        if isinstance(limits, dict):
            told = {name: value for name, value in cast("JsonObject", limits).items() if value is not None}
            self.limits_read({**self._limits.get(str(told.get("limitId")), {}), **told})

    def limits_read(self, limits: JsonObject) -> None:
        """Take the limits as a whole."""
        self._last = self._limits[str(limits.get("limitId"))] = limits
        if len(self._limits) > _MAX_LIMITS:
            del self._limits[next(iter(self._limits))]
