"""What an installation has to be able to do: a turn of each package on the true app-server, and the doctor.

    python -I tests/release/smoke.py MODULE...

Runs in an environment with the packages and nothing of the repository; the modules are imported first.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import platform
import subprocess
import sys
from typing import TYPE_CHECKING

from codex_app_server import Codex
from codex_app_server.testing import Script, call, scripted_codex
from langchain_codex import ChatCodex
from llama_index.agent.codex import CodexAgent

if TYPE_CHECKING:
    from codex_app_server.testing import ScriptedCodex

SCRIPT = (
    Script()
    .when("weather", [call("get_weather", city="Paris"), "It is sunny in Paris."])
    .otherwise("Hello from the script.")
)


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sunny in {city}"


async def agent_turn(codex: Codex) -> list[str]:
    """Run the LlamaIndex agent; return the tools that it has called, and its answer."""
    result = await CodexAgent(tools=[get_weather], codex=codex).run(user_msg="The weather in Paris?")
    return [*(used.tool_name for used in result.tool_calls), str(result)]


def doctor(scripted: ScriptedCodex) -> str:
    """Run `python -m codex_app_server doctor`; return what it thinks of the installation."""
    done = subprocess.run(
        [sys.executable, "-I", "-m", "codex_app_server", "doctor", "--json"],
        env={**os.environ, **scripted.env},
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"the doctor is not content: {done.stdout}")
    report = json.loads(done.stdout)
    # A warning is of the machine, not of the installation: no login, or a sandbox that is not to be had.
    others = [f"{check['id']} {check['status']}" for check in report["checks"] if check["status"] != "ok"]
    return f"{len(report['checks'])} checks; {', '.join(others) or 'all ok'}"


def expect(name: str, seen: object, wanted: object) -> None:
    """Leave when something is not as it should be."""
    if seen != wanted:
        raise SystemExit(f"{name}: {seen!r}, not {wanted!r}")
    sys.stdout.write(f"  {name}: {seen}\n")


def main() -> None:
    """Try everything."""
    for name in sys.argv[1:]:
        module = importlib.import_module(name)
        sys.stdout.write(f"  {name} {getattr(module, '__version__', '')}\n")
    with scripted_codex(SCRIPT) as scripted:
        with Codex(scripted.config) as codex:
            expect("core", codex.thread_start().run("Say hello.").text, "Hello from the script.")
            expect("langchain", ChatCodex(codex=codex).invoke("Say hello.").text, "Hello from the script.")
            expect("llama_index", asyncio.run(agent_turn(codex)), ["get_weather", "It is sunny in Paris."])
        sys.stdout.write(f"  doctor: {doctor(scripted)}\n")
    sys.stdout.write(f"  Python {platform.python_version()}: all well\n")


if __name__ == "__main__":
    main()
