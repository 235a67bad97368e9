"""Structured answers: through the schema of the turn, through the model of the agent, and by functions."""

# pyright: reportDeprecated=false
# LlamaIndex marks its own documented call, `agent.run("...")`, as deprecated.

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from codex_app_server.testing import call
from llama_index.core.agent.workflow import AgentOutput, AgentStreamStructuredOutput, AgentWorkflow
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.llms.mock import MockFunctionCallingLLM
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from llama_index.core.llms import ChatMessage

pytestmark = pytest.mark.anyio

# An `AgentWorkflow` of earlier versions knows its own class and function only, and not those of its agents.
ASKS_AGENTS = "agent.output_cls" in inspect.getsource(AgentWorkflow)


class Place(BaseModel):
    """Where it is."""

    city: str
    country: str = Field(default="France", description="The country.")


PARIS = '{"city": "Paris", "country": "France"}'


def get_weather(city: str) -> str:
    """Tell the weather."""
    return f"sunny in {city}"


async def events_of(handler: Any) -> list[Any]:
    with anyio.fail_after(60):
        return [event async for event in handler.stream_events()]


@pytest.mark.parametrize("inside", ["agent alone", *(["workflow"] if ASKS_AGENTS else [])])
async def test_an_answer_of_the_right_form_is_asked_for_once(scripted_codex, make_agent, inside):
    sc = scripted_codex([call("get_weather", city="Paris"), PARIS])
    counter = TokenCountingHandler(tokenizer=str.split)
    agent = make_agent(sc, output_cls=Place, tools=[get_weather], callback_manager=CallbackManager([counter]))
    runner = agent if inside == "agent alone" else AgentWorkflow(agents=[agent])

    handler = runner.run(user_msg="Where?")
    events = await events_of(handler)
    result: Any = await handler

    assert result.structured_response == {"city": "Paris", "country": "France"}
    assert result.get_pydantic_model(Place) == Place(city="Paris")
    assert str(result) == PARIS
    structured = [event.output for event in events if isinstance(event, AgentStreamStructuredOutput)]
    assert structured == [{"city": "Paris", "country": "France"}]
    # The turn has asked for the form in both of its requests, and there was no third.
    assert [request.json_schema is not None for request in sc.model.requests] == [True, True]
    schema: Any = sc.model.requests[0].json_schema
    assert (schema["required"], schema["additionalProperties"]) == (["city", "country"], False)
    assert len(counter.llm_token_counts) == 2


async def test_each_run_has_its_own_structured_answer(scripted_codex, make_agent):
    sc = scripted_codex(lambda request: f'{{"city": "{request.last_user_text}", "country": "X"}}')
    agent = make_agent(sc, output_cls=Place)

    with anyio.fail_after(60):
        handlers = [agent.run(name) for name in ("Oslo", "Rome", "Bern")]
        results = [await handler for handler in handlers]

    assert [result.structured_response["city"] for result in results] == ["Oslo", "Rome", "Bern"]
    assert len(sc.model.requests) == 3


async def test_the_form_of_a_workflow_is_asked_for_by_a_further_question(scripted_codex, make_agent):
    sc = scripted_codex(
        lambda request: PARIS if "current_conversation" in str(request.input[-1]) else "Paris."
    )
    agent = make_agent(sc)
    workflow = AgentWorkflow(agents=[agent], output_cls=Place)

    with anyio.fail_after(60):
        result: Any = await workflow.run(user_msg="Where?")

    assert (str(result), result.get_pydantic_model(Place)) == ("Paris.", Place(city="Paris"))
    assert [request.json_schema is not None for request in sc.model.requests] == [False, True]


class Anything(BaseModel):
    """Whatever."""

    values: dict[str, Any]


async def test_a_form_that_the_service_cannot_enforce_is_left_to_the_llm(scripted_codex, make_agent):
    sc = scripted_codex("Much.")
    agent = make_agent(sc, output_cls=Anything, llm=_Predicting())

    with anyio.fail_after(60):
        result = await agent.run("What?")

    assert str(result) == "Much."
    assert result.structured_response == {"values": {"a": 1}}
    assert sc.model.requests[0].json_schema is None


class _Predicting(MockFunctionCallingLLM):
    async def astructured_predict(self, output_cls: Any, prompt: Any, *args: Any, **kwargs: Any) -> Any:
        return output_cls(values={"a": 1})


async def test_a_class_whose_answer_never_comes_is_a_warning_and_none(scripted_codex, make_agent):
    agent = make_agent(scripted_codex("No form at all."), output_cls=Place)

    with pytest.warns(UserWarning, match="problem with the generation of the structured output"):
        with anyio.fail_after(60):
            result = await agent.run("Where?")

    assert (str(result), result.structured_response) == ("No form at all.", None)


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("level", ["agent", *(["agent in a workflow"] if ASKS_AGENTS else []), "workflow"])
async def test_a_function_makes_the_structured_answer_of_the_memory(scripted_codex, make_agent, kind, level):
    def count(messages: list[ChatMessage]) -> dict[str, Any]:
        return {"roles": [message.role.value for message in messages]}

    async def count_later(messages: list[ChatMessage]) -> dict[str, Any]:
        return count(messages)

    function: Any = count if kind == "sync" else count_later
    sc = scripted_codex([call("get_weather", city="Paris"), "Sunny."])
    own = {} if level == "workflow" else {"structured_output_fn": function}
    agent = make_agent(sc, tools=[get_weather], **own)
    runner: Any = agent
    if level != "agent":
        more: Any = {"structured_output_fn": function} if level == "workflow" else {}
        runner = AgentWorkflow(agents=[agent], **more)

    handler = runner.run(user_msg="Weather?")
    events = await events_of(handler)
    result: Any = await handler

    assert result.structured_response == {"roles": ["user", "assistant", "tool", "assistant"]}
    assert len([event for event in events if isinstance(event, AgentStreamStructuredOutput)]) == 1
    assert len([event for event in events if isinstance(event, AgentOutput)]) == 2
    assert len(sc.model.requests) == 2
