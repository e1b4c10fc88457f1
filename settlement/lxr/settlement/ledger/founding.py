"""Founding a ledger, and opening its custody account."""

from collections.abc import Mapping

from lxr.chaincode.custody import CustodyAnswer, OpenCustody
from lxr.chaincode.envelope import Envelope, SignedPayload
from lxr.chaincode.founding import Found, Predecessor
from lxr.node.client import Client
from lxr.node.sealing import Identity, seal
from lxr.node.version import contract_version
from lxr.settlement import request_ids
from lxr.settlement.lookups import submit_own

Follows = tuple[Predecessor, tuple[SignedPayload, ...]]
"""The ledger before one, and the signatures on its closing checkpoint."""


def founding(
    admin: Identity,
    at_ms: int,
    *,
    channel: str,
    genesis_block: str,
    consortium: str,
    rehearsal: bool,
    roots: Mapping[str, str],
    follows: Follows | None = None,
) -> Envelope:
    """Return the first transaction of a ledger, under the newest contract, signed by the union's admin.

    channel, genesis_block: where it lies. roots: the root certificate of each organisation. follows: the ledger that
    it follows.
    """
    command = Found(
        request_id=request_ids.FOUNDING,
        channel=channel,
        genesis_block=genesis_block,
        consortium=consortium,
        rehearsal=rehearsal,
        roots=dict(roots),
        contract=contract_version(),
        predecessor=follows[0] if follows else None,
        closing_signed=follows[1] if follows else (),
    )
    return seal(command, None, admin.certificate_pem, admin.private_key, at_ms)


def open_custody(teller: Client, number: str) -> CustodyAnswer:
    """Open the custody account. Refuses: as OpenCustody."""
    return submit_own(teller, OpenCustody(request_id=request_ids.custody(number), custody=number))
