"""The answer of a turn: stop sequences, phases, attempts. Events are made by hand where a server cannot be made to."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from codex_app_server import (
    MessageFinished,
    MessageStarted,
    ReasoningDelta,
    ReasoningFinished,
    TextDelta,
    ToolCall,
    ToolCallRequested,
    TurnFailedError,
    TurnFinished,
    TurnInterruptedError,
    TurnResult,
    WarningRaised,
)
from hypothesis import given
from hypothesis import strategies as st
from langchain_codex._events import AnswerChunks
from langchain_codex._messages import bare_arguments
from langchain_codex._stop import StopFilter
from langchain_core.messages import AIMessageChunk

_IDS: dict[str, Any] = {"thread_id": "t", "turn_id": "u", "method": "m", "raw": {}}


def _message(item_id, *deltas, phase=None, is_complete=True):
    yield MessageStarted(**_IDS, item_id=item_id, phase=phase)
    for delta in deltas:
        yield TextDelta(**_IDS, item_id=item_id, text=delta)
    if is_complete:
        yield MessageFinished(**_IDS, item_id=item_id, text="".join(deltas), phase=phase)


def _retry():
    return [WarningRaised(**_IDS, message="Reconnecting... 1/2", will_retry=True)]


def _end(status="completed", **more):
    return [TurnFinished(**_IDS, result=TurnResult("t", "u", status, **more))]


def _answer(*parts, is_streaming, stop=()):
    answer = AnswerChunks(model_name="m", stop=stop, is_streaming=is_streaming)
    chunks = [chunk for event in itertools.chain(*parts) if (chunk := answer.feed(event))]
    assert is_streaming or not chunks
    chunks.append(answer.finish())
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert isinstance(whole, AIMessageChunk)
    return whole


def _both(*parts, stop=()):
    parts = [list(part) for part in parts]
    whole, streamed = (_answer(*parts, is_streaming=mode, stop=stop) for mode in (False, True))
    assert (whole.content, whole.additional_kwargs) == (streamed.content, streamed.additional_kwargs)
    return whole


@given(
    st.text("ab.", max_size=12), st.lists(st.text("ab.", max_size=4), max_size=3), st.sets(st.integers(0, 12))
)
def test_a_stop_sequence_is_cut_off_the_same_however_the_text_comes(text, stops, cuts):
    letters, pieces = StopFilter(stops), StopFilter(stops)
    borders = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    by_letter = "".join(letters.feed(letter) for letter in text) + letters.flush()
    by_piece = (
        "".join(pieces.feed(text[start:end]) for start, end in itertools.pairwise(borders)) + pieces.flush()
    )
    assert (by_letter, letters.found) == (by_piece, pieces.found)
    assert text.startswith(by_letter + (letters.found or ""))
    assert not any(stop in by_letter for stop in stops if stop)
    assert letters.found or by_letter == text


def test_a_possible_beginning_of_a_stop_sequence_is_held_back():
    stops = StopFilter(["END"])
    assert [stops.feed("a E"), stops.feed("N"), stops.feed("x E"), stops.flush()] == ["a ", "", "ENx ", "E"]


def test_commentary_is_kept_beside_the_answer():
    message = _both(
        _message("1", "I look ", "around.", phase="commentary"),
        _message("2", "Done.", phase="final_answer"),
        _end(),
    )
    assert message.content == "Done."
    assert message.additional_kwargs == {"commentary": "I look around."}


def test_commentary_is_the_answer_when_there_is_no_other():
    assert _both(_message("1", "Hm.", phase="commentary"), _end(text="Hm.")).content == "Hm."


def test_two_messages_are_one_answer_with_an_empty_line_between():
    assert _both(_message("1", "One."), _message("2", "Two."), _end()).content == "One.\n\nTwo."


def test_a_message_without_deltas_is_not_lost():
    finished = MessageFinished(**_IDS, item_id="1", text="All at once.", phase=None)
    assert _both([finished], _end()).content == "All at once."


def test_parts_of_the_reasoning_are_set_apart():
    def delta(text, part):
        return ReasoningDelta(**_IDS, item_id="r", text=text, is_summary=True, part_index=part)

    known = ReasoningFinished(**_IDS, item_id="r", summary=("First.", "Then."), content=())
    without_deltas = ReasoningFinished(**_IDS, item_id="s", summary=("Last.",), content=())
    message = _both(
        [delta("Fir", 0), delta("st.", 0), delta("Then.", 1), known, without_deltas],
        _message("1", "So."),
        _end(),
    )
    assert message.additional_kwargs == {"reasoning_content": "First.\n\nThen.\n\nLast."}


def test_a_second_attempt_that_begins_alike_goes_on_where_the_first_broke_off():
    assert (
        _both(
            _message("1", "The answer", is_complete=False),
            _retry(),
            _message("2", "The ", is_complete=False),
            _retry(),
            _message("3", "The ans", "wer is 42."),
            _end(),
        ).content
        == "The answer is 42."
    )


@pytest.mark.parametrize("is_complete", [True, False])
@pytest.mark.parametrize("second", ["No.", "The"])
def test_a_second_attempt_that_reads_otherwise_replaces_the_first_or_ends_the_stream(is_complete, second):
    parts = [
        list(_message("1", "The answer", is_complete=is_complete)),
        _retry(),
        list(_message("2", second)),
        _end(),
    ]
    assert _answer(*parts, is_streaming=False).content == second
    with pytest.raises(TurnInterruptedError, match="reads otherwise"):
        _answer(*parts, is_streaming=True)


def test_a_stop_sequence_of_an_attempt_that_broke_off_does_not_count_twice():
    message = _both(
        _message("1", "a S", is_complete=False), _retry(), _message("2", "a STOP b"), _end(), stop=["STOP"]
    )
    assert message.content == "a "
    assert message.response_metadata["finish_reason"] == "stop_sequence"


def test_text_after_the_stop_sequence_and_the_interruption_do_not_matter():
    assert _both(_message("1", "a|b", "c|d"), _retry(), _end("interrupted"), stop=["|"]).content == "a"


@pytest.mark.parametrize(
    ("status", "error"), [("failed", TurnFailedError), ("interrupted", TurnInterruptedError)]
)
def test_a_turn_that_did_not_complete_gives_no_answer(status, error):
    with pytest.raises(error):
        _answer(_message("1", "Half", is_complete=False), _end(status), is_streaming=False)


def _requested(call_id, arguments):
    params = {"threadId": "t", "turnId": "u", "callId": call_id, "tool": "look", "arguments": arguments}
    return ToolCallRequested(**_IDS, call=ToolCall(call_id, params, lambda *_: None))


def test_a_server_that_does_not_show_its_responses_gives_one_call_at_a_time():
    call = _requested("c1", {"at": "it"})
    message = _both(_message("1", "I look."), [call])
    assert [(entry["id"], entry["args"]) for entry in message.tool_calls] == [("c1", {"at": "it"})]
    assert message.response_metadata["finish_reason"] == "tool_calls"
    # One that was answered before is no news.
    call.call.respond("a dot")
    assert _both(_message("1", "I look."), [call], _message("2", "A dot."), _end()).tool_calls == []


@pytest.mark.parametrize("arguments", ["{", '{"at": "it', "[1]", "null"])
def test_arguments_that_are_no_object_are_never_mended(arguments):
    message = _both([_requested("c1", arguments)])
    (invalid,) = message.invalid_tool_calls
    assert message.tool_calls == []
    assert bare_arguments(invalid["args"] or "") == arguments
