from typing import Any

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from lxr_chaincode.contract import decode_command
from lxr_chaincode.custody import BookStatement, DepositLine, MadeGoodLine, PayoutLine, StrayLine
from lxr_chaincode.payroll import SweepRun
from lxr_chaincode.period import ClosePeriod, Countersign, Figures, MonthContent, first_day_after, months
from lxr_chaincode.refusals import (
    AlreadySigned,
    Exists,
    FiguresDiffer,
    HashDiffers,
    MalformedCommand,
    PeriodNotReady,
    Unknown,
)
from lxr_chaincode.types import canonical, digest
from town import ANNA, CUSTODY, Town, aug, sep

RUN = "E001-20260812"
AUGUST = {"period": "2026-08", "custody": CUSTODY}
FIGURES = Figures(
    supply_fen=5000, reserve_fen=5000, in_transit_fen=0, minted_fen=10_000, burned_fen=5000, returned_fen=0
)


def found(figures: Figures = FIGURES, **changes: Any) -> dict[str, Any]:
    """What a countersigner of August gives who has found these figures in the third statement."""
    content = MonthContent("2026-08", CUSTODY, figures, 3)
    return {"period": "2026-08", "figures": figures, "digest": digest(replace(content, **changes))}


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
    month.do(Countersign, "bank/auditor", **found())
    month.do(Countersign, "regulator/auditor", **found())
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
    month.refused(Unknown, Countersign, **found())
    month.do(ClosePeriod, **AUGUST)
    for name in Figures.__struct_fields__:
        other = replace(FIGURES, **{name: getattr(FIGURES, name) + 1})
        refusal = month.refused(FiguresDiffer, Countersign, "bank/auditor", **found(other))
        assert f"{name} of 2026-08" == refusal.facts["what"]
    month.do(Countersign, "bank/auditor", **found())
    month.refused(AlreadySigned, Countersign, "bank/auditor", **found())


@pytest.mark.parametrize("changes", [{"period": "2026-07"}, {"custody": "6222000000000002"}, {"statement": 2}])
def test_whoever_found_another_account_or_statement_behind_the_same_figures_does_not_countersign(
    month: Town, changes: dict[str, Any]
) -> None:
    month.do(ClosePeriod, **AUGUST)
    month.refused(HashDiffers, Countersign, "bank/auditor", **found(**changes))
    month.do(Countersign, "bank/auditor", **found())


@pytest.mark.parametrize("period", ["2026-13", "2026-00", "0000-01", "9999-12", "2026-8"])
def test_a_period_that_is_no_month_of_this_century_is_malformed(period: str) -> None:
    body = {"command": "period.close", "request_id": "12345678", "period": period, "custody": CUSTODY}
    with pytest.raises(MalformedCommand):
        decode_command(canonical(body))


def test_the_day_after_a_december_is_in_the_next_year() -> None:
    assert ("2027-01-01", "2026-09-01") == tuple(first_day_after(each).isoformat() for each in ("2026-12", "2026-08"))
