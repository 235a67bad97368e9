"""Codex agents in LlamaIndex."""

from llama_index.agent.codex._version import __version__

__all__ = ["__version__"]
