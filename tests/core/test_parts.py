"""The parts of the core that need no server: errors, options, buffers, results, TOML."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import re
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from codex_app_server import (
    AppServerError,
    DiffUpdated,
    Event,
    InvalidParamsError,
    InvalidRequestError,
    JsonRpcError,
    MethodNotFoundError,
    OtherEvent,
    ReasoningDelta,
    ServerBusyError,
    SharedCodex,
    TextDelta,
    ThreadBusyError,
    ThreadNotFoundError,
    Usage,
    errors,
    options,
)
from codex_app_server._engine import buffers
from codex_app_server._engine.buffers import EventBuffer
from codex_app_server._engine.diagnostics import stderr_tail
from codex_app_server._wire.normalise import normalise
from codex_app_server.config import AppServerConfig, to_toml
from codex_app_server.protocol import params_model
from codex_app_server.results import TurnCollector
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from codex_app_server import (
        TurnResult,
    )
    from codex_app_server.testing import ScriptedCodexFactory

# --- errors ---


def error_classes() -> list[type[AppServerError]]:
    return [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, AppServerError)]


@pytest.mark.parametrize("cls", error_classes())
def test_every_error_survives_pickling_with_its_facts(cls: type[AppServerError]) -> None:
    error = cls("what happened")
    for name in vars(error):
        setattr(error, name, f"the {name}")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (cls, str(error), vars(error))


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = set(re.findall(r"\b[A-Z]\w+(?:Error|Warning)\b", errors.__doc__ or ""))
    builtin = {"FileNotFoundError", "RuntimeError", "TimeoutError"}
    assert drawn - builtin == {name for name in errors.__all__ if name != "rpc_error"}


@pytest.mark.parametrize(
    ("code", "message", "cls"),
    [
        (-32600, "thread not found: 01", ThreadNotFoundError),
        (-32600, "thread not loaded: 01", ThreadNotFoundError),
        (-32600, "no rollout found for thread id 01", ThreadNotFoundError),
        (-32600, "no archived rollout found for thread id 01", ThreadNotFoundError),
        (-32601, "list_turns is not supported yet", ThreadNotFoundError),
        (-32600, "thread 01 is not materialized yet; thread/turns/list is unavailable", ThreadNotFoundError),
        (-32600, "cannot steer a review turn", ThreadBusyError),
        (-32600, "thread already has an active writer", ThreadBusyError),
        (
            -32603,
            "failed to submit turn input: ActiveTurnNotSteerable { turn_kind: Compact }",
            ThreadBusyError,
        ),
        (-32600, "Invalid request: unknown variant `x/y`, expected one of `a`", MethodNotFoundError),
        (-32600, "Invalid request: unknown variant `odd`, expected one of `read-only`", InvalidParamsError),
        (-32600, "Invalid request: missing field `input`", InvalidParamsError),
        (-32600, "Invalid request: invalid type: string, expected u32", InvalidParamsError),
        (-32600, "no active turn to interrupt", InvalidRequestError),
        (-32601, "thread/items/list is not supported yet", MethodNotFoundError),
        (-32602, "Input exceeds the maximum length", InvalidParamsError),
        (-32001, "Server overloaded; retry later.", ServerBusyError),
        (-1, "something new", JsonRpcError),
    ],
)
def test_an_answer_of_the_server_becomes_its_class(code: int, message: str, cls: type[JsonRpcError]) -> None:
    error = errors.rpc_error("x/y", code=code, message=message, data={"a": 1})
    assert isinstance(error, cls)
    assert type(error) is cls or cls is JsonRpcError
    assert (error.code, error.method, error.data) == (code, "x/y", {"a": 1})


# --- options ---


@pytest.mark.parametrize(
    ("kind", "method", "own"),
    [
        (
            options.ThreadStartOptions,
            "thread/start",
            {"mockExperimentalField", "daybreakEnabled", "selectedCapabilityRoots"},
        ),
        (options.ThreadResumeOptions, "thread/resume", {"threadId"}),
        (options.ThreadForkOptions, "thread/fork", {"threadId", "experimentalPredictionMode"}),
        (
            options.TurnOptions,
            "turn/start",
            {"threadId", "input", "cyberAccessProgram", "parentTurnId", "rootTurnId", "turnTrigger"},
        ),
        (options.ThreadListOptions, "thread/list", set[str]()),
        (options.TurnListOptions, "thread/turns/list", {"threadId"}),
        (options.ItemListOptions, "thread/items/list", {"threadId"}),
    ],
)
def test_the_options_are_the_params_of_their_method(kind: Any, method: str, own: set[str]) -> None:
    model = params_model(method)
    assert model is not None
    wire = {str(field.serialization_alias or name) for name, field in model.model_fields.items()}
    names = kind.__optional_keys__ - options._LOCAL
    # All of them but those that are no options: arguments of their own, and the server's inner affairs.
    assert {options.wire_name(name) for name in names} == wire - own
    assert own <= wire
    described = "".join(
        inspect.getdoc(base) or "" for base in (kind, options._ThreadOptions, options.HandlerOptions)
    )
    assert [name for name in kind.__optional_keys__ if f"{name}:" not in described] == []


def test_options_that_are_none_are_left_out() -> None:
    assert options.thread_start_params({"model": None, "ephemeral": True}) == {
        "ephemeral": True,
        "sandbox": "read-only",
    }
    assert "sandbox" not in options.thread_start_params({"config": {"sandbox_mode": "workspace-write"}})
    assert "sandbox" not in options.thread_start_params({"permissions": "mine"})


@pytest.mark.parametrize(
    ("names", "message"),
    [(["exec_command"], "belongs to a tool of Codex itself"), (["a b"], "must have 1 to 128"), ([""], "must have 1 to 128"),
     (["x" * 129], "must have 1 to 128"), (["twice", "twice"], "two tools called 'twice'")],
)  # fmt: skip
def test_tool_names_that_codex_would_not_call_are_refused(names: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        options.thread_start_params({"dynamic_tools": [{"type": "function", "name": name} for name in names]})


# --- buffers and results ---


def delta(text: str, item: str = "m") -> Event:
    return normalise("item/agentMessage/delta", {"itemId": item, "delta": text}, "th", "tu")


def other(number: int) -> Event:
    return OtherEvent("th", "tu", "x", {"n": number})


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.text(max_size=3)) | st.integers(0, 9)),
    st.integers(0, 5),
    st.integers(1, 7),
)
def test_a_buffer_joins_deltas_and_never_drops_or_reorders(
    parts: list[Any], join_above: int, take_every: int
) -> None:
    def essence(events: list[Event]) -> list[Any]:
        joined: list[Any] = []
        for event in events:
            if isinstance(event, TextDelta):
                if joined and joined[-1][0] == event.item_id:
                    joined[-1] = (event.item_id, joined[-1][1] + event.text)
                else:
                    joined.append((event.item_id, event.text))
            else:
                joined.append((None, event.raw["n"]))
        return joined

    events = [other(part) if isinstance(part, int) else delta(part[1], part[0]) for part in parts]
    buffer, history, taken = EventBuffer(join_above), EventBuffer(0), list[Event]()
    for number, event in enumerate(events):
        buffer.put(event)
        history.put(event)
        if number % take_every == 0:
            taken += buffer.take()
    assert essence(taken + buffer.take()) == essence(events) == essence(history.snapshot())
    assert all(
        event.raw["delta"] == event.text for event in history.snapshot() if isinstance(event, TextDelta)
    )


def test_deltas_of_different_parts_of_reasoning_are_not_joined() -> None:
    buffer = EventBuffer(0)
    for index in (0, 0, 1):
        buffer.put(
            ReasoningDelta("th", "tu", "m", {"delta": "x"}, "r", "x", is_summary=True, part_index=index)
        )
    assert [event.text for event in buffer.take() if isinstance(event, ReasoningDelta)] == ["xx", "x"]


def test_a_buffer_past_its_bound_overflows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffers, "_MAX_UNREAD_EVENTS", 10)
    buffer = EventBuffer(2)
    for number in range(12):
        buffer.put(DiffUpdated("th", "tu", "x", {}, str(number)))
    assert buffer.is_overflown


def collected(*notifications: tuple[str, dict[str, Any]], status: str = "completed") -> TurnResult:
    collector = TurnCollector("th", "tu")
    events = [normalise(method, params, "th", "tu") for method, params in notifications]
    for event in events:
        collector.feed(event)
    return collector.result({"id": "tu", "status": status}, [e for e in events if isinstance(e, TextDelta)])


def message(text: str, phase: str | None = None, item_id: str = "m") -> tuple[str, dict[str, Any]]:
    return "item/completed", {"item": {"type": "agentMessage", "id": item_id, "text": text, "phase": phase}}


def test_the_text_is_the_last_message_that_is_no_commentary() -> None:
    assert collected(message("a"), message("b")).text == "b"
    assert collected(message("answer", "final_answer"), message("aside", "commentary")).text == "answer"
    assert collected(message("aside", "commentary")).text == "aside"
    assert collected().text == ""


def test_the_text_of_an_interrupted_turn_is_what_had_arrived() -> None:
    deltas = [("item/agentMessage/delta", {"itemId": "m2", "delta": part}) for part in ("ha", "lf")]
    assert collected(message("first"), *deltas, status="interrupted").text == "half"
    assert collected(message("first"), status="interrupted").text == "first"
    # Of a turn that completed, an open message was cut by a steer: the answer is the one after it.
    assert collected(*deltas, message("whole")).text == "whole"


def test_the_usage_of_a_turn_is_the_sum_over_its_model_requests() -> None:
    counts = {
        "inputTokens": 5,
        "cachedInputTokens": 1,
        "outputTokens": 2,
        "reasoningOutputTokens": 1,
        "totalTokens": 7,
    }
    update = ("thread/tokenUsage/updated", {"tokenUsage": {"last": counts, "total": {}}})
    assert collected(update, update).usage == Usage(10, 2, 0, 4, 2, 14)


# --- configuration ---

TOML_VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(TOML_VALUES)
def test_config_values_survive_as_toml_on_one_line(value: Any) -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no TOML reader")
    encoded = to_toml(value)
    assert "\n" not in encoded
    assert tomllib.loads(f"x = {encoded}")["x"] == value


def test_what_toml_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="'NoneType'"):
        to_toml(None)


def test_the_environment_stays_out_of_the_repr_and_secrets_out_of_the_stderr_tail() -> None:
    assert "hunter22" not in repr(AppServerConfig(env={"PASSWORD": "hunter22"}))
    text = (
        b"\x1b[31mError\x1b[0m: hunter22 sk-proj-abcdef12 Authorization: Bearer abc.def token=xyz123\x07 fine"
    )
    tail = stderr_tail(text, {"MY_PASSWORD": "hunter22", "HOME": "Error"})
    assert tail == "Error: [redacted] [redacted] [redacted] [redacted] fine"
    assert len(stderr_tail(b"x" * 100_000, {})) == 2048


# --- shared clients ---


def test_equal_configurations_share_one_server_until_the_last_holder_lets_go(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    config = scripted_codex("fine").config
    first, second, third = (
        SharedCodex(config),
        pickle.loads(pickle.dumps(SharedCodex(config))),
        SharedCodex(config),
    )
    pids = {holder.sync_client()._engine.pid for holder in (first, second, third)}
    assert len(pids) == 1
    first.close()
    del second
    assert third.sync_client().thread_start().run("x").text == "fine"
    third.close()
    # It can be used again, and gets a server of its own.
    assert {third.sync_client()._engine.pid} != pids
    third.close()


def test_a_server_whose_holder_was_collected_is_there_for_the_next_one(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    config = scripted_codex("fine").config
    pids: set[int | None] = set()
    for _ in range(3):
        client = SharedCodex(config).sync_client()
        pids.add(client._engine.pid)
        del client
    assert len(pids) == 1
    SharedCodex.close_idle()
    (pid,) = pids
    assert pid is not None
    assert not psutil.pid_exists(pid)


@pytest.mark.anyio
async def test_the_last_holder_that_gives_a_server_back_can_wait_until_it_has_ended(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex("fine")
    one, other = SharedCodex(setup.config), SharedCodex(setup.config)
    thread = await one.async_client().thread_start()
    await thread.run("x")
    pid = other.sync_client()._engine.pid
    assert pid is not None
    await one.aclose()
    await one.aclose()
    assert psutil.pid_exists(pid)
    await other.aclose()
    assert not psutil.pid_exists(pid)
    # Nobody has the thread any more, and the object can be used again.
    assert (await (await one.async_client().thread_resume(thread.id)).run("y")).text == "fine"
    await one.aclose()


def test_a_server_without_a_holder_ends_by_itself(
    scripted_codex: ScriptedCodexFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codex_app_server.shared._IDLE_S", 0.01)
    client = SharedCodex(scripted_codex("fine").config).sync_client()
    pid = client._engine.pid
    assert pid is not None
    process = psutil.Process(pid)
    del client
    process.wait(10)


def test_a_shared_server_that_died_is_launched_again(scripted_codex: ScriptedCodexFactory) -> None:
    with SharedCodex(scripted_codex("fine").config) as shared:
        client = shared.sync_client()
        assert client._engine.pid is not None
        psutil.Process(client._engine.pid).kill()
        with pytest.raises(errors.ProcessExitedError):  # noqa: PT012 - until the death is noticed
            while True:
                client.request_raw("account/read")
        assert shared.sync_client().thread_start().run("x").text == "fine"


def test_an_open_client_can_be_shared_and_is_left_open(scripted_codex: ScriptedCodexFactory) -> None:
    from codex_app_server import Codex

    unchecked: Any = SharedCodex
    with Codex(scripted_codex("fine").config) as codex:
        with SharedCodex(codex=codex) as shared:
            assert shared.sync_client() is codex

            async def use() -> str:
                return (await (await shared.async_client().thread_start()).run("x")).text

            assert asyncio.run(use()) == "fine"
            with pytest.raises(TypeError, match="cannot be pickled"):
                pickle.dumps(shared)
        assert codex.thread_start().run("x").text == "fine"
        with pytest.raises(TypeError, match="not both"):
            unchecked(AppServerConfig(), codex=codex)
    with pytest.raises(TypeError, match="must be a Codex or an AsyncCodex, not 'str'"):
        unchecked(codex="codex")
