"""What LlamaIndex builds on an LLM, built on CodexLLM: synthesizers, query engines, chat engines, ReActAgent."""

from collections.abc import Iterator
from typing import Any

import pytest
from codex_app_server.testing import Script, conforming
from llama_index.core import Document, MockEmbedding, Settings, SummaryIndex, VectorStoreIndex
from llama_index.core.agent.react import ReActChatFormatter, ReActOutputParser
from llama_index.core.agent.workflow import AgentStream, ReActAgent, ToolCallResult
from llama_index.core.chat_engine.types import ChatMode
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.response_synthesizers import ResponseMode, get_response_synthesizer
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

pytestmark = pytest.mark.anyio

NODES = [NodeWithScore(node=TextNode(text=f"Fact {n}: roses are red."), score=1.0) for n in range(2)]
MODES = [mode for mode in ResponseMode if mode not in {ResponseMode.CONTEXT_ONLY, ResponseMode.NO_TEXT}]


class Answer(BaseModel):
    color: str


@pytest.fixture
def own_settings() -> Iterator[Any]:
    """Leave the settings of LlamaIndex as they were."""
    before = Settings._llm, Settings._embed_model
    yield Settings
    Settings._llm, Settings._embed_model = before


@pytest.mark.parametrize("mode", MODES)
async def test_every_response_synthesizer_works(scripted_codex, make_llm, mode):
    llm = make_llm(scripted_codex("Red."))
    synthesizer = get_response_synthesizer(llm=llm, response_mode=mode)

    found = [
        str(synthesizer.synthesize("Color?", NODES)),
        str(await synthesizer.asynthesize("Color?", NODES)),
    ]

    assert len(set(found)) == 1
    assert "Red." in found[0]


@pytest.mark.parametrize("mode", [mode for mode in MODES if "accumulate" not in mode.value])
async def test_every_streaming_response_synthesizer_works(scripted_codex, make_llm, mode):
    llm = make_llm(scripted_codex("They are red."))
    synthesizer = get_response_synthesizer(llm=llm, response_mode=mode, streaming=True)

    response: Any = synthesizer.synthesize("Color?", NODES)
    assert "".join(response.response_gen) == "They are red."
    response = await synthesizer.asynthesize("Color?", NODES)
    assert "".join([piece async for piece in response.async_response_gen()]) == "They are red."


async def test_structured_refinement_filters_answers(scripted_codex, make_llm):
    sc = scripted_codex('{"answer": "Red.", "query_satisfied": true}')
    synthesizer = get_response_synthesizer(
        llm=make_llm(sc), response_mode=ResponseMode.REFINE, structured_answer_filtering=True
    )

    found = [
        str(synthesizer.synthesize("Color?", NODES)),
        str(await synthesizer.asynthesize("Color?", NODES)),
    ]

    # LlamaIndex asks for the object in the prompt here, and not by way of the LLM's structured prediction.
    assert found == ["Red."] * 2
    assert "query_satisfied" in sc.model.requests[-1].last_user_text


@pytest.mark.parametrize("mode", [ResponseMode.COMPACT, ResponseMode.TREE_SUMMARIZE, ResponseMode.REFINE])
async def test_a_query_engine_answers_with_objects(scripted_codex, make_llm, mode):
    sc = scripted_codex('{"color": "red"}')
    synthesizer = get_response_synthesizer(llm=make_llm(sc), response_mode=mode, output_cls=Answer)

    found: Any = [synthesizer.synthesize("Color?", NODES), await synthesizer.asynthesize("Color?", NODES)]

    assert [response.response for response in found] == [Answer(color="red")] * 2
    assert all(list(request.json_schema["properties"]) == ["color"] for request in sc.model.requests)


async def test_a_query_engine_on_a_structured_llm(scripted_codex, make_llm):
    sc = scripted_codex(conforming())
    index = SummaryIndex([node.node for node in NODES])
    engine = index.as_query_engine(llm=make_llm(sc).as_structured_llm(Answer))

    found: Any = await engine.aquery("Color?")

    assert isinstance(found.response, Answer)
    assert list(sc.model.requests[0].json_schema["properties"]) == ["color"]


async def test_indexes_work_with_it_as_the_llm_of_the_settings(scripted_codex, make_llm, own_settings):
    sc = scripted_codex("Red.")
    own_settings.llm = make_llm(sc)
    own_settings.embed_model = MockEmbedding(embed_dim=4)
    documents = [Document(text="Roses are red."), Document(text="Violets are blue.")]

    vector = VectorStoreIndex.from_documents(documents).as_query_engine()
    summary = SummaryIndex.from_documents(documents).as_query_engine()

    assert [str(vector.query("Color?")), str(await vector.aquery("Color?"))] == ["Red."] * 2
    assert [str(summary.query("Color?")), str(await summary.aquery("Color?"))] == ["Red."] * 2
    assert all("Roses are red." in request.last_user_text for request in sc.model.requests)


async def test_a_chat_engine_remembers(scripted_codex, make_llm, own_settings):
    sc = scripted_codex(Script().when("name?", "Rose.").otherwise("Hello!"))
    own_settings.embed_model = MockEmbedding(embed_dim=4)
    llm = make_llm(sc)
    # The default memory leaves a database open.
    memory = ChatMemoryBuffer.from_defaults(llm=llm)
    index = VectorStoreIndex.from_documents([Document(text="A.")])
    engine = index.as_chat_engine(chat_mode=ChatMode.CONTEXT, llm=llm, memory=memory)

    assert str(engine.chat("I am Rose.")) == "Hello!"
    stream = await engine.astream_chat("My name?")
    assert "".join([token async for token in stream.async_response_gen()]) == "Rose."

    assert sc.model.requests[-1].user_texts == ["I am Rose.", "My name?"]


def get_color(flower: str) -> str:
    """Tell the color of a flower."""
    return f"{flower} are red"


@pytest.mark.parametrize("streaming", [False, True])
async def test_a_react_agent_reasons_with_it(scripted_codex, make_llm, streaming):
    action = 'Thought: I need a tool.\nAction: get_color\nAction Input: {"flower": "roses"}'
    script = Script().when("Observation:", "Thought: I can answer.\nAnswer: Red.").otherwise(action)
    agent = ReActAgent(tools=[get_color], llm=make_llm(scripted_codex(script)), streaming=streaming)

    handler = agent.run(user_msg="Which color have roses?")
    events = [event async for event in handler.stream_events()]

    assert str(await handler) == "Red."
    (result,) = [event for event in events if isinstance(event, ToolCallResult)]
    assert result.tool_output.content == "roses are red"
    assert any(isinstance(event, AgentStream) and event.delta for event in events) == streaming


async def test_tools_are_predicted_and_called(scripted_codex, make_llm):
    action = 'Thought: I need a tool.\nAction: get_color\nAction Input: {"flower": "roses"}'
    llm = make_llm(scripted_codex(action))
    tool = FunctionTool.from_defaults(get_color)

    # Without these LlamaIndex 0.14 makes an agent that it refuses itself.
    parts = {"react_chat_formatter": ReActChatFormatter.from_defaults(), "output_parser": ReActOutputParser()}
    response = await llm.apredict_and_call(
        [tool], user_msg=ChatMessage(role="user", content="Roses?"), **parts
    )

    assert str(response) == "roses are red"
