"""What the tests of the LlamaIndex adapter share: agents on a scripted model, closed when the test ends."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import psutil
import pytest
from codex_app_server.testing import ScriptedCodex
from llama_index.agent.codex import CodexAgent


class MakeAgent(Protocol):
    def __call__(self, codex: ScriptedCodex, **options: Any) -> CodexAgent: ...


@pytest.fixture
def anyio_backend() -> str:
    # The workflows of LlamaIndex run on asyncio only.
    return "asyncio"


@pytest.fixture(autouse=True)
def servers_end_before_their_folders(request: pytest.FixtureRequest) -> Iterator[None]:
    """Closing an agent does not wait for its server, which writes into its folder until it ends."""
    if "scripted_codex" in request.fixturenames:
        request.getfixturevalue("scripted_codex")
    yield
    psutil.wait_procs(psutil.Process().children(recursive=True), timeout=5)


@pytest.fixture
async def make_agent(scripted_codex: object) -> AsyncIterator[MakeAgent]:
    """Make agents of a scripted set-up; it is asked for first, so that it outlives the agents."""
    agents: list[CodexAgent] = []

    def make(codex: ScriptedCodex, **options: Any) -> CodexAgent:
        agent = CodexAgent(env=codex.env, cwd=str(codex.workspace), **options)
        agents.append(agent)
        return agent

    yield make
    for agent in agents:
        await agent.aclose()


# What LlamaIndex does with every agent class: it looks at the members of the agent object, cannot write its default
# memory down between two runs (with pydantic 2.14), and asks in a step whether it runs.
THIRD_PARTY = (
    "ignore:The `__fields.*` attribute is deprecated:DeprecationWarning",
    "ignore:Accessing the 'model_.*' attribute on the instance is deprecated:DeprecationWarning",
    "ignore:Skipping serialization of known unserializable key. memory",
    "ignore:is_running called from within a step:DeprecationWarning",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            for line in THIRD_PARTY:
                item.add_marker(pytest.mark.filterwarnings(line))
