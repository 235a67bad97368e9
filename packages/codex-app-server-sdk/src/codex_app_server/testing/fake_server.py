"""FakeServer: a real child program that speaks the app-server protocol as a scenario tells it to.

For what the true server cannot be made to do: faults, odd order, floods. The child is `_fake_child.py`; the two
sides share a temporary folder (scenario, log, errors) and, for barriers, a loopback socket.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from codex_app_server.testing import steps as _steps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from typing_extensions import Self

    from codex_app_server.config import AppServerConfig
    from codex_app_server.json_types import JsonObject
    from codex_app_server.testing.steps import Step

_CHILD = Path(__file__).with_name("_fake_child.py")
# A child says at once which barrier it is at; whoever does not is no child of ours.
_GREETING_TIMEOUT_S = 5.0


class FakeServerError(Exception):
    """The client did something else than the scenario says, or the scenario is wrong."""


class FakeServer:
    """A stand-in for `codex app-server`: `with FakeServer([*handshake(), ...]) as server:`.

    Args:
        scenario: The steps that the child plays; see `codex_app_server.testing.steps`.
        later_scenarios: Scenarios for the second child, the third, and so on, when a client starts several; the
            last one given is for all further ones.
        max_life_s: Seconds after which a child ends by itself, whatever it does.
        raise_errors: Whether leaving the `with` block raises when a scenario went wrong; otherwise look at `error`.

    Raises:
        TypeError: Something in a scenario is not a step.
    """

    def __init__(
        self,
        scenario: Sequence[Step],
        *later_scenarios: Sequence[Step],
        max_life_s: float = 60.0,
        raise_errors: bool = True,
    ) -> None:
        self._scenarios = [_steps.check(steps) for steps in (scenario, *later_scenarios)]
        self._max_life_s = max_life_s
        self._raise_errors = raise_errors
        self._folder: Path | None = None
        self._gatekeeper: _Gatekeeper | None = None

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="fake-codex-")).resolve()
        settings: dict[str, object] = {
            "folder": str(self._folder),
            "scenarios": self._scenarios,
            "max_life_s": self._max_life_s,
        }
        # No socket and no OS thread for the many scenarios that need none.
        if '"do": "barrier"' in json.dumps(self._scenarios):
            self._gatekeeper = _Gatekeeper()
            settings |= {"port": self._gatekeeper.port, "token": self._gatekeeper.token}
        (self._folder / "scenario.json").write_text(json.dumps(settings), encoding="utf-8")
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        error = self.error
        if self._gatekeeper is not None:
            self._gatekeeper.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        if error is not None and self._raise_errors and exc_type is None:
            raise FakeServerError(error)

    @property
    def argv(self) -> tuple[str, ...]:
        """The command line that starts a child."""
        return (sys.executable, "-I", "-S", str(_CHILD), str(self._open_folder / "scenario.json"))

    @property
    def config(self) -> AppServerConfig:
        """The configuration that launches a child."""
        from codex_app_server.config import AppServerConfig  # noqa: PLC0415 - the kit stays light without it

        return AppServerConfig(launch_args_override=self.argv)

    @property
    def received(self) -> list[JsonObject]:
        """All messages that children have received so far, child by child.

        A line that is not a JSON object is there as `{"unreadable": ...}`.
        """
        messages: list[JsonObject] = []
        for path in sorted(self._open_folder.glob("received-*.jsonl")):
            # The last line may just be being written.
            complete = path.read_bytes().rpartition(b"\n")[0]
            messages += [json.loads(line) for line in complete.splitlines()]
        return messages

    @property
    def launch_count(self) -> int:
        """How many children were started so far."""
        return len(list(self._open_folder.glob("child-*")))

    @property
    def unanswered(self) -> list[str | int]:
        """Ids of the requests of `steps.ask` that a client left without an answer when it closed its end.

        Not those of a turn that had ended, of a child that died, and those that were told to be settled.
        """
        paths = sorted(self._open_folder.glob("unanswered-*"))
        return [number for path in paths for number in json.loads(path.read_text(encoding="utf-8"))]

    @property
    def error(self) -> str | None:
        """What went wrong in the scenario of a child, None if nothing did so far."""
        texts = [path.read_text(encoding="utf-8") for path in sorted(self._open_folder.glob("error-*"))]
        return "\n".join(texts) or None

    def release(self, name: str) -> None:
        """Let children pass a barrier, whether they are there yet or not.

        Raises:
            ValueError: The scenario has no barriers.
        """
        self._open_gatekeeper.release(name)

    def wait_reached(self, name: str, timeout_s: float = 10.0, *, count: int = 1) -> None:
        """Block until children have come to a barrier `count` times.

        Raises:
            TimeoutError: They have not within that many seconds; the message says what went wrong, if it did.
            ValueError: The scenario has no barriers.
        """
        if not self._open_gatekeeper.wait_reached(name, timeout_s, count):
            message = (
                f"barrier {name!r} was not reached within {timeout_s} s; error of the scenario: {self.error}"
            )
            raise TimeoutError(message)

    @property
    def _open_folder(self) -> Path:
        if self._folder is None:
            raise RuntimeError("enter the FakeServer first: with FakeServer(...) as server:")
        return self._folder

    @property
    def _open_gatekeeper(self) -> _Gatekeeper:
        if self._gatekeeper is None:
            raise ValueError("the scenario has no barriers")
        return self._gatekeeper


class FakeServerFactory(Protocol):
    """The type of the pytest fixture `fake_codex`; the arguments are those of `FakeServer`."""

    def __call__(
        self,
        scenario: Sequence[Step],
        *later_scenarios: Sequence[Step],
        max_life_s: float = 60.0,
        raise_errors: bool = True,
    ) -> FakeServer:
        """Make a fake server that is cleaned up when the test ends."""
        ...


class _Gatekeeper:
    """Keeps the children at barriers: each connects, names its barrier, and waits for a byte."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(8)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._changed = threading.Condition()
        self._is_closed = False
        self._reached: dict[str, int] = {}
        self._released: set[str] = set()
        self._held: list[tuple[str, socket.socket]] = []
        self._thread = threading.Thread(target=self._serve, name="fake-codex-barriers", daemon=True)
        self._thread.start()

    def release(self, name: str) -> None:
        with self._changed:
            self._released.add(name)
            self._let_go()

    def wait_reached(self, name: str, timeout_s: float, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._reached.get(name, 0) >= count, timeout_s)

    def close(self) -> None:
        self._is_closed = True
        # Closing a listener does not wake its accept() everywhere; a connection does.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            pass
        self._thread.join()
        self._listener.close()
        for _, link in self._held:
            link.close()

    def _serve(self) -> None:
        while not self._is_closed:
            link, _ = self._listener.accept()
            name = self._greeting(link)
            if name is None:
                link.close()
                continue
            with self._changed:
                self._held.append((name, link))
                self._reached[name] = self._reached.get(name, 0) + 1
                self._let_go()
                self._changed.notify_all()

    def _greeting(self, link: socket.socket) -> str | None:
        link.settimeout(_GREETING_TIMEOUT_S)
        try:
            with link.makefile("rb") as lines:
                token, name = json.loads(lines.readline(4096))
        except (OSError, ValueError):
            return None
        return str(name) if token == self.token else None

    def _let_go(self) -> None:
        for name, link in [held for held in self._held if held[0] in self._released]:
            self._held.remove((name, link))
            # The child may be gone already.
            with contextlib.suppress(OSError):
                link.sendall(b"x")
            link.close()
