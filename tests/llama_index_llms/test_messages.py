"""What the model sees of messages, and what is refused with its cause and remedy."""

import asyncio
import base64
import http.server
import io
import threading

import pytest
from codex_app_server.errors import ImageFetchError
from llama_index.core.base.llms.types import (
    AudioBlock,
    CacheControl,
    CachePoint,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)
from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
from llama_index.llms.codex.images import image_url
from llama_index.llms.codex.items import check_messages, history_items

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DATA_URL = "data:image/png;base64," + base64.b64encode(PNG).decode()


def user(*blocks):
    return ChatMessage(role="user", blocks=list(blocks))


def test_every_role_has_its_place():
    roles = ["system", "developer", "user", "assistant", "model", "chatbot"]

    items = history_items([ChatMessage(role=role, content=role) for role in roles])

    assert [(item["role"], item["content"][0]["type"]) for item in items] == [
        ("developer", "input_text"),
        ("developer", "input_text"),
        ("user", "input_text"),
        ("assistant", "output_text"),
        ("assistant", "output_text"),
        ("assistant", "output_text"),
    ]


def test_a_tool_round_of_another_model_is_told(scripted_codex, make_llm):
    sc = scripted_codex("Three.")
    call = ToolCallBlock(tool_call_id="c1", tool_name="math.add", tool_kwargs={"a": 1, "b": 2})

    make_llm(sc).chat(
        [
            ChatMessage(role="user", content="1 + 2?"),
            ChatMessage(role="assistant", blocks=[ThinkingBlock(content="Hm."), call]),
            ChatMessage(role="tool", content="3", additional_kwargs={"tool_call_id": "c1"}),
            # Its call was cut off by a memory of limited size.
            ChatMessage(role="function", content="4", additional_kwargs={"tool_call_id": "gone"}),
        ]
    )

    (request,) = sc.model.requests
    kinds = [item["type"] for item in request.input if item["type"] != "message"]
    assert kinds == ["function_call", "function_call_output"]
    assert request.tool_outputs == {"c1": "3"}
    told = [part["text"] for item in request.input for part in item.get("content", [])]
    assert told[-2:] == ["Result of a tool call:", "4"]
    assert "Hm." not in told


def test_citations_are_told_by_what_they_hold():
    source = CitableBlock(title="a", source="b", content=[TextBlock(text="Roses are red.")])
    cited = CitationBlock(
        cited_content=TextBlock(text="red"), source="b", title="a", additional_location_info={}
    )

    messages = [user(source, CachePoint(cache_control=CacheControl(type="ephemeral")), cited)]
    check_messages(messages)
    (item,) = history_items(messages)

    assert [part["text"] for part in item["content"]] == ["Roses are red.", "red"]


def test_images_reach_the_model(scripted_codex, make_llm, tmp_path):
    sc = scripted_codex("A pixel.")
    path = tmp_path / "pixel.png"
    path.write_bytes(PNG)
    blocks = [
        ImageBlock(image=PNG),
        ImageBlock(path=path, detail="high"),
        ImageBlock(url=DATA_URL),
        ImageBlock(image=io.BytesIO(PNG)),
    ]

    make_llm(sc).chat([user(TextBlock(text="What is it?"), *blocks)])

    (request,) = sc.model.requests
    parts = [part for item in request.input for part in item.get("content", [])]
    images = [part for part in parts if part["type"] == "input_image"]
    assert [part["image_url"] for part in images] == [DATA_URL] * 4
    assert images[1]["detail"] == "high"


class ImageServer(http.server.ThreadingHTTPServer):
    """Has one image, and gives it when it is let go."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), ImageRequest)
        self.asked, self.let_go = threading.Event(), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/pixel.png"


class ImageRequest(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        assert isinstance(self.server, ImageServer)
        self.server.asked.set()
        self.send_response(200 if self.server.let_go.wait(10) else 503)
        self.end_headers()
        self.wfile.write(PNG)

    def log_message(self, *_):  # pyright: ignore[reportIncompatibleMethodOverride] - nothing is to be logged
        pass


@pytest.fixture
def image_server():
    with ImageServer() as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def test_remote_images_are_fetched_from_where_they_may_be(scripted_codex, make_llm, image_server):
    sc = scripted_codex("A pixel.")
    question = [user(ImageBlock(url=image_server.url))]
    image_server.let_go.set()

    make_llm(sc, image_fetch="any").chat(question)
    with pytest.raises(ImageFetchError):
        make_llm(sc).chat(question)
    with pytest.raises(ValueError, match="give its bytes as image="):
        make_llm(sc, image_fetch="never").chat(question)

    (request,) = sc.model.requests
    parts = [part for item in request.input for part in item.get("content", [])]
    assert [part["image_url"] for part in parts if part["type"] == "input_image"] == [DATA_URL]


@pytest.mark.anyio
async def test_images_are_fetched_while_the_event_loop_goes_on(scripted_codex, make_llm, image_server):
    llm = make_llm(scripted_codex("A pixel."), image_fetch="any")
    question = [user(CitableBlock(title="a", source="b", content=[ImageBlock(url=image_server.url)]))]

    calls = [asyncio.ensure_future(llm.achat(question)), asyncio.ensure_future(llm.astream_chat(question))]
    await asyncio.to_thread(image_server.asked.wait)
    image_server.let_go.set()

    response, pieces = await asyncio.gather(*calls)
    assert response.message.content == "A pixel."
    assert [piece async for piece in pieces][-1].message.content == "A pixel."


@pytest.mark.parametrize(
    ("block", "remedy"),
    [
        (DocumentBlock(data=b"%PDF-1.4", title="a.pdf"), "'document': give its text, or its pages as images"),
        (AudioBlock(audio=b"RIFF"), "'audio': give a transcript as text"),
        (VideoBlock(video=b"ftyp"), "'video': give a transcript as text, or single frames"),
    ],
    ids=["document", "audio", "video"],
)
def test_what_codex_does_not_take_is_refused(scripted_codex, make_llm, block, remedy):
    sc = scripted_codex("Hello!")
    llm = make_llm(sc)

    for role in ("user", "tool", "assistant"):
        with pytest.raises(ValueError, match=f"not a block of type {remedy}"):
            llm.chat([ChatMessage(role=role, blocks=[block])])
    assert sc.model.requests == ()


@pytest.mark.parametrize(
    ("messages", "cause"),
    [
        ([], "no messages with content"),
        ([ChatMessage(role="user", blocks=[])], "no messages with content"),
        ([ChatMessage(role="assistant", blocks=[ImageBlock(image=PNG)])], "give it in one of the user"),
        ([ChatMessage(role="assistant", blocks=[ToolCallBlock(tool_name="add")])], "'add' has no id"),
        ([user(ImageBlock())], "an ImageBlock is empty"),
        ([user(ImageBlock(url="file:///etc/passwd"))], "cannot be given as 'file:///etc/passwd'"),
        ([user(ImageBlock(image=b"no image"))], "image_mimetype"),
    ],
    ids=["none", "empty", "assistant image", "call without id", "no image", "file url", "unknown kind"],
)
def test_messages_that_cannot_be_sent_are_refused(scripted_codex, make_llm, messages, cause):
    sc = scripted_codex("Hello!")

    with pytest.raises(ValueError, match=cause):
        make_llm(sc).chat(messages)
    assert sc.model.requests == ()


def test_history_names_what_it_leaves_out():
    (item,) = history_items([user(TextBlock(text="Read!"), DocumentBlock(data=b"text", title="note"))])

    assert [part["text"] for part in item["content"]] == ["Read!", "[document left out]"]


def test_an_image_keeps_its_own_type():
    assert image_url(ImageBlock(image=PNG)) == DATA_URL
    assert image_url(ImageBlock(image=b"<svg/>", image_mimetype="image/svg+xml")).startswith(
        "data:image/svg+xml"
    )
