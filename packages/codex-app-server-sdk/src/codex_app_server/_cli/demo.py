"""`demo`: a turn of the true app-server with a scripted model, to see what the client and its views do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codex_app_server import Codex, defer_approvals
from codex_app_server._cli.follow import accept_and_tell, ask, can_ask, terminal_view
from codex_app_server._cli.run import run_turn
from codex_app_server.testing import Script, call, custom_call, reasoning, scripted_codex, text

if TYPE_CHECKING:
    from codex_app_server.testing import Part

__all__ = ["demo"]

PROMPT = "Write a program that says hello, and run it."
_PATCH = """\
*** Begin Patch
*** Add File: hello.py
+def greeting(name: str) -> str:
+    return f"Hello, {name}!"
+
+
+print(greeting("world"))
*** End Patch
"""
_ANSWER = """\
There is a program now, `hello.py`, and it says hello.

- A command and a change of a file were asked for, and somebody decided.
- All of this came from the true app-server; only the model was a script.
"""


def demo() -> int:
    """Run the demo; return the exit code."""
    # Somebody who looks on can read along; a pipe need not wait.
    pace_s = 0.05 if sys.stdout.isatty() else 0.0
    # Codex offers the tool that changes files only to models that it knows.
    with (
        scripted_codex(Script().otherwise(_steps(pace_s)), model_name="gpt-5.5") as scripted,
        Codex(scripted.config, approval_handler=defer_approvals) as codex,
    ):
        view = terminal_view()
        view.note(f"codex {codex.metadata.server_version} with a scripted model: no key, no network")
        view.note(f"the prompt: {PROMPT}")
        thread = codex.thread_start(sandbox="workspace-write", approval_policy="untrusted", ephemeral=True)
        return run_turn(thread, PROMPT, view, ask if can_ask() else accept_and_tell)


def _steps(pace_s: float) -> list[list[Part]]:
    return [
        [
            reasoning(summary="First I look at what is there.", pace_s=pace_s),
            text("I will look at the folder first.", phase="commentary", pace_s=pace_s),
            call("exec_command", cmd="ls -la"),
        ],
        [
            text(
                "It is empty but for what the sandbox needs, so I write the program.",
                phase="commentary",
                pace_s=pace_s,
            ),
            custom_call("apply_patch", _PATCH),
        ],
        [
            call(
                "exec_command",
                cmd=f"for n in 1 2 3; do echo step $n; sleep {pace_s * 10}; done; python3 hello.py",
            )
        ],
        [text(_ANSWER, pace_s=pace_s)],
    ]
