"""Codex in LangChain: `ChatCodex`, a chat model on threads of `codex app-server`, and `CodexAgent`, a whole turn."""

from langchain_codex._agent_errors import RETRYABLE_ERRORS, RetryableTurnError
from langchain_codex._agent_output import AgentOutput
from langchain_codex._agent_updates import StateUpdateError
from langchain_codex._version import __version__
from langchain_codex.agents import CodexAgent
from langchain_codex.chat_models import ChatCodex

__all__ = [
    "RETRYABLE_ERRORS",
    "AgentOutput",
    "ChatCodex",
    "CodexAgent",
    "RetryableTurnError",
    "StateUpdateError",
    "__version__",
]
