"""Which server answers, and which models it offers.

python examples/04_models_and_metadata/sync.py [--live]
"""

from __future__ import annotations

import sys

from codex_app_server import AppServerConfig, Codex
from codex_app_server.testing import scripted_codex

# What the scripted model says.
SCRIPT = "This example asks no model."


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with Codex(config) as codex:
        about = codex.metadata
        print(about.server_name, about.server_version, about.platform)
        for model in codex.models().data:
            efforts = [option.reasoning_effort for option in model.supported_reasoning_efforts]
            print(f"{model.model}: {', '.join(map(str, efforts))}{' (default)' if model.is_default else ''}")


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(SCRIPT) as scripted:
            main(scripted.config)
