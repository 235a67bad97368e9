"""The adapter of the worked example, and the one that the guide builds, conform; and the guide's table is complete."""

from __future__ import annotations

import importlib.util
import re
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import codex_app_server
import psutil
import pytest
from codex_app_server import TransportClosedError
from codex_app_server.testing import conformance
from codex_app_server.testing.conformance import Final, Seen, Text, ToolBegan, ToolEnded, Used

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import ModuleType

    from codex_app_server.testing import ScriptedCodexFactory
    from codex_app_server.testing.conformance import RecordedTurn, Replay

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/connect-your-own-framework.md"
LEAVES_OUT: set[conformance.Facet] = {"reasoning", "plan", "diff"}


def load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    # Dataclasses look up their own module.
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def example() -> Iterator[Any]:
    yield load(ROOT / "examples/own_framework.py", "own_framework_example")
    del sys.modules["own_framework_example"]


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("guide") / "adapter.py"
    path.write_text("\n".join(re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)))
    yield load(path, "own_framework_guide")
    del sys.modules["own_framework_guide"]


@pytest.mark.anyio
@pytest.mark.parametrize("recorded", conformance.RECORDED_TURNS, ids=str)
async def test_the_example_conforms(recorded: RecordedTurn, example: Any) -> None:
    async def drive(replay: Replay) -> AsyncIterator[Seen]:
        ask = None if replay.approval is None else lambda _: replay.approval
        agent = example.CodexAgent(tools=replay.tools, ask=ask, config=replay.config)
        async with aclosing(agent.stream(replay.prompt)) as chunks:
            async for chunk in chunks:
                match chunk:
                    case example.TextChunk():
                        yield Text(chunk.text)
                    case example.ToolChunk(output=None):
                        yield ToolBegan(chunk.id)
                    case example.ToolChunk():
                        yield ToolEnded(chunk.id, chunk.output, is_error=chunk.failed)
                    case _:
                        yield Used(chunk.prompt_tokens, chunk.completion_tokens)
                        yield Final(chunk.text)

    await conformance.acheck(recorded, drive, leaves_out=LEAVES_OUT)


@pytest.mark.anyio
@pytest.mark.parametrize("recorded", conformance.RECORDED_TURNS, ids=str)
async def test_the_adapter_of_the_guide_conforms(recorded: RecordedTurn, guide: Any) -> None:
    await guide.test_my_adapter(recorded)


@pytest.mark.anyio
async def test_the_program_of_the_guide_runs(guide: Any, capsys: pytest.CaptureFixture[str]) -> None:
    await guide.main()
    assert "{'text': 'Hello!'}" in capsys.readouterr().out


@pytest.mark.anyio
async def test_the_example_goes_on_after_the_death_of_the_server(
    scripted_codex: ScriptedCodexFactory, example: Any
) -> None:
    async def answer(agent: Any) -> str:
        async with aclosing(agent.stream("Say hello.")) as chunks:
            return [chunk async for chunk in chunks][-1].text

    agent = example.CodexAgent(config=scripted_codex("Hello!").config)
    assert await answer(agent) == "Hello!"
    thread_ids = dict(agent.thread_ids)
    server = psutil.Process(agent._shared.sync_client()._engine.pid)
    server.kill()
    psutil.wait_procs([server], timeout=10)
    with pytest.raises(TransportClosedError):
        await answer(agent)
    assert await answer(agent) == "Hello!"
    assert agent.thread_ids == thread_ids
    agent.close()


def test_the_guide_tells_of_every_event() -> None:
    table = re.findall(r"^\| `(\w+)` \|", GUIDE.read_text(), re.MULTILINE)
    events = [kind.__name__ for kind in get_args(codex_app_server.Event)]
    assert sorted(table) == sorted(events)


def test_the_guide_tells_of_everything_that_a_drive_yields() -> None:
    text = GUIDE.read_text()
    assert [kind for kind in get_args(Seen) if f"`{kind.__name__}" not in text] == []
