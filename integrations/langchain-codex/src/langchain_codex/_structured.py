"""Structured output: what is asked of Codex for a schema, and the Runnable that reads the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from codex_app_server import OutputSchemaError
from codex_app_server.output import strict_schema
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.output_parsers.openai_tools import JsonOutputKeyToolsParser, PydanticToolsParser
from langchain_core.runnables import RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema, convert_to_openai_tool
from langchain_core.utils.pydantic import is_basemodel_subclass
from pydantic import BaseModel

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

__all__ = ["Method", "output_schema_and_rule", "response_format", "schema_name", "with_parser"]

Method: TypeAlias = Literal["json_schema", "function_calling", "json_mode"]
"""How structured output is asked for."""

_JSON_RULE = "Answer with one JSON object and with nothing else."


def response_format(schema: dict[str, Any] | type, *, strict: bool | None) -> dict[str, Any]:
    """Return what is bound for a schema, in OpenAI's form.

    Raises:
        OutputSchemaError: The schema cannot be made strict.
    """
    found = _json_schema(schema)
    if strict is not False:
        # What cannot be strict is refused here already, and not by the call.
        strict_schema(found)
    entry = {"name": schema_name(schema), "schema": found}
    return {"type": "json_schema", "json_schema": entry if strict is None else {**entry, "strict": strict}}


def schema_name(schema: dict[str, Any] | type) -> str:
    """Return the name of a schema, which is that of its tool."""
    return str(convert_to_openai_tool(schema)["function"]["name"])


def _json_schema(schema: dict[str, Any] | type) -> dict[str, Any]:
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        # References are left in it, so that models may be recursive.
        return schema.model_json_schema()
    return convert_to_json_schema(cast("Any", schema))


def output_schema_and_rule(value: object) -> tuple[dict[str, Any] | None, str]:
    """Return the output schema of a turn for a `response_format`, and what the model is told instead of one.

    Raises:
        ValueError: It is no response format.
        OutputSchemaError: Its schema cannot be made strict.
    """
    if value is None:
        return None, ""
    if isinstance(value, type):
        value = response_format(value, strict=None)
    if isinstance(value, Mapping):
        form = cast("Mapping[str, Any]", value)
        match form.get("type"):
            case "json_schema":
                entry: Mapping[str, Any] = form.get("json_schema") or form
                return _strict_or_told(dict(entry["schema"]), is_strict=entry.get("strict") is not False)
            case "json_object":
                return None, _JSON_RULE
            case "text":
                return None, ""
            case _:
                pass
    raise ValueError(
        f"response_format is {{'type': 'json_schema', 'json_schema': {{'name': ..., 'schema': ...}}}}, "
        f"{{'type': 'json_object'}} or a class, not {value!r}"
    )


def _strict_or_told(schema: dict[str, Any], *, is_strict: bool) -> tuple[dict[str, Any] | None, str]:
    try:
        return dict(strict_schema(schema)), ""
    except OutputSchemaError:
        if is_strict:
            raise
    # Codex asks for strict output or for none.
    return None, f"{_JSON_RULE} It has to fit this JSON schema: {json.dumps(schema, ensure_ascii=False)}"


def with_parser(
    model: Runnable[Any, Any], schema: dict[str, Any] | type | None, method: Method, *, include_raw: bool
) -> Runnable[Any, Any]:
    """Return the model with a parser behind it; with `include_raw`, errors of the parser are in the output."""
    parser: Runnable[Any, Any]
    is_model = isinstance(schema, type) and is_basemodel_subclass(schema)
    if method == "function_calling":
        if is_model:
            parser = PydanticToolsParser(tools=[cast("Any", schema)], first_tool_only=True)
        else:
            parser = JsonOutputKeyToolsParser(key_name=schema_name(cast("Any", schema)), first_tool_only=True)
    elif is_model:
        parser = PydanticOutputParser(pydantic_object=cast("Any", schema))
    else:
        parser = JsonOutputParser()
    if not include_raw:
        return model | parser
    assign = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
    without = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=model) | assign.with_fallbacks([without], exception_key="parsing_error")
