"""A worker's lost key: another takes its place, once another organisation has approved it and nobody has vetoed."""

from cryptography.hazmat.primitives.asymmetric import ec

from lxr.chaincode.days import day_of
from lxr.chaincode.worker_keys import ApproveKey, key_change_digest
from lxr.chaincode.workers import KeyProposal, key_on, workers
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.lookups import ledger_of, own_request, submit_own
from lxr.settlement.work.signing import sign_new_key, sign_veto


def key_in_force(client: Client, worker: str) -> str:
    """Return the public key that is a worker's today. Refuses: Unknown."""
    return key_on(client.need(workers, worker), day_of(client.now_ms()))


def is_spent(operator: Client, worker: str, public_key: str) -> bool:
    """Return whether a key cannot take the place of a worker's: it is in force, or was vetoed. Refuses: Unknown."""
    record = operator.need(workers, worker)
    proposal = own_request(operator, request_ids.new_key(worker, public_key))
    vetoed = record.new_key is None and operator.earlier(proposal) is not None
    return vetoed or public_key == key_in_force(operator, worker)


def propose_key(operator: Client, worker: str, private_key: ec.EllipticCurvePrivateKey, reason: str) -> str:
    """Propose that a key take a lost one's place; the public key. Refuses: as ProposeKey."""
    command = sign_new_key(private_key, ledger_of(operator), worker, reason)
    submit_own(operator, command)
    return command.public_key


def approve_key(admin: Client, worker: str) -> KeyProposal | None:
    """Approve the key that is proposed, unless it is already; the key, None where none is proposed.

    Refuses: Unknown; as ApproveKey.
    """
    record = admin.need(workers, worker)
    if record.new_key is None or record.new_key.good_from is not None:
        return record.new_key
    change = key_change_digest(worker, record)
    command = ApproveKey(request_id=request_ids.key_approval(worker, change), worker=worker, digest=change)
    submit_own(admin, command)
    return admin.need(workers, worker).new_key


def keep_key(operator: Client, worker: str, private_key: ec.EllipticCurvePrivateKey) -> bool:
    """Veto the key that is proposed, by the one in force; whether one is. Refuses: Unknown; as VetoKey."""
    record = operator.need(workers, worker)
    if record.new_key is None:
        return False
    submit_own(operator, sign_veto(private_key, ledger_of(operator), worker, key_change_digest(worker, record)))
    return True
