"""How work and pay are said to people: measures, quantities, the rules of terms and their rates, and paydays."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, assert_never

from lxr.chaincode.pay_rules import (
    Allowance,
    Bonus,
    FixedPerDay,
    Guarantee,
    Holiday,
    MonthlyWage,
    Overtime,
    PassThrough,
    PerTime,
    PerUnit,
    PieceOvertime,
    Rule,
    Share,
    Tiers,
    label,
)
from lxr.chaincode.paydays import Daily, Monthly, OnCompletion, PaydayRule, TwiceAMonth, Weekly
from lxr.chaincode.pricing import MINIMUM_WAGE, MONTHLY_MINIMUM, Item
from lxr.chaincode.runs import DeductionKind
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.words import fact_words, words_of
from lxr.token.fen import yuan

NO_WORK: Final = Words("no work", "未出勤")
DEDUCTIONS: Final[Mapping[DeductionKind, Words]] = {
    "tax": Words("tax kept back", "代扣税款"),
    "insurance": Words("insurance kept back", "代扣社保"),
    "overpaid": Words("recovered of what was overpaid", "扣回多付"),
}
_TOP_UP: Final = Words("top-up to the minimum wage", "补足至最低工资")
_BY_MINIMUM_WAGE: Final = Words("the place's minimum wage", "当地最低工资标准")
_OVERTIME: Final = Words(
    "150 % on working days, 200 % on rest days, 300 % on statutory holidays",
    "工作日 150%，休息日 200%，法定节假日 300%",
)
_WEEKDAYS: Final = (
    Words("Monday", "星期一"),
    Words("Tuesday", "星期二"),
    Words("Wednesday", "星期三"),
    Words("Thursday", "星期四"),
    Words("Friday", "星期五"),
    Words("Saturday", "星期六"),
    Words("Sunday", "星期日"),
)
_MINUTES: Final = ("per_time", "guarantee", "overtime", MINIMUM_WAGE)
"""Whose quantities are minutes, whatever their measure is called."""


def version_words(terms: str, version: int) -> Words:
    """Say which version of the terms: 'TE001-RIDERS, version 2'."""
    return Words(f"{terms}, version {version}", f"{terms} 第 {version} 版")


def rule_words(named: str) -> Words:
    """Say what a line pays for. named: the label of a rule, as 'per_unit:orders', or of the top-up."""
    return _TOP_UP if named in (MINIMUM_WAGE, MONTHLY_MINIMUM) else fact_words("rule", named)


def quantity_words(item: Item) -> Words:
    """Say how much of it there was: '294 orders', '26 days', '480 minutes'."""
    kind, _, rest = item.rule.partition(":")
    if kind in _MINUTES:
        return measure_words("minutes", item.quantity)
    if kind in ("per_unit", "tiers", "holiday", "piece_overtime"):
        return measure_words(rest.partition(":")[0], item.quantity)
    if kind == "pass_through":
        return Words(f"{yuan(item.quantity)} yuan", f"{yuan(item.quantity)} 元")
    if kind == "share":
        return measure_words(rest, item.quantity)
    if kind in ("fixed_per_day", "monthly_wage", MONTHLY_MINIMUM):
        return Words(f"{item.quantity:,} {'day' if item.quantity == 1 else 'days'}", f"{item.quantity:,} 天")
    return Words("once" if item.quantity == 1 else f"{item.quantity:,} times", f"{item.quantity:,} 次")


def rate_words(named: str, rules: Iterable[Rule]) -> Words:
    """Say at what rate a line is paid, by the rules of its version of the terms. named: see `rule_words`."""
    if named in (MINIMUM_WAGE, MONTHLY_MINIMUM):
        return _BY_MINIMUM_WAGE
    return rule_rate_words(next(rule for rule in rules if label(rule) == named))


def rule_rate_words(rule: Rule) -> Words:
    """Say what a rule pays: '6.50 yuan per order'."""
    match rule:
        case PerUnit():
            return _per_units(rule.rate_fen, rule.per, rule.measure)
        case PerTime():
            return _per(rule.rate_fen, Words("hour", "小时") if rule.per_minutes == 60 else words_of("unit", "minutes"))
        case Tiers():
            return _tiers_words(rule)
        case FixedPerDay():
            return _per(rule.amount_fen, Words("day", "天"))
        case Allowance():
            return _per(rule.amount_fen, Words("day", "天") if rule.scope == "day" else Words("pay period", "计薪周期"))
        case Bonus():
            return Words(f"{yuan(rule.amount_fen)} yuan each time", f"每次 {yuan(rule.amount_fen)} 元")
        case Guarantee():
            floor, span = yuan(rule.floor_fen_per_hour), words_of("span", rule.scope)
            return Words(
                f"at least {floor} yuan per hour over {span.en}", f"每小时不低于 {floor} 元（按{span.zh}计算）"
            )
        case Share():
            percent = f"{rule.share_bp // 100}.{rule.share_bp % 100:02d} %"
            return Words(f"{percent} of the value", f"金额的 {percent}")
        case PassThrough():
            return Words("all of it, without a fee", "全额，不计服务费")
        case Holiday():
            said = _per_units(rule.rate_fen, rule.per, rule.measure)
            return Words(f"{said.en} more on a statutory holiday", f"法定节假日另加：{said.zh}")
        case MonthlyWage():
            fen = yuan(rule.amount_fen)
            return Words(f"{fen} yuan for a month; a day is a 21.75th of it", f"每月 {fen} 元；日工资按 21.75 天折算")
        case Overtime():
            minutes = rule.normal_minutes
            return Words(f"beyond {minutes} minutes a day: {_OVERTIME.en}", f"每日超过 {minutes} 分钟：{_OVERTIME.zh}")
        case PieceOvertime():
            quota = measure_words(rule.measure, rule.quota)
            return Words(f"beyond {quota.en} a day: {_OVERTIME.en}", f"每日超过 {quota.zh}：{_OVERTIME.zh}")
    assert_never(rule)


def measure_words(measure: str, quantity: int) -> Words:
    """Say a quantity of a measure: '1 order', '5 orders'."""
    said = words_of("unit" if quantity == 1 else "measure", measure)
    return Words(f"{quantity:,} {said.en}", f"{quantity:,} {said.zh}")


def measures_words(measures: Mapping[str, int]) -> Words:
    """Say the content of a row: '5 orders, 128 minutes'."""
    if not measures:
        return NO_WORK
    said = [measure_words(name, quantity) for name, quantity in sorted(measures.items())]
    return Words(", ".join(each.en for each in said), "，".join(each.zh for each in said))


def payday_words(rule: PaydayRule) -> Words:
    """Say when work is paid."""
    match rule:
        case Daily():
            return Words("each day's work on the next day", "按日计薪，次日发放")
        case Weekly():
            day = _WEEKDAYS[rule.weekday - 1]
            return Words(f"a week's work on the first {day.en} after it", f"按周计薪，周后首个{day.zh}发放")
        case TwiceAMonth():
            first, second = rule.first_day, rule.second_day
            return Words(
                f"days 1 to 15 on day {first} of the same month, the others on day {second} of the next",
                f"1 至 15 日于当月 {first} 日发放，其余于次月 {second} 日发放",
            )
        case Monthly():
            return Words(f"a month's work on day {rule.day} of the next", f"按月计薪，次月 {rule.day} 日发放")
        case OnCompletion():
            return Words("each day's work on any day from then on", "完成即付")
    assert_never(rule)


def days_words(days: Iterable[date]) -> Words:
    """Say days in short, those that follow one another as '2026-08-01 to 2026-08-09'. days: in order."""
    spans: list[list[date]] = []
    for day in days:
        if spans and day - spans[-1][-1] == timedelta(days=1):
            spans[-1].append(day)
        else:
            spans.append([day])
    ends = [(str(span[0]), str(span[-1])) if len(span) > 1 else (str(span[0]),) for span in spans]
    return Words(", ".join(map(" to ".join, ends)) or "none", "、".join(map(" 至 ".join, ends)) or "无")


def _per(amount_fen: int, unit: Words) -> Words:
    return Words(f"{yuan(amount_fen)} yuan per {unit.en}", f"每{unit.zh} {yuan(amount_fen)} 元")


def _per_units(rate_fen: int, per: int, measure: str) -> Words:
    """Say a rate for so many units: '0.35 yuan per 100 orders'."""
    if per == 1:
        return _per(rate_fen, words_of("unit", measure))
    if per == 60 and measure == "minutes":
        return _per(rate_fen, Words("hour", "小时"))
    said = measure_words(measure, per)
    return Words(f"{yuan(rate_fen)} yuan per {said.en}", f"每 {said.zh} {yuan(rate_fen)} 元")


def _tiers_words(rule: Tiers) -> Words:
    unit, many = words_of("unit", rule.measure), words_of("measure", rule.measure)
    en, zh = [], []
    for step, upper in [*pairwise(rule.steps), (rule.steps[-1], None)]:
        rate = yuan(step.rate_fen)
        if upper is None:
            en.append(f"above {step.above:,}: {rate}" if step.above else rate)
            zh.append(
                f"超过 {step.above:,} {many.zh}的部分每{unit.zh} {rate} 元" if step.above else f"每{unit.zh} {rate} 元"
            )
        else:
            en.append(f"{step.above + 1:,} to {upper.above:,}: {rate}")
            zh.append(f"第 {step.above + 1:,} 至 {upper.above:,} {many.zh}每{unit.zh} {rate} 元")
    return Words(f"yuan per {unit.en}, {', '.join(en)}", "，".join(zh))
