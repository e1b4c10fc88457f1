"""Forgetting a worker: blocked while the law has the data kept, erased afterwards; shown meanwhile for a reason only.

个人信息保护法 art. 47. The ledger says which (`lxr.chaincode.persons`); this is what is done about it off the ledger.
"""

import fcntl
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.books import entries
from lxr.chaincode.cashout_records import (
    PaymentOrder,
    PaymentOrderState,
    cash_outs,
    payment_orders,
)
from lxr.chaincode.custody_records import custodies
from lxr.chaincode.days import day_of
from lxr.chaincode.persons import ErasePerson, PersonState, ShowPerson, UnblockPerson, persons
from lxr.chaincode.refusals import NothingChanges, WrongState
from lxr.chaincode.things import Thing
from lxr.chaincode.workers import workers
from lxr.node.backup import backups_of, extracted, is_database
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.bank.cashout import message_of, orders_of
from lxr.settlement.bank.platform_accounts import EMPLOYER as PAYEES
from lxr.settlement.errors import PeopleFault
from lxr.settlement.keys import BookingKey
from lxr.settlement.lookups import submit_own
from lxr.settlement.people.person import Person
from lxr.settlement.people.redaction import redact_statement, remove_orders
from lxr.settlement.people.rows_of_tables import drop_from_batch, drop_from_table
from lxr.settlement.people.shown import say_shown
from lxr.settlement.people.store import People, holds
from lxr.settlement.people.traces import Traces, files_in, search, traces_of, without_accounts
from lxr.settlement.permissions import gives

_IN_THE_MAKING: Final = re.compile(r"\..+(\.part|\.blind\.[a-z0-9_]{8})", re.DOTALL)
"""A file of ours that was cut off, as `write_durably` names it, or a blind, as `write_atomically` does: never read."""


class Places(Struct, frozen=True):
    """A consortium's directory; in it the bank's, the file of the store of persons, and who is to forget likewise.

    books: those of other programs of ours, here a rehearsal's bank, each with what takes a person out of them.
    """

    directory: Path
    bank: Path
    store: Path
    books: Mapping[Path, Callable[[Path, Traces], bool]] = {}


class BackupWith(Struct, frozen=True, forbid_unknown_fields=True):
    """A backup that was made here. readable: it is there, and the person is in it; else it may be, wherever it is."""

    file: Path
    readable: bool


class Erasure(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a person. until: the last day of the retention for which they are blocked.

    left: files of the consortium in which the person still stands, which somebody has to see to. backups: likewise.
    unread: files that could not be looked into, as a packed one. mentions: those that may be about the person.
    """

    worker: str
    state: PersonState
    until: date | None
    removed: tuple[Path, ...] = ()
    changed: tuple[Path, ...] = ()
    left: tuple[Path, ...] = ()
    backups: tuple[BackupWith, ...] = ()
    unread: tuple[Path, ...] = ()
    mentions: tuple[Path, ...] = ()


class Kept(Struct, frozen=True, forbid_unknown_fields=True):
    """Of whom the ledger says that they are blocked or erased.

    moved: the last day on which money of theirs moved. It is never after last_day, from which the retention counts.
    """

    worker: str
    employer: str
    state: PersonState
    reason: str
    last_day: date
    until: date | None
    shown: int
    moved: date | None

    @property
    def sound(self) -> bool:
        """Whether the retention begins after all that the ledger shows."""
        return self.moved is None or self.state is PersonState.OPEN or self.moved <= self.last_day


@gives(ErasePerson)
def erase(operator: Client, people: People, places: Places, worker: str, reason: str) -> Erasure:
    """Forget a worker: say so on the ledger, then block their data, or take them out of every file and destroy them.

    Broken off, the same call again finishes it. Whoever never came onto the ledger is erased at once.
    Raises PeopleFault: unknown; InputFault: a file that cannot be changed. Refuses: as ErasePerson; WrongState where a
    payment to the worker has not ended.
    """
    there = people.state(worker)
    if there is None:
        raise PeopleFault("nobody is known as {worker}", worker=worker)
    if there is not PersonState.ERASED and people.get_blocked(worker).employer == PAYEES:
        raise PeopleFault("{worker} is a payee of the platform, and no worker", worker=worker)
    state, until, theirs = PersonState.ERASED, None, {}
    if operator.get(workers, worker) is not None:
        theirs = _orders_of(operator, worker)
        state, until = _said(operator, worker, theirs, reason)
    done = Erasure(worker, state, until)
    if there is not PersonState.ERASED:
        people.block(worker)  # from here on nobody is given them, whatever is still to be done
        if state is PersonState.BLOCKED:
            return done
        with _alone(places.directory):
            if people.state(worker) is not PersonState.ERASED:
                done = _take_out(operator, people, places, done, theirs)
                if not done.left:  # else the same call again, once they are seen to, needs the person to look for
                    people.erase(worker)
    return replace(done, backups=tuple(_backups_with(places, worker)))


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One erasure at a time in a directory: another one waits, and ends with its process."""
    held = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


class Taken(Struct, frozen=True):
    """Files that are gone, changed, hold the person still, could not be looked into, and may be about the person."""

    removed: tuple[Path, ...]
    changed: tuple[Path, ...]
    left: tuple[Path, ...]
    unread: tuple[Path, ...]
    mentions: tuple[Path, ...]


def _take_out(
    client: Client, people: People, places: Places, done: Erasure, theirs: Mapping[str, PaymentOrder]
) -> Erasure:
    """Take a person out of every file. Raises InputFault: a file that cannot be read or written."""
    cashouts = sorted({order.cashout for order in theirs.values()})
    people.destroy_blinds(cashouts)
    heads = {number: client.need(cash_outs, number) for number in cashouts}
    files = (message_of(heads[order.cashout], order.shard) for order in theirs.values())
    messages = [message for message in files if message is not None]
    person, others = people.get_blocked(done.worker), people.others(done.worker)
    ours = [key[0] for key, _ in client.scan(custodies)]
    taken = taken_out_of(places, without_accounts(traces_of(person, others, theirs, messages), ours))
    readable = (path for path in files_in(places.directory) if path != places.store and path not in taken.unread)
    copies = tuple(path for path in readable if is_database(path) and holds(path, done.worker))
    done = replace(done, removed=taken.removed, changed=taken.changed, left=(*taken.left, *copies))
    return replace(done, unread=taken.unread, mentions=taken.mentions)


def taken_out_of(places: Places, traces: Traces) -> Taken:
    """Take a person out of the bank's files and books, of tables and work data; and look for what is left.

    Raises InputFault: a file that cannot be read or written.
    """
    removed = list(remove_orders(places.bank / "inbox", traces))
    statements = {path: redact_statement(path, traces) for path in sorted((places.bank / "outbox").glob("*.xml"))}
    changed = [path for path, done in statements.items() if done]
    changed += [path for path, redact in places.books.items() if redact(path, traces)]
    drops = {".csv": drop_from_table, ".json": drop_from_batch}
    for path in list(files_in(places.directory)):
        drop = drops.get(path.suffix.lower())
        if drop is not None and drop(path, traces):
            changed.append(path)
    line_by_line = [path for path, done in statements.items() if done is not None]
    found = search(places.directory, traces, [*line_by_line, *places.books])
    for path in found.left:
        if _IN_THE_MAKING.fullmatch(path.name):
            path.unlink(missing_ok=True)
            removed.append(path)
    left = tuple(path for path in found.left if path not in removed)
    return Taken(tuple(removed), tuple(changed), left, found.unread, found.mentions)


@gives(ShowPerson)
def show(operator: Client, people: People, worker: str, reason: str) -> Person:
    """Give out a blocked person, once the ledger has the reason. Raises PeopleFault. Refuses: as ShowPerson."""
    if people.state(worker) is PersonState.OPEN:
        raise WrongState(what=Thing.PERSON, number=worker, state=PersonState.OPEN, needed=(PersonState.BLOCKED,))
    say_shown(operator, worker, reason)
    return people.get_blocked(worker)


@gives(UnblockPerson)
def unblock(operator: Client, people: People, worker: str, reason: str) -> None:
    """Use a blocked person's data again. The same call again finishes it.

    Raises PeopleFault: unknown, or erased. Refuses: as UnblockPerson.
    """
    record = operator.get(persons, worker)
    if record is None or record.state is not PersonState.OPEN:
        request = request_ids.unblocking(worker, _turns(operator, worker))
        submit_own(operator, UnblockPerson(request_id=request, worker=worker, reason=reason))
    people.unblock(worker)


def kept(client: Client) -> Iterator[Kept]:
    """Of whom the ledger says that they are blocked or erased, or were, by number."""
    listed = {key[0]: record for key, record in client.scan(persons)}
    moved = _moved(client, listed, (order for _, order in client.scan(payment_orders))) if listed else {}
    for number, record in listed.items():
        yield Kept(
            worker=number,
            employer=client.need(workers, number).employer,
            state=record.state,
            reason=record.reason,
            last_day=record.last_day,
            until=record.until,
            shown=record.shown,
            moved=moved.get(number),
        )


def _said(
    operator: Client, worker: str, theirs: dict[str, PaymentOrder], reason: str
) -> tuple[PersonState, date | None]:
    """Return what the ledger says of the person, once it was asked to forget them."""
    before = operator.get(persons, worker)
    if before is None or before.state is not PersonState.ERASED:
        _refuse_unpaid(operator, theirs)
        last_day = _moved(operator, [worker], theirs.values()).get(worker, date.min)
        request = request_ids.erasure(worker, _turns(operator, worker))
        with suppress(NothingChanges):  # they are blocked already, and for as long
            submit_own(operator, ErasePerson(request_id=request, worker=worker, last_day=last_day, reason=reason))
    record = operator.need(persons, worker)
    return record.state, record.until


def _turns(client: Client, worker: str) -> int:
    """How many commands have changed what the ledger says of the person."""
    record = client.get(persons, worker)
    return record.turns if record else 0


def _orders_of(client: Client, worker: str) -> dict[str, PaymentOrder]:
    return {key[0]: order for key, order in client.scan(payment_orders) if order.worker == worker}


def _refuse_unpaid(client: Client, theirs: Mapping[str, PaymentOrder]) -> None:
    """Refuses: WrongState, where the bank has not ended a file with a payment to the worker in it."""
    for cashout in sorted({order.cashout for order in theirs.values()}):
        for each in orders_of(client, cashout):
            if each.state is PaymentOrderState.HELD:
                raise WrongState(
                    what=Thing.PAYMENT_ORDER, number=each.order, state=each.state, needed=(PaymentOrderState.SETTLED,)
                )


def _backups_with(places: Places, worker: str) -> Iterator[BackupWith]:
    """Yield the backups made here in which the person is, or may be."""
    name = places.store.relative_to(places.directory).as_posix()
    for file in backups_of(places.directory):
        with tempfile.TemporaryDirectory() as beside:
            store = Path(beside) / places.store.name
            if not extracted(file, name, store):
                yield BackupWith(file, readable=False)
            elif holds(store, worker):
                yield BackupWith(file, readable=True)


def _moved(client: Client, numbers: Iterable[str], payments: Iterable[PaymentOrder]) -> dict[str, date]:
    """Return the last day on which money of these workers moved. payments: theirs, among others."""
    wanted = set(numbers)
    last: dict[str, date] = {}
    for _, entry in client.scan(entries):
        names = {name.partition(":")[2] for each in entry.postings for name in (each.source, each.target)}
        for number in names & wanted:
            last[number] = max(day_of(entry.at_ms), last.get(number, date.min))
    for order in payments:
        if order.worker in wanted and order.booking is not None:
            paid = BookingKey.read(order.booking).day
            last[order.worker] = max(paid, last.get(order.worker, date.min))
    return last
