"""What usage costs, as an estimate by a table of prices that the user gives. There are no prices in this package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, TypeAlias, cast

from codex_app_server.errors import PriceNotFoundError
from codex_app_server.events import Usage
from codex_app_server.results import TurnResult
from codex_app_server.usage import UsageReport

if TYPE_CHECKING:
    Amount: TypeAlias = Decimal | int | float | str

__all__ = ["Cost", "Price", "Prices"]


@dataclass(frozen=True, init=False)
class Price:
    """What the tokens of one model cost, for as many of them as `Prices.per` says.

    Amounts may be given as `Decimal`, text, int or float; `0.1` means a tenth.

    Args:
        input: Of input tokens that were neither in the provider's cache nor written to it.
        output: Of output tokens, reasoning included.
        cached_input: Of input tokens that came from the cache; None is the price of input.
        cache_write_input: Of input tokens that were written to the cache; None is the price of input.

    Raises:
        TypeError: An amount is no number.
        ValueError: An amount is negative, or is not finite.
    """

    input: Decimal
    output: Decimal
    cached_input: Decimal
    cache_write_input: Decimal

    def __init__(
        self,
        *,
        input: Amount,  # noqa: A002 - the word of every price list
        output: Amount,
        cached_input: Amount | None = None,
        cache_write_input: Amount | None = None,
    ) -> None:
        plain = _amount("input", input)
        values = {
            "input": plain,
            "output": _amount("output", output),
            "cached_input": plain if cached_input is None else _amount("cached_input", cached_input),
            "cache_write_input": (
                plain if cache_write_input is None else _amount("cache_write_input", cache_write_input)
            ),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def of(self, usage: Usage) -> Decimal:
        """Return what this usage costs, for `per` = 1."""
        plain = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_input_tokens
        return (
            # A provider that counts cached tokens beside the input is not to make it cheaper.
            self.input * max(plain, 0)
            + self.cached_input * usage.cached_input_tokens
            + self.cache_write_input * usage.cache_write_input_tokens
            + self.output * usage.output_tokens
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """What usage costs by a table of prices: an estimate, and no bill.

    Attributes:
        amount: The sum.
        currency: As the table says it.
        by_model: The sum, told apart by model.
    """

    amount: Decimal
    currency: str
    by_model: Mapping[str | None, Decimal] = field(default_factory=dict[str | None, Decimal], hash=False)

    def __add__(self, other: Cost) -> Cost:
        """Add two costs.

        Raises:
            ValueError: They are in different currencies.
        """
        if self.currency != other.currency:
            raise ValueError(f"costs in {self.currency!r} and {other.currency!r} cannot be added")
        by_model = dict(self.by_model)
        for model, amount in other.by_model.items():
            by_model[model] = by_model.get(model, Decimal(0)) + amount
        return Cost(self.amount + other.amount, self.currency, by_model)

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


class Prices:
    """A table of prices, for estimates of cost.

    Args:
        table: The prices by model, by the names that the server has for them.
        currency: What they are in.
        per: How many tokens a price is for.
        default: The price of models that are not in the table, and of tokens whose model the server does not say.

    Raises:
        TypeError: Something in it is no price, or is no name of a model.
        ValueError: `per` is not positive, or there is no currency.
    """

    def __init__(
        self,
        table: Mapping[str, Price],
        *,
        currency: str = "USD",
        per: int = 1_000_000,
        default: Price | None = None,
    ) -> None:
        # A caller without a type checker may give anything.
        if not isinstance(cast("object", table), Mapping):
            raise TypeError(f"the table of prices must be a mapping, not {type(table).__name__!r}")
        for model, price in table.items():
            if not isinstance(cast("object", model), str):
                raise TypeError(f"the name of a model must be text, not {model!r}")
            _check_price(repr(model), price)
        if default is not None:
            _check_price("default", default)
        if isinstance(per, bool) or not isinstance(cast("object", per), int):
            raise TypeError(f"per must be an int, not {type(per).__name__!r}")
        if per <= 0:
            raise ValueError(f"per must be positive, not {per}")
        if not isinstance(cast("object", currency), str):
            raise TypeError(f"currency must be text, not {type(currency).__name__!r}")
        if not currency:
            raise ValueError("currency must not be empty")
        self._table = dict(table)
        self._default = default
        self._per = per
        self.currency = currency

    def __repr__(self) -> str:
        return f"Prices({sorted(self._table)}, currency={self.currency!r}, per={self._per})"

    def cost(self, used: TurnResult | UsageReport | Usage, *, model: str | None = None) -> Cost:
        """Estimate what usage costs.

        What is in `UsageReport.elsewhere` is not in it: the server does not say by which model that was.

        Args:
            used: The result of a turn, with its sub-agents; the usage of a client, a thread or a turn; or token
                counts, with their `model`.
            model: The model of token counts; for reports and results, which know it, that of tokens whose model the
                server did not say.

        Raises:
            PriceNotFoundError: A model has no price, and there is no default.
            TypeError: `used` is nothing that has a cost.
        """
        by_model = {
            name: self._price(name).of(usage) / self._per for name, usage in _by_model(used, model).items()
        }
        return Cost(sum(by_model.values(), Decimal(0)), self.currency, by_model)

    def _price(self, model: str | None) -> Price:
        price = self._default if model is None else self._table.get(model, self._default)
        if price is None:
            what = "tokens whose model the server did not say" if model is None else f"model {model!r}"
            raise PriceNotFoundError(
                f"there is no price for {what}: add it to the table, or give Prices a default",
                model=model,
                known=tuple(sorted(self._table)),
            )
        return price


def _by_model(used: TurnResult | UsageReport | Usage, model: str | None) -> dict[str | None, Usage]:
    if isinstance(used, TurnResult):
        used = used.usage_report
    if isinstance(used, Usage):
        return {model: used} if used != Usage() else {}
    if not isinstance(cast("object", used), UsageReport):
        raise TypeError(
            f"a cost is that of a TurnResult, a UsageReport or a Usage, not of {type(used).__name__!r}"
        )
    by_model = dict(used.by_model)
    if model is not None and None in by_model:
        by_model[model] = by_model.get(model, Usage()) + by_model.pop(None)
    return by_model


def _check_price(name: str, price: object) -> None:
    if not isinstance(price, Price):
        raise TypeError(f"the price of {name} must be a Price, not {type(price).__name__!r}")


def _amount(name: str, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float | str):
        raise TypeError(f"{name} must be a number, not {type(value).__name__!r}")
    try:
        # By way of text: the digits that were written are meant, not the binary fraction next to them.
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{name} must be a number, not {value!r}") from None
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{name} must be zero or more, not {value!r}")
    return amount
