"""Measures the client beside its peers and beside the bound, and writes the table of `docs/performance.md`.

    python benchmarks/run.py                         every measure, five rounds, on the terminal
    python benchmarks/run.py --write                 the same, into docs/performance.md
    python benchmarks/run.py --only delta,trivial    some of them
    python benchmarks/run.py --guard                 the cheap ones, against limits; fails on a gross regression

All clients take their turn in each round, each figure is taken in a fresh process with a fresh server, and the ratio
to the bound is formed within the round: what slows the machine down for a while slows down both. Medians are shown.
Peers that are not installed are left out (`pip install -r benchmarks/requirements.txt`).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
# A client that has not come to an end by then has failed: the measure is said to hang.
TIMEOUT_S = 60

RAW = "raw"
# The same for blocking code, which reads many turns at once with an OS thread for each.
RAW_THREADS = "raw_threads"
# With the loop of the standard library for the engine, and with that of uvloop, which it takes where it is installed.
OURS = ("ours_async", "ours_sync")
OURS_ON_UVLOOP = ("ours_async_uvloop", "ours_sync_uvloop")
PEERS = {
    "openai_codex_async": "openai_codex",
    "openai_codex_sync": "openai_codex",
    "codex_sdk_python": "codex_sdk",
}
NAMES = {
    RAW: "raw",
    RAW_THREADS: "raw, OS threads",
    "ours_async": "ours, async",
    "ours_sync": "ours, sync",
    "ours_async_uvloop": "ours, async, uvloop installed",
    "ours_sync_uvloop": "ours, sync, uvloop installed",
    "openai_codex_async": "openai-codex, async",
    "openai_codex_sync": "openai-codex, sync",
    "codex_sdk_python": "codex-sdk-python",
}
# Its notifications have one queue for the whole client, so it cannot read several turns at once.
ONE_TURN_AT_A_TIME = {"codex_sdk_python"}


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        measure: Name of the measure in `measures.py`; rows of one measure are taken together.
        figure: Name of the figure in what that prints.
        title: What it says.
        unit: Unit of the absolute figures.
        aim: The ratio to raw that ours is to reach.
        limit: The ratio above which `--guard` fails; None is not guarded.
    """

    measure: str
    figure: str
    title: str
    unit: str
    aim: float | None = None
    limit: float | None = None


ROWS = [
    Row("delta", "us", "client CPU for a delta, one turn of 50,000", "us", 1.0, 3.0),
    Row("trivial", "ms", "trivial turn, median", "ms", 1.7, 6.0),
    Row("crowd256", "p99_ms", "256 turns at once, a delta each 20 ms: p99 lag", "ms", 1.5),
    Row("crowd256", "s", "the same, time to finish", "s", None, 3.0),
    Row("crowd1000", "s", "1,000 turns at once: time to finish", "s", 1.15),
    Row("crowd1000", "p99_ms", "the same, p99 lag from due time to user code", "ms", 1.5),
    Row("crowd1000", "cpu_s", "the same, CPU of the client", "s"),
    Row("crowd1000", "threads", "the same, OS threads besides the user's", "", None),
    Row("quiet", "turn_ms", "1,000 quiet turns open: a trivial turn", "ms", 2.0),
    Row("quiet", "interrupt_ms", "the same: an interrupt", "ms", 2.0),
    Row("growth", "bytes", "memory left by a turn, over 8,000", "bytes"),
    Row("import", "ms", "import; raw is `asyncio, json`", "ms", 2.5, 6.0),
    Row("memory", "mib", "memory after import, over a bare interpreter; raw as above", "MiB", 2.0, 4.0),
]

IMPORTS = {
    RAW: "import asyncio, json",
    "ours_async": "from codex_app_server import AsyncCodex, Codex",
    "openai_codex_async": "from openai_codex import AsyncCodex, Codex",
    "codex_sdk_python": "from codex_sdk import Codex",
}


def run_child(*argv: str, env: dict[str, str] | None = None) -> str | None:
    """Return what a child printed last; None when it did not end in time, or failed."""
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            argv, cwd=HERE, env=env, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        )
        try:
            output, _ = child.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 9)
            child.communicate()
            return None
        if child.returncode:
            errors.seek(0)
            print(errors.read().decode()[-2000:], file=sys.stderr)
            return None
        return output.decode().strip().rpartition("\n")[2]


def take(client: str, measure: str, templates: str) -> dict[str, float] | None:
    """Take one measure of one client; None when it hangs or fails."""
    if measure in {"import", "memory"}:
        return take_import(client, measure)
    server = [sys.executable, "-I", "-S", str(HERE / "standin.py"), templates]
    printed = run_child(sys.executable, str(HERE / "measures.py"), client, measure, *server)
    return None if printed is None else json.loads(printed)


def take_import(client: str, measure: str) -> dict[str, float] | None:
    """Return what the import of a client takes over a bare interpreter."""
    # With bytecode, as users have it.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # Not getrusage: its maximum is inherited from whoever started the process.
    memory = "print(next(int(line.split()[1]) / 1024 for line in open('/proc/self/status') if line.startswith('VmRSS:')))"

    def once(code: str) -> float | None:
        began = time.perf_counter()
        printed = run_child(sys.executable, "-c", f"{code}\n{memory}", env=env)
        took = (time.perf_counter() - began) * 1e3
        return None if printed is None else took if measure == "import" else float(printed)

    whole, bare = once(IMPORTS[client]), once("pass")
    if whole is None or bare is None:
        return None
    return {"ms" if measure == "import" else "mib": whole - bare}


def clients_of(measure: str, *, with_peers: bool) -> list[str]:
    """Return who is measured: raw first."""
    found = [name for name, module in PEERS.items() if importlib.util.find_spec(module) is not None]
    with_uvloop = with_peers and importlib.util.find_spec("uvloop") is not None
    of_crowds = [RAW_THREADS] if with_peers and measure.startswith("crowd") else []
    names = [RAW, *of_crowds, *OURS, *(OURS_ON_UVLOOP if with_uvloop else ()), *(found if with_peers else ())]
    if measure in {"import", "memory"}:
        names = [name for name in names if name in IMPORTS]
    elif measure not in {"delta", "trivial", "growth"}:
        names = [name for name in names if name not in ONE_TURN_AT_A_TIME]
    return names


Figures = dict[str, "list[dict[str, float] | None]"]


def take_all(measures: list[str], rounds: int, *, with_peers: bool) -> dict[str, Figures]:
    """Take all measures, interleaved."""
    taken: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as folder:
        templates = Path(folder) / "templates.json"
        templates.write_text(run_child(sys.executable, str(HERE / "standin.py")) or sys.exit("no stand-in"))
        for measure in measures:
            figures: Figures = {}
            hopeless: set[str] = set()
            for number in range(rounds):
                for client in clients_of(measure, with_peers=with_peers):
                    if client not in hopeless:
                        figures.setdefault(client, []).append(take(client, measure, str(templates)))
                        if figures[client][-1] is None:
                            # Once is enough: each further one would take the whole time limit.
                            hopeless.add(client)
                print(f"{measure}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            taken[measure] = figures
    return taken


def ratio(figures: Figures, client: str, figure: str) -> float | None:
    """Return the median over the rounds of a client's figure in relation to raw's."""
    values = [
        own[figure] / bound[figure]
        for own, bound in zip(figures[client], figures[RAW], strict=False)
        if own is not None and bound is not None and bound[figure]
    ]
    return statistics.median(values) if values and None not in figures[client] else None


def table(taken: dict[str, Figures]) -> str:
    """Return the rows as a Markdown table: absolute for raw, ratios for the others."""
    shown = [name for name in NAMES if any(name in figures for figures in taken.values())]
    lines = [
        "| measure | " + " | ".join(NAMES[name] for name in shown) + " | aim |",
        "|---|" + "---|" * (len(shown) + 1),
    ]
    for row in ROWS:
        figures = taken.get(row.measure)
        if figures is None:
            continue
        is_absolute = row.figure in {"threads", "bytes"}
        cells = [row.title]
        for client in shown:
            if client not in figures:
                cells.append("-")
            elif None in figures[client]:
                cells.append("does not end")
            elif client == RAW or is_absolute:
                middle = statistics.median(
                    found[row.figure] for found in figures[client] if found is not None
                )
                cells.append(f"{middle:.3g} {row.unit}".strip())
            else:
                found = ratio(figures, client, row.figure)
                cells.append("-" if found is None else f"{found:.2f}")
        lines.append(f"| {' | '.join(cells)} | {'' if row.aim is None else f'<= {row.aim:g}'} |")
    return "\n".join(lines)


def machine() -> str:
    """Return what the figures were taken on."""
    versions = [f"Python {platform.python_version()}", f"{os.cpu_count()} cores"]
    for name in ("openai-codex", "codex-sdk-python"):
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join([platform.system(), *versions])


def written(page: str, begin: str, end: str, text: str) -> str:
    """Return the page with the text in the place between two marks."""
    head, _, rest = page.partition(begin)
    _, _, tail = rest.partition(end)
    return f"{head}{begin}\n\n{text}\n\n{end}{tail}"


def guard(taken: dict[str, Figures]) -> list[str]:
    """Return what is far slower than it should be."""
    faults: list[str] = []
    for row in ROWS:
        for client in OURS:
            if row.limit is None or row.measure not in taken or client not in taken[row.measure]:
                continue
            found = ratio(taken[row.measure], client, row.figure)
            if found is None or found > row.limit:
                said = "did not end" if found is None else f"{found:.2f} times raw"
                faults.append(f"{NAMES[client]}: {row.title}: {said}, the limit is {row.limit:g}")
    return faults


def main() -> None:
    """Measure, and print or write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="measures, separated by commas")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    parser.add_argument("--guard", action="store_true", help="take the guarded measures, without peers")
    options = parser.parse_args()
    known = list(dict.fromkeys(row.measure for row in ROWS if row.limit is not None or not options.guard))
    measures = options.only.split(",") if options.only else known
    unknown = set(measures) - set(known)
    if unknown:
        sys.exit(f"no such measure: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    taken = take_all(measures, options.rounds, with_peers=not options.guard)
    text = f"{table(taken)}\n\n{machine()}; medians of {options.rounds} rounds."
    print(text)
    if options.write:
        PAGE.write_text(written(PAGE.read_text(), BEGIN, END, text))
    faults = guard(taken) if options.guard else []
    if faults:
        sys.exit("much slower than it should be:\n" + "\n".join(faults))


if __name__ == "__main__":
    main()
