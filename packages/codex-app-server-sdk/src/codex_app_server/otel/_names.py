"""Names of the conventions that the spans and metrics follow: OpenTelemetry's for generative AI, and OpenInference's.

They are written here, and not imported: the package that has them marks all of these as moved to a repository of their
own, and tells programs not to depend on them at run time. A test compares them with that package.
"""

from __future__ import annotations

from typing import Final

# --- OpenTelemetry: attributes ---

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
AGENT_NAME: Final = "gen_ai.agent.name"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
OUTPUT_TYPE: Final = "gen_ai.output.type"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS: Final = "gen_ai.usage.cache_creation.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
TOKEN_TYPE: Final = "gen_ai.token.type"  # noqa: S105 - of tokens of a model
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
TOOL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_RESULT: Final = "gen_ai.tool.call.result"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
ERROR_TYPE: Final = "error.type"
EXIT_CODE: Final = "process.exit.code"

# --- OpenTelemetry: metrics ---

TOKEN_USAGE: Final = "gen_ai.client.token.usage"  # noqa: S105 - of tokens of a model
OPERATION_DURATION: Final = "gen_ai.client.operation.duration"
TIME_TO_FIRST_CHUNK: Final = "gen_ai.client.operation.time_to_first_chunk"

# --- of Codex, for which there is no name elsewhere ---

TURN_ID: Final = "codex.turn.id"
TURN_METHOD: Final = "codex.turn.method"
TOOL_KIND: Final = "codex.tool.kind"
TOOL_STATUS: Final = "codex.tool.status"
APPROVAL_KIND: Final = "codex.approval.kind"
APPROVAL_DECISION: Final = "codex.approval.decision"

# --- OpenInference ---

OI_KIND: Final = "openinference.span.kind"
OI_SESSION: Final = "session.id"
OI_AGENT: Final = "agent.name"
OI_MODEL: Final = "llm.model_name"
OI_PROVIDER: Final = "llm.provider"
OI_PROMPT_TOKENS: Final = "llm.token_count.prompt"
OI_COMPLETION_TOKENS: Final = "llm.token_count.completion"
OI_TOTAL_TOKENS: Final = "llm.token_count.total"
OI_CACHE_READ: Final = "llm.token_count.prompt_details.cache_read"
OI_CACHE_WRITE: Final = "llm.token_count.prompt_details.cache_write"
OI_REASONING: Final = "llm.token_count.completion_details.reasoning"
OI_FINISH: Final = "llm.finish_reason"
OI_TOOL: Final = "tool.name"
OI_TOOL_ID: Final = "tool.id"
OI_INPUT: Final = "input.value"
OI_OUTPUT: Final = "output.value"
