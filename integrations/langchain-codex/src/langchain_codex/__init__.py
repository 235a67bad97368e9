"""Codex agents in LangChain."""

from langchain_codex._version import __version__

__all__ = ["__version__"]
