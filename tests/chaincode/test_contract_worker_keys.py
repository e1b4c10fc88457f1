from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.command import HANDLERS
from lxr.chaincode.governance import Approve, Propose
from lxr.chaincode.parameter_refusals import ParameterInvalid
from lxr.chaincode.payees import PayeeChange, SetPayee
from lxr.chaincode.refusals import (
    HashDiffers,
    NotAllowed,
    NothingChanges,
    SignatureWrong,
    Unknown,
    WrongState,
)
from lxr.chaincode.registration import AddWorkers
from lxr.chaincode.workday_answers import Confirm
from lxr.chaincode.worker_keys import ApproveKey, ProposeKey, VetoKey
from lxr.chaincode.workers import key_on, workers
from parties import ANNA, BO, NOVA, aug, numbered, payout, public_key, signature
from town import Town

NOBODY = "W000000000999"
OFF_CURVE = ("02" + "f" * 64, "02" + "0" * 63 + "1", "03" + "f" * 8 + "0" * 7 + "1" + "f" * 48)
"""Beyond the prime, no x of a point, the prime itself less one bit."""


def account(town: Town, signed_by: str) -> dict[str, Any]:
    message = PayeeChange(town.ledger_id, ANNA, payout(signed_by), 1)
    return {
        "worker": ANNA,
        "payee_commitment": payout(signed_by),
        "number": 1,
        "signature": signature(signed_by, message),
    }


def test_a_lost_key_is_replaced_by_the_union_and_an_administrator_of_another_organisation_days_later(
    town: Town,
) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10})
    town.do(ProposeKey, **town.new_key(ANNA, "new"))
    town.do(ApproveKey, "regulator/admin", **town.key_change(ANNA))
    lost, found = town.answer(ANNA, aug(3)), town.answer(ANNA, aug(3), signed_by="new")
    answers = {"employer": "E001", "shard": 0}
    town.go(aug(6), 23, 59, 59)
    town.refused(SignatureWrong, Confirm, **answers, answers=(found,))
    town.go(aug(7), 0, 0)
    town.refused(SignatureWrong, Confirm, **answers, answers=(lost,))
    town.do(Confirm, **answers, answers=(found,))


def test_whoever_takes_over_a_worker_waits_in_the_open_and_the_workers_own_key_vetoes_it(town: Town) -> None:
    town.go(aug(3))
    town.do(ProposeKey, **town.new_key(ANNA, "thief"))
    town.do(ApproveKey, "bank/admin", **town.key_change(ANNA))
    town.go(aug(5))
    town.refused(SignatureWrong, SetPayee, **account(town, "thief"))
    town.refused(SignatureWrong, VetoKey, **town.veto(ANNA, signed_by="thief"))
    town.do(VetoKey, **town.veto(ANNA))
    town.go(aug(9))
    town.refused(SignatureWrong, SetPayee, **account(town, "thief"))
    town.do(SetPayee, **account(town, ANNA))


@pytest.mark.parametrize("carrier", ["union/operator", "employer/signer/E002", "employer/admin", "regulator/admin"])
@pytest.mark.parametrize("approved", [False, True])
def test_a_veto_is_carried_by_whoever_will_because_it_is_the_workers_signature(
    bench: Town, carrier: str, approved: bool
) -> None:
    bench.do(ProposeKey, **bench.new_key(ANNA, "thief"))
    if approved:
        bench.do(ApproveKey, **bench.key_change(ANNA))
    bench.do(VetoKey, carrier, **bench.veto(ANNA))
    assert (public_key(ANNA), None) == (bench.get(workers, ANNA).public_key, bench.get(workers, ANNA).new_key)


def test_a_veto_is_good_for_the_change_that_it_names_and_until_the_new_key_is_good(town: Town) -> None:
    town.refused(WrongState, VetoKey, worker=ANNA, digest="0" * 64, signature=b"0" * 8)
    town.refused(Unknown, VetoKey, worker=NOBODY, digest="0" * 64, signature=b"0" * 8)
    town.do(ProposeKey, **town.new_key(ANNA, "new"))
    veto = town.veto(ANNA)
    town.do(ProposeKey, **town.new_key(ANNA, "newer"))
    town.refused(HashDiffers, VetoKey, **veto)
    town.do(ApproveKey, **town.key_change(ANNA))
    veto = town.veto(ANNA)
    town.go(aug(5))
    town.refused(WrongState, VetoKey, **veto)
    assert public_key("newer") == key_on(town.get(workers, ANNA), aug(5))


def test_a_worker_has_three_whole_days_to_veto_a_key_whatever_was_governed_and_whenever_it_was_approved(
    town: Town,
) -> None:
    fields = {"name": "worker.key_days", "effective_from": aug(1), "source": "x"}
    for days in (0, 1, 2):
        value = msgspec.Raw(b"%d" % days)
        town.refused(ParameterInvalid, Propose, "union/admin", **fields, proposal="PUNION-1", value=value)
    town.do(Propose, "union/admin", **fields, proposal="PUNION-1", value=msgspec.Raw(b"3"))
    town.do(Approve, "regulator/admin", **town.approval("PUNION-1"))
    town.go(aug(4), 23, 59, 59)
    town.do(ProposeKey, **town.new_key(ANNA, "thief"))
    town.do(ApproveKey, "regulator/admin", **town.key_change(ANNA))
    town.go(aug(7), 23, 59, 59)
    town.refused(SignatureWrong, SetPayee, **account(town, "thief"))
    town.do(VetoKey, **town.veto(ANNA))


def test_a_key_that_was_replaced_is_replaced_again_and_the_one_in_force_stays_meanwhile(town: Town) -> None:
    town.do(ProposeKey, **town.new_key(ANNA, "new"))
    town.do(ApproveKey, **town.key_change(ANNA))
    town.go(aug(10))
    town.refused(NothingChanges, ProposeKey, **town.new_key(ANNA, "new"))
    town.do(ProposeKey, **town.new_key(ANNA, "newer"))
    assert public_key("new") == key_on(town.get(workers, ANNA), aug(10))
    town.do(VetoKey, **town.veto(ANNA, signed_by="new"))
    assert public_key("new") == key_on(town.get(workers, ANNA), aug(30))


def test_only_the_key_that_was_proposed_last_is_approved(town: Town) -> None:
    town.refused(WrongState, ApproveKey, worker=ANNA, digest="0" * 64)
    town.refused(NothingChanges, ProposeKey, **town.new_key(ANNA, ANNA))
    town.refused(Unknown, ProposeKey, **town.new_key(NOBODY, "new"))
    town.refused(Unknown, ApproveKey, worker=NOBODY, digest="0" * 64)
    town.do(ProposeKey, **town.new_key(ANNA, "new"))
    first = town.key_change(ANNA)
    town.do(ProposeKey, **{**town.new_key(ANNA, "new"), "reason": "phone lost again"})
    same_key = town.key_change(ANNA)
    town.do(ProposeKey, **town.new_key(ANNA, "a newer one"))
    newest = town.key_change(ANNA)
    for earlier in (first, same_key):
        town.refused(HashDiffers, ApproveKey, **earlier)
    town.do(ApproveKey, **newest)
    town.refused(WrongState, ApproveKey, **newest)


def registering(town: Town, point: str) -> tuple[type, dict[str, Any]]:
    return AddWorkers, {"employer": "E001", "workers": (replace(town.new_worker(numbered(500)), public_key=point),)}


def proposing(town: Town, point: str) -> tuple[type, dict[str, Any]]:
    return ProposeKey, {**town.new_key(ANNA, "new"), "public_key": point}


@pytest.mark.parametrize("point", [*OFF_CURVE, public_key(BO)])
@pytest.mark.parametrize("entrance", [registering, proposing])
def test_no_key_comes_in_that_is_no_point_of_the_curve_or_that_its_holder_has_not_signed_with(
    town: Town, entrance: Callable[[Town, str], tuple[type, dict[str, Any]]], point: str
) -> None:
    kind, fields = entrance(town, point)
    town.refused(SignatureWrong, kind, **fields)


def test_a_new_key_signs_for_the_worker_that_it_is_for(town: Town) -> None:
    town.refused(SignatureWrong, ProposeKey, **{**town.new_key(NOVA, "new"), "worker": ANNA})
    town.refused(SignatureWrong, ProposeKey, **town.new_key(ANNA, "new", signed_by=ANNA))


def test_a_key_is_approved_by_an_administrator_of_another_organisation_than_proposed_it_and_by_nobody_else(
    bench: Town,
) -> None:
    proposers = {caller.partition("/")[0] for caller in HANDLERS[ProposeKey].callers}
    assert {f"{other}/admin" for other in ORGANISATIONS if other not in proposers} == HANDLERS[ApproveKey].callers
    bench.do(ProposeKey, **bench.new_key(ANNA, "new"))
    for caller in ("union/admin", "bank/teller", "regulator/auditor", "employer/signer/E001", "union/operator"):
        bench.refused(NotAllowed, ApproveKey, caller, **bench.key_change(ANNA))
