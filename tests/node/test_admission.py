from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from lxr.chaincode.admission import admit
from lxr.chaincode.command import Void
from lxr.chaincode.founding import EMBEDDED, Genesis
from lxr.chaincode.refusals import CertificateRefused
from lxr.network.authority import Authority
from lxr.network.keyfile import new_key
from lxr.node.sealing import seal

DATES = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
AT_MS = 1_788_220_800_000


@pytest.mark.parametrize(
    ("org", "employer", "root_of", "problem"),
    [
        ("employer", "E001", "employer", None),
        ("union", None, "union", None),
        ("employer", "E1", "employer", "case=no_role"),
        ("employer", "E001/W1", "employer", "case=no_role"),
        ("employer", "", "employer", "case=no_role"),
        ("union", None, "bank", "case=issuer"),
    ],
)
def test_the_certificate_must_name_its_own_organisation_and_a_valid_employer(
    org: str, employer: str | None, root_of: str, problem: str | None
) -> None:
    authority, key = Authority.create(org, *DATES), new_key()
    certificate = authority.issue("someone", "signer", employer, key.public_key(), *DATES)
    roots = {root_of: authority.certificate.public_bytes(Encoding.PEM).decode()}
    genesis = Genesis("7" * 64, "洛小茸", True, roots, AT_MS, EMBEDDED, "6" * 64)
    pem = certificate.public_bytes(Encoding.PEM).decode()
    envelope = seal(Void(request_id="request-1", voided="request-2"), "7" * 64, pem, key, AT_MS)
    if problem is None:
        call = admit(envelope, genesis)
        assert (org, "signer", employer) == (call.caller.organisation, call.caller.role, call.caller.employer)
        assert (envelope.tx_id, AT_MS) == (call.tx_id, call.at_ms)
    else:
        with pytest.raises(CertificateRefused, match=problem):
            admit(envelope, genesis)
