"""Certificates that are good no more."""

from lxr.chaincode.revocation import Revoke, Revoked
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.lookups import submit_own


def revoke(admin: Client, serial: str, reason: str) -> Revoked:
    """Revoke a certificate of one's own organisation, from the next transaction on. Refuses: as Revoke."""
    request = request_ids.revocation(admin.organisation, serial)
    return submit_own(admin, Revoke(request_id=request, serial=serial, reason=reason))
