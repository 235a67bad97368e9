"""Structured output: by schema, by a tool, by prompt."""

from __future__ import annotations

import json
from typing import Any

import pytest
from codex_app_server import OutputSchemaError
from codex_app_server.testing import call
from langchain_codex import ChatCodex
from langchain_core.exceptions import OutputParserException
from pydantic import BaseModel, Field
from pydantic.v1 import BaseModel as OldModel
from typing_extensions import TypedDict

pytestmark = pytest.mark.anyio


class City(BaseModel):
    """A city."""

    name: str
    mayor: str | None = Field(default=None, description="Who governs it.")


class OldCity(OldModel):
    """A city."""

    name: str


class CityDict(TypedDict):
    """A city."""

    name: str


class Tree(BaseModel):
    """A tree."""

    name: str
    children: list[Tree] = []


SCHEMA = {
    "title": "City",
    "description": "A city.",
    "type": "object",
    "properties": {"name": {"type": "string"}},
}
PARIS = json.dumps({"name": "Paris", "mayor": None})


async def test_a_schema_is_enforced_by_the_provider(chat):
    model, sc = chat(lambda _: PARIS)
    structured = model.with_structured_output(City)
    assert structured.invoke("A city?") == await structured.ainvoke("A city?") == City(name="Paris")
    assert list(structured.stream("A city?"))[-1] == City(name="Paris")
    sent = sc.model.requests[0].json_schema
    assert sent["required"] == ["name", "mayor"]
    assert sent["additionalProperties"] is False
    assert sc.model.requests[0].tools == []


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (OldCity, OldCity(name="Paris")),
        (CityDict, {"name": "Paris"}),
        (SCHEMA, {"name": "Paris"}),
        (Tree, Tree(name="Paris")),
    ],
    ids=["pydantic 1", "TypedDict", "JSON schema", "recursive"],
)
@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_schemas_of_all_kinds(chat, schema, expected, method):
    values: dict[str, Any] = {"name": "Paris", **({"children": []} if schema is Tree else {})}

    def script(request):
        return (
            json.dumps(values)
            if method == "json_schema"
            else call(request.tools[0]["name"], arguments=values)
        )

    model, sc = chat(script)
    assert model.with_structured_output(schema, method=method).invoke("A city?") == expected
    if method == "function_calling":
        assert "You must call the tool" in sc.model.requests[0].instructions


def test_json_mode_asks_for_json_alone(chat):
    model, sc = chat(lambda _: f"```json\n{PARIS}\n```")
    assert model.with_structured_output(City, method="json_mode").invoke("A city?") == City(name="Paris")
    assert model.with_structured_output(method="json_mode").invoke("A city?") == json.loads(PARIS)
    assert sc.model.requests[0].json_schema is None
    assert "one JSON object" in sc.model.requests[0].instructions


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_a08_the_raw_message_can_be_had_when_the_answer_does_not_fit(chat, method):
    replies = iter([PARIS, '{"name": 5}'])

    def script(request):
        text = next(replies)
        return text if method == "json_schema" else call("City", arguments=text)

    model, _ = chat(script)
    structured = model.with_structured_output(City, method=method, include_raw=True)
    good, bad = structured.invoke("A city?"), structured.invoke("A city?")
    assert (good["parsed"], good["parsing_error"]) == (City(name="Paris"), None)
    assert good["raw"].response_metadata["model_provider"] == "codex"
    assert bad["parsed"] is None
    assert isinstance(bad["parsing_error"], (OutputParserException, ValueError))


def test_a_schema_that_cannot_be_strict_is_refused_or_told(chat):
    open_schema = {
        "title": "Ages",
        "type": "object",
        "properties": {},
        "additionalProperties": {"type": "integer"},
    }
    model, sc = chat(lambda _: '{"Ann": 5}')
    with pytest.raises(OutputSchemaError, match="open dictionaries"):
        model.with_structured_output(open_schema)
    assert model.with_structured_output(open_schema, strict=False).invoke("Ages?") == {"Ann": 5}
    assert sc.model.requests[0].json_schema is None
    assert '"additionalProperties"' in sc.model.requests[0].instructions


def test_what_is_no_method_or_format_is_refused():
    model = ChatCodex()
    with pytest.raises(ValueError, match="not 'magic'"):
        model.with_structured_output(City, method="magic")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="needs a schema"):
        model.with_structured_output()
    with pytest.raises(ValueError, match="response_format is"):
        model.invoke("Hi", response_format={"type": "yaml"})


def test_the_profile_says_what_can_be_given():
    profile = ChatCodex(model="gpt-5").profile or {}
    assert {name for name in ("structured_output", "tool_calling", "image_inputs") if profile.get(name)} == {
        "structured_output",
        "tool_calling",
        "image_inputs",
    }
    assert [profile.get(name) for name in ("pdf_inputs", "audio_inputs", "video_inputs")] == [False] * 3
