"""How a chain of one's own is tested: the true Codex server, a scripted model, no network and no key.

    pytest examples/28_pytest_of_a_chain

The fixture `scripted_codex` is there as soon as codex-app-server-sdk is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from codex_app_server import TurnFailedError
from codex_app_server.testing import fail
from langchain_codex import ChatCodex
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

if TYPE_CHECKING:
    from codex_app_server.testing import ModelRequest, ScriptedCodexFactory
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable

# --- the program ---


def translator(model: BaseChatModel) -> Runnable[dict[str, str], str]:
    """Return a chain that translates to French."""
    prompt = ChatPromptTemplate.from_messages(
        [
            ("system", "You translate to French. Answer with the translation alone."),
            ("human", "{sentence}"),
        ]
    )
    return prompt | model | StrOutputParser()


# --- its tests ---


def test_the_chain_gives_the_translation(scripted_codex: ScriptedCodexFactory) -> None:
    """The answer comes through, and the model was asked what it should be asked."""
    setup = scripted_codex("Bonjour.")
    chain = translator(ChatCodex(env=setup.env, cwd=str(setup.workspace)))

    assert chain.invoke({"sentence": "Hello."}) == "Bonjour."
    (request,) = setup.model.requests
    assert request.last_user_text == "Hello."
    assert "You translate to French." in str(request.input)


def test_the_chain_streams_word_by_word(scripted_codex: ScriptedCodexFactory) -> None:
    """Whoever waits sees the first words at once."""
    setup = scripted_codex("Bonjour tout le monde.")
    chain = translator(ChatCodex(env=setup.env, cwd=str(setup.workspace)))

    assert [piece for piece in chain.stream({"sentence": "Hello, world."}) if piece] == [
        "Bonjour",
        " tout",
        " le",
        " monde.",
    ]


def test_the_model_may_answer_by_what_it_is_asked(scripted_codex: ScriptedCodexFactory) -> None:
    """A function plays the model: here it answers several inputs, in any order."""

    def answer(request: ModelRequest) -> str:
        return {"Yes.": "Oui.", "No.": "Non."}[request.last_user_text]

    setup = scripted_codex(answer)
    chain = translator(ChatCodex(env=setup.env, cwd=str(setup.workspace)))

    assert chain.batch([{"sentence": "Yes."}, {"sentence": "No."}]) == ["Oui.", "Non."]


def test_what_the_model_service_refuses_is_an_error(scripted_codex: ScriptedCodexFactory) -> None:
    """Nobody takes a failure for an empty translation."""
    setup = scripted_codex(fail(400, message="no such deployment"))
    chain = translator(ChatCodex(env=setup.env, cwd=str(setup.workspace)))

    with pytest.raises(TurnFailedError, match="no such deployment"):
        chain.invoke({"sentence": "Hello."})
