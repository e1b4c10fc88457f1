"""The account that a worker is paid to: changed by the worker's signature."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import astuple, replace

from lxr.chaincode.workers import workers
from lxr.node.client import Client
from lxr.settlement.lookups import ledger_of, paid_to, submit_own
from lxr.settlement.people import roster
from lxr.settlement.work.signing import sign_payee

if TYPE_CHECKING:
    from lxr.settlement.people.store import People


def change_account(
    operator: Client,
    people: "People",
    worker: str,
    private_key: Callable[[], ec.EllipticCurvePrivateKey],
    bank_account: str,
    bank_code: str,
    bank_name: str,
) -> str:
    """Sign another account with the worker's key, put it in the store, then on the ledger; the new commitment.

    The store first: nobody could pay what is held by a commitment whose salt is lost. Cut off in between, the same call
    again goes on with the same salt. The account that the ledger has already stays, or comes into use again.
    private_key: asked for only where something is signed.
    Raises PeopleFault: unknown person. Refuses: Unknown; as SetPayee.
    """
    record, person = operator.need(workers, worker), people.get(worker)
    changed = roster.new_account(people, worker, bank_account, bank_code, bank_name)
    there = paid_to(operator, worker)
    approved = person.behind(there)
    if approved is not None and replace(approved, salt=changed.salt) == changed.account:
        people.change_account(worker, *astuple(approved))
        return there
    number = record.payee_changes + 1
    command = sign_payee(private_key(), ledger_of(operator), worker, changed.payee_commitment, number)
    people.change_account(worker, bank_account, bank_code, bank_name, changed.salt)
    submit_own(operator, command)
    return changed.payee_commitment
