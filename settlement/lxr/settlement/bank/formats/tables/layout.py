"""A layout: which column of a bank's table means what. One TOML file for each kind of table, ours or the user's own."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from lxr.settlement.errors import InputFault
from lxr.settlement.messages.validation import of_validation
from lxr.settlement.toml_file import read_toml, toml_of
from lxr.settlement.work.intake.dates import DateFormat

Column = Annotated[str, Meta(min_length=1, max_length=100)]
Word = Annotated[str, Meta(min_length=1, max_length=40)]
Order = Literal["oldest_first", "newest_first"]


class Amounts(Struct, frozen=True, forbid_unknown_fields=True):
    """Where amounts stand: in one column for each direction, or in one for both, whose flag says the direction.

    debit: money went. flag beside debit and credit has to agree with them. debit_flags, credit_flags: what it may read.
    negative: what an amount below zero means: a fault, or a red-letter entry (红字冲正), which goes the other way and
    takes an entry back.
    """

    debit: Column | None = None
    credit: Column | None = None
    amount: Column | None = None
    flag: Column | None = None
    debit_flags: tuple[Word, ...] = ("借", "借方", "D", "DBIT")
    credit_flags: tuple[Word, ...] = ("贷", "贷方", "C", "CRDT")
    negative: Literal["refused", "red_letter"] = "refused"

    def __post_init__(self) -> None:
        two = self.debit is not None and self.credit is not None and self.amount is None
        one = self.amount is not None and self.flag is not None and self.debit is None and self.credit is None
        if not two and not one:
            raise ValueError("expected either `debit` and `credit`, or `amount` and `flag`")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in which an amount may stand."""
        return tuple(each for each in (self.debit, self.credit, self.amount) if each is not None)


class Account(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the account stands: in a column, or above the header, in a cell that begins with a label or after it."""

    column: Column | None = None
    labels: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        if (self.column is None) == (not self.labels):
            raise ValueError("expected either `column` or `labels`, to say where the account stands")


class Currency(Struct, frozen=True, forbid_unknown_fields=True):
    """What says the currency, and how it says CNY: a column, one that has a label for its title, or a line above."""

    column: Column | None = None
    words: tuple[Word, ...] = ("人民币", "人民币元", "CNY", "RMB")
    labels: tuple[Word, ...] = ("币种", "币别", "货币")


class Reversal(Struct, frozen=True, forbid_unknown_fields=True):
    """A column that marks entries by which the bank takes one back (冲账标志). Blank is no mark."""

    column: Column
    yes: tuple[Word, ...]
    no: tuple[Word, ...] = ()


class Layout(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of table. Its header has every column that is named here, and `titles`, which tell it from others.

    day, time: when an entry was booked; either may have both, and the day counts where both have one. serial: the
    bank's own number of an entry, unique in its day unless serial_shared. own_reference: the payer's reference.
    remittance: the payer's own words; bank_text: what the bank says. blank: what else stands for no amount. totals:
    how rows begin that are no entries. order: only needed where neither times nor balances tell.
    """

    bank: Word
    balance: Column
    amounts: Amounts
    account: Account
    note: str = ""
    titles: tuple[Column, ...] = ()
    day: Column | None = None
    time: Column | None = None
    value_day: Column | None = None
    currency: Currency = Currency()
    serial: Column | None = None
    serial_shared: bool = False
    own_reference: Column | None = None
    counterparty_name: Column | None = None
    counterparty_account: Column | None = None
    remittance: tuple[Column, ...] = ()
    bank_text: tuple[Column, ...] = ()
    reversal: Reversal | None = None
    blank: tuple[Word, ...] = ()
    totals: tuple[Word, ...] = ("合计", "总计", "小计", "累计", "本页", "借方合计", "贷方合计")
    order: Order | None = None
    date_format: DateFormat | None = None

    def __post_init__(self) -> None:
        if self.day is None and self.time is None:
            raise ValueError("expected `day` or `time`, to say when an entry was booked")

    @property
    def columns(self) -> frozenset[str]:
        """Every title that the header must have."""
        amounts = self.amounts
        named = (
            *(self.balance, self.day, self.time, self.value_day, self.serial, self.own_reference),
            *(self.counterparty_name, self.counterparty_account, self.account.column),
            *(amounts.debit, amounts.credit, amounts.amount, amounts.flag),
            *(self.currency.column, None if self.reversal is None else self.reversal.column),
        )
        return frozenset(each for each in (*named, *self.remittance, *self.bank_text, *self.titles) if each is not None)


def load_layout(path: Path) -> Layout:
    """Read a layout of the user's own. Raises InputFault, naming what is missing, unknown or malformed."""
    return _layout(str(path), read_toml(path))


@cache
def shipped() -> tuple[Layout, ...]:
    """Return the layouts that come with the product."""
    return tuple(_layout(name, toml_of(data, name)) for name, data in _shipped_files())


def _shipped_files() -> Iterator[tuple[str, bytes]]:
    folder: Final = files("lxr.settlement").joinpath("data/banks")
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_bytes()


def _layout(name: str, tree: dict[str, Any]) -> Layout:
    try:
        return msgspec.convert(tree, Layout, strict=True)
    except msgspec.ValidationError as fault:
        raise InputFault(file=name, problem=of_validation(fault)) from None
