"""Who asks to be forgotten is blocked while the law has the data kept, and erased after it; the ledger says which."""

from datetime import date, timedelta
from typing import Final

import pytest
from msgspec import Raw

from lxr.chaincode.awards import ApproveAward, StateAward
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.contests import ContestRow
from lxr.chaincode.governance import Approve, Propose
from lxr.chaincode.persons import ErasePerson, PersonAnswer, PersonState, ShowPerson, UnblockPerson, persons
from lxr.chaincode.refusals import (
    DateInFuture,
    MoneyLeft,
    NothingChanges,
    Unknown,
    WorkerNotActive,
    WorkLeft,
    WrongState,
)
from lxr.chaincode.reinstatement import ApproveReinstatement, ProposeReinstatement
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.status_changes import SetWorker
from lxr.chaincode.statuses import Status
from lxr.chaincode.workday import NewRow, SubmitSheet
from lxr.chaincode.workday_answers import OpenDispute
from parties import ANNA, BO, NOVA, aug
from termsdocuments import terms_document
from town import Town

LEFT: Final = aug(5)
YEAR_END, NEXT = date(2026, 12, 31), date(2027, 1, 1)
"""The tests' retentions are none for payrolls and one year for vouchers, after the year of the last day."""


def ended(town: Town, worker: str, day: date = LEFT) -> None:
    town.go(day)
    town.do(SetWorker, worker=worker, status=Status.ENDED, from_day=day + timedelta(days=1), reason="left")


def vouchers_not_kept(town: Town) -> None:
    """From the new year on, which has begun: certificates do not outlive a retention of years."""
    fields = {"effective_from": NEXT, "source": "an order"}
    town.do(Propose, "union/admin", proposal="PUNION-V", name="retention.voucher_years", value=Raw(b"0"), **fields)
    town.do(Approve, "regulator/admin", **town.approval("PUNION-V"))


def asked(worker: str = ANNA, last_day: date = LEFT) -> dict[str, object]:
    return {"worker": worker, "last_day": last_day, "reason": "asked by letter"}


def test_whoever_never_worked_here_is_erased_at_once(town: Town) -> None:
    ended(town, NOVA)
    town.go(aug(6))
    assert PersonAnswer(NOVA, PersonState.ERASED, None) == town.do(ErasePerson, **asked(NOVA))
    town.refused(WrongState, ErasePerson, **asked(NOVA))
    town.refused(WrongState, ShowPerson, worker=NOVA, reason="a court asks")


def test_whoever_worked_is_blocked_until_the_retention_of_payrolls_ends_and_then_erased(town: Town) -> None:
    ended(town, BO)
    town.go(aug(6))
    assert PersonAnswer(BO, PersonState.BLOCKED, date(2026, 12, 31)) == town.do(ErasePerson, **asked(BO))
    town.refused(NothingChanges, ErasePerson, **asked(BO))
    town.go(YEAR_END)
    town.refused(NothingChanges, ErasePerson, **asked(BO))
    town.go(NEXT)
    assert "erased" == town.do(ErasePerson, **asked(BO)).state


def test_whoever_was_paid_is_kept_as_long_as_the_vouchers_are(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.deposit(100_000)
    town.paid("E001-20260812")
    ended(town, ANNA, aug(12))
    town.go(aug(13))
    town.refused(MoneyLeft, ErasePerson, **asked())
    town.instructed("CE001-1", scope="run", run="E001-20260812")
    assert PersonAnswer(ANNA, PersonState.BLOCKED, date(2027, 12, 31)) == town.do(ErasePerson, **asked())
    town.go(NEXT)
    town.refused(NothingChanges, ErasePerson, **asked())
    vouchers_not_kept(town)
    town.do(SweepRun, run="E001-20260812")
    assert PersonAnswer(ANNA, PersonState.ERASED, date(2026, 12, 31)) == town.do(ErasePerson, **asked())


def test_nobody_is_erased_while_a_run_can_still_pay_them_or_take_their_pay_back(town: Town) -> None:
    run = "E001-20260812"
    town.certified(aug(3), {ANNA: 10, BO: 5})
    town.priced(run)
    assert "short" == town.do(FundRun, run=run).state
    ended(town, ANNA, aug(12))
    town.go(NEXT)
    vouchers_not_kept(town)
    assert (run, "short") == stopped_by(town)
    town.deposit(100_000)
    town.do(FundRun, run=run)
    assert (run, "funded") == stopped_by(town)
    town.do(PayShards, run=run, shards=(0, 1))
    town.instructed("CE001-1", scope="run", run=run)
    assert (run, "funded") == stopped_by(town)
    town.do(SweepRun, run=run)
    assert "erased" == town.do(ErasePerson, **asked()).state


def stopped_by(town: Town) -> tuple[object, object]:
    """The run that has it refused that Anna is erased, and the run's state."""
    facts = town.refused(WrongState, ErasePerson, **asked()).facts
    return facts["number"], facts["state"]


def test_no_work_is_taken_for_somebody_who_is_erased(town: Town) -> None:
    """Of days on which they were employed: it could be paid to nobody, and would stop the others' wages."""
    town.certified(aug(3), {BO: 10})
    town.deposit(100_000)
    town.paid("E001-20260812")
    town.instructed("CE001-1", scope="run", run="E001-20260812")
    town.do(SweepRun, run="E001-20260812")
    town.do(StateAward, **town.award(BO, aug(3), 12))
    ended(town, BO, aug(12))
    town.go(NEXT)
    vouchers_not_kept(town)
    assert "erased" == town.do(ErasePerson, **asked(BO)).state
    tried: dict[type[AnyCommand], dict[str, object]] = {
        SubmitSheet: {"employer": "E001", "day": aug(4), "shard": 0, "rows": (NewRow(BO, {"orders": 1}),)},
        OpenDispute: town.objection(BO, aug(4), 1, digest=None),
        StateAward: town.award(BO, aug(3), 11),
        ApproveAward: town.award_approval(BO, aug(3)),
        ContestRow: town.contest(BO, aug(3)),
    }
    for command, fields in tried.items():
        assert "erased" == town.refused(WorkerNotActive, command, **fields).facts["state"]


def test_the_last_day_is_never_before_the_end_of_the_employment_nor_to_come(town: Town) -> None:
    ended(town, BO)
    town.go(aug(6))
    town.refused(DateInFuture, ErasePerson, **asked(BO, aug(7)))
    town.do(ErasePerson, **asked(BO, date(2001, 1, 1)))
    assert (aug(6), YEAR_END) == (town.get(persons, BO).last_day, town.get(persons, BO).until)


def test_nobody_is_forgotten_who_still_works_here(town: Town) -> None:
    town.go(aug(5))
    town.refused(WrongState, ErasePerson, **asked())
    town.do(SetWorker, worker=ANNA, status=Status.ENDED, from_day=aug(7), reason="left")
    town.go(aug(6))
    town.refused(WrongState, ErasePerson, **asked())
    town.refused(Unknown, ErasePerson, **asked("W000000000999"))


def test_a_look_at_a_blocked_person_is_on_the_ledger_and_nobody_else_is_looked_at(town: Town) -> None:
    town.go(aug(5))
    town.refused(WrongState, ShowPerson, worker=BO, reason="a court asks")
    ended(town, BO)
    town.go(aug(6))
    town.do(ErasePerson, **asked(BO))
    for count in (1, 2):
        town.do(ShowPerson, worker=BO, reason="a court asks")
        assert count == town.get(persons, BO).shown


def test_an_employment_of_a_blocked_person_is_not_taken_up_again_before_they_are_unblocked(town: Town) -> None:
    ended(town, BO)
    town.go(aug(6))
    town.do(ErasePerson, **asked(BO))
    town.do(ProposeReinstatement, "union/operator", ended=BO, reason="a slip")
    town.refused(WrongState, ApproveReinstatement, "employer/signer/E001", **town.reinstatement(BO))
    town.do(UnblockPerson, worker=BO, reason="comes back")
    town.refused(WrongState, UnblockPerson, worker=BO, reason="comes back")
    town.do(ApproveReinstatement, "employer/signer/E001", **town.reinstatement(BO))
    assert PersonState.OPEN is town.get(persons, BO).state


def test_nobody_is_forgotten_whose_work_no_run_has_paid_and_others_unpaid_work_is_in_nobodys_way(town: Town) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10, BO: 4})
    town.confirm(ANNA, aug(3))
    ended(town, ANNA)
    town.go(aug(6))
    assert aug(3).isoformat() == town.refused(WorkLeft, ErasePerson, **asked()).facts["day"]
    town.certify(ANNA, aug(3))
    town.refused(WorkLeft, ErasePerson, **asked())
    town.deposit(100_000)
    town.paid("E001-20260812")
    town.correct(aug(3), {BO: 5})  # a row of the same day, which the run has not taken as it now stands
    town.instructed("CE001-1", scope="run", run="E001-20260812")
    assert "blocked" == town.do(ErasePerson, **asked()).state


def test_nobody_is_forgotten_of_whose_pay_some_is_held(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.do(ContestRow, **town.contest(ANNA, aug(3), 4))
    town.deposit(100_000)
    town.paid("E001-20260812")
    ended(town, ANNA, aug(12))
    town.go(aug(13))
    town.instructed("CE001-1", scope="run", run="E001-20260812")
    town.refused(WorkLeft, ErasePerson, **asked())


@pytest.mark.parametrize("role", ["treasurer", "admin"])
def test_whoever_pays_a_blocked_person_says_so_too(town: Town, role: str) -> None:
    ended(town, BO)
    town.go(aug(6))
    town.do(ErasePerson, **asked(BO))
    town.do(ShowPerson, f"union/{role}", worker=BO, reason="payment CE001-1")
    assert 1 == town.get(persons, BO).shown


def test_a_wage_that_is_raised_for_the_past_brings_nothing_to_somebody_who_is_erased(town: Town) -> None:
    town.terms_active("TE001-3", terms_document(minimum_wage_place="510100-1", pay_class="place"))
    town.join("TE001-3", ANNA, BO, from_day=aug(2))
    town.certified(aug(3), {ANNA: {"orders": 2, "minutes": 60}, BO: {"orders": 2, "minutes": 60}})
    town.deposit(100_000)
    assert {ANNA: 2300, BO: 2300} == town.paid("E001-20260812")
    town.instructed("CE001-1", scope="run", run="E001-20260812")
    town.do(SweepRun, run="E001-20260812")
    ended(town, ANNA, aug(12))
    town.go(NEXT)
    vouchers_not_kept(town)
    assert "erased" == town.do(ErasePerson, **asked()).state
    raised = {"name": "minimum_wage.510100-1", "value": Raw(b"2500"), "effective_from": aug(1), "source": "an order"}
    town.do(Propose, "union/admin", proposal="PUNION-W", **raised)
    town.do(Approve, "regulator/admin", **town.approval("PUNION-W"))
    town.do(StateAward, **town.award(BO, aug(3), 3))
    town.do(ApproveAward, **town.award_approval(BO, aug(3)))
    assert [BO] == list(town.priced("E001-20270113"))
