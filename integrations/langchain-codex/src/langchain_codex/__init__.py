"""Codex in LangChain: `ChatCodex`, a chat model on threads of `codex app-server`."""

from langchain_codex._version import __version__
from langchain_codex.chat_models import ChatCodex

__all__ = ["ChatCodex", "__version__"]
