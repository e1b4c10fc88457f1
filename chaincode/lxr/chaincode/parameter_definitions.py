"""Which parameters there are: the type of their values, and who must all sign one."""

import re
from datetime import date
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from ..token.fen import SomeFen
from .caller import BANK, ORGANISATIONS, REGULATOR, UNION
from .income_tax import CumulativeTax, GapReading, PaymentTax
from .parameter_refusals import ParameterUnknown
from .pay_rule_versions import RULES
from .rule_values import Amount, BaseLimits, Contribution, InjuryRates, PartOf, PerDay, ShareRange, VatThreshold
from .types import Digest

ANSWER_DAYS: Final = "answer.days"
"""The fewest days that terms may give workers to answer a row. It never falls."""
PAY_RULES: Final = "pay.rules"
"""The version of the pay rules by which the pay periods that begin on a day are priced."""
FIRST_DAY: Final = date(2000, 1, 1)
"""Nothing that a ledger holds is older."""
FIRST_PERIOD: Final = date(1999, 12, 1)
"""No pay period that this day lies in begins earlier."""
LEDGER_CLOSED: Final = "ledger.closed"
"""1 from the first day whose work belongs on the successor ledger."""


KEY_DAYS_LEAST: Final = 3
"""The fewest whole days that a worker has to veto a new key. Those who govern the days are those who can propose and
approve the key, so the least is what protects; three days have a working day in them on every ordinary weekend."""


class Definition(Struct, frozen=True):
    """A family of parameters: the second part of its names, the type of its values, and who must all sign.

    rising: values never fall. lasting: a value may be lower than the one before it from a day to come only, so that
    nothing that was paid by it becomes too much; of days on a list, those that have begun stay on it. ahead: a value
    comes into force on a day after its approval only, so that no day that has begun has another than it had.
    otherwise: what holds on a day that no value covers; None: what needs one stops. dated: a rule of law, each value
    of which names its document (`rules`), and all of whose values are kept.
    """

    names: str
    value: Any
    parties: frozenset[str]
    rising: bool = False
    lasting: bool = False
    ahead: bool = False
    otherwise: Any = None
    dated: bool = False


RestDays = Annotated[tuple[date, ...], Meta(max_length=366)]
Holidays = Annotated[tuple[date, ...], Meta(min_length=1, max_length=31)]
_Rate = Annotated[int, Meta(ge=1, le=100_000)]
_Month = Annotated[int, Meta(ge=1, le=10_000_000)]


def _rule(names: str, value: Any) -> Definition:
    """Return the family of a dated rule. names: jurisdiction and class, as `cn.service` and `510100.employee`."""
    return Definition(names, value, frozenset({UNION, REGULATOR}), dated=True)


RULE_TABLES: Final = {
    "tax_cumulative": _rule(r"cn\.(service|wages)", CumulativeTax),
    "tax_payment": _rule(r"cn\.service", PaymentTax),
    "tax_gap": _rule(r"cn\.service", GapReading),
    "tax_agent_fee": _rule(r"cn\.all", PartOf),
    "vat_levy": _rule(r"cn\.all", PartOf),
    "vat_threshold": _rule(r"cn\.all", VatThreshold),
    "damages_share": _rule(r"cn\.labour", PartOf),
    "protected_minimum": _rule(r"\d{6}\.all", Amount),
    "late_charge": _rule(r"cn\.employee", PerDay),
    "average_wage": _rule(r"\d{6}\.all", Amount),
    "contribution_base": _rule(r"\d{6}\.employee", BaseLimits),
    "medical_base": _rule(r"\d{6}\.employee", BaseLimits),
    "housing_fund_base": _rule(r"\d{6}(-\d)?\.employee", BaseLimits),
    "pension": _rule(r"\d{6}\.(employee|flexible)", Contribution),
    "medical": _rule(r"\d{6}\.(employee|flexible)", Contribution),
    "maternity": _rule(r"\d{6}\.(employee|flexible)", Contribution),
    "medical_supplement": _rule(r"\d{6}\.employee", Contribution),
    "unemployment": _rule(r"\d{6}\.employee", Contribution),
    "injury": _rule(r"\d{6}\.employee", InjuryRates),
    "housing_fund": _rule(r"\d{6}\.employee", ShareRange),
    "platform_injury": _rule(r"\d{6}\.(ride|delivery|freight)", Amount),
}
"""The rules of law, by the first part of the name. tax_cumulative, tax_payment, tax_gap: see `income_tax`.
tax_agent_fee: what the tax office pays an agent of what it withheld. vat_levy, vat_threshold: value-added tax of
persons. damages_share: of a month's wage, at most (工资支付暂行规定 art. 16). protected_minimum: what a court's order
leaves, where it names nothing: the month's minimum of subsistence (低保). late_charge: of arrears of insurance.
average_wage: the year before's, by month. The others: social insurance and housing fund, by base and share.
platform_injury: for an order of a trade (新职伤)."""

DEFINITIONS: Final = {
    **RULE_TABLES,
    "calendar": Definition(r"20\d\d", RestDays, frozenset({UNION, REGULATOR}), lasting=True),
    "holidays": Definition(r"20\d\d", Holidays, frozenset({UNION, REGULATOR}), lasting=True),
    "minimum_wage": Definition(r"\d{6}(-\d)?", _Rate, frozenset({UNION, REGULATOR}), lasting=True),
    "monthly_minimum_wage": Definition(r"\d{6}(-\d)?", _Month, frozenset({UNION, REGULATOR}), lasting=True),
    "workday": Definition("close", Annotated[int, Meta(ge=0, le=1440)], frozenset({UNION, REGULATOR})),
    "answer": Definition("days", Annotated[int, Meta(ge=0, le=60)], frozenset({UNION, REGULATOR}), rising=True),
    "dispute": Definition("decide_days", Annotated[int, Meta(ge=1, le=60)], frozenset({UNION, REGULATOR})),
    "contest": Definition("decide_days", Annotated[int, Meta(ge=1, le=120)], frozenset({UNION, REGULATOR})),
    "review": Definition("decision_fen", SomeFen, frozenset({UNION, REGULATOR})),
    "worker": Definition("key_days", Annotated[int, Meta(ge=KEY_DAYS_LEAST, le=60)], frozenset({UNION, REGULATOR})),
    "recovery": Definition("share_bp", Annotated[int, Meta(ge=1, le=10_000)], frozenset({UNION, REGULATOR})),
    "pay": Definition(
        "rules",
        Annotated[int, Meta(ge=1, le=len(RULES))],
        frozenset({UNION, REGULATOR}),
        rising=True,
        ahead=True,
        otherwise=1,
    ),
    "payee": Definition("fee|tax|insurance", Digest, frozenset({UNION, BANK})),
    "ledger": Definition("closed", Annotated[int, Meta(ge=0, le=1)], frozenset(ORGANISATIONS), ahead=True, otherwise=0),
    "cashout": Definition("second_role_fen", SomeFen, frozenset({UNION, REGULATOR})),
    "retention": Definition(
        "(payroll|aml|voucher)_years", Annotated[int, Meta(ge=0, le=100)], frozenset({UNION, REGULATOR})
    ),
}
"""By the first part of the name.

calendar.YYYY: the year's rest days, weekends and holidays less the weekend days that are worked.
holidays.YYYY: its statutory holidays, on which work is paid at 300 % (全国年节及纪念日放假办法). minimum_wage.PLACE:
fen per hour; monthly_minimum_wage.PLACE: fen per month (最低工资规定; the place's own order). workday.close: the minute
of the day, 1439 is 23:59. answer.days, dispute.decide_days: days. contest.decide_days: how long wages that an
employer contests are held at most. review.decision_fen: from which sum on a dispute is not decided against the
employer's word without the regulator. worker.key_days: after how many whole days a new key that was approved is a
worker's. recovery.share_bp: the largest part of a pay line, in basis points, that a plan to pay back what was
overpaid may take (工资支付暂行规定 art. 16). pay.rules: the version of the pay rules, one of those that the contract
has; a pay period is priced by the one in force on its first day. A ledger is founded under the newest; one that
contract 0.4.0 founded is under version 1 until another is governed. It never falls: terms may have rules that an
earlier one does not know. payee.fee, payee.tax, payee.insurance: the commitment to the bank account to which that
money goes. ledger.closed: 1 on the days whose work
belongs on the successor ledger, which all four organisations say ahead. cashout.second_role_fen: from which sum
on a cash-out needs a second role's approval too. retention.payroll_years, retention.aml_years,
retention.voucher_years: how long the data of a person are kept.
"""
assert all(definition.parties for definition in DEFINITIONS.values())


def definition_of(name: str) -> Definition:
    """Refuses: ParameterUnknown."""
    family, _, which = name.partition(".")
    definition = DEFINITIONS.get(family)
    if definition is None or re.fullmatch(definition.names, which, re.ASCII) is None:
        raise ParameterUnknown(parameter=name)
    return definition
