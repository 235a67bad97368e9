"""An image file and text as the input of a turn.

python examples/08_local_image_and_text/sync.py [--live]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from codex_app_server import AppServerConfig, Codex, LocalImageInput, TextInput
from codex_app_server.testing import scripted_codex

if TYPE_CHECKING:
    from codex_app_server.testing import ModelRequest


def answer(request: ModelRequest) -> str:
    """Play the model: it says whether an image came."""
    return "I see one image." if "input_image" in str(request.body) else "I see nothing."


IMAGE = str(Path(__file__).with_name("square.png"))


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with Codex(config) as codex:
        thread = codex.thread_start()
        print(thread.run([TextInput("What is in this file?"), LocalImageInput(IMAGE)]).text)


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(answer) as scripted:
            main(scripted.config)
