"""Does the same faults to this client and to `openai-codex`, and writes what was seen into `docs/guarantees.md`.

    python benchmarks/peer_faults.py                     every row, on the terminal
    python benchmarks/peer_faults.py --write             the same, into docs/guarantees.md
    python benchmarks/peer_faults.py --only killed,fork  some of them

Each row runs in a fresh Python with a fresh stand-in server (`faulty.py`), on the public interface of either client
with its defaults; what has not come to an end after `LIMIT_S` hangs. It says of each outcome whether it is the expected
one of the row: yes, partly or no. Only processes that it started itself are ended. It needs /proc, so Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import importlib.metadata
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "guarantees.md"
BEGIN, END = "<!-- peer faults: begin -->", "<!-- peer faults: end -->"
LIMIT_S = 12
# For what is to come at once, on a busy machine.
SOON_S = 2.0
OURS, THEIRS = "codex_app_server", "openai_codex"
YES, PARTLY, NO, NOT = "yes", "partly", "no", "does not apply"
Outcome = tuple[str, str]


class Side:
    """One of the clients; what differs between their interfaces is here.

    Attributes:
        ours: Whether it is this repository's.
    """

    def __init__(self, module: str, folder: Path) -> None:
        self.ours = module == OURS
        self.folder = folder
        self.sdk: Any = importlib.import_module(module)
        self._config: Any = self.sdk.AppServerConfig if self.ours else self.sdk.CodexConfig

    @property
    def own_error(self) -> type[Exception]:
        """The base of the errors of the client."""
        return self.sdk.AppServerError if self.ours else self.sdk.CodexError

    def config(self, **settings: Any) -> Any:
        """Return a configuration."""
        return self._config(**settings)

    def faulty(self, fault: str, **settings: Any) -> Any:
        """Return the configuration that starts the stand-in server."""
        argv = (sys.executable, "-S", str(HERE / "faulty.py"), str(self.folder.parent / "templates.json"))
        return self.config(launch_args_override=(*argv, str(self.folder / "log"), fault), **settings)

    def open(self, fault: str = "none", **settings: Any) -> Any:
        """Start a blocking client on the stand-in server."""
        return self.sdk.Codex(self.faulty(fault, **settings))

    def answer(self, result: Any) -> str:
        """Return the final answer of a turn."""
        return (result.text if self.ours else result.final_response) or ""

    def delta(self, event: Any) -> str:
        """Return the text of a notification; empty for one without."""
        if event.method != "item/agentMessage/delta":
            return ""
        return event.params["delta"] if self.ours else event.payload.delta

    def log(self) -> list[dict[str, Any]]:
        """Return what the server has got so far."""
        with contextlib.suppress(FileNotFoundError):
            return [json.loads(line) for line in (self.folder / "log").read_text().splitlines()]
        return []

    def server(self) -> int:
        """Return the process id of the server."""
        return next(entry["pid"] for entry in self.log() if "pid" in entry)


def state(pid: int) -> str:
    """Return `gone`, `zombie` or `alive`."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "gone"
    return "zombie" if stat.rpartition(")")[2].split()[0] == "Z" else "alive"


def settled(pid: int, seconds: float = SOON_S) -> str:
    """Return the state of a process as soon as it is gone, or that at the end of the time."""
    until = time.monotonic() + seconds
    while state(pid) != "gone" and time.monotonic() < until:
        time.sleep(0.02)
    return state(pid)


def attempt(call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """Return what a call returns, or how it fails."""
    try:
        return call(), None
    except Exception as exc:
        return None, exc


def name(error: BaseException | None) -> str:
    """Return the class of an error, marked by hand as code."""
    return f"`{type(error).__name__}`"


def in_threads(number: int, call: Callable[[int], Any]) -> list[threading.Thread]:
    """Run a call in many OS threads."""
    threads = [threading.Thread(target=call, args=(index,), daemon=True) for index in range(number)]
    for thread in threads:
        thread.start()
    return threads


def joined(threads: list[threading.Thread], seconds: float) -> int:
    """Return how many threads have ended by then."""
    until = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return sum(not thread.is_alive() for thread in threads)


def turn_ends_well(side: Side, fault: str) -> Outcome:
    """Expect a turn to end with its whole answer in spite of the fault."""
    codex = side.open(fault)
    result, error = attempt(lambda: codex.thread_start().run("fault"))
    if error is not None:
        return NO, f"{name(error)}: the turn is lost"
    _, after = attempt(lambda: codex.thread_start().run("x"))
    if after is not None:
        return PARTLY, f"the answer is whole, the next turn fails with {name(after)}"
    text = side.answer(result)
    return (YES, "the turn ends with its answer") if text == "hello" else (NO, f"answer {text!r}")


def half(side: Side) -> Outcome:
    """Die in the middle of a line."""
    codex = side.open("half")
    result, error = attempt(lambda: codex.thread_start().run("fault"))
    if error is None:
        return NO, f"no error, answer {side.answer(result)!r}"
    told = any(word in str(error) for word in ("exited", "ended", "closed", "terminated", "died"))
    if told and isinstance(error, side.own_error):
        return YES, f"{name(error)}, tells of the exit"
    return PARTLY, f"{name(error)}, does not tell of the exit"


def killed(side: Side) -> Outcome:
    """SIGKILL the server while fifty turns are read."""
    number = 50
    codex = side.open()
    errors: list[BaseException | None] = []
    begun = threading.Semaphore(0)

    def read(_: int) -> None:
        turn = codex.thread_start().turn("hold")

        def drain() -> None:
            for event in turn.stream():
                if side.delta(event):
                    begun.release()

        errors.append(attempt(drain)[1])

    threads = in_threads(number, read)
    for _ in range(number):
        begun.acquire(timeout=LIMIT_S)
    os.kill(side.server(), signal.SIGKILL)
    ended = joined(threads, SOON_S)
    kinds = ", ".join(f"{name(error)}" for error in {type(error): error for error in errors}.values())
    if ended < number or None in errors:
        return NO, f"{ended} of {number} end; {kinds}"
    facts = all(
        getattr(error, "exit_code", None) == -9 and getattr(error, "turn_id", None) for error in errors
    )
    told = "exit code and ids" if facts else "no exit code, no ids"
    return (YES if facts else PARTLY), f"all end with {kinds}, {told}"


def exits(side: Side) -> Outcome:
    """Exit with code 0 in a turn."""
    codex = side.open("exits")
    result, error = attempt(lambda: codex.thread_start().run("fault"))
    if error is None:
        return NO, f"no error, answer {side.answer(result)!r}"
    return (YES if isinstance(error, side.own_error) else PARTLY), name(error)


def missing(side: Side) -> Outcome:
    """Start a binary that is not there."""
    return _start_fails(side, side.folder / "codex")


def not_executable(side: Side) -> Outcome:
    """Start a binary that may not be executed."""
    path = side.folder / "codex"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o600)
    return _start_fails(side, path)


def _start_fails(side: Side, path: Path) -> Outcome:
    _, error = attempt(lambda: side.sdk.Codex(side.config(codex_bin=str(path))))
    if error is None:
        return NO, "starts"
    if str(path) not in str(error):
        return PARTLY, f"{name(error)} without the path"
    # What the operating system says has a number in it and nothing on what to do.
    advice = "[Errno" not in str(error)
    return (
        (YES, f"{name(error)} with path and advice") if advice else (PARTLY, f"{name(error)} with the path")
    )


def dies(side: Side) -> Outcome:
    """Exit before the greeting, with a line on stderr; ten times, since the two pipes may end in either order."""
    number = 10
    errors = [attempt(lambda: side.open("dies"))[1] for _ in range(number)]
    if None in errors:
        return NO, "starts"
    told = sum("cannot read the configuration" in str(error) for error in errors)
    often = "with" if told == number else f"{told} of {number} times with"
    return (YES if told == number else PARTLY), f"{name(errors[0])}, {often} the end of stderr"


def silent(side: Side) -> Outcome:
    """Never answer the greeting; a deadline of two seconds where there is one."""
    _, error = attempt(lambda: side.open("silent", **({"start_timeout_s": 2} if side.ours else {})))
    if error is None:
        return NO, "starts"
    return YES, f"{name(error)} at its deadline (`start_timeout_s`), server {settled(side.server())}"


def flood(side: Side) -> Outcome:
    """Leave a turn of 100,000 deltas unread while another one runs; then read it."""
    codex = side.open("flood")
    first, second = codex.thread_start(), codex.thread_start()
    codex.thread_start().run("x")
    before = _resident()
    unread = first.turn("fault")
    other = side.answer(second.run("x"))
    held = (_resident() - before) / 1e6
    text = "".join(side.delta(event) for event in unread.stream())
    exact = text == "hello" + "".join(f"{number} " for number in range(100_000))
    words = f"{'exact' if exact else 'not the same'} text; {held:.0f} MB more in use"
    if not exact or other != "hello":
        return NO, words
    return (YES if held < 64 else PARTLY), words


def long(side: Side) -> Outcome:
    """Send a message of 10 MB."""
    codex = side.open("long")
    result, error = attempt(lambda: codex.thread_start().run("fault"))
    if error is not None:
        return NO, f"{name(error)}: the turn is lost"
    exact = side.answer(result) == "hello" * 2_000_000
    return (YES if exact else NO), f"{'exact' if exact else 'not the same'} text"


def busy(side: Side) -> Outcome:
    """Refuse a request twice because of overload."""
    codex = side.open("busy")
    _, error = attempt(codex.thread_start)
    if error is None:
        return YES, "the call returns"
    if hasattr(side.sdk, "retry_on_overload"):
        codex = side.open("busy")
        _, again = attempt(lambda: side.sdk.retry_on_overload(codex.thread_start))
        if again is None:
            return PARTLY, f"{name(error)}; the call returns with its `retry_on_overload`"
        return NO, f"{name(error)}, also with its `retry_on_overload`"
    return NO, name(error)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def unknown(side: Side) -> Outcome:
    """Ask the client what it does not know."""
    reply, words = _reply(side, "unknown")
    code = (reply.get("error") or {}).get("code")
    return (YES, "refused with -32601") if code == -32601 else (NO, words)


def approval(side: Side) -> Outcome:
    """Ask a client without a handler whether a command may run."""
    reply, words = _reply(side, "approval")
    decision = (reply.get("result") or {}).get("decision")
    return (YES if decision in {"decline", "cancel"} else NO), f"`{decision}`" if decision else words


def handler_fails(side: Side) -> Outcome:
    """Ask a client whose handler of approvals fails."""
    if not side.ours:
        return NOT, "`Codex` takes no handler"

    def fail(_: object) -> object:
        raise RuntimeError("the handler fails")

    reply, words = _reply(side, "approval", approval_handler=fail)
    decision = (reply.get("result") or {}).get("decision")
    return (YES if decision in {"decline", "cancel"} else NO), f"`{decision}`" if decision else words


def _reply(side: Side, fault: str, **options: Any) -> tuple[dict[str, Any], str]:
    codex = side.sdk.Codex(side.faulty(fault), **options)
    attempt(lambda: codex.thread_start().run("fault"))
    replies = [entry for entry in side.log() if entry.get("id") == "question"]
    if not replies:
        return {}, "no answer"
    return replies[0], f"answered `{json.dumps(replies[0].get('result'))}`"


def timed_out(side: Side) -> Outcome:
    """Put a timeout around an awaited run."""

    async def main() -> Outcome:
        async with side.sdk.AsyncCodex(side.faulty("none")) as codex:
            thread = await codex.thread_start()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(thread.run("hold"), 1)
            until = time.monotonic() + SOON_S
            while time.monotonic() < until:
                if "turn/interrupt" in [entry.get("method") for entry in side.log()]:
                    return YES, "the turn is interrupted on the server"
                await asyncio.sleep(0.02)
            return NO, "the caller goes on, the turn is not interrupted on the server"

    return asyncio.run(main())


def quiet(side: Side) -> Outcome:
    """Read forty turns that say nothing, from one event loop, and call something else."""
    number = 40

    async def main() -> Outcome:
        async with side.sdk.AsyncCodex(side.faulty("none")) as codex:
            turns = [await (await codex.thread_start()).turn("hold") for _ in range(number)]
            begun: set[str] = set()

            async def read(turn: Any) -> None:
                async for event in turn.stream():
                    if side.delta(event):
                        begun.add(turn.id)

            tasks = [asyncio.create_task(read(turn)) for turn in turns]
            # Whether all are read by then depends on the client, so there is nothing to wait for.
            await asyncio.sleep(SOON_S)
            read_now = f"{len(begun)} of {number} are read"
            try:
                await asyncio.wait_for(codex.thread_start(), 3)
                for turn in turns:
                    await turn.interrupt()
                await asyncio.wait_for(asyncio.gather(*tasks), 3)
            except asyncio.TimeoutError:
                # The way out of the block may wait for what hangs.
                report((NO, f"{read_now}; the other call has not returned after 3 s"))
                os._exit(0)
            return (YES if len(begun) == number else NO), f"{read_now}; the other call returns"

    return asyncio.run(main())


def close_often(side: Side) -> Outcome:
    """Close from ten OS threads at once, and once more."""
    codex = side.open()
    codex.thread_start()
    errors: list[BaseException | None] = []
    threads = in_threads(10, lambda _: errors.append(attempt(codex.close)[1]))
    ended = joined(threads, LIMIT_S / 2)
    errors.append(attempt(codex.close)[1])
    kinds = Counter(name(error) for error in errors if error is not None)
    if ended < 10:
        return NO, f"{ended} of 10 return"
    if kinds:
        return PARTLY, ", ".join(f"{count} times {kind}" for kind, count in kinds.items())
    return YES, f"all return, server {settled(side.server())}"


def close_pending(side: Side) -> Outcome:
    """Close while fifty requests wait."""
    number = 50
    codex = side.open("mute")
    thread = codex.thread_start()
    errors: list[BaseException | None] = []
    threads = in_threads(number, lambda _: errors.append(attempt(thread.read)[1]))
    while sum(entry.get("method") == "thread/read" for entry in side.log()) < number:
        time.sleep(0.02)
    began = time.monotonic()
    closer = in_threads(1, lambda _: codex.close())
    ended = joined(threads, 6)
    took = time.monotonic() - began
    joined(closer, 6)
    kinds = ", ".join(sorted({name(error) for error in errors}))
    if ended < number:
        return NO, f"{ended} of {number} end"
    return (YES if took < SOON_S else PARTLY), f"all end with {kinds}"


def stubborn(side: Side) -> Outcome:
    """Close while the server ignores SIGTERM and the end of its stdin."""
    codex = side.open("stubborn")
    pid = side.server()
    began = time.monotonic()
    codex.close()
    took = time.monotonic() - began
    now = settled(pid, 1)
    verdict = {"gone": YES, "zombie": PARTLY, "alive": NO}[now] if took < 8 else NO
    return verdict, f"`close` returns after {took:.0f} s, server {now}"


def parent_killed(side: Side) -> Outcome:
    """SIGKILL the program in a turn."""
    inner = _inner(side, "waiting")
    assert inner.stdout is not None
    inner.stdout.readline()
    inner.kill()
    inner.communicate()
    now = settled(side.server())
    return (YES if now == "gone" else NO), f"server {now}"


def not_closed(side: Side) -> Outcome:
    """End the program in a turn, without closing."""
    inner = _inner(side, "leaving")
    try:
        _, errors = inner.communicate(timeout=LIMIT_S / 2)
    except subprocess.TimeoutExpired:
        inner.kill()
        return NO, "the program does not end"
    now = settled(side.server())
    noise = "a traceback" if "Traceback" in errors else "no traceback"
    return (YES if now == "gone" and noise == "no traceback" else NO), f"ends with {noise}, server {now}"


def _inner(side: Side, case: str) -> subprocess.Popen[str]:
    module = OURS if side.ours else THEIRS
    argv = [sys.executable, __file__, "--case", case, "--client", module, "--folder", str(side.folder)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def waiting(side: Side) -> Outcome:
    """Be in a turn until killed."""
    codex = side.open()
    turn = codex.thread_start().turn("hold")
    print("ready", flush=True)
    for _ in turn.stream():
        pass
    return NO, "ended"


# What a program holds on to until its end.
kept: list[Any] = []


def leaving(side: Side) -> Outcome:
    """End with a turn open."""
    codex = side.open()
    kept.append((codex, codex.thread_start().turn("hold")))
    return YES, "leaves"


def fork(side: Side) -> Outcome:
    """Use the client in a forked process."""
    codex = side.open()
    thread = codex.thread_start()
    told_out, told_in = os.pipe()
    child = os.fork()
    if child == 0:
        _, error = attempt(codex.thread_start)
        os.write(told_in, name(error).encode() if error else b"a result")
        os._exit(0)
    os.close(told_in)
    until = time.monotonic() + 4
    while os.waitpid(child, os.WNOHANG)[0] == 0 and time.monotonic() < until:
        time.sleep(0.02)
    in_child = ""
    if state(child) == "alive":
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    else:
        in_child = os.read(told_out, 100).decode()
    result, error = attempt(lambda: thread.run("x"))
    parent = "the parent goes on" if error is None and side.answer(result) == "hello" else "the parent fails"
    words = f"{in_child or 'the call hangs'} in the child, {parent}"
    return (YES if "Forked" in in_child and "goes on" in parent else NO), words


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        row: Its number in the matrix of faults.
        title: What happens.
        case: What does it.
    """

    row: str
    title: str
    case: Callable[[Side], Outcome]


ROWS = {
    "killed": Row("F1", "the server is killed while 50 turns are read", killed),
    "exits": Row("F2", "the server exits with 0 in a turn", exits),
    "missing": Row("F3", "the binary is missing", missing),
    "not_executable": Row("F3", "the binary is not executable", not_executable),
    "dies": Row("F3", "the server exits before it has greeted, ten times", dies),
    "silent": Row("F4", "the server never greets; a deadline of 2 s where one can be set", silent),
    "half": Row("F5", "half a line, then the server exits with 1", half),
    "pieces": Row("F6", "messages byte by byte, with CRLF", lambda side: turn_ends_well(side, "pieces")),
    "blank": Row("F6", "blank lines", lambda side: turn_ends_well(side, "blank")),
    "garbage": Row("F8", "a line on stdout is no JSON", lambda side: turn_ends_well(side, "garbage")),
    "bytes": Row("F9", "stderr is no UTF-8, then 1 MB of it", lambda side: turn_ends_well(side, "bytes")),
    "no_objects": Row(
        "F10", "JSON lines that are no objects", lambda side: turn_ends_well(side, "no_objects")
    ),
    "long": Row("F11", "a message of 10 MB", long),
    "flood": Row(
        "F15, F16", "100,000 deltas unread for a while, another turn beside them; at most 64 MB more", flood
    ),
    "strays": Row(
        "F18, F19", "an answer twice, answers to nobody", lambda side: turn_ends_well(side, "strays")
    ),
    "early": Row(
        "F22", "the whole turn before the reply to `turn/start`", lambda side: turn_ends_well(side, "early")
    ),
    "endless": Row(
        "F24",
        "`turn/completed` is lost, the thread goes idle",
        lambda side: turn_ends_well(side, "endless"),
    ),
    "newer": Row(
        "F27",
        "unknown notification, unknown item, wrong type of a field",
        lambda side: turn_ends_well(side, "newer"),
    ),
    "unknown": Row("F28", "an unknown question of the server", unknown),
    "approval": Row("S1", "may a command run? (no handler given)", approval),
    "handler_fails": Row("F29", "the handler of approvals fails", handler_fails),
    "busy": Row("F32", "a request is refused twice with -32001, as the true server writes it", busy),
    "timed_out": Row("C4", "`asyncio.wait_for` around a run", timed_out),
    "quiet": Row("-", "40 quiet turns read in one event loop, and another call", quiet),
    "close_often": Row("C6", "`close` from ten OS threads, then again", close_often),
    "close_pending": Row("C7", "`close` while 50 requests wait", close_pending),
    "stubborn": Row("C8", "`close`, and the server ignores stdin's end and SIGTERM", stubborn),
    "parent_killed": Row("C9", "the program is killed in a turn", parent_killed),
    "not_closed": Row("C10", "the program ends in a turn without closing", not_closed),
    "fork": Row("C15", "the client is used in a forked process", fork),
}
INNER = {"waiting": waiting, "leaving": leaving}


def report(outcome: Outcome) -> None:
    """Tell the process that runs all cases."""
    print(json.dumps(outcome), flush=True)


def run_case(case: str, module: str, folder: Path) -> None:
    """Run a case in this process."""
    call = INNER[case] if case in INNER else ROWS[case].case
    report(call(Side(module, folder)))


def observe(case: str, module: str, folder: Path) -> Outcome:
    """Run a case in a fresh process, and end what it leaves behind."""
    folder.mkdir()
    argv = [sys.executable, __file__, "--case", case, "--client", module, "--folder", str(folder)]
    process = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    late = ""
    try:
        out, errors = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, errors = process.communicate()
        late = f"hangs (more than {LIMIT_S} s)"
    _sweep(folder / "log")
    lines = [line for line in out.splitlines() if line.startswith("[")]
    if lines and not late:
        verdict, words = json.loads(lines[-1])
        return verdict, words
    if late:
        return NO, f"{json.loads(lines[-1])[1]}; then the program does not end" if lines else late
    sys.exit(f"{case} of {module} has failed:\n{errors[-3000:]}")


def _sweep(log: Path) -> None:
    """End a server that has outlived its case: by its id, after a look that it is still that process."""
    if not log.exists():
        return
    for line in log.read_text().splitlines():
        pid = json.loads(line).get("pid")
        with contextlib.suppress(OSError):
            if pid and str(log).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)


def table(names: list[str], clients: list[str]) -> str:
    """Run the rows and return them as a table of Markdown."""
    titles = {
        OURS: "ours",
        THEIRS: f"openai-codex {importlib.metadata.version('openai-codex')}" if THEIRS in clients else "",
    }
    # Without bars at the ends: on that page, rows with them are promises and name a test.
    text = [" | ".join(["row", "what happens", *(titles[client] for client in clients)])]
    text.append("|".join(["---"] * (2 + len(clients))))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        templates = subprocess.run([sys.executable, HERE / "standin.py"], stdout=subprocess.PIPE, check=True)
        (folder / "templates.json").write_bytes(templates.stdout)
        for case in names:
            seen = [observe(case, client, folder / f"{case}-{client}") for client in clients]
            cells = [f"{verdict}: {words}" for verdict, words in seen]
            text.append(" | ".join([ROWS[case].row, ROWS[case].title, *cells]))
            print(text[-1], file=sys.stderr, flush=True)
    return "\n".join(text)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", help="names of rows, with commas")
    parser.add_argument("--write", action="store_true", help="into docs/guarantees.md")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--client", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        run_case(options.case, options.client, options.folder)
        return
    names = options.only.split(",") if options.only else list(ROWS)
    clients = [client for client in (OURS, THEIRS) if importlib.util.find_spec(client)]
    if options.write and (options.only or len(clients) < 2):
        sys.exit("the page takes the whole table: leave out --only, and install benchmarks/requirements.txt")
    text = table(names, clients)
    print(text)
    if options.write:
        page = PAGE.read_text()
        head, _, rest = page.partition(BEGIN)
        _, _, tail = rest.partition(END)
        PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}")


if __name__ == "__main__":
    main()
