"""Threads that go on: only what is new is sent, and never to a thread that holds anything else."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from itertools import pairwise
from typing import TYPE_CHECKING

import psutil
import pytest
from codex_app_server import Codex, Thread
from codex_app_server.testing import reasoning
from langchain_codex import ChatCodex
from langchain_codex._beginnings import Beginning, Beginnings
from langchain_codex._kept import Kept
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

if TYPE_CHECKING:
    from codex_app_server.observe import Message

pytestmark = pytest.mark.anyio


def threads(sc) -> list[str]:
    return [request.thread_id for request in sc.model.requests]


def asked(sc) -> list[list[str]]:
    return [[item.get("role") or item["type"] for item in request.input] for request in sc.model.requests]


@pytest.mark.parametrize("face", ["sync", "async"])
async def test_a_conversation_goes_on_in_its_thread(chat, face):
    model, sc = chat([[reasoning("Hm."), "One."], "Two.", "Three."])
    history = [SystemMessage("Be brief."), HumanMessage("First?")]
    for question in ("Second?", "Third?", None):
        answer = model.invoke(history) if face == "sync" else await model.ainvoke(history)
        history += [answer, HumanMessage(question)] if question else [answer]
    assert len(set(threads(sc))) == 1
    # The provider's cache knows each request up to where the one before ended.
    for before, after in pairwise(sc.model.requests):
        assert after.input[: len(before.input)] == before.input
    assert "reasoning" in asked(sc)[1]
    assert [item for item in asked(sc)[2] if item != "reasoning"] == [
        "developer", "user", "assistant", "user", "assistant", "user",
    ]  # fmt: skip


async def test_a_conversation_goes_on_in_its_thread_whatever_the_face(chat):
    model, sc = chat(lambda request: request.last_user_text.upper())
    history: list = []
    for number in range(8):
        history.append(HumanMessage(f"question {number}"))
        # Twice in each face, and with every change between the two.
        answer = await model.ainvoke(history) if number % 4 < 2 else model.invoke(history)
        assert answer.content == f"QUESTION {number}"
        history.append(answer)
    assert len(set(threads(sc))) == 1
    assert asked(sc)[-1] == ["user", "assistant"] * 7 + ["user"]


def test_a_conversation_goes_on_in_its_thread_in_other_event_loops_and_os_threads(chat):
    model, sc = chat(lambda request: request.last_user_text.upper())
    history: list = []

    def in_os_thread() -> None:
        history.append(model.invoke(history))

    for number in range(6):
        history.append(HumanMessage(f"question {number}"))
        if number % 2:
            thread = threading.Thread(target=in_os_thread)
            thread.start()
            thread.join()
        else:
            # Each of these is a loop of its own, which is closed before the next begins.
            history.append(asyncio.run(model.ainvoke(history)))
    assert [message.content for message in history[1::2]] == [f"QUESTION {number}" for number in range(6)]
    assert len(set(threads(sc))) == 1


async def test_a_stream_that_is_left_in_one_face_leaves_no_wrong_history_to_the_other(chat):
    model, sc = chat(lambda _: "One two three.")
    begun = [HumanMessage("First?"), await model.ainvoke("First?"), HumanMessage("And?")]
    stream = model.stream(begun)
    next(stream)
    stream.close()
    assert (await model.ainvoke(begun)).content == "One two three."
    assert asked(sc)[-1] == ["user", "assistant", "user"]
    assert len(set(threads(sc))) == 2


@pytest.mark.parametrize("seed", range(3))
async def test_a07_no_walk_through_a_conversation_shows_the_model_another_history(chat, seed):
    dice = random.Random(seed)  # noqa: S311 - a walk that can be taken again
    model, sc = chat(lambda request: f"answer {request.number}")
    told: list[list[str]] = []
    known: list[list] = [[]]
    for number in range(25):
        history = list(dice.choice(known[-6:]))
        match dice.choice(["extend", "extend", "extend", "branch", "edit"]):
            case "branch" if history:
                history = history[: 2 * dice.randrange(len(history) // 2)]
            case "edit" if history:
                history[dice.randrange(len(history) // 2) * 2 + 1] = AIMessage(f"edited {number}")
            case _:
                pass
        history.append(HumanMessage(f"question {number}"))
        answer = model.invoke(history) if dice.random() < 0.5 else await model.ainvoke(history)
        assert answer.content.startswith("answer ")
        told.append([message.text for message in history])
        known.append([*history, answer])
    shown = [
        [part["text"] for item in request.input if item["type"] == "message" for part in item["content"]]
        for request in sc.model.requests
    ]
    assert shown == told
    assert len(set(threads(sc))) < len(threads(sc))


def test_work_per_turn_stays_flat_over_200_turns(chat, monkeypatch):
    sizes: list[tuple[int, int]] = []
    starts: list[str] = []

    inject, start = Thread.inject_items, Codex.thread_start

    def spy_inject(self, items):
        sizes.append((len(items), len(json.dumps(items))))
        inject(self, items)

    def spy_start(self, **options):
        starts.append("start")
        return start(self, **options)

    monkeypatch.setattr(Thread, "inject_items", spy_inject)
    monkeypatch.setattr(Codex, "thread_start", spy_start)
    _, sc = chat(lambda _: "Fine.")
    history: list = []
    wire: list[Message] = []
    sent: list[list[tuple[str | None, int]]] = []
    received: list[tuple[int, int]] = []
    with Codex(sc.config, message_hook=wire.append) as codex:
        model = ChatCodex(codex=codex)
        for number in range(200):
            history.append(HumanMessage(f"Question {number:03}?"))
            history.append(model.invoke(history))
            told, wire[:] = list(wire), []
            sent.append(
                [(note.method, len(json.dumps(note.body.get("params")))) for note in told if note.is_sent]
            )
            # Times and ids of the server are of one length; the token counts of the thread grow by digits.
            answers = [len(json.dumps(note.body)) for note in told if not note.is_sent]
            received.append((len(answers), sum(answers)))
    assert starts == ["start"]
    assert set(sizes) == {sizes[0]}
    assert sizes[0][0] == 1
    # What passes between client and server in a turn is the same in the second and in the last.
    assert [method for method, _ in sent[1]] == ["thread/inject_items", "turn/start"]
    assert all(turn == sent[1] for turn in sent[2:])
    counts, lengths = ([figures[part] for figures in received] for part in (0, 1))
    assert sum(counts[150:]) <= sum(counts[1:51]) + 5
    assert sum(lengths[150:]) <= 1.1 * sum(lengths[1:51])
    # The model is asked once for each turn, and its provider knows all but what is new.
    requests = sc.model.requests
    assert len(requests) == 200
    assert requests[-1].input[: len(requests[-2].input)] == requests[-2].input
    assert len(requests[-1].input) == len(requests[-2].input) + 2


def changed(message, text):
    message.content = text
    return message


@pytest.mark.parametrize(
    "change",
    [
        lambda question, _: [question, AIMessage("Else."), HumanMessage("And?")],
        lambda _, answer: [HumanMessage("Other?"), answer, HumanMessage("And?")],
        lambda question, answer: [SystemMessage("Be brief."), question, answer, HumanMessage("And?")],
        lambda question, answer: [changed(question, "Other?"), answer, HumanMessage("And?")],
        lambda question, answer: [question, changed(answer, "Else."), HumanMessage("And?")],
        lambda question, _: [question],
    ],
    ids=["answer", "question", "before", "question in place", "answer in place", "again"],
)
def test_another_history_is_built_anew(chat, change):
    model, sc = chat(lambda _: "Fine.")
    question = HumanMessage("First?")
    history = change(question, model.invoke([question]))
    model.invoke(history)
    assert len(set(threads(sc))) == 2
    assert len(asked(sc)[1]) == len(history)


def test_branches_do_not_share_a_thread(chat):
    model, sc = chat(lambda _: "Fine.")
    begun = [HumanMessage("First?"), model.invoke("First?")]
    for question in ("Left?", "Right?"):
        model.invoke([*begun, HumanMessage(question)])
    assert threads(sc)[0] == threads(sc)[1] != threads(sc)[2]
    assert asked(sc)[1] == asked(sc)[2] == ["user", "assistant", "user"]


def test_other_settings_mean_another_thread(chat):
    model, sc = chat(lambda _: "Fine.")
    begun = [HumanMessage("First?"), model.invoke("First?"), HumanMessage("And?")]
    model.invoke(begun, effort="high")
    model.invoke(begun, model="another")
    assert len(set(threads(sc))) == 3


def test_a_thread_that_was_interrupted_is_not_used_again(chat):
    model, sc = chat(lambda _: "Fine. STOP And more.")
    answer = model.invoke("First?", stop=["STOP"])
    assert answer.content == "Fine. "
    model.invoke([HumanMessage("First?"), answer, HumanMessage("And?")])
    assert len(set(threads(sc))) == 2
    assert asked(sc)[1] == ["user", "assistant", "user"]


async def test_a_server_that_died_is_replaced_in_the_middle_of_a_conversation(chat):
    model, sc = chat(lambda _: "Fine.")
    history = [HumanMessage("First?"), model.invoke("First?"), HumanMessage("And?")]
    for child in psutil.Process().children():
        if "app-server" in child.cmdline():
            child.kill()
    assert model.invoke(history).content == "Fine."
    assert asked(sc)[-1] == ["user", "assistant", "user"]


class Entry:
    def __init__(self) -> None:
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


def test_what_is_kept_is_bounded_and_the_oldest_goes_first():
    kept: Kept[Entry] = Kept(max_count=2, max_age_s=60)
    entries = [Entry() for _ in range(4)]
    for name, entry in zip((b"a", b"b", b"c", b"c"), entries, strict=True):
        kept.put(name, entry)
    assert [entry.closed.is_set() for entry in entries] == [True, False, True, False]
    assert kept.take(b"b", lambda _: False) is None
    assert [kept.take(name) for name in (b"a", b"b", b"c", b"c")] == [None, entries[1], entries[3], None]
    assert len(kept) == 0


def test_what_is_kept_is_aged_out():
    kept: Kept[Entry] = Kept(max_count=9, max_age_s=0.01)
    first, second = Entry(), Entry()
    kept.put(b"a", first)
    assert first.closed.wait(10)
    kept.put(b"b", second)
    assert second.closed.wait(10)
    assert kept.take(b"b") is None


def test_a_store_has_one_timer_however_it_is_looked_through():
    kept: Kept[Entry] = Kept(max_count=9, max_age_s=600)
    kept.put(b"a", Entry())
    # As a timer does that had fired before it was cancelled.
    kept.expire()
    timers = [thread for thread in threading.enumerate() if thread.name == "langchain-codex-kept"]
    assert len(timers) == 1
    assert kept.take(b"a") is not None
    timers[0].join(10)


def test_a_store_that_is_collected_leaves_no_os_thread():
    kept: Kept[Entry] = Kept(max_count=9, max_age_s=600)
    kept.put(b"a", Entry())
    (timer,) = [thread for thread in threading.enumerate() if thread.name == "langchain-codex-kept"]
    del kept
    timer.join(10)
    assert not timer.is_alive()


def test_beginnings_are_equal_only_if_all_of_their_texts_are():
    told = [("user", "a"), ("assistant", "b"), ("user", "c")]
    whole, shorter = Beginnings("settings", told), Beginnings("settings", told[:2])
    assert whole[2] == shorter[-1]
    assert hash(whole[2]) == hash(shorter[-1])
    assert whole[-1] == shorter.followed_by(told[2:])
    others = [
        Beginnings("other settings", told)[3],
        Beginnings("settings", [*told[:2], ("assistant", "c")])[3],
        Beginnings("settings", [("user", "else"), *told[1:]])[3],
        Beginnings("settings", [told[0], ("assistant", "else"), told[2]])[3],
        Beginnings("settings", [*told[:2], {"type": "function_call_output", "call_id": "1", "output": "c"}])[
            3
        ],
        whole[2],
    ]
    assert [other for other in others if other == whole[3]] == []
    # Marks may happen to be the same.
    first, second = (Beginning([("", ""), ("user", text)], 2, 7) for text in "ab")
    assert first != second
