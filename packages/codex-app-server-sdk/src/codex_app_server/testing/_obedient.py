"""A script that does what it is told: for suites that expect a model to follow instructions.

It reads nothing but the request. It is no language model: it knows a few ways to ask for a tool or for JSON.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codex_app_server.testing._json import as_list, as_object, as_text
from codex_app_server.testing._schema import json_for_schema
from codex_app_server.testing.parts import Reply, call, conforming, text
from codex_app_server.tools import BUILT_IN_TOOL_NAMES

if TYPE_CHECKING:
    from codex_app_server.json_types import JsonObject, JsonValue
    from codex_app_server.testing.request import ModelRequest

# Tools of codex itself: never called for want of a better one.
_BUILT_IN = BUILT_IN_TOOL_NAMES | {"shell", "update_plan", "web_search"}
_ANY_TOOL = re.compile(
    r"\bus(?:e|ing) (?:the|a|this|your|one of the) (?:\w+ )?(?:tools?|functions?)\b", re.IGNORECASE
)
_MUST = re.compile(r"\b(?:must|have to|required to|always)\b[^.\n]*\b(?:call|use)\b[^.\n]*", re.IGNORECASE)
_SOME_TOOL = re.compile(r"\b(?:one|any|some|a|at least one)\b[^.\n]*\b(?:tools?|functions?)\b", re.IGNORECASE)
_VERBS = frozenset({"get", "fetch", "find", "list", "lookup", "search", "do", "run", "make"})
_QUOTED = re.compile(r"\"([^\"\n]+)\"|'([^'\n]+)'|`([^`\n]+)`|\u201c([^\u201d\n]+)\u201d")
_KEY = re.compile(r"[\"'`]([A-Za-z_]\w*)[\"'`]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PROPER_NAME = re.compile(r"(?<=[\w,] )[A-Z][\w'-]*(?:,? [A-Z][\w'-]*)*")


@dataclass(frozen=True)
class _Tool:
    name: str
    namespace: str | None
    parameters: JsonObject


def obedient(request: ModelRequest) -> Reply:
    """Answer a request by doing what it asks for: `ScriptedModel(obedient)`.

    In this order: with outputs of tools at hand, a text that repeats them; for an output schema, a small JSON value
    that is valid for it; the call of a tool that the user's text names, or that a rule in the developer messages
    demands (`You must call the tool "name"`, `You must call one of the tools`), with arguments taken from the
    user's text; for "JSON" in the text, an object with the keys quoted there; else a short text.
    """
    if request.tool_outputs:
        return Reply("The result: " + ", ".join(_as_text(output) for output in request.tool_outputs.values()))
    if request.json_schema is not None:
        return Reply(conforming())
    asked = request.last_user_text
    tool = _chosen(request, asked)
    if tool is not None:
        arguments = _arguments(tool.parameters, asked)
        return Reply(call(tool.name, arguments=arguments, namespace=tool.namespace))
    if "json" in asked.lower():
        keys = dict.fromkeys(_KEY.findall(asked), "text")
        return Reply(text(json.dumps(keys or {"answer": "text"})))
    return Reply(text("Hello! This is a short answer."))


def _chosen(request: ModelRequest, asked: str) -> _Tool | None:
    tools = [tool for tool in _tools(request.tools, None) if tool.name not in _BUILT_IN]
    if not tools:
        return None
    for tool in tools:
        if _names(asked, tool.name):
            return tool
    rules = [rule.group() for rule in _MUST.finditer(request.instructions)]
    for tool in tools:
        if any(_names(rule, tool.name) for rule in rules):
            return tool
    for tool in tools:
        if _mentions(asked, tool.name):
            return tool
    if _ANY_TOOL.search(asked) or any(_SOME_TOOL.search(rule) for rule in rules):
        return tools[0]
    return None


def _tools(entries: list[JsonObject], namespace: str | None) -> list[_Tool]:
    found: list[_Tool] = []
    for entry in entries:
        name = as_text(entry.get("name"))
        if entry.get("type") == "namespace":
            inner = [tool for tool in as_list(entry.get("tools")) if isinstance(tool, dict)]
            # Codex puts its own tools into this one for some models; they are called without it.
            found += _tools(inner, None if name == "functions" else name)
        elif entry.get("type") == "function" and not (namespace or "").startswith("multi_agent"):
            found.append(_Tool(name, namespace, as_object(entry.get("parameters"))))
    return found


def _names(sentence: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sentence) is not None


def _mentions(sentence: str, name: str) -> bool:
    """Whether all words of a name such as `get_weather` but its verb are in the sentence."""
    words = [word for word in re.findall(r"[a-z]+", name.lower().replace("_", " ")) if word not in _VERBS]
    spoken = set(re.findall(r"[a-z]+", sentence.lower()))
    return bool(words) and "_" in name and all(word in spoken for word in words)


def _arguments(parameters: JsonObject, asked: str) -> JsonObject:
    numbers = _NUMBER.findall(asked)
    quoted = ["".join(groups) for groups in _QUOTED.findall(asked)]
    names = _PROPER_NAME.findall(asked)
    result: JsonObject = {}
    for name, schema in as_object(parameters.get("properties")).items():
        kind = as_object(schema).get("type")
        stated = re.search(rf"\b{re.escape(name)}\b\s*(?:=|:|is|of)\s*[\"'`]?([\w.-]+)", asked)
        if kind in {"integer", "number"} and (stated or numbers):
            figure = (
                stated.group(1)
                if stated and _NUMBER.fullmatch(stated.group(1))
                else (numbers or ["1"]).pop(0)
            )
            result[name] = int(float(figure)) if kind == "integer" else float(figure)
        elif kind == "string" and "enum" not in as_object(schema) and (quoted or stated or names):
            result[name] = quoted.pop(0) if quoted else stated.group(1) if stated else names.pop(0)
        elif name in as_list(parameters.get("required")):
            result[name] = json_for_schema(
                schema if "$ref" not in json.dumps(schema) else _rooted(schema, parameters)
            )
    return result


def _rooted(schema: JsonValue, parameters: JsonObject) -> JsonObject:
    """Put the definitions that a property's schema refers to beside it."""
    return {
        **as_object(schema),
        **{key: parameters[key] for key in ("$defs", "definitions") if key in parameters},
    }


def _as_text(output: JsonValue) -> str:
    if isinstance(output, str):
        return output
    return " ".join(as_text(as_object(part).get("text")) for part in as_list(output))
