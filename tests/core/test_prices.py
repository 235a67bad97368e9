"""Cost as an estimate, by a table of prices that the user gives."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import Codex, Cost, Price, PriceNotFoundError, Prices, TurnResult, Usage, UsageReport
from codex_app_server.testing import steps

if TYPE_CHECKING:
    from codex_app_server.testing import FakeServerFactory

PRICE = Price(input="1.25", cached_input="0.125", output=10)
PRICES = Prices({"gpt-5": PRICE, "small": Price(input=0.1, output=0.2)})
USED = Usage(1000, 400, 100, 200, 50, 1200)


def test_each_kind_of_token_has_its_price_and_reasoning_is_output() -> None:
    assert (PRICE.cached_input, PRICE.cache_write_input) == (Decimal("0.125"), Decimal("1.25"))
    exact = Price(input=1, cached_input=2, cache_write_input=3, output=4)
    assert exact.of(USED) == 500 * 1 + 400 * 2 + 100 * 3 + 200 * 4
    # A provider that counts cached tokens beside the input.
    assert exact.of(Usage(10, 400, 0, 0, 0, 410)) == 800
    assert Prices({"m": exact}, per=1000).cost(USED, model="m").amount == Decimal("2.4")
    assert Price(input=0.1, output=0).of(Usage(3, 0, 0, 0, 0, 3)) == Decimal("0.3")


def test_a_report_costs_what_its_models_cost() -> None:
    report = UsageReport(USED, USED, {"gpt-5": USED, "small": USED}, elsewhere=USED)
    cost = PRICES.cost(report)
    by_model: dict[str | None, Decimal] = {"gpt-5": Decimal("0.0028"), "small": Decimal("0.00014")}
    assert cost == Cost(Decimal("0.00294"), "USD", by_model)
    assert str(cost) == "0.00294 USD"
    result = TurnResult("thread-1", "turn-1", "completed", usage=USED, usage_report=report)
    assert PRICES.cost(result) == cost
    assert PRICES.cost(UsageReport()) == Cost(Decimal(0), "USD")
    assert PRICES.cost(Usage()) == Cost(Decimal(0), "USD")
    assert cost + cost == Cost(Decimal("0.00588"), "USD", {name: 2 * each for name, each in by_model.items()})
    assert {cost, pickle.loads(pickle.dumps(cost))} == {cost}
    with pytest.raises(ValueError, match="'USD' and 'EUR' cannot be added"):
        _ = cost + Cost(Decimal(1), "EUR")


def test_a_model_without_a_price_is_an_error_unless_there_is_a_default() -> None:
    report = UsageReport(USED, by_model={"gpt-5": USED, "new": USED, None: USED})
    with pytest.raises(PriceNotFoundError, match="no price for model 'new': add it to the table") as caught:
        PRICES.cost(report)
    assert (caught.value.model, caught.value.known) == ("new", ("gpt-5", "small"))
    with pytest.raises(PriceNotFoundError, match="whose model the server did not say") as caught:
        PRICES.cost(USED)
    assert caught.value.model is None
    everything = Prices({"gpt-5": PRICE}, default=PRICE)
    assert set(everything.cost(report).by_model.values()) == {Decimal("0.0028")}
    # Whoever knows better may say it.
    known = UsageReport(USED, by_model={"gpt-5": USED, None: USED})
    assert PRICES.cost(known, model="gpt-5").by_model == {"gpt-5": Decimal("0.0056")}


BAD_AMOUNTS: list[tuple[Any, type[Exception], str]] = [
    (-1, ValueError, "input must be zero or more, not -1"),
    ("-0.5", ValueError, "input must be zero or more"),
    (float("nan"), ValueError, "input must be zero or more, not nan"),
    ("inf", ValueError, "input must be zero or more"),
    ("cheap", ValueError, "input must be a number, not 'cheap'"),
    (True, TypeError, "input must be a number, not 'bool'"),
    (None, TypeError, "input must be a number, not 'NoneType'"),
]


@pytest.mark.parametrize(("amount", "error", "words"), BAD_AMOUNTS)
def test_what_is_no_price_is_refused(amount: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Price(input=amount, output=1)


BAD_TABLES: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    ([PRICE], {}, TypeError, "must be a mapping, not 'list'"),
    ({"gpt-5": 1.25}, {}, TypeError, "the price of 'gpt-5' must be a Price, not 'float'"),
    ({5: PRICE}, {}, TypeError, "the name of a model must be text, not 5"),
    ({}, {"default": 1}, TypeError, "the price of default must be a Price"),
    ({}, {"per": 0}, ValueError, "per must be positive, not 0"),
    ({}, {"per": -1}, ValueError, "per must be positive"),
    ({}, {"per": 1e6}, TypeError, "per must be an int, not 'float'"),
    ({}, {"per": True}, TypeError, "per must be an int"),
    ({}, {"currency": ""}, ValueError, "currency must not be empty"),
    ({}, {"currency": None}, TypeError, "currency must be text"),
]


@pytest.mark.parametrize(("table", "options", "error", "words"), BAD_TABLES)
def test_what_is_no_table_is_refused(
    table: Any, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Prices(table, **options)


@pytest.mark.parametrize("used", [None, 5, "gpt-5", {"input_tokens": 1}])
def test_what_has_no_cost_is_refused(used: Any) -> None:
    with pytest.raises(TypeError, match="a cost is that of a TurnResult"):
        PRICES.cost(used)


def test_a_client_a_thread_and_a_turn_have_a_cost(fake_codex: FakeServerFactory) -> None:
    prices = Prices({"fake-model": Price(input=1, output=2)}, currency="EUR", per=1)
    server = fake_codex([*steps.handshake(), *steps.thread_start(), *steps.turn(), steps.hang()])
    with Codex(server.config) as codex:
        thread = codex.thread_start()
        turn = thread.turn("x")
        result = turn.run()
        costs = [prices.cost(used) for used in (result, turn.usage, thread.usage, codex.usage)]
    assert costs == [Cost(Decimal(16), "EUR", {"fake-model": Decimal(16)})] * 4
    assert repr(prices) == "Prices(['fake-model'], currency='EUR', per=1)"
