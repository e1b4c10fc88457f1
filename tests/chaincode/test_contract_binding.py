"""What is signed is signed for one ledger, one content and one turn."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from engines import MemoryEngine
from lxr.chaincode.accession import AccedeToTerms
from lxr.chaincode.assignments import AgreeLine, AssignLine, ConsentLine
from lxr.chaincode.attestations import AgreeReversal, AttestDeposit, CosignDeposit, ReverseDeposit
from lxr.chaincode.awards import ApproveAward, StateAward
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.decisions import Decide, ReviewDecision
from lxr.chaincode.founding import geneses
from lxr.chaincode.governance import Approve, Propose
from lxr.chaincode.instruction import AcceptCashOut
from lxr.chaincode.lines import Target
from lxr.chaincode.payees import PayeeChange, SetPayee
from lxr.chaincode.refusals import HashDiffers, RowChanged, SignatureWrong, VersionStale
from lxr.chaincode.registration import AddWorkers
from lxr.chaincode.sheet_certification import CertifySheets
from lxr.chaincode.terms import AcceptTerms, ActivateTerms, ProposeTerms
from lxr.chaincode.types import canonical, digest
from lxr.chaincode.workday_answers import Confirm, OpenDispute, Withdraw
from lxr.chaincode.worker_keys import ApproveKey, ProposeKey, VetoKey
from lxr.chaincode.workers import workers
from parties import ANNA, BO, CLEO, NOVA, aug, numbered, payout, sep, signature
from scenario.money import credit, debit, place_of
from termsdocuments import terms_document
from town import Town

RUN, NEXT = "E001-20260812", "E001-20260819"
D1: Final = (aug(3), "D1")
SHARD: Final = {"employer": "E001", "shard": 0}
Fields = dict[str, Any]


def elsewhere(town: Town) -> Town:
    """The same state on another ledger, which the same officers and workers keep."""
    genesis = replace(town.get(geneses), ledger="e" * 64)
    return Town(MemoryEngine({**dict(town.engine.scan("")), geneses.key(): canonical(genesis)}), "elsewhere")


def account_change(town: Town) -> Fields:
    message = PayeeChange(town.ledger_id, ANNA, payout("new"), 1)
    return {"worker": ANNA, "payee_commitment": payout("new"), "number": 1, "signature": signature(ANNA, message)}


def vetoing(town: Town) -> Fields:
    if town.get(workers, CLEO).new_key is None:
        town.do(ProposeKey, **town.new_key(CLEO, "thief"))
    return town.veto(CLEO)


MESSAGES: Final[list[tuple[type[AnyCommand], Callable[[Town], Fields]]]] = [
    (AddWorkers, lambda town: {"employer": "E001", "workers": (town.new_worker(numbered(500)),)}),
    (
        AccedeToTerms,
        lambda town: {"terms": "TE001-1", "version": 1, "accessions": (town.joining(NOVA, "TE001-1", 1, aug(1)),)},
    ),
    (Confirm, lambda town: {**SHARD, "answers": (town.answer(ANNA, aug(3)),)}),
    (OpenDispute, lambda town: town.objection(ANNA, aug(3), 12)),
    (OpenDispute, lambda town: town.objection(BO, aug(3), 3)),
    (Withdraw, lambda town: town.withdrawal(BO, aug(2))),
    (SetPayee, account_change),
    (ProposeKey, lambda town: town.new_key(ANNA, "new")),
    (VetoKey, vetoing),
]


@pytest.mark.parametrize(("kind", "signed"), MESSAGES)
def test_what_a_worker_signs_for_one_ledger_is_worth_nothing_on_another(
    bench: Town, kind: type[AnyCommand], signed: Callable[[Town], Fields]
) -> None:
    bench.go(aug(3))
    bench.work(aug(2), {BO: 4})
    bench.dispute(BO, aug(2), 6)
    bench.work(aug(3), {ANNA: 10})
    fields = signed(bench)
    other = elsewhere(bench)
    other.at_ms = bench.at_ms
    other.refused(SignatureWrong, kind, **fields)
    other.do(kind, **signed(other))
    bench.do(kind, **fields)


def test_an_old_confirmation_is_worth_nothing_for_content_that_was_corrected_and_corrected_back(town: Town) -> None:
    """The union alone, with what the worker once signed, would lower what the worker agreed to since."""
    town.go(aug(3))
    town.deposit(100_000)
    town.work(aug(3), {ANNA: 10})
    old = town.answer(ANNA, aug(3))
    town.do(Confirm, **SHARD, answers=(old,))
    town.correct(aug(3), {ANNA: 12})
    town.confirm(ANNA, aug(3))
    town.certify(ANNA, aug(3))
    assert 6000 == town.paid(RUN)[ANNA]
    town.correct(aug(3), {ANNA: 10})
    town.refused(RowChanged, Confirm, **SHARD, answers=(old,))
    town.confirm(ANNA, aug(3))  # the worker's own new word counts


@pytest.mark.parametrize("how", ["withdrawn", "corrected"])
def test_a_signature_of_before_a_dispute_is_worth_nothing_after_it(town: Town, how: str) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10})
    kept, first = town.answer(ANNA, aug(3)), town.objection(ANNA, aug(3), 12)
    town.do(OpenDispute, **first)
    withdrawal = town.withdrawal(ANNA, aug(3))
    if how == "withdrawn":
        town.do(Withdraw, **withdrawal)
        town.correct(aug(3), {ANNA: 11})
    else:
        town.correct(aug(3), {ANNA: 12})
    town.correct(aug(3), {ANNA: 10})
    town.refused(RowChanged, Confirm, **SHARD, answers=(kept,))
    town.refused(RowChanged, OpenDispute, **first)
    town.dispute(ANNA, aug(3), 12)
    town.refused(VersionStale, Withdraw, **withdrawal)


def reversing(town: Town) -> Fields:
    town.do(AttestDeposit, **place_of(D1), employer_no="E001", amount_fen=1000)
    town.do(ReverseDeposit, **place_of(D1), reason="another branch's")
    return town.signed_deposit(D1)


def cosigning(town: Town) -> Fields:
    town.do(AttestDeposit, **place_of(D1), employer_no="E001", amount_fen=1000)
    return town.signed_deposit(D1)


def agreeing(town: Town) -> Fields:
    town.book(aug(3), credit(*D1, 1000))
    town.do(AssignLine, **place_of(D1), target=Target("employer", "E001"))
    return town.agreement(D1)


def consenting(town: Town) -> Fields:
    town.book(aug(3), credit(*D1, 1000, "E001"), debit(aug(3), "B1", 1000))
    town.do(AssignLine, **place_of((aug(3), "B1")), target=Target("line", "2026-08-03/D1"))
    return {"employer": "E001", **town.agreement((aug(3), "B1"))}


def accepting(town: Town) -> Fields:
    town.deposit(100_000)
    town.certified(aug(3), {ANNA: 10})
    town.paid(RUN)
    town.held("C1", scope="run", run=RUN)
    town.leave("C1", accepted=False)
    return town.acceptance("C1")


def proposing(town: Town) -> Fields:
    fields = {
        "proposal": "PUNION-1",
        "name": "minimum_wage.510100-1",
        "effective_from": sep(1),
        "source": "the city's order",
    }
    town.do(Propose, "union/admin", **fields, value=msgspec.Raw(b"2400"))
    return town.approval("PUNION-1")


def replacing(town: Town) -> Fields:
    town.do(ProposeKey, **town.new_key(ANNA, "new"))
    return town.key_change(ANNA)


def activating(town: Town) -> Fields:
    document = terms_document(pay_class="cleaners")
    town.do(ProposeTerms, employer="E001", terms="TE001-9", version=1, document=document)
    town.do(AcceptTerms, terms="TE001-9", version=1, digest=digest(document))
    return {"terms": "TE001-9", "version": 1, "digest": digest(document)}


def deciding(town: Town) -> Fields:
    town.work(aug(3), {ANNA: 10})
    town.dispute(ANNA, aug(3), 12)
    town.reply(ANNA, aug(3))
    there = town.row_digest("E001", aug(3), ANNA)
    return {**SHARD, "worker": ANNA, "day": aug(3), "digest": there, "measures": {"orders": 11}, "reason": "log"}


def reviewing(town: Town) -> Fields:
    town.work(aug(3), {ANNA: 10})
    town.dispute(ANNA, aug(3), 300)
    town.decide(ANNA, aug(3), 300)
    return town.review(ANNA, aug(3), upholds=True)


def awarding(town: Town) -> Fields:
    town.work(aug(3), {ANNA: 10})
    town.do(StateAward, **town.award(ANNA, aug(3), 4))
    return town.award_approval(ANNA, aug(3))


SECOND: Final[list[tuple[type[AnyCommand], str | None, Callable[[Town], Fields], type]]] = [
    (Approve, "regulator/admin", proposing, HashDiffers),
    (AgreeReversal, None, reversing, HashDiffers),
    (CosignDeposit, "bank/admin", cosigning, HashDiffers),
    (AgreeLine, None, agreeing, HashDiffers),
    (ConsentLine, None, consenting, HashDiffers),
    (AcceptCashOut, None, accepting, HashDiffers),
    (ApproveKey, None, replacing, HashDiffers),
    (ActivateTerms, None, activating, HashDiffers),
    (Decide, None, deciding, RowChanged),
    (ReviewDecision, None, reviewing, HashDiffers),
    (ApproveAward, None, awarding, HashDiffers),
]


@pytest.mark.parametrize(("kind", "caller", "first", "refusal"), SECOND)
def test_a_second_signature_holds_for_the_content_that_it_names_and_for_no_other(
    town: Town, kind: type[AnyCommand], caller: str | None, first: Callable[[Town], Fields], refusal: type
) -> None:
    town.go(aug(3))
    fields = first(town)
    other = {"files": ("0" * 64,)} if kind is AcceptCashOut else {"digest": "0" * 64}
    town.refused(refusal, kind, caller, **{**fields, **other})
    town.do(kind, caller, **fields)


def test_the_unions_word_on_a_sheet_holds_for_the_sheet_that_it_has_seen(town: Town) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10, BO: 4})
    town.confirm(ANNA, aug(3))
    seen = town.seen_shards(ANNA, aug(3))
    town.confirm(BO, aug(3))
    town.refused(HashDiffers, CertifySheets, employer="E001", shards=seen)
    town.certify(ANNA, aug(3))
