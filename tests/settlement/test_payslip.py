"""A payslip says of each item which version of the terms it follows, and at what rate."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from consortium import House, rehearsal
from lxr.chaincode.pay_rules import Allowance, Bonus, FixedPerDay, Guarantee, PerTime, PerUnit, Rule, Step, Tiers, label
from lxr.chaincode.paydays import Daily, Monthly, OnCompletion, PaydayRule, TwiceAMonth, Weekly
from lxr.chaincode.pricing import MINIMUM_WAGE, Item
from lxr.chaincode.refusals import Unknown
from lxr.settlement.messages import say
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.pay import payday
from lxr.settlement.reports import pay_words
from lxr.settlement.reports.payslip import payslip
from lxr.settlement.reports.projection import Projection
from lxr.settlement.reports.vouchers import encode_voucher, find, verify_on_ledger
from treasury import DAY_FEN, PAYDAY, paid, worked, worked_and_amended

RUN = "E001-20260915"
TERMS = "TE001-RIDERS"
AUGUST = {day: date(2026, 8, day) for day in range(1, 32)}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def test_a_payslip_is_of_one_worker_of_one_employer_on_one_payday(house: House) -> None:
    team = house.employ(3)
    paid(house, team)
    found = payslip(house.treasurer, RUN, team.workers["R0001"])
    assert found is not None
    assert ("E001", PAYDAY, 2 * DAY_FEN) == (found.employer, found.payday, found.line.net_fen)
    assert {(TERMS, 1): (AUGUST[3], AUGUST[4])} == found.days
    assert {(TERMS, 1): team.document.rules} == found.rules


def test_a_worker_without_pay_has_no_payslip_and_an_unknown_run_is_refused(house: House) -> None:
    team = house.employ(2)
    worked(house, team, days=0)
    house.work(AUGUST[3], team.rows(["R0001"], orders=20, minutes=480))
    house.clock.go(PAYDAY)
    house.deposit(10_000_000)
    payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    assert payslip(house.treasurer, RUN, team.workers["R0002"]) is None
    with pytest.raises(Unknown):
        payslip(house.treasurer, "E001-20261015", team.workers["R0002"])


def test_an_amendment_within_a_period_gives_items_and_days_under_either_version(house: House, tmp_path: Path) -> None:
    team = house.employ(1)
    worked_and_amended(house, team)
    house.deposit(10_000_000)
    payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    worker = team.workers["R0001"]
    found = payslip(house.treasurer, RUN, worker)
    assert found is not None
    (part,) = found.line.parts
    assert [
        (1, "per_unit:orders", "40 orders", "6.50 yuan per order", 260_00),
        (2, "per_unit:orders", "40 orders", "7.00 yuan per order", 280_00),
        (2, "guarantee", "1,920 minutes", "at least 25.00 yuan per hour over the period", 260_00),
    ] == [
        (
            *(item.rules_key, item.rule, pay_words.quantity_words(item).en),
            *(pay_words.rate_words(item.rule, found.rules[TERMS, item.rules_key]).en, item.amount_fen),
        )
        for item in part.items
    ]
    assert {(TERMS, 1): (AUGUST[3], AUGUST[4]), (TERMS, 2): (AUGUST[6], AUGUST[7])} == found.days
    with Projection.open(f"sqlite:///{tmp_path / 'projection.db'}") as projection:
        voucher = find(house.ledger, projection, f"{RUN}/{worker}")
    told = {fact.label.zh: fact.value for fact in voucher.content.facts}
    assert {
        "应发项目：按单计件，40 单（TE001-RIDERS 第 1 版）": "260.00",
        "计薪标准：按单计件（TE001-RIDERS 第 1 版）": Words("6.50 yuan per order", "每单 6.50 元"),
        "应发项目：按单计件，40 单（TE001-RIDERS 第 2 版）": "280.00",
        "计薪标准：按单计件（TE001-RIDERS 第 2 版）": Words("7.00 yuan per order", "每单 7.00 元"),
        "本次计入日期": Words(
            "2026-08-03 to 2026-08-04, 2026-08-06 to 2026-08-07",
            "2026-08-03 至 2026-08-04、2026-08-06 至 2026-08-07",
        ),
    }.items() <= told.items()
    (problem,) = verify_on_ledger(encode_voucher(voucher), house.ledger)
    assert "proof: there is none; no signed checkpoint covered it when it was made" == say(problem, "en")


STEPS = (Step(0, 600), Step(300, 700), Step(600, 800))
RULES: dict[str, tuple[Rule, int, tuple[str, str, str], tuple[str, str, str]]] = {
    "a rate for each unit": (
        PerUnit("orders", 650),
        1_294,
        ("pay per order", "1,294 orders", "6.50 yuan per order"),
        ("按单计件", "1,294 单", "每单 6.50 元"),
    ),
    "of a measure that nobody has a word for": (
        PerUnit("crates", 5),
        1,
        ("pay per crates", "1 crates", "0.05 yuan per crates"),
        ("按crates计件", "1 crates", "每crates 0.05 元"),
    ),
    "by the hour": (
        PerTime(2500, 60),
        90,
        ("pay by time (minutes)", "90 minutes", "25.00 yuan per hour"),
        ("计时工资（分钟）", "90 分钟", "每小时 25.00 元"),
    ),
    "by the minute": (
        PerTime(50, 1),
        90,
        ("pay by time (minutes)", "90 minutes", "0.50 yuan per minute"),
        ("计时工资（分钟）", "90 分钟", "每分钟 0.50 元"),
    ),
    "by tiers": (
        Tiers("orders", "period", STEPS),
        700,
        (
            "tiered pay per order over the period",
            "700 orders",
            "yuan per order, 1 to 300: 6.00, 301 to 600: 7.00, above 600: 8.00",
        ),
        (
            "按单阶梯计件（按期累计）",
            "700 单",
            "第 1 至 300 单每单 6.00 元，第 301 至 600 单每单 7.00 元，超过 600 单的部分每单 8.00 元",
        ),
    ),
    "by the day": (
        FixedPerDay(8000),
        26,
        ("fixed pay per day", "26 days", "80.00 yuan per day"),
        ("按日定额", "26 天", "每天 80.00 元"),
    ),
    "an allowance": (
        Allowance("heat", 1000, "day"),
        2,
        ("allowance heat", "2 times", "10.00 yuan per day"),
        ("津贴 heat", "2 次", "每天 10.00 元"),
    ),
    "an allowance of the period": (
        Allowance("phone", 3000, "period"),
        1,
        ("allowance phone", "once", "30.00 yuan per pay period"),
        ("津贴 phone", "1 次", "每计薪周期 30.00 元"),
    ),
    "a bonus": (
        Bonus("orders", "day", 1_030, 2000),
        3,
        ("bonus for 1,030 orders in the day", "3 times", "20.00 yuan each time"),
        ("奖励（每日满 1,030 单）", "3 次", "每次 20.00 元"),
    ),
    "a guarantee": (
        Guarantee(2500, "day"),
        480,
        ("top-up to the guaranteed pay", "480 minutes", "at least 25.00 yuan per hour over the day"),
        ("保底补足", "480 分钟", "每小时不低于 25.00 元（按日计算）"),
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_an_item_its_quantity_and_its_rate_are_said_in_words(name: str) -> None:
    rule, quantity, english, chinese = RULES[name]
    item = Item(1, label(rule), quantity, 0)
    said = (
        pay_words.rule_words(item.rule),
        pay_words.quantity_words(item),
        pay_words.rate_words(item.rule, (PerUnit("tasks", 1), rule)),
    )
    assert (english, chinese) == (tuple(each.en for each in said), tuple(each.zh for each in said))


def test_a_top_up_is_said_to_be_one_to_the_minimum_wage() -> None:
    item = Item(1, MINIMUM_WAGE, 480, 0)
    assert ["补足至最低工资", "480 分钟", "当地最低工资标准"] == [
        pay_words.rule_words(item.rule).zh,
        pay_words.quantity_words(item).zh,
        pay_words.rate_words(item.rule, ()).zh,
    ]


@pytest.mark.parametrize(
    ("rule", "english", "chinese"),
    [
        (Daily(), "each day's work on the next day", "按日计薪，次日发放"),
        (Weekly(3), "a week's work on the first Wednesday after it", "按周计薪，周后首个星期三发放"),
        (
            TwiceAMonth(20, 5),
            "days 1 to 15 on day 20 of the same month, the others on day 5 of the next",
            "1 至 15 日于当月 20 日发放，其余于次月 5 日发放",
        ),
        (Monthly(15), "a month's work on day 15 of the next", "按月计薪，次月 15 日发放"),
        (OnCompletion(), "each day's work on any day from then on", "完成即付"),
    ],
)
def test_a_payday_is_said_in_words(rule: PaydayRule, english: str, chinese: str) -> None:
    assert Words(english, chinese) == pay_words.payday_words(rule)


@pytest.mark.parametrize(
    ("days", "english", "chinese"),
    [
        ((), "none", "无"),
        ((3,), "2026-08-03", "2026-08-03"),
        ((3, 4, 5), "2026-08-03 to 2026-08-05", "2026-08-03 至 2026-08-05"),
        ((3, 5, 6), "2026-08-03, 2026-08-05 to 2026-08-06", "2026-08-03、2026-08-05 至 2026-08-06"),
    ],
)
def test_days_are_said_in_short(days: tuple[int, ...], english: str, chinese: str) -> None:
    assert Words(english, chinese) == pay_words.days_words(AUGUST[day] for day in days)
