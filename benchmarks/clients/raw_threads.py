"""The bound for blocking code: `raw` on one OS thread, and an OS thread for each turn that takes its texts from a queue."""

from __future__ import annotations

import asyncio
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from clients import raw

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

IS_ASYNC = False


class Client:
    """What it takes to wake the OS threads, and nothing else."""

    def open(self, argv: list[str]) -> None:
        self.loop = asyncio.new_event_loop()
        self.reader = threading.Thread(target=self.loop.run_forever)
        self.reader.start()
        self.raw = raw.Client()
        self._await(self.raw.open(argv))

    def close(self) -> None:
        self._await(self.raw.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.reader.join()
        self.loop.close()

    def _await(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def thread(self) -> str:
        return self._await(self.raw.thread())

    def drain(self, thread: str, prompt: str, on_text: Callable[[str], None]) -> None:
        texts: SimpleQueue[str | None] = SimpleQueue()

        def accepted(result: Any) -> None:
            turn = result["turn"]["id"]
            self.raw.sinks[turn] = texts.put
            self.raw.ends[turn] = self.loop.create_future()
            self.raw.ends[turn].add_done_callback(lambda _: texts.put(None))

        params = {"threadId": thread, "input": [{"type": "text", "text": prompt}]}
        self.loop.call_soon_threadsafe(self.raw.send, "turn/start", params, accepted)
        while (text := texts.get()) is not None:
            on_text(text)
