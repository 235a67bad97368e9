"""The tables of methods are whole, and the lookups over them find the types."""

from __future__ import annotations

import pytest
from codex_app_server import protocol
from codex_app_server.protocol._generated import methods as tables


def test_the_tables_are_those_of_the_pinned_runtime():
    assert protocol.SCHEMA_VERSION == tables.SCHEMA_VERSION == "0.163.0"
    methods = protocol.client_methods()
    assert (len(methods), sum(not method.experimental for method in methods.values())) == (172, 105)
    assert len(tables.SERVER_NOTIFICATIONS) == 85
    assert [name for name, (_, _, new) in tables.SERVER_REQUESTS.items() if new] == ["currentTime/read"]
    assert len(tables.SERVER_REQUESTS) == 11
    assert tables.CLIENT_NOTIFICATIONS == {"initialized": None}


def test_every_client_method_has_its_types():
    for name, method in protocol.client_methods().items():
        params = protocol.params_model(name)
        assert (params and params.__name__) == method.params
        result = protocol.result_model(name)
        assert result is not None
        assert result.__name__ == method.result
        assert issubclass(result, protocol.WireModel)


def test_every_notification_and_server_request_has_its_types():
    for name, payload in tables.SERVER_NOTIFICATIONS.items():
        model = protocol.notification_model(name)
        assert model is not None
        assert model.__name__ == payload
    for name, (params_name, result_name, _) in tables.SERVER_REQUESTS.items():
        params = protocol.server_request_params_model(name)
        result = protocol.server_request_result_model(name)
        assert params is not None
        assert result is not None
        assert (params.__name__, result.__name__) == (params_name, result_name)


@pytest.mark.parametrize(
    ("method", "params", "result"),
    [
        ("turn/start", "TurnStartParams", "TurnStartResponse"),
        ("account/login/start", "LoginAccountParams", "LoginAccountResponse"),
        ("account/logout", None, "LogoutAccountResponse"),
        ("account/rateLimits/read", "GetAccountRateLimitsParams", "GetAccountRateLimitsResponse"),
        ("config/batchWrite", "ConfigBatchWriteParams", "ConfigWriteResponse"),
        ("config/mcpServer/reload", None, "McpServerRefreshResponse"),
    ],
)
def test_methods_that_break_the_naming_rule_have_their_types(method, params, result):
    entry = protocol.client_methods()[method]
    assert (entry.params, entry.result) == (params, result)


@pytest.mark.parametrize("method", ["no/such", "rawResponseItem/completed", "rawResponse/completed", ""])
def test_a_method_without_a_model_gives_none(method):
    assert protocol.notification_model(method) is None
    assert protocol.params_model(method) is None
    assert protocol.result_model(method) is None
    assert protocol.server_request_params_model(method) is None
    assert protocol.server_request_result_model(method) is None


def test_the_table_of_client_methods_cannot_be_changed():
    with pytest.raises(TypeError):
        protocol.client_methods()["x"] = None  # pyright: ignore[reportIndexIssue]
