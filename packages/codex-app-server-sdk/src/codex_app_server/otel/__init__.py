"""OpenTelemetry: spans and measurements of turns, by the conventions for generative AI.

Needs the extra `otel`. Nothing of it is imported, and nothing is made, before `instrument` is called.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from codex_app_server._engine.observing import observe_with
from codex_app_server._version import __version__

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from codex_app_server.otel._guard import Guard
    from codex_app_server.otel._metrics import Meters

__all__ = ["CodexInstrumentor", "instrument", "uninstrument"]

_NAME = "codex_app_server"
# What instrumentations of generative AI have in common.
_CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


def instrument(
    *,
    content: bool = False,
    openinference: bool = False,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> None:
    """Trace the turns that are started from now on, of all clients of this process, those that exist too.

    Called again, it replaces what was set before; turns that run keep what they were started with.

    Args:
        content: Whether prompts, answers, and the arguments and results of tools are in the spans.
        openinference: Whether the spans have the attributes of OpenInference too, for the tools that read those.
        tracer_provider: Makes the spans; the global one by default, also where that is set later.
        meter_provider: Keeps the measurements; the global one by default.

    Raises:
        ImportError: The package `opentelemetry-api` is not installed.
    """
    try:
        from opentelemetry import trace  # noqa: PLC0415 - only programs that trace need it
    except ImportError as exc:
        raise ImportError(
            "codex_app_server.otel needs the package opentelemetry-api: install codex-app-server-sdk[otel]"
        ) from exc
    from codex_app_server.otel._guard import Guard  # noqa: PLC0415 - as above
    from codex_app_server.otel._kit import Kit  # noqa: PLC0415 - as above
    from codex_app_server.otel._observer import TurnTracing  # noqa: PLC0415 - as above

    guard = Guard()
    with guard("the tracer"):
        tracer = trace.get_tracer(_NAME, __version__, tracer_provider)
        meters = _meters(guard, meter_provider)
        observe_with(TurnTracing(Kit(tracer, meters, guard, content, openinference)))


def _meters(guard: Guard, meter_provider: MeterProvider | None) -> Meters | None:
    from opentelemetry import metrics  # noqa: PLC0415 - only programs that trace need it

    from codex_app_server.otel._metrics import Meters  # noqa: PLC0415 - as above

    with guard("the meters"):
        return Meters(metrics.get_meter(_NAME, __version__, meter_provider))
    return None


def uninstrument() -> None:
    """Trace no further turns; those that run are traced to their end."""
    observe_with(None)


class CodexInstrumentor:
    """What `opentelemetry-instrument` switches on, by the entry point `opentelemetry_instrumentor`.

    With content where the environment variable `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is `true`,
    `span_only` or `span_and_event`.
    """

    def instrument(self, **options: object) -> None:
        """Switch it on.

        Args:
            **options: `tracer_provider` and `meter_provider`; others are ignored.
        """
        instrument(
            content=os.environ.get(_CONTENT, "").lower() in {"true", "span_only", "span_and_event"},
            tracer_provider=cast("TracerProvider | None", options.get("tracer_provider")),
            meter_provider=cast("MeterProvider | None", options.get("meter_provider")),
        )

    def uninstrument(self, **_: object) -> None:
        """Switch it off."""
        uninstrument()
