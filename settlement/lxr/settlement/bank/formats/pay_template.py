"""The template of a bank's table for paying wages (代发工资): its columns, its texts, and the results it sends back."""

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct
from msgspec import field as toml

from lxr.settlement.work.intake.form import Separator

Title = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^\S([^\r\n\t]*\S)?\Z")]
Text = Annotated[str, Meta(max_length=200, pattern=r"^[^\r\n\t\x00]*\Z")]
Reason = Annotated[str, Meta(pattern=r"^[A-Z0-9]{4}\Z")]
Field = Literal["sequence", "order", "account", "name", "amount", "bank_code", "bank_name", "same_bank", "remittance"]
"""Of a payment: its place from 1, our id of it, the payee's account, name, sum in yuan, the CNAPS code and the name of
the payee's bank, whether that is the bank that pays, and the text that goes with it."""
ONCE: Final[tuple[Field, ...]] = ("account", "name", "amount")
"""What every template has."""
_OF_THE_FILE: Final = ("count", "total", "date", "message_id", "debtor_name", "debtor_account")
"""What a line above or below may say of the whole file, in braces."""
_NAMED: Final = re.compile(r"{([^{}]*)}")


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """One column: a field of each payment, or a text that is the same in each.

    number: its cells are numbers, in a workbook; of sequence and amount alone, for a card's number loses its last
    figures. before: what stands before the value, so that a spreadsheet takes it for a text. words: of same_bank, for
    yes and no. most: characters that the bank takes.
    """

    title: Title
    field: Field | None = None
    text: Text | None = None
    number: bool = False
    before: Literal["", "'", "\t"] = ""
    words: tuple[Text, Text] | None = None
    most: Annotated[int, Meta(ge=1, le=140)] = 140

    def __post_init__(self) -> None:
        if (self.field is None) == (self.text is None):
            raise ValueError(f"column {self.title}: expected either `field` or `text`")
        if self.number and self.field not in ("sequence", "amount"):
            raise ValueError(f"column {self.title}: expected `number` with sequence or amount alone")
        if (self.words is not None) != (self.field == "same_bank"):
            raise ValueError(f"column {self.title}: expected `words` with same_bank, and with that alone")


class Results(Struct, frozen=True, forbid_unknown_fields=True):
    """The list that comes back: its titles, what a state is called, and the ISO reason of each of the bank's reasons.

    order: the column with our id; without it a row is known by account, name and amount. pending: states of payments
    that the bank still works on: such a list is read again later. any_reason: the ISO reason of whatever the table of
    reasons has not; without it an unknown reason is a fault.
    """

    account: Title
    name: Title
    amount: Title
    state: Title
    paid: Annotated[tuple[Text, ...], Meta(min_length=1)]
    failed: Annotated[tuple[Text, ...], Meta(min_length=1)]
    order: Title | None = None
    reason: Title | None = None
    pending: tuple[Text, ...] = ()
    reasons: dict[str, Reason] = {}
    any_reason: Reason | None = None

    def __post_init__(self) -> None:
        states = (*self.paid, *self.failed, *self.pending)
        if len(set(states)) < len(states):
            raise ValueError("one state has two meanings among paid, failed and pending")

    @property
    def titles(self) -> tuple[str, ...]:
        """All columns that the list must have."""
        every = (self.account, self.name, self.amount, self.state, self.order, self.reason)
        return tuple(title for title in every if title is not None)


class Template(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole template. about: what it is, and where it was seen.

    above, below: lines before the titles and after the payments, where {count}, {total}, {date}, {message_id},
    {debtor_name} and {debtor_account} stand for what the file says. ending: of the file's name. quotes: whether a cell
    with a separator may stand in quotes; where the bank knows none, it is refused.
    """

    about: Annotated[str, Meta(min_length=1)]
    file: Literal["text", "workbook"]
    ending: Literal[".csv", ".txt", ".xlsx"]
    columns: Annotated[tuple[Column, ...], Meta(min_length=3)] = toml(name="column")
    encoding: Literal["gb18030", "utf-8"] = "gb18030"
    mark: bool = False
    separator: Separator = ","
    line_end: Literal["crlf", "lf"] = "crlf"
    quotes: bool = True
    titles: bool = True
    sheet: Title = "Sheet1"
    above: tuple[tuple[Text, ...], ...] = ()
    below: tuple[tuple[Text, ...], ...] = ()
    results: Results | None = None

    def __post_init__(self) -> None:
        fields = [column.field for column in self.columns if column.field is not None]
        if len(set(fields)) < len(fields):
            raise ValueError("two columns have one field")
        if missing := [name for name in ONCE if name not in fields]:
            raise ValueError(f"no column has the field {missing[0]}")
        titles = [column.title for column in self.columns]
        if len(set(titles)) < len(titles):
            raise ValueError("two columns have one title")
        if (self.file == "workbook") != (self.ending == ".xlsx"):
            raise ValueError("expected .xlsx of a workbook, and of that alone")
        if self.mark and self.encoding != "utf-8":
            raise ValueError("expected `mark` with utf-8 alone")
        for cell in self._outside():
            for name in _NAMED.findall(cell):
                if name not in _OF_THE_FILE:
                    raise ValueError(f"{{{name}}} is unknown; expected one of {', '.join(_OF_THE_FILE)}")
        if not all(any(line) for line in self.below):
            raise ValueError("a line below the payments is empty")

    def column_of(self, field: Field) -> int | None:
        """Return the place of a field's column, from 0; None: it has none."""
        return next((place for place, column in enumerate(self.columns) if column.field == field), None)

    def _outside(self) -> Iterator[str]:
        for line in (*self.above, *self.below):
            yield from line


def filled(cell: str, said: dict[str, str]) -> str:
    """Return a cell of a line above or below with what the file says."""
    return _NAMED.sub(lambda found: said[found[1]], cell)
