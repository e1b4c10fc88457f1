from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
import pytest

import consortium
import releases
from consortium import House, rehearsal
from forger import forged_ledger
from lxr.chaincode.assignments import AgreeLine, AssignLine
from lxr.chaincode.awards import ApproveAward, StateAward
from lxr.chaincode.cashout_records import PaymentOrderState, payment_orders
from lxr.chaincode.checkpoint import Finding, SignCheckpoint
from lxr.chaincode.contests import ContestRow
from lxr.chaincode.envelope import SignedPayload
from lxr.chaincode.leaves import act_of, leaves_of, parts_of
from lxr.chaincode.lines import Line, Target
from lxr.chaincode.parameter_definitions import PAY_RULES
from lxr.chaincode.parts import SUMS
from lxr.chaincode.period import ClosePeriod
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.runs import pay_lines
from lxr.chaincode.types import canonical, digest
from lxr.node.audit import audit
from lxr.node.port import Ledger
from lxr.node.receipts import Receipts
from lxr.node.sealing import seal
from lxr.node.version import contract_version
from lxr.settlement.bank.deposits import agree_reversal, attest_deposit, cosign_deposit, reverse_deposit
from lxr.settlement.ledger.checkpoints import cosigned
from lxr.settlement.ledger.close import close_period
from lxr.settlement.messages import say
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.pay import deductions, recovery
from lxr.settlement.reports.projection import Projection
from lxr.settlement.reports.vouchers import (
    Voucher,
    VoucherFault,
    VoucherKind,
    encode_voucher,
    find,
    verify_on_ledger,
    verify_voucher,
    without_proof,
)
from lxr.settlement.reports.vouchers.evidence import Act, Evidence
from lxr.settlement.reports.vouchers.kinds import MAKINGS, content_of
from lxr.settlement.reports.vouchers.voucher import AS_SHOWN, NOT_SHOWN
from madeuprules import MADE_UP, another_version
from parties import CUSTODY
from placing import placed
from scenario.money import credit, debit, place_of

DAY = date(2026, 8, 3)
PAYDAY = date(2026, 9, 15)
RUN = "E001-20260915"
B_1, B_2 = f"{DAY}/B-1", f"{PAYDAY}/B-2"
SO_FAR = "year so far, of these runs"
OF_WHAT_IS_SHOWN = {"shards shown as credited", "signatures shown here", SO_FAR} | {
    f"{name} of those runs" for name in ("gross pay", "tax", "insurance", "recoveries", "net pay")
}
"""Facts that say themselves that they are over what the voucher shows."""


class Story:
    """One employer with (if not told) three workers, each with one day of 20 orders in 300 minutes: 130.00 yuan.

    `house` takes every step; here are those that all vouchers need, and where vouchers are found.
    """

    def __init__(self, directory: Path, house: House, workers: int = 3) -> None:
        self.house: Final = house
        self.projection: Final = Projection.open(f"sqlite:///{directory / 'projection.db'}")
        self.team: Final = house.employ(workers)
        house.clock.go(DAY)
        house.work(DAY, self.team.rows(orders=20, minutes=300))

    def certified(self) -> None:
        self.house.confirm(self.team.all, DAY)
        self.house.certify(self.team.all, DAY)

    def deposit(self, amount_fen: int = 100_000, booking: str = "B-1") -> None:
        self.house.deposit(amount_fen, booking=booking)

    def cashed_out(self) -> list[str]:
        """The run's wages are with the bank, which has accepted them. Gives back their orders."""
        return self.house.instructed("C1", scope="run", run=RUN)

    def settled(self, day: date, numbers: Sequence[str]) -> None:
        """The bank's statement of the day has the debits of these orders."""
        self.house.book(day, *(debit(day, f"P-{number[-12:]}", self.amount_fen(number), number) for number in numbers))

    def returned(self, day: date, number: str) -> None:
        """The bank's statement of the day has the return of a payment."""
        line = credit(day, f"R-{number[-12:]}", self.amount_fen(number), order=number, returned="AC04")
        self.house.book(day, line)

    def amount_fen(self, number: str) -> int:
        return self.house.get(payment_orders, number).amount_fen

    def order_of(self, worker: str) -> str:
        self.projection.follow(self.house.ledger)
        return self.projection.orders_of_worker(worker)[-1].number

    def find(self, reference: str) -> Voucher:
        return find(self.house.ledger, self.projection, reference)

    def last(self, command: str) -> Voucher:
        """The voucher of the last transaction of this command."""
        self.projection.follow(self.house.ledger)
        return self.find(self.projection.transactions(command=command)[-1].tx_id)

    def payslip(self, worker: str, run: str = RUN) -> Voucher:
        return self.find(f"{run}/{worker}")

    def worker(self, ref: str = "R0001") -> str:
        return self.team.workers[ref]


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with rehearsal(tmp_path) as house:
        made = Story(tmp_path, house)
        yield made
        made.projection.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Story, Finding]]:
    """Everything once: disputed, decided, paid, settled, closed, countersigned, under a checkpoint of all three."""
    directory = tmp_path_factory.mktemp("whole")
    with rehearsal(directory) as house:
        story = Story(directory, house)
        disputed, awarded = story.worker(), {"orders": 25, "minutes": 300}
        house.dispute(disputed, DAY, {"orders": 30, "minutes": 300})
        house.decide(disputed, DAY, awarded)
        house.do(ContestRow, **house.contest(disputed, DAY, admits={"orders": 20, "minutes": 300}))
        house.do(StateAward, **house.award(disputed, DAY, 25, measures=awarded))
        house.do(ApproveAward, **house.award_approval(disputed, DAY))
        house.confirm(story.team.numbers(["R0002", "R0003"]), DAY)
        house.certify(story.team.all, DAY)
        story.deposit(10_000, "B-1")
        house.clock.go(date(2026, 8, 31))
        house.confirmed()
        house.clock.go(date(2026, 9, 1))
        house.do(ClosePeriod, period="2026-08", custody=CUSTODY)
        house.countersign("2026-08", "bank")
        house.funded(RUN)  # short
        story.deposit(90_000, "B-2")
        house.do_paid(RUN)
        orders = story.cashed_out()
        house.do(SweepRun, run=RUN)
        story.settled(date(2026, 9, 30), orders)
        house.clock.go(date(2026, 10, 8))
        house.do(ClosePeriod, period="2026-09", custody=CUSTODY)
        house.countersign("2026-09")
        finding = house.checkpoint()
        house.checkpoint("union")  # so that the transactions of the first checkpoint are covered too
        yield story, finding
        story.projection.close()


def facts(voucher: Voucher) -> dict[str, str]:
    return {fact.label.en: in_english(fact.value) for fact in voucher.content.facts}


UNSHOWN: Final = NOT_SHOWN.en


def problems_of(data: bytes, trusted: Finding | str) -> list[str]:
    return [say(problem, "en") for problem in verify_voucher(data, trusted)]


def problems_by_own_blocks(data: bytes, ledger: Ledger) -> list[str]:
    return [say(problem, "en") for problem in verify_on_ledger(data, ledger)]


def in_english(value: str | Words) -> str:
    return value if isinstance(value, str) else value.en


def trusted(voucher: Voucher) -> Finding:
    assert voucher.proof is not None
    return voucher.proof.finding


REFERENCES: dict[str, tuple[Callable[[Story], str], VoucherKind, str, str | None]] = {
    "payslip": (lambda story: f"{RUN}/{story.worker()}", VoucherKind.PAYSLIP, "Payslip", "162.50"),
    "run": (lambda _: RUN, VoucherKind.RUN, "Payday run credited and swept", "422.50"),
    "sheet": (
        lambda story: f"E001/{DAY}/{story.team.shard(story.worker())}",
        VoucherKind.SHEET,
        "Daily work data submitted",
        None,
    ),
    "terms": (lambda _: "TE001-RIDERS/1", VoucherKind.TERMS, "Terms", None),
    "period": (lambda _: "2026-09", VoucherKind.PERIOD, "Month closed", "577.50"),
    "order": (lambda story: story.order_of(story.worker()), VoucherKind.ORDER, "Payment settled", "162.50"),
    "booking": (lambda _: B_2, VoucherKind.BOOKING, "Deposit", "900.00"),
    "booking of a custody account": (lambda _: f"{CUSTODY}/{B_1}", VoucherKind.BOOKING, "Deposit", "100.00"),
    "checkpoint": (lambda story: f"checkpoint/{first_height(story)}", VoucherKind.CHECKPOINT, "Checkpoint", None),
}


def first_height(story: Story) -> int:
    return cosigned(story.house.ledger)[0].finding.height


@pytest.mark.parametrize("name", REFERENCES)
def test_each_reference_finds_its_voucher_and_it_proves_good(whole: tuple[Story, Finding], name: str) -> None:
    story, _ = whole
    reference, kind, title, amount = REFERENCES[name]
    made = story.find(reference(story))
    assert (kind, title, amount) == (made.content.kind, made.content.title.en, made.content.amount_yuan)
    assert [] == problems_of(encode_voucher(made), trusted(made))
    assert [] == problems_of(encode_voucher(made), trusted(made).root)


COMMANDS = [
    ("custody.attest_deposit", VoucherKind.BOOKING, "Deposit"),
    ("custody.cosign_deposit", VoucherKind.BOOKING, "Deposit"),
    ("workday.submit", VoucherKind.SHEET, "Daily work data submitted"),
    ("workday.confirm", VoucherKind.CONFIRMATION, "Confirmation by workers"),
    ("workday.dispute", VoucherKind.DISPUTE, "Dispute by a worker"),
    ("workday.reply", VoucherKind.DISPUTE, "Reply of the employer to a dispute"),
    ("workday.decide", VoucherKind.DISPUTE, "Decision of a dispute"),
    ("workday.contest", VoucherKind.DISPUTE, "Row contested by the employer"),
    ("workday.approve_award", VoucherKind.DISPUTE, "Award on a row"),
    ("workday.certify", VoucherKind.ATTESTATION, "Attestation by the union"),
    ("payroll.open", VoucherKind.RUN, "Payday run opened"),
    ("payroll.fund", VoucherKind.RUN, "Payday run funded"),
    ("payroll.pay", VoucherKind.RUN, "Payday run credited"),
    ("payroll.sweep", VoucherKind.RUN, "Payday run credited and swept"),
    ("terms.propose", VoucherKind.TERMS, "Terms"),
    ("terms.accede", VoucherKind.ACCESSION, "Accession to terms"),
    ("period.countersign", VoucherKind.PERIOD, "Month closed"),
    ("cashout.hold", VoucherKind.TRANSACTION, "Transaction on the ledger"),
    ("custody.book_statement", VoucherKind.TRANSACTION, "Transaction on the ledger"),
    ("governance.found", VoucherKind.TRANSACTION, "Transaction on the ledger"),
]


@pytest.mark.parametrize(("command", "kind", "title"), COMMANDS)
def test_each_transaction_has_a_voucher_of_what_it_did_and_it_proves_good(
    whole: tuple[Story, Finding], command: str, kind: VoucherKind, title: str
) -> None:
    story, _ = whole
    made = story.last(command)
    assert (kind, title) == (made.content.kind, made.content.title.en)
    assert command == made.content.transactions[-1].command
    assert [] == problems_of(encode_voucher(made), trusted(made))


def test_a_run_that_was_short_tells_the_arrears_then_and_their_cure_later(whole: tuple[Story, Finding]) -> None:
    story, _ = whole
    short, funded = [
        story.find(row.tx_id) for row in story.projection.transactions(command="payroll.fund", employer="E001")
    ]
    assert "Payday run short: wages in arrears" == short.content.title.en
    assert ("322.50", "叁佰贰拾贰元伍角整") == (short.content.amount_yuan, short.content.amount_capitals)
    assert UNSHOWN == facts(short)["arrears cured"]
    assert "2026-09-15T12:00:00.000+08:00" == facts(funded)["arrears cured"]
    assert "430.95" == funded.content.amount_yuan  # with the fee of 2 %


def test_the_face_names_consortium_rehearsal_signer_and_that_it_is_no_invoice(whole: tuple[Story, Finding]) -> None:
    story, _ = whole
    content = story.find(B_2).content
    assert ("洛小茸", True) == (content.consortium, content.rehearsal)
    assert [
        "This voucher is not an invoice.",
        AS_SHOWN.en,
        "Rehearsal: this ledger plays past dates; no money has moved.",
    ] == [notice.en for notice in content.notices]
    assert any("发票" in notice.zh for notice in content.notices)
    assert ("900.00", "玖佰元整") == (content.amount_yuan, content.amount_capitals)
    attested, _, booked = content.transactions
    assert ("bank", "teller", "custody.attest_deposit") == (attested.organisation, attested.role, attested.command)
    located = story.house.ledger.transaction(booked.tx_id)
    assert located is not None
    assert (located.block, located.position) == (booked.block, booked.position)
    assert located.transaction.envelope.signature.hex() == booked.signature
    assert "2026-09-15T12:00:00.000+08:00" == booked.at == content.at


def test_no_voucher_holds_personal_data(whole: tuple[Story, Finding]) -> None:
    story, _ = whole
    made = encode_voucher(story.payslip(story.worker())).decode()
    person = story.team.persons[story.worker()]
    for secret in (person.name, person.bank_account, person.worker_ref, person.salt):
        assert secret not in made


def test_a_payslip_has_the_items_of_the_law(whole: tuple[Story, Finding]) -> None:
    story, _ = whole
    made = story.payslip(story.worker())
    assert {"employer": "E001", "worker": story.worker()} == {
        party.role.en: party.number for party in made.content.parties
    }
    told = facts(made)
    order = story.order_of(story.worker())
    assert {
        "run": RUN,
        "payday": "2026-09-15",
        "pay period": "2026-08-01 to 2026-08-31",
        "version of the pay rules": "2",
        "terms": "TE001-RIDERS",
        "work time in the period": "300 minutes",
        "days taken by this run": "1",
        "which days": "2026-08-03",
        "pay per order, 25 orders (TE001-RIDERS, version 1)": "162.50",
        "rate: pay per order (TE001-RIDERS, version 1)": "6.50 yuan per order",
        "earned in the period so far": "162.50",
        "less what earlier runs brought": "0.00",
        "due now": "162.50",
        "gross pay": "162.50",
        "net pay": "162.50",
        SO_FAR: RUN,
        "gross pay of those runs": "162.50",
        "tax of those runs": "0.00",
        "insurance of those runs": "0.00",
        "recoveries of those runs": "0.00",
        "net pay of those runs": "162.50",
        "credit in LXR": "yes",
        "payout": f"{order}: settled, 162.50, 2026-09-30/P-{order[-12:]}",
        "paid: confirmed by the bank": "2026-09-30",
    } == told


def test_a_payslip_says_paid_only_once_the_bank_has_confirmed_the_credit(story: Story) -> None:
    worker, said = story.worker(), "paid: confirmed by the bank"
    story.certified()
    story.deposit()
    story.house.priced(RUN)
    assert (UNSHOWN, UNSHOWN) == (
        facts(story.payslip(worker))["credit in LXR"],
        facts(story.payslip(worker))[said],
    )
    story.house.do_paid(RUN)
    assert ("yes", UNSHOWN) == (
        facts(story.payslip(worker))["credit in LXR"],
        facts(story.payslip(worker))[said],
    )
    numbers = story.cashed_out()
    order = story.order_of(worker)
    assert f"{order}: held, 130.00" == facts(story.payslip(worker))["payout"]
    assert UNSHOWN == facts(story.payslip(worker))[said]
    story.settled(date(2026, 9, 16), numbers)
    assert "2026-09-16" == facts(story.payslip(worker))[said]

    story.returned(date(2026, 9, 17), order)
    assert (f"{order}: returned, 130.00, AC04", UNSHOWN) == (
        facts(story.payslip(worker))["payout"],
        facts(story.payslip(worker))[said],
    )
    assert "Payment returned" == story.find(order).content.title.en
    again = story.house.instructed("C2", scope="workers", employer="E001", workers=(worker,), retry_of=order)
    story.settled(date(2026, 9, 18), again)
    assert "2026-09-18" == facts(story.payslip(worker))[said]
    assert order == facts(story.find(again[0]))["in place of"]
    story.house.checkpoint()
    made = story.payslip(worker)
    assert [] == problems_of(encode_voucher(made), trusted(made))


def test_a_rejected_payment_is_not_paid_and_says_the_banks_reason(story: Story) -> None:
    story.certified()
    story.deposit()
    story.house.paid(RUN)
    story.cashed_out()
    order = story.order_of(story.worker())
    story.house.do(RejectPaymentOrders, custody=CUSTODY, cashout="C1", rejections=((order, "AC01"),))
    assert "AC01" == facts(story.find(order))["bank's reason"]
    assert PaymentOrderState.REJECTED == facts(story.find(order))["state"]
    assert f"{order}: rejected, 130.00, AC01" == facts(story.payslip(story.worker()))["payout"]
    assert UNSHOWN == facts(story.payslip(story.worker()))["paid: confirmed by the bank"]


def test_no_fen_of_a_payment_proves_two_wages_and_whole_balances_prove_none(story: Story) -> None:
    """The first wage comes back and lies there; what leaves a month later takes it along in no order's place."""
    said, worker, later = "paid: confirmed by the bank", story.worker(), "E001-20261015"
    story.certified()
    story.deposit()
    story.house.paid(RUN)
    (own,) = [number for number in story.cashed_out() if number == story.order_of(worker)]
    story.settled(date(2026, 9, 16), [own])
    assert "2026-09-16" == facts(story.payslip(worker))[said]
    day = story.house.clock.go(date(2026, 9, 17))
    story.house.work(day, story.team.rows(orders=10, minutes=60))
    story.house.certify(story.team.all, day)
    story.house.paid(later)
    story.returned(date(2026, 10, 16), own)
    story.settled(date(2026, 10, 17), story.house.instructed("C2", scope="all", employer="E001"))
    assert [UNSHOWN] * 2 == [facts(story.payslip(worker, run))[said] for run in (RUN, later)]
    refuse_new(story, story.payslip(worker), Random(3))


def test_payslip_and_run_name_the_version_of_the_pay_rules_of_each_period_and_audit_agrees(story: Story) -> None:
    """August is priced by the newest version, in a second run too; September by one that pays each order a fen more."""
    house, worker, later = story.house, story.worker(), "E001-20261015"
    with another_version():
        house.govern(PAY_RULES, MADE_UP, date(2026, 9, 1))
        story.certified()
        story.deposit()
        story.house.paid(RUN)
        late, day = date(2026, 8, 4), date(2026, 9, 17)
        house.clock.go(day)
        for each in (late, day):
            house.work(each, story.team.rows(orders=10, minutes=60))
        house.certify(story.team.all, late, day)
        story.house.paid(later)
        said = [(fact.label.en, in_english(fact.value)) for fact in story.payslip(worker, later).content.facts]
        expected = [
            ("version of the pay rules", str(MADE_UP - 1)),
            ("pay per order, 30 orders (TE001-RIDERS, version 1)", "195.00"),
            ("version of the pay rules", str(MADE_UP)),
            ("pay per order, 10 orders (TE001-RIDERS, version 1)", "65.10"),
        ]
        assert expected == [fact for fact in said if fact in expected]
        assert ("net pay", "130.10") in said
        of_runs = [
            [fact.value for fact in story.find(run).content.facts if fact.label.zh == "计薪规则版本"]
            for run in (RUN, later)
        ]
        assert [[str(MADE_UP - 1)], [str(MADE_UP - 1), str(MADE_UP)]] == of_runs
        assert audit(house.ledger).ok
        story.house.checkpoint()
        for made in (story.payslip(worker, later), story.find(later)):
            assert [] == problems_of(encode_voucher(made), trusted(made))
            refuse_new(story, made, Random(5))


def test_an_attested_deposit_tells_its_employer_and_that_it_was_reversed(story: Story) -> None:
    house = story.house
    attest_deposit(house.teller, CUSTODY, DAY, "B-1", "E001", 5_000)
    first = story.find(B_1)
    assert "E001" in [party.number for party in first.content.parties]
    said, signers, why = (
        "attested by the bank: state",
        "persons of the bank who signed it, as shown",
        "why it is to be reversed",
    )
    assert ("attested", "1", UNSHOWN) == tuple(
        facts(first)[name] for name in (said, signers, "on the bank's statement")
    )
    cosign_deposit(house.client("bank", "admin"), CUSTODY, DAY, "B-1")
    assert "2" == facts(story.find(B_1))[signers]
    reverse_deposit(house.teller, CUSTODY, DAY, "B-1", "booked twice")
    assert ("attested", "booked twice") == (facts(story.find(B_1))[said], facts(story.find(B_1))[why])
    agree_reversal(house.treasurer, CUSTODY, DAY, "B-1")
    assert "reversed" == facts(story.find(B_1))[said]
    assert "attested" == facts(story.find(first.content.transactions[0].tx_id))[said]
    refuse_new(story, story.find(B_1), Random(4))


def test_a_deposit_that_its_statement_does_not_have_says_what_is_kept_of_it(story: Story) -> None:
    attest_deposit(story.house.teller, CUSTODY, DAY, "B-1", "E001", 5_000)
    story.house.book(DAY)
    told = facts(story.find(B_1))
    assert ("missing from its statement", "50.00", UNSHOWN) == (
        told["attested by the bank: state"],
        told["kept from the employer until it is found"],
        told["on the bank's statement"],
    )


BY_HAND = {
    "an employer's": (
        ("B1", True),
        ("employer", "E001"),
        "Deposit",
        {"what the bank says that it is": "money of employer E001"},
    ),
    "interest": (("B1", True), ("platform", "platform"), "The bank's fee or interest", {"direction": "credit"}),
    "a fee": (("B1", False), ("platform", "platform"), "The bank's fee or interest", {"direction": "debit"}),
    "undone": (
        ("B1", False),
        ("line", f"{DAY}/B2"),
        "Entry of the bank, undone by another",
        {"the other entry": f"{DAY}/B2"},
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_line_that_waits_tells_what_bank_and_union_said_that_it_is(story: Story, name: str) -> None:
    (booking, is_credit), (what, number), title, said = BY_HAND[name]
    story.house.book(DAY, Line(DAY, booking, is_credit, 700), credit(DAY, "B2", 700))
    story.house.checkpoint()
    waits = story.find(f"{DAY}/{booking}")
    assert ("Entry of the bank, not known yet", "7.00", "1") == (
        waits.content.title.en,
        facts(waits)["not known yet what it is"],
        facts(waits)["on the bank's statement"],
    )
    target = msgspec.convert({"what": what, "number": number}, Target)
    story.house.do(AssignLine, **place_of((DAY, booking)), target=target)
    assert UNSHOWN == facts(story.last("custody.assign_line"))["agreed to by"]
    story.house.do(AgreeLine, **story.house.agreement((DAY, booking)))
    story.house.checkpoint()
    made = story.last("custody.agree_line")
    told = facts(made)
    assert (title, "7.00", "the union") == (made.content.title.en, made.content.amount_yuan, told["agreed to by"])
    assert said.items() <= told.items()
    assert [] == problems_of(encode_voucher(made), trusted(made))
    refuse_new(story, made, Random(name))


def test_an_orders_voucher_says_when_the_bank_accepted_it_and_which_line_paid_it(whole: tuple[Story, Finding]) -> None:
    story, _ = whole
    order = story.order_of(story.worker())
    told = facts(story.find(order))
    assert {
        "accepted by the bank": "2026-09-15T12:00:00.000+08:00",
        "bank's booking day and reference": f"2026-09-30/P-{order[-12:]}",
        "on the bank's statement": "3",
        "number that the bank gives it": "3",
        "day of the statement": "2026-09-30",
    }.items() <= told.items()


def test_a_months_voucher_tells_what_it_carries_over_by_kind(story: Story) -> None:
    story.house.book(date(2026, 8, 31), *(credit(DAY, f"B{place}", 700) for place in range(2)))
    story.house.clock.go(date(2026, 9, 1))
    close_period(story.house.treasurer, "2026-08", CUSTODY, carry=True)
    assert "2, 14.00 yuan" == facts(story.find("2026-08"))["carried over: entries of the bank that nobody knows"]


def test_a_sheet_is_found_in_its_latest_version_and_a_dispute_with_its_withdrawal(story: Story) -> None:
    worker = story.worker()
    shard = story.team.shard(worker)
    story.house.correct(DAY, {worker: {"orders": 21, "minutes": 300}})
    corrected = facts(story.find(f"E001/{DAY}/{shard}"))
    assert ("2", "300 minutes, 21 orders", "recount") == (
        corrected["version of the sheet"],
        corrected["in all"],
        corrected["reason of the correction"],
    )
    story.house.dispute(worker, DAY, {"orders": 30, "minutes": 300})
    disputed = facts(story.last("workday.dispute"))
    assert ("300 minutes, 21 orders", "300 minutes, 30 orders", "2026-08-10") == (
        disputed["row of the employer"],
        disputed["claimed by the worker"],
        disputed["to be decided by"],
    )
    story.house.withdraw(worker, DAY)
    withdrawn = story.last("workday.withdraw")
    assert ("Dispute withdrawn", "confirmed") == (withdrawn.content.title.en, facts(withdrawn)["state of the row"])


def test_a_payslip_sums_up_the_year_and_leaves_out_runs_taken_back(story: Story) -> None:
    worker = story.worker()
    deductions.order(story.house.treasurer, "DE001-1", worker, "tax", 1_000, "个人所得税法 art. 9", "ef" * 32)
    deductions.approve(story.house.signer(), "DE001-1")
    story.certified()
    story.deposit()
    story.house.paid(RUN)
    assert "10.00" == facts(story.payslip(worker))["tax kept back, order DE001-1"]
    day = story.house.clock.go(date(2026, 9, 16))
    story.house.work(day, story.team.rows(orders=10, minutes=60))
    story.house.confirm(story.team.all, day)
    story.house.certify(story.team.all, day)
    story.house.paid("E001-20261015")
    told = facts(story.payslip(worker, "E001-20261015"))
    assert [f"{RUN}, E001-20261015", "195.00", "10.00", "185.00"] == [
        told[name] for name in (SO_FAR, *(f"{name} of those runs" for name in ("gross pay", "tax", "net pay")))
    ]
    story.house.reversed(RUN)
    told = facts(story.payslip(worker, "E001-20261015"))
    assert ["E001-20261015", "65.00"] == [told[SO_FAR], told["gross pay of those runs"]]
    assert "taken back" == facts(story.payslip(worker))["credit in LXR"]
    reversed_run = story.find(RUN)
    assert ("Payday run taken back", "397.80") == (reversed_run.content.title.en, reversed_run.content.amount_yuan)
    assert "wrong rate" == facts(reversed_run)["reason"]
    refuse_new(story, reversed_run, Random(1))
    refuse_new(story, story.payslip(worker, "E001-20261015"), Random(2))
    story.house.checkpoint()
    for voucher in (story.find(RUN), story.payslip(worker), story.payslip(worker, "E001-20261015")):
        assert [] == problems_of(encode_voucher(voucher), trusted(voucher))


def test_payslip_run_and_projection_say_what_was_recovered_of_what_was_overpaid(story: Story) -> None:
    house, worker = story.house, story.worker()
    ref = next(ref for ref, number in story.team.workers.items() if number == worker)
    story.certified()
    story.deposit()
    story.house.paid(RUN)
    house.correct(DAY, {worker: {"orders": 5, "minutes": 60}})
    house.confirm(story.team.numbers([ref]), DAY)
    house.certify(worker, DAY)
    story.house.priced(f"{RUN}-2")
    owed = recovery.overpaid_of(house.operator, "E001")
    assert [(worker, "TE001-RIDERS", date(2026, 8, 1), 9750)] == [
        (o.worker, o.terms, o.start, o.over_fen) for o in owed
    ]
    proposed: dict[str, Any] = {"most_fen": 9750, "share_bp": 2000, "basis": "agreed", "document": "ef" * 32}
    recovery.propose(house.signer(), "RE001-1", owed[0], private_key=story.team.keys[worker], **proposed)
    (view,) = deductions.deductions_of(house.operator, worker=worker)
    assert ("overpaid", date(2026, 9, 16)) == (view.kind, view.from_day)
    day = house.clock.go(date(2026, 9, 16))
    house.work(day, story.team.rows([ref], orders=20, minutes=60))
    house.confirm(story.team.numbers([ref]), day)
    house.certify(worker, day)
    story.house.paid("E001-20261015")
    payslip = story.payslip(worker, "E001-20261015")
    told = facts(payslip)
    assert ["130.00", "26.00", "104.00", "26.00"] == [
        told[name]
        for name in (
            "gross pay",
            "recovered of what was overpaid, order RE001-1",
            "net pay",
            "recoveries of those runs",
        )
    ]
    run = story.find("E001-20261015")
    assert ("26.00", "104.00") == (facts(run)["recovered of what was overpaid"], run.content.amount_yuan)
    (line,) = [row for row in story.projection.runs_of_worker(worker) if row.run == "E001-20261015"]
    assert (13_000, 0, 0, 2600, 10_400) == (
        *(line.gross_fen, line.tax_fen, line.insurance_fen),
        *(line.recovered_fen, line.net_fen),
    )
    recovery.withdraw(house.operator, "RE001-1", story.team.keys[worker])
    assert () == deductions.deductions_of(house.operator, worker=worker)
    story.house.checkpoint()
    payslip = story.payslip(worker, "E001-20261015")
    assert [] == problems_of(encode_voucher(payslip), trusted(payslip))


def test_a_voucher_has_no_proof_until_a_signed_checkpoint_covers_it(story: Story) -> None:
    story.deposit()
    before = story.find(B_1)
    assert before.proof is None
    assert ["proof: there is none; no signed checkpoint covered it when it was made"] == problems_of(
        encode_voucher(before), "00" * 32
    )
    finding = story.house.checkpoint("regulator", "bank")
    after = story.find(B_1)
    assert after.proof is not None
    assert (finding, ("bank", "regulator")) == (after.proof.finding, after.proof.signed)
    assert before == without_proof(after)
    assert [] == problems_of(encode_voucher(after), finding)


def test_the_checkpoint_that_most_have_signed_is_the_one_that_proves(story: Story) -> None:
    story.deposit()
    story.house.checkpoint("union")
    best = story.house.checkpoint("union", "bank", "regulator")
    story.house.checkpoint("bank")
    assert best == trusted(story.find(B_1))


def test_a_wrong_checkpoint_proves_nothing_however_many_have_signed_it(story: Story) -> None:
    story.deposit()
    right = story.house.checkpoint("union")
    wrong = msgspec.structs.replace(right, root="00" * 32)
    for organisation in ("bank", "regulator", "employer"):
        story.house.do(SignCheckpoint, f"{organisation}/witness", finding=wrong)
    proof = story.find(B_1).proof
    assert proof is not None
    assert (right, ("union",)) == (proof.finding, proof.signed)


def test_the_voucher_of_a_checkpoint_says_who_signed_what_and_what_was_superseded(story: Story) -> None:
    right = story.house.checkpoint("union", "bank")
    wrong = msgspec.structs.replace(right, supply_fen=5)
    story.house.do(SignCheckpoint, "regulator/auditor", finding=wrong)
    reference = f"checkpoint/{right.height}"
    differing = story.find(reference).content
    told = [in_english(each.value) for each in differing.facts if each.label.en == "signatures shown here"]
    assert ["the union, the bank", "the regulator"] == told
    story.house.do(SignCheckpoint, "regulator/auditor", finding=right, reason="a slip")
    story.house.checkpoint()
    made = story.find(reference)
    assert [] == problems_of(encode_voucher(made), trusted(made))
    assert ("the union, the bank, the regulator", "1; a slip") == (
        facts(made)["signatures shown here"],
        facts(made)["superseded by regulator, times; why"],
    )


def test_the_vouchers_of_an_overdrawn_account_show_a_balance_below_zero(story: Story) -> None:
    day = date(2026, 8, 31)
    story.house.book(day, debit(day, "B-9", 1_00))
    story.house.clock.go(date(2026, 9, 1))
    close_period(story.house.treasurer, "2026-08", CUSTODY, carry=True)
    made = [story.find(f"checkpoint/{story.house.checkpoint().height}"), story.find("2026-08")]
    assert ["-1.00", "-1.00"] == [
        facts(made[0])["money in custody, as signed"],
        facts(made[1])["money in custody"],
    ]
    assert [] == problems_of(encode_voucher(made[1]), trusted(made[1]))


def test_a_checkpoint_signed_by_a_role_that_may_not_or_twice_by_one_proves_nothing(story: Story) -> None:
    story.deposit()
    finding = story.house.checkpoint("bank")
    made = story.find(B_1)
    proof = made.proof
    assert proof is not None
    teller = story.house.identity("bank", "teller")
    command = SignCheckpoint(request_id="as-a-teller", finding=finding)
    sealed = seal(command, story.house.ledger_id, teller.certificate_pem, teller.private_key, story.house.clock())
    for signers, problem in (
        (
            (SignedPayload(sealed.payload.decode(), sealed.signature.hex()),),
            "signature 1: the teller of the bank may not sign checkpoints",
        ),
        (proof.signers * 2, "signature 2: the bank has signed already"),
    ):
        forgery = msgspec.structs.replace(proof, signers=signers, signed=("bank",) * len(signers))
        data = encode_voucher(msgspec.structs.replace(made, proof=forgery))
        assert [f"proof: {problem}"] == problems_of(data, finding)


def resealed(voucher: Voucher, **changes: Any) -> bytes:
    """A forger's: other content, with the digest to match."""
    content = msgspec.structs.replace(voucher.content, **changes)
    return encode_voucher(msgspec.structs.replace(voucher, content=content, digest=digest(content)))


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("amount_fen", 99_999_999),
        ("amount_yuan", "999,999.99"),
        ("amount_capitals", "玖佰元整"),
        ("rehearsal", False),
        ("consortium", "another"),
        ("notices", ()),
        ("facts", ()),
        ("parties", ()),
        ("at", "2026-09-01T00:00:00.000+08:00"),
        ("number", "E001-20260915/W000000000000"),
        ("number", "nonsense"),
        ("kind", VoucherKind.RUN),
        ("transactions", ()),
    ],
)
def test_a_tampered_content_is_found_even_with_the_digest_made_to_match(
    whole: tuple[Story, Finding], field: str, change: object
) -> None:
    story, _ = whole
    made = story.payslip(story.worker())
    assert [] == problems_of(encode_voucher(made), trusted(made))
    (first, *_) = problems_of(resealed(made, **{field: change}), trusted(made))
    assert first.startswith((f"{field}: it says ", "proof: "))


def test_a_single_changed_fact_is_named(whole: tuple[Story, Finding]) -> None:
    story, _ = whole
    made = story.payslip(story.worker())
    dearer = tuple(
        msgspec.structs.replace(fact, value="962.50") if fact.label.en == "net pay" else fact
        for fact in made.content.facts
    )
    (problem,) = verify_voucher(resealed(made, facts=dearer), trusted(made))
    assert "facts: it says net pay: 962.50, the proven transactions say net pay: 162.50" == say(problem, "en")
    assert "内容：凭证所载为“实发工资：962.50”，据已证明的交易应为“实发工资：162.50”" == say(problem, "zh")


def test_a_changed_content_without_a_new_digest_is_found(whole: tuple[Story, Finding]) -> None:
    story, _ = whole
    made = story.find(B_2)
    text = encode_voucher(made).replace(b'"amount_yuan":"900.00"', b'"amount_yuan":"980.00"')
    assert "digest: it is not that of the content" == problems_of(text, trusted(made))[0]


def other_end(text: str) -> str:
    """The same hexadecimal digits but for the last."""
    return text[:-1] + ("1" if text.endswith("0") else "0")


def forged(voucher: Voucher, path: str, change: Callable[[Any], Any]) -> bytes:
    """With one thing in the proof changed. path: names and indexes with points between."""
    plain = msgspec.json.decode(encode_voucher(voucher))
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place = plain["proof"]
    for step in way:
        place = place[step]
    place[last] = change(place[last])
    return canonical(plain)


@pytest.mark.parametrize(
    ("path", "change", "problem"),
    [
        ("finding.root", lambda _: "00" * 32, "is not the trusted one"),
        ("finding.supply_fen", lambda fen: fen + 1, "is not the trusted one"),
        ("transactions.0.receipt.shown", lambda shown: shown[:1], "does not lead to the trusted root"),
        ("transactions.0.receipt.shown", lambda shown: shown[1:], "the first leaf is not shown"),
        (
            "transactions.0.receipt.shown.1.leaf.value",
            lambda text: text.replace("90000", "99000"),
            "does not lead to the trusted root",
        ),
        (
            "transactions.0.receipt.shown.0.leaf.value",
            lambda text: text.replace('"valid":true', '"valid":false'),
            "does not lead to the trusted root",
        ),
        (
            "transactions.0.receipt.shown.0.leaf.value",
            lambda text: text.replace("teller", "signer"),
            "does not lead to the trusted root",
        ),
        (
            "transactions.0.receipt.shown.0.leaf.value",
            lambda text: text.replace('"position":0', '"position":1'),
            "no leaf is shown, or one that the tree does not have",
        ),
        ("transactions.0.receipt.in_log", lambda path: path[1:], "the path is too short"),
        ("transactions.0.receipt.in_log", lambda path: [*path, path[0]], "the path is too long"),
        ("transactions", lambda those: those[::-1], "not in the order of the ledger"),
        ("transactions", lambda those: [those[0], *those], "not in the order of the ledger"),
        ("transactions", lambda _: [], "there is no transaction to stand on"),
        ("transactions", lambda those: those[:1], "it says"),
        ("founding", lambda _: None, "it is no voucher"),
        ("founding.shown", lambda shown: shown[:1], "does not lead to the trusted root"),
        ("before", lambda _: ["00" * 32], "it does not begin with the founding of the ledger"),
        ("signed", lambda _: ["union"], "not by the union"),
        ("signers", lambda signers: signers[:1], "is signed by the union, not by the union, the bank, the regulator"),
        (
            "signers.0.payload",
            lambda text: text.replace("supply_fen", "supply_fan"),
            "the signature is not the certificate's over this command",
        ),
    ],
)
def test_a_tampered_proof_is_found(
    whole: tuple[Story, Finding], path: str, change: Callable[[Any], Any], problem: str
) -> None:
    story, _ = whole
    made = story.find(B_2)
    (found, *_) = problems_of(forged(made, path, change), trusted(made))
    assert problem in found


@pytest.mark.parametrize(
    ("path", "change", "problem"),
    [
        ("envelope.payload", lambda text: text.replace('"orders":20', '"orders":90'), "what was signed is not"),
        ("envelope.signature", other_end, "the signature is not the certificate's over this command"),
        ("envelope", lambda _: None, "what was signed as transaction"),
    ],
)
def test_a_tampered_envelope_is_found_where_the_voucher_tells_its_command(
    whole: tuple[Story, Finding], path: str, change: Callable[[Any], Any], problem: str
) -> None:
    story, _ = whole
    made = story.last("workday.submit")
    (found, *_) = problems_of(forged(made, f"transactions.0.{path}", change), trusted(made))
    assert problem in found


def test_a_true_transaction_that_has_nothing_to_do_with_the_voucher_is_found(whole: tuple[Story, Finding]) -> None:
    story, _ = whole
    made, other = story.find(B_2), story.find(RUN)
    assert made.proof is not None
    assert other.proof is not None
    later = other.proof.transactions[-1]
    proof = msgspec.structs.replace(made.proof, transactions=(*made.proof.transactions, later))
    (found,) = problems_of(encode_voucher(msgspec.structs.replace(made, proof=proof)), trusted(made))
    assert found.endswith("has nothing to do with it")


def test_a_founding_that_is_not_the_first_transaction_is_found(whole: tuple[Story, Finding]) -> None:
    story, _ = whole
    made = story.find(B_2)
    plain = msgspec.json.decode(encode_voucher(made))
    plain["proof"]["founding"] = plain["proof"]["transactions"][0]["receipt"]
    assert ["proof: it does not begin with the founding of the ledger"] == problems_of(canonical(plain), trusted(made))


ABOUT_ONE: dict[str, Callable[[Story], Voucher]] = {
    "payslip": lambda story: story.payslip(story.worker()),
    "order": lambda story: story.find(story.order_of(story.worker())),
    "dispute": lambda story: story.last("workday.dispute"),
    "reply": lambda story: story.last("workday.reply"),
    "decision": lambda story: story.last("workday.decide"),
    "contest": lambda story: story.last("workday.contest"),
    "award": lambda story: story.last("workday.approve_award"),
}


@pytest.mark.parametrize("name", ABOUT_ONE)
def test_a_voucher_about_one_worker_shows_nothing_of_another_and_no_envelope(
    whole: tuple[Story, Finding], name: str
) -> None:
    story, _ = whole
    own = story.worker()
    made = ABOUT_ONE[name](story)
    assert made.proof is not None
    assert [] == problems_of(encode_voucher(made), trusted(made))
    assert [None] * len(made.proof.transactions) == [proven.envelope for proven in made.proof.transactions]
    data = encode_voucher(made).decode()
    others = [number for number in story.team.workers.values() if number != own]
    theirs = [story.order_of(number) for number in others]
    assert 2 == len(set(theirs))
    for number in (*others, *theirs, *(f"P-{order[-12:]}" for order in theirs)):
        assert number not in data
    for standing in made.content.transactions:
        located = story.house.ledger.transaction(standing.tx_id)
        assert located is not None
        assert located.transaction.envelope.seed.hex() not in data
        leaves = leaves_of(placed(located.block, located.position, located.transaction))
        hidden = [
            leaf
            for leaf in leaves
            if leaf.of == SUMS or any(number in f"{leaf.key} {leaf.of} {leaf.value}" for number in others)
        ]
        assert not any(leaf.salt in data for leaf in hidden)
    shown = {shown.leaf.of for proven in made.proof.transactions for shown in proven.receipt.shown if shown.leaf.of}
    assert shown <= {own}


Told = tuple[str, int | None, set[tuple[str, str]]]
Piece = tuple[int, str, str]
"""Place of a transaction among those of a voucher, key, and whose part."""


class Kept:
    """What a voucher would say of some pieces of its transactions, as whoever hands it on could make it anew."""

    def __init__(self, story: Story, made: Voucher) -> None:
        self.draft, self.number = MAKINGS[made.content.kind].draft, made.content.number
        located = [story.house.ledger.transaction(each.tx_id) for each in made.content.transactions]
        self.acts = [act_of(placed(each.block, each.position, each.transaction)) for each in located if each]
        self.parts = [dict(parts_of(each.transaction.writes)) for each in located if each]
        self.envelopes = [each.transaction.envelope for each in located if each]
        evidence = self.evidence(lambda _: True)
        self.draft(evidence, self.number)
        self.pieces = [(place, key, of) for place, act in enumerate(evidence.acts) for key, of in sorted(act.read)]

    def evidence(self, kept: Callable[[Piece], bool]) -> Evidence:
        acts = []
        for place, (act, parts, envelope) in enumerate(zip(self.acts, self.parts, self.envelopes, strict=True)):
            shown = {
                key: {of: value for of, value in part.items() if kept((place, key, of))} for key, part in parts.items()
            }
            acts.append(Act(act, {key: part for key, part in shown.items() if part}, shown == parts, envelope))
        return Evidence(acts[0], [act for place, act in enumerate(acts) if kept((place, "", ""))])

    def told(self, kept: Callable[[Piece], bool]) -> Told | None:
        try:
            made = self.draft(self.evidence(kept), self.number)
        except VoucherFault:
            return None
        return made.title.en, made.amount_fen, {(fact.label.en, in_english(fact.value)) for fact in made.facts}


def refuse_new(story: Story, made: Voucher, chance: Random) -> None:
    """Fails where pieces left out make a voucher say what it did not say at any time, and what it does not qualify."""
    kept = Kept(story, made)
    count = len(kept.acts)
    ends = [kept.told(lambda piece, end=end: piece[0] < end) for end in range(1, count + 1)]  # type: ignore[misc]
    earlier = [each for each in ends if each is not None]
    titles, amounts = {each[0] for each in earlier}, {each[1] for each in earlier}
    known = {each for _, _, facts in earlier for each in facts}
    acts: list[Piece] = [(place, "", "") for place in range(count)]
    left_out = [set(each) for size in range(1, count) for each in combinations(acts, size)]
    left_out = chance.sample(left_out, min(len(left_out), 300)) + [{piece} for piece in kept.pieces]
    left_out += [set(chance.sample(kept.pieces, chance.randrange(1, len(kept.pieces) + 1))) for _ in range(200)]
    for out in left_out:
        said = kept.told(lambda piece, out=out: piece not in out)  # type: ignore[misc]
        if said is not None:
            title, amount_fen, facts = said
            assert title in titles
            assert amount_fen in amounts
            assert [] == [fact for fact in facts - known if fact[1] != UNSHOWN and fact[0] not in OF_WHAT_IS_SHOWN]


@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_who_leaves_out_what_a_voucher_stands_on_makes_it_say_less_or_an_earlier_state_and_nothing_new(
    whole: tuple[Story, Finding], name: str
) -> None:
    story, _ = whole
    refuse_new(story, story.find(REFERENCES[name][0](story)), Random(name))


def test_what_is_shown_of_another_version_than_the_voucher_is_about_is_a_fault_and_no_traceback(
    whole: tuple[Story, Finding],
) -> None:
    story, _ = whole
    kept = Kept(story, story.find("TE001-RIDERS/1"))
    with pytest.raises(VoucherFault):
        content_of(VoucherKind.TERMS, "TE001-RIDERS/2", kept.evidence(lambda _: True))


def test_a_voucher_of_a_run_whose_sums_are_left_out_is_none(whole: tuple[Story, Finding]) -> None:
    story, _ = whole
    made = story.find(RUN)
    assert made.proof is not None
    *others, last = made.proof.transactions
    located = story.house.ledger.transaction(made.content.transactions[-1].tx_id)
    assert located is not None
    names = {(each.leaf.key, each.leaf.of) for each in last.receipt.shown} - {(f"run/{RUN}", SUMS)}
    receipt = Receipts(story.house.ledger, trusted(made).height).of(located, lambda key, of: (key, of) in names)
    assert len(receipt.shown) == len(last.receipt.shown) - 1
    proof = msgspec.structs.replace(made.proof, transactions=(*others, msgspec.structs.replace(last, receipt=receipt)))
    (problem,) = problems_of(encode_voucher(msgspec.structs.replace(made, proof=proof)), trusted(made))
    assert f"the sums of run/{RUN}" in problem


def test_a_payslip_stays_as_small_with_more_workers_in_its_shard_but_for_the_hashes_of_deeper_trees(
    tmp_path: Path,
) -> None:
    sizes = []
    for count in (2, 40):
        directory = tmp_path / str(count)
        directory.mkdir()
        with rehearsal(directory) as house:
            story = Story(directory, house, count)
            story.certified()
            story.deposit(1_000_000)
            story.house.paid(RUN)
            story.house.checkpoint()
            made = story.payslip(story.worker())
            assert [] == problems_of(encode_voucher(made), trusted(made))
            sizes.append(len(encode_voucher(made)))
            story.projection.close()
    few, many = sizes
    assert many < few * 1.5


def test_a_checkpoint_of_another_root_than_the_ledgers_does_not_stand_in_the_way_of_proofs(story: Story) -> None:
    story.deposit()
    good = story.house.checkpoint("union")
    wrong = msgspec.structs.replace(good, height=good.height - 1, root="ab" * 32)
    story.house.do(SignCheckpoint, finding=wrong)
    wrong = msgspec.structs.replace(good, height=10**9)
    story.house.do(SignCheckpoint, finding=wrong)
    assert good == trusted(story.find(B_1))


def test_a_finding_that_one_auditor_signed_over_a_forged_tree_makes_no_voucher_good(
    story: Story, tmp_path: Path
) -> None:
    """The auditor signs, for a height that nobody has signed, the root of a tree in which the deposit is larger."""
    story.deposit(100_000)
    height = story.house.ledger.height()
    dearer = forged_ledger(
        story.house.ledger,
        tmp_path / "forged.db",
        lambda _, value: value.replace(b'"amount_fen":100000', b'"amount_fen":900000'),
    )
    finding = Finding(height, next(dearer.blocks(height - 1)).hash, next(dearer.blocks(height - 1)).header.root, 0, 0)
    signing = story.house.made(SignCheckpoint, {"finding": finding})
    bank = story.house.client("bank", "auditor")
    bank.submit(signing)  # the true ledger takes it: nobody else has signed that height
    bank.on(dearer).submit(signing)
    projection = Projection.open(f"sqlite:///{tmp_path / 'forged-projection.db'}")
    made = find(dearer, projection, B_1)
    projection.close()
    dearer.close()
    assert ("9,000.00", finding) == (made.content.amount_yuan, trusted(made))
    assert [] == problems_of(encode_voucher(made), finding)  # so it is worth what its signer is
    assert ["proof: the root of its checkpoint is not the trusted one"] == problems_by_own_blocks(
        encode_voucher(made), story.house.ledger
    )


def test_by_ones_own_blocks_a_good_voucher_is_good_whatever_headers_log_and_checkpoints_say(
    whole: tuple[Story, Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    story, _ = whole
    made = encode_voucher(story.find(B_2))
    ledger = story.house.ledger
    monkeypatch.setattr(ledger, "log_node", lambda *_: bytes(32))
    monkeypatch.setattr(ledger, "read", lambda keys: [None for _ in keys])
    assert [] == problems_by_own_blocks(made, ledger)


def test_by_ones_own_blocks_a_voucher_of_another_ledger_or_of_blocks_to_come_is_refused(
    whole: tuple[Story, Finding], story: Story
) -> None:
    told, _ = whole
    made = told.find(B_2)
    assert made.proof is not None
    there = story.house.ledger.height()
    assert made.proof.finding.height > there
    assert [f"proof: it is about the first {made.proof.finding.height} blocks, and this ledger has {there}"] == (
        problems_by_own_blocks(encode_voucher(made), story.house.ledger)
    )
    story.deposit()
    story.house.checkpoint()
    other = story.find(B_1)
    assert ["proof: the root of its checkpoint is not the trusted one"] == problems_by_own_blocks(
        encode_voucher(other), told.house.ledger
    )
    assert ["proof: there is none; no signed checkpoint covered it when it was made"] == problems_by_own_blocks(
        encode_voucher(without_proof(other)), told.house.ledger
    )


def test_a_good_voucher_of_another_ledger_is_refused_under_the_trusted_root(
    whole: tuple[Story, Finding], story: Story
) -> None:
    _, finding = whole
    story.deposit()
    story.house.checkpoint()
    assert ["proof: the root of its checkpoint is not the trusted one"] == problems_of(
        encode_voucher(story.find(B_1)), finding.root
    )


def test_a_voucher_over_records_of_another_release_is_one_line(
    whole: tuple[Story, Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    story, _ = whole
    made = story.payslip(story.worker())
    monkeypatch.setattr(pay_lines, "decode", msgspec.json.Decoder(list[int]).decode)
    (problem,) = problems_of(encode_voucher(made), trusted(made))
    assert problem.startswith("proof: what was written is not of this release: is of type object, not array")


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xfe", b'{"content":1}', b"[" * 100_000])
def test_what_is_no_voucher_is_one_problem(data: bytes) -> None:
    (problem,) = problems_of(data, "00" * 32)
    assert problem.startswith("it is no voucher: ")


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("", "is no reference; expected a transaction id, RUN"),
        ("a voucher, please", "is no reference"),
        ("../../etc/passwd", "is no reference"),
        ("00" * 32, "holds no valid transaction"),
        ("E001-20260915/W000000000000", "run E001-20260915 has no pay line for W000000000000"),
        ("E009-20260915", "holds no run E009-20260915"),
        ("E001/2026-08-09/0", "holds no sheet E001/2026-08-09/0"),
        ("E001/2026-02-30/0", "there is no day 2026-02-30"),
        ("TE001-RIDERS/9", "holds no terms TE001-RIDERS/9"),
        ("2026-01", "holds no period 2026-01"),
        ("checkpoint/999999", "holds no checkpoint checkpoint/999999"),
        ("LX260915WG0000000000000", "holds no payment_order LX260915WG0000000000000"),
        ("2026-09-15/NONE", f"holds no booking {CUSTODY}/2026-09-15/NONE"),
        (f"{CUSTODY}/2026-02-30/NONE", f"holds no booking {CUSTODY}/2026-02-30/NONE"),
        ("B-1", "is no reference"),
    ],
)
def test_a_reference_to_nothing_is_one_line(whole: tuple[Story, Finding], reference: str, problem: str) -> None:
    story, _ = whole
    with pytest.raises(VoucherFault) as fault:
        story.find(reference)
    assert problem in str(fault.value)
    assert "\n" not in str(fault.value)


def test_vouchers_of_both_sides_of_a_switch_of_contracts_are_made_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = releases.made(tmp_path, releases.A_COMMENT)
    releases.released(tmp_path, earlier, monkeypatch)
    monkeypatch.setattr(consortium, "contract_version", lambda: earlier)
    with rehearsal(tmp_path) as house:
        story = Story(tmp_path, house)
        story.certified()
        story.deposit()
        story.house.priced(RUN)
        switched = house.switch_contract(contract_version())
        story.house.do_paid(RUN)
        story.house.checkpoint()
        story.house.checkpoint("union")  # so that the transactions of the first checkpoint are covered too
        references = (
            "TE001-RIDERS/1",
            f"E001/{DAY}/{story.team.shard(story.worker())}",
            f"{RUN}/{story.worker()}",
            RUN,
        )
        made = [story.find(reference) for reference in references]
        for voucher in made:
            assert [] == problems_of(encode_voucher(voucher), trusted(voucher)), voucher.content.title
            assert [] == problems_by_own_blocks(encode_voucher(voucher), house.ledger), voucher.content.title
        blocks = [located(house, each.tx_id) for each in made[2].content.transactions]
        assert min(blocks) < switched < max(blocks)
        story.projection.close()


def located(house: House, tx_id: str) -> int:
    found = house.ledger.transaction(tx_id)
    assert found is not None
    return found.block
