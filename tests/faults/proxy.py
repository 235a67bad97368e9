"""Stands between a client and its server, as `proxy.py MODE SEED COMMAND...`, and passes on what each of them says.

MODE `late`: answers come later than they were sent, in any order among themselves and behind notifications that
followed them; what is written is cut at any place. MODE `double`: each answer comes twice, and with ids of other
types, of nobody, and without any.
"""

from __future__ import annotations

import json
import os
import random
import select
import subprocess
import sys
import threading
import time

# The longest time that an answer is held back.
_LATEST_S = 0.02


def main(mode: str, seed: int, command: list[str]) -> int:
    """Pass on both ways until one of them ends; return the exit code of the server."""
    chance = random.Random(seed)  # noqa: S311 - it is to be the same each time
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    threading.Thread(target=_pass_requests, args=(server,), daemon=True).start()
    held: list[tuple[float, bytes]] = []
    rest = b""
    while True:
        assert server.stdout is not None
        ready, _, _ = select.select([server.stdout], [], [], 0.002 if held else None)
        data = os.read(server.stdout.fileno(), 65536) if ready else b""
        if ready and not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            if mode == "double":
                _write(chance, b"".join(each + b"\n" for each in _doubled(line)), cuts=False)
            elif _is_answer(line):
                held.append((time.monotonic() + chance.uniform(0, _LATEST_S), line))
            else:
                _write(chance, line + b"\n", cuts=True)
        now = time.monotonic()
        for due, line in sorted(entry for entry in held if entry[0] <= now):
            held.remove((due, line))
            _write(chance, line + b"\n", cuts=True)
    _write(chance, b"".join(line + b"\n" for _, line in held) + rest, cuts=False)
    return server.wait()


def _pass_requests(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin is not None
    while data := os.read(0, 65536):
        server.stdin.write(data)
    server.stdin.close()


def _is_answer(line: bytes) -> bool:
    return b'"method"' not in line[:200] and "method" not in json.loads(line or b"{}")


def _doubled(line: bytes) -> list[bytes]:
    if not _is_answer(line):
        return [line]
    answer = json.loads(line)
    number = answer.pop("id")
    wrong: list[object] = [str(number), float(number), number + 10**6, -number, True, None, [number]]
    others = [{"id": each, **answer} for each in wrong]
    before, after = others[::2], [{"id": number, **answer}, answer, *others[1::2]]
    return [
        *(json.dumps(each).encode() for each in before),
        line,
        *(json.dumps(each).encode() for each in after),
    ]


def _write(chance: random.Random, data: bytes, *, cuts: bool) -> None:
    while data:
        size = chance.randint(1, len(data)) if cuts and chance.random() < 0.5 else len(data)
        data = data[os.write(1, data[:size]) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
