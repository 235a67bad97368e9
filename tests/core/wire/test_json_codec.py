"""Strict on the way out, lenient on the way in."""

import json
from pathlib import Path

import pytest
from codex_app_server._wire.json_codec import decode_line, encode_line
from codex_app_server.protocol import SandboxMode, SandboxPolicy


def test_a_message_is_one_line_of_utf8() -> None:
    assert encode_line({"text": "a\nb \u2028 \u00e9"}) == '{"text":"a\\nb \u2028 \u00e9"}\n'.encode()


def test_lone_surrogates_are_replaced_since_the_server_would_not_answer() -> None:
    assert json.loads(encode_line({"text": "a\ud800b"})) == {"text": "a\ufffdb"}


def test_a_surrogate_pair_becomes_the_character_it_stands_for() -> None:
    assert json.loads(encode_line({"text": "\ud83d\ude00 \udc00"})) == {"text": "\U0001f600 \ufffd"}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_no_json_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode_line({"value": value})


def test_what_has_no_json_form_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match="'object' cannot be sent"):
        encode_line({"value": object()})


def test_a_message_nested_too_deeply_is_refused() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ValueError, match="nested too deeply"):
        encode_line({"value": value})


def test_paths_tuples_enums_and_protocol_types_have_their_wire_form() -> None:
    policy = SandboxPolicy.model_validate({"type": "readOnly", "networkAccess": True})
    value = {"path": Path("a/b"), "items": ("x", "y"), "mode": SandboxMode.read_only, "policy": policy}
    assert json.loads(encode_line(value)) == {
        "path": "a/b",
        "items": ["x", "y"],
        "mode": "read-only",
        "policy": {"type": "readOnly", "networkAccess": True},
    }


def test_an_escaped_lone_surrogate_from_the_server_is_read() -> None:
    assert decode_line(b'{"delta":"\\ud800"}') == {"delta": "\ud800"}


@pytest.mark.parametrize("line", [b"", b"not json", b'{"a":', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_raises_value_error(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode_line(line)
