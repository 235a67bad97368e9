"""Content blocks: output version 1, events of version 2 and 3, what Codex ran itself, images."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from codex_app_server import ImageFetchError, accept_all
from codex_app_server.testing import Reply, call, calls, reasoning, text, usage
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
RICH = Reply(
    reasoning("I think."),
    text(deltas=["Let me ", "see."]),
    calls(call("look", call_id="c1", at="a"), call("look", call_id="c2", at="b")),
    usage(input=100, cached=40, output=30, reasoning=20),
)


@tool
def look(at: str) -> str:
    """Look."""
    return f"{at} is there"


def plain(message):
    """What must be the same however a model is called: all but ids, and the places of blocks in a stream."""
    blocks = [
        {key: value for key, value in block.items() if key != "index"} for block in message.content_blocks
    ]
    return blocks, message.tool_calls, message.usage_metadata, message.response_metadata["finish_reason"]


CALLS = [
    {"type": "tool_call", "name": "look", "args": {"at": at}, "id": id_}
    for at, id_ in (("a", "c1"), ("b", "c2"))
]
BLOCKS = [{"type": "reasoning", "reasoning": "I think."}, {"type": "text", "text": "Let me see."}, *CALLS]


@pytest.mark.parametrize("version", ["v0", "v1"])
async def test_a02_every_way_of_calling_gives_the_same_blocks_and_usage(chat, version):
    model, _ = chat(lambda _: RICH, output_version=version)
    bound = model.bind_tools([look])
    chunks, achunks = list(bound.stream("Hi")), [chunk async for chunk in bound.astream("Hi")]
    messages = [
        bound.invoke("Hi"),
        await bound.ainvoke("Hi"),
        sum(chunks[1:], chunks[0]),
        sum(achunks[1:], achunks[0]),
        bound.invoke("Hi", stream=True),
        bound.stream_events("Hi", version="v3").output,
        await (await bound.astream_events("Hi", version="v3")).output,
    ]
    assert plain(messages[0])[0] == BLOCKS
    for message in messages[1:]:
        assert plain(message) == plain(messages[0])
    assert isinstance(messages[0].content, str if version == "v0" else list)


async def test_events_of_version_2_end_with_the_message_that_invoke_gives(chat):
    model, _ = chat(lambda _: RICH)
    bound = model.bind_tools([look])
    events = [event async for event in bound.astream_events("Hi", version="v2")]
    streamed = [
        event["data"]["chunk"].content for event in events if event["event"] == "on_chat_model_stream"
    ]
    assert "".join(streamed) == "Let me see."
    assert plain(events[-1]["data"]["output"]) == plain(bound.invoke("Hi"))


@pytest.mark.parametrize("version", ["v0", "v1"])
def test_blocks_can_be_sent_back_to_the_turn_that_waits(chat, version):
    model, sc = chat([RICH, "Done."], output_version=version)
    bound = model.bind_tools([look])
    planned = bound.invoke("Hi")
    answer = bound.invoke([HumanMessage("Hi"), planned, *map(look.invoke, planned.tool_calls)])
    assert answer.text == "Done."
    assert len({request.thread_id for request in sc.model.requests}) == 1


def test_an_invalid_call_is_a_block_of_its_own(chat):
    model, _ = chat(lambda _: call("look", arguments="{", call_id="c1"), output_version="v1")
    message = model.bind_tools([look]).invoke("Hi")
    assert [block["type"] for block in message.content_blocks] == ["invalid_tool_call"]
    assert (message.tool_calls, len(message.invalid_tool_calls)) == ([], 1)


RAN = Reply("Looking.", call("exec_command", cmd="echo hello"))


@pytest.mark.parametrize("version", ["v0", "v1"])
async def test_what_codex_ran_itself_is_shown_and_not_for_others_to_run(chat, version):
    model, _ = chat(
        lambda request: [RAN, "It says hello."][request.step],
        agent_tools=True,
        sandbox="danger-full-access",
        approval_policy="never",
        output_version=version,
    )
    chunks, achunks = list(model.stream("Hi")), [chunk async for chunk in model.astream("Hi")]
    for message in (model.invoke("Hi"), sum(chunks[1:], chunks[0]), sum(achunks[1:], achunks[0])):
        assert message.tool_calls == []
        said, ran, result, answer = plain(message)[0]
        assert (said["text"], answer["text"]) == ("Looking.", "It says hello.")
        assert (ran["type"], ran["name"]) == ("server_tool_call", "command_execution")
        assert "echo hello" in str(ran["args"])
        assert (result["type"], result["tool_call_id"], result["status"]) == (
            "server_tool_result",
            ran["id"],
            "success",
        )
        assert "hello" in result["output"]
    model.invoke([HumanMessage("Hi"), message, HumanMessage("And?")])


def test_approvals_are_asked_of_the_handler(chat):
    asked: list[str] = []

    def handler(request):
        asked.append(request.method)
        return accept_all(request)

    model, _ = chat(
        lambda request: [
            call("exec_command", cmd="echo hi", sandbox_permissions="require_escalated", justification="why"),
            "Done.",
        ][request.step],
        agent_tools=True,
        approval_policy="on-request",
        approval_handler=handler,
    )
    assert model.invoke("Hi").text == "Done."
    assert asked == ["item/commandExecution/requestApproval"]


class _Images(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(base64.b64decode(PIXEL))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


@pytest.fixture
def image_url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Images) as server:
        served = threading.Thread(target=server.serve_forever)
        served.start()
        yield f"http://127.0.0.1:{server.server_port}/a.png"
        server.shutdown()
        served.join()


async def test_images_by_url_are_fetched(chat, image_url):
    model, sc = chat([call("look", call_id="c1", at="it"), "A dot.", "A dot."], image_fetch="any")
    bound = model.bind_tools([look])
    asked = HumanMessage([{"type": "text", "text": "What?"}, {"type": "image", "url": image_url}])
    planned = await bound.ainvoke([asked])
    shown = ToolMessage([{"type": "image", "url": image_url}], tool_call_id="c1")
    assert (await bound.ainvoke([asked, planned, shown])).content == "A dot."
    data = f"data:image/png;base64,{PIXEL}"
    assert data in str(sc.model.requests[0].input)
    assert data in str(sc.model.requests[1].tool_outputs["c1"])
    assert len({request.thread_id for request in sc.model.requests}) == 1


def test_images_are_fetched_only_where_that_is_allowed(chat, image_url):
    asked = [HumanMessage([{"type": "image", "url": image_url}])]
    with pytest.raises(ImageFetchError):
        chat("Fine.")[0].invoke(asked)
    with pytest.raises(ValueError, match="image_fetch is 'never'"):
        chat("Fine.", image_fetch="never")[0].invoke(asked)
