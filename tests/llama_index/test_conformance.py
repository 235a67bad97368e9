"""CodexAgent shows the recorded turns as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest
from codex_app_server import SharedCodex
from codex_app_server.testing import conformance
from codex_app_server.testing.conformance import (
    AsyncBareClient,
    Diff,
    Final,
    Plan,
    Reasoning,
    Text,
    ToolBegan,
    ToolEnded,
    Used,
)
from llama_index.agent.codex import CodexAgent, CodexApprovalRequest, CodexDiff, CodexPlan
from llama_index.core.agent.workflow import AgentStream, ToolCall, ToolCallResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from codex_app_server.testing.conformance import (
        RecordedTurn,
        Replay,
        Seen,
    )


def seen(event: object) -> Iterator[Seen]:
    match event:
        case AgentStream():
            if event.delta:
                yield Text(event.delta)
            if event.thinking_delta:
                yield Reasoning(event.thinking_delta)
        case ToolCallResult():
            yield ToolEnded(event.tool_id, event.tool_output.content, event.tool_output.is_error)
        case ToolCall():
            yield ToolBegan(event.tool_id)
        case CodexPlan():
            yield Plan(tuple(step["step"] for step in event.steps))
        case CodexDiff():
            yield Diff(event.diff)
        case _:
            pass


async def drive(replay: Replay) -> AsyncIterator[Seen]:
    # A shared server outlives the run: what is left must be interrupted, and does not end with its server.
    shared = SharedCodex(replay.config)
    agent = CodexAgent(
        tools=list(replay.tools),
        codex=AsyncBareClient(shared.async_client()),
        human_input=replay.approval is not None,
    )
    handler = agent.run(user_msg=replay.prompt)
    try:
        async for event in handler.stream_events():
            if isinstance(event, CodexApprovalRequest):
                handler.ctx.send_event(event.answer(replay.approval))
            for entry in seen(event):
                yield entry
        result: Any = await handler
    except Exception:
        # LlamaIndex keeps the objects of a run that failed.
        shared.close()
        raise
    except BaseException:
        with anyio.CancelScope(shield=True):
            await handler.cancel_run()
        raise
    yield Used(result.raw["usage"]["input_tokens"], result.raw["usage"]["output_tokens"])
    yield Final(result.response.content or "")


@pytest.mark.anyio
@pytest.mark.parametrize("recorded", conformance.RECORDED_TURNS, ids=str)
async def test_the_agent_conforms(recorded: RecordedTurn) -> None:
    await conformance.acheck(recorded, drive)
