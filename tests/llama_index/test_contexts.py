"""What a context keeps: the thread goes on in other processes, a lost one is replaced, many are open at once."""

# pyright: reportDeprecated=false
# LlamaIndex marks its own documented call, `agent.run("...")`, as deprecated.

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import anyio
import psutil
import pytest
from anyio import to_thread
from codex_app_server.testing import Gate, call, hold
from llama_index.agent.codex import CodexNotice
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.workflow import Context

pytestmark = pytest.mark.anyio


def get_weather(city: str) -> str:
    """Tell the weather."""
    return f"sunny in {city}"


PROGRAM = """
from __future__ import annotations
import asyncio, json, sys
from llama_index.agent.codex import CodexAgent
from llama_index.core.workflow import Context

def get_weather(city: str) -> str:
    '''Tell the weather.'''
    return f"sunny in {city}"

async def main():
    agent = CodexAgent(name="a.b", tools=[get_weather], env=json.loads(sys.argv[1]))
    ctx = Context.from_dict(agent, json.load(sys.stdin))
    result = await agent.run("And in Rome?", ctx=ctx)
    await agent.aclose()
    print(json.dumps([str(result), ctx.to_dict()]))

asyncio.run(main())
"""


async def test_a_context_goes_on_in_another_process_and_back(scripted_codex, make_agent):
    def say(request: Any) -> Any:
        if request.step == 0:
            return call("get_weather", city=request.last_user_text.split()[-1].strip("?"))
        return f"{list(request.tool_outputs.values())[-1]}."

    sc = scripted_codex(say)
    agent = make_agent(sc, name="a.b", tools=[get_weather])
    ctx: Context[Any] = Context(agent)
    before = psutil.Process().children(recursive=True)
    await agent.run("Weather in Paris?", ctx=ctx)
    servers = [found for found in psutil.Process().children(recursive=True) if found not in before]
    await agent.aclose()
    # A thread has one writer.
    psutil.wait_procs(servers, timeout=30)

    done = await to_thread.run_sync(
        lambda: subprocess.run(
            [sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps(sc.env)],
            input=json.dumps(ctx.to_dict()),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=dict(os.environ),
        )
    )
    assert done.returncode == 0, done.stderr
    # This agent answers for the tools that the thread has.
    assert "get_weather" not in done.stderr
    answer, written = json.loads(done.stdout)
    other = make_agent(sc, name="a.b", tools=[get_weather])
    last = await other.run("And in Oslo?", ctx=Context.from_dict(other, written))

    assert (answer, str(last)) == ("sunny in Rome.", "sunny in Oslo.")
    request = sc.model.requests[-1]
    assert {found.thread_id for found in sc.model.requests} == {request.thread_id}
    assert request.user_texts == ["Weather in Paris?", "And in Rome?", "And in Oslo?"]
    assert str(request.input).count("'sunny in Paris.'") == 1


@pytest.mark.parametrize("has_memory", [True, False])
@pytest.mark.parametrize("other_tools", [[], [get_weather]], ids=["same tools", "other tools"])
async def test_a_lost_thread_is_made_anew_from_memory_and_a_notice_tells(
    scripted_codex, make_agent, other_tools, has_memory
):
    sc = scripted_codex("One.")
    agent = make_agent(sc)
    ctx: Context[Any] = Context(agent)
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)
    await agent.run("one", ctx=ctx, memory=memory)
    record: Any = await ctx.store.get("codex:Agent")

    elsewhere = scripted_codex(lambda request: request.last_user_text.title() + ".")
    other = make_agent(elsewhere, tools=other_tools)
    ctx = Context(other)
    await ctx.store.set("codex:Agent", record)
    more = {"memory": memory} if has_memory else {}
    handler = other.run("two", ctx=ctx, **more)
    with anyio.fail_after(60):
        notices = [event.message async for event in handler.stream_events() if isinstance(event, CodexNotice)]
        assert str(await handler) == "Two."
        assert str(await other.run("three", ctx=ctx, **more)) == "Three."

    # With other tools, a new thread would have been made of memory anyway.
    rest = "a new one gets what memory holds" if has_memory else "what it knew is not in memory"
    assert notices == (
        [] if other_tools and has_memory else [f"thread {record['thread_id']!r} is lost: {rest}"]
    )
    request = elsewhere.model.requests[-1]
    assert request.user_texts == [*(["one"] if has_memory else []), "two", "three"]
    assert str(request.input).count("'One.'") == int(has_memory)


async def test_fifty_runs_at_once_share_one_server_and_mix_nothing(scripted_codex, make_agent):
    gate = Gate()

    def say(request: Any) -> Any:
        if request.step == 0:
            return [hold(gate), call("get_weather", city=request.last_user_text)]
        return next(iter(request.tool_outputs.values()))

    sc = scripted_codex(say)
    agent = make_agent(sc, tools=[get_weather])
    before = set(psutil.Process().children())
    cities = [f"city {number}" for number in range(50)]

    with anyio.fail_after(240):
        handlers = [agent.run(city) for city in cities]
        # All of them wait at the same time.
        await gate.reached_async(180, count=50)
        servers = set(psutil.Process().children()) - before
        gate.open()
        results = [await handler for handler in handlers]

    assert [str(result) for result in results] == [f"sunny in {city}" for city in cities]
    assert [result.tool_calls[0].tool_kwargs for result in results] == [{"city": city} for city in cities]
    assert len({result.raw["thread_id"] for result in results}) == 50
    assert len(servers) == 1
    # Nothing of a run is kept.
    assert agent._live._turns == {}
