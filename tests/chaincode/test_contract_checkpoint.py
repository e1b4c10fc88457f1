from typing import Any

import pytest
from msgspec.structs import replace

from lxr.chaincode.checkpoint import CheckpointAnswer, Finding, SignCheckpoint, checkpoints
from lxr.chaincode.refusals import AlreadySigned, FiguresDiffer, MalformedCommand, NotAllowed
from town import Town

FINDING = Finding(height=7, block_hash="a" * 64, root="b" * 64, supply_fen=1, reserve_fen=2)
OTHERS = [{"block_hash": "c" * 64}, {"root": "c" * 64}, {"supply_fen": 2}, {"reserve_fen": 1}]


def signed(town: Town, organisation: str) -> tuple[Finding, str, int, str | None]:
    record = town.get(checkpoints, 7, organisation)
    return record.finding, record.signer, record.superseded, record.reason


def test_auditors_of_three_and_a_witness_of_each_organisation_sign_for_it(town: Town) -> None:
    for signer in ("union/auditor", "bank/witness", "regulator/auditor", "employer/witness"):
        organisation = signer.partition("/")[0]
        answer = town.do(SignCheckpoint, signer, finding=FINDING)
        assert CheckpointAnswer(7, organisation, superseded=0) == answer
        assert (FINDING, signer, 0, None) == signed(town, organisation)
    town.refused(NotAllowed, SignCheckpoint, "union/treasurer", finding=FINDING)
    town.refused(NotAllowed, SignCheckpoint, "employer/admin", finding=FINDING)


@pytest.mark.parametrize("changes", OTHERS)
def test_whoever_found_something_else_signs_that_beside_the_others(town: Town, changes: dict[str, Any]) -> None:
    town.do(SignCheckpoint, "union/auditor", finding=replace(FINDING, **changes))
    town.do(SignCheckpoint, "bank/auditor", finding=FINDING)
    assert replace(FINDING, **changes) == signed(town, "union")[0]
    assert FINDING == signed(town, "bank")[0]


@pytest.mark.parametrize("changes", OTHERS)
def test_an_organisation_supersedes_its_own_checkpoint_only_with_a_reason(town: Town, changes: dict[str, Any]) -> None:
    wrong = replace(FINDING, **changes)
    town.do(SignCheckpoint, "bank/auditor", finding=wrong)
    refusal = town.refused(FiguresDiffer, SignCheckpoint, "bank/witness", finding=FINDING)
    assert (next(iter(changes)), "bank", 7) == tuple(
        refusal.facts[name] for name in ("figure", "organisation", "height")
    )
    answer = town.do(SignCheckpoint, "bank/witness", finding=FINDING, reason="read from a copy")
    assert CheckpointAnswer(7, "bank", superseded=1) == answer
    assert (FINDING, "bank/witness", 1, "read from a copy") == signed(town, "bank")
    town.do(SignCheckpoint, "bank/auditor", finding=wrong, reason="no, it was right")
    assert (wrong, "bank/auditor", 2, "no, it was right") == signed(town, "bank")


def test_the_reserve_of_an_overdrawn_account_is_signed_below_zero(town: Town) -> None:
    finding = replace(FINDING, reserve_fen=-100)
    town.do(SignCheckpoint, "bank/auditor", finding=finding)
    assert finding == signed(town, "bank")[0]


def test_the_same_finding_again_is_not_signed_with_a_reason_or_without(town: Town) -> None:
    town.do(SignCheckpoint, "union/auditor", finding=FINDING)
    town.refused(AlreadySigned, SignCheckpoint, "union/witness", finding=FINDING)
    town.refused(AlreadySigned, SignCheckpoint, "union/auditor", finding=FINDING, reason="once more")


def test_a_reason_is_refused_where_nothing_is_superseded(town: Town) -> None:
    town.do(SignCheckpoint, "union/auditor", finding=FINDING)
    refusal = town.refused(MalformedCommand, SignCheckpoint, "bank/auditor", finding=FINDING, reason="why not")
    assert {"case": "supersedes_nothing"} == refusal.facts
