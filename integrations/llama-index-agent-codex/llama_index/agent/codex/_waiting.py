"""Waits for the answers of people by the means of the workflow, which enters a step again for each of them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from llama_index.agent.codex._questions import Waiter, give, response_of, told
from llama_index.agent.codex.events import CodexNotice
from workflows.events import HumanResponseEvent
from workflows.runtime.types.results import WaitingForEvent

if TYPE_CHECKING:
    from llama_index.agent.codex._questions import Response
    from llama_index.agent.codex._threads import ThreadRecord
    from llama_index.agent.codex._turns import LiveTurn

__all__ = ["answers", "park"]


class _NeverSent(HumanResponseEvent):
    """What a parked step waits for."""


async def answers(ctx: Any, record: ThreadRecord, live: LiveTurn | None, agent_name: str) -> list[str]:
    """Give the answers that have come to the questions of this step; leaves the step where one is missing.

    Returns:
        What a new turn has to be told, since the one that asked is gone.
    """
    notes: list[str] = []
    for asked in record.asked:
        waiter = Waiter.from_json(asked)
        response = await _response(ctx, waiter, is_given="answer" in asked)
        if response is None:
            continue
        asked["answer"] = response_of(response)
        question = None if live is None else live.questions.pop(waiter.event.request_id, None)
        if live is None:
            notes.append(told(waiter.event, response))
            record.granted.append(asked)
        elif question is not None and (refusal := give(question, response)):
            message = f"declined, since the answer does not fit the question: {refusal}"
            ctx.write_event_to_stream(CodexNotice(message=message, current_agent_name=agent_name))
    return notes


async def _response(ctx: Any, waiter: Waiter, *, is_given: bool) -> Response | None:
    request_id = waiter.event.request_id
    try:
        # Asking for an answer that was given before has the workflow forget it at the end of the step.
        response: Response = await ctx.wait_for_event(
            waiter.response_type,
            waiter_event=waiter.event,
            waiter_id=f"codex:{request_id}",
            requirements={"request_id": request_id},
            timeout=None,
        )
    except WaitingForEvent:
        if not is_given:
            raise
        return None
    return None if is_given else response


async def park(ctx: Any) -> None:
    """End an execution of a step that was woken for nothing, such as by an answer that was sent twice."""
    await ctx.wait_for_event(_NeverSent, waiter_id=f"codex-parked:{uuid.uuid4()}", timeout=None)
