"""Measures the adapters beside their frameworks' own fake models, and whole turns of `ChatCodex` beside the bound.

    python benchmarks/adapters.py              five rounds, on the terminal
    python benchmarks/adapters.py --write      the same, into docs/performance.md
    python benchmarks/adapters.py --rounds 1   a first look

Each figure is taken in a process of its own, and the ratio to its bound is formed within the round. Whole turns are
those of the true app-server; the model is scripted and answers from this process, so that it is nobody's cost.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from run import PAGE, machine, written

if TYPE_CHECKING:
    from codex_app_server.testing import ScriptedCodex

HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- adapters: begin -->", "<!-- adapters: end -->"
TIMEOUT_S = 120
ANSWER = "An answer of some words."
# Of `chat_turns.py`.
TURNS = ["crowd", "crowd-raw", "conversation", "conversation-raw", "conversation-fake"]


@dataclass(frozen=True)
class Row:
    """A row of the table: one subject beside its bound.

    Attributes:
        script: Which file takes both.
        subject: What is measured.
        bound: What it is measured beside.
        pace: See `canned.py`.
        aim: The ratio to reach.
    """

    script: str
    subject: str
    bound: str
    pace: str
    aim: float | None = 1.5

    @property
    def title(self) -> str:
        """What the row says."""
        return f"`{self.subject}`, {self.pace}"


LANGCHAIN, LLAMA_INDEX = "langchain_stream.py", "llama_index_stream.py"
ROWS = [
    Row(LANGCHAIN, "ChatCodex.astream", "FakeListChatModel.astream", "burst"),
    Row(LANGCHAIN, "ChatCodex.astream", "FakeListChatModel.astream", "paced"),
    Row(LANGCHAIN, "ChatCodex.stream", "FakeListChatModel.stream", "burst"),
    Row(LANGCHAIN, "CodexAgent.astream", "FakeListChatModel.astream", "burst", None),
    Row(LANGCHAIN, "GenericFakeChatModel.astream", "FakeListChatModel.astream", "burst", None),
    Row(LLAMA_INDEX, "CodexAgent", "FunctionAgent", "burst"),
    Row(LLAMA_INDEX, "CodexAgent", "FunctionAgent", "paced"),
    Row(LLAMA_INDEX, "CodexAgent, traced", "FunctionAgent, traced", "burst"),
    Row(LLAMA_INDEX, "CodexAgent, traced", "FunctionAgent, traced", "paced"),
]


def printed_by(*command: str, env: dict[str, str] | None = None, cwd: str | None = None) -> Any:
    """Return what a child printed last, as JSON."""
    done = subprocess.run(
        [sys.executable, *command],
        env=env, cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{command} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().rpartition("\n")[2])


def chunks(rounds: int) -> list[str]:
    """Return the rows of what a chunk costs."""
    taken: dict[tuple[str, str, str], list[float]] = {}
    wanted = dict.fromkeys((row.script, name, row.pace) for row in ROWS for name in (row.bound, row.subject))
    for number in range(rounds):
        for key in wanted:
            script, name, pace = key
            taken.setdefault(key, []).append(printed_by(str(HERE / script), name, pace))
        print(f"chunks: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    lines: list[str] = []
    for row in ROWS:
        own, bound = (taken[row.script, name, row.pace] for name in (row.subject, row.bound))
        ratio = statistics.median(a / b for a, b in zip(own, bound, strict=True))
        beside = f"`{row.bound}`: {statistics.median(bound):.3g} us"
        lines.append(f"| CPU for a chunk, {row.title} | {beside} | {ratio:.2f} | {_aim(row.aim)} |")
    return lines


def whole_turns(rounds: int) -> list[str]:
    """Return the rows of turns on the true app-server."""
    from codex_app_server.testing import scripted_codex

    taken: dict[str, list[Any]] = {subject: [] for subject in TURNS}
    for number in range(rounds):
        # A server's home fills with time: each round gets a fresh one.
        with scripted_codex(lambda _: ANSWER) as scripted:
            params = json.dumps(_turns_of(scripted, "capture"))
            for subject, figures in taken.items():
                figures.append(_turns_of(scripted, subject, params))
        print(f"turns: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    crowds = list(zip(taken["crowd"], taken["crowd-raw"], strict=True))
    ratio = statistics.median(own / bound for own, bound in crowds)
    bound_s = statistics.median(bound for _, bound in crowds)

    def spent(subject: str, who: str) -> str:
        early, late = (
            statistics.median(figures[part][who] for figures in taken[subject]) for part in ("early", "late")
        )
        return f"{early:.2g} and {late:.2g} ms"

    def row(who: str, more: str, aim: str) -> str:
        return (
            f"| a conversation of `ChatCodex`: CPU of the {who} for a turn, turns 11 to 60 and 451 to 500 "
            f"| `raw`: {spent('conversation-raw', who)}{more} | {spent('conversation', who)} | {aim} |"
        )

    with_fake = f"; `raw` and `FakeListChatModel.ainvoke`: {spent('conversation-fake', 'client')}"
    return [
        f"| 50 chains in one `abatch`: time | 50 turns of `raw`: {bound_s:.2f} s | {ratio:.2f} | <= 1.2 |",
        row("client", with_fake, "flat"),
        row("server", "", "flat"),
    ]


def _turns_of(scripted: ScriptedCodex, subject: str, params: str = "") -> Any:
    env = {**os.environ, **scripted.config.environment(), "CHAT_PARAMS": params}
    command = (str(HERE / "chat_turns.py"), subject, *scripted.config.argv())
    return printed_by(*command, env=env, cwd=str(scripted.workspace))


def _aim(aim: float | None) -> str:
    return "" if aim is None else f"<= {aim:g}"


def main() -> None:
    """Measure, and print or write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    options = parser.parse_args()
    lines = ["| measure | beside | ratio | aim |", "|---|---|---|---|"]
    lines += [*chunks(options.rounds), *whole_turns(options.rounds)]
    text = "\n".join([*lines, "", f"{machine()}; medians of {options.rounds} rounds."])
    print(text)
    if options.write:
        PAGE.write_text(written(PAGE.read_text(), BEGIN, END, text))


if __name__ == "__main__":
    main()
