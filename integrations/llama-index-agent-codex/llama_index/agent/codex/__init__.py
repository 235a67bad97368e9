"""Codex agents in LlamaIndex: `CodexAgent`, used as `FunctionAgent` is."""

from llama_index.agent.codex._version import __version__
from llama_index.agent.codex.agent import CodexAgent
from llama_index.agent.codex.events import (
    CodexApprovalRequest,
    CodexApprovalResponse,
    CodexDiff,
    CodexElicitation,
    CodexElicitationResponse,
    CodexNotice,
    CodexPlan,
    CodexQuestion,
    CodexQuestionResponse,
    CodexToolOutput,
)

__all__ = [
    "CodexAgent",
    "CodexApprovalRequest",
    "CodexApprovalResponse",
    "CodexDiff",
    "CodexElicitation",
    "CodexElicitationResponse",
    "CodexNotice",
    "CodexPlan",
    "CodexQuestion",
    "CodexQuestionResponse",
    "CodexToolOutput",
    "__version__",
]
