"""Steps of a scenario for `FakeServer`; every function returns plain data.

Strings in results, params, methods, names and stderr text may hold placeholders. `{thread.params.cwd}` is what the
message saved as `thread` has at that path, `{last.id}` the message expected last, `{i}` the index of the innermost
`repeat`; list entries are reached by their number. A string that is one placeholder becomes the value itself, of
whatever type; within a longer string the value is put in as text. `{{last.id}}` stands for the text `{last.id}`. A
name that is unknown is an error of the scenario. Bytes are sent as they are.
"""

from __future__ import annotations

import base64
import signal
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from codex_app_server.testing._json import copied, encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codex_app_server.json_types import JsonObject, JsonValue

Step: TypeAlias = "JsonObject"

_CLIENT_VERSION = "0.163.0"


def expect(method: str, *, save_as: str | None = None) -> Step:
    """Wait for a message of the client; others that come before it are kept for later steps.

    Args:
        method: The method of the request or notification.
        save_as: A name for placeholders and for `reply(to=...)`.
    """
    return _step("expect", method=method, save_as=save_as)


def expect_answer(id: int | str, *, save_as: str | None = None) -> Step:  # noqa: A002 - the wire's word
    """Wait for the client's answer to a request made by `ask`.

    Args:
        id: The id of that request.
        save_as: A name for placeholders: `{name.result}` or `{name.error}`.
    """
    return _step("expect_answer", id=id, save_as=save_as)


def reply(result: object, *, to: str | None = None) -> Step:
    """Answer a request of the client.

    Args:
        result: The result.
        to: The name the request was saved as; None for the message expected last.
    """
    return _step("reply", result=result, to=to)


def reply_error(code: int, message: str, data: object = None, *, to: str | None = None) -> Step:
    """Answer a request of the client with an error.

    Args:
        code: The error code.
        message: The error message.
        data: The error's data, None for none.
        to: The name the request was saved as; None for the message expected last.
    """
    error: dict[str, object] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return _step("reply", error=error, to=to)


def notify(method: str, params: Mapping[str, object] | None = None) -> Step:
    """Send a notification."""
    return _step("notify", method=method, params=dict(params or {}))


def ask(method: str, params: Mapping[str, object] | None = None, *, id: int | str = 0) -> Step:  # noqa: A002 - the wire's word
    """Send a request to the client; `expect_answer(id)` waits for its answer."""
    return _step("ask", method=method, params=dict(params or {}), id=id)


def send_raw(*chunks: bytes) -> Step:
    """Write exactly these bytes to stdout, each chunk by a write of its own; nothing is added to them."""
    return _step("send_raw", chunks=[base64.b64encode(chunk).decode() for chunk in chunks])


def stderr(output: str | bytes) -> Step:
    """Write to stderr; nothing is added to it."""
    if isinstance(output, str):
        return _step("stderr", text=output)
    return _step("stderr", bytes=base64.b64encode(output).decode())


def repeat(count: int, steps: Sequence[Step], *, name: str = "i") -> Step:
    """Play steps several times.

    Args:
        count: How often.
        steps: The steps.
        name: The placeholder for the index, which counts from 0.
    """
    return _step("repeat", count=count, steps=list(steps), name=name)


def barrier(name: str) -> Step:
    """Stop until the test calls `FakeServer.release(name)`."""
    return _step("barrier", name=name)


def exit_with(code: int = 0) -> Step:
    """End the child."""
    return _step("exit", code=code)


def die(signal_number: int | None = None) -> Step:
    """Let the child end itself by a signal; None for SIGKILL, where there is one."""
    chosen: int = getattr(signal, "SIGKILL", signal.SIGTERM) if signal_number is None else signal_number
    return _step("die", signal=int(chosen))


def close_stdout() -> Step:
    """Close stdout and live on."""
    return _step("close_stdout")


def close_stdin() -> Step:
    """Stop reading, close stdin and live on: the client's writes fail. Nothing more can be expected."""
    return _step("close_stdin")


def stop_reading() -> Step:
    """Stop reading stdin and live on: the client's writes block once the pipe is full.

    What was read before can still be expected. The end of stdin is no longer seen either: only a signal, a step or
    the longest life ends the child.
    """
    return _step("stop_reading")


def ignore_sigterm() -> Step:
    """Ignore SIGTERM from here on."""
    return _step("ignore_sigterm")


def ignore_eof() -> Step:
    """Live on when stdin is closed; without this step the child ends then, as the true server does."""
    return _step("ignore_eof")


def hang() -> Step:
    """Do nothing more, until stdin is closed or the child's longest life is over."""
    return _step("hang")


def handshake(*, user_agent: str = f"fake/{_CLIENT_VERSION} (test)") -> list[Step]:
    """Answer `initialize` and wait for `initialized`."""
    result = {
        "userAgent": user_agent,
        "codexHome": "/fake/codex-home",
        "platformFamily": "unix",
        "platformOs": "linux",
    }
    return [expect("initialize", save_as="initialize"), reply(result), expect("initialized")]


def thread_start(thread_id: str = "thread-1", *, save_as: str = "thread") -> list[Step]:
    """Answer `thread/start` and tell of the thread.

    Args:
        thread_id: The id of the new thread.
        save_as: The name the request is saved as.
    """
    thread = _thread(thread_id)
    result: JsonObject = {
        "thread": thread,
        "model": "fake-model",
        "modelProvider": "fake",
        "serviceTier": None,
        "disabledPluginIds": [],
        "cwd": "/fake/workspace",
        "runtimeWorkspaceRoots": ["/fake/workspace"],
        "instructionSources": [],
        "approvalPolicy": "never",
        "approvalsReviewer": "user",
        "sandbox": {"type": "readOnly", "networkAccess": False},
        "activePermissionProfile": None,
        "reasoningEffort": None,
        "multiAgentMode": "explicitRequestOnly",
    }
    return [
        expect("thread/start", save_as=save_as),
        reply(result),
        notify("thread/started", {"thread": thread}),
    ]


def turn_begin(turn_id: str = "turn-1", *, save_as: str = "turn") -> list[Step]:
    """Answer `turn/start` and tell of the turn and of the user's message, whose thread id and input are put in.

    Args:
        turn_id: The id of the new turn.
        save_as: The name the request is saved as.
    """
    thread_id = f"{{{save_as}.params.threadId}}"
    user: JsonObject = {
        "type": "userMessage",
        "id": f"{turn_id}-user",
        "clientId": None,
        "content": f"{{{save_as}.params.input}}",
    }
    active: JsonObject = {"type": "active", "activeFlags": []}
    return [
        expect("turn/start", save_as=save_as),
        reply({"turn": _turn(turn_id, "inProgress")}),
        notify("thread/status/changed", {"threadId": thread_id, "status": active}),
        notify("turn/started", {"threadId": thread_id, "turn": _turn(turn_id, "inProgress")}),
        *_whole_item(thread_id, turn_id, user),
    ]


def turn_message(
    *deltas: str, turn_id: str = "turn-1", item_id: str | None = None, turn: str = "turn"
) -> list[Step]:
    """Send an assistant message of these deltas.

    Args:
        deltas: The deltas, in which placeholders are put in as well.
        turn_id: The id of the turn.
        item_id: The id of the item, by default one made from the turn's.
        turn: The name the `turn/start` request was saved as.
    """
    thread_id = f"{{{turn}.params.threadId}}"
    item_id = item_id or f"{turn_id}-message"
    place: JsonObject = {"threadId": thread_id, "turnId": turn_id}
    item: JsonObject = {
        "type": "agentMessage",
        "id": item_id,
        "text": "",
        "phase": None,
        "memoryCitation": None,
    }
    whole: JsonObject = {**item, "text": "".join(deltas)}
    return [
        notify("item/started", {**place, "item": item, "startedAtMs": 0}),
        *(
            notify("item/agentMessage/delta", {**place, "itemId": item_id, "delta": delta})
            for delta in deltas
        ),
        notify("item/completed", {**place, "item": whole, "completedAtMs": 0}),
    ]


def turn_end(
    status: Literal["completed", "interrupted", "failed"] = "completed",
    *,
    turn_id: str = "turn-1",
    error: Mapping[str, object] | None = None,
    turn: str = "turn",
) -> list[Step]:
    """Tell the token usage and the end of the turn.

    The turn has used 8 tokens of input and 4 of output. As any usage that is told with null for `total`, it is told
    with the sum of its thread.

    Args:
        status: How the turn ended.
        turn_id: The id of the turn.
        error: The error of a failed turn: `{"message": ..., "codexErrorInfo": ...}`.
        turn: The name the `turn/start` request was saved as.
    """
    thread_id = f"{{{turn}.params.threadId}}"
    figures: JsonObject = {
        "totalTokens": 12,
        "inputTokens": 8,
        "cachedInputTokens": 0,
        "cacheWriteInputTokens": 0,
        "outputTokens": 4,
        "reasoningOutputTokens": 0,
    }
    usage: JsonObject = {"total": None, "last": figures, "modelContextWindow": None}
    ended = _turn(turn_id, status)
    if error is not None:
        ended["error"] = {
            "codexErrorInfo": None,
            "additionalDetails": None,
            **copied(error, what="the error of turn_end()"),
        }
    return [
        notify("thread/tokenUsage/updated", {"threadId": thread_id, "turnId": turn_id, "tokenUsage": usage}),
        notify("thread/status/changed", {"threadId": thread_id, "status": {"type": "idle"}}),
        notify("turn/completed", {"threadId": thread_id, "turn": ended}),
    ]


def turn(
    *deltas: str, turn_id: str = "turn-1", before_end: Sequence[Step] = (), save_as: str = "turn"
) -> list[Step]:
    """Answer `turn/start` with a whole turn: one assistant message of these deltas.

    Args:
        deltas: The deltas of the message, `"Hello"` by default.
        turn_id: The id of the turn.
        before_end: Steps to play after the message.
        save_as: The name the request is saved as.
    """
    return [
        *turn_begin(turn_id, save_as=save_as),
        *turn_message(*(deltas or ("Hello",)), turn_id=turn_id, turn=save_as),
        *before_end,
        *turn_end(turn_id=turn_id, turn=save_as),
    ]


def _step(do: str, **fields: object) -> Step:
    return copied({"do": do, **fields}, what=f"the step {do}")


def _whole_item(thread_id: str, turn_id: str, item: JsonObject) -> list[Step]:
    place: JsonObject = {"threadId": thread_id, "turnId": turn_id, "item": item}
    return [
        notify("item/started", {**place, "startedAtMs": 0}),
        notify("item/completed", {**place, "completedAtMs": 0}),
    ]


def _turn(turn_id: str, status: str) -> JsonObject:
    return {
        "id": turn_id,
        "rootTurnId": turn_id,
        "items": [],
        "itemsView": "notLoaded",
        "status": status,
        "error": None,
        "startedAt": None,
        "completedAt": None,
        "durationMs": None,
    }


def _thread(thread_id: str) -> JsonObject:
    nothing: dict[str, JsonValue] = dict.fromkeys(
        (
            "extra",
            "forkedFromId",
            "parentThreadId",
            "section",
            "sectionEnteredAt",
            "projectId",
            "reasoningEffort",
            "path",
            "threadSource",
            "agentNickname",
            "agentRole",
            "gitInfo",
            "name",
            "daybreakEnabled",
        )
    )
    return {
        **nothing,
        "id": thread_id,
        "environments": [],
        "sessionId": thread_id,
        "preview": "",
        "ephemeral": True,
        "historyMode": "paginated",
        "modelProvider": "fake",
        "model": "fake-model",
        "createdAt": 0,
        "updatedAt": 0,
        "recencyAt": 0,
        "status": {"type": "idle"},
        "cwd": "/fake/workspace",
        "cliVersion": _CLIENT_VERSION,
        "originator": "fake",
        "source": "vscode",
        "canAcceptDirectInput": True,
        "turns": [],
    }


def check(steps: Sequence[object]) -> list[Step]:
    """For `FakeServer`: return the steps if all of them are steps.

    Raises:
        TypeError: One of them is not; a list among them is the usual slip.
    """
    for step in steps:
        if isinstance(step, list | tuple):
            raise TypeError("a list stands among the steps: put a * before the helper that returned it")
        if not isinstance(step, dict) or "do" not in step:
            raise TypeError(f"not a step of a scenario: {step!r}")
        if step["do"] == "repeat":
            check(cast("Step", step)["steps"])
    encode(list(steps), what="the scenario")
    return [cast("Step", step) for step in steps]
