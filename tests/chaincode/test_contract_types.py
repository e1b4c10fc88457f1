"""What the law of each contract type asks of terms, and what of it reaches a payday."""

from datetime import date
from typing import Any

import msgspec
import pytest

from engines import MemoryEngine
from lxr.chaincode.accession import AccedeToTerms
from lxr.chaincode.contract_types import ContractType, IncomeClass
from lxr.chaincode.governance import Approve, Propose
from lxr.chaincode.parameter_definitions import PAY_RULES
from lxr.chaincode.parameter_refusals import ParameterInvalid, ParameterMissing
from lxr.chaincode.parameters import parameters
from lxr.chaincode.pay_rules import (
    Allowance,
    MonthlyWage,
    Overtime,
    PassThrough,
    PerTime,
    PerUnit,
    PieceOvertime,
    Rule,
    Share,
    Step,
    Tiers,
)
from lxr.chaincode.paydays import Daily, Monthly, OnCompletion, PaydayRule, TwiceAMonth, Weekly
from lxr.chaincode.refusals import TermsInvalid, Unknown
from lxr.chaincode.run_pricing import PriceShards
from lxr.chaincode.runs import runs
from lxr.chaincode.status_changes import SetWorker
from lxr.chaincode.statuses import Status
from lxr.chaincode.terms import EndTerms, ProposeTerms
from lxr.chaincode.types import canonical
from parties import ANNA, BO, NOVA, aug, sep
from termsdocuments import terms_document
from town import Town

CHENGDU = "510100-1"
ORDERS = (PerUnit("orders", 500),)
WAGED = (MonthlyWage(435_000, "leave"), Overtime(480))
PIECES = (*ORDERS, PieceOvertime("orders", 40))


def document(kind: str, rules: tuple[Rule, ...] = ORDERS, payday: PaydayRule | None = None, **changes: Any) -> Any:
    """Terms of that contract type."""
    wages = kind in ("labour", "part_time")
    fields = {
        "contract_type": ContractType(kind),
        "income_class": IncomeClass.WAGES if wages else IncomeClass.SERVICE,
        "withholding_agent": "employer",
        "minimum_wage_place": None if kind == "civil" else CHENGDU,
        "pay_class": kind,
    }
    return terms_document(rules=rules, payday=payday or Weekly(3), **{**fields, **changes})


def proposal(paper: Any) -> dict[str, Any]:
    return {"employer": "E001", "terms": "TE001-9", "version": 1, "document": paper}


@pytest.mark.parametrize(
    "paper",
    [
        document("civil"),
        document("platform_managed"),
        document("part_time", payday=Daily()),
        document("part_time", payday=OnCompletion()),
        document("labour", WAGED, Monthly(15)),
        document("labour", (PerTime(3_000, 60), Overtime(480))),
        document("labour", PIECES),
        document("labour", (Tiers("orders", "period", (Step(0, 500),)), PieceOvertime("orders", 40))),
        document("civil", withholding_agent="E002"),
        document("civil", withholding_agent="union"),
    ],
)
def test_terms_within_the_law_of_their_type_are_proposed(town: Town, paper: Any) -> None:
    town.do(ProposeTerms, **proposal(paper))


@pytest.mark.parametrize(
    ("case", "paper"),
    [
        ("no_contract_type", terms_document(contract_type=ContractType.CIVIL)),
        ("no_place", document("platform_managed", minimum_wage_place=None)),
        ("no_place", document("part_time", minimum_wage_place=None)),
        ("no_place", document("labour", WAGED, Monthly(15), minimum_wage_place=None)),
        ("income_class", document("civil", income_class=IncomeClass.WAGES)),
        ("income_class", document("labour", PIECES, income_class=IncomeClass.SERVICE)),
        ("income_class", document("civil", income_class=None)),
        ("cycle", document("part_time", payday=TwiceAMonth(16, 1))),
        ("cycle", document("part_time", payday=Monthly(15))),
        ("labour_only", document("civil", WAGED, Monthly(15))),
        ("labour_only", document("part_time", (PerTime(3_000, 60), Overtime(480)))),
        ("labour_only", document("platform_managed", PIECES)),
        ("monthly_only", document("labour", WAGED)),
        ("overtime_missing", document("labour", (MonthlyWage(435_000),), Monthly(15))),
        ("overtime_missing", document("labour", (PerTime(3_000, 60),))),
        ("overtime_missing", document("labour", (*PIECES, PerTime(3_000, 60, "driving")))),
        ("overtime_missing", document("labour")),
        ("overtime_missing", document("labour", (*PIECES, PerUnit("parcels", 100)))),
        ("overtime_missing", document("labour", (*PIECES, Tiers("parcels", "day", (Step(0, 100),))))),
        ("overtime_missing", document("labour", (Allowance("phone", 100, "day"),))),
    ],
)
def test_terms_that_the_law_of_their_type_forbids_are_refused(town: Town, case: str, paper: Any) -> None:
    if case == "no_contract_type":  # it names the type, and not who withholds
        paper = terms_document(contract_type=ContractType.CIVIL, income_class=IncomeClass.SERVICE)
    refusal = town.refused(TermsInvalid, ProposeTerms, **proposal(paper))
    assert case == refusal.facts["case"]


def test_terms_without_a_type_are_neither_proposed_nor_joined_under_the_second_version_of_the_pay_rules(
    town: Town,
) -> None:
    typed = document("civil")
    bare = terms_document(contract_type=ContractType.CIVIL)
    untyped = type(typed)(**{name: getattr(bare, name) for name in bare.__struct_fields__[:11]})
    refusal = town.refused(TermsInvalid, ProposeTerms, **proposal(untyped))
    assert "no_contract_type" == refusal.facts["case"]
    state = {key: value for key, value in town.engine.scan("") if key != parameters.key(PAY_RULES)}
    earlier = Town(MemoryEngine(state), "earlier")
    earlier.terms_active("TE001-9", untyped)
    later = Town(MemoryEngine({**dict(earlier.engine.scan("")), parameters.key(PAY_RULES): _rules(town)}), "later")
    refusal = later.refused(
        TermsInvalid, AccedeToTerms, terms="TE001-9", version=1, accessions=(later.joining(NOVA, "TE001-9", 1, aug(3)),)
    )
    assert "no_contract_type" == refusal.facts["case"]
    typed_refusal = earlier.refused(TermsInvalid, ProposeTerms, **{**proposal(typed), "terms": "TE001-8"})
    assert {"case": "pay_rules", "day": "2026-07-27", "version": 1, "needed": 2} == typed_refusal.facts


def _rules(town: Town) -> bytes:
    value = town.engine.read(parameters.key(PAY_RULES))
    assert value is not None
    return value


def test_an_amendment_keeps_the_contract_type(town: Town) -> None:
    town.terms_active("TE001-9", document("platform_managed"))
    amended = document("civil", pay_class="platform_managed")
    refusal = town.refused(TermsInvalid, ProposeTerms, **{**proposal(amended), "version": 2})
    assert "type_changes" == refusal.facts["case"]


def test_a_type_that_was_only_proposed_can_be_put_right(town: Town) -> None:
    wrong, right = document("civil"), document("platform_managed", pay_class="civil")
    town.do(ProposeTerms, **proposal(wrong))
    town.terms_active("TE001-9", right, version=2)
    town.do(ProposeTerms, **{**proposal(right), "version": 3})
    assert "type_changes" == town.refused(TermsInvalid, ProposeTerms, **{**proposal(wrong), "version": 4}).facts["case"]


def test_no_unknown_employer_withholds(town: Town) -> None:
    town.refused(Unknown, ProposeTerms, **proposal(document("civil", withholding_agent="E999")))


@pytest.mark.parametrize("missing", ["holidays.2026", "calendar.2026", f"monthly_minimum_wage.{CHENGDU}"])
def test_a_labour_contract_needs_calendar_holidays_and_monthly_minimum(town: Town, missing: str) -> None:
    state = {key: value for key, value in town.engine.scan("") if key != f"parameter/{missing}"}
    poor = Town(MemoryEngine(state), "poor")
    paper = document("labour", WAGED, Monthly(15))
    poor.refused(ParameterMissing, ProposeTerms, **proposal(paper))


def test_a_labour_contracts_month_is_paid_with_overtime_of_every_kind(town: Town) -> None:
    """4,350.00 a month: 200.00 a day, 25.00 an hour. September 2026 has one statutory holiday, the 25th."""
    town.terms_active("TE001-9", document("labour", WAGED, Monthly(15)))
    town.join("TE001-9", NOVA)
    town.deposit(10**7)
    september = [sep(day) for day in range(1, 31)]
    for day in september:
        if day.weekday() < 5 and day not in (sep(25), sep(8)):
            town.certified(day, {NOVA: {"minutes": 600 if day == sep(10) else 480}})
    town.certified(sep(12), {NOVA: {"minutes": 60}})
    town.certified(sep(25), {NOVA: {"minutes": 60}})
    overtime_fen = 7_500 + 5_000 + 7_500
    assert {NOVA: 21 * 20_000 + overtime_fen} == town.paid("E001-20261015")


def test_whoever_leaves_is_paid_no_holiday_after_that_day(town: Town) -> None:
    town.terms_active("TE001-9", document("labour", WAGED, Monthly(15)))
    town.join("TE001-9", NOVA)
    town.deposit(10**7)
    town.certified(sep(1), {NOVA: {"minutes": 480}})
    town.do(SetWorker, worker=NOVA, status=Status.ENDED, from_day=sep(2), reason="left")
    assert {NOVA: 20_000} == town.paid("E001-20261015")


@pytest.mark.parametrize("ended", [False, True])
def test_no_day_after_the_last_that_terms_cover_is_paid_or_missed(town: Town, *, ended: bool) -> None:
    """The holiday of the 25th is no paid day of terms that were over, though the employment goes on."""
    last = None if ended else sep(1)
    town.terms_active("TE001-9", document("labour", WAGED, Monthly(15), effective_to=last))
    town.join("TE001-9", NOVA)
    town.deposit(10**7)
    town.certified(sep(1), {NOVA: {"minutes": 480}})
    if ended:
        town.do(EndTerms, employer="E001", terms="TE001-9", ends=sep(1), reason="over")
        town.do(SetWorker, worker=NOVA, status=Status.ENDED, from_day=sep(27), reason="left")
        town.go(sep(28))
        assert {NOVA: 20_000} == town.paid("E001-20260928", workers=(NOVA,))
    else:
        assert {NOVA: 20_000} == town.paid("E001-20261015")


def test_tips_go_to_the_worker_whole_and_bear_no_fee(town: Town) -> None:
    town.terms_active("TE001-9", document("civil", (*ORDERS, PassThrough("tips"), Share("value", 100, 100))))
    town.join("TE001-9", NOVA)
    town.deposit(100_000)
    town.certified(aug(3), {NOVA: {"orders": 2, "tips": 777, "value": 50}})
    assert {NOVA: 1_000 + 777 + 50} == town.paid("E001-20260812")
    assert 1_050 * 200 == town.line("E001-20260812", NOVA).fee


def test_the_fee_is_its_percentage_of_the_runs_base_rounded_once(town: Town) -> None:
    """Three wages of 1.25 at 2 %: 7.5 fen, not three times 3."""
    town.terms_active("TE001-9", document("civil", (PerUnit("orders", 125),)))
    for worker in (ANNA, BO, NOVA):
        town.join("TE001-9", worker, from_day=aug(2))
    town.deposit(100_000)
    for day in (aug(3), aug(4)):
        town.certified(day, {ANNA: 1, BO: 1} if day == aug(3) else {NOVA: 1})
    town.paid("E001-20260812")
    assert 8 == town.get(runs, "E001-20260812").totals.fee_fen


def test_a_year_whose_holidays_are_not_governed_stops_the_run(town: Town) -> None:
    town.terms_active("TE001-9", document("labour", WAGED, Monthly(15)))
    town.join("TE001-9", NOVA)
    town.certified(sep(1), {NOVA: {"minutes": 480}})
    town.opened("E001-20261015")
    state = {key: value for key, value in town.engine.scan("") if key != "parameter/holidays.2026"}
    poor = Town(MemoryEngine(state), "poor")
    poor.at_ms = town.at_ms
    poor.refused(ParameterMissing, PriceShards, run="E001-20261015", shards=(0,))


def test_a_monthly_wage_does_not_hang_on_who_else_has_a_sheet(town: Town) -> None:
    """Nova is away after the amendment, and is paid the holiday on which it binds, whether colleagues work or not."""
    amounts = []
    for others_work in (False, True):
        other = Town(MemoryEngine(dict(town.engine.scan(""))), f"{others_work}")
        other.terms_active("TE001-9", document("labour", WAGED, Monthly(15)))
        other.join("TE001-9", NOVA)
        other.deposit(10**7)
        for day in (sep(21), sep(22), sep(23)):
            other.certified(day, {NOVA: {"minutes": 480}})
        other.terms_active("TE001-9", document("labour", WAGED, Monthly(15), effective_from=sep(25)), version=2)
        other.join("TE001-9", NOVA, version=2)
        if others_work:
            other.certified(sep(28), {ANNA: 1})
        amounts.append(other.paid("E001-20261015")[NOVA])
    assert [4 * 20_000, 4 * 20_000] == amounts


def test_a_final_run_pays_no_holiday_after_the_end_of_the_terms(town: Town) -> None:
    town.terms_active("TE001-9", document("labour", WAGED, Monthly(15)))
    town.join("TE001-9", NOVA)
    town.deposit(10**7)
    town.certified(sep(1), {NOVA: {"minutes": 480}})
    town.do(EndTerms, employer="E001", terms="TE001-9", ends=sep(2), reason="closed")
    town.go(sep(27))
    town.do(SetWorker, worker=NOVA, status=Status.ENDED, from_day=sep(28), reason="left")
    town.go(sep(28))
    assert {NOVA: 20_000} == town.paid("E001-20260928-F1", workers=(NOVA,))


def test_a_final_run_pays_a_leavers_overtime(town: Town) -> None:
    """At 30.00 an hour: ten hours on a Monday bring 300.00 and 30.00 on top, one on a Saturday 30.00 and 30.00."""
    town.terms_active("TE001-9", document("labour", (PerTime(3_000, 60), Overtime(480))))
    town.join("TE001-9", NOVA, from_day=aug(2))
    town.deposit(10**7)
    town.certified(aug(3), {NOVA: {"minutes": 600}})
    town.certified(aug(8), {NOVA: {"minutes": 60}})
    town.do(SetWorker, worker=NOVA, status=Status.ENDED, from_day=aug(11), reason="left")
    town.go(aug(11))
    assert {NOVA: 33_000 + 6_000} == town.paid("E001-20260811-F1", workers=(NOVA,))


def test_rows_without_any_measure_over_a_raised_minimum_wage_stop_no_run(town: Town) -> None:
    town.terms_active("TE001-9", document("platform_managed"))
    town.join("TE001-9", NOVA)
    fields = {"name": f"minimum_wage.{CHENGDU}", "value": msgspec.Raw(b"2500"), "source": "x"}
    town.do(Propose, "union/admin", proposal="PUNION-1", effective_from=aug(4), **fields)
    town.do(Approve, "regulator/admin", **town.approval("PUNION-1"))
    for day in (aug(3), aug(4)):
        town.certified(day, {NOVA: {}})
    town.priced("E001-20260812")


def test_colleagues_sheets_under_terms_that_are_over_stop_no_run(town: Town) -> None:
    """Nova's first version ends in August, she signs the second one late, and Anna has a sheet in between."""
    town.terms_active("TE001-9", document("labour", WAGED, Monthly(15), effective_to=aug(31)))
    town.join("TE001-9", NOVA)
    town.deposit(10**7)
    town.certified(sep(16), {ANNA: 1})
    town.terms_active("TE001-9", document("labour", WAGED, Monthly(15), effective_from=sep(1)), version=2)
    town.join("TE001-9", NOVA, version=2, from_day=sep(28))
    town.certified(sep(28), {NOVA: {"minutes": 480}})
    assert {NOVA: 20_000} == town.paid("E001-20261015")


def test_no_list_of_holidays_has_one_of_another_year(town: Town) -> None:
    fields = {"proposal": "PUNION-1", "name": "holidays.2027", "effective_from": date(2027, 1, 1), "source": "x"}
    copied, right = (msgspec.Raw(canonical(days)) for days in (["2027-01-01", "2026-10-01"], ["2027-01-01"]))
    refusal = town.refused(ParameterInvalid, Propose, "union/admin", value=copied, **fields)
    assert ("other_year", "2026-10-01") == (refusal.facts["case"], refusal.facts["day"])
    town.do(Propose, "union/admin", value=right, **fields)
