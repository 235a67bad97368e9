"""Python functions as tools: what the model is told of them, what they are called with, what it gets back."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import enum
import functools
import inspect
import json
import math
import pickle
import subprocess
import sys
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, NamedTuple, TypeVar, cast

import pytest
import typing_extensions
from codex_app_server import (
    Codex,
    ImageInput,
    LocalImageInput,
    TextInput,
    Tool,
    ToolArgumentsError,
    ToolCall,
    ToolCallRequested,
    ToolError,
    tool,
)
from codex_app_server.testing import call
from codex_app_server.tools import (
    as_tool,
    as_tools,
    check_tool_name,
    result_content,
    tool_name,
    tools_to_wire,
)
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from codex_app_server.testing import ScriptedCodexFactory

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ANY = ["string", "number", "boolean", "object", "array", "null"]


ANY_OBJECT = object()


class Unit(enum.Enum):
    CELSIUS = "c"
    FAHRENHEIT = "f"


class Hit(BaseModel):
    """A place.

    Attributes:
        name: Its name.
    """

    name: str
    score: float = Field(default=0.5, description="How well it fits.")


class Node(BaseModel):
    name: str
    children: list[Node] = []


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Movie(typing_extensions.TypedDict):
    title: str
    year: typing_extensions.NotRequired[int]


class Pair(NamedTuple):
    left: int
    right: str


def get_weather(city: str, unit: Literal["c", "f"] = "c") -> str:
    """The weather in a city.

    As of now, not tomorrow's.

    Args:
        city: Name of the city,
            in English.
        unit (str, optional): Of the temperature.

    Returns:
        A sentence.
    """
    return f"{city}: 21 {unit}"


def schema_of(function: Callable[..., object], **options: Any) -> dict[str, Any]:
    return Tool.from_function(function, **options).input_schema


def properties_of(function: Callable[..., object]) -> dict[str, Any]:
    return schema_of(function, name="probe")["properties"]


def outcome(made: Tool, arguments: object) -> object:
    """Return what a call returns, or what the model is told is wrong with it."""
    try:
        return made.bind(arguments)()
    except ToolArgumentsError as error:
        return list(error.problems)


def a_call() -> ToolCall:
    made = ToolCall.__new__(ToolCall)
    made.call_id = "1"
    return made


# --- what the model is told ---


def test_a_function_is_described_by_its_signature_and_its_docstring() -> None:
    assert as_tool(get_weather).to_wire() == {
        "type": "function",
        "name": "get_weather",
        "description": "The weather in a city.\n\nAs of now, not tomorrow's.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "Name of the city,\nin English."},
                "unit": {
                    "type": "string",
                    "enum": ["c", "f"],
                    "default": "c",
                    "description": "Of the temperature.",
                },
            },
            "required": ["city"],
            "additionalProperties": False,
        },
    }


def test_a_function_without_parameters_and_docstring_is_a_tool_too() -> None:
    def ping() -> None: ...

    assert as_tool(ping).to_wire() == {
        "type": "function",
        "name": "ping",
        "description": "",
        "inputSchema": {"type": "object", "properties": {}, "additionalProperties": False},
    }


NUMPY = """Find.

    Parameters
    ----------
    city, town : str
        Where.
    """
REST = """Find.

    :param city: Where.
    :param str town: Where.
    :returns: Nothing.
    """


@pytest.mark.parametrize("docstring", [NUMPY, REST], ids=["numpy", "rest"])
def test_descriptions_are_read_from_other_forms_of_docstrings(docstring: str) -> None:
    def find(city: str, town: str) -> None: ...

    find.__doc__ = docstring
    made = as_tool(find)
    assert made.description == "Find."
    assert [each["description"] for each in made.input_schema["properties"].values()] == ["Where.", "Where."]


def test_a_docstring_that_cannot_be_read_is_the_description_as_it_is() -> None:
    def odd() -> None: ...

    odd.__doc__ = "x: y\n\nArgs:Attributes\n1\n:\n    :param x: Parameters1"
    assert as_tool(odd).description == odd.__doc__


@given(st.text(alphabet="Args: xReturns\n-@param(){}[]*>", max_size=60))
def test_no_docstring_stops_a_tool(docstring: str) -> None:
    def odd() -> None: ...

    odd.__doc__ = docstring
    assert isinstance(as_tool(odd).description, str)


def test_a_description_beside_the_type_wins_over_the_docstring() -> None:
    def find(
        field: Annotated[str, Field(description="of the field", max_length=3)],
        note: Annotated[int, "of the note"],
        doc: Annotated[int, typing_extensions.Doc("of the doc")],
        default: str = Field(default="x", description="of the default"),
    ) -> object:
        """Find.

        Args:
            field: not this
            note: not this
            doc: not this
            default: not this
        """
        return field, note, doc, default

    properties = properties_of(find)
    assert {name: each["description"] for name, each in properties.items()} == {
        "field": "of the field",
        "note": "of the note",
        "doc": "of the doc",
        "default": "of the default",
    }
    made = as_tool(find)
    assert outcome(made, {"field": "abc", "note": 1, "doc": 2}) == ("abc", 1, 2, "x")
    assert outcome(made, {"field": "abcd", "note": 1, "doc": 2}) == [
        "field: String should have at most 3 characters"
    ]


def test_schemas_have_no_titles_but_keep_properties_of_that_name() -> None:
    def watch(movie: Movie, hit: Hit, title: str) -> None: ...

    schema = schema_of(watch)
    assert schema == {
        "type": "object",
        "properties": {
            "movie": {"$ref": "#/$defs/Movie"},
            "hit": {"$ref": "#/$defs/Hit"},
            "title": {"type": "string"},
        },
        "required": ["movie", "hit", "title"],
        "additionalProperties": False,
        "$defs": {
            "Movie": {
                "type": "object",
                "properties": {"title": {"type": "string"}, "year": {"type": "integer"}},
                "required": ["title"],
                "additionalProperties": False,
            },
            "Hit": {
                "type": "object",
                "description": inspect.cleandoc(Hit.__doc__ or ""),
                "properties": {
                    "name": {"type": "string"},
                    "score": {"type": "number", "default": 0.5, "description": "How well it fits."},
                },
                "required": ["name"],
            },
        },
    }


def test_what_codex_would_drop_from_a_schema_is_said_otherwise() -> None:
    def probe(anything, described, pair: tuple[int, str], named: Pair) -> None:
        """Probe.

        Args:
            described: What it is.
        """

    schema = schema_of(probe)
    pair = {
        "type": "array",
        "prefixItems": [{"type": "integer"}, {"type": "string"}],
        "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "minItems": 2,
        "maxItems": 2,
    }
    assert schema["properties"] == {
        "anything": {},
        "described": {"description": "What it is.", "type": ANY, "items": {}},
        "pair": pair,
        "named": {"$ref": "#/$defs/Pair"},
    }
    assert schema["$defs"] == {"Pair": pair}


HITS = [Hit(name="a")]


def test_defaults_are_shown_as_json_where_they_have_such_a_form() -> None:
    def probe(unit: Unit = Unit.CELSIUS, hits: list[Hit] = HITS, opaque=ANY_OBJECT) -> object:
        return unit, hits, opaque

    properties = properties_of(probe)
    assert {name: each.get("default", "absent") for name, each in properties.items()} == {
        "unit": "c",
        "hits": [{"name": "a", "score": 0.5}],
        "opaque": "absent",
    }


def test_what_is_left_out_is_left_to_the_function() -> None:
    def probe(hits: list[Hit] = HITS, opaque=ANY_OBJECT) -> object:
        return hits, opaque

    result: Any = as_tool(probe).bind({})()
    assert result[0] is HITS
    assert result[1] is ANY_OBJECT


def test_null_is_taken_where_none_is_the_default() -> None:
    def probe(unit=None):
        return unit

    probe.__annotations__ = {"unit": str}
    assert properties_of(probe) == {
        "unit": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    }
    assert outcome(as_tool(probe), {"unit": None}) is None
    assert outcome(as_tool(probe), {"unit": 3}) == ["unit: should be a valid string, not 3"]


def test_the_schema_is_made_once() -> None:
    made = as_tool(get_weather)
    assert made.input_schema is made.input_schema


def test_making_tools_of_module_functions_does_not_load_pydantic() -> None:
    code = (
        "import sys, codex_app_server\n"
        "@codex_app_server.tool(timeout_s=3)\n"
        "def f(x: 'int') -> None:\n    '''Do.\n\n    Args:\n        x: A.\n    '''\n"
        "before = {'pydantic', 'pydantic_core', 'docstring_parser', 'anyio'} & set(sys.modules)\n"
        "assert f.input_schema['properties'] == {'x': {'type': 'integer', 'description': 'A.'}}\n"
        "print(before)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# --- annotations ---


def test_types_that_a_running_function_defines_can_be_named() -> None:
    @dataclasses.dataclass
    class Local:
        inner: list[Inner]

    @dataclasses.dataclass
    class Inner:
        size: int

    @tool
    def probe(local: Local, inner: list[Inner]) -> object:
        return local, inner

    assert outcome(probe, {"local": {"inner": [{"size": 1}]}, "inner": [{"size": 2}]}) == (
        Local([Inner(1)]),
        [Inner(2)],
    )


def test_types_of_a_function_that_has_returned_are_known_to_a_tool_that_it_made() -> None:
    def make() -> Tool:
        class Local(BaseModel):
            size: int

        @tool
        def probe(local: Local) -> int:
            return local.size

        return probe

    assert outcome(make(), {"local": {"size": 3}}) == 3


def test_types_that_nobody_knows_any_more_are_refused_with_a_way_out() -> None:
    def make() -> Callable[..., object]:
        class Local(BaseModel):
            size: int

        def probe(local: Local) -> None: ...

        return probe

    with pytest.raises(
        TypeError, match="'Local' of the parameter 'local' of the tool 'probe' cannot be eval"
    ) as info:
        as_tool(make())
    assert "make the tool there with @tool" in str(info.value)


def test_type_parameters_can_be_named() -> None:
    def probe(it):
        return it

    # As `def probe[T: int](it: T)` has them, for which this Python may be too old.
    probe.__annotations__ = {"it": "T"}
    cast("Any", probe).__type_params__ = (TypeVar("T", bound=int),)
    assert outcome(as_tool(probe), {"it": "3"}) == 3


def test_an_annotation_that_fails_is_refused_with_its_reason() -> None:
    def probe(it):
        return it

    probe.__annotations__ = {"it": "1 / 0"}
    with pytest.raises(TypeError, match=r"the annotation '1 / 0' of the parameter 'it' .*: division by zero"):
        as_tool(probe)


def test_a_variable_around_that_has_no_value_yet_is_no_problem() -> None:
    @tool
    def probe(x: int) -> object:
        return x, later

    later = 1
    assert outcome(probe, {"x": 2}) == (2, 1)


def test_a_type_may_be_defined_below_a_function_of_a_module() -> None:
    code = (
        "from __future__ import annotations\n"
        "from codex_app_server import tool\n"
        "from pydantic import BaseModel\n"
        "@tool\n"
        "def f(later: Later) -> int:\n    return later.size\n"
        "class Later(BaseModel):\n    size: int\n"
        "assert f.bind({'later': {'size': 3}})() == 3\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_type_without_json_schema_is_refused_with_the_parameter_and_a_way_out() -> None:
    class Connection: ...

    def query(sql: str, connection: Connection) -> None: ...

    def query_more(**connections: Connection) -> None: ...

    with pytest.raises(
        TypeError, match="the parameters of the tool 'query_more' have no JSON schema: Unable"
    ):
        as_tool(query_more)
    with pytest.raises(TypeError, match="the parameter 'connection' of the tool 'query'") as info:
        as_tool(query)
    assert "functools.partial" in str(info.value)
    bound = functools.partial(query, connection=Connection())
    assert list(schema_of(bound, name="query")["properties"]) == ["sql"]


def test_a_callable_cannot_be_given_by_the_model() -> None:
    def run(function):
        return function

    run.__annotations__ = {"function": Callable[[], None]}
    with pytest.raises(TypeError, match="the parameter 'function' of the tool 'run'"):
        as_tool(run)


@pytest.mark.parametrize(
    ("hint", "given", "expected"),
    [
        (int, "3", 3),
        (float, 3, 3.0),
        (bool, True, True),
        (Unit, "f", Unit.FAHRENHEIT),
        (dt.datetime, "2026-01-02T03:04:05Z", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc)),
        (dt.timedelta, "PT3S", dt.timedelta(seconds=3)),
        (uuid.UUID, str(uuid.UUID(int=1)), uuid.UUID(int=1)),
        (Decimal, "1.10", Decimal("1.10")),
        (bytes, "ab", b"ab"),
        (set[int], [1, 1, 2], {1, 2}),
        (tuple[int, str], [1, "a"], (1, "a")),
        (dict[int, Point], {"3": {"x": "1"}}, {3: Point(1)}),
        (Pair, [1, "a"], Pair(1, "a")),
        (Movie, {"title": "M"}, {"title": "M"}),
        (Hit, {"name": "a"}, Hit(name="a")),
        (Node, {"name": "a", "children": [{"name": "b"}]}, Node(name="a", children=[Node(name="b")])),
        ("int | None", None, None),
        ("Literal['a', 3]", 3, 3),
        ("dict[str, list[Unit | int]]", {"a": ["c", 7]}, {"a": [Unit.CELSIUS, 7]}),
        (Any, {"a": [None]}, {"a": [None]}),
    ],
    ids=str,
)  # fmt: skip
def test_arguments_become_what_the_annotation_says(hint: Any, given: object, expected: object) -> None:
    def probe(it):
        return it

    probe.__annotations__ = {"it": hint}
    made = as_tool(probe)
    json.dumps(made.to_wire(), allow_nan=False)
    result = outcome(made, {"it": given})
    assert (result, type(result)) == (expected, type(expected))


def test_strict_models_take_what_json_has_for_their_types() -> None:
    class Strict(BaseModel):
        model_config = ConfigDict(strict=True)

        day: dt.date
        unit: Unit

    def probe(strict: Strict) -> object:
        return strict

    expected = Strict(day=dt.date(2026, 1, 2), unit=Unit.CELSIUS)
    assert outcome(as_tool(probe), {"strict": {"day": "2026-01-02", "unit": "c"}}) == expected


def test_parameters_may_have_the_names_that_pydantic_keeps_for_itself() -> None:
    def probe(copy: int, model_config: int, _hidden: int, schema: int, p0: int, function: int) -> object:
        return copy, model_config, _hidden, schema, p0, function

    arguments = {"copy": 1, "model_config": 2, "_hidden": 3, "schema": 4, "p0": 5, "function": 6}
    made = as_tool(probe)
    assert list(made.input_schema["properties"]) == list(arguments)
    assert outcome(made, arguments) == (1, 2, 3, 4, 5, 6)


def test_an_alias_names_what_python_cannot_name() -> None:
    def send(from_: Annotated[str, Field(alias="from")], to: str = "you") -> object:
        return from_, to

    made = as_tool(send)
    assert made.input_schema["required"] == ["from"]
    assert outcome(made, {"from": "me"}) == ("me", "you")
    assert outcome(made, {"from_": "me"}) == [
        "from: a value is required",
        "from_: there is no such argument",
    ]


def test_an_alias_for_validation_alone_names_the_argument_too() -> None:
    def send(sender: Annotated[str, Field(validation_alias="from")] = "me", to: str = "you") -> object:
        return sender, to

    made = as_tool(send)
    assert made.input_schema["properties"] == {
        "from": {"type": "string", "default": "me"},
        "to": {"type": "string", "default": "you"},
    }
    assert outcome(made, {"from": "her"}) == ("her", "you")


# --- which callables ---


class Api:
    """An API."""

    def search(self, query: str) -> str:
        """Search it."""
        return f"{type(self).__name__} {query}"

    @staticmethod
    def ping(count: int = 1) -> int:
        return count

    @classmethod
    def make(cls, name: str) -> str:
        return f"{cls.__name__} {name}"

    async def fetch(self, url: str) -> str:
        return url


class Lookup:
    """Looks things up."""

    def __call__(self, key: str) -> str:
        return key.upper()


class Unreadable:
    __signature__ = "wrong"

    def __call__(self, key: str) -> str:
        return key


class AsyncLookup:
    """Of the class."""

    async def __call__(self, key: str) -> str:
        """Of the call."""
        return key


def test_methods_and_callable_objects_are_tools() -> None:
    tools = as_tools([Api().search, Api.ping, Api.make, Lookup(), AsyncLookup()])
    assert [(each.name, each.description, list(each.input_schema["properties"])) for each in tools] == [
        ("search", "Search it.", ["query"]),
        ("ping", "", ["count"]),
        ("make", "", ["name"]),
        ("Lookup", "Looks things up.", ["key"]),
        ("AsyncLookup", "Of the call.", ["key"]),
    ]
    assert [each.is_async for each in tools] == [False, False, False, False, True]
    assert outcome(tools[0], {"query": "x"}) == "Api x"
    assert outcome(tools[1], None) == 1
    assert outcome(tools[2], {"name": "x"}) == "Api x"
    assert outcome(tools[3], {"key": "x"}) == "X"


def test_a_static_method_can_be_decorated_in_its_class() -> None:
    class Tools:
        @tool
        @staticmethod
        async def inner(x: int) -> int:
            """Inside."""
            return x

        @staticmethod
        @tool
        def outer(x: int) -> int:
            return x

    assert (Tools.inner.is_async, Tools.inner.description, Tools.outer.is_async) == (True, "Inside.", False)
    assert outcome(Tools.outer, {"x": "1"}) == 1


def test_a_decorator_is_looked_through() -> None:
    @tool
    @functools.wraps(get_weather)
    def wrapped(*args: Any, **kwargs: Any) -> str:
        return get_weather(*args, **kwargs) + "!"

    assert wrapped.to_wire() == as_tool(get_weather).to_wire()
    assert outcome(wrapped, {"city": "Paris"}) == "Paris: 21 c!"


def test_what_a_partial_binds_is_not_for_the_model() -> None:
    def probe(secret: str, city: str, unit: str = "c", **more: object) -> object:
        return secret, city, unit, more

    made = Tool.from_function(functools.partial(probe, "s", unit="f"), name="probe")
    assert made.input_schema["properties"] == {"city": {"type": "string"}}
    assert outcome(made, {"city": "Paris", "x": 1}) == ("s", "Paris", "f", {"x": 1})
    assert outcome(made, {"city": "Paris", "unit": "c", "secret": "t"}) == [
        "secret: there is no such argument",
        "unit: there is no such argument",
    ]


def test_further_keyword_arguments_are_checked_against_their_annotation() -> None:
    def probe(first: int, **more: int) -> object:
        return first, more

    made = as_tool(probe)
    assert made.input_schema["additionalProperties"] == {"type": "integer"}
    assert outcome(made, {"first": 1, "second": "2"}) == (1, {"second": 2})
    assert outcome(made, {"first": 1, "second": []}) == ["second: should be a valid integer, not an array"]


async def an_async_function(x: int) -> int:
    return x


def test_async_functions_are_told_apart() -> None:
    def named(function: Callable[..., object]) -> Tool:
        return Tool.from_function(function, name="probe")

    partial = functools.partial(functools.partial(an_async_function), x=1)
    asynchronous = [an_async_function, partial, Api().fetch, AsyncLookup(), functools.partial(AsyncLookup())]
    assert [named(function).is_async for function in asynchronous] == [True] * 5
    assert [named(function).is_async for function in (get_weather, Lookup(), Api().search)] == [False] * 3


@pytest.mark.anyio
async def test_binding_an_async_function_gives_its_coroutine() -> None:
    made = as_tool(an_async_function)
    coroutine = made.bind({"x": "3"})()
    assert inspect.iscoroutine(coroutine)
    assert await coroutine == 3
    assert await tool(an_async_function)(4) == 4


def positional(x: int, /) -> None: ...


def starred(*values: int) -> None: ...


def generator() -> Iterator[int]:
    yield 1


async def async_generator() -> Any:
    yield 1


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (lambda x: x, ValueError, "a lambda has no name .* give Tool.from_function"),
        (functools.partial(get_weather), ValueError, "a functools.partial has no name"),
        (positional, TypeError, "the parameter 'x' of the tool 'positional' is positional-only"),
        (len, TypeError, "positional-only"),
        (Unreadable(), TypeError, "the parameters of the tool 'Unreadable' cannot be read: wrap it"),
        (starred, TypeError, r"takes \*values, but a model gives arguments by name"),
        (generator, TypeError, "is a generator: return all"),
        (async_generator, TypeError, "is a generator: return all"),
        (Api.search, TypeError, r"a method without its object: .* `tools=\[object.search\]`"),
        (Api, TypeError, "is no tool: give a function"),
        (Point, TypeError, "is no tool: give a function"),
        ("get_weather", TypeError, "'get_weather' is no tool"),
        ({"type": "function"}, TypeError, "is no tool"),
        (None, TypeError, "None is no tool"),
        (type, TypeError, "is no tool"),
    ],
)
def test_what_cannot_be_a_tool_is_refused_with_a_reason(
    value: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        as_tool(value)


def test_a_name_makes_a_tool_of_a_lambda_or_a_partial() -> None:
    assert outcome(Tool.from_function(lambda x: x * 2, name="double"), {"x": 4}) == 8
    assert (
        outcome(Tool.from_function(functools.partial(get_weather, unit="f"), name="w"), {"city": "Rome"})
        == "Rome: 21 f"
    )


@pytest.mark.parametrize("values", [get_weather, "get_weather", None])
def test_as_tools_wants_a_collection(values: Any) -> None:
    with pytest.raises(TypeError, match="tools must be a list of tools"):
        as_tools(values)


# --- @tool and Tool ---


def test_a_decorated_function_can_still_be_called() -> None:
    @tool
    def plain(x: int) -> int:
        return x + 1

    @tool(name="other", description="Adds.", timeout_s=2.5, namespace="maths", defer_loading=True)
    def with_options(x: int) -> int:
        return x + 2

    assert (plain(1), with_options(x=1)) == (2, 3)
    assert (plain.name, plain.timeout_s, plain.namespace, plain.defer_loading) == ("plain", None, None, False)
    assert with_options.to_wire() == {
        "type": "function",
        "name": "other",
        "description": "Adds.",
        "inputSchema": schema_of(lambda x: x, name="x") | {"properties": {"x": {"type": "integer"}}},
        "deferLoading": True,
    }
    assert repr(with_options).startswith("Tool(name='other', function=")
    assert repr(with_options).endswith("with_options, timeout_s=2.5, namespace=maths, defer_loading=True)")


def test_a_tool_cannot_be_changed() -> None:
    made = as_tool(get_weather)
    with pytest.raises(AttributeError, match="a Tool cannot be changed"):
        made.name = "other"
    with pytest.raises(AttributeError, match="'name' stays"):
        del made.name
    assert as_tool(made) is made


def test_a_held_tool_has_no_function() -> None:
    held = Tool(name="lookup", description="Look.", input_schema={"properties": {"key": {"type": "string"}}})
    assert held.to_wire() == {
        "type": "function",
        "name": "lookup",
        "description": "Look.",
        "inputSchema": {"type": "object", "properties": {"key": {"type": "string"}}},
    }
    assert (held.is_async, repr(held)) == (False, "Tool(name='lookup')")
    with pytest.raises(TypeError, match="'lookup' has no function: its calls are answered from the events"):
        held.bind({})
    with pytest.raises(TypeError, match="'lookup' has no function that could be called"):
        held()


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"name": "a b"}, ValueError, "'a b' must have 1 to 128 characters"),
        ({"name": "exec_command"}, ValueError, "belongs to a tool of Codex itself"),
        ({"name": 3}, TypeError, "must be a str, not 'int'"),
        ({"description": 3}, TypeError, "the description of the tool 'probe' must be a str"),
        ({"timeout_s": 0}, ValueError, "must be more than 0, not 0"),
        ({"timeout_s": math.nan}, ValueError, "must be more than 0, not nan"),
        ({"timeout_s": math.inf}, ValueError, "must be more than 0, not inf"),
        ({"namespace": "a.b"}, ValueError, "must have 1 to 64 characters"),
        ({"namespace": "n" * 65}, ValueError, "must have 1 to 64 characters"),
        ({"namespace": "mcp__x"}, ValueError, "belongs to Codex itself"),
        ({"namespace": "functions"}, ValueError, "belongs to Codex itself"),
        ({"defer_loading": True}, ValueError, "needs a namespace"),
        ({"function": 3}, TypeError, "must be a function or another callable, not 3"),
        ({"function": Api}, TypeError, "not the class 'Api'"),
        ({"input_schema": None}, TypeError, "must be a JSON schema as a dict, not 'NoneType'"),
        ({"input_schema": Hit}, TypeError, "for a pydantic model there is Tool.from_model"),
        (
            {"input_schema": {"type": "string"}},
            ValueError,
            "is of type 'string': arguments are a JSON object",
        ),
        ({"input_schema": {"properties": []}}, ValueError, "the 'properties' .* must be an object"),
        ({"input_schema": {"default": math.nan}}, ValueError, "is no JSON"),
        ({"input_schema": {"default": object()}}, ValueError, "is no JSON"),
    ],
)
def test_a_tool_that_codex_would_refuse_is_refused_when_it_is_made(
    options: dict[str, Any], error: type[Exception], text: str
) -> None:
    base: dict[str, Any] = {"name": "probe", "input_schema": {}}
    with pytest.raises(error, match=text):
        Tool(**(base | options))


# --- pydantic models ---


def test_a_model_class_is_a_held_tool_with_the_name_of_the_class() -> None:
    made = as_tool(Hit)
    assert made.function is None
    assert made.to_wire() == {
        "type": "function",
        "name": "Hit",
        "description": "A place.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "score": {"type": "number", "default": 0.5, "description": "How well it fits."},
            },
            "required": ["name"],
        },
    }


def test_the_function_of_a_model_gets_the_instance_and_the_call() -> None:
    def show(hit: Hit, call: ToolCall | None = None) -> object:
        return hit, call

    made = Tool.from_model(Hit, show, name="show", timeout_s=1)
    assert (made.name, made.timeout_s) == ("show", 1)
    assert made.bind({"name": "a"})() == (Hit(name="a"), None)
    asked = a_call()
    assert made.bind({"name": "a"}, call=asked)() == (Hit(name="a"), asked)
    assert outcome(made, {"score": "high"}) == [
        "name: a value is required",
        "score: should be a valid number, unable to parse string as a number, not 'high'",
    ]


def test_a_model_that_contains_itself_is_an_object_to_codex() -> None:
    schema = as_tool(Node).input_schema
    assert (schema["type"], list(schema["properties"])) == ("object", ["name", "children"])
    assert schema["properties"]["children"]["items"] == {"$ref": "#/$defs/Node"}
    assert as_tool(Node).description == ""


ItemT = TypeVar("ItemT")


class Box(BaseModel, Generic[ItemT]):
    item: ItemT


def test_models_that_are_no_object_or_have_no_schema_are_refused() -> None:
    class Numbers(RootModel[list[int]]): ...

    class Opaque(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)

        api: Api

    with pytest.raises(TypeError, match="must be a JSON object, which 'Numbers' is not"):
        as_tool(Numbers).to_wire()
    with pytest.raises(TypeError, match="the model 'Opaque' has no JSON schema"):
        as_tool(Opaque).to_wire()
    no_model: Any = Point
    with pytest.raises(TypeError, match="takes a pydantic model class"):
        Tool.from_model(no_model)
    with pytest.raises(ValueError, match=r"the tool name 'Box\[int\]' must have"):
        as_tool(Box[int])
    assert Tool.from_model(Box[int], name="Box").input_schema["properties"] == {"item": {"type": "integer"}}


# --- explicit schemas ---

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "key": {"type": "string", "minLength": 1, "maxLength": 3},
        "count": {"type": ["integer", "null"], "minimum": 1, "exclusiveMaximum": 10},
        "mode": {"enum": ["a", 1, None]},
        "fixed": {"const": True},
        "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "maxItems": 2},
        "pair": {"prefixItems": [{"type": "number"}], "items": False},
        "either": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["x"]}]},
        "tree": {"$ref": "#/$defs/tree"},
        "map": {"additionalProperties": {"type": "boolean"}},
        "both": {"allOf": [{"type": "number"}, {"maximum": 3, "exclusiveMinimum": 0}]},
    },
    "required": ["key"],
    "additionalProperties": False,
    "$defs": {
        "tag": {"type": "string"},
        "tree": {"type": "object", "properties": {"children": {"items": {"$ref": "#/$defs/tree"}}}},
    },
}


@pytest.mark.parametrize(
    ("arguments", "problems"),
    [
        ({"key": "a"}, []),
        ({"key": "a", "count": 9, "mode": 1, "fixed": True, "tags": ["x"], "pair": [1.5], "either": {"x": 1}}, []),
        ({"key": "a", "count": None, "mode": None, "either": "", "tree": {"children": [{}]}, "map": {"x": True}}, []),
        ({"key": "a", "count": 3.0, "both": 2}, []),
        (None, ["key: a value is required"]),
        ([], ["they must be a JSON object, not an array"]),
        ({"key": 5, "other": 1}, ["key: should be string, not 5", "other: there is no such argument"]),
        ({"key": ""}, ["key: should have at least 1 characters, not 0"]),
        ({"key": "abcd"}, ["key: should have at most 3 characters, not 4"]),
        ({"key": "a", "count": True}, ["count: should be integer or null, not True"]),
        ({"key": "a", "count": 0}, ["count: should be at least 1, not 0"]),
        ({"key": "a", "count": 10}, ["count: should be less than 10, not 10"]),
        ({"key": "a", "count": 1.5}, ["count: should be integer or null, not 1.5"]),
        ({"key": "a", "mode": True}, ["mode: should be 'a' or 1 or None, not True"]),
        ({"key": "a", "fixed": 1}, ["fixed: should be True, not 1"]),
        ({"key": "a", "tags": ["x", 1]}, ["tags[1]: should be string, not 1"]),
        ({"key": "a", "tags": ["x", "y", "z"]}, ["tags: should have at most 2 items, not 3"]),
        ({"key": "a", "pair": ["x", 2]}, ["pair[0]: should be number, not 'x'", "pair[1]: there is no such argument"]),
        ({"key": "a", "either": {"y": 1}}, ["either: fits none of the forms that are allowed here: an object"]),
        ({"key": "a", "tree": {"children": [{"children": [3]}]}}, ["tree.children[0].children[0]: should be object, not 3"]),
        ({"key": "a", "map": {"x": 1}}, ["map.x: should be boolean, not 1"]),
        ({"key": "a", "both": 4}, ["both: should be at most 3, not 4"]),
        ({"key": "a", "both": 0}, ["both: should be more than 0, not 0"]),
        ({"key": "a", "count": 10**30}, ["count: should be less than 10, not a very large number"]),
    ],
)  # fmt: skip
def test_arguments_are_checked_against_a_schema_that_is_given(arguments: object, problems: list[str]) -> None:
    made = Tool(name="lookup", input_schema=SCHEMA, function=lambda **given: given)
    assert outcome(made, arguments) == (problems or arguments)


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"x": {"$ref": "#/properties/x"}}},
        {"properties": {"x": {"$ref": "https://example.com/schema"}}},
        {"properties": {"x": {"$ref": "#/$defs/none/further"}}},
        {
            "properties": {
                "x": {"type": "unheard-of", "enum": 3, "required": "x", "minimum": "2", "anyOf": {}}
            }
        },
        {"properties": {"x": {"properties": 3, "minLength": True}}},
        {"patternProperties": {"^x": {}}, "additionalProperties": False},
        {"$defs": {"a/b": {"type": "integer"}}, "properties": {"x": {"$ref": "#/$defs/a~1b"}}},
    ],
)
def test_what_is_not_understood_in_a_schema_allows_everything(schema: dict[str, Any]) -> None:
    made = Tool(name="lookup", input_schema=schema, function=lambda x: x)
    assert outcome(made, {"x": 3}) == 3


def test_what_the_function_does_not_take_is_told_to_the_model() -> None:
    def lookup(key: str, call: ToolCall) -> object:
        """Look it up."""
        return key, call

    made = Tool(name="lookup", input_schema={}, function=lookup)
    assert made.description == "Look it up."
    asked = a_call()
    assert made.bind({"key": "a"}, call=asked)() == ("a", asked)
    for arguments, problem in [
        ({"key": "a", "more": 1}, "got an unexpected keyword argument 'more'"),
        ({}, "missing a required argument: 'key'"),
        ({"key": "a", "call": 1}, "call: there is no such argument"),
    ]:
        with pytest.raises(ToolArgumentsError) as info:
            made.bind(arguments, call=asked)
        assert info.value.problems == (problem,)


def test_a_function_whose_parameters_cannot_be_read_is_called_all_the_same() -> None:
    assert outcome(Tool(name="lookup", input_schema={}, function=Unreadable()), {"key": "a"}) == "a"
    refused = outcome(Tool(name="lookup", input_schema={}, function=len), {"obj": "a"})
    assert isinstance(refused, list)


def test_annotations_that_are_not_understood_do_not_matter_beside_a_schema() -> None:
    def lookup(key, call=None):
        return key, call

    lookup.__annotations__ = {"key": "Unknown", "call": "ToolCall | None"}
    asked = a_call()
    made = Tool(name="lookup", input_schema={}, function=lookup)
    assert made.bind({"key": 1}, call=asked)() == (1, asked)


def test_a_schema_is_copied() -> None:
    schema: dict[str, Any] = {"properties": {"x": {"type": "string"}}}
    made = Tool(name="lookup", input_schema=schema)
    schema["properties"].clear()
    assert made.input_schema == {"type": "object", "properties": {"x": {"type": "string"}}}


# --- wrong arguments ---


def test_the_model_is_told_what_to_correct() -> None:
    def book(hits: list[Hit], unit: Unit, day: dt.date) -> None: ...

    with pytest.raises(ToolArgumentsError) as info:
        as_tool(book).bind({"hits": [{"name": "a"}, {"name": 3}, {}], "unit": "k", "when": "now"})
    assert str(info.value) == (
        "The arguments of book are not valid:\n"
        "- hits[1].name: should be a valid string, not 3\n"
        "- hits[2].name: a value is required\n"
        "- unit: should be 'c' or 'f', not 'k'\n"
        "- day: a value is required\n"
        "- when: there is no such argument\n"
        "Correct them and call the tool again."
    )
    assert isinstance(info.value, ToolError)
    copy = pickle.loads(pickle.dumps(info.value))
    assert (str(copy), copy.tool_name, copy.problems) == (str(info.value), "book", info.value.problems)


def test_the_words_of_a_validator_reach_the_model() -> None:
    class Even(BaseModel):
        number: int

        @field_validator("number")
        @classmethod
        def check(cls, value: int) -> int:
            if value % 2:
                raise ValueError("must be even")
            return value

    def probe(even: Even) -> int:
        return even.number

    assert outcome(as_tool(probe), {"even": {"number": 3}}) == ["even.number: must be even"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"n": "x" * 100_000},
        {"x" * 100_000: 1, "n": 1},
        {"n": ["x"] * 1000},
        {"n": 1, "numbers": ["x" * 1000] * 10_000},
        {"n": 10**5000},
        {"n": 1, **{f"key {i}": i for i in range(1000)}},
        {"n": 1, "choice": "z" * 1000},
        {"n": float("nan")},
        {"n": functools.reduce(lambda inner, _: [inner], range(500), 1)},
    ],
    ids=["text", "key", "array", "list", "int", "keys", "choice", "nan", "deep"],
)
def test_what_the_model_is_told_is_short_whatever_it_gave(arguments: object) -> None:
    def probe(n: int, numbers: list[int] | None = None, choice: Literal["a", "b"] = "a") -> None: ...

    for made in (as_tool(probe), Tool(name="probe", input_schema=schema_of(probe), function=probe)):
        with pytest.raises(ToolArgumentsError) as info:
            made.bind(arguments)
        assert len(str(info.value)) < 4000
        assert "pydantic" not in str(info.value)
        assert len(info.value.problems) <= 10


def test_arguments_are_a_copy() -> None:
    def probe(values: Any) -> None:
        values.append(1)

    for made in (as_tool(probe), Tool(name="probe", input_schema={}, function=probe)):
        arguments: dict[str, Any] = {"values": []}
        made.bind(arguments)()
        assert arguments == {"values": []}


def test_lone_surrogates_are_replaced() -> None:
    assert outcome(as_tool(get_weather), {"city": "a\ud800"}) == "a\ufffd: 21 c"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_any_json_object_reaches_a_function_that_takes_everything(arguments: dict[str, Any]) -> None:
    def probe(**everything):
        return everything

    assert as_tool(probe).bind(arguments)() == arguments
    assert Tool(name="probe", input_schema={}, function=probe).bind(arguments)() == arguments


@given(json_values)
def test_any_arguments_are_taken_or_refused_for_the_model(arguments: object) -> None:
    for made in (
        as_tool(get_weather),
        Tool.from_model(Node, lambda node: node),
        Tool(name="lookup", input_schema=SCHEMA, function=lambda **given: given),
    ):
        outcome(made, arguments)


# --- the call itself ---


def test_a_parameter_for_the_call_is_hidden_from_the_model() -> None:
    def probe(city: str, call: ToolCall, *, again: ToolCall | None = None) -> object:
        return city, call, again

    def optional(call: ToolCall | None = None, **more: object) -> object:
        return call, more

    asked = a_call()
    made = as_tool(optional)
    assert made.input_schema["properties"] == {}
    assert made.bind({"x": 1}, call=asked)() == (asked, {"x": 1})
    assert made.bind({})() == (None, {})
    assert outcome(made, {"call": {}}) == ["call: there is no such argument"]
    with pytest.raises(TypeError, match="two parameters of the tool 'probe' take the call"):
        as_tool(probe)


def test_a_call_is_wanted_where_the_function_has_no_default() -> None:
    def probe(call: Annotated[ToolCall, "the call"]) -> str:
        return call.call_id

    made = as_tool(probe)
    assert made.bind({}, call=a_call())() == "1"
    with pytest.raises(TypeError, match=r"takes the call as 'call': give bind\(..., call=...\)"):
        made.bind({})


def test_the_class_of_the_call_may_be_imported_for_type_checkers_only() -> None:
    code = (
        "from __future__ import annotations\n"
        "from typing import TYPE_CHECKING\n"
        "from codex_app_server import tool\n"
        "if TYPE_CHECKING:\n    from codex_app_server import ToolCall\n"
        "@tool\n"
        "def f(call: ToolCall) -> None: ...\n"
        "assert f.input_schema['properties'] == {}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- results ---


class Color(str, enum.Enum):
    RED = "red"


class Aliased(BaseModel):
    day_of: dt.date = Field(alias="dayOf")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("é", "é"),
        ("", ""),
        (Color.RED, "red"),
        (Unit.CELSIUS, '"c"'),
        (None, "null"),
        (True, "true"),
        (21, "21"),
        (0.5, "0.5"),
        (math.nan, "null"),
        ({"a": math.inf, "é": [1, (2,)]}, '{"a":null,"é":[1,[2]]}'),
        (["a", "b"], '["a","b"]'),
        ([], "[]"),
        ([Color.RED], '["red"]'),
        ({1: {2}}, '{"1":[2]}'),
        (Point(1), '{"x":1,"y":0}'),
        (Pair(1, "a"), '[1,"a"]'),
        ([Aliased(dayOf=dt.date(2026, 1, 2))], '[{"dayOf":"2026-01-02"}]'),
        (dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc), '"2026-01-02T00:00:00Z"'),
        (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (Decimal("1.10"), '"1.10"'),
        (["a\ud800"], '["a\ud800"]'),
    ],
    ids=repr,
)
def test_results_become_text(value: object, expected: str) -> None:
    content = result_content(value)
    assert content == [expected]
    assert type(content[0]) is str


def test_content_passes_and_is_mixed_with_data() -> None:
    text, image = TextInput("t"), ImageInput("data:,")
    assert result_content(text) == [text]
    assert result_content(image) == [image]
    assert result_content(["a", image, text, {"b": 1}, None]) == ["a", image, text, '{"b":1}', "null"]
    assert result_content((image,)) == [image]


def a_cycle() -> list[object]:
    cycle: list[object] = []
    cycle.append(cycle)
    return cycle


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"x", "has bytes in it"),
        (bytearray(b"x"), "has bytes in it"),
        (memoryview(b"x"), "'memoryview', has no JSON form"),
        ({"a": [b"x"]}, "has bytes in it"),
        ({"a": b"\xff"}, "'dict', has no JSON form"),
        (object(), "'object', has no JSON form"),
        (Hit, "has no JSON form"),
        (a_cycle(), "'list', has no JSON form"),
        (functools.reduce(lambda inner, _: [inner], range(5000), 1), "'list', has no JSON form"),
        ({"chart": ImageInput("data:,")}, "has a ImageInput inside other data"),
        ([["a", LocalImageInput("x.png")]], "has a LocalImageInput inside other data"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_results_without_json_form_are_refused(value: object, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        result_content(value)


@given(json_values.filter(lambda value: not isinstance(value, str)))
def test_every_json_value_comes_back_from_its_text(value: object) -> None:
    (text,) = result_content(value)
    assert isinstance(text, str)
    assert json.loads(text) == value


@pytest.mark.parametrize(
    ("data", "kind"),
    [(PNG, "png"), (b"\xff\xd8\xff\xe0", "jpeg"), (b"GIF89a.", "gif"), (b"RIFF\0\0\0\0WEBPVP8 ", "webp")],
    ids=["png", "jpeg", "gif", "webp"],
)
def test_an_image_file_becomes_a_data_url(data: bytes, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "image.txt"
    path.write_bytes(data)
    url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    assert result_content(LocalImageInput(path)) == [ImageInput(url)]
    assert result_content(["seen", LocalImageInput(str(path))]) == ["seen", ImageInput(url)]


def test_what_is_no_image_or_too_large_is_told_to_the_model(tmp_path: Path) -> None:
    text, large = tmp_path / "a.png", tmp_path / "b.png"
    text.write_text("<svg/>")
    with large.open("wb") as file:
        file.truncate(20 * 1024 * 1024 + 1)
    for path, problem in [
        (text, "is no PNG, JPEG, GIF or WebP image"),
        (large, "is larger than 20 MiB"),
        (tmp_path / "none.png", "cannot be read: No such file or directory"),
        (tmp_path, "cannot be read: Is a directory"),
    ]:
        with pytest.raises(ToolError, match=problem):
            result_content(LocalImageInput(path))


# --- names and the wire ---


@given(st.text(min_size=1, max_size=128))
def test_every_name_can_be_made_one_that_codex_allows(name: str) -> None:
    made = tool_name(name)
    assert len(made) == len(name)
    check_tool_name(f"x{made}"[:128])


def test_two_tools_of_one_name_need_two_namespaces() -> None:
    other = Tool(name="get_weather", input_schema={}, namespace="n")
    assert [each.namespace for each in as_tools([get_weather, other])] == [None, "n"]
    with pytest.raises(ValueError, match="two tools called 'get_weather': give"):
        as_tools([get_weather, get_weather])
    with pytest.raises(ValueError, match="two tools called 'get_weather' in the namespace 'n'"):
        as_tools([other, other])


def test_tools_of_a_namespace_stand_together() -> None:
    def made(name: str, **options: Any) -> Tool:
        return Tool(name=name, input_schema={}, **options)

    tools = [
        made("a"),
        made("b", namespace="one"),
        made("c", namespace="two"),
        made("d"),
        made("e", namespace="one", defer_loading=True),
    ]
    wire = [each.to_wire() for each in tools]
    assert tools_to_wire(tools, namespace_descriptions={"one": "First."}) == [
        wire[0],
        {"type": "namespace", "name": "one", "description": "First.", "tools": [wire[1], wire[4]]},
        {"type": "namespace", "name": "two", "description": "", "tools": [wire[2]]},
        wire[3],
    ]


def test_the_model_gets_and_calls_the_tools_on_the_true_server(scripted_codex: ScriptedCodexFactory) -> None:
    def search(pair: tuple[int, str], anything: Any, limit: int | None = None) -> object:
        """Search.

        Args:
            anything: What it is.
        """
        return {"pair": pair, "anything": anything, "limit": limit}

    tools = as_tools([get_weather, Tool.from_function(search, namespace="shop"), Node])
    script = [
        [call("get_weather", city="Paris")],
        [call("get_weather", town="Paris")],
        [call("search", namespace="shop", pair=[1, "a"], anything={"b": 2})],
        "Done.",
    ]
    setup = scripted_codex(script)
    with Codex(setup.config) as codex:
        turn = codex.thread_start(dynamic_tools=tools_to_wire(tools)).turn("Go.")
        for event in turn.events():
            if isinstance(event, ToolCallRequested):
                asked = event.call
                (made,) = [
                    each for each in tools if (each.namespace, each.name) == (asked.namespace, asked.name)
                ]
                try:
                    asked.respond(result_content(made.bind(asked.arguments, call=asked)()))
                except ToolError as error:
                    asked.fail(str(error))
    offered = {each.get("name"): each for each in setup.model.requests[0].body["tools"]}
    assert offered["get_weather"]["parameters"]["properties"]["city"] == {
        "type": "string",
        "description": "Name of the city,\nin English.",
    }
    assert offered["Node"]["parameters"]["type"] == "object"
    assert offered["shop"]["description"] == "Tools in the shop namespace."
    (namespaced,) = offered["shop"]["tools"]
    properties = namespaced["parameters"]["properties"]
    assert properties["anything"]["description"] == "What it is."
    assert properties["pair"]["items"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    complaint = (
        "The arguments of get_weather are not valid:\n- city: a value is required\n"
        "- town: there is no such argument\nCorrect them and call the tool again."
    )
    assert list(setup.model.requests[-1].tool_outputs.values()) == [
        "Paris: 21 c",
        complaint,
        '{"pair":[1,"a"],"anything":{"b":2},"limit":null}',
    ]
