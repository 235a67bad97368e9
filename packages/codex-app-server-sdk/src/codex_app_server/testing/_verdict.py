"""What is wrong with what the user of an adapter has seen, in words for the author of the adapter. Pure.

Each function looks at one facet and returns its problems; `problems` puts them together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from codex_app_server.testing._trace import (
    Diff,
    Final,
    Plan,
    Reasoning,
    Text,
    ToolBegan,
    ToolEnded,
    Used,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex_app_server.testing._recorded import RecordedTurn
    from codex_app_server.testing._trace import Facet, Seen

__all__ = ["has_seen_all", "problems", "visible"]

SeenT = TypeVar("SeenT", bound="Seen")

_FACETS: dict[type, Facet] = {
    Text: "text",
    Reasoning: "reasoning",
    ToolBegan: "tools",
    ToolEnded: "tools",
    Used: "usage",
    Plan: "plan",
    Diff: "diff",
}
# How much of a text a message shows.
_SHOWN = 200


def visible(recorded: RecordedTurn, leaves_out: frozenset[Facet]) -> tuple[Seen, ...]:
    """Return what the user of an adapter has to see that leaves these facets out."""
    return tuple(seen for seen in recorded.seen if _FACETS.get(type(seen)) not in leaves_out)


def has_seen_all(recorded: RecordedTurn, seen: Sequence[Seen], leaves_out: frozenset[Facet]) -> bool:
    """Whether all has been seen that there was to be seen of a turn that has come to a standstill."""
    wanted = visible(recorded, leaves_out)
    return len(_text(seen)) >= len(_text(wanted)) and _began(wanted) <= _began(seen)


def problems(
    recorded: RecordedTurn, seen: Sequence[Seen], raised: BaseException | None, leaves_out: frozenset[Facet]
) -> list[str]:
    """Return what is wrong with what was seen of a turn; empty if nothing is.

    Args:
        recorded: The turn.
        seen: What was seen.
        raised: What the drive raised, if it did.
        leaves_out: What the adapter does not show, on purpose.
    """
    wanted = visible(recorded, leaves_out)
    found = [*_leaked(recorded, seen), *_left_out(seen, leaves_out)]
    if not recorded.is_left:
        found += _end(recorded, seen, raised)
    checks: dict[Facet, Callable[[RecordedTurn, Sequence[Seen], Sequence[Seen]], list[str]]] = {
        "text": _texts,
        "reasoning": _reasonings,
        "tools": _tools,
        "usage": _usage,
        "plan": _plan,
        "diff": _diff,
    }
    for facet, check in checks.items():
        if facet not in leaves_out:
            found += check(recorded, wanted, seen)
    return found


def _of(seen: Sequence[Seen], kind: type[SeenT]) -> list[SeenT]:
    return [entry for entry in seen if isinstance(entry, kind)]


def _text(seen: Sequence[Seen]) -> str:
    return "".join(entry.text for entry in _of(seen, Text))


def _began(seen: Sequence[Seen]) -> set[str]:
    return {entry.id for entry in _of(seen, ToolBegan)}


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


# --- what must not be there ---


def _leaked(recorded: RecordedTurn, seen: Sequence[Seen]) -> list[str]:
    shown = [entry for entry in seen if any(text in repr(entry) for text in recorded.foreign)]
    return [
        f"{entry!r} was seen, which is not the agent's in this turn: show only the events of this turn's own stream"
        for entry in shown[:1]
    ]


def _left_out(seen: Sequence[Seen], leaves_out: frozenset[Facet]) -> list[str]:
    kinds = {facet for entry in seen if (facet := _FACETS.get(type(entry))) in leaves_out}
    return [
        f"leaves_out names {facet!r}, but the drive yields it: take it out of leaves_out, so that it is checked"
        for facet in sorted(filter(None, kinds))
    ]


# --- the end ---


def _end(recorded: RecordedTurn, seen: Sequence[Seen], raised: BaseException | None) -> list[str]:
    (wanted,) = _of(recorded.seen, Final)
    finals = _of(seen, Final)
    found: list[str] = []
    if len(finals) > 1:
        found.append(f"the end was seen {len(finals)} times: TurnFinished comes once")
    elif finals and seen[-1] is not finals[0]:
        found.append(f"{seen[-1]!r} was seen after the end: nothing follows TurnFinished")
    if wanted.status == "completed":
        return found + _completed(recorded, wanted, finals, raised)
    return found + _not_completed(wanted, finals, raised)


def _completed(
    recorded: RecordedTurn, wanted: Final, finals: list[Final], raised: BaseException | None
) -> list[str]:
    if raised is not None:
        return [f"the drive raised {raised!r}, but the turn completes"]
    if not finals:
        return ["the end was not seen: yield Final(text) when the framework's run has its result"]
    final = finals[-1]
    found: list[str] = []
    if final.status != "completed":
        found.append(f"the status is {final.status!r}, but the turn completes")
    # Where an answer is all that was said, it may be so here; what is no answer (commentary, an attempt that was
    # given up) has no place in it.
    messages = [piece for piece in _of(recorded.seen, Text) if piece not in recorded.optional]
    if final.text != wanted.text and not _fits(recorded, messages, final.text):
        found.append(
            f"the final text is {_quoted(final.text)} instead of {_quoted(wanted.text)}: take TurnResult.text, "
            "which is the last message of the agent that is no commentary, and not the join of all deltas"
        )
    return found


def _not_completed(wanted: Final, finals: list[Final], raised: BaseException | None) -> list[str]:
    if raised is None and (not finals or finals[-1].status == "completed"):
        how = "is shown as completed" if finals else "ends without a word"
        return [
            f"the turn is {wanted.status} and {how}: call TurnResult.raise_for_status(), or report the status"
        ]
    reported = _chain(raised) if raised is not None else finals[-1].error
    if wanted.error and wanted.error not in reported:
        return [f"the reason {wanted.error!r} is lost: it is neither in the exception nor in Final.error"]
    return []


def _chain(raised: BaseException) -> str:
    texts: list[str] = []
    error: BaseException | None = raised
    while error is not None and len(texts) < 10:
        texts.append(str(error))
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


# --- text ---


def _pattern(recorded: RecordedTurn, pieces: Sequence[Text] | Sequence[Reasoning]) -> str:
    # Frameworks put blank lines between messages; which of them are shown at all is theirs as well.
    return r"\s*".join(
        f"(?:{re.escape(piece.text)})?" if piece in recorded.optional else re.escape(piece.text)
        for piece in pieces
    )


def _fits(recorded: RecordedTurn, pieces: Sequence[Text] | Sequence[Reasoning], text: str) -> bool:
    return re.fullmatch(rf"\s*{_pattern(recorded, pieces)}\s*", text) is not None


def _texts(recorded: RecordedTurn, wanted: Sequence[Seen], seen: Sequence[Seen]) -> list[str]:
    text, messages = _text(seen), _of(wanted, Text)
    if _fits(recorded, messages, text):
        return _order(recorded, wanted, seen)
    whole = "".join(message.text for message in messages)
    return [
        f"the pieces of text join to {_quoted(text)} instead of {_quoted(whole)}: {_what_is_wrong(text, messages)}"
    ]


def _what_is_wrong(text: str, messages: list[Text]) -> str:
    if not text:
        return "no TextDelta was passed on; an adapter that cannot stream says leaves_out={'text'}"
    for message in messages:
        wanted_count = sum(other.text.count(message.text) for other in messages)
        if text.count(message.text) > wanted_count:
            return (
                "a message is there twice: the text of MessageFinished and of TurnResult repeats the deltas, and "
                "is not to be streamed again"
            )
    if sorted(text) == sorted("".join(message.text for message in messages)):
        return "the pieces are out of order"
    return "pass the text of each TextDelta on as it is, once, in the order of the events"


def _order(recorded: RecordedTurn, wanted: Sequence[Seen], seen: Sequence[Seen]) -> list[str]:
    """Text and tools: what the agent said before a tool began is seen before it."""
    for index, entry in enumerate(seen):
        if not isinstance(entry, ToolBegan) or entry not in wanted:
            continue
        before = _of(wanted[: wanted.index(entry)], Text)
        if not _fits(recorded, before, _text(seen[:index])):
            said = "".join(message.text for message in before)
            return [
                (
                    f"when tool {entry.id!r} began, {_quoted(_text(seen[:index]))} had been seen of the text instead of "
                    f"{_quoted(said)}: text and tools are to be shown in the order of the events"
                )
            ]
    return []


def _reasonings(recorded: RecordedTurn, wanted: Sequence[Seen], seen: Sequence[Seen]) -> list[str]:
    parts = _of(wanted, Reasoning)
    text = "".join(piece.text for piece in _of(seen, Reasoning))
    if _fits(recorded, parts, text):
        return []
    whole = "".join(part.text for part in parts)
    return [
        (
            f"the pieces of reasoning join to {_quoted(text)} instead of {_quoted(whole)}: pass on each ReasoningDelta "
            "once, and not the text of ReasoningFinished as well"
        )
    ]


# --- tools ---


def _tools(recorded: RecordedTurn, wanted: Sequence[Seen], seen: Sequence[Seen]) -> list[str]:
    found: list[str] = []
    for tool in _of(wanted, ToolEnded):
        if tool not in recorded.optional or tool.id in _began(seen):
            found += _tool(tool, seen)
    if recorded.is_left:
        found += [
            f"tool {tool.id!r} was not seen to begin: show ToolStarted when it comes"
            for tool in _of(wanted, ToolBegan)
            if tool not in seen
        ]
    unknown = {entry.id for entry in seen if isinstance(entry, ToolBegan | ToolEnded)} - _began(wanted)
    found += [
        f"tool {name!r} was seen, which is not in the turn: the id is that of the item (ToolStarted.item_id)"
        for name in sorted(unknown)
    ]
    return found


def _tool(tool: ToolEnded, seen: Sequence[Seen]) -> list[str]:
    began = [
        index for index, entry in enumerate(seen) if isinstance(entry, ToolBegan) and entry.id == tool.id
    ]
    ended = [
        index for index, entry in enumerate(seen) if isinstance(entry, ToolEnded) and entry.id == tool.id
    ]
    if (len(began), len(ended)) != (1, 1) or began[0] > ended[0]:
        return [
            (
                f"tool {tool.id!r} was seen to begin {len(began)} times and to end {len(ended)} times: it begins once "
                "(ToolStarted) and ends once after that (ToolFinished)"
            )
        ]
    found: list[str] = []
    shown = seen[ended[0]]
    if isinstance(shown, ToolEnded):
        if tool.output.strip() not in shown.output:
            found.append(
                f"the output of tool {tool.id!r} is {_quoted(shown.output)} instead of {_quoted(tool.output)}: take "
                "ToolFinished.output, which is all of it; the deltas are not"
            )
        if shown.is_error != tool.is_error:
            found.append(
                f"tool {tool.id!r} is shown with is_error={shown.is_error} instead of {tool.is_error}: take "
                "ToolFinished.is_error"
            )
    return found


# --- usage, plan, diff ---


def _usage(recorded: RecordedTurn, wanted: Sequence[Seen], seen: Sequence[Seen]) -> list[str]:
    if recorded.is_left:
        return []
    shown, true = _sum(seen), _sum(wanted)
    # A turn that did not complete may end with an exception that has no room for it.
    if shown == true or (shown == (0, 0) and _of(recorded.seen, Final)[0].status != "completed"):
        return []
    return [
        (
            f"{shown[0]} input and {shown[1]} output tokens were counted instead of {true[0]} and {true[1]}: add up "
            "UsageUpdated.last of each model request, or take TurnResult.usage at the end, but not both"
        )
    ]


def _sum(seen: Sequence[Seen]) -> tuple[int, int]:
    used = _of(seen, Used)
    return sum(entry.input_tokens for entry in used), sum(entry.output_tokens for entry in used)


def _plan(recorded: RecordedTurn, wanted: Sequence[Seen], seen: Sequence[Seen]) -> list[str]:  # noqa: ARG001 - all checks are called alike
    plans, true = _of(seen, Plan), _of(wanted, Plan)
    if plans[-1:] == true[-1:]:
        return []
    return [
        f"the last plan is {plans[-1:]} instead of {true[-1:]}: each PlanUpdated has the whole plan, in place of the one before"
    ]


def _diff(recorded: RecordedTurn, wanted: Sequence[Seen], seen: Sequence[Seen]) -> list[str]:  # noqa: ARG001 - as above
    diffs, true = _of(seen, Diff), _of(wanted, Diff)
    if diffs[-1:] == true[-1:]:
        return []
    return [
        (
            f"the last diff is {diffs[-1:]} instead of {true[-1:]}: each DiffUpdated has the diff of the whole turn, in "
            "place of the one before"
        )
    ]
