"""The first rows of an export about which nothing is known, and where its header is."""

from collections.abc import Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final, get_args

from msgspec import Struct
from msgspec.structs import replace

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.csv_export import CsvExport, Record
from lxr.settlement.work.intake.day_headings import months_in, under_a_day
from lxr.settlement.work.intake.export import open_source
from lxr.settlement.work.intake.form import DateSystem, Form, Separator
from lxr.settlement.work.intake.header import HEADER_ROWS_MAX, HEADER_WITHIN, Header, Spans, header_of
from lxr.settlement.work.intake.neutral import as_it_was
from lxr.settlement.work.intake.passed_over import NoWork
from lxr.settlement.work.mapping_assistant.words import role_of

SAMPLE_ROWS_MAX: Final = 2_000
"""So many rows are looked at; the mapping that comes of it is proven with all."""
DAYS_LEAST: Final = 2
"""So many headings that look like days make a sheet with a column for each."""
SHOWN: Final = 5


class Sample(Struct, frozen=True):
    """What an export shows of itself.

    place: the file, and of a workbook the sheet. head: the rows down to the header's last. rows: those below it, as
    wide as it is, without totals and notes. spans: merged cells. months: those that stand above the header or in the
    sheet's title. days: of each column that is a day's, its place and what its heading says below the day. unseen: what
    a person should know of hidden rows and columns, and of formulas.
    """

    path: Path
    place: str
    form: Form
    header: Header
    head: tuple[Record, ...]
    rows: tuple[Record, ...]
    spans: Spans
    months: frozenset[str]
    date_system: DateSystem | None
    days: tuple[tuple[int, str], ...]
    unseen: tuple[Said, ...]


def read_sample(path: Path, *, sheet: str | None = None, header_row: int | None = None) -> Sample:
    """Read the first rows, and find the header: the row with the most known words.

    sheet: of a workbook with several. header_row: where it is known. Raises InputFault as open_source does, and for a
    file without rows; SheetNotStated for a workbook of several sheets.
    """
    form = Form(sheet=sheet)
    with open_source(path, form) as source:
        if isinstance(source, CsvExport):
            encoding = source.encoding
            candidates = [replace(form, encoding=encoding, separator=each) for each in get_args(Separator)]
        else:
            candidates = []
    found = [_first_rows(path, each) for each in candidates]
    if found:
        best = max(range(len(found)), key=lambda number: _known_in(found[number], header_row))
        form = candidates[best]
    return _sample(path, form, header_row)


def _first_rows(path: Path, form: Form) -> list[Record]:
    """Return the rows among which the header is; none where the file cannot be read so."""
    try:
        with open_source(path, form) as source, closing(source.records()) as records:
            return list(islice(records, HEADER_WITHIN))
    except InputFault:
        return []


def _known_in(rows: Sequence[Record], header_row: int | None) -> tuple[tuple[bool, int], int]:
    """Return how many columns the best row has that are known, and how many cells the widest one has."""
    starts = [row for row in rows if header_row in (None, row[0])]
    best = max((_known(header_of([row], {})) for row in starts), default=(False, 0))
    return best, max((len(cells) for _, cells in rows), default=0)


def _sample(path: Path, form: Form, header_row: int | None) -> Sample:
    with open_source(path, form) as source, closing(source.records()) as records:
        every = list(islice(records, SAMPLE_ROWS_MAX + HEADER_WITHIN))
        workbook = None if isinstance(source, CsvExport) else source
        merged = workbook.merged_spans if workbook else {}
        hidden_rows = [row for row, _ in every if workbook and workbook.is_hidden(row)]
        hidden = set(workbook.hidden_columns) if workbook else set()
    spans = {row: [each[:2] for each in of_row] for row, of_row in merged.items()}
    flawed = {place for _, cells in every for place, cell in enumerate(cells) if type(cell) is not str}
    held = [
        (row, tuple(cell if type(cell) is str else "" for cell in cells))
        for row, cells in every
        if "".join(cells).strip()
    ]
    if not held:
        raise InputFault(file=source.place, problem="is empty", expected="a header and at least one row")
    header = _header_among(source.place, held, header_row, spans)
    head = tuple(record for record in held if record[0] <= header.last)
    no_work = NoWork(range(len(header.names)), header.names, ())
    below = [(row, _as_wide(cells, len(header.names))) for row, cells in held[len(head) :]]
    rows = [(row, tuple(map(as_it_was, cells))) for row, cells in below if any(map(str.strip, cells))]
    rows = [record for record in rows if no_work.why(record[1]) is None]
    if not rows:
        raise InputFault(file=source.place, problem="has no data rows", expected="at least one row below the header")
    above = [cell for row, cells in head if row < header.first for cell in cells]
    title = source.place.rpartition(", sheet ")[2] if workbook else ""
    return Sample(
        path=path,
        place=source.place,
        form=form,
        header=header,
        head=head,
        rows=tuple(rows[:SAMPLE_ROWS_MAX]),
        spans=spans,
        months=frozenset(f"{month:%Y-%m}" for text in (*above, title) for month in months_in(text)),
        date_system=workbook.date_system if workbook else None,
        days=_days(header),
        unseen=tuple(_unseen(header, hidden_rows, hidden, flawed)),
    )


def _header_among(place: str, rows: Sequence[Record], stated: int | None, spans: Spans) -> Header:
    """Return the header: the row with the most known words, and the rows of titles that go on below it."""
    starts = [number for number, (row, _) in enumerate(rows[:HEADER_WITHIN]) if stated in (None, row)]
    if not starts:
        problem = Said("row {row}, the header that the mapping states, is empty", row=stated)
        raise InputFault(file=place, field="header_row", problem=problem, expected="the row of the header")
    start = max(starts, key=lambda number: _known(header_of([rows[number]], spans)))
    depth = 1
    while depth < HEADER_ROWS_MAX and start + depth < len(rows) and _goes_on(rows[start], rows[start + depth]):
        depth += 1
    return header_of(rows[start : start + depth], spans)


def _known(header: Header) -> tuple[bool, int]:
    """Return whether a header has a worker's column, and how many are known: by a word, or by the day they name."""
    roles = [role_of(path) for path in header.paths]
    words = sum(role != "other" for role in roles)
    days = sum(under_a_day(path) is not None for path in header.paths)
    return "worker" in roles, words + (days if words else 0)


def _goes_on(first: Record, row: Record) -> bool:
    """Whether a row has titles under groups: nothing where the first has a worker's column, and no number."""
    cells = [cell.strip() for cell in row[1]]
    workers = [place for place, cell in enumerate(first[1]) if role_of((cell.strip(),)) in ("worker", "id")]
    filled = [cell for cell in cells if cell]
    return (
        bool(workers)
        and not any(cells[place] for place in workers if place < len(cells))
        and len(filled) >= DAYS_LEAST
        and not any(character.isdecimal() for cell in filled for character in cell)
        and not any(cell in ("合计", "总计", "小计", "Total", "total") for cell in filled)
    )


def _days(header: Header) -> tuple[tuple[int, str], ...]:
    found = [(place, below) for place, path in enumerate(header.paths) if (below := under_a_day(path)) is not None]
    parts = {below for _, below in found}
    return tuple(found) if len(found) >= DAYS_LEAST * len(parts) else ()


def _as_wide(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    return (*cells, *[""] * (width - len(cells)))[:width]


def _unseen(header: Header, rows: Sequence[int], columns: set[int], flawed: set[int]) -> list[Said]:
    """Return what nobody sees in the sheet, or is no value: it is refused where the mapping uses it."""
    found = []
    hidden = [name for place, name in enumerate(header.names, 1) if place in columns]
    formulas = [name for place, name in enumerate(header.names) if place in flawed]
    if hidden:
        found.append(Said("hidden columns: {names}", names=", ".join(hidden)))
    if rows:
        found.append(
            Said("{count} hidden rows: {rows}", count=len(rows), rows=", ".join(str(row) for row in rows[:SHOWN]))
        )
    if formulas:
        found.append(Said("columns with formulas or errors: {names}", names=", ".join(formulas)))
    return found
