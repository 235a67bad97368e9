"""A ChatCodex on the true app-server, whose model is scripted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest
from langchain_codex import ChatCodex

if TYPE_CHECKING:
    from codex_app_server.testing import ScriptedCodex, ScriptedCodexFactory, ScriptLike


class ChatFactory(Protocol):
    def __call__(
        self, script: ScriptLike, *, stream_max_retries: int = 0, **fields: Any
    ) -> tuple[ChatCodex, ScriptedCodex]: ...


@pytest.fixture
def anyio_backend() -> str:
    # LangChain knows asyncio alone.
    return "asyncio"


@pytest.fixture
def chat(scripted_codex: ScriptedCodexFactory) -> ChatFactory:
    def make(
        script: ScriptLike, *, stream_max_retries: int = 0, **fields: Any
    ) -> tuple[ChatCodex, ScriptedCodex]:
        sc = scripted_codex(script, stream_max_retries=stream_max_retries)
        return ChatCodex(env=sc.env, cwd=str(sc.workspace), **fields), sc

    return make
