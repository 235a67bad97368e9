"""No duplicates: under an instrumentation of LangChain or LlamaIndex, what is told of a turn is told by the framework.

The instrumentations themselves are not installed here; what stands in for them does what they do: a handler in every
callback manager, or in the root dispatcher, of a class of their package.
"""

# pyright: reportDeprecated=false
# LlamaIndex marks its own documented call, `agent.run("...")`, as deprecated.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server.observe import spans_elsewhere, turns_told_by
from codex_app_server.testing import call
from langchain_codex import ChatCodex
from langchain_codex import CodexAgent as LangChainAgent
from langchain_core.callbacks import BaseCallbackManager
from langchain_core.tracers.base import BaseTracer
from llama_index.agent.codex import CodexAgent as LlamaIndexAgent
from llama_index.llms.codex import CodexLLM
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.span_handlers import SimpleSpanHandler
from opentelemetry.trace import set_span_in_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server.testing import ScriptedCodex, ScriptedCodexFactory
    from opentelemetry.trace import Span

    from .conftest import Traces

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:The `__fields.*` attribute is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings(
        "ignore:Accessing the 'model_.*' attribute on the instance:DeprecationWarning"
    ),
    pytest.mark.filterwarnings("ignore:is_running called from within a step:DeprecationWarning"),
]

WITH_TOOL = [
    "caller",
    "  invoke_agent codex",
    "    chat mock-model",
    "    execute_tool add",
    "    chat mock-model",
]


@pytest.fixture
def anyio_backend() -> str:
    # The frameworks run on asyncio only.
    return "asyncio"


def add(left: int, right: int) -> int:
    """Add."""
    return left + right


def with_tool(scripted_codex: ScriptedCodexFactory) -> ScriptedCodex:
    return scripted_codex([call("add", left=1, right=2), "3"])


async def chat_of_langchain(scripted_codex: ScriptedCodexFactory) -> None:
    sc = scripted_codex(lambda _: "Hello.")
    model = ChatCodex(env=sc.env, cwd=str(sc.workspace))
    model.invoke("Hi")
    async for _ in model.astream("Hi"):
        pass


async def agent_of_langchain(scripted_codex: ScriptedCodexFactory) -> None:
    sc = with_tool(scripted_codex)
    await LangChainAgent(env=sc.env, cwd=sc.workspace, tools=[add]).ainvoke("Hi")


async def llm_of_llama_index(scripted_codex: ScriptedCodexFactory) -> None:
    sc = scripted_codex(lambda _: "Hello.")
    model = CodexLLM(env=sc.env)
    await model.acomplete("Hi")
    list(model.stream_complete("Hi"))
    model.close()


async def agent_of_llama_index(scripted_codex: ScriptedCodexFactory) -> None:
    sc = with_tool(scripted_codex)
    agent = LlamaIndexAgent(env=sc.env, cwd=str(sc.workspace), tools=[add])
    await agent.run("Hi")
    await agent.aclose()


ADAPTERS = [chat_of_langchain, agent_of_langchain, llm_of_llama_index, agent_of_llama_index]


@pytest.mark.parametrize("use", ADAPTERS)
async def test_without_an_instrumentation_of_the_framework_the_core_tells(
    use: Callable[..., Any], traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    with traces.tracer.start_as_current_span("caller"):
        await use(scripted_codex)
    if "agent" in use.__name__:
        assert traces.tree() == WITH_TOOL
    else:
        assert traces.tree() == ["caller", *["  invoke_agent codex", "    chat mock-model"] * 2]


# --- what stands in for the instrumentations ---


class OfLangChain(BaseTracer):
    """Makes a span of each run, below that of its parent."""

    def __init__(self, traces: Traces) -> None:
        super().__init__()
        self._tracer = traces.tracer
        self._spans: dict[Any, Span] = {}

    def _start_trace(self, run: Any) -> None:
        super()._start_trace(run)
        parent = self._spans.get(run.parent_run_id)
        context = None if parent is None else set_span_in_context(parent)
        self._spans[run.id] = self._tracer.start_span(f"langchain {run.run_type}", context)

    def _end_trace(self, run: Any) -> None:
        self._spans[run.id].end()
        super()._end_trace(run)

    def _persist_run(self, run: Any) -> None:
        return


OfLangChain.__module__ = "openinference.instrumentation.langchain._tracer"


class OfLlamaIndex(SimpleSpanHandler):
    """Makes a span of each span of the dispatcher."""

    def __init__(self) -> None:
        super().__init__()
        self._made: list[str] = []

    @property
    def made(self) -> list[str]:
        """Their names."""
        return self._made

    def new_span(self, id_: str, *args: Any, **kwargs: Any) -> Any:
        self._made.append(id_.rpartition("-")[0].split("-")[0])
        return super().new_span(id_, *args, **kwargs)


OfLlamaIndex.__module__ = "openinference.instrumentation.llama_index._handler"


@pytest.fixture
def of_langchain(traces: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    handler, make = OfLangChain(traces), BaseCallbackManager.__init__

    def with_handler(self: BaseCallbackManager, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        if handler not in self.inheritable_handlers:
            self.add_handler(handler, inherit=True)

    monkeypatch.setattr(BaseCallbackManager, "__init__", with_handler)


@pytest.fixture
def of_llama_index(monkeypatch: pytest.MonkeyPatch) -> OfLlamaIndex:
    root, handler = get_dispatcher("root"), OfLlamaIndex()
    monkeypatch.setattr(root, "span_handlers", [*root.span_handlers, handler])
    return handler


@pytest.mark.usefixtures("of_langchain")
async def test_what_langchain_tells_of_a_model_call_is_not_told_again(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    with traces.tracer.start_as_current_span("caller"):
        await chat_of_langchain(scripted_codex)
    assert traces.tree() == ["caller", "  langchain llm", "  langchain llm"]


@pytest.mark.usefixtures("of_langchain")
async def test_what_langchain_tells_of_an_agent_is_not_told_again(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    with traces.tracer.start_as_current_span("caller"):
        await agent_of_langchain(scripted_codex)
    assert traces.tree() == [
        "caller",
        "  langchain chain",
        "    langchain llm",
        "    langchain tool",
        "    langchain llm",
    ]


@pytest.mark.parametrize("use", ADAPTERS[2:])
async def test_what_llama_index_tells_is_not_told_again(
    use: Callable[..., Any],
    traces: Traces,
    of_llama_index: OfLlamaIndex,
    scripted_codex: ScriptedCodexFactory,
) -> None:
    with traces.tracer.start_as_current_span("caller"):
        await use(scripted_codex)
    assert traces.tree() == ["caller"]
    name = "CodexAgent.run" if "agent" in use.__name__ else "CodexLLM.acomplete"
    assert name in of_llama_index.made


async def test_handlers_that_make_no_spans_change_nothing() -> None:
    with turns_told_by([object(), SimpleSpanHandler()]):
        assert spans_elsewhere.get() == frozenset()
    with turns_told_by([OfLlamaIndex()]):
        assert spans_elsewhere.get() == {"turn"}
    assert spans_elsewhere.get() == frozenset()
