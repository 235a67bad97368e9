"""Codex agents in LlamaIndex: `CodexAgent`, used as `FunctionAgent` is, and `CodexLLM`."""

from llama_index.agent.codex._version import __version__
from llama_index.agent.codex.agent import CodexAgent
from llama_index.agent.codex.events import CodexDiff, CodexNotice, CodexPlan, CodexToolOutput
from llama_index.agent.codex.llm import CodexLLM

__all__ = [
    "CodexAgent",
    "CodexDiff",
    "CodexLLM",
    "CodexNotice",
    "CodexPlan",
    "CodexToolOutput",
    "__version__",
]
