"""What can be written in a script, and what cannot; no server is needed to tell."""

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import codex_app_server.testing as kit
import pytest
from codex_app_server.testing import (
    Reply,
    Script,
    ScriptedModel,
    ScriptError,
    call,
    calls,
    cut,
    fail,
    hold,
    json_for_schema,
    raw_item,
    reasoning,
    response_failed,
    text,
    usage,
)
from codex_app_server.testing.request import Headers, ModelRequest, count_responses


@pytest.mark.parametrize(
    "make",
    [
        lambda: ScriptedModel([]),
        lambda: ScriptedModel(None),  # type: ignore[arg-type]
        lambda: ScriptedModel(3),  # type: ignore[arg-type]
        Reply,
        lambda: Reply(text),  # type: ignore[arg-type]
        lambda: Reply(fail(500), "too late"),
        lambda: Reply(cut(), "too late"),
        lambda: Reply(response_failed(), "too late"),
        lambda: Reply("a", usage(input=1), usage(input=2)),
        lambda: calls("text"),  # type: ignore[arg-type]
        lambda: call(""),
        lambda: call("f", arguments={}, city="Paris"),
        lambda: text("ab", deltas=["a"]),
        lambda: text(deltas="ab"),
        lambda: text("ab", chunks=0),
        lambda: text("ab", pace_s=-1),
        text,
        reasoning,
        lambda: reasoning(["a", "b"], deltas=["ab"]),
        lambda: fail(200),
        lambda: cut(after=-1),
        lambda: hold("gate"),  # type: ignore[arg-type]
        lambda: raw_item({"no": "type"}),
        lambda: Script().when(3, "x"),  # type: ignore[arg-type]
        lambda: Script().otherwise("x").otherwise("y"),
        kit.attempts,
    ],
)
def test_what_cannot_be_a_script_is_refused_when_it_is_written(make: Callable[[], object]) -> None:
    with pytest.raises(ScriptError):
        make()


def test_arguments_that_are_not_json_are_refused() -> None:
    with pytest.raises(TypeError, match="get_weather"):
        call("get_weather", city=object())
    with pytest.raises(ValueError, match="get_weather"):
        call("get_weather", heat=float("nan"))


@pytest.mark.parametrize("result", [None, 3, [], [None], text])
def test_what_a_function_returns_is_judged_when_it_does(result: Any) -> None:
    with pytest.raises(ScriptError):
        Script().otherwise(lambda _: result).reply_to(request(user("hi")))


def test_rules_match_by_text_pattern_and_function_in_order() -> None:
    script = (
        Script()
        .when("sun", "text")
        .when(re.compile(r"^ra.n$"), "pattern")
        .when(lambda request: request.last_user_text == "snow", "function")
    )
    for said, expected in {"a sunny day": "text", "rain": "pattern", "snow": "function"}.items():
        assert script.reply_to(request(user(said))) == Reply(expected)
    with pytest.raises(ScriptError, match="no rule"):
        script.reply_to(request(user("fog")))


def test_messages_that_codex_writes_are_not_the_users() -> None:
    injected = [
        "<environment_context>\n  <cwd>/x</cwd>\n</environment_context>",
        "<turn_aborted>\nThe user interrupted\n</turn_aborted>",
        "# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>\nBe kind.\n</INSTRUCTIONS>",
    ]
    seen = request(user("first"), user("<b>bold</b>"), *(user(said) for said in injected))
    assert seen.user_texts == ["first", "<b>bold</b>"]
    assert seen.since_last_user == [user(said) for said in injected]
    assert request(*(user(said) for said in injected)).last_user_text == ""


def test_labels_around_images_are_not_text() -> None:
    parts = [
        {"type": "input_text", "text": "look"},
        {"type": "input_text", "text": '<image name=[Image #1] path="/x.png">'},
        {"type": "input_image", "image_url": "data:"},
        {"type": "input_text", "text": "</image>"},
    ]
    assert request({"role": "user", "content": parts}).last_user_text == "look"


def item(kind: str, item_id: str) -> dict[str, Any]:
    return {"type": kind, "call_id" if "call" in kind else "id": item_id}


@pytest.mark.parametrize(
    ("items", "count"),
    [
        ("", 0),
        ("c:a", 1),
        ("m c:a c:b o:a o:b", 1),
        ("c:a o:a c:b o:b", 2),
        ("c:a c:b o:a o:b m", 2),
        ("r c:1 c:2 o:1 o:2 c:3 o:3 m", 3),
        # Ids of this kit tell which calls are of one response, whatever stands between them.
        ("c:call_00000000000000aa_0 o:x c:call_00000000000000aa_1 o:y", 1),
        ("c:call_00000000000000aa_0 o:x c:call_00000000000000ab_0 o:y", 2),
        ("c:call_00000000000000aa_0 c:call_00000000000000ab_0 o:x o:y", 2),
    ],
)
def test_responses_are_counted_from_the_history(items: str, count: int) -> None:
    kinds = {"m": "message", "r": "reasoning", "c": "function_call", "o": "function_call_output"}
    history = [item(kinds[word[0]], word[2:]) for word in items.split()]
    assert count_responses(history) == count


def test_secrets_stay_out_of_the_representation() -> None:
    headers = Headers({"authorization": "Bearer secret", "host": "x"})
    assert headers["authorization"] == "Bearer secret"
    assert "secret" not in repr(headers)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": 7}, 7),
        ({"type": ["null", "integer"], "minimum": 3}, 3),
        ({"type": "integer", "exclusiveMinimum": 3, "multipleOf": 5}, 5),
        ({"type": "number", "maximum": -2}, -2),
        ({"type": "number", "minimum": 0.25, "maximum": 0.75}, 0.5),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"type": "string", "format": "date"}, "2000-01-01"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"allOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}]}, {"a": 1}),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"enum": ["x"]}}}, "x"),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, True),
    ],
)
def test_a_schema_gets_a_small_valid_instance(schema: Any, value: object) -> None:
    assert json_for_schema(schema) == value


def test_a_recursive_schema_ends() -> None:
    node = {
        "type": "object",
        "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["next"],
    }
    assert json_for_schema(node)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="finite"):
        json_for_schema({"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]})


def test_exports_are_sorted_and_importable() -> None:
    assert kit.__all__ == sorted(kit.__all__)
    for name in kit.__all__:
        assert getattr(kit, name) is not None
    assert dir(kit) == kit.__all__
    with pytest.raises(AttributeError, match="nothing"):
        kit.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_the_kit_loads_nothing_heavy() -> None:
    program = (
        "import sys, codex_app_server\n"
        "before = set(sys.modules)\n"
        "import codex_app_server.testing.home, codex_app_server.testing.fake_server\n"
        "tops = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(tops - sys.stdlib_module_names - {'codex_app_server'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def user(said: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": said}]}


def request(*items: dict[str, Any]) -> ModelRequest:
    return ModelRequest(0, 0, Headers(), {"input": list(items)})
