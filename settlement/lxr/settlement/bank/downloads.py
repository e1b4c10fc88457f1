"""Tables that the bank's portal exports, on their way to the ledger: what of a download is not there yet."""

from collections.abc import Iterator, Sequence
from datetime import date, time
from pathlib import Path

from lxr.chaincode.custody_records import bookings, custodies, statements
from lxr.chaincode.statements import BookStatement
from lxr.node.client import Client
from lxr.settlement.bank.desk import ImportReport, import_given
from lxr.settlement.bank.formats import mt940
from lxr.settlement.bank.formats.plugin import HEAD_BYTES
from lxr.settlement.bank.formats.tables.extract import Extract, L, TableLine
from lxr.settlement.bank.formats.tables.grid import BYTES_MAX, is_other_xml
from lxr.settlement.bank.formats.tables.layout import Layout, shipped
from lxr.settlement.bank.formats.tables.reader import read
from lxr.settlement.bank.formats.tables.rest import rest_of
from lxr.settlement.bank.model import Statement
from lxr.settlement.bank.statement_files import Given, OtherAccount, Source
from lxr.settlement.files import read_bounded, read_head
from lxr.settlement.permissions import gives


def is_table(head: bytes) -> bool:
    """Return whether a file that begins so is to be read as a table: everything but MT940, and XML of other kinds."""
    return bool(head.strip()) and not mt940.recognises(head) and not is_other_xml(head)


def tables_among(paths: Sequence[Path]) -> list[Path]:
    """Return those of the files that are to be read as tables, by what they begin with; a pipe is none of them.

    Raises InputFault: one cannot be read.
    """
    return [path for path in paths if path.is_file() and is_table(read_head(path, HEAD_BYTES))]


@gives(BookStatement)
def import_downloads(
    teller: Client, custody: str, paths: Sequence[Path], layout: Layout | None = None, *, unaccepted: bool = False
) -> Iterator[ImportReport]:
    """Book what tables say that is not on the ledger, day by day, each table once all before it are booked.

    What of them is there already is left out: the same tables again book nothing. Raises InputFault: as
    `read_download`, `new_statements` and `import_given`. Refuses: as BookStatement.
    """
    extracts = {path: read_download(path, custody, layout) for path in paths}
    for extract in in_order(list(extracts.values())):
        path = next(path for path, each in extracts.items() if each is extract)
        for statement in new_statements(teller, custody, extract):
            given = Given(Source(path.name, (path,)), statement)
            yield import_given(teller, custody, given, unaccepted=unaccepted)


def read_download(path: Path, custody: str, layout: Layout | None = None) -> Extract[TableLine]:
    """Read a table of the custody account, by the user's own layout or by those that we ship.

    Raises InputFault: as `read`, or a table of another account.
    """
    extract = read(read_bounded(path, BYTES_MAX), path.name, shipped() if layout is None else (layout,))
    if extract.account != custody:
        raise OtherAccount(path.name, extract.account, custody)
    return extract


def new_statements(client: Client, custody: str, extract: Extract[TableLine]) -> tuple[Statement, ...]:
    """Return what a download says that is not on the ledger, as statements that can be booked, one for each day.

    A statement whose booking broke off is none of the ledger's: it comes again whole, and its booking goes on, by
    whatever download has its lines. Raises InputFault: as `rest_of`.
    """
    with client.ledger.snapshot():
        account = client.need(custodies, custody)
        begun = client.get(statements, custody, account.statements + 1)
        booked = {
            f"{day}/{reference}": booking.line
            for day in sorted({line.day for line in extract.lines})
            for (_, _, reference), booking in client.scan(bookings, custody, day)
            if booking.statement <= account.statements
        }
    return rest_of(extract, booked, account.closing_day, account.closing_fen, begun)


def in_order(extracts: Sequence[Extract[L]]) -> list[Extract[L]]:
    """Return downloads by their first lines: in this order each joins what those before it have brought."""

    def begins(extract: Extract[L]) -> tuple[date, time]:
        first = extract.lines[0] if extract.lines else None
        return (date.min, time()) if first is None else (first.day, first.time or time())

    return sorted(extracts, key=begins)
