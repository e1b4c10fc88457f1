"""What is wrong with one line of a file, told from what the ledger says of it and of nothing else."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from lxr.chaincode.custody_records import Attestation, Booking, Custody, Proposal
from lxr.chaincode.lines import Line, Target
from lxr.settlement.bank.line_breaks import Books, line_break, with_parts

DAY = date(2026, 9, 16)
CREDIT = Line(DAY, "B1", True, 1000)
DEBIT = Line(DAY, "B2", False, 1000)
ATTESTED = "2026-09-15/D1"
ABSENT = "2026-09-16/B9"


def books(*bookings: Booking, attested: Attestation | None = None) -> Books:
    return Books(
        custody="6222",
        account=Custody(since=date(2026, 8, 1)),
        statements={},
        booked={each.line.key: each for each in bookings},
        attested={ATTESTED: attested} if attested else {},
        orders={},
        heads={},
        employers={"E001", "E002"},
        backings={},
        today=DAY,
        reconciled=0,
    )


def by_hand(line: Line, what: Any, number: str, kind: Any, party: str | None) -> Booking:
    """What bank and union have said that a line is."""
    said = Proposal(Target(what, number), "teller", payer_known=True, agreed=("union",))
    return Booking(line, 1, kind, party, proposal=said, by_hand=True)


def case_of(ledger: Books, line: Line) -> str | None:
    found = line_break(ledger, "a.xml", 1, line)
    return None if found is None else found.case


def test_a_line_that_shall_be_split_and_is_not_yet_has_no_parts() -> None:
    split = Proposal(Target("parts", "", (400, 600)), "teller")
    waiting = Booking(CREDIT, 1, "waiting", waiting_fen=1000, proposal=split)
    ended = replace(waiting, kind="parts", waiting_fen=0)
    assert [[CREDIT], [CREDIT.key, f"{CREDIT.key}~1", f"{CREDIT.key}~2"]] == [
        list(with_parts(books(waiting), CREDIT)),
        [line.key for line in with_parts(books(ended), CREDIT)],
    ]


@pytest.mark.parametrize(
    ("given", "there", "said"),
    [
        ({"returned": "AC04"}, {}, ("AC04", "none")),
        ({}, {"payer": "E001"}, ("none", "E001")),
        ({"own_text": True}, {}, ("yes", "no")),
        ({"credit": True}, {"credit": False}, ("credit", "debit")),
    ],
)
def test_a_fact_that_differs_is_told_as_the_file_and_the_ledger_have_it(
    given: dict[str, Any], there: dict[str, Any], said: tuple[str, str]
) -> None:
    found = line_break(books(Booking(replace(CREDIT, **there), 1, "waiting")), "a.xml", 1, replace(CREDIT, **given))
    assert found is not None
    assert said == (found.facts["given"], found.facts["there"])


@pytest.mark.parametrize("party", [None, DEBIT.key], ids=["no line", "a line that is not there"])
def test_a_line_that_is_undone_by_no_line_is_a_break(party: str | None) -> None:
    assert "nobody_undoes" == case_of(books(Booking(CREDIT, 1, "undone", party, by_hand=True)), CREDIT)


UNDOES = by_hand(DEBIT, "line", CREDIT.key, "undone", CREDIT.key)
"""The debit undoes the credit."""
OTHER = by_hand(DEBIT, "line", ABSENT, "undone", ABSENT)
"""It undoes another line."""


@pytest.mark.parametrize(
    ("booking", "debit", "case"),
    [
        (Booking(CREDIT, 1, "undone", DEBIT.key, by_hand=True), UNDOES, None),
        (Booking(CREDIT, 1, "undone", DEBIT.key, by_hand=True), OTHER, "nobody_undoes"),
        (Booking(CREDIT, 1, "undone", DEBIT.key, by_hand=True), replace(UNDOES, kind="waiting"), "nobody_undoes"),
        (Booking(CREDIT, 1, "undone", DEBIT.key, by_hand=True), replace(UNDOES, proposal=None), "nobody_undoes"),
        (Booking(CREDIT, 1, "platform", DEBIT.key, by_hand=True), UNDOES, "nobody_undoes"),
    ],
)
def test_a_line_is_undone_by_the_line_of_which_that_was_said(
    booking: Booking, debit: Booking, case: str | None
) -> None:
    assert case == case_of(books(booking, debit), CREDIT)


@pytest.mark.parametrize(("payer", "case"), [(None, "no_line"), ("E001", "line_payer")])
def test_a_line_that_undoes_none_that_is_there_is_a_break_unless_it_cannot_undo_any(
    payer: str | None, case: str
) -> None:
    line = replace(CREDIT, payer=payer)
    assert case == case_of(books(by_hand(line, "line", ABSENT, "undone", ABSENT)), line)


@pytest.mark.parametrize(
    ("debit", "rest_fen"),
    [
        (UNDOES, None),
        (OTHER, 100),
        (replace(UNDOES, kind="waiting"), 100),
        (replace(UNDOES, proposal=None), 100),
    ],
)
def test_the_parts_of_a_line_are_all_of_it_but_for_what_was_undone_of_it(debit: Booking, rest_fen: int | None) -> None:
    said = Proposal(Target("parts", "", (300, 600)), "teller", agreed=("union",))
    split = Booking(CREDIT, 1, "parts", proposal=said, by_hand=True)
    back = replace(debit, line=replace(DEBIT, amount_fen=100))
    found = line_break(books(split, back), "a.xml", 1, CREDIT)
    assert rest_fen == (None if found is None else found.facts["rest_fen"])


@pytest.mark.parametrize(
    ("deposit", "case"),
    [
        (Attestation("E001", 1000, "teller", "confirmed"), None),
        (Attestation("E001", 999, "teller", "confirmed"), "line_attested"),
        (Attestation("E002", 1000, "teller", "confirmed"), "line_payer"),
        (Attestation("E001", 1000, "teller"), "not_confirmed"),
        (None, "not_confirmed"),
    ],
)
def test_a_line_said_to_be_a_deposit_is_one_that_was_attested_of_that_sum_and_payer(
    deposit: Attestation | None, case: str | None
) -> None:
    line = replace(CREDIT, payer="E001")
    ledger = books(
        by_hand(line, "deposit", ATTESTED, "deposit", deposit.employer if deposit else None), attested=deposit
    )
    assert case == case_of(ledger, line)
