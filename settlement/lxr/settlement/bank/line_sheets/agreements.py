"""What union and employers agree to in a sheet: exactly what was exported, and nothing that the bank has said since."""

from pathlib import Path
from typing import Final

from msgspec.structs import replace

from lxr.chaincode.assignments import AgreeLine, ConsentLine
from lxr.chaincode.caller import EMPLOYER, UNION
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.custody_records import Booking, assignment_digest, bookings
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement import request_ids
from lxr.settlement.bank.line_commands import LineRequest
from lxr.settlement.bank.line_sheets.columns import COMPARED, YES
from lxr.settlement.bank.line_sheets.reading import SheetRow, read_sheet
from lxr.settlement.bank.line_sheets.rows import by_line, refuse_other_facts
from lxr.settlement.bank.line_sheets.sending import Asked, Checked, checked
from lxr.settlement.bank.statement_lines import plain
from lxr.settlement.errors import InputFault
from lxr.settlement.permissions import gives

_YES: Final = frozenset({plain(YES.en), plain(YES.zh), "是"})


@gives(AgreeLine)
def check_agreements(treasurer: Client, custody: str, path: Path) -> Checked:
    """Return what a sheet asks the union to agree to, all of it checked and tried.

    Raises InputFault: as `read_sheet`.
    """
    return _check(treasurer, custody, path, None)


@gives(ConsentLine)
def check_consents(signer: Client, custody: str, employer: str, path: Path) -> Checked:
    """Return what a sheet asks an employer to agree to, see `check_agreements`."""
    return _check(signer, custody, path, employer)


def _check(client: Client, custody: str, path: Path, employer: str | None) -> Checked:
    sheet = read_sheet(path, (*COMPARED, "agree", "content"), ("agree",))
    rows, faults = by_line(sheet.rows)
    faults += sheet.faults
    booked = {booking.line.key: booking for _, booking in client.scan(bookings, custody)}
    asked: list[Asked] = []
    done = 0
    for key, row in rows.items():
        try:
            each = _agreed(row, custody, booked.get(key), employer)
        except InputFault as fault:
            faults.append(fault)
            continue
        if each is None:
            done += 1
        else:
            asked.append(each)
    return checked(client, asked, done, faults)


def _agreed(row: SheetRow, custody: str, booking: Booking | None, employer: str | None) -> Asked | None:
    """Return what a row asks for; None: it is done. Raises InputFault."""
    if plain(row["agree"]) not in _YES:
        raise row.cell_fault("agree", "is neither yes nor empty", Said("{yes}, or nothing", yes=YES))
    if booking is None or booking.proposal is None:
        raise row.cell_fault("line", "is no line of which the bank says what it is", "the line as it was exported")
    said = booking.proposal
    as_waiting = booking if booking.kind == "waiting" else replace(booking, waiting_fen=booking.standing_fen)
    content = assignment_digest(custody, as_waiting, said.target)
    if plain(row["content"]) != plain(content):
        raise row.cell_fault("content", "the line or what the bank says of it is not what was exported", "a new export")
    refuse_other_facts(row, booking, as_waiting.waiting_fen, said=True)
    if employer is not None and said.charged != employer:
        raise row.cell_fault("line", Said("takes nothing of {employer}", employer=employer), "a line that does")
    if (UNION if employer is None else EMPLOYER) in said.agreed:
        return None
    line = booking.line
    what = "agree" if employer is None else "consent"

    def command(request_id: str) -> AnyCommand:
        day, reference = line.day, line.booking
        if employer is None:
            return AgreeLine(request_id=request_id, custody=custody, day=day, booking=reference, digest=content)
        return ConsentLine(
            request_id=request_id, employer=employer, custody=custody, day=day, booking=reference, digest=content
        )

    return row, LineRequest(request_ids.line(what, custody, line.day, line.booking, content), command)
