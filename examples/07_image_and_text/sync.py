"""An image and text as the input of a turn. An https address works as well.

python examples/07_image_and_text/sync.py [--live]
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codex_app_server import AppServerConfig, Codex, ImageInput, TextInput
from codex_app_server.testing import scripted_codex

if TYPE_CHECKING:
    from codex_app_server.testing import ModelRequest


def answer(request: ModelRequest) -> str:
    """Play the model: it says whether an image came."""
    return "I see one image." if "input_image" in str(request.body) else "I see nothing."


# A red square of one pixel.
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with Codex(config) as codex:
        result = codex.thread_start().run([TextInput("What is in this image?"), ImageInput(PIXEL)])
        print(result.text)


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(answer) as scripted:
            main(scripted.config)
