"""A ledger that follows another: what is closed, what is proven of it, what is carried over."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec.structs import replace

from consortium import PASSPHRASE, VALID_FROM, VALID_TO, Follows, House, after
from lxr.chaincode.accession import AccedeToTerms
from lxr.chaincode.carry_over import CarriedOver, CarryOver, RegisterProof
from lxr.chaincode.checkpoint import Finding
from lxr.chaincode.closing_register import STANDING_MAX, CloseRegister, closed_from, closing_registers
from lxr.chaincode.employers import AddEmployer
from lxr.chaincode.envelope import SignedPayload
from lxr.chaincode.founding import Predecessor, geneses
from lxr.chaincode.parameter_refusals import ParameterInvalid
from lxr.chaincode.parameters import parameters
from lxr.chaincode.payees import payee_commitments
from lxr.chaincode.refusals import Exists, NothingChanges, NumberForeign
from lxr.chaincode.registration import AddWorkers, worker_number
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.status_changes import SetWorker
from lxr.chaincode.statuses import Status
from lxr.chaincode.succession_refusals import (
    DayOfOtherLedger,
    LedgerNotClosed,
    PredecessorUnproven,
    ProofWrong,
    TermsNotCarried,
)
from lxr.chaincode.terms import EndTerms
from lxr.chaincode.worker_keys import ApproveKey, key_change_digest
from lxr.chaincode.workers import workers
from lxr.network.keyfile import new_key
from lxr.node.audit import audit
from lxr.node.receipts import Receipts
from lxr.settlement.ledger.checkpoint_file import checkpoint_file
from lxr.settlement.ledger.succession import RegistersFile, proof_of, unproven_shards
from lxr.settlement.work.signing import (
    public_key_of,
    sign_accession,
    sign_new_key,
    sign_payee,
    sign_registration,
    sign_veto,
)
from lxr.token.refusal import Refusal
from team import Team

FIRST_DAY: Final = date(2026, 9, 1)
DAY: Final = timedelta(days=1)
SIGNERS: Final = ("union", "bank", "regulator")


class Ended:
    """A ledger whose last day is over, with what of it is proven."""

    def __init__(self, house: House, team: Team) -> None:
        self.house: Final = house
        self.team: Final = team

    def close(self, *shards: int) -> None:
        """Write registers of the team's shards."""
        self.house.do(CloseRegister, "union/operator", employer="E001", shards=shards)

    def closing(self, *signers: str, **changes: Any) -> Follows:
        """What a founding names: as organisations sign it, and with changes."""
        finding = self.house.checkpoint(*(signers or SIGNERS))
        file = checkpoint_file(self.house.ledger, finding.height)
        return replace(Predecessor(self.house.ledger_id, FIRST_DAY, file.finding), **changes), file.signed

    def receipt(self, shard: int, height: int) -> RegisterProof:
        """The proof of a register."""
        key = closing_registers.key("E001", shard)
        for block in self.house.ledger.blocks():
            for each in block.transactions:
                if key in dict(each.writes):
                    located = self.house.ledger.transaction(each.tx_id)
        assert located is not None
        return proof_of(Receipts(self.house.ledger, height).of(located, lambda name, _: name == key))


@pytest.fixture
def ended(tmp_path: Path) -> Iterator[Ended]:
    """Three workers in two shards; the ledger is closed from FIRST_DAY, and that day has begun."""
    house = House(tmp_path / "old")
    team = house.employ(workers=3)
    house.govern("ledger.closed", 1, FIRST_DAY)
    house.clock.go(FIRST_DAY, hour=0, minute=1)
    yield Ended(house, team)
    house.close()


class Next:
    """The ledger that follows, with the employer and its terms."""

    def __init__(self, directory: Path, ended: Ended, follows: Follows, *, terms: bool = True) -> None:
        self.house: Final = House(directory, after(ended.house), follows)
        self.house.clock.go(FIRST_DAY, hour=1)
        self.house.do(AddEmployer, employer="E001", shard_size=2)
        if terms:
            self.house.terms_active(ended.team.terms, ended.team.document)

    def carry(self, *receipts: RegisterProof) -> CarriedOver:
        """Carry workers over by the employer's signer."""
        return self.house.do(CarryOver, employer="E001", registers=receipts)

    def refused(self, refusal: type[Refusal], *receipts: RegisterProof) -> Refusal:
        with pytest.raises(refusal) as caught:
            self.carry(*receipts)
        assert isinstance(caught.value, Refusal)
        return caught.value


def whole(ended: Ended, tmp_path: Path) -> tuple[Next, tuple[RegisterProof, RegisterProof]]:
    """The ledger that follows, and the proofs of both registers."""
    ended.close(0, 1)
    follows = ended.closing()
    height = follows[0].closing.height
    return Next(tmp_path / "new", ended, follows), (ended.receipt(0, height), ended.receipt(1, height))


def test_what_workers_have_signed_is_good_on_the_ledger_that_follows_without_a_new_signature(
    ended: Ended, tmp_path: Path
) -> None:
    new, receipts = whole(ended, tmp_path)
    assert CarriedOver(3, 0, 0) == new.carry(*receipts)
    for number in ended.team.workers.values():
        before, now = ended.house.operator.need(workers, number), new.house.operator.need(workers, number)
        assert (before.public_key, before.memberships) == (now.public_key, now.memberships)
        old_payees = ended.house.operator.need(payee_commitments, "E001", before.shard)
        assert old_payees.of[number] == new.house.operator.need(payee_commitments, "E001", now.shard).of[number]
        ended.team.placed[number] = now.shard
    new.house.work(FIRST_DAY, ended.team.rows(orders=10, minutes=300))
    new.house.confirm(ended.team.all, FIRST_DAY)
    assert audit(new.house.ledger).ok


def test_who_is_registered_already_stays_and_the_same_registers_again_change_nothing(
    ended: Ended, tmp_path: Path
) -> None:
    new, (first, second) = whole(ended, tmp_path)
    assert CarriedOver(2, 0, 0) == new.carry(first)
    new.refused(NothingChanges, first)
    assert CarriedOver(1, 2, 0) == new.carry(first, second)
    assert [2, 1] == [len(new.house.operator.need(shard_heads, "E001", shard).workers) for shard in (0, 1)]


def test_no_employer_registers_a_worker_who_is_to_be_carried_over_with_a_key_of_its_own(
    ended: Ended, tmp_path: Path
) -> None:
    new, receipts = whole(ended, tmp_path)
    number, own = next(iter(ended.team.workers.values())), new_key()
    first = ended.house.operator.need(payee_commitments, "E001", 0).of[number]
    taken = sign_registration(own, new.house.ledger_id, number, "E001", first)
    with pytest.raises(NumberForeign):
        new.house.do(AddWorkers, employer="E001", workers=(taken,))
    elsewhere = worker_number("E001", first, new.house.operator.need(geneses).predecessor)
    other = sign_registration(own, new.house.ledger_id, elsewhere, "E001", first)
    new.house.do(AddWorkers, employer="E001", workers=(other,))
    assert CarriedOver(3, 0, 0) == new.carry(*receipts)
    assert public_key_of(ended.team.keys[number]) == new.house.operator.need(workers, number).public_key


def test_work_of_a_day_belongs_on_one_ledger(ended: Ended, tmp_path: Path) -> None:
    new, receipts = whole(ended, tmp_path)
    new.carry(*receipts)
    with pytest.raises(DayOfOtherLedger) as after_it:
        ended.house.work(FIRST_DAY, ended.team.rows(orders=1, minutes=60))
    with pytest.raises(DayOfOtherLedger) as before_it:
        new.house.work(FIRST_DAY - DAY, ended.team.rows(orders=1, minutes=60))
    assert ["after", "before"] == [each.value.facts["case"] for each in (after_it, before_it)]
    ended.house.work(FIRST_DAY - DAY, ended.team.rows(orders=1, minutes=60))  # late, and where it belongs


def test_registers_are_written_once_and_not_before_the_last_day_is_over(tmp_path: Path) -> None:
    house = House(tmp_path)
    ended = Ended(house, house.employ(workers=3))
    with pytest.raises(LedgerNotClosed):
        ended.close(0)
    house.govern("ledger.closed", 1, FIRST_DAY)
    house.clock.go(FIRST_DAY - DAY, hour=23)
    with pytest.raises(LedgerNotClosed):
        ended.close(0)
    house.clock.go(FIRST_DAY, hour=0)
    ended.close(0)
    with pytest.raises(Exists):
        ended.close(0)
    ended.close(0, 1)  # what is there is left out
    assert [2, 1] == [len(house.operator.need(closing_registers, "E001", shard).workers) for shard in (0, 1)]


def test_a_ledger_is_closed_ahead_only_and_by_all_four(tmp_path: Path) -> None:
    house = House(tmp_path)
    with pytest.raises(ParameterInvalid):
        house.govern("ledger.closed", 1, date(2026, 8, 1))
    house.govern("ledger.closed", 1, FIRST_DAY)
    house.govern("ledger.closed", 0, FIRST_DAY)  # put off, before it is there
    house.govern("ledger.closed", 1, FIRST_DAY + DAY)
    closed = house.operator.need(parameters, "ledger.closed")
    days = [closed_from(closed, FIRST_DAY + DAY * number) for number in range(3)]
    assert [None, FIRST_DAY + DAY, FIRST_DAY + DAY] == days


def test_a_register_holds_what_stands_and_leaves_out_what_has_ended(ended: Ended, tmp_path: Path) -> None:
    house, team = ended.house, ended.team
    house.clock.go(FIRST_DAY - 2 * DAY)
    first, second, _ = team.workers.values()
    for worker, status in ((first, Status.ENDED), (second, Status.SUSPENDED)):
        house.do(SetWorker, worker=worker, status=status, from_day=FIRST_DAY - DAY, reason="as asked")
    house.clock.go(FIRST_DAY)
    new, receipts = whole(ended, tmp_path)
    assert CarriedOver(2, 0, 0) == new.carry(*receipts)
    assert None is new.house.operator.get(workers, first)
    assert Status.SUSPENDED == new.house.operator.need(workers, second).statuses[-1].status


def test_a_key_that_is_not_good_yet_is_not_carried_over_so_a_veto_on_the_predecessor_holds(
    ended: Ended, tmp_path: Path
) -> None:
    house, team, strange = ended.house, ended.team, new_key()
    number = next(iter(team.workers.values()))
    house.operator.submit(sign_new_key(strange, house.ledger_id, number, "lost"))
    digest = key_change_digest(number, house.operator.need(workers, number))
    house.do(ApproveKey, "regulator/admin", worker=number, digest=digest)
    new, receipts = whole(ended, tmp_path)
    house.operator.submit(sign_veto(team.keys[number], house.ledger_id, number, digest))
    new.house.clock.go(FIRST_DAY + 10 * DAY)
    new.carry(*receipts)
    carried = new.house.operator.need(workers, number)
    assert (public_key_of(team.keys[number]), None) == (carried.public_key, carried.new_key)


def test_terms_that_end_before_are_not_carried_and_others_must_be_in_force_first(ended: Ended, tmp_path: Path) -> None:
    ended.close(0, 1)
    follows = ended.closing()
    receipt = ended.receipt(0, follows[0].closing.height)
    new = Next(tmp_path / "new", ended, follows, terms=False)
    facts = new.refused(TermsNotCarried, receipt).facts
    assert (ended.team.digest, 1) == (facts["digest"], facts["count"])
    new.house.terms_active(ended.team.terms, ended.team.document)
    new.carry(receipt)


def join_others(house: House, team: Team, number: str, day: date) -> Team:
    """A worker joins other terms of the employer from that day on; gives back whoever has those."""
    other = Team(team.employer, team.shard_size, "TE001-OTHER", replace(team.document, service_fee_bp=100))
    house.terms_active(other.terms, other.document)
    join = sign_accession(team.keys[number], house.ledger_id, number, other.terms, 1, other.digest, day, 2)
    house.do(AccedeToTerms, terms=other.terms, version=1, accessions=(join,))
    return other


def test_who_signed_other_terms_waits_for_them_alone(ended: Ended, tmp_path: Path) -> None:
    number = next(iter(ended.team.workers.values()))
    ended.house.clock.go(FIRST_DAY - 2 * DAY)
    other = join_others(ended.house, ended.team, number, FIRST_DAY + 9 * DAY)
    ended.house.clock.go(FIRST_DAY)
    new, receipts = whole(ended, tmp_path)
    assert CarriedOver(2, 0, 1) == new.carry(*receipts)
    new.refused(TermsNotCarried, *receipts)
    new.house.terms_active(other.terms, other.document)
    assert CarriedOver(1, 2, 0) == new.carry(*receipts)
    assert 2 == len(new.house.operator.need(workers, number).memberships)


def test_terms_that_a_worker_has_replaced_from_a_day_to_come_bind_no_longer_though_those_have_ended(
    ended: Ended, tmp_path: Path
) -> None:
    house, team = ended.house, ended.team
    number = next(iter(team.workers.values()))
    house.clock.go(FIRST_DAY - 2 * DAY)
    other = join_others(house, team, number, FIRST_DAY + 9 * DAY)
    house.do(EndTerms, employer="E001", terms=other.terms, ends=FIRST_DAY - DAY, reason="not these")
    house.clock.go(FIRST_DAY)
    new, receipts = whole(ended, tmp_path)
    assert CarriedOver(2, 0, 1) == new.carry(*receipts)
    assert None is new.house.operator.get(workers, number)


def test_no_workers_statuses_and_accessions_ahead_fill_a_register(ended: Ended) -> None:
    house = ended.house
    first, second, _ = ended.team.workers.values()
    for worker, most in ((first, STANDING_MAX), (second, STANDING_MAX + 1)):
        for number in range(most):
            status = Status.ACTIVE if number % 2 else Status.SUSPENDED
            day = FIRST_DAY + DAY * (number + 1)
            house.do(SetWorker, worker=worker, status=status, from_day=day, reason="again")
    ended.close(0)
    assert {first} == house.operator.need(closing_registers, "E001", 0).workers.keys()


def test_terms_whose_last_day_is_that_of_the_ledger_bind_nobody_on_the_next_one(ended: Ended, tmp_path: Path) -> None:
    house = ended.house
    house.clock.go(FIRST_DAY - 2 * DAY)
    house.do(EndTerms, employer="E001", terms=ended.team.terms, ends=FIRST_DAY - DAY, reason="new ones")
    house.clock.go(FIRST_DAY)
    ended.close(0)
    follows = ended.closing()
    new = Next(tmp_path / "new", ended, follows, terms=False)
    new.carry(ended.receipt(0, follows[0].closing.height))
    number = next(iter(ended.team.workers.values()))
    assert () == new.house.operator.need(workers, number).memberships


def test_an_export_tells_which_shards_have_no_register_below_its_height(ended: Ended) -> None:
    ended.close(0)
    height = ended.closing()[0].closing.height
    ended.close(1)
    file = RegistersFile("E001", height, (ended.receipt(0, height),))
    assert (1,) == unproven_shards(ended.house.operator, file)


def test_an_account_that_was_changed_is_the_one_carried_and_no_earlier_one_can_be(ended: Ended, tmp_path: Path) -> None:
    house, number = ended.house, next(iter(ended.team.workers.values()))
    house.operator.submit(sign_payee(ended.team.keys[number], house.ledger_id, number, "ab" * 32, 1))
    new, receipts = whole(ended, tmp_path)
    new.carry(*receipts)
    shard = new.house.operator.need(workers, number).shard
    assert "ab" * 32 == new.house.operator.need(payee_commitments, "E001", shard).of[number]


@pytest.mark.parametrize(
    ("signers", "changes", "case"),
    [
        (("union", "bank"), {}, "few"),
        (SIGNERS, {"ledger": "0" * 64}, "signature"),
        (SIGNERS, {"closing": Finding(1, "0" * 64, "0" * 64, 0, 0)}, "signature"),
    ],
)
def test_a_predecessor_is_what_three_organisations_have_signed(
    ended: Ended, tmp_path: Path, signers: tuple[str, ...], changes: dict[str, Any], case: str
) -> None:
    ended.close(0)
    follows = ended.closing(*signers, **changes)
    with pytest.raises(PredecessorUnproven) as caught:
        Next(tmp_path / "new", ended, follows)
    assert case == caught.value.facts["case"]


def test_signatures_without_a_predecessor_and_one_organisations_signature_twice_are_refused(
    ended: Ended, tmp_path: Path
) -> None:
    ended.close(0)
    predecessor, signed = ended.closing()
    twice: tuple[SignedPayload, ...] = (signed[0], signed[0], signed[1])
    with pytest.raises(PredecessorUnproven):
        Next(tmp_path / "new", ended, (predecessor, twice))


def test_what_does_not_lead_to_the_closing_root_is_not_carried(ended: Ended, tmp_path: Path) -> None:
    """Another ledger's register, an earlier state of the log, a leaf that was changed, a receipt of something else."""
    new, (first, second) = whole(ended, tmp_path)
    number = next(iter(ended.team.workers.values()))
    key = ended.house.operator.need(workers, number).public_key
    assert key in first.value
    hostile = [
        replace(first, value=first.value.replace(key, "02" + "f" * 64)),
        replace(first, act=first.act.replace('"position":0', '"position":1')),
        replace(first, act="{}"),
        replace(first, salt=first.act_salt),
        replace(first, in_log=first.in_log[1:]),
        replace(first, in_block=second.in_log),
        replace(first, leaves=first.leaves + 1),
        replace(first, place=first.place + 1),
        replace(first, shard=1),
    ]
    for receipt in hostile:
        new.refused(ProofWrong, receipt)
    assert None is new.house.operator.get(workers, number)


def test_a_register_of_another_employer_or_another_closing_is_not_carried(ended: Ended, tmp_path: Path) -> None:
    ended.close(0)
    follows = ended.closing(first_day=FIRST_DAY + DAY)
    new = Next(tmp_path / "new", ended, follows)
    receipt = ended.receipt(0, follows[0].closing.height)
    assert "day" == new.refused(ProofWrong, receipt).facts["case"]
    new.house.consortium.enrol_employer("E002", PASSPHRASE, VALID_FROM, VALID_TO)
    new.house.do(AddEmployer, employer="E002")
    with pytest.raises(ProofWrong):
        new.house.do(CarryOver, "union/operator", employer="E002", registers=(receipt,))


def test_a_ledger_without_predecessor_carries_nothing_over(ended: Ended, tmp_path: Path) -> None:
    ended.close(0)
    height = ended.closing()[0].closing.height
    house = House(tmp_path / "alone", after(ended.house))
    house.do(AddEmployer, employer="E001")
    with pytest.raises(ProofWrong):
        house.do(CarryOver, employer="E001", registers=(ended.receipt(0, height),))


def test_a_worker_who_was_carried_over_joins_later_terms_by_a_signature_for_this_ledger_only(
    ended: Ended, tmp_path: Path
) -> None:
    new, receipts = whole(ended, tmp_path)
    new.carry(*receipts)
    number, team = next(iter(ended.team.workers.values())), ended.team
    for ledger, fine in ((ended.house.ledger_id, False), (new.house.ledger_id, True)):
        day = FIRST_DAY + DAY
        joins = (sign_accession(team.keys[number], ledger, number, team.terms, 1, team.digest, day, 2),)
        with nullcontext() if fine else pytest.raises(Refusal):
            new.house.do(AccedeToTerms, terms=team.terms, version=1, accessions=joins)
