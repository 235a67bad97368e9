"""LangChain's own suites for chat models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server.testing import obedient, scripted_codex
from langchain_codex import ChatCodex
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex_app_server.testing import ScriptedCodex

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
    server: ScriptedCodex

    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        with scripted_codex(obedient) as self.server:
            yield

    @property
    def chat_model_class(self) -> type[ChatCodex]:
        return ChatCodex

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "mock-model", "env": self.server.env, "cwd": str(self.server.workspace)}

    @property
    def model_override_value(self) -> str:
        return "another-model"
