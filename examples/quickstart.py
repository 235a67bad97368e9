"""The main job: one Codex app-server behind the core client, a LangChain chain and a LlamaIndex agent.

    python examples/quickstart.py          no key, no network: a scripted model on loopback
    python examples/quickstart.py --live   the Codex login or API key of this machine

Either way the true `codex app-server` runs the turns.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from codex_app_server import (
    AppServerConfig,
    AsyncCodex,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    Usage,
)
from codex_app_server.testing import Script, call, reasoning, scripted_codex, text
from langchain_codex import ChatCodex
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from llama_index.agent.codex import CodexAgent
from llama_index.core.agent.workflow import AgentStream, ToolCall, ToolCallResult

if TYPE_CHECKING:
    from collections.abc import Generator

# What the scripted model says: it decides from the request alone, as a model would.
SCRIPT = (
    Script()
    .when("threads and turns", [[
        reasoning(summary="The user wants the two words of the protocol explained."),
        text("A thread is a conversation; a turn is one run of the agent in it.", pace_s=0.02),
    ]])
    .when("capital", text("The capital of France is Paris, on the Seine.", pace_s=0.02))
    .when("weather", [
        call("get_weather", city="Paris"),
        text("It is sunny in Paris, 21 degrees.", pace_s=0.02),
    ])
)  # fmt: skip


def get_weather(city: str) -> str:
    """Return the current weather in a city."""
    return f"{city}: sunny, 21 degrees"


async def core_client(codex: AsyncCodex) -> Usage:
    """A streamed turn with the core client."""
    print("\n== core client: a streamed turn ==")
    thread = await codex.thread_start()
    turn = await thread.turn("In one sentence: what are threads and turns?")
    usage = Usage()
    async for event in turn.events():
        match event:
            case TextDelta():
                print(event.text, end="", flush=True)
            case ToolStarted() | ToolFinished():
                print(f"[{event.name}]", flush=True)
            case TurnFinished():
                usage = event.result.raise_for_status().usage
            case _:
                pass  # reasoning, plans, diffs and more: see codex_app_server.events
    print()
    return usage


async def langchain_chain(codex: AsyncCodex) -> Usage:
    """An LCEL chain, streamed."""
    print("\n== LangChain: prompt | ChatCodex() | StrOutputParser(), streamed ==")
    counter = UsageMetadataCallbackHandler()
    prompt = ChatPromptTemplate.from_messages([
        ("system", "Answer in one short sentence."), ("human", "What is the capital of {country}?"),
    ])  # fmt: skip
    chain = prompt | ChatCodex(codex=codex) | StrOutputParser()
    async for piece in chain.astream({"country": "France"}, config={"callbacks": [counter]}):
        print(piece, end="", flush=True)
    print()
    return sum(
        (
            Usage(
                input_tokens=used["input_tokens"],
                output_tokens=used["output_tokens"],
                total_tokens=used["total_tokens"],
            )
            for used in counter.usage_metadata.values()
        ),
        Usage(),
    )


async def llama_index_agent(codex: AsyncCodex) -> Usage:
    """A LlamaIndex agent that calls a Python function."""
    print("\n== LlamaIndex: CodexAgent with a Python tool ==")
    agent = CodexAgent(tools=[get_weather], system_prompt="Use the tools.", codex=codex)
    handler = agent.run(user_msg="What is the weather in Paris?")
    async for event in handler.stream_events():
        match event:
            case AgentStream():
                print(event.delta, end="", flush=True)
            case ToolCallResult():
                print(f"-> {event.tool_output.content}")
            case ToolCall():
                print(f"{event.tool_name}({event.tool_kwargs})", end=" ")
            case _:
                pass
    print()
    result: Any = await handler
    used = result.raw["usage"]
    return Usage(
        input_tokens=used["input_tokens"],
        output_tokens=used["output_tokens"],
        total_tokens=used["total_tokens"],
    )


async def main_job(config: AppServerConfig) -> None:
    """One app-server for all three."""
    async with AsyncCodex(config) as codex:
        print(f"codex app-server {codex.metadata.server_version}")
        account = await codex.request("account/read")
        if account.requires_openai_auth and account.account is None:
            raise SystemExit(
                "not logged in: run `python -m codex_app_server codex login` first, or set up a model provider in config.toml"
            )
        used = {
            "core client": await core_client(codex),
            "LangChain": await langchain_chain(codex),
            "LlamaIndex": await llama_index_agent(codex),
        }
    print("\n== token usage ==")
    for name, usage in used.items():
        print(
            f"{name:<12} {usage.input_tokens:>6} in {usage.output_tokens:>5} out {usage.total_tokens:>6} total"
        )


@contextmanager
def where_to_run(*, live: bool) -> Generator[AppServerConfig]:
    """Yield the configuration of the app-server: the user's own, or one with a scripted model."""
    if live:
        print("live: with the Codex login of this machine")
        yield AppServerConfig()
        return
    print("no --live: a scripted model on loopback answers; no key and no network are needed")
    with scripted_codex(SCRIPT) as scripted:
        yield scripted.config


def main() -> None:
    """Run the main job."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--live", action="store_true", help="use the Codex login or API key of this machine")
    with where_to_run(live=parser.parse_args().live) as config:
        asyncio.run(main_job(config))


if __name__ == "__main__":
    main()
