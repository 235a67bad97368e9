"""The interface of a client: the local clients have it, others are taken as well, and what is none is refused."""

from __future__ import annotations

import inspect
import io
from typing import TYPE_CHECKING, Any, cast

import pytest
from codex_app_server import AsyncCodex, AsyncCodexClient, Codex, CodexClient, SharedCodex
from codex_app_server.interface import check_client, client_or_none
from codex_app_server.testing import steps
from codex_app_server.testing.conformance import AsyncBareClient, BareClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server.testing import FakeServerFactory


def methods(cls: type) -> dict[str, str]:
    members = cast("dict[str, Callable[..., object]]", vars(cls))
    return {
        name: str(inspect.signature(member)).replace("protocol.", "")
        for name, member in members.items()
        if is_asked_for(name)
    }


def is_asked_for(name: str) -> bool:
    return callable(getattr(CodexClient, name, None) or getattr(AsyncCodexClient, name, None)) and (
        not name.startswith("_") or name in {"__enter__", "__exit__", "__aenter__", "__aexit__"}
    )


@pytest.mark.parametrize(
    ("asked", "cls"),
    [
        (CodexClient, Codex),
        (AsyncCodexClient, AsyncCodex),
        (CodexClient, BareClient),
        (AsyncCodexClient, AsyncBareClient),
    ],
)
def test_clients_have_the_methods_of_the_interface_with_the_same_parameters(asked: type, cls: type) -> None:
    def plain(found: dict[str, str]) -> dict[str, str]:
        # Each kind of client gives its own other face.
        return {name: text for name, text in found.items() if name not in {"as_async", "as_sync"}}

    has = methods(cls)
    assert plain(methods(asked)) == {name: has[name] for name in plain(methods(asked))}
    assert ("as_sync" in has) == (asked is AsyncCodexClient)


def test_both_interfaces_are_the_same_but_for_the_awaiting() -> None:
    def plain(cls: type) -> dict[str, str]:
        other = {"__aenter__": "__enter__", "__aexit__": "__exit__", "as_async": "as_sync"}
        found = methods(cls)
        return {other.get(name, name): text.replace("Async", "") for name, text in found.items()}

    assert plain(CodexClient) == plain(AsyncCodexClient)


def scenario(*further: Any) -> list[Any]:
    return [*steps.handshake(), *steps.thread_start(), *steps.turn("one"), *further, steps.hang()]


@pytest.mark.anyio
async def test_a_client_of_another_kind_gives_both_faces_to_who_holds_it(
    fake_codex: FakeServerFactory,
) -> None:
    server = fake_codex(scenario(*steps.turn("two", turn_id="turn-2")))
    with BareClient(Codex(server.config)) as client:
        shared = SharedCodex(codex=client)
        assert shared.sync_client() is client
        thread = await shared.async_client().thread_start()
        assert (await thread.run("Hi")).text == "one"
        assert thread.as_sync().run("Hi").text == "two"
        assert isinstance(client, CodexClient)
        assert not isinstance(client, AsyncCodexClient)
    async with AsyncBareClient(AsyncCodex(fake_codex(scenario()).config)) as awaited:
        shared = SharedCodex(codex=awaited)
        assert shared.async_client() is awaited
        assert shared.sync_client().thread_start().run("Hi").text == "one"


def test_a_client_may_have_both_faces_to_give(fake_codex: FakeServerFactory) -> None:
    class Both(BareClient):
        def as_sync(self) -> CodexClient:
            return first

    with Codex(fake_codex([*steps.handshake(), steps.hang()]).config) as first:
        shared = SharedCodex(codex=Both(first))
        assert shared.sync_client() is first
        assert isinstance(shared.async_client(), AsyncBareClient)


def opened(method: str) -> list[Any]:
    _, answer, _ = steps.thread_start()
    return [steps.expect(method), answer]


@pytest.mark.anyio
async def test_a_bare_client_passes_everything_on(fake_codex: FakeServerFactory) -> None:
    plain = [
        step
        for word in ("archive", "delete", "read")
        for step in (steps.expect(f"thread/{word}"), steps.reply({}))
    ]
    once = [*opened("thread/resume"), *opened("thread/fork"), *plain]
    server = fake_codex([*steps.handshake(), *once, *once, steps.hang()])
    params = {"threadId": "thread-1"}
    with BareClient(Codex(server.config)) as client:
        assert client.thread_resume("thread-1").id == "thread-1"
        assert client.thread_fork("thread-1", sandbox="read-only").id == "thread-1"
        client.thread_archive("thread-1")
        client.thread_delete("thread-1")
        assert client.request_raw("thread/read", params, timeout_s=60) == {}
        awaited = client.as_async()
        assert (await awaited.thread_resume("thread-1")).id == "thread-1"
        assert (await awaited.thread_fork("thread-1", sandbox="read-only")).id == "thread-1"
        await awaited.thread_archive("thread-1")
        await awaited.thread_delete("thread-1")
        assert await awaited.request_raw("thread/read", params, timeout_s=60) == {}


def test_what_is_no_client_is_refused_with_what_it_lacks() -> None:
    class Half:
        def thread_start(self) -> None: ...

        close = None

    def refused(thing: object) -> str:
        with pytest.raises(TypeError) as caught:
            check_client(thing)
        with pytest.raises(ValueError, match="codex must be") as again:
            client_or_none(thing)
        assert str(again.value) == str(caught.value)
        return str(caught.value)

    assert refused("codex") == "codex must be a Codex or an AsyncCodex, not 'str'"
    assert refused(Codex) == "codex must be a client, not the class 'Codex': make one, Codex(...)"
    assert refused(Half()) == (
        "codex must be a client, and 'Half' lacks thread_resume, thread_fork, thread_archive, thread_delete, "
        "request_raw, close, as_async (as_sync, if it is to be awaited): see codex_app_server.CodexClient"
    )
    assert refused(io.StringIO()).startswith("codex must be a client, and 'StringIO' lacks thread_start, ")
    assert client_or_none(None) is None
