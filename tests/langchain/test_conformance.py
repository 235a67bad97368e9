"""ChatCodex shows the recorded turns as they are. A chat model has no tools, so those facets are left out."""

from __future__ import annotations

from contextlib import aclosing, closing
from typing import TYPE_CHECKING, cast

import pytest
from codex_app_server import SharedCodex
from codex_app_server.testing import conformance
from codex_app_server.testing.conformance import AsyncBareClient, BareClient, Final, Reasoning, Text, Used
from langchain_codex import ChatCodex
from langchain_core.messages import AIMessageChunk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

    from codex_app_server.testing.conformance import Facet, RecordedTurn, Replay, Seen

LEAVES_OUT: set[Facet] = {"tools", "plan", "diff", "python_tools", "approvals"}
# Nobody can steer the turn of a chat model.
TURNS = [recorded for recorded in conformance.RECORDED_TURNS if recorded.name != "steered"]


def seen(chunk: AIMessageChunk) -> Iterator[Seen]:
    if chunk.text:
        yield Text(chunk.text)
    if reasoning := chunk.additional_kwargs.get("reasoning_content"):
        yield Reasoning(reasoning)
    if usage := chunk.usage_metadata:
        yield Used(usage["input_tokens"], usage["output_tokens"])


# A shared server outlives the turn: what is left must be interrupted, and does not end with its server.
def drive(replay: Replay) -> Iterator[Seen]:
    model = ChatCodex(codex=BareClient(SharedCodex(replay.config).sync_client()))
    stream = cast("Generator[AIMessageChunk]", model.stream(replay.prompt))
    whole = AIMessageChunk(content="")
    with closing(stream) as chunks:
        for chunk in chunks:
            whole += chunk
            yield from seen(chunk)
    yield Final(whole.text)


async def adrive(replay: Replay) -> AsyncIterator[Seen]:
    model = ChatCodex(codex=AsyncBareClient(SharedCodex(replay.config).async_client()))
    stream = cast("AsyncGenerator[AIMessageChunk]", model.astream(replay.prompt))
    whole = AIMessageChunk(content="")
    async with aclosing(stream) as chunks:
        async for chunk in chunks:
            whole += chunk
            for entry in seen(chunk):
                yield entry
    yield Final(whole.text)


@pytest.mark.parametrize("recorded", TURNS, ids=str)
def test_stream_conforms(recorded: RecordedTurn) -> None:
    conformance.check(recorded, drive, leaves_out=LEAVES_OUT, also_asks=["thread/inject_items"])


@pytest.mark.anyio
@pytest.mark.parametrize("recorded", TURNS, ids=str)
async def test_astream_conforms(recorded: RecordedTurn) -> None:
    await conformance.acheck(recorded, adrive, leaves_out=LEAVES_OUT, also_asks=["thread/inject_items"])
