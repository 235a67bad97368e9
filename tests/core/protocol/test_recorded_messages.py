"""Messages of true servers, recorded, parse into their models and go back on the wire as they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from codex_app_server import protocol

LINES = (Path(__file__).parent / "data" / "recorded.jsonl").read_text(encoding="utf-8").splitlines()
RECORDED: list[dict[str, Any]] = [json.loads(line) for line in LINES]
MODEL_OF = {
    "client_request": protocol.params_model,
    "client_result": protocol.result_model,
    "notification": protocol.notification_model,
    "server_request": protocol.server_request_params_model,
    "server_request_result": protocol.server_request_result_model,
}


def _name(record: dict[str, Any]) -> str:
    return f"{record['kind']}-{record['method']}-{record['runtime']}"


@pytest.mark.parametrize("record", RECORDED, ids=_name)
def test_a_recorded_message_parses_and_goes_back_as_it_was(record):
    model = MODEL_OF[record["kind"]](record["method"])
    assert model is not None
    parsed = model.model_validate(record["payload"])
    assert parsed.to_wire() == record["payload"]
    assert json.loads(parsed.model_dump_json(by_alias=True, exclude_unset=True)) == record["payload"]


def test_the_sample_holds_all_kinds_and_the_items_of_a_turn():
    assert {record["kind"] for record in RECORDED} == set(MODEL_OF)
    items = {
        type(protocol.ItemCompletedNotification.model_validate(record["payload"]).item)
        for record in RECORDED
        if record["method"] == "item/completed"
    }
    assert {
        protocol.AgentMessageThreadItem,
        protocol.CommandExecutionThreadItem,
        protocol.ContextCompactionThreadItem,
        protocol.DynamicToolCallThreadItem,
        protocol.FileChangeThreadItem,
        protocol.McpToolCallThreadItem,
        protocol.ReasoningThreadItem,
        protocol.UserMessageThreadItem,
    } <= items


def test_items_of_a_newer_server_keep_the_fields_that_are_not_known_here():
    newer = [record for record in RECORDED if record["runtime"] == "0.169.0"]
    assert newer
    kept = [
        parsed.item.model_extra
        for record in newer
        if record["method"] == "item/completed"
        for parsed in [protocol.ItemCompletedNotification.model_validate(record["payload"])]
    ]
    assert any(kept)
