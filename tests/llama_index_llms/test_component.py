"""CodexLLM as a component of LlamaIndex: what it says of itself, written down, copied and pickled."""

import copy
import pickle

import pytest
from codex_app_server import Codex
from llama_index.core.base.llms.base import BaseLLM
from llama_index.core.callbacks import CallbackManager
from llama_index.core.llms import ChatMessage
from llama_index.llms.codex import CodexLLM
from pydantic import ValidationError


def test_it_is_an_llm_of_llama_index():
    assert BaseLLM.__name__ in [base.__name__ for base in CodexLLM.__mro__]
    assert CodexLLM.class_name() == "CodexLLM"


def test_metadata_tells_the_size_and_the_name():
    metadata = CodexLLM(model="gpt-5-codex", context_window=1000).metadata

    assert (metadata.context_window, metadata.model_name) == (1000, "gpt-5-codex")
    assert (metadata.is_chat_model, metadata.is_function_calling_model) == (True, False)
    assert CodexLLM().metadata.model_name == "codex"


def test_the_settings_are_written_down_and_read_again_without_the_environment():
    llm = CodexLLM(
        model="gpt-5", effort="low", summary="auto", config={"a": {"b": 1}}, env={"SECRET": "s3cret"}
    )

    data = llm.to_dict()
    again = CodexLLM.from_dict(data)

    assert data["class_name"] == "CodexLLM"
    assert (again.model, again.effort, again.summary, again.config) == (
        "gpt-5",
        "low",
        "auto",
        {"a": {"b": 1}},
    )
    assert again.env == {}
    assert again.to_dict() == data
    assert CodexLLM.from_json(llm.to_json()).to_dict() == data
    assert "s3cret" not in repr(llm)
    assert "s3cret" not in llm.to_json()


def test_it_is_pickled_and_copied_with_its_environment():
    llm = CodexLLM(model="gpt-5", env={"SECRET": "s3cret"}, callback_manager=CallbackManager([]))

    for again in (pickle.loads(pickle.dumps(llm)), copy.deepcopy(llm), copy.copy(llm), llm.model_copy()):
        assert (again.model, again.env) == ("gpt-5", {"SECRET": "s3cret"})


def test_a_copy_asks_the_same_server(scripted_codex, make_llm):
    import psutil

    llm = make_llm(scripted_codex("Hello!"))

    copies = [pickle.loads(pickle.dumps(llm)), copy.deepcopy(llm), llm]
    assert [one.complete("Well?").text for one in copies] == ["Hello!"] * 3
    assert len(psutil.Process().children()) == 1
    for one in copies:
        one.close()


def test_an_open_client_is_not_pickled_but_copied(scripted_codex):
    with Codex(scripted_codex("Hello!").config) as codex:
        llm = CodexLLM(codex=codex)

        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(llm)
        assert copy.deepcopy(llm).complete("Well?").text == "Hello!"


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"temperature": 0.5}, "temperature"),
        ({"context_window": 0}, "context_window"),
        ({"image_fetch": "all"}, "image_fetch"),
    ],
)
def test_settings_that_there_are_not_are_refused(options, place):
    with pytest.raises(ValidationError, match=place):
        CodexLLM(**options)


def test_a_client_that_is_none_is_refused():
    with pytest.raises(ValidationError, match="codex"):
        CodexLLM(codex="codex")  # pyright: ignore[reportArgumentType] - that is the point


def test_nothing_is_started_before_the_first_call():
    import psutil

    llm = CodexLLM(codex_bin="/nowhere/codex")

    assert psutil.Process().children() == []
    with pytest.raises(FileNotFoundError, match="nowhere"):
        llm.chat([ChatMessage(role="user", content="Well?")])
