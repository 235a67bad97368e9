"""Descriptors of the server's pipes are closed by one owner each: the number of a closed one may be anybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codex_app_server import Codex
from codex_app_server.testing import steps

if TYPE_CHECKING:
    from codex_app_server.testing import FakeServerFactory


def test_a_loop_that_closes_descriptors_by_itself_is_given_pipes_that_do_not(
    fake_codex: FakeServerFactory,
) -> None:
    with Codex(fake_codex([*steps.handshake(), steps.hang()]).config) as codex:
        link: Any = codex._engine._link
        process: Any = link._transport
        pipes = [transport.get_extra_info("pipe") for transport in process._pipes]
        is_uvloop = type(codex._engine._loop).__module__.startswith("uvloop")
        popen = process._popen
        assert [pipe.closefd for pipe in pipes] == [not is_uvloop] * 3
        # Those of the process itself are given up then, and not left to a finalizer.
        assert [pipe.closed for pipe in (popen.stdin, popen.stderr, popen.stdout)] == [is_uvloop] * 3
    assert [pipe.closed for pipe in pipes] == [True] * 3
