"""The sheets that people get: a row for each waiting line that is theirs to decide."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from lxr.chaincode.caller import EMPLOYER, UNION
from lxr.chaincode.custody_records import Booking, assignment_digest, custodies
from lxr.chaincode.lines import Target
from lxr.node.client import Client
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.line_sheets.columns import OF_THE_BANK, OF_WHO_AGREES, WHAT, Column
from lxr.settlement.bank.line_sheets.rows import shown
from lxr.settlement.bank.line_sheets.writing import Cell, workbook_of
from lxr.settlement.bank.matching.evidence import read_evidence
from lxr.settlement.bank.matching.known import read_known
from lxr.settlement.bank.matching.payees import HeldFiles
from lxr.settlement.bank.model import Statement
from lxr.settlement.bank.proposals import LineProposal, proposals_of
from lxr.settlement.files import write_private
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.catalogue import Language

PLUS: Final = "+"
"""Between the amounts of parts: a sum that is none, for it begins with a figure."""
Deciding = Callable[[Booking, LineProposal | None], Mapping[Column, Cell] | None]
"""What stands in the columns in which somebody decides about a line; None: the line is not theirs to decide."""


def export_for_bank(
    client: Client,
    custody: str,
    path: Path,
    language: Language,
    statements: Iterable[Statement] = (),
    files: HeldFiles | None = None,
) -> int:
    """Write all waiting lines for the bank's teller, with what is certain filled in; how many.

    What the bank has said already stands there instead. Raises InputFault: the file is there already.
    """

    def deciding(booking: Booking, proposal: LineProposal | None) -> Mapping[Column, Cell]:
        certain = None if proposal is None else proposal.target
        target = certain if booking.proposal is None else booking.proposal.target
        return {} if target is None else {"what": WHAT[target.what], "number": number_of(target)}

    return _export(client, custody, path, language, OF_THE_BANK, deciding, statements, files)


def export_for_union(
    client: Client,
    custody: str,
    path: Path,
    language: Language,
    statements: Iterable[Statement] = (),
    files: HeldFiles | None = None,
) -> int:
    """Write the lines of which the bank says what they are and the union has not agreed; how many.

    Raises InputFault: the file is there already.
    """
    return _export(client, custody, path, language, OF_WHO_AGREES, _agreeing(custody, UNION, None), statements, files)


def export_for_employer(client: Client, custody: str, employer: str, path: Path, language: Language) -> int:
    """Write the lines that the bank says take this employer's money, without what files say; how many.

    Raises InputFault.
    """
    return _export(client, custody, path, language, OF_WHO_AGREES, _agreeing(custody, EMPLOYER, employer), (), None)


def number_of(target: Target) -> str:
    """Return what stands beside the word for what a line is: a number, amounts, or nothing."""
    if target.what == "parts":
        return PLUS.join(texts.yuan(fen) for fen in target.parts_fen)
    return "" if target.what == "platform" else target.number


def _agreeing(custody: str, organisation: str, employer: str | None) -> Deciding:
    def deciding(booking: Booking, proposal: LineProposal | None) -> Mapping[Column, Cell] | None:
        said = booking.proposal
        if said is None or organisation in said.agreed or (employer is not None and said.charged != employer):
            return None
        certain = None if proposal is None else proposal.target
        same = "" if certain is None else Words("yes", "是") if certain == said.target else Words("no", "否")
        return {"same": same, "content": assignment_digest(custody, booking, said.target)}

    return deciding


def _export(
    client: Client,
    custody: str,
    path: Path,
    language: Language,
    columns: Sequence[Column],
    deciding: Deciding,
    statements: Iterable[Statement],
    files: HeldFiles | None,
) -> int:
    known = read_known(client, custody)
    evidence = read_evidence(known, statements)
    proposals = {each.line: each for each in proposals_of(client, known, evidence, files)}
    until = client.need(custodies, custody).closing_day
    rows: list[Mapping[Column, Cell]] = []
    for key, booking in known.booked.items():
        proposal = proposals.get(key)
        decided = deciding(booking, proposal) if booking.kind == "waiting" else None
        if decided is not None:
            rows.append({**shown(booking, until, evidence, proposal), **decided})
    write_private(path, workbook_of(columns, rows, language))
    return len(rows)
