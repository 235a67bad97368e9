"""What the tests of `CodexLLM` share: models on a scripted set-up, closed when the test ends."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from codex_app_server.testing import ScriptedCodex
from llama_index.llms.codex import CodexLLM


class MakeLLM(Protocol):
    def __call__(self, codex: ScriptedCodex, **options: Any) -> CodexLLM: ...


@pytest.fixture
def anyio_backend() -> str:
    # LlamaIndex runs on asyncio only.
    return "asyncio"


@pytest.fixture
def make_llm(scripted_codex: object) -> Iterator[MakeLLM]:
    """Make models of a scripted set-up; it is asked for first, so that it outlives them."""
    llms: list[CodexLLM] = []

    def make(codex: ScriptedCodex, **options: Any) -> CodexLLM:
        llms.append(CodexLLM(env=codex.env, **options))
        return llms[-1]

    yield make
    for llm in llms:
        llm.close()


# What LlamaIndex does itself: it looks at the members of an agent object, asks in a step whether it runs, and writes
# structured answers with a method of pydantic that is deprecated.
THIRD_PARTY = (
    "ignore:The `__fields.*` attribute is deprecated:DeprecationWarning",
    "ignore:Accessing the 'model_.*' attribute on the instance is deprecated:DeprecationWarning",
    "ignore:is_running called from within a step:DeprecationWarning",
    "ignore:The `json` method is deprecated:DeprecationWarning",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            for line in THIRD_PARTY:
                item.add_marker(pytest.mark.filterwarnings(line))
