from typing import Any, get_args

import pytest
from msgspec.structs import replace

from lxr.chaincode.bank_refusals import PeriodNotReady
from lxr.chaincode.carried import Item, ItemKind
from lxr.chaincode.cashout import CancelCashOut
from lxr.chaincode.cashout_holds import ReleaseShards
from lxr.chaincode.cashout_records import payment_orders
from lxr.chaincode.contract import decode_command
from lxr.chaincode.custody_records import custodies
from lxr.chaincode.period import ClosePeriod, Countersign, Figures, Month, MonthContent, first_day_after, months
from lxr.chaincode.refusals import (
    AlreadySigned,
    Exists,
    FiguresDiffer,
    HashDiffers,
    MalformedCommand,
    NothingChanges,
    Unknown,
)
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.statements import BookStatement
from lxr.chaincode.types import canonical, digest
from parties import ANNA, BO, CUSTODY, aug, sep
from preparedtown import prepared_once
from scenario.money import credit, debit
from town import Town

RUN = "E001-20260812"
AUGUST = {"period": "2026-08", "custody": CUSTODY}
SEPTEMBER = {"period": "2026-09", "custody": CUSTODY}
FIGURES = Figures(
    supply_fen=5000,
    reserve_fen=5000,
    in_transit_fen=0,
    blocked_fen=0,
    shortfall_fen=0,
    unmatched_fen=0,
    minted_fen=10_000,
    burned_fen=5000,
    returned_fen=0,
)


def found(figures: Figures = FIGURES, carried: tuple[Item, ...] = (), **changes: Any) -> dict[str, Any]:
    """What a countersigner of August gives who has found these figures in the third statement."""
    content = MonthContent("2026-08", CUSTODY, figures, 3, carried)
    return {"period": "2026-08", "figures": figures, "digest": digest(replace(content, **changes))}


def signature_of(month: Month, period: str = "2026-08") -> dict[str, Any]:
    content = MonthContent(period, month.custody, month.figures, month.statement, month.carried)
    return {"period": period, "figures": month.figures, "digest": digest(content)}


def countersigned(town: Town, period: str, caller: str = "bank/auditor") -> None:
    town.do(Countersign, caller, **signature_of(town.get(months, period), period))


@prepared_once
def month(town: Town) -> Town:
    """A month that can be closed: one run, paid out and swept; the bank's last statement is of the 31st."""
    town.certified(aug(3), {ANNA: 10})
    town.book(aug(3), credit(aug(3), "D1", 10_000, "E001"))
    town.paid(RUN)
    (number,) = town.instructed("C1", scope="run", run=RUN)
    town.do(SweepRun, run=RUN)
    town.book(aug(12), debit(aug(12), "B1", 5000, number))
    town.book(aug(31))
    town.go(sep(1))
    return town


def refused(town: Town, problem: str, **changes: Any) -> None:
    refusal = town.refused(PeriodNotReady, ClosePeriod, **{**AUGUST, **changes})
    assert problem in str(refusal)


def test_a_month_is_closed_and_countersigned_with_the_same_figures(month: Town) -> None:
    answer = month.do(ClosePeriod, **AUGUST)
    assert (FIGURES, ("union",)) == (answer.figures, answer.signed)
    month.do(Countersign, "bank/auditor", **found())
    month.do(Countersign, "regulator/auditor", **found())
    record = month.get(months, "2026-08")
    assert (("union", "bank", "regulator"), 3, ()) == (record.signed, record.statement, record.carried)


# The order of months


def test_months_close_once_and_in_order_from_the_one_in_which_custody_was_opened(month: Town) -> None:
    for period in ("2026-07", "2026-09", "2027-08"):
        refused(month, "next=2026-08,", period=period)
    month.do(ClosePeriod, **AUGUST)
    month.refused(Unknown, ClosePeriod, period="2026-09", custody="9999")
    countersigned(month, "2026-08")
    for period in ("2026-07", "2026-10"):
        refused(month, "next=2026-09,", period=period)
    refused(month, "case=not_over", **SEPTEMBER)
    month.book(sep(30))
    month.go(sep(30), 23, 59, 59)
    refused(month, "case=not_over", **SEPTEMBER)
    month.at_ms += 1000
    month.do(ClosePeriod, **SEPTEMBER)
    assert "2026-09" == month.get(custodies, CUSTODY).last_period
    month.refused(Exists, ClosePeriod, **AUGUST)


@pytest.mark.parametrize("first", ["bank/auditor", "regulator/auditor"])
def test_a_month_is_closed_anew_until_all_have_countersigned_it(month: Town, first: str) -> None:
    month.do(ClosePeriod, **AUGUST)
    before = month.get(months, "2026-08")
    countersigned(month, "2026-08", first)
    month.book(sep(1), credit(sep(1), "D9", 700))
    refused(month, "there_fen=700", **AUGUST)
    carried = (Item("line", "2026-09-01/D9", 700),)
    month.do(ClosePeriod, **AUGUST, carried=carried)
    anew = month.get(months, "2026-08")
    assert (carried, ("union",), before.statement + 1) == (anew.carried, anew.signed, anew.statement)
    assert (0, 1) == (before.anew, anew.anew)
    month.refused(HashDiffers, Countersign, first, **signature_of(before))
    for auditor in ("bank/auditor", "regulator/auditor"):
        month.do(Countersign, auditor, **signature_of(anew))
    month.refused(Exists, ClosePeriod, **AUGUST, carried=carried)
    assert anew.carried == month.get(months, "2026-08").carried


def test_a_close_anew_that_changes_nothing_is_refused_in_whatever_order_it_names_what_is_open(month: Town) -> None:
    month.book(sep(1), credit(sep(1), "D8", 300), credit(sep(1), "D9", 700))
    carried = (Item("line", "2026-09-01/D8", 300), Item("line", "2026-09-01/D9", 700))
    month.do(ClosePeriod, **AUGUST, carried=carried)
    countersigned(month, "2026-08")
    for again in (carried, carried[::-1]):
        month.refused(NothingChanges, ClosePeriod, **AUGUST, carried=again)
    assert ("union", "bank") == month.get(months, "2026-08").signed
    month.book(sep(2))
    month.do(ClosePeriod, **AUGUST, carried=carried)
    assert (("union",), 1) == (month.get(months, "2026-08").signed, month.get(months, "2026-08").anew)


def test_a_month_that_is_not_over_is_not_closed(month: Town) -> None:
    month.go(aug(31), 23, 59, 59)
    refused(month, "case=not_over")
    month.go(sep(1), 0)
    month.do(ClosePeriod, **AUGUST)


def test_a_month_needs_the_banks_statement_of_its_last_day(town: Town) -> None:
    town.go(sep(1))
    refused(town, "case=no_statement")
    town.book(aug(30))
    refused(town, "closing_day=2026-08-30")
    town.book(aug(31))
    town.do(ClosePeriod, **AUGUST)


def test_a_half_booked_statement_stands_in_the_way(month: Town) -> None:
    lines = (credit(sep(1), "D2", 70, "E001"), credit(sep(1), "D3", 30, "E001"))
    whole = month.statement(sep(1), *lines)
    month.do(BookStatement, **{**whole, "lines": lines[:1]})
    refused(month, "case=in_part, period=2026-08, statement=4")
    month.do(BookStatement, **{**whole, "lines": lines[1:], "first": 1})
    month.do(ClosePeriod, **AUGUST)


def test_what_a_month_carries_over_the_bank_signs_before_the_next_one_closes(month: Town) -> None:
    month.book(sep(1), credit(sep(1), "D2", 70))
    waiting = (Item("line", "2026-09-01/D2", 70),)
    month.do(ClosePeriod, **AUGUST, carried=waiting)
    month.book(sep(30))
    month.go(sep(30))
    month.at_ms += 86_400_000
    refused(month, "case=not_signed, last=2026-08", **SEPTEMBER, carried=waiting)
    countersigned(month, "2026-08", "regulator/auditor")
    refused(month, "case=not_signed, last=2026-08", **SEPTEMBER, carried=waiting)
    countersigned(month, "2026-08")
    month.do(ClosePeriod, **SEPTEMBER, carried=waiting)


# What is open


def orders_of(town: Town, cashout: str) -> tuple[Item, ...]:
    return tuple(Item("order", each, town.get(payment_orders, each).amount_fen) for each in town.orders(cashout))


def payments(town: Town, *, accepted: bool = True) -> tuple[Item, ...]:
    """Anna's 40.00 and Bo's 5.00 are with the bank."""
    town.certified(aug(10), {ANNA: 8, BO: 1})
    town.paid("E001-20260819")
    town.held("C2", scope="run", run="E001-20260819")
    town.leave("C2", accepted=accepted)
    return orders_of(town, "C2")


def with_the_bank(town: Town) -> tuple[Item, ...]:
    found = payments(town)
    town.do(SweepRun, run="E001-20260819")
    return found


def approved(town: Town) -> tuple[Item, ...]:
    return (*payments(town, accepted=False), Item("run", "E001-20260819", 0))


def came_back(town: Town) -> tuple[Item, ...]:
    with_the_bank(town)
    rejections = tuple((order, "AC01") for order in town.orders("C2"))
    town.do(RejectPaymentOrders, custody=CUSTODY, cashout="C2", rejections=rejections)
    return Item("returned", ANNA, 4000), Item("returned", BO, 500)


def held_again(town: Town) -> tuple[Item, ...]:
    came_back(town)
    town.held("C3", scope="workers", employer="E001", workers=(ANNA,))
    return Item("cashout", "C3", 4000), Item("returned", BO, 500)


def held_again_and_cancelled(town: Town) -> tuple[Item, ...]:
    found = held_again(town)
    town.do(CancelCashOut, cashout="C3")
    return found


def left_again(town: Town) -> tuple[Item, ...]:
    came_back(town)
    town.held("C3", scope="all", employer="E001")
    town.leave("C3", accepted=False)
    return orders_of(town, "C3")


def in_transit(town: Town) -> tuple[Item, ...]:
    town.go(sep(1))
    town.deposit(700, booking="D9")
    town.deposit(300, booking="D8")
    return Item("deposit", "2026-09-01/D9", 700), Item("deposit", "2026-09-01/D8", 300)


def missing(town: Town) -> tuple[Item, ...]:
    town.go(sep(1))
    town.deposit(700, booking="D9")
    town.book(sep(1))
    return (Item("deposit", "2026-09-01/D9", 700),)


def missing_and_spent(town: Town) -> tuple[Item, ...]:
    """Of the month's last payday 40.00 and a fee of 0.80 were paid by a deposit that its statement has not."""
    town.go(sep(1))
    free_fen = town.fen("employer:E001")
    town.deposit(4080, booking="D9")
    town.certified(aug(10), {ANNA: (free_fen + 4000) // 510})
    town.paid("E001-20260902")
    town.book(sep(2))
    spent_fen = 4080 - town.fen("blocked:E001")
    return Item("deposit", "2026-09-01/D9", 4080), Item("shortfall", "E001", spent_fen)


def short(town: Town) -> tuple[Item, ...]:
    """The bank's fee of 1.50, of which the platform has 1.00."""
    town.book(sep(1), debit(sep(1), "B3", 150))
    town.assigned((sep(1), "B3"), "platform", "platform")
    return (Item("shortfall", "platform", 50),)


def nobodys(town: Town) -> tuple[Item, ...]:
    town.book(sep(1), credit(sep(1), "D9", 700), debit(sep(1), "B3", 150), debit(sep(1), "B4", 90))
    town.book(sep(2), credit(sep(2), "D9", 40))
    town.assigned((sep(2), "D9"), "line", "2026-09-01/B3")
    return Item("line", "2026-09-01/D9", 700), Item("line", "2026-09-01/B3", 110), Item("line", "2026-09-01/B4", 90)


def unfinished(town: Town) -> tuple[Item, ...]:
    town.certified(aug(10), {ANNA: 8})
    town.paid("E001-20260819")
    town.opened("E001-20260826")
    return Item("run", "E001-20260819", 0), Item("run", "E001-20260826", 0)


OPEN = [
    with_the_bank,
    approved,
    came_back,
    held_again,
    held_again_and_cancelled,
    left_again,
    in_transit,
    missing,
    missing_and_spent,
    short,
    nobodys,
    unfinished,
]


@pytest.mark.parametrize("make", OPEN)
def test_a_month_closes_over_what_is_open_only_by_naming_all_of_it_rightly(month: Town, make: Any) -> None:
    """The union alone would leave one out, say less or more of it, name it twice, or as something else."""
    items: tuple[Item, ...] = make(month)
    month.go(sep(3))
    others = [
        (index, replace(item, amount_fen=fen))
        for index, item in enumerate(items)
        for fen in {max(0, item.amount_fen - 1), item.amount_fen + 1, 0} - {item.amount_fen}
    ]
    others += [(index, replace(item, name="E002")) for index, item in enumerate(items)]
    others += [(0, replace(items[0], kind=kind)) for kind in get_args(ItemKind) if kind != items[0].kind]
    wrong = [(*items[:index], other, *items[index + 1 :]) for index, other in others]
    wrong += [items[1:], items[:-1], (*items, items[-1])]
    for carried in wrong:
        month.refused(PeriodNotReady, ClosePeriod, **AUGUST, carried=carried)
    month.do(ClosePeriod, **AUGUST, carried=items)
    assert items == month.get(months, "2026-08").carried


@pytest.mark.parametrize(
    "item",
    [
        Item("order", "LX26081200", 5),
        Item("order", "LX26/081200", 5),
        Item("returned", ANNA, 0),
        Item("returned", "W000000000999", 5),
        Item("cashout", "C1", 5000),
        Item("cashout", "C9", 0),
        Item("cashout", "C1/0", 5000),
        Item("deposit", "2026-08-03/D1", 10_000),
        Item("line", "2026-08-03/D1", 0),
        Item("line", "2026-08-03", 0),
        Item("line", "2026-08-03/D1/2", 0),
        Item("shortfall", "E001", 0),
        Item("shortfall", "platform", 5),
        Item("run", RUN, 0),
        Item("run", "E001-20260902", 0),
        Item("row", f"E001/2026-08-03/{ANNA}", 0),
        Item("row", f"E001/2026-08-04/{ANNA}", 0),
        Item("row", "E001/2026-08-03", 0),
    ],
    ids=lambda item: f"{item.kind} {item.name}",
)
def test_nothing_is_carried_that_is_not_open(month: Town, item: Item) -> None:
    month.held("C9", scope="all", employer="E001")
    month.opened("E001-20260902")
    month.refused(PeriodNotReady, ClosePeriod, **AUGUST, carried=(item,))
    month.do(ClosePeriod, **AUGUST)


def test_a_cancelled_cash_out_is_open_until_all_of_it_is_released(month: Town) -> None:
    held_again(month)
    month.do(CancelCashOut, cashout="C3")
    month.do(ReleaseShards, cashout="C3", shards=(0,))
    month.book(aug(31))
    month.go(sep(1))
    for item in (Item("cashout", "C3", 4000), Item("cashout", "C3", 0)):
        month.refused(PeriodNotReady, ClosePeriod, **AUGUST, carried=(item, Item("returned", BO, 500)))
    month.do(ClosePeriod, **AUGUST, carried=(Item("returned", ANNA, 4000), Item("returned", BO, 500)))


def test_a_row_that_is_disputed_or_held_back_is_carried_by_name(month: Town) -> None:
    month.go(aug(31))
    month.work(aug(31), {ANNA: 5, BO: 3})
    month.dispute(ANNA, aug(31), 6)
    month.go(sep(1))
    disputed = Item("row", f"E001/2026-08-31/{ANNA}", 0)
    for other in (replace(disputed, amount_fen=1), replace(disputed, name=f"E001/2026-08-31/{BO}")):
        month.refused(PeriodNotReady, ClosePeriod, **AUGUST, carried=(other,))
    month.do(ClosePeriod, **AUGUST, carried=(disputed,))


def test_a_run_of_the_next_month_does_not_stand_in_the_way(month: Town) -> None:
    month.opened("E001-20260902")
    month.do(ClosePeriod, **AUGUST)


@pytest.mark.parametrize("name", ["", " ", "a b", "\x00", "/", "a/", "/a", "a//b", "a/b/c/d", "你", "a" * 61, "a\n"])
def test_the_name_of_an_item_is_one_that_a_ledgers_key_can_have(name: str) -> None:
    body = {"command": "period.close", "request_id": "12345678", **AUGUST, "carried": [["line", name, 1]]}
    with pytest.raises(MalformedCommand):
        decode_command(canonical(body))


# Countersigning


def test_whoever_found_other_figures_does_not_countersign(month: Town) -> None:
    month.refused(Unknown, Countersign, **found())
    month.do(ClosePeriod, **AUGUST)
    for name in Figures.__struct_fields__:
        other = replace(FIGURES, **{name: getattr(FIGURES, name) + 1})
        refusal = month.refused(FiguresDiffer, Countersign, "bank/auditor", **found(other))
        assert (name, "2026-08") == (refusal.facts["figure"], refusal.facts["period"])
    month.do(Countersign, "bank/auditor", **found())
    month.refused(AlreadySigned, Countersign, "bank/auditor", **found())


@pytest.mark.parametrize(
    "changes",
    [
        {"period": "2026-07"},
        {"custody": "6222000000000002"},
        {"statement": 2},
        {"carried": (Item("line", "2026-08-03/D1", 1),)},
    ],
)
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
