"""Workers' signatures are judged by the contract in force at their place, on one core and on two."""

from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

import consortium
import releases
from lxr.chaincode.workday_answers import Confirm
from lxr.node import contracts, parallel_verifier
from lxr.node.audit import audit
from lxr.node.version import contract_version

ANY_SIGNATURE_IS_GOOD = {
    "chaincode/world.py": (
        "return key is not None and p256.verify(key, signature, hashlib.sha256(message).digest())",
        "return key is not None",
    )
}


@pytest.mark.parametrize("alone", [0, 10**9], ids=["two cores", "one core"])
def test_an_earlier_contract_takes_what_it_always_took_and_the_newest_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: int
) -> None:
    monkeypatch.setattr(parallel_verifier, "ALONE", alone)
    monkeypatch.setattr(parallel_verifier, "BATCH_BYTES", 1)
    answers = {}
    earlier = releases.made(tmp_path, ANY_SIGNATURE_IS_GOOD)
    releases.released(tmp_path, earlier, monkeypatch)
    for version in (earlier, contract_version()):
        with monkeypatch.context() as founded:
            founded.setattr(consortium, "contract_version", lambda named=version: named)
            with consortium.rehearsal(tmp_path / version[:4]) as house:
                team, day = house.employ(workers=1, shards=1), house.clock.go(date(2026, 8, 3))
                house.work(day, team.rows(orders=20, minutes=480))
                team.keys[team.workers["R0001"]] = ec.derive_private_key(7, ec.SECP256R1())
                (answer,) = house.answers_to(Confirm, house.confirmations(team.all, day))
                answers[version] = type(answer).__name__
                report = audit(house.ledger)
                assert report.ok, report.fault
    contracts.contract.cache_clear()
    assert ["Confirmed", "SignatureWrong"] == [*answers.values()]
