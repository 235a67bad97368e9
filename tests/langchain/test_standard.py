"""LangChain's own suites for chat models."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import httpx
import pytest
from codex_app_server import Codex
from codex_app_server.testing import FakeServer, Reply, obedient, reasoning, scripted_codex, steps, usage
from langchain_codex import ChatCodex
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex_app_server.testing import ScriptedCodexFactory
    from langchain_core.messages import AIMessage

_Detail: TypeAlias = Literal[
    "audio_input", "audio_output", "reasoning_output", "cache_read_input", "cache_creation_input"
]
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
# They give every standard parameter to every model.
_ignore_unused = pytest.mark.filterwarnings("ignore:ChatCodex does not use:UserWarning")


def _asked(model: ChatCodex, *, stream: bool) -> AIMessage:
    if not stream:
        return model.invoke("Hi")
    first, *rest = model.stream("Hi")
    return sum(rest, first)


@_ignore_unused
class TestChatCodexUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[ChatCodex]:
        return ChatCodex

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "mock-model"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        # All that is read from the environment; the app-server has a configuration and a login of its own.
        return {"LC_OUTPUT_VERSION": "v1"}, {}, {"output_version": "v1"}

    # Skipped: `test_serdes`. A ChatCodex is not made from what LangChain's `dumps` writes, which goes into traces:
    # `env` and `config` may hold secrets under names that nobody knows beforehand. It can be pickled.


@_ignore_unused
@pytest.mark.anyio
class TestChatCodexIntegration(ChatModelIntegrationTests):
    codex: Codex
    method = "json_schema"

    @pytest.fixture(autouse=True)
    def _client(self, scripted_codex: ScriptedCodexFactory) -> Iterator[None]:
        # Pytest keeps the models alive beyond the end of their tests; an open client is closed in time.
        with Codex(scripted_codex(obedient).config) as self.codex:
            yield

    @property
    def chat_model_class(self) -> type[ChatCodex]:
        return ChatCodex

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "mock-model", "codex": self.codex}

    @pytest.fixture(autouse=True)
    def _no_network(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # The tests download the images that they give to the model.
        def get(url: str, **_: object) -> httpx.Response:
            return httpx.Response(200, content=_PIXEL, request=httpx.Request("GET", url))

        monkeypatch.setattr(httpx, "get", get)
        data_url = f"data:image/png;base64,{base64.b64encode(_PIXEL).decode()}"
        monkeypatch.setattr("codex_app_server.images.fetch_image", lambda *_, **__: data_url)

    # What the app-server takes is text and images; the tests for the rest are skipped.

    @property
    def supports_pdf_inputs(self) -> bool:
        return False

    @property
    def supports_pdf_tool_message(self) -> bool:
        return False

    @property
    def supports_audio_inputs(self) -> bool:
        return False

    @property
    def supports_video_inputs(self) -> bool:
        return False

    @property
    def enable_vcr_tests(self) -> bool:
        # This process makes no HTTP requests that could be recorded: `benchmarks/langchain_stream.py` measures streams.
        return False

    @property
    def supports_model_override(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "another-model"

    @property
    def has_tool_calling(self) -> bool:
        return True

    @property
    def has_tool_choice(self) -> bool:
        return True

    @property
    def has_structured_output(self) -> bool:
        return True

    @property
    def structured_output_kwargs(self) -> dict[str, Any]:
        return {"method": self.method}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def supports_image_urls(self) -> bool:
        return True

    @property
    def supports_image_tool_message(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def supported_usage_metadata_details(
        self,
    ) -> dict[Literal["invoke", "stream"], list[_Detail]]:
        details: list[_Detail] = ["reasoning_output", "cache_read_input", "cache_creation_input"]
        return {"invoke": details, "stream": details}

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        return self._with_details(stream=stream)

    def invoke_with_reasoning_output(self, *, stream: bool = False) -> AIMessage:
        return self._with_details(stream=stream)

    def invoke_with_cache_creation_input(self, *, stream: bool = False) -> AIMessage:
        # The scripted model writes to no cache.
        usage_told, *ended = steps.turn_end()
        usage_told["params"]["tokenUsage"]["last"]["cacheWriteInputTokens"] = 6
        scenario = [
            *steps.handshake(),
            *steps.thread_start(),
            steps.expect("thread/inject_items"),
            steps.reply({}),
            *steps.turn_begin(),
            *steps.turn_message("Hello."),
            usage_told,
            *ended,
            steps.hang(),
        ]
        with FakeServer(scenario) as fake, Codex(fake.config) as codex:
            return _asked(ChatCodex(model="mock-model", codex=codex), stream=stream)

    def _with_details(self, *, stream: bool) -> AIMessage:
        reply = Reply(reasoning("Hm."), "Hello.", usage(input=100, cached=40, output=30, reasoning=20))
        with scripted_codex(reply) as sc, Codex(sc.config) as codex:
            return _asked(ChatCodex(model="mock-model", codex=codex), stream=stream)


class TestFunctionCallingIntegration(TestChatCodexIntegration):
    method = "function_calling"
