"""What the tests of faults share: a proxy between a client and its server."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import pytest

if TYPE_CHECKING:
    from codex_app_server import AppServerConfig


class ViaProxy(Protocol):
    def __call__(
        self, config: AppServerConfig, mode: Literal["late", "double"], seed: int = 0
    ) -> AppServerConfig: ...


@pytest.fixture
def via_proxy() -> ViaProxy:
    """Put proxy.py before the server of a configuration."""

    def put(config: AppServerConfig, mode: Literal["late", "double"], seed: int = 0) -> AppServerConfig:
        proxy = str(Path(__file__).with_name("proxy.py"))
        command = (sys.executable, "-I", "-S", proxy, mode, str(seed), *config.argv())
        return replace(config, launch_args_override=command, codex_bin=None, config_overrides={})

    return put
