"""LangChain messages become Responses items."""

from __future__ import annotations

import pytest
from langchain_codex._messages import to_items
from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    InvalidToolCall,
    RemoveMessage,
    SystemMessage,
    ToolCall,
    ToolMessage,
)

_PNG = "data:image/png;base64,iVBORw0KGgo="


def _user(*parts):
    return [{"type": "message", "role": "user", "content": list(parts)}]


def _text(text):
    return {"type": "input_text", "text": text}


def test_a_conversation_keeps_its_order_and_roles():
    assert to_items(
        [SystemMessage("Be brief."), HumanMessage("Hi"), AIMessage("Hello"), SystemMessage("Now in French.")]
    ) == [
        {"type": "message", "role": "developer", "content": [_text("Be brief.")]},
        *_user(_text("Hi")),
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]},
        {"type": "message", "role": "developer", "content": [_text("Now in French.")]},
    ]


def test_tool_calls_and_their_results_become_items_of_their_own():
    call = ToolCall(name="weather", args={"city": "Zürich"}, id="c1")
    broken = InvalidToolCall(name="weather", args="{", id="c2", error="bad JSON", type="invalid_tool_call")
    assert to_items(
        [
            HumanMessage("Weather?"),
            AIMessage("Let me see.", tool_calls=[call], invalid_tool_calls=[broken]),
            ToolMessage("sunny", tool_call_id="c1"),
            ToolMessage([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], tool_call_id="c2"),
        ]
    )[1:] == [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Let me see."}]},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": '{"city": "Zürich"}'},
        {"type": "function_call", "call_id": "c2", "name": "weather", "arguments": "{"},
        {"type": "function_call_output", "call_id": "c1", "output": "sunny"},
        {"type": "function_call_output", "call_id": "c2", "output": [_text("a"), _text("b")]},
    ]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "base64": "iVBORw0KGgo=", "mime_type": "image/png"},
        {"type": "image", "url": _PNG},
        {"type": "image_url", "image_url": {"url": _PNG}},
        {"type": "image", "source_type": "base64", "data": "iVBORw0KGgo=", "mime_type": "image/png"},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
        },
    ],
    ids=["standard", "data-url", "openai", "v0", "anthropic"],
)
def test_an_image_in_any_of_langchains_forms_becomes_a_data_url(block):
    image = {"type": "input_image", "image_url": _PNG}
    assert to_items([HumanMessage([{"type": "text", "text": "Look:"}, block])]) == _user(
        _text("Look:"), image
    )


def test_the_detail_of_an_image_is_kept():
    block = {"type": "image_url", "image_url": {"url": _PNG, "detail": "low"}}
    assert to_items([HumanMessage([block])]) == _user(
        {"type": "input_image", "image_url": _PNG, "detail": "low"}
    )


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"type": "image_url", "image_url": {"url": "file:///a.png"}}, "cannot be given as 'file:///a.png'"),
        ({"type": "image", "file_id": "file-1"}, "ids of uploaded files"),
        ({"type": "image", "base64": "aGk="}, "needs its mime_type"),
        ({"type": "audio", "base64": "aGk=", "mime_type": "audio/wav"}, "'audio'"),
        ({"type": "file", "base64": "aGk=", "mime_type": "application/pdf"}, "'file'.*its pages as images"),
        ({"type": "hologram"}, "'hologram'"),
    ],
)
def test_what_the_server_cannot_take_is_refused_with_its_name(block, words):
    with pytest.raises(ValueError, match=words):
        to_items([HumanMessage([block])])


def test_the_name_of_a_human_stands_before_the_text():
    assert to_items([HumanMessage("Hi", name="alice")]) == _user(_text("alice: Hi"))
    image = {"type": "image", "url": _PNG}
    assert to_items([HumanMessage([image], name="bob")]) == _user(
        _text("bob:"), {"type": "input_image", "image_url": _PNG}
    )


def test_an_earlier_answer_is_told_by_its_text_alone():
    answer = AIMessage(
        [
            {"type": "reasoning", "reasoning": "hm"},
            {"type": "text", "text": "Yes"},
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        ]
    )
    assert to_items([answer]) == [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes"}]}
    ]


def test_chat_messages_go_by_their_role():
    assert [
        item["role"]
        for item in to_items([ChatMessage(content="a", role="system"), ChatMessage(content="b", role="ai")])
    ] == [
        "developer",
        "assistant",
    ]
    with pytest.raises(ValueError, match="unsupported role 'critic'"):
        to_items([ChatMessage(content="a", role="critic")])


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([], "no messages"),
        ([AIMessage("")], "no messages"),
        ([ToolMessage("sunny", tool_call_id="c9")], "'c9' follows no such tool call: keep the AIMessage"),
        ([AIMessage("", tool_calls=[ToolCall(name="f", args={}, id=None)])], "'f' has no id"),
        ([RemoveMessage(id="1")], "RemoveMessage cannot be sent.*HumanMessage, AIMessage, ToolMessage"),
        ([FunctionMessage(content="5", name="f")], "FunctionMessage cannot be sent.*give a SystemMessage"),
        (
            [AIMessage([{"type": "image", "base64": "aGk="}])],
            "'image' in an earlier answer.*leave the block out",
        ),
    ],
)
def test_a_history_that_would_be_cut_silently_is_refused(messages, words):
    with pytest.raises(ValueError, match=words):
        to_items(messages)


def test_results_of_tools_in_messages_of_the_user_become_items_of_their_own():
    call = ToolCall(name="f", args={}, id="c1")
    result = {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "yes"}]}
    items = to_items(
        [AIMessage("", tool_calls=[call]), HumanMessage([result, {"type": "text", "text": "So?"}])]
    )
    assert items[1:] == [
        {"type": "function_call_output", "call_id": "c1", "output": "yes"},
        *_user(_text("So?")),
    ]
    assert len(to_items([AIMessage("", tool_calls=[call]), HumanMessage([result])])) == 2


def test_names_of_tools_are_those_of_codex():
    call = ToolCall(name="wait", args={}, id="c1")
    (item,) = to_items([AIMessage("", tool_calls=[call])], names={"wait": "wait_tool"})
    assert item["name"] == "wait_tool"
