"""A table whose layout is known: what stands above its header, and one line of the account for each of its entries."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from hashlib import sha256
from typing import Final

from lxr.node.said import Said
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.formats.plugin import ENTRIES_MAX
from lxr.settlement.bank.formats.tables.amounts import amount_of, has_word
from lxr.settlement.bank.formats.tables.cells import account_of, day_of, fen_of, moment_of, text_of
from lxr.settlement.bank.formats.tables.extract import TableLine
from lxr.settlement.bank.formats.tables.grid import Grid
from lxr.settlement.bank.formats.tables.layout import Layout
from lxr.settlement.bank.formats.tables.rows import Row
from lxr.settlement.bank.model import Entry
from lxr.settlement.bank.statement_lines import canonical
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.cells import NOBODY, CellFault, read_ref, reads
from lxr.settlement.work.intake.dates import DateRules
from lxr.settlement.work.intake.widths import title_of


class Table:
    """One table while it is read. account: what it says, empty as long as nothing says it."""

    def __init__(self, grid: Grid, layout: Layout, header: Row) -> None:
        """Raise InputFault: nobody sees the header, or a column that is used, or one is there twice."""
        self._grid: Final = grid
        self._layout: Final = layout
        self._titles: Final = [title_of(cell) for cell in header.cells]
        self._heading: Final = [title for title in self._titles if title]
        self._width: Final = max((place for place, title in enumerate(self._titles, 1) if title), default=0)
        self._rules: Final = DateRules(layout.date_format, grid.date_system)
        self._merged: Final = _ranges([(each.first_row, each.last_row) for each in grid.merged
                                       if each.first_column < self._width])  # fmt: skip
        self.account = ""
        currency = layout.currency
        in_header = next((each for each in currency.labels if title_of(each) in self._titles), None)
        self._currency: Final = currency.column or in_header
        self._refuse_unseen(header)
        used = [*layout.columns, *([self._currency] if self._currency else [])]
        self._places: Final = {column: self._titles.index(title_of(column)) for column in used}
        for column, place in self._places.items():
            if self._titles.count(self._titles[place]) > 1:
                raise self._fault(header, column, "is there twice", "each column once")
            if place in grid.hidden_columns:
                raise self._fault(header, column, "is hidden", "a column that people can see")

    def read_above(self, rows: Sequence[Row]) -> None:
        """Take the account from the rows above the header, and see that a currency there is CNY. Raises InputFault."""
        for row in rows:
            for _, value in _labelled(row, self._layout.account.labels):
                self._take_account(row, None, account_of(value))
            for label, value in _labelled(row, self._layout.currency.labels):
                self._check_currency(row, label, value)

    def lines(self, rows: Iterable[Row]) -> list[TableLine]:
        """Return the entries below the header, as the table has them. Raises InputFault as `read` does."""
        found: list[TableLine] = []
        numbers: dict[tuple[date, str], int] = {}
        for row in rows:
            if self._is_no_entry(row):
                continue
            if len(found) == ENTRIES_MAX:
                raise self._fault(row, None, Said("more than {most} entries", most=ENTRIES_MAX), "a shorter time")
            self._refuse_unseen(row)
            try:
                line = self._line(row)
            except CellFault as fault:
                raise self._fault(row, fault.column, fault.problem, fault.expected) from None
            if line.serial is not None and not self._layout.serial_shared:
                first = numbers.setdefault((line.day, line.serial), row.number)
                if first != row.number:
                    raise self._fault(
                        row,
                        self._layout.serial,
                        Said("is that of row {first} too", first=first),
                        "a number for each entry of a day, or serial_shared in a layout of your own",
                    )
            found.append(line)
        if not self.account:
            labels = ", ".join(self._layout.account.labels)
            problem = "names no account" if found or not self._layout.account.column else "has no entries"
            expected = (
                Said("the account above the header, beside one of: {labels}", labels=labels) if labels else "entries"
            )
            raise InputFault(file=self._grid.place, problem=problem, expected=expected)
        return found

    def _is_no_entry(self, row: Row) -> bool:
        """Whether a row is empty, one remark, totals, or the header of a further page."""
        said = [text_of(cell) for cell in row.cells if cell.strip()]
        if len(said) < 2:
            return True
        if len(said) == len(self._heading) and [title_of(cell) for cell in said] == self._heading:
            return True
        return said[0].startswith(self._layout.totals) and self._moment_or_none(row) is None

    def _moment_or_none(self, row: Row) -> tuple[date, time | None] | None:
        try:
            return self._moment(row)
        except CellFault:
            return None

    def _line(self, row: Row) -> TableLine:
        layout = self._layout
        if any(cell.strip() for cell in row.cells[self._width :]):
            raise CellFault("", "has more cells than the header", "separators within a text in quotes")
        day, moment = self._moment(row)
        if self._currency is not None:
            self._check_currency(row, self._currency, self._cell(row, self._currency))
        if layout.account.column is not None:
            self._take_account(row, layout.account.column, account_of(self._cell(row, layout.account.column)))
        amount = amount_of(layout.amounts, layout.blank, lambda column: self._cell(row, column))
        balance_fen = fen_of(layout.balance, self._cell(row, layout.balance))
        if balance_fen is None:
            raise CellFault(layout.balance, "is blank", "the balance after the entry")
        value_day = (
            day_of(layout.value_day, self._cell(row, layout.value_day), self._rules) if layout.value_day else None
        )
        account = texts.cleaned(account_of(self._optional(row, layout.counterparty_account)), texts.ACCOUNT_MAX)
        if "E+" in account:  # a spreadsheet has rounded it: it is nobody's
            account = ""
        entry = Entry(
            amount_fen=abs(amount.signed_fen),
            credit=amount.signed_fen > 0,
            reversal=amount.red_letter or self._is_reversal(row),
            booking_date=day,
            value_date=value_day or day,
            bank_ref="",
            end_to_end_id=texts.cleaned(text_of(self._optional(row, layout.own_reference)), texts.REFERENCE_MAX)
            or None,
            counterparty_name=texts.cleaned(text_of(self._optional(row, layout.counterparty_name)), texts.NAME_MAX),
            counterparty_account=account,
            return_reason=None,
            remittance=self._words(row, layout.remittance),
            bank_text=self._words(row, layout.bank_text),
        )
        return TableLine(row.number, entry, moment, balance_fen, self._serial(row))

    def _moment(self, row: Row) -> tuple[date, time | None]:
        """Return the day on which an entry is booked, and the time of day where there is one."""
        day_column, time_column = self._layout.day, self._layout.time
        day, clock = moment_of(day_column, self._cell(row, day_column), self._rules) if day_column else (None, None)
        if time_column:
            day_of_time, time_of_day = moment_of(time_column, self._cell(row, time_column), self._rules)
            day, clock = day or day_of_time, time_of_day or clock
        if day is None:
            raise CellFault(day_column or time_column or "", "has no day", "a date like 2026-08-03")
        return day, clock

    def _serial(self, row: Row) -> str | None:
        column = self._layout.serial
        cell = "" if column is None else self._cell(row, column).strip()
        if column is None or not cell or cell.lower() in NOBODY:
            return None
        number = canonical(read_ref(column, cell.removeprefix("'")))
        digest = sha256(number.encode()).hexdigest()[:8].upper()
        return number if len(number) <= texts.REFERENCE_MAX else f"{number[:26]}-{digest}"

    def _is_reversal(self, row: Row) -> bool:
        marks = self._layout.reversal
        cell = "" if marks is None else self._cell(row, marks.column)
        if marks is None or not cell.strip() or has_word(cell, marks.no):
            return False
        if not has_word(cell, marks.yes):
            raise CellFault(marks.column, reads(cell), Said("one of {words}", words=", ".join((*marks.yes, *marks.no))))
        return True

    def _take_account(self, row: Row, column: str | None, account: str) -> None:
        if texts.ACCOUNT.pattern.fullmatch(account) is None:
            raise self._fault(row, column, Said("names the account {account}", account=account), texts.ACCOUNT.expected)
        if self.account and account != self.account:
            problem = Said("names the account {account}", account=account)
            raise self._fault(row, column, problem, Said("account {custody}", custody=self.account))
        self.account = account

    def _check_currency(self, row: Row, column: str, cell: str) -> None:
        if not has_word(cell, self._layout.currency.words):
            raise self._fault(row, column, reads(cell), ", ".join(self._layout.currency.words))

    def _words(self, row: Row, columns: Sequence[str]) -> str:
        return texts.both_ends(
            " ".join(filter(None, (text_of(self._cell(row, each)) for each in columns))), texts.WORDS_MAX
        )

    def _optional(self, row: Row, column: str | None) -> str:
        return "" if column is None else self._cell(row, column)

    def _cell(self, row: Row, column: str) -> str:
        place = self._places[column]
        return row.cells[place] if place < len(row.cells) else ""

    def _refuse_unseen(self, row: Row) -> None:
        """Raise InputFault: nobody sees the row, or cells of it are merged."""
        if row.hidden:
            raise self._fault(row, None, "is hidden", "a row that people can see")
        place = bisect_right(self._merged, (row.number, 1 << 30)) - 1
        if place >= 0 and row.number <= self._merged[place][1]:
            raise self._fault(row, None, "has merged cells", "each cell by itself")

    def _fault(self, row: Row, column: str | None, problem: str | Said, expected: str | Said) -> InputFault:
        place = self._grid.place
        return InputFault(file=place, row=row.number, field=column or None, problem=problem, expected=expected)


def _labelled(row: Row, labels: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each label in a row with what it labels: the rest of its word behind a colon, or the next word."""
    words = title_of_each(row)
    for place, word in enumerate(words):
        for label in labels:
            rest = word.removeprefix(label)
            following = words[place + 1] if place + 1 < len(words) else ""
            if rest == word:
                continue
            if rest.strip(":"):
                if rest.startswith(":") or rest[0].isdecimal():
                    yield label, rest.strip(":")
                    break
            elif following:
                yield label, following.removeprefix(":")
                break


def title_of_each(row: Row) -> list[str]:
    """Return the words of a row, full-width signs as the others, without blanks."""
    return [title_of(word) for cell in row.cells for word in cell.split()]


def _ranges(found: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the rows that some of these ranges have, as ranges in order that do not touch."""
    ranges: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if ranges and first <= ranges[-1][1]:
            ranges[-1] = ranges[-1][0], max(ranges[-1][1], last)
        else:
            ranges.append((first, last))
    return ranges
