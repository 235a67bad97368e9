"""LangChain's own suites for chat models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import Codex
from codex_app_server.testing import obedient
from langchain_codex import ChatCodex
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex_app_server.testing import ScriptedCodexFactory

# They give every standard parameter to every model.
_ignore_unused = pytest.mark.filterwarnings("ignore:ChatCodex does not use:UserWarning")


@_ignore_unused
class TestChatCodexUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[ChatCodex]:
        return ChatCodex

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "mock-model"}


@_ignore_unused
@pytest.mark.anyio
class TestChatCodexIntegration(ChatModelIntegrationTests):
    codex: Codex

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

    @property
    def model_override_value(self) -> str:
        return "another-model"
