"""Contract types: what a worker is to the employer, and which law is attached to that.

labour: a labour contract, with the monthly minimum wage and overtime. part_time: work by the hour (非全日制用工,
劳动合同法 arts. 68-72), with the hourly minimum wage and pay at least every 15 days. platform_managed: managed by a
platform without a labour contract (人社部发〔2021〕56号), with the hourly minimum wage of the place of work
(人社厅发〔2023〕50号). civil: neither, one civil-law party to another.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from .pay_rules import MonthlyWage, Overtime, PerTime, PerUnit, PieceOvertime, Rule, Tiers, label
from .paydays import Monthly, PaydayRule, TwiceAMonth
from .refusals import TermsInvalid

WITHHELD_BY_EMPLOYER: Final = "employer"
WithholdingAgent = Annotated[str, Meta(pattern=r"^(employer|union|E[0-9]{3,6})\Z")]
"""Who withholds tax: whoever decides on payee and amount (个人所得税法 art. 9), the employer whose terms these are, the
union, or another employer by its number."""
PART_TIME_DAYS: Final = 15
"""The longest cycle in which part-time work is paid (劳动合同法 art. 72). Half a month can have 16 days."""


class ContractType(StrEnum):
    """What the worker is to the employer."""

    LABOUR = "labour"
    PART_TIME = "part_time"
    PLATFORM_MANAGED = "platform_managed"
    CIVIL = "civil"


class IncomeClass(StrEnum):
    """As what the tax law takes the pay: wages (工资薪金), or service (劳务报酬)."""

    WAGES = "wages"
    SERVICE = "service"


INCOME_CLASSES: Final = {
    ContractType.LABOUR: IncomeClass.WAGES,
    ContractType.PART_TIME: IncomeClass.WAGES,
    ContractType.PLATFORM_MANAGED: IncomeClass.SERVICE,
    ContractType.CIVIL: IncomeClass.SERVICE,
}
assert INCOME_CLASSES.keys() == set(ContractType)


def type_faults(
    contract_type: ContractType,
    income_class: IncomeClass | None,
    place: str | None,
    payday: PaydayRule,
    rules: tuple[Rule, ...],
) -> TermsInvalid | None:
    """Return what the law of the contract type forbids, or None. The rules are free of faults of their own."""
    if income_class is not INCOME_CLASSES[contract_type]:
        return TermsInvalid(case="income_class", income_class=income_class or "none", contract_type=contract_type)
    if place is None and contract_type is not ContractType.CIVIL:
        return TermsInvalid(case="no_place", contract_type=contract_type)
    if contract_type is ContractType.PART_TIME and isinstance(payday, Monthly | TwiceAMonth):
        return TermsInvalid(case="cycle", days=PART_TIME_DAYS)
    for rule in rules:
        if isinstance(rule, MonthlyWage | Overtime | PieceOvertime) and contract_type is not ContractType.LABOUR:
            return TermsInvalid(case="labour_only", rule=label(rule))
        if isinstance(rule, MonthlyWage) and not isinstance(payday, Monthly):
            return TermsInvalid(case="monthly_only", rule=label(rule))
    if contract_type is ContractType.LABOUR:
        return _overtime_fault(rules)
    return None


def _overtime_fault(rules: Iterable[Rule]) -> TermsInvalid | None:
    """What is paid by time needs overtime by time, and else what is paid by the piece needs overtime by the piece."""
    paid_by_time = [rule for rule in rules if isinstance(rule, MonthlyWage | PerTime)]
    if paid_by_time:
        if any(isinstance(rule, Overtime) for rule in rules):
            return None
        return TermsInvalid(case="overtime_missing", rule=label(paid_by_time[0]))
    pieces = {rule.measure for rule in rules if isinstance(rule, PieceOvertime)}
    for rule in rules:
        if isinstance(rule, PerUnit | Tiers) and rule.measure not in pieces:
            return TermsInvalid(case="overtime_missing", rule=label(rule))
    if not pieces:
        return TermsInvalid(case="overtime_missing", rule=ContractType.LABOUR)
    return None
