"""Structured output: schemas made strict, answers read back."""

from __future__ import annotations

import copy
import json
import pickle
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest
from codex_app_server import Codex, OutputError, OutputSchemaError, TurnError
from codex_app_server.output import OutputSpec, strict_schema
from codex_app_server.testing import Reply, text
from codex_app_server.testing._schema import json_for_schema
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, ValidationError, create_model
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from codex_app_server.testing import ScriptedCodexFactory


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    """Where somebody lives."""

    street: str
    number: int | None = None


class Person(BaseModel):
    name: str = Field(description="Full name", min_length=1, title="The name")
    age: int = Field(ge=0, lt=150)
    colour: Colour = Colour.RED
    home: Address = Field(description="Main home")
    others: list[Address] = []


class Node(BaseModel):
    value: int
    next: Node | None = None
    twin: Annotated[Node | None, Field(description="The other one")] = None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    good: bool = True


class Keyed(TypedDict):
    key: str


class Row(Keyed, total=False):
    value: float


@dataclass
class Point:
    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list)


ADDRESS = {
    "type": "object",
    "description": "Where somebody lives.",
    "properties": {
        "street": {"type": "string"},
        "number": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    },
    "required": ["street", "number"],
    "additionalProperties": False,
}


def closed(**properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


# --- types ---


def test_a_model_becomes_a_strict_schema_with_definitions() -> None:
    spec = OutputSpec.from_type(Person)
    assert spec.name == "Person"
    assert repr(spec) == "OutputSpec(Person)"
    assert spec.schema == {
        **closed(
            name={"type": "string", "description": "Full name (minLength: 1)"},
            age={"type": "integer", "minimum": 0, "exclusiveMaximum": 150},
            colour={"$ref": "#/$defs/Colour"},
            home={"anyOf": [{"$ref": "#/$defs/Address"}], "description": "Main home"},
            others={"type": "array", "items": {"$ref": "#/$defs/Address"}},
        ),
        "$defs": {"Address": ADDRESS, "Colour": {"type": "string", "enum": ["red", "blue"]}},
    }


def test_an_answer_becomes_the_model() -> None:
    answer = '{"name":"Ada","age":36,"colour":"blue","home":{"street":"A","number":1},"others":[]}'
    person = OutputSpec.from_type(Person).parse(answer)
    assert person == Person(name="Ada", age=36, colour=Colour.BLUE, home=Address(street="A", number=1))


def test_a_recursive_model_keeps_its_references() -> None:
    node = closed(
        value={"type": "integer"},
        next={"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
        twin={"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}], "description": "The other one"},
    )
    spec = OutputSpec.from_type(Node)
    assert spec.schema == {**node, "$defs": {"Node": node}}
    answer = '{"value":1,"next":{"value":2,"next":null,"twin":null},"twin":null}'
    assert spec.parse(answer) == Node(value=1, next=Node(value=2))


def test_fields_of_a_dataclass_with_defaults_are_asked_for() -> None:
    spec = OutputSpec.from_type(Point)
    assert spec.schema == closed(
        x={"type": "integer"}, y={"type": "integer"}, tags={"type": "array", "items": {"type": "string"}}
    )
    assert spec.parse('{"x":1,"y":2,"tags":["a"]}') == Point(1, 2, ["a"])


def test_a_typed_dict_is_asked_for_whole() -> None:
    spec = OutputSpec.from_type(Row)
    assert spec.schema == closed(key={"type": "string"}, value={"type": "number"})
    assert spec.parse('{"key":"a","value":0.5}') == {"key": "a", "value": 0.5}


@pytest.mark.parametrize(
    ("output_type", "inner", "answer", "value"),
    [
        (int, {"type": "integer"}, "3", 3),
        (str, {"type": "string"}, '"3"', "3"),
        (list[int], {"type": "array", "items": {"type": "integer"}}, "[1,2]", [1, 2]),
        (set[int], {"type": "array", "items": {"type": "integer"}, "description": "(uniqueItems: true)"}, "[2,2]", {2}),
        (Literal["a", 1], {"type": ["string", "integer"], "enum": ["a", 1]}, "1", 1),
        (Literal[True], {"type": "boolean", "const": True}, "true", True),
        (Colour, {"$ref": "#/$defs/Colour"}, '"red"', Colour.RED),
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "null", None),
        (date, {"type": "string", "format": "date"}, '"2024-02-29"', date(2024, 2, 29)),
        (
            Annotated[Cat | Dog, Field(discriminator="kind")],
            {"anyOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]},
            '{"kind":"dog","good":false}',
            Dog(kind="dog", good=False),
        ),
        (list[Point], {"type": "array", "items": {"$ref": "#/$defs/Point"}}, '[{"x":1,"y":0,"tags":[]}]', [Point(1)]),
    ],
)  # fmt: skip
def test_what_is_no_object_travels_in_one(
    output_type: Any, inner: object, answer: str, value: object
) -> None:
    spec = OutputSpec.from_type(output_type)
    assert {**spec.schema, "$defs": {}} == {**closed(value=inner), "$defs": {}}
    assert spec.parse(f'{{"value":{answer}}}') == value


def test_what_the_service_refuses_is_told_to_the_model_in_words() -> None:
    spec = OutputSpec.from_type(list[HttpUrl])
    note = '(minLength: 1, maxLength: 2083, format: "uri")'
    assert spec.schema["properties"]["value"]["items"] == {"type": "string", "description": note}
    pattern = {"type": "string", "pattern": r"^(?!x)y"}
    assert strict_schema(closed(a=pattern, b={"type": "string", "pattern": r"^\(?=y"})) == closed(
        a={"type": "string", "description": r'(pattern: "^(?!x)y")'},
        b={"type": "string", "pattern": r"^\(?=y"},
    )


def test_defaults_without_a_json_form_are_no_trouble() -> None:
    model = create_model("Odd", at=(Decimal, object()))
    assert OutputSpec.from_type(model).schema["required"] == ["at"]


def test_a_name_tells_the_type() -> None:
    types: list[Any] = [list[int], Literal["a"], int | None, Person]
    assert [OutputSpec.from_type(each).name for each in types] == [
        "list[int]", "Literal['a']", "int | None", "Person",
    ]  # fmt: skip


def test_types_without_a_strict_schema_are_refused_with_the_place() -> None:
    class Bag(BaseModel):
        things: dict[str, int]

    class Anything(BaseModel):
        deep: list[Any]

    class Extra(BaseModel):
        model_config = ConfigDict(extra="allow")

    cases: list[tuple[Any, str, str]] = [
        (Bag, "#/properties/things", "open dictionaries"),
        (dict[str, int], "#", "open dictionaries"),
        (Extra, "#", "open dictionaries"),
        (list[Bag], "#/$defs/Bag/properties/things", "open dictionaries"),
        (tuple[int, str], "#/properties/value/prefixItems", "tuples"),
        (Anything, "#/properties/deep/items", "any value"),
        (object, "#/properties/value", "any value"),
    ]
    for output_type, path, words in cases:
        with pytest.raises(OutputSchemaError, match=words) as caught:
            OutputSpec.from_type(output_type)
        assert caught.value.path == path
        assert repr(path) in str(caught.value)


def test_types_that_pydantic_does_not_know_are_refused() -> None:
    class Plain:
        pass

    cases: list[Any] = [Plain, 3, type, list.__class_getitem__("Missing")]
    for output_type in cases:
        with pytest.raises(OutputSchemaError, match="there is no JSON schema for the output type") as caught:
            OutputSpec.from_type(output_type)
        assert caught.value.path == ""
        assert "http" not in str(caught.value)


# --- answers ---


@pytest.mark.parametrize(
    "answer",
    [
        '{"x":1,"y":2,"tags":[]}',
        '\n  {"x":1,"y":2,"tags":[]}\n',
        '```json\n{"x":1,"y":2,"tags":[]}\n```',
        '```\n{"x":1,"y":2,\n"tags":[]}```\n',
    ],
)
def test_space_and_one_fence_around_an_answer_are_ignored(answer: str) -> None:
    assert OutputSpec.from_type(Point).parse(answer) == Point(1, 2)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "the answer should be 'Row' but is empty"),
        ("Sure! {}", "the answer should be 'Row' but is not JSON (expected value at line 1 column 1)"),
        ('{"key":"a","value":NaN}', "the answer should be 'Row' but is not JSON"),
        ('{"key":"a","value":-Infinity}', "the answer should be 'Row' but is not JSON"),
        ('{"key":"\ud800"}', "the answer should be 'Row' but is not JSON"),
        ("```json\n{}\n```\n```json\n{}\n```", "the answer should be 'Row' but is not JSON"),
        ("[" * 5000, "the answer should be 'Row' but is not JSON"),
        ("{}", "the answer is not a valid 'Row': key: Field required"),
        ("[]", "the answer is not a valid 'Row': Input should be "),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_told_with_its_text(answer: str, words: str) -> None:
    with pytest.raises(OutputError) as caught:
        OutputSpec.from_type(Row).parse(answer)
    error = caught.value
    assert str(error).startswith(words)
    assert (error.text, error.thread_id, error.turn_id, error.result) == (answer, None, None, None)
    assert isinstance(error, TurnError)
    assert isinstance(error, ValueError)


def test_the_message_is_bounded_and_has_neither_values_nor_links() -> None:
    answer = json.dumps({"value": [{"x": "secret", "y": 1, "tags": []}] * 50})
    with pytest.raises(OutputError) as caught:
        OutputSpec.from_type(list[Point]).parse(answer)
    assert re.fullmatch(
        r"the answer is not a valid 'list\[.*Point\]': value\.0\.x: .*; value\.1\.x: .*; value\.2\.x: .*; and 47 more",
        str(caught.value),
    )
    assert "secret" not in str(caught.value)
    assert "http" not in str(caught.value)


def test_an_output_error_survives_pickling() -> None:
    with pytest.raises(OutputError) as caught:
        OutputSpec.from_type(Row).parse("no")
    copied = pickle.loads(pickle.dumps(caught.value))
    assert (type(copied), str(copied), vars(copied)) == (OutputError, str(caught.value), vars(caught.value))


def test_the_cause_of_an_output_error_is_the_validation_error() -> None:
    with pytest.raises(OutputError) as caught:
        OutputSpec.from_type(Person).parse("{}")
    assert isinstance(caught.value.__cause__, ValidationError)


# --- schemas ---


def test_a_schema_is_made_strict_and_answers_stay_plain() -> None:
    spec = OutputSpec.from_schema(
        {"type": "object", "title": "Reply", "properties": {"a": {"type": "string"}}}
    )
    assert (spec.name, spec.schema) == ("Reply", closed(a={"type": "string"}))
    assert spec.parse('{"a":"x","b":[1]}') == {"a": "x", "b": [1]}
    with pytest.raises(OutputError, match="the answer is not a valid 'Reply': it is no JSON object"):
        spec.parse("[1]")


@pytest.mark.parametrize(
    ("node", "strict"),
    [
        ({"enum": ["a", "b"], "default": "a", "examples": ["b"]}, {"type": "string", "enum": ["a", "b"]}),
        ({"enum": [None, True]}, {"type": ["null", "boolean"], "enum": [None, True]}),
        ({"const": 1.5, "x-own": True}, {"type": "number", "const": 1.5}),
        ({"oneOf": [{"type": "null"}], "discriminator": {}}, {"anyOf": [{"type": "null"}]}),
        ({"allOf": [{"type": "string", "title": "T", "description": "inner"}], "description": "outer"}, {"type": "string", "description": "outer"}),
        ({"allOf": [{"$ref": "#/$defs/D"}], "description": "outer"}, {"anyOf": [{"$ref": "#/$defs/D"}], "description": "outer"}),
        ({"allOf": [], "type": "string"}, {"type": "string"}),
        (
            {"allOf": [{**closed(a={"type": "null"}), "additionalProperties": True}], "properties": {"a": {"type": "null"}, "b": {"type": "null"}}, "required": ["b"]},
            closed(a={"type": "null"}, b={"type": "null"}),
        ),
        ({"$ref": "#/definitions/D", "title": "T"}, {"$ref": "#/$defs/D"}),
        ({"$ref": "#"}, {"$ref": "#"}),
        ({"$ref": "#/$defs/D", "type": "object", "additionalProperties": False}, {"$ref": "#/$defs/D"}),
        ({"$ref": "#/$defs/D", "properties": {"e": {"type": "null"}}, "required": ["d"]}, closed(d={"type": "integer"}, e={"type": "null"})),
        ({"items": {"type": "integer"}, "minItems": 1, "maxItems": 2}, {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2}),
        ({"properties": {}}, closed()),
        ({"type": "object", "additionalProperties": False}, closed()),
        ({"type": ["object", "null"], "properties": {"a": {"type": "null"}}, "additionalProperties": True}, {**closed(a={"type": "null"}), "type": ["object", "null"]}),
    ],
)  # fmt: skip
def test_a_keyword_becomes_its_strict_form(node: dict[str, Any], strict: object) -> None:
    definition = {"type": "object", "properties": {"d": {"type": "integer"}}}
    schema = {**closed(it=node), "$defs": {"D": definition}, "definitions": {"D": definition}}
    before = copy.deepcopy(schema)
    result = strict_schema(schema)
    assert result["properties"]["it"] == strict
    assert schema == before
    assert strict_schema(result) == result


def test_definitions_that_nothing_refers_to_are_left_out() -> None:
    schema = {**closed(a={"$ref": "#/$defs/a~1b"}), "$defs": {"a/b": {"type": "null"}, "bad": {"not": {}}}}
    assert strict_schema(schema) == {**closed(a={"$ref": "#/$defs/a~1b"}), "$defs": {"a/b": {"type": "null"}}}


def test_a_root_reference_is_resolved() -> None:
    schema = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": closed(a={"$ref": "#"})}}
    assert strict_schema(schema) == closed(a={"$ref": "#"})


@pytest.mark.parametrize(
    ("node", "path", "words"),
    [
        (True, "", "any value"),
        (False, "", "false is no schema"),
        ("str", "", '"str" is no schema'),
        ({}, "", "any value"),
        ({"description": "x", "minimum": 1}, "", "any value"),
        ({"type": "object"}, "", "open dictionaries"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "", "open dictionaries"),
        ({"properties": {}, "additionalProperties": True}, "", "open dictionaries"),
        ({"properties": {}, "patternProperties": {}}, "/patternProperties", "open dictionaries"),
        ({"properties": {"a": {}}}, "/properties/a", "any value"),
        ({"properties": {"a/b": {"type": "bogus"}}}, "/properties/a~1b/type", "'bogus' is no JSON type"),
        ({"type": 5}, "/type", "an array is needed"),
        ({"properties": {}, "required": ["a"], "additionalProperties": False}, "", "requires the property 'a'"),
        ({"type": "array"}, "", "items of this array have no type"),
        ({"type": "array", "items": [{"type": "string"}]}, "/items", "tuples"),
        ({"type": "array", "items": {"type": "null"}, "contains": {}}, "/contains", "not supported"),
        ({"type": "string", "not": {"const": "a"}}, "/not", "not supported"),
        ({"type": "string", "if": {}, "then": {}}, "/if|/then", "conditions"),
        ({"anyOf": []}, "/anyOf", "allows nothing"),
        ({"anyOf": [{"type": "null"}, {"type": "array"}]}, "/anyOf/1", "items of this array"),
        ({"anyOf": [{"type": "null"}], "oneOf": [{"type": "null"}]}, "", "beside"),
        ({"allOf": [{"type": "null"}, {"type": "null"}]}, "", "several entries"),
        ({"allOf": [{"type": "null"}], "type": "string"}, "", "two different 'type'"),
        ({"allOf": [{"$ref": "#/$defs/D"}], "$ref": "#"}, "", "two different"),
        ({"$ref": "#/$defs/D", "properties": {"d": {"type": "null"}}}, "", "'d' is declared twice"),
        ({"$ref": "#/$defs/Loop", "type": "string"}, "", "leads back to itself"),
        ({"$ref": "#/$defs/Nope"}, "", "leads nowhere"),
        ({"$ref": "#/properties/it"}, "", "is not supported"),
        ({"$ref": "http://example.com/s"}, "", "is not supported"),
        ({"enum": []}, "/enum", "allows nothing"),
        ({"enum": [["a"]]}, "", "as a fixed value"),
    ],
)  # fmt: skip
def test_what_cannot_be_strict_is_refused_with_the_place(node: object, path: str, words: str) -> None:
    definitions = {
        "D": {"type": "object", "properties": {"d": {"type": "integer"}}},
        "Loop": {"$ref": "#/$defs/Loop", "minimum": 1},
    }
    with pytest.raises(OutputSchemaError, match=re.escape(words)) as caught:
        strict_schema({**closed(it=node), "$defs": definitions})
    assert caught.value.path in [f"#/properties/it{end}" for end in path.split("|")]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "array", "items": {"type": "null"}}, "the root must be an object"),
        ({"type": ["object", "null"], "properties": {}}, "the root must be an object"),
        ({"anyOf": [closed()]}, "the root must be an object"),
        ({"$ref": "#"}, "leads back to itself"),
        ({**closed(), "$defs": {"A": {}}, "definitions": {"A": True}}, "another definition"),
        ("str", "is no schema"),
    ],
)
def test_a_root_that_is_no_object_is_refused(schema: Any, words: str) -> None:
    with pytest.raises(OutputSchemaError, match=words):
        strict_schema(schema)


def test_a_schema_without_end_is_refused() -> None:
    schema: dict[str, Any] = closed()
    schema["properties"] = {"again": schema}
    with pytest.raises(OutputSchemaError, match="nested too deeply"):
        strict_schema(schema)
    grows = {"type": "object", "properties": {"n": {"$ref": "#/$defs/G", "minimum": 1}}}
    with pytest.raises(OutputSchemaError, match="nested too deeply"):
        strict_schema({**closed(g={"$ref": "#/$defs/G"}), "$defs": {"G": grows}})


# --- properties ---


def conforms(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Validate by the keywords that a strict schema may have, and fail on any other."""
    known = {"type", "enum", "const", "anyOf", "$ref", "$defs", "description", "properties", "required"}
    known |= {"additionalProperties", "items", "format", "minimum", "maximum", "minItems", "maxItems"}
    assert set(schema) <= known
    if "$ref" in schema:
        assert set(schema) == {"$ref"}
        return conforms(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
    if "anyOf" in schema:
        return any(conforms(value, branch, root) for branch in schema["anyOf"])
    given = schema["type"]
    kinds: dict[str, Any] = {
        "string": str, "integer": int, "number": (int, float), "boolean": bool,
        "object": dict, "array": list, "null": type(None),
    }  # fmt: skip
    fits = [
        kind
        for kind in (given if isinstance(given, list) else [given])
        if isinstance(value, kinds[kind]) and (kind == "boolean") == isinstance(value, bool)
    ]
    if not fits or ("enum" in schema and value not in schema["enum"]):
        return False
    if isinstance(value, dict):
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])
        return set(value) == set(schema["properties"]) and all(
            conforms(item, schema["properties"][key], root) for key, item in value.items()
        )
    low, high = schema.get("minimum", value), schema.get("maximum", value)
    return low <= value <= high if isinstance(value, int) else (
        all(conforms(item, schema["items"], root) for item in value) if isinstance(value, list) else True
    )  # fmt: skip


Shape = tuple[Any, st.SearchStrategy[Any]]
LEAVES: list[Shape] = [
    (int, st.integers(-(2**40), 2**40)),
    (Annotated[int, Field(ge=0, le=9)], st.integers(0, 9)),
    (float, st.floats(allow_nan=False, allow_infinity=False)),
    (str, st.text()),
    (bool, st.booleans()),
    (Literal["a", "b", 3], st.sampled_from(["a", "b", 3])),
    (Colour, st.sampled_from(Colour)),
    (date, st.dates()),
    (Address, st.builds(Address, street=st.text(), number=st.none() | st.integers(0, 9))),
    (Node, st.builds(Node, value=st.integers(0, 9), next=st.just(Node(value=1)), twin=st.none())),
    (Point, st.builds(Point, st.integers(0, 9), tags=st.lists(st.text(max_size=3), max_size=2))),
]


def fields_of(shapes: list[Shape]) -> Shape:
    fields: dict[str, Any] = {f"f{index}": (shape[0], ...) for index, shape in enumerate(shapes)}
    model = create_model("Made", **fields)
    return model, st.builds(model, **{f"f{index}": shape[1] for index, shape in enumerate(shapes)})


def longer(inner: st.SearchStrategy[Shape]) -> st.SearchStrategy[Shape]:
    return st.one_of(
        inner.map(lambda shape: (list[shape[0]], st.lists(shape[1], max_size=3))),
        inner.map(lambda shape: (shape[0] | None, st.none() | shape[1])),
        st.lists(inner, min_size=1, max_size=3).map(fields_of),
    )


SHAPES = st.recursive(st.sampled_from(LEAVES), longer, max_leaves=5)


@given(st.data())
def test_an_instance_of_any_type_fits_the_strict_schema_and_comes_back(data: st.DataObject) -> None:
    output_type, instances = data.draw(SHAPES)
    instance = data.draw(instances)
    spec: OutputSpec[Any] = OutputSpec.from_type(output_type)
    assert strict_schema(spec.schema) == spec.schema
    adapter = TypeAdapter(output_type)
    dumped = adapter.dump_python(instance, mode="json")
    answer = dumped if output_type_is_object(output_type) else {"value": dumped}
    assert conforms(answer, spec.schema, spec.schema)
    parsed = spec.parse(json.dumps(answer))
    assert adapter.dump_python(parsed, mode="json") == dumped


@given(SHAPES)
def test_what_the_strict_schema_allows_is_taken(shape: Shape) -> None:
    spec: OutputSpec[Any] = OutputSpec.from_type(shape[0])
    spec.parse(json.dumps(json_for_schema(spec.schema)))


def output_type_is_object(output_type: Any) -> bool:
    return isinstance(output_type, type) and (issubclass(output_type, BaseModel) or output_type is Point)


# --- on the true server ---


def test_the_true_server_passes_the_strict_schema_on(scripted_codex: ScriptedCodexFactory) -> None:
    spec = OutputSpec.from_type(list[Point])
    setup = scripted_codex(Reply(text('{"value":[{"x":1,"y":2,"tags":["a"]}]}')))
    with Codex(setup.config) as codex:
        result = codex.thread_start().turn("Points, please.", output_schema=spec.schema).run()
    assert spec.parse(result.text) == [Point(1, 2, ["a"])]
    (request,) = setup.model.requests
    assert request.body["text"]["format"]["schema"] == spec.schema
    assert request.body["text"]["format"]["strict"] is True
