"""The adapters take the client of many machines as their `codex=`, unchanged."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import AsyncCodexClient, CodexClient
from codex_app_server.testing import call
from codex_ray import AsyncRayCodex, RayCodex

if TYPE_CHECKING:
    from codex_ray import RayPool

    from .conftest import Machines

# What LlamaIndex does with every agent class: it looks at all members of the object.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SAID = "Nothing special, in several words."


@pytest.fixture
def anyio_backend() -> str:
    """Both frameworks know asyncio alone."""
    return "asyncio"


def look_up(city: str) -> str:
    """Look up the weather.

    Args:
        city: The city.
    """
    return f"{city}: sunny"


def test_both_are_clients_by_the_interface_of_the_core(pool: RayPool) -> None:
    with RayCodex(pool.name) as codex:
        assert isinstance(codex, CodexClient)
        assert isinstance(codex.as_async(), AsyncCodexClient)
    assert isinstance(AsyncRayCodex(pool.name).as_sync(), CodexClient)


def test_chat_codex_calls_streams_and_goes_on_in_its_thread(machines: Machines, pool: RayPool) -> None:
    from langchain_codex import ChatCodex
    from langchain_core.messages import AIMessage, HumanMessage

    with RayCodex(pool.name) as codex:
        chat = ChatCodex(codex=codex)
        first = chat.invoke("Say nothing special.")
        assert first.text == SAID
        history = [HumanMessage("Say nothing special."), first, HumanMessage("Go on, then.")]
        machines.script.when("Go on, then", "Again.")
        assert chat.invoke(history).text == "Again."
        assert "".join(chunk.text for chunk in chat.stream("Say nothing special.")) == SAID
        assert isinstance(asyncio.run(chat.ainvoke("Say nothing special.")), AIMessage)


@pytest.mark.anyio
async def test_the_langchain_agent_runs_its_tools_here(machines: Machines, pool: RayPool) -> None:
    from langchain_codex import CodexAgent

    machines.script.when(
        "langchain-weather", [call("look_up", city="Oslo"), lambda request: str(request.tool_outputs)]
    )
    async with AsyncRayCodex(pool.name) as codex:
        agent = CodexAgent(codex=codex, tools=[look_up])
        result: Any = await agent.ainvoke({"messages": [("user", "langchain-weather")]})
        assert "Oslo: sunny" in result["messages"][-1].text


@pytest.mark.anyio
async def test_the_llama_index_agent_runs_its_tools_here(machines: Machines, pool: RayPool) -> None:
    from llama_index.agent.codex import CodexAgent

    machines.script.when(
        "llama-weather", [call("look_up", city="Rome"), lambda request: str(request.tool_outputs)]
    )
    async with AsyncRayCodex(pool.name) as codex:
        agent: Any = CodexAgent(codex=codex, tools=[look_up])
        handler = agent.run(user_msg="llama-weather")
        assert "Rome: sunny" in str(await handler)


@pytest.mark.anyio
async def test_the_llama_index_model_completes_and_chats(pool: RayPool) -> None:
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.codex import CodexLLM

    async with AsyncRayCodex(pool.name) as codex:
        llm: Any = CodexLLM(codex=codex)
        assert (await llm.acomplete("Say nothing special.")).text == SAID
        answer = await llm.achat([ChatMessage(role="user", content="Say nothing special.")])
        assert answer.message.content == SAID
