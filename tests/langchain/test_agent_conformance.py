"""CodexAgent shows the recorded turns as they are: what its user sees in the run tree, the custom events and the output."""

from __future__ import annotations

from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, cast

import pytest
from codex_app_server import SharedCodex
from codex_app_server.testing import conformance
from codex_app_server.testing.conformance import (
    AsyncBareClient,
    BareClient,
    Diff,
    Final,
    Plan,
    Reasoning,
    Text,
    ToolBegan,
    ToolEnded,
    Used,
)
from langchain_codex import CodexAgent
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import ToolMessage

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

    from codex_app_server.testing.conformance import RecordedTurn, Replay, Seen

# Nobody steers the turn of an agent that is a Runnable, and commentary is no text of an answer.
TURNS = [recorded for recorded in conformance.RECORDED_TURNS if recorded.name != "steered"]
# While a command runs, a blocking stream has no part to hand out.
BLOCKING_TURNS = [recorded for recorded in TURNS if recorded.name != "left_in_command"]


def _agent(replay: Replay, **client: Any) -> CodexAgent:
    approve = None if replay.approval is None else lambda _: replay.approval
    return CodexAgent(**client, tools=replay.tools, approval_handler=approve)


class Watcher(BaseCallbackHandler):
    """What a user sees by callbacks."""

    raise_error = True
    run_inline = True

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._calls: dict[Any, str] = {}
        # Runs of sub-agents, and those below: they stand in a run of their own, and are not the agent's.
        self._foreign: set[Any] = set()

    def _is_foreign(self, name: Any, run_id: Any, parent_run_id: Any) -> bool:
        if name == "CodexSubAgent" or parent_run_id in self._foreign:
            self._foreign.add(run_id)
        return run_id in self._foreign

    def on_chain_start(
        self, serialized: Any, inputs: Any, *, run_id: Any, parent_run_id: Any = None, **kwargs: Any
    ) -> None:
        self._is_foreign(kwargs.get("name"), run_id, parent_run_id)

    def on_chat_model_start(
        self, serialized: Any, messages: Any, *, run_id: Any, parent_run_id: Any = None, **kwargs: Any
    ) -> None:
        self._is_foreign(kwargs.get("name"), run_id, parent_run_id)

    def on_llm_new_token(self, token: Any, *, run_id: Any, chunk: Any = None, **kwargs: Any) -> None:
        if run_id in self._foreign:
            return
        message = chunk.message
        if token:
            self.seen.append(Text(token))
        if commentary := message.additional_kwargs.get("commentary"):
            self.seen.append(Text(commentary))
        if reasoning := message.additional_kwargs.get("reasoning_content"):
            self.seen.append(Reasoning(reasoning))
        if usage := message.usage_metadata:
            self.seen.append(Used(usage["input_tokens"], usage["output_tokens"]))

    def on_tool_start(
        self, serialized: Any, input_str: str, *, run_id: Any, inputs: Any = None, **kwargs: Any
    ) -> None:
        self._calls[run_id] = kwargs["tool_call_id"]
        self.seen.append(ToolBegan(kwargs["tool_call_id"]))

    def on_tool_end(self, output: Any, *, run_id: Any, **kwargs: Any) -> None:
        assert isinstance(output, ToolMessage)
        self.seen.append(ToolEnded(self._calls.pop(run_id), output.text, is_error=False))

    def on_tool_error(self, error: BaseException, *, run_id: Any, **kwargs: Any) -> None:
        output = str(error).partition(": ")[2]
        self.seen.append(ToolEnded(self._calls.pop(run_id), output, is_error=True))

    def on_custom_event(self, name: str, data: Any, **kwargs: Any) -> None:
        if name == "codex.plan":
            self.seen.append(Plan(tuple(step["step"] for step in data["steps"])))
        elif name == "codex.diff":
            self.seen.append(Diff(data["diff"]))

    def take(self) -> list[Seen]:
        seen, self.seen = self.seen, []
        return seen


def drive(replay: Replay) -> Iterator[Seen]:
    watcher = Watcher()
    agent = _agent(replay, codex=BareClient(SharedCodex(replay.config).sync_client()))
    stream = cast("Generator[dict[str, Any]]", agent.stream(replay.prompt, {"callbacks": [watcher]}))
    whole: Any = None
    with closing(stream) as parts:
        for part in parts:
            whole = part if whole is None else whole + part
            yield from watcher.take()
    yield from watcher.take()
    yield Final(whole["messages"][-1].text)


async def adrive(replay: Replay) -> AsyncIterator[Seen]:
    watcher = Watcher()
    agent = _agent(replay, codex=AsyncBareClient(SharedCodex(replay.config).async_client()))
    events = cast(
        "AsyncGenerator[Any]",
        agent.astream_events(replay.prompt, {"callbacks": [watcher]}, version="v2"),
    )
    output: Any = None
    async with aclosing(events) as stream:
        async for event in stream:
            for entry in watcher.take():
                yield entry
            if event["event"] == "on_chain_end" and not event["parent_ids"]:
                output = event["data"]["output"]
    yield Final(output["messages"][-1].text)


@pytest.mark.parametrize("recorded", BLOCKING_TURNS, ids=str)
def test_stream_conforms(recorded: RecordedTurn) -> None:
    conformance.check(recorded, drive)


@pytest.mark.anyio
@pytest.mark.parametrize("recorded", TURNS, ids=str)
async def test_astream_events_conforms(recorded: RecordedTurn) -> None:
    await conformance.acheck(recorded, adrive)
