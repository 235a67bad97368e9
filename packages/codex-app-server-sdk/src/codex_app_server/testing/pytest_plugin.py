"""Pytest fixtures of the kit; an entry point loads this module in every pytest run that has the package installed.

It therefore imports pytest alone. What a fixture needs is imported when a test asks for that fixture.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from codex_app_server.testing.fake_server import FakeServer, FakeServerFactory
    from codex_app_server.testing.home import ScriptedCodex, ScriptedCodexFactory
    from codex_app_server.testing.model import ScriptedModel
    from codex_app_server.testing.script import ScriptLike
    from codex_app_server.testing.steps import Step


@pytest.fixture
def scripted_codex() -> Iterator[ScriptedCodexFactory]:
    """Set up scripted servers, which are cleaned up when the test ends: `codex = factory("Hello!")`.

    The factory takes what `codex_app_server.testing.scripted_codex` takes. A script that failed fails the test.
    """
    from codex_app_server.testing.home import scripted_codex as set_up  # noqa: PLC0415 - see the module's docstring

    with ExitStack() as stack:

        def make(
            script: ScriptLike | ScriptedModel,
            *,
            model_name: str = "mock-model",
            extra_config: Mapping[str, object] | None = None,
            env: Mapping[str, str] | None = None,
            request_max_retries: int = 0,
            stream_max_retries: int = 0,
        ) -> ScriptedCodex:
            return stack.enter_context(
                set_up(
                    script,
                    model_name=model_name,
                    extra_config=extra_config,
                    env=env,
                    request_max_retries=request_max_retries,
                    stream_max_retries=stream_max_retries,
                )
            )

        yield make


@pytest.fixture
def fake_codex() -> Iterator[FakeServerFactory]:
    """Make fake servers, which are cleaned up when the test ends: `server = factory([*steps.handshake(), ...])`.

    The factory takes what `codex_app_server.testing.FakeServer` takes. A scenario that went wrong fails the test.
    """
    from codex_app_server.testing.fake_server import FakeServer  # noqa: PLC0415 - see the module's docstring

    with ExitStack() as stack:

        def make(
            scenario: Sequence[Step],
            *later_scenarios: Sequence[Step],
            max_life_s: float = 60.0,
            raise_errors: bool = True,
        ) -> FakeServer:
            server = FakeServer(scenario, *later_scenarios, max_life_s=max_life_s, raise_errors=raise_errors)
            return stack.enter_context(server)

        yield make
