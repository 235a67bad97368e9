"""The pure parts: messages to items, what a thread has seen, events without a form of LlamaIndex's."""

from collections import Counter
from typing import Any

import pytest
from codex_app_server import (
    ApprovalRequest,
    ApprovalRequested,
    DiffUpdated,
    ImageInput,
    PlanStep,
    PlanUpdated,
    TextInput,
    ToolOutputDelta,
    WarningRaised,
)
from llama_index.agent.codex import CodexDiff, CodexNotice, CodexPlan, CodexToolOutput
from llama_index.agent.codex._events import to_framework
from llama_index.agent.codex._inputs import digest, transcript_items, turn_input, unseen
from llama_index.agent.codex._tools import result_content
from llama_index.core.base.llms.types import DocumentBlock, ToolCallBlock
from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
from llama_index.core.tools import ToolOutput
from llama_index.llms.codex.images import must_be_loaded
from llama_index.llms.codex.items import history_items

GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


def message(role: str, text: str, **more: Any) -> ChatMessage:
    return ChatMessage(role=role, content=text, **more)


def test_a_tool_round_becomes_a_call_and_its_output():
    block = ToolCallBlock(tool_call_id="c1", tool_name="math.add", tool_kwargs={"a": 1})
    items = history_items(
        [
            ChatMessage(role="assistant", blocks=[TextBlock(text="Adding."), block]),
            message("tool", "2", additional_kwargs={"tool_call_id": "c1"}),
        ]
    )

    assert items == [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Adding."}]},
        {"type": "function_call", "call_id": "c1", "name": "math_add", "arguments": '{"a": 1}'},
        {"type": "function_call_output", "call_id": "c1", "output": "2"},
    ]


def test_what_the_server_would_drop_is_told_in_another_way():
    items = history_items(
        [message("system", "Be kind."), message("tool", "2", additional_kwargs={"tool_call_id": "gone"})]
    )

    texts = [[part["text"] for part in item["content"]] for item in items]
    assert [item["role"] for item in items] == ["developer", "developer"]
    assert texts == [["Be kind."], ["Result of a tool call:", "2"]]


def test_images_become_data_urls_wherever_they_come_from(tmp_path):
    path = tmp_path / "dot.gif"
    path.write_bytes(GIF)
    from_file, from_bytes = ImageBlock(path=path), ImageBlock(image=GIF)

    first, second = turn_input(ChatMessage(role="user", blocks=[from_file, from_bytes]))

    assert first == second
    assert isinstance(first, ImageInput)
    assert first.url.startswith("data:image/gif;base64,R0lGOD")
    assert must_be_loaded([from_file])
    assert not must_be_loaded([from_bytes, ImageBlock(url=first.url)])
    output = ToolOutput(tool_name="draw", raw_input={}, blocks=[TextBlock(text="A dot."), from_bytes])
    assert result_content(output) == ["A dot.", first]


def test_other_blocks_are_refused_in_new_messages_and_named_in_history():
    note = ChatMessage(
        role="user", blocks=[TextBlock(text="Read!"), DocumentBlock(data=b"text", title="note")]
    )

    with pytest.raises(ValueError, match="not a block of type 'document'"):
        turn_input(note)
    (item,) = history_items([note])
    assert [part["text"] for part in item["content"]] == ["Read!", "[document left out]"]
    assert turn_input(message("user", "Hi!")) == [TextInput("Hi!")]


def test_a_message_is_known_by_its_content_as_often_as_it_was_seen():
    yes, no = message("user", "yes"), message("user", "no")
    seen = Counter([digest(yes)])

    assert unseen([yes, no, message("user", "yes")], seen) == [no, yes]
    assert unseen([message("assistant", "yes")], seen) == [message("assistant", "yes")]


def test_the_transcript_of_a_thread_is_carried_over():
    content = [{"type": "text", "text": "Add!"}, {"type": "image", "url": "data:x"}, {"type": "skill"}]
    call = {"id": "c1", "tool": "add", "arguments": {"a": 1}, "contentItems": [{"text": "2"}]}
    turns: list[dict[str, Any]] = [
        {"items": [{"type": "userMessage", "content": content}, {"type": "reasoning"}]},
        {"items": [{"type": "dynamicToolCall", **call}, {"type": "agentMessage", "text": "Two."}]},
    ]

    user = [{"type": "input_text", "text": "Add!"}, {"type": "input_image", "image_url": "data:x"}]
    assert transcript_items(turns) == [
        {"type": "message", "role": "user", "content": user},
        {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a": 1}'},
        {"type": "function_call_output", "call_id": "c1", "output": "2"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Two."}]},
    ]


def test_what_llama_index_has_no_word_for_has_an_event_of_ours():
    ids: dict[str, Any] = {"thread_id": "t", "turn_id": "u", "method": "m", "raw": {}}
    params = {"threadId": "t", "turnId": "u", "itemId": "i", "command": "rm x", "cwd": "/"}
    request = ApprovalRequest("u:1", "item/commandExecution/requestApproval", params, lambda *_: None)
    request.decline()
    events = [
        ToolOutputDelta(**ids, item_id="i", text="out"),
        PlanUpdated(**ids, explanation="why", steps=(PlanStep("look", "pending"),)),
        DiffUpdated(**ids, diff="+1"),
        WarningRaised(**ids, message="once more", will_retry=True),
        WarningRaised(**ids, message="unknown model", will_retry=False),
        ApprovalRequested(**ids, request=request),
    ]

    assert [to_framework(event, agent_name="A", response="", streaming=True) for event in events] == [
        CodexToolOutput(tool_id="i", delta="out", current_agent_name="A"),
        CodexPlan(steps=[{"step": "look", "status": "pending"}], explanation="why", current_agent_name="A"),
        CodexDiff(diff="+1", current_agent_name="A"),
        CodexNotice(message="once more", current_agent_name="A"),
        None,
        CodexNotice(message="approval: decline: rm x", current_agent_name="A"),
    ]
