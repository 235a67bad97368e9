"""CodexLLM shows the recorded turns as they are. A language model has no tools, so those facets are left out."""

from __future__ import annotations

from contextlib import aclosing, closing
from typing import TYPE_CHECKING

import pytest
from codex_app_server import SharedCodex
from codex_app_server.testing import conformance
from codex_app_server.testing.conformance import AsyncBareClient, BareClient, Final, Reasoning, Text, Used
from llama_index.core.llms import ChatMessage
from llama_index.llms.codex import CodexLLM

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from codex_app_server.testing.conformance import Facet, RecordedTurn, Replay, Seen
    from llama_index.core.base.llms.types import ChatResponse

LEAVES_OUT: set[Facet] = {"tools", "plan", "diff", "python_tools", "approvals"}
# Nobody can steer the turn of a language model.
TURNS = [recorded for recorded in conformance.RECORDED_TURNS if recorded.name != "steered"]


def seen(piece: ChatResponse) -> Iterator[Seen]:
    if piece.delta:
        yield Text(piece.delta)
    if thinking := piece.additional_kwargs.get("thinking_delta"):
        yield Reasoning(thinking)
    if piece.raw:
        yield Used(piece.raw["usage"]["input_tokens"], piece.raw["usage"]["output_tokens"])
        yield Final(piece.message.content or "")


# A shared server outlives the turn: what is left must be interrupted, and does not end with its server.
def drive(replay: Replay) -> Iterator[Seen]:
    llm = CodexLLM(codex=BareClient(SharedCodex(replay.config).sync_client()))
    with closing(llm.stream_chat([ChatMessage(role="user", content=replay.prompt)])) as pieces:
        for piece in pieces:
            yield from seen(piece)


async def adrive(replay: Replay) -> AsyncIterator[Seen]:
    llm = CodexLLM(codex=AsyncBareClient(SharedCodex(replay.config).async_client()))
    stream = await llm.astream_chat([ChatMessage(role="user", content=replay.prompt)])
    async with aclosing(stream) as pieces:
        async for piece in pieces:
            for entry in seen(piece):
                yield entry


@pytest.mark.parametrize("recorded", TURNS, ids=str)
def test_stream_chat_conforms(recorded: RecordedTurn) -> None:
    conformance.check(recorded, drive, leaves_out=LEAVES_OUT, also_asks=["thread/inject_items"])


@pytest.mark.anyio
@pytest.mark.parametrize("recorded", TURNS, ids=str)
async def test_astream_chat_conforms(recorded: RecordedTurn) -> None:
    await conformance.acheck(recorded, adrive, leaves_out=LEAVES_OUT, also_asks=["thread/inject_items"])
