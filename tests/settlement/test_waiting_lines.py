"""Lines that wait: bank and union say what they are, and change their minds."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from consortium import House, rehearsal
from lxr.chaincode.bank_refusals import LineDiffers
from lxr.chaincode.custody_records import Booking, bookings, custodies
from lxr.chaincode.lines import Target
from lxr.chaincode.refusals import HashDiffers, Unknown, WrongState
from lxr.node.invariants import check
from lxr.settlement.bank import waiting_lines
from lxr.settlement.bank.model import Entry
from lxr.settlement.lookups import account_fen
from lxr.settlement.pay import payday
from parties import CUSTODY
from treasury import DAY_FEN, PAYDAY, bring, entry, in_transit, instructed, paid, payouts, statement

NUMBER = "CE001-20260915"
E001, E002, PLATFORM = Target("employer", "E001"), Target("employer", "E002"), Target("platform", "platform")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        made.employ(1)
        made.employ(1, employer="E002")
        yield made


def book(house: House, tmp_path: Path, *lines: Entry) -> None:
    bring(house, statement(tmp_path, lines))


def assign(house: House, ref: str, target: Target) -> Booking:
    return waiting_lines.assign(house.teller, CUSTODY, PAYDAY, ref, target)


def agree(house: House, ref: str) -> Booking:
    return waiting_lines.agree(house.treasurer, CUSTODY, PAYDAY, ref)


def fen(house: House, name: str) -> int:
    return account_fen(house.treasurer, name)


def test_what_waits_is_told_with_its_age_its_marks_and_what_the_bank_says(house: House, tmp_path: Path) -> None:
    day = PAYDAY + timedelta(days=2)
    lines = [
        entry("D1", 700, True),
        entry("D2", 500, True, "E777D1"),
        entry("D3", 1, True, "E001D1"),
        entry("R1", 90, True, None, "AC04", "wages E001-20260915"),
        entry("S1", 60, False),
    ]
    book(house, tmp_path, *lines)
    bring(house, statement(tmp_path, [], sequence=2, day=day, opening_fen=1231))
    assign(house, "D1", E001)
    found = waiting_lines.waiting(house.treasurer, CUSTODY)
    assert [
        ("2026-09-15/D1", True, 700, 2, None, False, None, E001),
        ("2026-09-15/D2", True, 500, 2, None, False, "E777", None),
        ("2026-09-15/R1", True, 90, 2, "AC04", True, None, None),
        ("2026-09-15/S1", False, 60, 2, None, False, None, None),
    ] == [
        (
            each.line,
            each.credit,
            each.amount_fen,
            each.age_days,
            each.returned,
            each.own_text,
            each.payer,
            each.proposal and each.proposal.target,
        )
        for each in found
    ]
    assert msgspec.json.encode(found)


def test_an_employers_credit_is_its_own_once_bank_and_union_have_said_so(house: House, tmp_path: Path) -> None:
    book(house, tmp_path, entry("D1", 700, True))
    assert ("waiting", 700) == ((said := assign(house, "D1", E001)).kind, said.waiting_fen)
    assert 0 == fen(house, "employer:E001")
    assert ("deposit", "E001", 0, True) == (
        (done := agree(house, "D1")).kind,
        done.party,
        done.waiting_fen,
        done.by_hand,
    )
    assert (700, ()) == (fen(house, "employer:E001"), waiting_lines.waiting(house.treasurer, CUSTODY))
    assert [] == check(house.ledger.scan)


def test_the_same_said_again_does_nothing_before_and_after_it_is_agreed_to(house: House, tmp_path: Path) -> None:
    book(house, tmp_path, entry("D1", 700, True))
    first, height = assign(house, "D1", E001), house.ledger.height()
    assert (first, height) == (assign(house, "D1", E001), house.ledger.height())
    done, height = agree(house, "D1"), house.ledger.height()
    assert (done, done, height) == (assign(house, "D1", E001), agree(house, "D1"), house.ledger.height())
    with pytest.raises(WrongState):
        assign(house, "D1", E002)


def test_the_bank_may_say_otherwise_and_the_first_again_until_it_is_agreed_to(house: House, tmp_path: Path) -> None:
    book(house, tmp_path, entry("D1", 700, True))
    for target in (E001, E002, E001, E002, PLATFORM, E001):
        said = assign(house, "D1", target).proposal
        assert said is not None
        assert target == said.target
    assert ("deposit", "E001") == ((done := agree(house, "D1")).kind, done.party)


def test_what_takes_an_employers_credit_back_is_agreed_to_by_that_employer_each_time_it_is_said(
    house: House, tmp_path: Path
) -> None:
    book(house, tmp_path, entry("D1", 700, True, "E001D1"), entry("V1", 700, False))
    undone = Target("line", f"{PAYDAY}/D1")
    for _ in range(2):  # the union has agreed to it once already when it is said again
        assign(house, "V1", PLATFORM)
        assign(house, "V1", undone)
        assert "waiting" == agree(house, "V1").kind
    with pytest.raises(LineDiffers):
        waiting_lines.consent(house.signer("E002"), "E002", CUSTODY, PAYDAY, "V1")
    for _ in range(2):
        done = waiting_lines.consent(house.signer(), "E001", CUSTODY, PAYDAY, "V1")
        assert ("undone", f"{PAYDAY}/D1") == (done.kind, done.party)
    assert 0 == fen(house, "employer:E001")
    assert [] == check(house.ledger.scan)


@pytest.mark.parametrize(("ref", "refusal"), [("D1", WrongState), ("D9", Unknown)])
def test_nobody_agrees_to_what_the_bank_has_not_said(
    house: House, tmp_path: Path, ref: str, refusal: type[Exception]
) -> None:
    book(house, tmp_path, entry("D1", 700, True))
    with pytest.raises(refusal):
        agree(house, ref)
    with pytest.raises(refusal):
        waiting_lines.consent(house.signer(), "E001", CUSTODY, PAYDAY, ref)


def test_a_returned_wage_is_the_workers_and_gives_no_other_debit_back(house: House, tmp_path: Path) -> None:
    paid(house, house.employ(2, employer="E003"))
    number = "CE003-20260915"
    first, second = instructed(house, number)
    lines = [
        *in_transit(house),
        *payouts([first, second]),
        entry("F1", first.amount_fen - 50, False),
        entry("R1", first.amount_fen - 50, True, first.order, "AC04"),
    ]
    book(house, tmp_path, *lines)
    for target, problem in (
        (Target("employer", "E003"), "case=marks"),
        (PLATFORM, "case=marks"),
        (Target("order", second.order), f"case=order, .*number={second.order}, order={first.order}"),
        (
            Target("line", f"{PAYDAY}/F1"),
            f"case=undone_order, credit={PAYDAY}/R1, debit={PAYDAY}/F1, order={first.order}",
        ),
    ):
        with pytest.raises(LineDiffers, match=problem):
            assign(house, "R1", target)
    payday.sweep(house.treasurer, "E003-20260915")  # the platform bears what the bank kept, of its fees
    assign(house, "R1", Target("order", first.order))
    assert ("return", first.order) == ((done := agree(house, "R1")).kind, done.party)
    assert 2 * DAY_FEN == fen(house, f"returned:{first.worker}")
    assert 0 == house.treasurer.need(custodies, CUSTODY).shortfall_fen
    assert "deposit" == house.treasurer.need(bookings, CUSTODY, PAYDAY, lines[0].bank_ref).kind
    assert [] == check(house.ledger.scan)


@pytest.mark.parametrize("employer", [None, "E001"])
def test_what_is_shown_of_a_line_is_what_is_signed_whatever_the_bank_says_meanwhile(
    house: House, tmp_path: Path, employer: str | None
) -> None:
    book(house, tmp_path, entry("D1", 700, True, "E001D1"), entry("S1", 60, False))
    assign(house, "S1", E001)
    shown: list[Target] = []

    def show(booking: Booking) -> None:
        assert booking.proposal is not None
        shown.append(booking.proposal.target)
        assign(house, "S1", PLATFORM if employer is None else E002)

    sign = partial(waiting_lines.agree, house.treasurer)
    if employer is not None:
        sign = partial(waiting_lines.consent, house.signer(employer), employer)
    with pytest.raises(HashDiffers):
        sign(CUSTODY, PAYDAY, "S1", show)
    assert [E001] == shown
    assert ["S1"] == [each.booking for each in waiting_lines.waiting(house.treasurer, CUSTODY)]
