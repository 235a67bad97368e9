"""DeltaLines says of a line what parsing it says, or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from codex_app_server._wire.deltas import TEXT_DELTA, DeltaLines
from hypothesis import given
from hypothesis import strategies as st

IDS = ("thread-1", "turn-1", "item-1")
TEXTS = st.one_of(
    st.text(),
    st.text(alphabet='"\\}{,:]emittdAtMs012 \n\u2028é😀', max_size=40),
    st.sampled_from(['"}}', '"},"emittedAtMs":1}', '{"delta":"x"}}', '\\"}}', "", '"', "\\"]),
)


def delta(
    text: object = "Hello", *, ids: tuple[object, ...] = IDS, time: object = None, **more: object
) -> bytes:
    thread_id, turn_id, item_id = ids
    params = {"threadId": thread_id, "turnId": turn_id, "itemId": item_id, "delta": text, **more}
    message: dict[str, object] = {"method": TEXT_DELTA, "params": params}
    if time is not None:
        message["emittedAtMs"] = time
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def learned(*lines: bytes) -> DeltaLines:
    deltas = DeltaLines()
    for line in lines:
        deltas.learn(line, json.loads(line)["params"])
    return deltas


def parsed(line: bytes) -> tuple[Any, Any] | None:
    try:
        params = json.loads(line)["params"]
        return (params["threadId"], params["turnId"], params["itemId"]), params["delta"]
    except (ValueError, KeyError, TypeError):
        return None


@given(TEXTS, st.sampled_from([None, 1795327531100]))
def test_every_text_of_a_known_message_is_read(text: str, time: int | None) -> None:
    assert learned(delta("first")).read(delta(text, time=time)) == (IDS, text)


@given(TEXTS)
def test_escaped_characters_are_read_as_they_are_meant(text: str) -> None:
    line = json.dumps(json.loads(delta(text)), separators=(",", ":"), ensure_ascii=True).encode()
    assert learned(delta("first")).read(line) == (IDS, text)


@given(st.data())
def test_a_damaged_line_is_read_as_parsing_reads_it_or_not_at_all(data: st.DataObject) -> None:
    line = bytearray(delta(data.draw(TEXTS), time=data.draw(st.sampled_from([None, 1795327531100]))))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(line)))
        line[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    found = learned(delta("first")).read(bytes(line))
    # What JSON does not allow in a string (a bare control character) harms nobody here.
    assert found is None or found[0] == IDS
    if found is not None and parsed(bytes(line)) is not None:
        assert found == parsed(bytes(line))


def test_messages_that_take_turns_are_told_apart() -> None:
    other = ("thread-2", "turn-2", "item-1")
    deltas = learned(delta("a"), delta("b", ids=other))
    lines = [delta(str(number), ids=(IDS, other)[number % 2]) for number in range(4)]
    assert [deltas.read(line) for line in lines] == [(IDS, "0"), (other, "1"), (IDS, "2"), (other, "3")]


@pytest.mark.parametrize(
    "line",
    [
        delta("x", more="field"),
        delta(None),
        delta("x", ids=(None, "turn-1", "item-1")),
        b'{"method":"item/agentMessage/delta","params":{"delta":"x","threadId":"t","turnId":"u","itemId":"i"}}',
        b'{"params":{"threadId":"t","turnId":"u","itemId":"i","delta":"x"},"method":"item/agentMessage/delta"}',
        b'{"method":"item/agentMessage/delta","more":1,"params":{"threadId":"t","turnId":"u","itemId":"i","delta":"x"}}',
    ],
)
def test_a_line_of_another_form_is_always_parsed(line: bytes) -> None:
    assert learned(line).read(line) is None


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", delta("x"), b'{"method":"item/agentMessage/delta"'])
def test_what_was_not_learned_is_not_read(line: bytes) -> None:
    assert DeltaLines().read(line) is None


def test_an_id_that_looks_like_the_text_is_no_text() -> None:
    ids = ("thread-1", "turn-1", '","delta":"')
    assert learned(delta("x", ids=ids)).read(delta("y", ids=ids)) == (ids, "y")


def test_a_message_that_is_complete_is_forgotten() -> None:
    deltas = learned(delta("a"), delta("b", ids=("thread-1", "turn-1", "item-2")))
    for params in (
        {"threadId": "thread-1", "item": {"id": "item-2"}},
        {"item": None},
        {"threadId": [], "item": {}},
    ):
        deltas.forget(params)
    assert deltas.read(delta("c")) == (IDS, "c")
    assert deltas.read(delta("d", ids=("thread-1", "turn-1", "item-2"))) is None


def test_the_end_of_a_turn_forgets_the_messages_that_it_did_not_complete() -> None:
    cut, other = ("thread-1", "turn-1", "item-2"), ("thread-2", "turn-2", "item-1")
    deltas = learned(delta("a"), delta("b", ids=cut), delta("c", ids=other))
    deltas.forget({"threadId": "thread-1", "item": {"id": "item-1"}})
    for params in ({"threadId": "thread-1"}, {"threadId": "thread-3"}, {"threadId": []}, {}):
        deltas.forget_thread(params)
    assert deltas.read(delta("d", ids=cut)) is None
    assert deltas.read(delta("e", ids=other)) == (other, "e")
    deltas.forget_thread({"threadId": "thread-2"})
    assert (deltas._known, deltas._heads) == ({}, {})


def test_nothing_is_kept_of_a_thread_whose_messages_are_all_complete() -> None:
    deltas = learned(delta("a"))
    deltas.forget({"threadId": "thread-1", "item": {"id": "item-1"}})
    assert (deltas._known, deltas._heads) == ({}, {})


def test_it_remembers_a_bounded_number_of_messages() -> None:
    deltas = DeltaLines()
    for number in range(10_000):
        line = delta("x", ids=("thread", "turn", f"item-{number}"))
        deltas.learn(line, json.loads(line)["params"])
    assert deltas.read(delta("y", ids=("thread", "turn", "item-9999"))) == (
        ("thread", "turn", "item-9999"),
        "y",
    )
    assert len(deltas._known) <= 4096
