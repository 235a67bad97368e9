"""Structured prediction: by the output schema of Codex, in all four ways, and by prompt where there is no strict schema."""

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing, closing
from typing import Any, Literal

import pytest
from codex_app_server import OutputError, OutputSchemaError, TurnFailedError
from codex_app_server.testing import Gate, conforming, fail, hold, text
from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
from llama_index.core.program.utils import FlexibleModel
from llama_index.core.prompts import ChatPromptTemplate, PromptTemplate
from llama_index.core.types import PydanticProgramMode
from pydantic import BaseModel, Field, SecretStr

pytestmark = pytest.mark.anyio


class Track(BaseModel):
    title: str
    seconds: int = 0


class Album(BaseModel):
    """A record."""

    name: str = Field(description="As on the cover", max_length=20)
    kind: Literal["live", "studio"] = "studio"
    tracks: list[Track] = []


PROMPT = PromptTemplate("An album of {artist}, please.")
ANSWER = '{"name": "Low", "kind": "studio", "tracks": [{"title": "Speed of Life", "seconds": 166}]}'
ALBUM = Album(name="Low", tracks=[Track(title="Speed of Life", seconds=166)])
STRICT = {
    "type": "object",
    "description": "A record.",
    "properties": {
        "name": {"type": "string", "description": "As on the cover (maxLength: 20)"},
        "kind": {"type": "string", "enum": ["live", "studio"]},
        "tracks": {"type": "array", "items": {"$ref": "#/$defs/Track"}},
    },
    "required": ["name", "kind", "tracks"],
    "additionalProperties": False,
    "$defs": {
        "Track": {
            "type": "object",
            "properties": {"title": {"type": "string"}, "seconds": {"type": "integer"}},
            "required": ["title", "seconds"],
            "additionalProperties": False,
        }
    },
}


async def test_the_model_is_held_to_the_strict_schema_in_all_four_ways(scripted_codex, make_llm):
    sc = scripted_codex(ANSWER)
    llm = make_llm(sc, system_prompt="Be brief.")

    found = [
        llm.structured_predict(Album, PROMPT, artist="Bowie"),
        await llm.astructured_predict(Album, PROMPT, artist="Bowie"),
        [*llm.stream_structured_predict(Album, PROMPT, artist="Bowie")][-1],
        [part async for part in await llm.astream_structured_predict(Album, PROMPT, artist="Bowie")][-1],
    ]

    assert found == [ALBUM] * 4
    assert [request.json_schema for request in sc.model.requests] == [STRICT] * 4
    assert [request.user_texts for request in sc.model.requests] == [["An album of Bowie, please."]] * 4
    assert all(request.instructions.endswith("Be brief.") for request in sc.model.requests)


async def test_partial_objects_grow_while_the_answer_streams(scripted_codex, make_llm):
    deltas = ['{"na', 'me": "Lo', 'w", ', '"kind": "studio", ', '"tracks": [{"title": "Sp', 'eed"}', "]}"]
    llm = make_llm(scripted_codex(text(deltas=deltas)))

    parts = list(llm.stream_structured_predict(Album, PROMPT, artist="Bowie"))
    again = [part async for part in await llm.astream_structured_predict(Album, PROMPT, artist="Bowie")]

    assert [type(part) for part in parts[:1]] != [Album]
    assert isinstance(parts[0], FlexibleModel)
    assert [getattr(part, "name", None) for part in parts] == [None, "Lo", "Low", "Low", "Low", "Low", "Low"]
    assert [len(getattr(part, "tracks", None) or []) for part in parts] == [0, 0, 0, 0, 1, 1, 1]
    assert all(isinstance(part, Album) for part in parts[1:])
    assert parts[-1] == Album(name="Low", tracks=[Track(title="Speed")])
    assert [part.model_dump() for part in again] == [part.model_dump() for part in parts]


async def test_a_part_is_given_before_the_model_has_finished(scripted_codex, make_llm):
    gate = Gate()
    sc = scripted_codex(
        lambda _: text(deltas=['{"name": "Low"', hold(gate), ', "kind": "live", "tracks": []}'])
    )
    llm = make_llm(sc)

    with closing(llm.stream_structured_predict(Album, PROMPT, artist="Bowie")) as parts:
        assert next(parts) == Album(name="Low")
    async with aclosing(await llm.astream_structured_predict(Album, PROMPT, artist="Bowie")) as parts:
        assert await anext(parts) == Album(name="Low")

    # Leaving the stream interrupts the model.
    for request in sc.model.requests:
        await asyncio.to_thread(request.wait_ended)
        assert request.disconnected
    gate.open()


async def test_a_structured_llm_answers_chats_with_images(scripted_codex, make_llm):
    sc = scripted_codex(ANSWER)
    llm = make_llm(sc).as_structured_llm(Album)
    image = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    question = [ChatMessage(role="user", blocks=[TextBlock(text="Which {album}?"), ImageBlock(url=image)])]

    responses = [llm.chat(question), await llm.achat(question)]
    responses += [
        [*llm.stream_chat(question)][-1],
        [one async for one in await llm.astream_chat(question)][-1],
    ]
    completion = llm.complete("Which album?")

    assert [response.raw for response in responses] == [ALBUM] * 4
    assert completion.raw == ALBUM
    assert Album.model_validate_json(responses[0].message.content) == ALBUM
    assert [request.json_schema for request in sc.model.requests] == [STRICT] * 5
    parts = [part for item in sc.model.requests[0].input for part in item.get("content", [])]
    assert parts[-2:] == [
        {"type": "input_text", "text": "Which {album}?"},
        {"type": "input_image", "image_url": image},
    ]


async def test_options_go_with_a_structured_call(scripted_codex, make_llm):
    sc = scripted_codex(conforming())
    llm = make_llm(sc, effort="low")

    llm.structured_predict(Album, PROMPT, {"effort": "high"}, artist="Bowie")
    await llm.as_structured_llm(Album).achat([ChatMessage(role="user", content="Well?")], effort="medium")
    with pytest.raises(TypeError, match="no 'temperature' per call"):
        llm.structured_predict(Album, PROMPT, {"temperature": 1}, artist="Bowie")

    assert [request.body["reasoning"]["effort"] for request in sc.model.requests] == ["high", "medium"]


async def test_commentary_and_earlier_messages_are_no_part_of_the_object(scripted_codex, make_llm):
    llm = make_llm(scripted_codex([[text("One moment.", phase="commentary"), "Here it is:", ANSWER]]))

    assert llm.structured_predict(Album, PROMPT, artist="Bowie") == ALBUM
    assert [*llm.stream_structured_predict(Album, PROMPT, artist="Bowie")][-1] == ALBUM


@pytest.mark.parametrize(
    "answer", ["No idea.", '{"name": 1}', ""], ids=["no json", "another type", "nothing"]
)
async def test_an_answer_that_does_not_fit_raises(scripted_codex, make_llm, answer):
    llm = make_llm(scripted_codex([[answer]] if answer else [[text(deltas=[])]]))

    with pytest.raises(OutputError, match="Album") as caught:
        llm.structured_predict(Album, PROMPT, artist="Bowie")
    assert (caught.value.text, bool(caught.value.turn_id)) == (answer, True)
    with pytest.raises(OutputError, match="Album"):
        _ = [part async for part in await llm.astream_structured_predict(Album, PROMPT, artist="Bowie")]


async def test_a_failed_call_raises(scripted_codex, make_llm):
    llm = make_llm(scripted_codex(fail(400, message="no")))

    with pytest.raises(TurnFailedError):
        await llm.astructured_predict(Album, PROMPT, artist="Bowie")
    with pytest.raises(TurnFailedError):
        list(llm.stream_structured_predict(Album, PROMPT, artist="Bowie"))


class Ages(BaseModel):
    ages: dict[str, int]


async def test_a_class_without_a_strict_schema_is_asked_for_in_the_prompt(scripted_codex, make_llm):
    sc = scripted_codex('{"ages": {"Ann": 5}}')
    llm = make_llm(sc)

    prompt = PromptTemplate("The ages of {who}?")
    found: list[Any] = [
        llm.structured_predict(Ages, prompt, who="all"),
        await llm.astructured_predict(Ages, prompt, who="all"),
        [*llm.stream_structured_predict(Ages, prompt, who="all")][-1],
        [part async for part in await llm.astream_structured_predict(Ages, prompt, who="all")][-1],
    ]

    assert found == [Ages(ages={"Ann": 5})] * 4
    assert [request.json_schema for request in sc.model.requests] == [None] * 4
    assert [request.user_texts for request in sc.model.requests] == [["The ages of all?"]] * 4
    rule = "Answer with one JSON object and with nothing else. It has to fit this JSON schema: "
    for request in sc.model.requests:
        assert json.loads(request.instructions.split(rule)[1]) == Ages.model_json_schema()


async def test_fenced_answers_to_a_prompt_are_read(scripted_codex, make_llm):
    llm = make_llm(scripted_codex(text(deltas=['```json\n{"ages": ', '{"Ann": 5}', "}\n```"])))

    parts = list(llm.stream_structured_predict(Ages, PromptTemplate("Ages?")))

    assert parts[1:] == [Ages(ages={"Ann": 5})] * 2


class Handle(BaseModel):
    call: Callable[[], None]


async def test_a_class_without_any_schema_is_refused(scripted_codex, make_llm):
    sc = scripted_codex("Hello!")

    with pytest.raises(OutputSchemaError, match="'Handle'"):
        await make_llm(sc).astructured_predict(Handle, PROMPT, artist="Bowie")
    assert sc.model.requests == ()


async def test_the_prompt_mode_of_llama_index_is_kept(scripted_codex, make_llm):
    sc = scripted_codex(ANSWER)
    llm = make_llm(sc, pydantic_program_mode=PydanticProgramMode.LLM)

    assert llm.structured_predict(Album, PromptTemplate("{artist}?"), artist="Bowie") == ALBUM
    assert sc.model.requests[0].json_schema is None


class Login(BaseModel):
    name: str
    password: SecretStr


async def test_objects_are_validated_as_json_and_prompts_may_be_chats(scripted_codex, make_llm):
    sc = scripted_codex('{"name": "ann", "password": "s3cret"}')
    llm = make_llm(sc)
    prompt = ChatPromptTemplate(
        [ChatMessage(role="system", content="You are {who}."), ChatMessage(role="user", content="Log in!")]
    )

    login = llm.structured_predict(Login, prompt, who="ann")

    assert login.password.get_secret_value() == "s3cret"
    assert sc.model.requests[0].instructions.endswith("You are ann.")
