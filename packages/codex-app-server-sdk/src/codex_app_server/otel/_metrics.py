"""Meters: the three histograms of the conventions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex_app_server.otel import _names as names

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter
    from opentelemetry.util.types import AttributeValue

    from codex_app_server.events import Usage

__all__ = ["Meters"]

# As the conventions advise.
_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_TOKENS = tuple(4.0**power for power in range(14))


class Meters:
    """What is measured of turns, model responses and tools.

    Args:
        meter: Makes the instruments.
    """

    def __init__(self, meter: Meter) -> None:
        self._duration = meter.create_histogram(
            names.OPERATION_DURATION,
            unit="s",
            description="GenAI operation duration.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._first_chunk = meter.create_histogram(
            names.TIME_TO_FIRST_CHUNK,
            unit="s",
            description="Time to receive the first chunk of a response of the model.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._tokens = meter.create_histogram(
            names.TOKEN_USAGE,
            unit="{token}",
            description="Number of input and output tokens used.",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )

    def operation(
        self, duration_s: float, attributes: dict[str, AttributeValue], error_type: str | None
    ) -> None:
        """Record how long an operation took."""
        if error_type is not None:
            attributes = {**attributes, names.ERROR_TYPE: error_type}
        self._duration.record(max(0.0, duration_s), attributes)

    def first_chunk(self, after_s: float, attributes: dict[str, AttributeValue]) -> None:
        """Record when the first part of a response came."""
        self._first_chunk.record(max(0.0, after_s), attributes)

    def usage(self, usage: Usage, attributes: dict[str, AttributeValue]) -> None:
        """Record the tokens of one model request."""
        self._tokens.record(usage.input_tokens, {**attributes, names.TOKEN_TYPE: "input"})
        self._tokens.record(usage.output_tokens, {**attributes, names.TOKEN_TYPE: "output"})
