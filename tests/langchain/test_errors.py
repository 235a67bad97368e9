"""Errors of ChatCodex: which of them may be tried again, and what they say to whoever can mend the cause."""

from __future__ import annotations

import pytest
from codex_app_server import CodexNotFoundError, LaunchError, TurnFailedError
from codex_app_server.testing import Reply, call, cut, fail, text
from langchain_codex import RETRYABLE_ERRORS, ChatCodex, RetryableTurnError
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool

pytestmark = pytest.mark.anyio


@tool
def look(at: str) -> str:
    """Look."""
    return f"{at} is there"


async def test_a_failure_that_may_pass_is_told_from_one_that_will_not(chat):
    model, _ = chat(fail(500))
    with pytest.raises(RetryableTurnError, match="high demand"):
        model.invoke("Hi")
    with pytest.raises(RetryableTurnError, match="high demand"):
        await model.ainvoke("Hi")
    with pytest.raises(RetryableTurnError, match="high demand"):
        list(model.stream("Hi"))
    model, _ = chat(fail(400, message="that is not allowed"))
    with pytest.raises(TurnFailedError) as caught:
        model.invoke("Hi")
    assert not isinstance(caught.value, RETRYABLE_ERRORS)


async def test_with_retry_asks_again_after_what_may_pass(chat):
    failures = iter([True, False, True, False])
    model, sc = chat(lambda _: fail(503, message="busy") if next(failures) else "Fine.")
    patient = model.with_retry(retry_if_exception_type=RETRYABLE_ERRORS, wait_exponential_jitter=False)
    assert patient.invoke("Hi").content == "Fine."
    assert (await patient.ainvoke("Hi")).content == "Fine."
    assert len(sc.model.requests) == 4


def test_with_retry_does_not_ask_again_after_what_will_not_pass(chat):
    model, sc = chat(fail(400, message="that is not allowed"))
    patient = model.with_retry(retry_if_exception_type=RETRYABLE_ERRORS, wait_exponential_jitter=False)
    with pytest.raises(TurnFailedError, match="not allowed"):
        patient.invoke("Hi")
    assert len(sc.model.requests) == 1


def test_with_fallbacks_goes_on_to_another_model_for_the_errors_that_are_named(chat):
    model, _ = chat(fail(400, message="that is not allowed"))
    other = RunnableLambda(lambda _: "instead")
    assert model.with_fallbacks([other], exceptions_to_handle=(TurnFailedError,)).invoke("Hi") == "instead"
    with pytest.raises(TurnFailedError):
        model.with_fallbacks([other], exceptions_to_handle=(LaunchError,)).invoke("Hi")


def test_a04_what_failed_after_codex_ran_something_is_not_for_a_retry(chat):
    model, _ = chat(
        lambda request: [call("exec_command", cmd="true"), fail(500)][request.step],
        agent_tools=True,
        sandbox="danger-full-access",
        approval_policy="never",
    )
    with pytest.raises(TurnFailedError, match="high demand") as caught:
        model.invoke("Hi")
    assert not isinstance(caught.value, RETRYABLE_ERRORS)


def test_a_conversation_goes_on_after_a_failed_turn(chat):
    lost = Reply(text("Half"), cut(after=1))
    model, sc = chat(
        lambda request: lost if request.last_user_text == "And?" and request.number == 1 else "Fine."
    )
    history = [HumanMessage("Hi"), model.invoke("Hi"), HumanMessage("And?")]
    with pytest.raises(TurnFailedError):
        model.invoke(history)
    assert model.invoke(history).content == "Fine."
    # The thread in which the turn failed holds half of it.
    assert [item["role"] for item in sc.model.requests[-1].input] == ["user", "assistant", "user"]
    assert sc.model.requests[-1].thread_id != sc.model.requests[1].thread_id


def test_a_missing_binary_is_named_with_the_remedy():
    with pytest.raises(
        CodexNotFoundError, match=r"(?s)/does/not/exist.*install|/does/not/exist.*codex_bin"
    ) as caught:
        ChatCodex(codex_bin="/does/not/exist/codex").invoke("Hi")
    assert isinstance(caught.value, (LaunchError, FileNotFoundError))


def test_a_missing_login_is_named_with_the_remedy(chat):
    model, _ = chat(fail(401, message="Missing bearer authentication"))
    with pytest.raises(TurnFailedError, match=r"401.*; log in \(python -m codex_app_server codex login\)"):
        model.invoke("Hi")


def test_a_tool_message_without_its_call_is_named_before_anything_is_sent(chat):
    model, sc = chat("Fine.")
    with pytest.raises(ValueError, match="'c9' follows no such tool call"):
        model.invoke([HumanMessage("Hi"), ToolMessage("yes", tool_call_id="c9")])
    assert not sc.model.requests


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        ({"type": "file", "base64": "aGk=", "mime_type": "application/pdf"}, "'file'"),
        ({"type": "audio", "base64": "aGk=", "mime_type": "audio/wav"}, "'audio'"),
        ({"type": "video", "base64": "aGk=", "mime_type": "video/mp4"}, "'video'"),
    ],
)
async def test_content_that_the_server_does_not_take_is_refused_in_every_way_of_calling(block, kind):
    model = ChatCodex()
    asked = [HumanMessage([block])]
    for ask in (model.invoke, lambda value: list(model.stream(value))):
        with pytest.raises(ValueError, match=f"{kind}: Codex takes text and images"):
            ask(asked)
    with pytest.raises(ValueError, match=f"{kind}: Codex takes text and images"):
        await model.ainvoke(asked)


async def test_personality_and_summary_reach_the_model_service(chat):
    model, sc = chat("Fine.", summary="detailed", effort="low", personality="friendly")
    assert model.invoke("Hi").content == "Fine."
    assert sc.model.requests[0].body["reasoning"] == {"effort": "low", "summary": "detailed"}
