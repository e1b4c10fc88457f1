from typing import Any

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from lxr_chaincode.checkpoint import Finding, SignCheckpoint, checkpoints
from lxr_chaincode.contract import decode_command
from lxr_chaincode.custody import BookStatement, DepositLine, MadeGoodLine, PayoutLine, StrayLine
from lxr_chaincode.payroll import SweepRun
from lxr_chaincode.period import ClosePeriod, Countersign, Figures, first_day_after, months
from lxr_chaincode.refusals import AlreadySigned, Exists, FiguresDiffer, MalformedCommand, PeriodNotReady, Unknown
from lxr_chaincode.types import canonical
from town import ANNA, CUSTODY, Town, aug, sep

RUN = "E001-20260812"
AUGUST = {"period": "2026-08", "custody": CUSTODY}
FIGURES = Figures(
    supply_fen=5000, reserve_fen=5000, in_transit_fen=0, minted_fen=10_000, burned_fen=5000, returned_fen=0
)


@pytest.fixture
def month(town: Town) -> Town:
    """A month that can be closed: one run, paid out and swept; the bank's last statement is of the 31st."""
    town.attested(aug(3), {ANNA: 10})
    town.book(aug(3), DepositLine("D1", 10_000, "E001"))
    town.paid(RUN)
    (number,) = town.instructed("C1", scope="run", run=RUN)
    town.do(SweepRun, run=RUN)
    town.book(aug(12), PayoutLine("B1", 5000, number))
    town.book(aug(31))
    town.go(sep(1))
    return town


def refused(town: Town, problem: str, **changes: Any) -> None:
    refusal = town.refused(PeriodNotReady, ClosePeriod, **{**AUGUST, **changes})
    assert problem in str(refusal)


def test_a_month_is_closed_and_countersigned_with_the_same_figures(month: Town) -> None:
    answer = month.do(ClosePeriod, **AUGUST)
    assert (to_builtins(FIGURES), ["union"]) == (answer["figures"], answer["signed"])
    month.do(Countersign, "bank/auditor", period="2026-08", figures=FIGURES)
    month.do(Countersign, "regulator/auditor", period="2026-08", figures=FIGURES)
    record = month.get(months, "2026-08")
    assert (("union", "bank", "regulator"), 3) == (record.signed, record.statement)


def test_a_month_is_closed_once_and_months_in_their_order(month: Town) -> None:
    month.do(ClosePeriod, **AUGUST)
    month.refused(Exists, ClosePeriod, **AUGUST)
    month.refused(Unknown, ClosePeriod, period="2026-09", custody="9999")
    refused(month, "2026-08 is closed already", period="2026-07")


def test_a_month_that_is_not_over_is_not_closed(month: Town) -> None:
    month.go(aug(31), 23, 59, 59)
    refused(month, "not over")
    month.go(sep(1), 0)
    month.do(ClosePeriod, **AUGUST)


def test_a_month_needs_the_banks_statement_of_its_last_day(town: Town) -> None:
    town.go(sep(1))
    refused(town, "end on None")
    town.book(aug(30))
    refused(town, "end on 2026-08-30")
    town.book(aug(31))
    town.do(ClosePeriod, **AUGUST)


def test_a_month_with_a_shortfall_is_not_closed(month: Town) -> None:
    month.book(sep(1), StrayLine("B2", 100))
    refused(month, "short of 100 fen")
    month.book(sep(2), MadeGoodLine("B3", 100))
    month.do(ClosePeriod, **AUGUST)


def test_a_month_with_payments_at_the_bank_or_an_open_run_is_not_closed(month: Town) -> None:
    month.attested(aug(10), {ANNA: 8})
    month.paid("E001-20260819")
    refused(month, "run E001-20260819 is not finished")
    (number,) = month.instructed("C2", scope="run", run="E001-20260819")
    month.do(SweepRun, run="E001-20260819")
    refused(month, "4000 fen are with the bank")
    month.book(sep(1), PayoutLine("B2", 4000, number))
    month.do(ClosePeriod, **AUGUST)


def test_a_run_of_the_next_month_does_not_stand_in_the_way(month: Town) -> None:
    month.opened("E001-20260902")
    month.do(ClosePeriod, **AUGUST)


def test_a_half_booked_statement_stands_in_the_way(month: Town) -> None:
    lines = (DepositLine("D2", 70, "E001"), DepositLine("D3", 30, "E001"))
    whole = month.statement(sep(1), *lines)
    month.do(BookStatement, **{**whole, "lines": lines[:1]})
    refused(month, "statement 4 is booked in part")
    month.do(BookStatement, **{**whole, "lines": lines[1:], "first": 1})
    month.do(ClosePeriod, **AUGUST)


def test_whoever_found_other_figures_does_not_countersign(month: Town) -> None:
    month.refused(Unknown, Countersign, period="2026-08", figures=FIGURES)
    month.do(ClosePeriod, **AUGUST)
    for name in Figures.__struct_fields__:
        other = replace(FIGURES, **{name: getattr(FIGURES, name) + 1})
        refusal = month.refused(FiguresDiffer, Countersign, "bank/auditor", period="2026-08", figures=other)
        assert f"{name} of 2026-08" == refusal.facts["what"]
    month.do(Countersign, "bank/auditor", period="2026-08", figures=FIGURES)
    month.refused(AlreadySigned, Countersign, "bank/auditor", period="2026-08", figures=FIGURES)


@pytest.mark.parametrize("period", ["2026-13", "2026-00", "0000-01", "9999-12", "2026-8"])
def test_a_period_that_is_no_month_of_this_century_is_malformed(period: str) -> None:
    body = {"command": "period.close", "request_id": "12345678", "period": period, "custody": CUSTODY}
    with pytest.raises(MalformedCommand):
        decode_command(canonical(body))


def test_the_day_after_a_december_is_in_the_next_year() -> None:
    assert ("2027-01-01", "2026-09-01") == tuple(first_day_after(each).isoformat() for each in ("2026-12", "2026-08"))


FINDING = Finding(height=7, block_hash="a" * 64, root="b" * 64, supply_fen=1, reserve_fen=2)


def test_union_bank_and_regulator_sign_the_same_finding(town: Town) -> None:
    for organisation in ("bank", "union", "regulator"):
        answer = town.do(SignCheckpoint, f"{organisation}/auditor", finding=FINDING)
    assert {"height": 7, "signed": ["bank", "union", "regulator"]} == answer
    town.refused(AlreadySigned, SignCheckpoint, "union/auditor", finding=FINDING)
    assert FINDING == town.get(checkpoints, 7).finding


@pytest.mark.parametrize(
    "changes", [{"block_hash": "c" * 64}, {"root": "c" * 64}, {"supply_fen": 2}, {"reserve_fen": 1}]
)
def test_whoever_found_something_else_does_not_sign(town: Town, changes: dict[str, Any]) -> None:
    town.do(SignCheckpoint, "union/auditor", finding=FINDING)
    other = replace(FINDING, **changes)
    refusal = town.refused(FiguresDiffer, SignCheckpoint, "bank/auditor", finding=other)
    assert f"{next(iter(changes))} at height 7" == refusal.facts["what"]
    town.do(SignCheckpoint, "bank/auditor", finding=replace(other, height=8))
