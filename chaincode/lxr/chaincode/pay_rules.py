"""How work is paid: the closed list of pay rules that terms can hold.

Rates and amounts are whole fen; quantities are whole units of a measure ("orders", "minutes", "metres"). The bounds
together keep one worker's pay for one period within FEN_MAX, so pricing never needs to refuse.
"""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from ..token.fen import FEN_MAX
from .refusals import TermsInvalid

QUANTITY_MAX: Final = 10**6
"""The most units of one measure in one day."""
MINUTES: Final = "minutes"
"""Working time, which is always recorded; the measure that a minimum wage is held against."""
MINUTES_MAX: Final = 1440
"""The minutes of a day."""
DAYS_MAX: Final = 31
"""The most days in one pay period: wages are paid at least monthly (劳动法 art. 50)."""
RULES_MAX: Final = 20
"""The most rules in one version of the terms."""
RATE_MAX_FEN: Final = 10**6
"""The largest rate: 10,000 yuan per unit, minute or hour."""
AMOUNT_MAX_FEN: Final = 10**8
"""The largest fixed amount, allowance or bonus: 1,000,000 yuan."""
LINE_MAX_FEN: Final = RATE_MAX_FEN * QUANTITY_MAX
"""The most that one rule brings on one day, but for overtime, which brings twice as much on top of another rule's."""
assert (RULES_MAX + RULES_MAX // 2 + 1) * DAYS_MAX * LINE_MAX_FEN <= FEN_MAX  # one more: the minimum wage
assert AMOUNT_MAX_FEN <= RATE_MAX_FEN * QUANTITY_MAX

Name = Annotated[str, Meta(pattern=r"^[a-z_]{1,24}\Z")]
Most = Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
"""The most units of a measure that one worker does in one day."""
Rate = Annotated[int, Meta(ge=1, le=RATE_MAX_FEN)]
Amount = Annotated[int, Meta(ge=1, le=AMOUNT_MAX_FEN)]
Scope = Literal["day", "period"]
"""What a rule counts over: each day by itself, or the days of the pay period together."""


class _Rule(Struct, frozen=True, forbid_unknown_fields=True, tag_field="rule"):
    pass


class PerUnit(_Rule, frozen=True, tag="per_unit", omit_defaults=True):
    """rate_fen for each `per` units, in proportion to the units of each day: 0.035 yuan each is 350 for 100."""

    measure: Name
    rate_fen: Rate
    per: Literal[1, 100, 1000] = 1


class PerTime(_Rule, frozen=True, tag="per_time"):
    """rate_fen for each minute (per_minutes 1) or hour (60), in proportion to the minutes of each day."""

    rate_fen: Rate
    per_minutes: Literal[1, 60]
    measure: Name = "minutes"


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """The units above `above`, up to the next step, are paid at rate_fen."""

    above: Annotated[int, Meta(ge=0, le=DAYS_MAX * QUANTITY_MAX)]
    rate_fen: Annotated[int, Meta(ge=0, le=RATE_MAX_FEN)]


class Tiers(_Rule, frozen=True, tag="tiers"):
    """Marginal rates: reaching a step never changes what the units below it earned."""

    measure: Name
    scope: Scope
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=20)]


class FixedPerDay(_Rule, frozen=True, tag="fixed_per_day"):
    """amount_fen for each day with work, that is with any measure above 0."""

    amount_fen: Amount


class Allowance(_Rule, frozen=True, tag="allowance"):
    """amount_fen for each day with work, or once for a period with work. It does not count towards a minimum wage."""

    name: Name
    amount_fen: Amount
    scope: Scope


class Bonus(_Rule, frozen=True, tag="bonus"):
    """amount_fen when the total of the day or period reaches the threshold."""

    measure: Name
    scope: Scope
    threshold: Annotated[int, Meta(ge=1, le=DAYS_MAX * QUANTITY_MAX)]
    amount_fen: Amount


class Guarantee(_Rule, frozen=True, tag="guarantee"):
    """What piece pay (PerUnit, PerTime, Tiers) misses to floor_fen_per_hour, by the day or over the period."""

    floor_fen_per_hour: Rate
    scope: Scope
    measure: Name = "minutes"


class Share(_Rule, frozen=True, tag="share"):
    """share_bp basis points of a value, which is measured in fen (unit_fen 1) or in whole yuan (100)."""

    measure: Name
    share_bp: Annotated[int, Meta(ge=1, le=10_000)]
    unit_fen: Literal[1, 100]


class PassThrough(_Rule, frozen=True, tag="pass_through"):
    """What customers give the worker, measured in fen: all of it, outside every guarantee, minimum and fee."""

    measure: Name


class Holiday(_Rule, frozen=True, tag="holiday"):
    """rate_fen for each `per` units on a statutory holiday, beside what they bring on any day.

    What the parties agree on: the law sets platform work no multiple (人社厅发〔2023〕50号).
    """

    measure: Name
    rate_fen: Rate
    per: Literal[1, 60, 100, 1000]


class MonthlyWage(_Rule, frozen=True, tag="monthly_wage"):
    """amount_fen for a month in which no working day is missed; a day is a 21.75th of it (人社部发〔2025〕2号).

    leave: a measure that says that a day is paid though nobody worked on it, or None.
    """

    amount_fen: Amount
    leave: Name | None = None


class Overtime(_Rule, frozen=True, tag="overtime"):
    """Working time beyond normal_minutes on a working day, and all of it on others, at 150, 200 and 300 %.

    Of the hour that the monthly wage makes, or of the rate of PerTime, which has paid the first 100 % of it already
    (劳动法 art. 44; 工资支付暂行规定 art. 13).
    """

    normal_minutes: Annotated[int, Meta(ge=1, le=480)]


class PieceOvertime(_Rule, frozen=True, tag="piece_overtime"):
    """Units beyond the quota on a working day, and all of them on others, at 150, 200 and 300 % of their rate, of which
    PerUnit has paid the first 100 % already (工资支付暂行规定 art. 13).
    """

    measure: Name
    quota: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]


FirstRule = PerUnit | PerTime | Tiers | FixedPerDay | Allowance | Bonus | Guarantee
"""The rules that version 1 of the pay rules knows, of which it has PerUnit by the single unit alone."""
Rule = FirstRule | Share | PassThrough | Holiday | MonthlyWage | Overtime | PieceOvertime


ALLOWANCE: Final = "allowance:"
"""How the labels of allowances begin, and no others: measures are in small letters."""
PASS_THROUGH: Final = "pass_through:"
OVERTIME: Final = "overtime"
BESIDE_MINIMUM: Final = (ALLOWANCE, PASS_THROUGH, OVERTIME, "piece_overtime:", "holiday:")
"""How the labels of what does not count towards a minimum wage begin (最低工资规定 art. 12)."""


def label(rule: Rule) -> str:
    """The rule's name on a pay line, unique in terms without faults: 'per_unit:orders', 'bonus:orders:day:30'."""
    match rule:
        case PerUnit():
            return f"per_unit:{rule.measure}"
        case PerTime():
            return f"per_time:{rule.measure}"
        case Tiers():
            return f"tiers:{rule.measure}:{rule.scope}"
        case FixedPerDay():
            return "fixed_per_day"
        case Allowance():
            return f"{ALLOWANCE}{rule.name}"
        case Bonus():
            return f"bonus:{rule.measure}:{rule.scope}:{rule.threshold}"
        case Guarantee():
            return "guarantee"
        case Share():
            return f"share:{rule.measure}"
        case PassThrough():
            return f"{PASS_THROUGH}{rule.measure}"
        case Holiday():
            return f"holiday:{rule.measure}"
        case MonthlyWage():
            return "monthly_wage"
        case Overtime():
            return OVERTIME
        case PieceOvertime():
            return f"piece_overtime:{rule.measure}"


def measures_of(rules: tuple[Rule, ...]) -> frozenset[str]:
    """The measures that the rules need. Sort them before writing them anywhere."""
    found = {rule.measure for rule in rules if not isinstance(rule, FixedPerDay | Allowance | MonthlyWage | Overtime)}
    leaves = {rule.leave for rule in rules if isinstance(rule, MonthlyWage) and rule.leave}
    return frozenset(found | leaves)


def times_of(rules: tuple[Rule, ...]) -> frozenset[str]:
    """The measures that count minutes."""
    return frozenset(rule.measure for rule in rules if isinstance(rule, PerTime | Guarantee)) | {MINUTES}


def most_faults(rules: tuple[Rule, ...], most_per_day: Mapping[str, int]) -> TermsInvalid | None:
    """Return what is wrong with the most units per day of these rules' measures, or None."""
    needed = measures_of(rules)
    for measure in sorted(needed - most_per_day.keys()):
        return TermsInvalid(case="no_most", measure=measure)
    for measure in sorted(most_per_day.keys() - needed - {MINUTES}):
        return TermsInvalid(case="idle_most", measure=measure)
    for measure in sorted(times_of(rules) & most_per_day.keys()):
        if most_per_day[measure] > MINUTES_MAX:
            return TermsInvalid(case="most_minutes", measure=measure, given=most_per_day[measure], limit=MINUTES_MAX)
    return None


def rule_faults(rules: tuple[Rule, ...]) -> TermsInvalid | None:
    """Return what is wrong with the rules as a whole, or None. Their fields are bounded by their types."""
    if not rules:
        return TermsInvalid(case="no_rules")
    if len(rules) > RULES_MAX:
        return TermsInvalid(case="rules", count=len(rules), limit=RULES_MAX)
    for name, count in sorted(Counter(map(label, rules)).items()):
        if count > 1:
            return TermsInvalid(case="rule_twice", rule=name)
    for rule in rules:
        if isinstance(rule, Tiers) and (fault := _step_fault(label(rule), rule.steps)) is not None:
            return fault
    by_the_day = any(isinstance(rule, Guarantee) and rule.scope == "day" for rule in rules)
    if by_the_day and any(isinstance(rule, Tiers) and rule.scope == "period" for rule in rules):
        return TermsInvalid(case="day_guarantee")
    return _money_fault(rules)


def _money_fault(rules: tuple[Rule, ...]) -> TermsInvalid | None:
    """What is measured in fen or yuan is money, and counts as nothing else; overtime needs a rate that it is of."""
    values = Counter(rule.measure for rule in rules if isinstance(rule, Share | PassThrough))
    units = {
        rule.measure
        for rule in rules
        if isinstance(rule, PerUnit | PerTime | Tiers | Bonus | Guarantee | Holiday | PieceOvertime)
    }
    for measure in sorted(values):
        if measure == MINUTES or measure in units or values[measure] > 1:
            return TermsInvalid(case="money_measure", measure=measure)
    has_time = any(isinstance(rule, PerTime) and rule.measure == MINUTES for rule in rules)
    for rule in rules:
        if isinstance(rule, Overtime) and not has_time and not any(isinstance(each, MonthlyWage) for each in rules):
            return TermsInvalid(case="overtime_base", rule=label(rule))
        if isinstance(rule, PieceOvertime) and piece_rate(rules, rule.measure) is None:
            return TermsInvalid(case="overtime_base", rule=label(rule))
    return None


def piece_rate(rules: tuple[Rule, ...], measure: str) -> tuple[int, int] | None:
    """What a unit of the measure is paid, as fen for so many units; the highest where it has steps; None: nothing."""
    for rule in rules:
        if isinstance(rule, PerUnit) and rule.measure == measure:
            return rule.rate_fen, rule.per
        if isinstance(rule, Tiers) and rule.measure == measure:
            return max(step.rate_fen for step in rule.steps), 1
    return None


def needs_second_version(rules: tuple[Rule, ...]) -> bool:
    """Return whether a rule is among them that version 1 of the pay rules does not know."""
    return any(not isinstance(rule, FirstRule) or (isinstance(rule, PerUnit) and rule.per != 1) for rule in rules)


def _step_fault(rule: str, steps: tuple[Step, ...]) -> TermsInvalid | None:
    if not steps or steps[0].above != 0:
        return TermsInvalid(case="first_step", rule=rule)
    for lower, upper in pairwise(steps):
        if upper.above <= lower.above:
            return TermsInvalid(case="steps", rule=rule, above=upper.above, before=lower.above)
    return None
