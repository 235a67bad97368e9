"""Choose the model that the server takes by default, and an effort that it knows.

python examples/13_model_select_and_turn_params/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, cast

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import scripted_codex

if TYPE_CHECKING:
    from codex_app_server.testing import ModelRequest


def answer(request: ModelRequest) -> str:
    """Play the model: it says what it was asked with."""
    settings = cast("dict[str, str]", request.body["reasoning"])
    return f"model {request.model}, effort {settings['effort']}"


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        models = (await codex.models()).data
        model = next((model for model in models if model.is_default), models[0])
        efforts = [option.reasoning_effort for option in model.supported_reasoning_efforts]
        effort = "low" if "low" in efforts else efforts[0]
        print(f"chosen: {model.model}, {effort}")

        thread = await codex.thread_start()
        print((await thread.run("Which model are you?", model=model.model, effort=effort)).text)
        # It holds for the turns after it as well.
        print((await thread.run("And now?")).text)


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(answer) as scripted:
            asyncio.run(main(scripted.config))
