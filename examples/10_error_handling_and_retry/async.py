"""What can go wrong, and as what it comes; and a retry for a server that is busy.

python examples/10_error_handling_and_retry/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys

from codex_app_server import (
    AppServerConfig,
    AppServerError,
    AsyncCodex,
    ThreadNotFoundError,
    TurnFailedError,
    TurnTimeoutError,
    retry_on_overload,
)
from codex_app_server.testing import Script, fail, scripted_codex, text

# What the scripted model says.
SCRIPT = (
    Script()
    .when("fail", fail(400, message="no such deployment"))
    .when("slow", text("slowly " * 1000, pace_s=0.05))
    .otherwise("All is well.")
)


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        thread = await codex.thread_start()

        # A failed turn is a result, or an exception where that is wanted.
        result = await thread.run("Please fail.")
        print("status:", result.status)
        try:
            result.raise_for_status()
        except TurnFailedError as exc:
            print("failed:", "no such deployment" in str(exc))

        try:
            await thread.run("Be slow.", timeout_s=0.5)
        except TurnTimeoutError as exc:
            print("too slow:", exc.result is not None and exc.result.status)

        try:
            await codex.thread_resume("00000000-0000-7000-8000-000000000000")
        except ThreadNotFoundError as exc:
            print("no such thread:", exc.method)

        # Requests that the server was too busy for are sent again by the client; this is for longer.
        print((await retry_on_overload(lambda: thread.run("Go on."))).text)

        await codex.close()
        try:
            await thread.run("Too late.")
        except AppServerError as exc:
            print("closed:", type(exc).__name__)


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
