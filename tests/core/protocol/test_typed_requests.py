"""`request` has the types of every method, for type checkers, and costs nothing when the program runs."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import codex_app_server
import pytest
from codex_app_server import AsyncCodex, Codex, protocol
from pydantic import ValidationError

if TYPE_CHECKING:
    from codex_app_server.protocol import (
        FsReadFileParams,
        GetAccountResponse,
        LoginAccountResponse,
        LogoutAccountResponse,
        ThreadReadResponse,
    )
    from typing_extensions import assert_type

    def what_type_checkers_say(codex: Codex, any_method: str, params: FsReadFileParams) -> None:
        assert_type(codex.request("account/read"), GetAccountResponse)
        assert_type(codex.request("account/read", {"refreshToken": True}, timeout_s=1), GetAccountResponse)
        assert_type(codex.request("account/logout"), LogoutAccountResponse)
        assert_type(codex.request("thread/read", {"threadId": "x"}), ThreadReadResponse)
        assert_type(codex.request("fs/readFile", params).data_base64, str)
        # Params that are missing, or another method's, and a method that nobody knows.
        assert_type(codex.request("thread/read"), object)
        assert_type(codex.request("thread/read", params), object)
        assert_type(codex.request(any_method), object)

    async def what_they_say_of_the_awaiting_face(codex: AsyncCodex) -> None:
        assert_type(await codex.request("account/read"), GetAccountResponse)
        assert_type(await codex.request("account/login/start", {"type": "apiKey"}), LoginAccountResponse)


PATH = Path(protocol.__file__).with_name("_generated") / "requests.py"


def overloads(class_name: str) -> list[tuple[str | None, str | None, bool, str]]:
    """Return method, name of the params, whether they may be left out, and name of the result."""
    (cls,) = [
        node
        for node in ast.parse(PATH.read_text()).body
        if isinstance(node, ast.ClassDef) and node.name == class_name
    ]
    found: list[tuple[str | None, str | None, bool, str]] = []
    for node in cls.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list:
            _, method, params = node.args.args
            assert method.annotation is not None
            assert params.annotation is not None
            assert node.returns is not None
            name = ast.unparse(method.annotation)
            kinds = ast.unparse(params.annotation).split(" | ")
            own = [kind for kind in kinds if kind not in {"Mapping[str, object]", "None"}]
            assert ("None" in kinds) == bool(node.args.defaults)
            found.append(
                (
                    None if name == "str" else name.removeprefix("Literal['").removesuffix("']"),
                    own[0] if own else None,
                    bool(node.args.defaults),
                    ast.unparse(node.returns),
                )
            )
    return found


@pytest.mark.parametrize("class_name", ["Requests", "AsyncRequests"])
def test_every_method_has_an_overload_with_its_types_and_the_last_one_takes_any_other(
    class_name: str,
) -> None:
    def may_be_left_out(method: str) -> bool:
        model = protocol.params_model(method)
        if model is None:
            return True
        try:
            model.model_validate({})
        except ValidationError:
            return False
        return True

    *known, last = overloads(class_name)
    assert known == [
        (name, method.params, may_be_left_out(name), method.result)
        for name, method in protocol.client_methods().items()
    ]
    assert last == (None, "WireModel", True, "object")


@pytest.mark.parametrize("face", [Codex, AsyncCodex])
def test_help_shows_the_method_that_runs(face: type[Codex | AsyncCodex]) -> None:
    assert "RemoteProtocolError" in (inspect.getdoc(face.request) or "")
    assert list(inspect.signature(face.request).parameters) == ["self", "method", "params", "timeout_s"]
    assert face.__mro__ == (face, object)


def test_nothing_of_it_is_imported_when_a_program_runs() -> None:
    code = (
        "import sys; from codex_app_server import AsyncCodex, Codex;"
        "print([name for name in sys.modules if name.endswith('_generated.requests')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["[]"]
    assert "requests" not in dir(codex_app_server.protocol)
