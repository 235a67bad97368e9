"""Codex as a language model for LlamaIndex: `CodexLLM`.

`items`, `images`, `responses` and `server` are for other integrations of Codex with LlamaIndex, such as
`llama_index.agent.codex`.
"""

from llama_index.llms.codex._version import __version__
from llama_index.llms.codex.llm import CodexLLM

__all__ = ["CodexLLM", "__version__"]
