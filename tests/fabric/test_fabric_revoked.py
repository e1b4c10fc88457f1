from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from consortium import House, rehearsal
from fabricnet import ledger_of
from lxr.chaincode.caller import ORGANISATIONS, caller_of
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.envelope import Envelope
from lxr.chaincode.refusals import CertificateRefused
from lxr.chaincode.revocation import Revoke
from lxr.chaincode.sheet import sheets
from lxr.chaincode.workday import NewRow, SubmitSheet
from lxr.node.port import Committed
from lxr.node.sealing import seal
from team import Team

pytestmark = pytest.mark.fabric

EMPLOYER = "E003"
SIGNER = "employer", "signer", EMPLOYER
FIRST, SECOND = date(2026, 8, 3), date(2026, 8, 4)


@pytest.fixture(params=["embedded", "fabric"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    if request.param == "fabric":
        made: House = request.getfixturevalue("house")
        yield made
        return
    with rehearsal(tmp_path) as made:
        yield made


def sealed(house: House, who: tuple[str, str, str | None], command: AnyCommand) -> Envelope:
    identity = house.identity(*who)
    return seal(command, house.ledger_id, identity.certificate_pem, identity.private_key, house.clock())


def sheet(house: House, team: Team, day: date) -> AnyCommand:
    (worker,) = team.workers.values()
    rows = (NewRow(worker, {"orders": 20, "minutes": 480}),)
    return house.made(SubmitSheet, {"employer": EMPLOYER, "day": day, "shard": team.shard(worker), "rows": rows})


def test_a_revoked_certificate_is_refused_from_the_very_next_transaction_on_at_every_node(either: House) -> None:
    house = either
    team = house.employ(1, employer=EMPLOYER)
    house.clock.go(SECOND)
    serial = caller_of(house.identity(*SIGNER).certificate_pem).serial
    before = sealed(house, SIGNER, sheet(house, team, FIRST))
    revoke = house.made(Revoke, {"serial": serial, "reason": "the key is lost"})
    revoking = sealed(house, ("employer", "admin", None), revoke)
    after = sealed(house, SIGNER, sheet(house, team, SECOND))
    answers = house.ledger.submit([before, revoking, after])
    assert [Committed, Committed, CertificateRefused] == [type(answer) for answer in answers]
    if house.consortium.fabric is not None:
        for organisation in ORGANISATIONS:
            ledger = ledger_of(house.consortium, organisation)
            (answer,) = ledger.submit([after])
            ledger.close()
            assert isinstance(answer, CertificateRefused), organisation
            assert "revoked" in str(answer)
            assert {} == ledger.differing
    shard = team.shard(team.all[0])
    assert house.operator.get(sheets, EMPLOYER, FIRST, shard) is not None
    assert house.operator.get(sheets, EMPLOYER, SECOND, shard) is None
