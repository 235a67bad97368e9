"""Kit: what the spans of all turns are made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codex_app_server.otel import _names as names

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer
    from opentelemetry.util.types import AttributeValue

    from codex_app_server.events import Usage
    from codex_app_server.otel._guard import Guard
    from codex_app_server.otel._metrics import Meters

__all__ = ["PROVIDER", "Attributes", "Kit", "shared_attributes", "usage_attributes"]

Attributes = dict[str, "AttributeValue"]

PROVIDER = "openai"
"""Which flavour of the conventions this is; who serves the model is in the configuration of Codex."""


@dataclass(frozen=True, slots=True)
class Kit:
    """What spans and measurements are made with.

    Attributes:
        tracer: Makes the spans.
        meters: What is measured; None where the meter provider is broken.
        guard: Keeps faults away from turns.
        has_content: Whether prompts, answers, arguments and results are in the spans.
        has_openinference: Whether the attributes of OpenInference are there too.
    """

    tracer: Tracer
    meters: Meters | None
    guard: Guard
    has_content: bool
    has_openinference: bool

    def end(self, span: Span, end_ns: int) -> None:
        """End a span, whatever its processors do."""
        with self.guard("the end of a span"):
            span.end(end_ns)

    def measure(
        self, attributes: Attributes, start_ns: int, end_ns: int, error_type: str | None = None
    ) -> None:
        """Record how long an operation took."""
        if self.meters is not None:
            with self.guard("a measurement"):
                self.meters.operation((end_ns - start_ns) / 1e9, attributes, error_type)


def shared_attributes(operation: str, model: str | None) -> Attributes:
    """Return what the spans and the measurements of an operation have in common."""
    attributes: Attributes = {names.OPERATION: operation, names.PROVIDER: PROVIDER}
    if model is not None:
        attributes[names.REQUEST_MODEL] = model
    return attributes


def usage_attributes(usage: Usage, *, has_openinference: bool) -> Attributes:
    """Return the token counts."""
    attributes: Attributes = {
        names.INPUT_TOKENS: usage.input_tokens,
        names.OUTPUT_TOKENS: usage.output_tokens,
        names.CACHE_READ_TOKENS: usage.cached_input_tokens,
        names.CACHE_WRITE_TOKENS: usage.cache_write_input_tokens,
        names.REASONING_TOKENS: usage.reasoning_output_tokens,
    }
    if has_openinference:
        attributes |= {
            names.OI_PROMPT_TOKENS: usage.input_tokens,
            names.OI_COMPLETION_TOKENS: usage.output_tokens,
            names.OI_TOTAL_TOKENS: usage.total_tokens,
            names.OI_CACHE_READ: usage.cached_input_tokens,
            names.OI_CACHE_WRITE: usage.cache_write_input_tokens,
            names.OI_REASONING: usage.reasoning_output_tokens,
        }
    return attributes
