"""Params and results of requests, for both faces."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from codex_app_server._engine.setup import NO_HANDLERS, Handlers, TurnSetup
from codex_app_server._logs import about
from codex_app_server.errors import (
    InvalidRequestError,
    RemoteProtocolError,
    TurnNotActiveError,
    TurnTimeoutError,
)
from codex_app_server.inputs import input_to_wire
from codex_app_server.options import check_local_paths, held_tool_keys, thread_tools

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from codex_app_server._engine.callers import Caller
    from codex_app_server._engine.setup import ToolKey
    from codex_app_server._engine.state import TurnState
    from codex_app_server.config import AppServerConfig
    from codex_app_server.inputs import Input
    from codex_app_server.json_types import JsonObject
    from codex_app_server.options import (
        HandlerOptions,
        ThreadForkOptions,
        ThreadResumeOptions,
        ThreadStartOptions,
        TurnOptions,
    )
    from codex_app_server.output import OutputSpec
    from codex_app_server.protocol import WireModel

__all__ = [
    "called_in",
    "check_start",
    "handlers_of",
    "inject_params",
    "local_params",
    "merged_pages",
    "needs_fetch",
    "not_active_means_over",
    "output_of",
    "review_params",
    "steer_params",
    "thread_setup",
    "typed_result",
    "warn_of_missing_tools",
    "wire_params",
    "with_images",
]

_log = logging.getLogger("codex_app_server")


def steer_params(turn: TurnState, value: Input) -> JsonObject:
    """Return the params of `turn/steer`."""
    return {"threadId": turn.thread_id, "expectedTurnId": turn.turn_id, "input": input_to_wire(value)}


@contextmanager
def not_active_means_over(turn: TurnState) -> Generator[None]:
    """Turn the server's refusal to steer a turn that is over into `TurnNotActiveError`."""
    try:
        yield
    except InvalidRequestError as exc:
        if "active turn" not in exc.message:
            raise
        raise TurnNotActiveError(
            f"turn {turn.turn_id!r} is not active: {exc.message}",
            thread_id=turn.thread_id,
            turn_id=turn.turn_id,
        ) from exc


def wire_params(params: WireModel | Mapping[str, object] | None) -> Mapping[str, object]:
    """Return the params of a request in wire form."""
    if params is None or isinstance(params, Mapping):
        return params or {}
    return params.to_wire()


def typed_result(method: str, result: object) -> Any:
    """Return the result of a request as the model that belongs to the method; as it came when there is none.

    Raises:
        RemoteProtocolError: It does not fit.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - pydantic loads when it is used

    from codex_app_server.protocol import result_model  # noqa: PLC0415 - likewise

    model = result_model(method)
    if model is None:
        return result
    try:
        return model.model_validate(result)
    except ValidationError as exc:
        raise RemoteProtocolError(
            f"the answer to {method!r} does not fit its type; request_raw gives it as it came: {exc}"
        ) from exc


def inject_params(thread_id: str, items: Sequence[Mapping[str, object]]) -> JsonObject:
    """Return the params of `thread/inject_items`.

    Raises:
        ValueError: No items, or one that the server would drop without a word.
    """
    if not items:
        raise ValueError("there are no items to inject")
    for index, item in enumerate(items):
        if item.get("role") == "system":
            raise ValueError(f"item {index} has role 'system', which the server drops: use 'developer'")
    return {"threadId": thread_id, "items": list(items)}


def called_in(items: Sequence[Mapping[str, object]]) -> set[str]:
    """Return the ids of the tool calls in raw items."""
    ids = (item.get("call_id") for item in items if item.get("type") == "function_call")
    return {call_id for call_id in ids if isinstance(call_id, str)}


def review_params(thread_id: str, target: WireModel | Mapping[str, object] | str) -> JsonObject:
    """Return the params of `review/start`."""
    if isinstance(target, str):
        is_changes = target == "uncommittedChanges"
        target = {"type": target} if is_changes else {"type": "custom", "instructions": target}
    return {"threadId": thread_id, "target": wire_params(target)}


def check_start(thread_id: str, *, in_time: bool) -> None:
    """Go on, when the turn has begun in time.

    Raises:
        TurnTimeoutError: It has not.
    """
    if not in_time:
        raise TurnTimeoutError(
            f"no turn of thread {thread_id!r} could begin in time: an earlier one still runs, or the server is busy",
            thread_id=thread_id,
        )


def handlers_of(options: HandlerOptions) -> Handlers:
    """Return the handlers among the options."""
    if not options:
        # As for most turns.
        return NO_HANDLERS
    return Handlers(
        approval=options.get("approval_handler"),
        user_input=options.get("user_input_handler"),
        elicitation=options.get("elicitation_handler"),
    )


def thread_setup(
    base: TurnSetup, caller: Caller, options: ThreadStartOptions | ThreadResumeOptions | ThreadForkOptions
) -> TurnSetup:
    """Return the setup of a thread, over that of its client."""
    tools = {(tool.namespace, tool.name): tool for tool in thread_tools(options)}
    raw = cast("Sequence[object]", options.get("dynamic_tools") or ())
    return TurnSetup(
        handlers=handlers_of(options).over(base.handlers),
        caller=caller,
        tools=tools,
        declared=frozenset(tools) | held_tool_keys(raw) | {(None, name) for name in _held_tools(options)},
    )


def _held_tools(options: Mapping[str, Any]) -> Sequence[str]:
    names = options.get("held_tools") or ()
    if isinstance(names, str):
        raise TypeError(f"held_tools must be a sequence of names, not {names!r}")
    return names


def warn_of_missing_tools(setup: TurnSetup, thread: JsonObject) -> TurnSetup:
    """Return the setup of a resumed thread with all tools that it has; tell which of them nobody answers for."""
    recorded = _recorded_tools(thread.get("path"))
    missing = sorted(name for _, name in recorded - setup.declared)
    if missing:
        _log.warning(
            "thread %s has tools that no handler was given for: %s; give them as tools=[...], or name them in "
            "held_tools=[...] and answer their ToolCallRequested events",
            thread.get("id"),
            ", ".join(missing),
            extra=about(thread_id=thread.get("id")),
        )
    return replace(setup, declared=setup.declared | recorded)


def _recorded_tools(path: object) -> frozenset[ToolKey]:
    """Return the tools that the file of a thread names; the server itself does not tell them."""
    if not isinstance(path, str):
        return frozenset()
    try:
        with Path(path).open("rb") as file:
            first: Any = json.loads(file.readline())
        return frozenset(held_tool_keys(first["payload"].get("dynamic_tools") or ()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # On another machine, or in a form of another version: then it is not known.
        return frozenset()


def output_of(output_type: object, options: TurnOptions) -> OutputSpec[object] | None:
    """Return what the answer of a turn is read as, and put its schema into the options.

    Raises:
        TypeError: There are two of them.
        OutputSchemaError: It cannot be said as a strict JSON schema.
    """
    schema = options.get("output_schema")
    if output_type is None and schema is None:
        return None
    from codex_app_server.output import OutputSpec  # noqa: PLC0415 - most turns give text

    if output_type is None:
        spec = OutputSpec.from_schema(cast("Mapping[str, object]", schema))
    elif schema is not None:
        raise TypeError("give either output_type or output_schema, not both")
    else:
        spec = _spec_of(output_type)
    options["output_schema"] = spec.schema
    return spec


@lru_cache(maxsize=128)
def _spec_of(output_type: object) -> OutputSpec[object]:
    from codex_app_server.output import OutputSpec  # noqa: PLC0415 - likewise

    return OutputSpec.from_type(output_type)


def with_images(value: Input, config: AppServerConfig) -> Input:
    """Return the input with remote images fetched; blocks, and only when there are some.

    Raises:
        ImageFetchError: One of them cannot be had.
    """
    from codex_app_server.images import resolve_images  # noqa: PLC0415 - most input is text

    return resolve_images(value, allow_private=config.image_fetch == "any")


def needs_fetch(value: Input, config: AppServerConfig) -> bool:
    """Whether there are remote images in the input, to be fetched by this client."""
    if isinstance(value, str) or config.image_fetch == "never":
        return False
    from codex_app_server.images import inputs_need_fetch  # noqa: PLC0415 - most input is text

    return inputs_need_fetch(value)


def local_params(params: JsonObject, config: AppServerConfig) -> JsonObject:
    """Return params with their paths checked, for a server on this machine."""
    return params if config.is_reached else check_local_paths(params)


def merged_pages(pages: list[JsonObject]) -> JsonObject:
    """Return the pages of a list as one."""
    return {**pages[0], "data": [entry for page in pages for entry in page["data"]], "nextCursor": None}
