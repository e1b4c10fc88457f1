"""An employer's people: from its roster into the store of persons, and from there onto the ledger.

A bank account here is a worker's own card, so it must pass its check digit; accounts of firms often do not.
No fault shows a cell: whose it is nobody knows where columns are mixed up.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct
from msgspec.structs import replace
from stdnum import luhn

from lxr.chaincode.founding import Predecessor
from lxr.chaincode.registration import AddWorkers, worker_number
from lxr.chaincode.workers import workers
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement import request_ids
from lxr.settlement.bank.formats import texts
from lxr.settlement.errors import InputFault, PeopleFault
from lxr.settlement.lookups import ledger_of, submit_own
from lxr.settlement.parts import in_parts
from lxr.settlement.people.known_rows import KeptAsBefore, kept_as_before
from lxr.settlement.people.person import Account, Person, commitment, new_salt
from lxr.settlement.people.roster_mapping import HEADINGS, RosterMapping, recognised
from lxr.settlement.people.shared_cards import refuse_other_name
from lxr.settlement.work.intake.cells import CellFault, is_rounded, read_ref, unguarded
from lxr.settlement.work.intake.export import open_export
from lxr.settlement.work.intake.form import Form
from lxr.settlement.work.intake.passed_over import PassedOver
from lxr.settlement.work.signing import sign_registration

if TYPE_CHECKING:
    from lxr.settlement.people.store import People

COLUMNS: Final = tuple(HEADINGS)
WORKERS_AT_ONCE: Final = 500
_CARD: Final = re.compile(r"[0-9]{13,19}", re.ASCII)
_NO_NAME: Final = re.compile(r"[0-9./:\s-]+|DBIT|CRDT", re.ASCII)
"""Figures, a sum, a date, a side of a statement: a cell of another column."""
_CUT: Final = re.compile(r"[0-9]{15}0{3,4}", re.ASCII)
"""What a spreadsheet makes of a number of 18 or 19 digits. One true card in 1,000 or 10,000 looks so; not two."""
_ROUNDED: Final = ("was rounded by a spreadsheet", "the card's number kept as text, with all its digits")


class RosterRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One person as the employer names them: see Person."""

    worker_ref: str
    name: str
    bank_account: str
    bank_code: str
    bank_name: str

    def __repr__(self) -> str:
        return "RosterRow(…)"


class Roster(Struct, frozen=True):
    """What a file says of an employer's people. passed_over: totals and notes, with their lines."""

    rows: tuple[RosterRow, ...]
    passed_over: tuple[PassedOver, ...]


def read_roster(path: Path, mapping: RosterMapping | None = None) -> Roster:
    """Read a CSV file or a workbook; columns that are not used may hold anything.

    mapping: which column is which; without one the first line has the headings that `recognised` knows.
    Raises InputFault, naming row and field, for what is wrong with the file, for a worker_ref that is there twice, an
    empty name or one of figures, a card that fails its check digit (ISO/IEC 7812-1) or that a spreadsheet rounded, a
    bank code that is not 12 digits.
    """
    rows: dict[int, RosterRow] = {}
    first_rows: dict[str, int] = {}
    if mapping is None:
        with open_export(path, Form(of_persons=True)) as headed:
            mapping = recognised(headed.place, headed.header.first, headed.header.names)
    with open_export(path, mapping.form) as export:
        headings = mapping.headings
        places = dict(zip(headings, export.places(tuple(headings.values())), strict=True))
        width = len(export.header.names)
        for number, cells in export.records():

            def fault(field: str | None, problem: str | Said, expected: str | Said, at: int = number) -> InputFault:
                name = headings.get(field, field) if field else None
                return InputFault(file=export.place, row=at, field=name, problem=problem, expected=expected)

            if len(cells) != width:
                problem = Said("has {count} cells", count=len(cells))
                raise fault(None, problem, Said("{count} cells", count=width))
            try:
                row = _row(_given({field: cells[place] for field, place in places.items()}, mapping))
            except CellFault as flaw:
                raise fault(flaw.column, flaw.problem, flaw.expected) from None
            first = first_rows.setdefault(row.worker_ref, number)
            if first != number:
                raise fault("worker_ref", Said("repeats row {first}", first=first), "each worker once")
            rows[number] = row
        if len(cut := [number for number, row in rows.items() if _CUT.fullmatch(row.bank_account)]) > 1:
            raise fault("bank_account", *_ROUNDED, at=cut[0])
        return Roster(tuple(rows.values()), export.passing.told())


def _given(cells: Mapping[str, str], mapping: RosterMapping) -> dict[str, str]:
    """Return each field of a row as the mapping means it."""
    plain = {field: cell.strip() if field == "name" else unguarded(cell) for field, cell in cells.items()}
    given = {field: "" if cell in mapping.blank else cell for field, cell in plain.items()}
    for field in ("bank_code", "bank_name"):
        constant = getattr(mapping.constants, field)
        values: dict[str, str] = getattr(mapping.values, field)
        given[field] = values.get(given[field], given[field]) if constant is None else constant
    return given


Salt = Callable[[], str]
"""Makes the salt of a commitment, 64 hexadecimal digits."""


def new_account(people: "People", worker: str, bank_account: str, bank_code: str, bank_name: str) -> Person:
    """Return the person with another account and a new salt, not kept yet; with the one in use, the person as kept.

    Raises PeopleFault, also for a card that somebody else of the employer has under another name; InputFault for an
    account that read_roster would refuse.
    """
    person = people.get(worker)
    try:
        _check_account(bank_account, bank_code, bank_name)
    except CellFault as fault:
        raise InputFault(
            file=Said("account of {worker}", worker=worker),
            field=fault.column,
            problem=fault.problem,
            expected=fault.expected,
        ) from None
    account = Account(bank_account, bank_code, bank_name, person.salt)
    if account == person.account:
        return person
    changed = person.with_account(replace(account, salt=new_salt()))
    refuse_other_name(people, person.employer, [changed])
    return changed


def register(
    people: "People",
    employer: str,
    rows: Iterable[RosterRow],
    salt: Salt = new_salt,
    *,
    predecessor: Predecessor | None = None,
) -> dict[str, str]:
    """Keep the persons under new numbers; those known by their worker_ref stay as they are. Gives back all numbers.

    A number is made from the commitment to the account, so it is as random as its salt. salt: only a rehearsal, which
    is to be played again alike, gives another. predecessor: of the ledger, see `worker_number`. An account that has
    changed since is not taken from a roster: only the worker can approve another one. Raises PeopleFault, also for a
    card that somebody else of the employer has under another name, and for a worker_ref that was somebody else's.
    """
    listed = list(rows)
    known = people.find(employer, [row.worker_ref for row in listed])
    kept_as_before(people, listed, known)
    new = [_numbered(employer, row, salt(), predecessor) for row in listed if row.worker_ref not in known]
    refuse_other_name(people, employer, new)
    people.add(new)
    numbers = known | {person.worker_ref: person.worker for person in new}
    return {row.worker_ref: numbers[row.worker_ref] for row in listed}


def not_taken_over(people: "People", employer: str, rows: Iterable[RosterRow]) -> tuple[KeptAsBefore, ...]:
    """Return what a roster says otherwise of workers who are known, which `register` leaves as it is.

    Raises PeopleFault: as `register`, for a worker_ref that was somebody else's.
    """
    listed = list(rows)
    return kept_as_before(people, listed, people.find(employer, [row.worker_ref for row in listed]))


def _numbered(employer: str, row: RosterRow, salt: str, predecessor: Predecessor | None) -> Person:
    payee_commitment = commitment(row.bank_account, row.name, row.bank_code, bytes.fromhex(salt))
    return Person(
        worker=worker_number(employer, payee_commitment, predecessor),
        employer=employer,
        worker_ref=row.worker_ref,
        name=row.name,
        bank_account=row.bank_account,
        bank_code=row.bank_code,
        bank_name=row.bank_name,
        salt=salt,
    )


def enrol(client: Client, people: "People", employer: str, keys: Mapping[str, ec.EllipticCurvePrivateKey]) -> int:
    """Register the workers with their own keys, and return how many. client: the employer's signer.

    Workers who are on the ledger are passed over, so the same call again finishes what was broken off.
    Raises PeopleFault: unknown, or another employer's. Refuses: as AddWorkers.
    """
    persons = people.get_many(keys)
    for person in persons.values():
        if person.employer != employer:
            raise PeopleFault("{worker} does not work for {employer}", worker=person.worker, employer=employer)
    ledger = ledger_of(client)
    there = client.get_each(workers, [(worker,) for worker in keys])
    missing = [worker for worker, record in zip(keys, there, strict=True) if record is None]
    for some in in_parts(missing, WORKERS_AT_ONCE):
        new = tuple(
            sign_registration(keys[worker], ledger, worker, employer, persons[worker].payee_commitment)
            for worker in some
        )
        crew = [(worker.worker, worker.public_key, worker.payee_commitment) for worker in new]
        request = request_ids.enrolment(employer, crew)
        submit_own(client, AddWorkers(request_id=request, employer=employer, workers=new))
    return len(missing)


def _row(given: dict[str, str]) -> RosterRow:
    """Raise CellFault."""
    _check_ref(given["worker_ref"])
    if texts.NAME.pattern.fullmatch(given["name"]) is None:
        raise CellFault("name", "is blank or cannot be written to a bank", texts.NAME.expected)
    if _NO_NAME.fullmatch(given["name"]) is not None:
        raise CellFault("name", "is no name", "a person's name")
    _check_account(given["bank_account"], given["bank_code"], given["bank_name"])
    return RosterRow(**given)


def _check_ref(ref: str) -> None:
    """As `read_ref`, whose fault shows the cell: here it may be another column's."""
    try:
        read_ref("worker_ref", ref)
    except CellFault as fault:
        raise CellFault("worker_ref", "is no reference" if ref else "is blank", fault.expected) from None


def _check_account(bank_account: str, bank_code: str, bank_name: str) -> None:
    if is_rounded(bank_account):
        raise CellFault("bank_account", *_ROUNDED)
    if _CARD.fullmatch(bank_account) is None:
        raise CellFault("bank_account", "is not a card number", "13 to 19 digits")
    if not luhn.is_valid(bank_account):
        raise CellFault("bank_account", "fails its check digit", "a personal card's number")
    if texts.CNAPS.pattern.fullmatch(bank_code) is None:
        raise CellFault("bank_code", "is not a bank's code", texts.CNAPS.expected)
    if texts.NAME.pattern.fullmatch(bank_name) is None:
        said = "cannot be written to a bank" if bank_name else "has ''"
        raise CellFault("bank_name", said, texts.NAME.expected)
