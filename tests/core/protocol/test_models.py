"""Models, open enums and unions: what they accept, keep, and write."""

from __future__ import annotations

import copy
import pickle

import pytest
from codex_app_server import protocol
from codex_app_server.protocol import (
    AgentMessageThreadItem,
    AskForApproval,
    CodexErrorInfo,
    CommandExecutionApprovalDecision,
    CommandHookMetadata,
    GranularAskForApproval,
    HookMetadata,
    HttpConnectionFailedCodexErrorInfo,
    ItemCompletedNotification,
    McpElicitationSchema,
    McpServerElicitationRequestParams,
    MergeStrategy,
    MessagePhase,
    OpenEnum,
    ReasoningEffort,
    SandboxMode,
    TextUserInput,
    ThreadItem,
    ThreadReadResponse,
    ThreadStartParams,
    TurnError,
    TurnStartParams,
    UserInput,
    WireModel,
    WireUnion,
)
from pydantic import BaseModel, TypeAdapter, ValidationError

MESSAGE = {"type": "agentMessage", "id": "i", "text": "hello", "phase": "final_answer"}
NEW_ITEM = {"type": "hologram", "id": "i", "depth": {"z": [1, None]}}


def _completed(item):
    return {"item": item, "threadId": "t", "turnId": "u", "completedAtMs": 1}


# Fields


def test_fields_are_snake_case_and_go_out_under_their_wire_names():
    params = TurnStartParams(thread_id="t", input=[TextUserInput(text="hi")], model="m")
    assert params.to_wire() == {
        "threadId": "t",
        "input": [{"type": "text", "text": "hi"}],
        "model": "m",
    }


def test_a_field_that_was_not_given_is_left_out_and_an_explicit_none_is_sent():
    assert ThreadStartParams(cwd=None).to_wire() == {"cwd": None}
    assert ThreadStartParams().to_wire() == {}


def test_wire_names_and_attribute_names_are_both_accepted():
    by_wire_name = ItemCompletedNotification.model_validate(_completed(MESSAGE))
    by_attribute = ItemCompletedNotification(
        item=AgentMessageThreadItem(id="i", text="hello", phase=MessagePhase.final_answer),
        thread_id="t",
        turn_id="u",
        completed_at_ms=1,
    )
    assert by_wire_name == by_attribute


def test_an_unknown_field_is_kept_as_data():
    raw = _completed(MESSAGE) | {"emittedBy": {"new": True}}
    parsed = ItemCompletedNotification.model_validate(raw)
    assert parsed.model_extra == {"emittedBy": {"new": True}}
    assert parsed.to_wire() == raw


def test_a_missing_required_field_raises():
    with pytest.raises(ValidationError, match=r"item\.text"):
        ItemCompletedNotification.model_validate(_completed({"type": "agentMessage", "id": "i"}))


def test_names_that_clash_with_python_or_pydantic_get_an_underscore():
    hook = CommandHookMetadata.model_fields["async_"]
    assert (hook.validation_alias, hook.serialization_alias) == ("async", "async")
    assert McpElicitationSchema.model_fields["schema_"].validation_alias == "$schema"


def test_every_model_is_complete_without_help_and_makes_a_json_schema():
    for name in protocol.__all__:
        kind = getattr(protocol, name)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind.model_rebuild()
            assert kind.__pydantic_complete__, name
    assert "properties" in ItemCompletedNotification.model_json_schema()


# Enums


def test_known_values_are_strings_and_single_objects():
    assert SandboxMode.read_only == "read-only"
    assert SandboxMode("read-only") is SandboxMode.read_only
    assert SandboxMode.model_validate("read-only") is SandboxMode.read_only
    assert SandboxMode.read_only.is_known
    assert SandboxMode.known() == ("read-only", "workspace-write", "danger-full-access")
    assert hash(SandboxMode.read_only) == hash("read-only")
    assert f"{SandboxMode.read_only}" == "read-only"
    assert type(SandboxMode.read_only.value) is str


def test_an_unknown_enum_value_is_kept_as_data():
    mode = SandboxMode("moon-base")
    assert mode == "moon-base"
    assert not mode.is_known
    assert isinstance(mode, SandboxMode)
    parsed = ThreadStartParams.model_validate({"sandbox": "moon-base"})
    assert isinstance(parsed.sandbox, SandboxMode)
    assert parsed.to_wire() == {"sandbox": "moon-base"}


def test_an_enum_shows_its_class_and_value():
    assert repr(SandboxMode.read_only) == "SandboxMode('read-only')"


@pytest.mark.parametrize("value", [5, None, {"read": "only"}])
def test_what_is_not_a_string_is_no_enum_value(value):
    with pytest.raises(TypeError, match="SandboxMode takes a string"):
        SandboxMode.model_validate(value)
    with pytest.raises(ValidationError):
        TypeAdapter(SandboxMode).validate_python(value)


def test_enums_survive_pickling_and_copying():
    for value in (SandboxMode.read_only, SandboxMode("moon-base"), AskForApproval.never):
        again = pickle.loads(pickle.dumps(value))
        assert (type(again), again) == (type(value), value)
        assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(SandboxMode.read_only)) is SandboxMode.read_only


def test_values_named_like_methods_of_strings_leave_the_methods_alone():
    assert MergeStrategy.replace_ == "replace"
    assert MergeStrategy("abc").replace("a", "b") == "bbc"


def test_reasoning_effort_knows_the_common_values_and_takes_others():
    assert ReasoningEffort.known() == ("none", "minimal", "low", "medium", "high", "xhigh")
    assert ReasoningEffort("ultra") == "ultra"


def test_each_value_of_each_enum_is_an_attribute():
    for name in protocol.__all__:
        kind = getattr(protocol, name)
        if isinstance(kind, type) and issubclass(kind, OpenEnum) and kind is not OpenEnum:
            assert kind.known()
            assert all(type(value) is kind and value in vars(kind).values() for value in kind.known())


# Unions with a discriminator


def test_a_known_discriminator_gives_the_variant():
    item = ThreadItem.model_validate(MESSAGE)
    assert item == AgentMessageThreadItem(id="i", text="hello", phase=MessagePhase.final_answer)
    assert type(item) is AgentMessageThreadItem
    assert type(ItemCompletedNotification.model_validate(_completed(MESSAGE)).item) is AgentMessageThreadItem
    assert type(TypeAdapter(list[ThreadItem]).validate_python([MESSAGE])[0]) is AgentMessageThreadItem
    assert (
        type(ThreadItem.model_validate_json('{"type":"plan","id":"i","text":""}')).__name__
        == "PlanThreadItem"
    )


def test_an_unknown_item_type_is_kept_as_data():
    parsed = ItemCompletedNotification.model_validate(_completed(NEW_ITEM))
    assert type(parsed.item) is ThreadItem
    assert parsed.item.type == "hologram"
    assert parsed.item.model_extra == {"id": "i", "depth": {"z": [1, None]}}
    assert parsed.to_wire() == _completed(NEW_ITEM)
    assert ThreadItem.model_validate(NEW_ITEM).to_wire() == NEW_ITEM


def test_a_dump_keeps_the_fields_of_the_variant():
    parsed = ItemCompletedNotification.model_validate(_completed(MESSAGE))
    dumped = parsed.model_dump()["item"]
    assert dumped["text"] == "hello"
    assert dumped["memory_citation"] is None
    assert '"text":"hello"' in parsed.model_dump_json(by_alias=True)


def test_the_discriminator_is_sent_although_nobody_gave_it():
    assert TextUserInput(text="x").to_wire() == {"type": "text", "text": "x"}
    assert TextUserInput.model_validate({"text": "x"}).to_wire() == {"type": "text", "text": "x"}


def test_a_variant_is_not_made_through_the_union_class():
    with pytest.raises(TypeError, match="use TextUserInput"):
        UserInput(type="text", text="x")  # pyright: ignore[reportCallIssue]
    assert UserInput(type="smell").to_wire() == {"type": "smell"}


def test_an_item_without_a_type_raises():
    with pytest.raises(ValidationError, match="type"):
        ThreadItem.model_validate({"id": "i"})


def test_properties_beside_the_variants_belong_to_all_of_them():
    raw = {
        "handlerType": "command",
        "command": "true",
        "currentHash": "h",
        "displayOrder": 1,
        "enabled": True,
        "eventName": "preToolUse",
        "isManaged": False,
        "key": "k",
        "source": "user",
        "sourcePath": "/p",
        "timeoutSec": 3,
        "trustStatus": "trusted",
    }
    hook = HookMetadata.model_validate(raw)
    assert isinstance(hook, CommandHookMetadata)
    assert (hook.command, hook.key, hook.handler_type) == ("true", "k", "command")
    assert hook.to_wire() == raw
    newer = HookMetadata.model_validate(raw | {"handlerType": "telepathy"})
    assert (type(newer), newer.handler_type) == (HookMetadata, "telepathy")


def test_every_variant_is_found_by_its_discriminator():
    params = {"serverName": "s", "threadId": "t", "message": "m"}
    form = {"type": "object", "properties": {}}
    names = {
        mode: type(McpServerElicitationRequestParams.model_validate(params | {"mode": mode} | rest)).__name__
        for mode, rest in {
            "form": {"requestedSchema": form},
            "openai/form": {"requestedSchema": form},
            "openaiForm": {"requestedSchema": form},
            "url": {"elicitationId": "e", "url": "u"},
            "new": {},
        }.items()
    }
    assert names == {
        "form": "FormMcpServerElicitationRequestParams",
        "openai/form": "OpenaiSlashFormMcpServerElicitationRequestParams",
        "openaiForm": "OpenaiFormMcpServerElicitationRequestParams",
        "url": "UrlMcpServerElicitationRequestParams",
        "new": "McpServerElicitationRequestParams",
    }


# Unions of strings and objects


def test_the_string_of_a_mixed_union_is_its_enum():
    parsed = ThreadStartParams.model_validate({"approvalPolicy": "never"})
    assert parsed.approval_policy is AskForApproval.never
    assert AskForApproval.model_validate("never") is AskForApproval.never
    newer = ThreadStartParams.model_validate({"approvalPolicy": "ask-my-cat"})
    assert newer.to_wire() == {"approvalPolicy": "ask-my-cat"}


def test_the_object_of_a_mixed_union_is_a_model():
    raw = {"granular": {"mcp_elicitations": True, "rules": False, "sandbox_approval": True}}
    policy = AskForApproval.model_validate(raw)
    assert isinstance(policy, GranularAskForApproval)
    assert policy.granular.mcp_elicitations
    parsed = ThreadStartParams.model_validate({"approvalPolicy": raw})
    assert parsed.approval_policy == policy
    assert parsed.to_wire() == {"approvalPolicy": raw}


def test_an_unknown_object_of_a_mixed_union_is_kept_as_data():
    raw = {"message": "m", "codexErrorInfo": {"solarFlare": {"class": "X"}}}
    parsed = TurnError.model_validate(raw)
    assert parsed.codex_error_info == {"solarFlare": {"class": "X"}}
    assert parsed.to_wire() == raw
    assert CodexErrorInfo.model_validate({"solarFlare": 1}) == {"solarFlare": 1}


def test_error_information_with_a_status_is_a_model():
    parsed = TurnError.model_validate(
        {"message": "m", "codexErrorInfo": {"httpConnectionFailed": {"httpStatusCode": 401}}}
    )
    assert isinstance(parsed.codex_error_info, HttpConnectionFailedCodexErrorInfo)
    assert parsed.codex_error_info.http_connection_failed.http_status_code == 401


def test_a_known_object_that_does_not_fit_raises():
    with pytest.raises(ValidationError, match="rules"):
        AskForApproval.model_validate({"granular": {"mcp_elicitations": True}})


def test_what_is_neither_string_nor_object_is_refused_by_a_mixed_union():
    with pytest.raises(TypeError, match="AskForApproval is a string or an object"):
        AskForApproval.model_validate(5)
    with pytest.raises(ValidationError, match="AskForApproval is a string or an object"):
        ThreadStartParams.model_validate({"approvalPolicy": 5})


def test_a_decision_takes_a_member_or_a_plain_string():
    result = protocol.server_request_result_model("item/commandExecution/requestApproval")
    assert result is protocol.CommandExecutionRequestApprovalResponse
    for decision in (CommandExecutionApprovalDecision.accept, "accept"):
        assert result.model_validate({"decision": decision}).to_wire() == {"decision": "accept"}


# Unions without a discriminator


def test_objects_without_a_discriminator_are_told_apart_by_their_shape():
    raw = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "format": "email"},
            "age": {"type": "integer", "minimum": 1},
            "sure": {"type": "boolean", "default": True},
            "one": {"type": "string", "enum": ["a", "b"]},
            "titled": {"type": "string", "oneOf": [{"const": "a", "title": "A"}]},
            "legacy": {"type": "string", "enum": ["a"], "enumNames": ["A"]},
            "many": {"type": "array", "items": {"type": "string", "enum": ["a"]}},
            "odd": {"type": "tensor", "rank": 3},
        },
    }
    schema = McpElicitationSchema.model_validate(raw)
    assert {key: type(value).__name__ for key, value in schema.properties.items()} == {
        "name": "McpElicitationStringSchema",
        "age": "McpElicitationNumberSchema",
        "sure": "McpElicitationBooleanSchema",
        "one": "McpElicitationUntitledSingleSelectEnumSchema",
        "titled": "McpElicitationTitledSingleSelectEnumSchema",
        "legacy": "McpElicitationLegacyTitledEnumSchema",
        "many": "McpElicitationUntitledMultiSelectEnumSchema",
        "odd": "dict",
    }
    assert schema.to_wire() == raw


def test_an_unknown_shape_is_kept_as_data():
    item = {"type": "functionCallOutput", "id": "i", "name": "n", "output": {"new": "shape"}}
    assert ThreadItem.model_validate(item).to_wire() == item


def test_resource_contents_are_text_or_blob_or_data():
    result = protocol.McpResourceReadResponse.model_validate(
        {"contents": [{"uri": "u", "text": "t"}, {"uri": "u", "blob": "b"}, {"uri": "u", "stream": 1}]}
    )
    assert [type(content).__name__ for content in result.contents] == [
        "TextResourceContent",
        "BlobResourceContent",
        "dict",
    ]


# Pickling


def test_models_survive_pickling_also_inside_fields_of_a_wider_type():
    parsed = ItemCompletedNotification.model_validate(_completed(MESSAGE))
    again = pickle.loads(pickle.dumps(parsed))
    assert again == parsed
    assert again.to_wire() == _completed(MESSAGE)
    unknown = ItemCompletedNotification.model_validate(_completed(NEW_ITEM))
    assert pickle.loads(pickle.dumps(unknown)).to_wire() == _completed(NEW_ITEM)


def test_the_bases_are_public_for_annotations():
    assert issubclass(ThreadItem, WireUnion)
    assert issubclass(ThreadReadResponse, WireModel)
