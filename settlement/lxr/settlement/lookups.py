"""Reading what many services need, and the one way in which they submit."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import count
from typing import Final, TypeVar

from msgspec.structs import replace

from lxr.chaincode.books import balances, wages
from lxr.chaincode.command import AnyCommand, Command, requests
from lxr.chaincode.founding import geneses
from lxr.chaincode.headcount import headcounts
from lxr.chaincode.payees import payee_commitments
from lxr.chaincode.refusals import Unknown
from lxr.chaincode.rows import Row
from lxr.chaincode.sheet import sheets
from lxr.chaincode.things import Thing
from lxr.chaincode.types import Record
from lxr.chaincode.workers import Worker, workers
from lxr.node.client import Client
from lxr.settlement.keys import RowKey
from lxr.token.accounts import AccountKind, kind_of

TREASURER: Final = "union.treasurer"
"""Whose requests the treasury's are (see `request_scope`)."""


TELLER: Final = "bank.teller"
"""Whose requests the bank's tellers' are."""

A = TypeVar("A", bound=Record)
C = TypeVar("C", bound=AnyCommand)


def unused_request(client: Client, scope: str, what: str) -> str:
    """Return an id for a request that was not used: what, or what:2, what:3 … where ids before it were used or voided.

    For what the contract itself takes once only.
    """
    return next(name for name in _names(what) if client.get(requests, scope, name) is None)


def own_request(client: Client, what: str) -> str:
    """Return an id for a request of the client's own: what, or what:2, what:3 … where ids before it were voided.

    One under which it was done stays: the same command gets the first answer again.
    """
    scope = client.scope
    found = ((name, client.get(requests, scope, name)) for name in _names(what))
    return next(name for name, there in found if there is None or there.body is not None)


def own(client: Client, commands: Sequence[C]) -> list[C]:
    """Return commands as they are to be sent, each under its `own_request`: so a void never stops work for good.

    That is asked before they are sent, not once they are refused: what is voided meanwhile stays undone. Where none is
    voided, it is one reading for all of them.
    """
    scope = client.scope
    found = client.get_each(requests, [(scope, command.request_id) for command in commands])
    return [
        replace(command, request_id=own_request(client, command.request_id))
        if there and there.body is None
        else command
        for command, there in zip(commands, found, strict=True)
    ]


def submit_own(client: Client, command: Command[A]) -> A:
    """Return the answer to a command as `own` gives it. Refuses: as the contract does."""
    (command,) = own(client, [command])
    return client.submit(command)


def _names(what: str) -> Iterator[str]:
    return (what if n == 1 else f"{what}:{n}" for n in count(1))


def account_fen(client: Client, name: str) -> int:
    """Return what an account holds, in fen; 0 of one that the ledger does not know."""
    if kind_of(name) is AccountKind.WORKER:
        owner = name.partition(":")[2]
        worker = client.get(workers, owner)
        crew = client.get(wages, worker.employer, worker.shard) if worker else None
        return crew.fen.get(owner, 0) if crew else 0
    balance = client.get(balances, name)
    return balance.fen if balance else 0


def paid_to(client: Client, number: str) -> str:
    """Return the commitment to the account that a worker is paid out to. Refuses: Unknown."""
    worker = client.need(workers, number)
    return client.need(payee_commitments, worker.employer, worker.shard).of[number]


def get_workers(client: Client, numbers: Iterable[str]) -> dict[str, Worker]:
    """Return the records of workers by number. Refuses: Unknown."""
    wanted = list(dict.fromkeys(numbers))
    found: dict[str, Worker] = {}
    for number, worker in zip(wanted, client.get_each(workers, [(number,) for number in wanted]), strict=True):
        if worker is None:
            raise Unknown(what=Thing.WORKER, number=number)
        found[number] = worker
    return found


def shard_by_worker(client: Client, numbers: Iterable[str]) -> dict[str, int]:
    """Return the shards of those of the workers who are registered, by number."""
    wanted = list(numbers)
    found = zip(wanted, client.get_each(workers, [(number,) for number in wanted]), strict=True)
    return {number: worker.shard for number, worker in found if worker is not None}


def shards_of(client: Client, employer: str) -> range:
    """Return the employer's shards. Refuses: Unknown."""
    headcount = client.get(headcounts, employer)
    if headcount is None:
        raise Unknown(what=Thing.EMPLOYER, number=employer)
    return range(headcount.shards)


def need_row(client: Client, record: Worker, worker: str, day: date) -> Row:
    """Return the worker's row of a day. record: the worker's. Refuses: Unknown."""
    sheet = client.get(sheets, record.employer, day, record.shard)
    row = sheet.row(worker) if sheet else None
    if row is None:
        raise Unknown(what=Thing.ROW, number=str(RowKey(worker, day)))
    return row


def ledger_of(client: Client) -> str:
    """Return the id of the ledger, which stands in every message that a worker signs."""
    return client.need(geneses).ledger
