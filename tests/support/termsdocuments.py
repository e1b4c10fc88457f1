"""Terms of employers, as tests agree to them."""

import hashlib
from typing import Any, Final

import msgspec

from lxr.chaincode.contract_types import INCOME_CLASSES, WITHHELD_BY_EMPLOYER, ContractType
from lxr.chaincode.pay_rules import Bonus, Guarantee, PerUnit, Rule, measures_of, times_of
from lxr.chaincode.paydays import Monthly, PaydayRule, Weekly
from lxr.chaincode.terms import TermsDocument
from lxr.chaincode.types import digest
from parties import aug

RIDER_RULES: Final = (
    PerUnit("orders", 650),
    Bonus("orders", "period", 300, 20_000),
    Guarantee(2500, "period"),
)


def terms_document(
    employer: str = "E001",
    payday: PaydayRule | None = None,
    rules: tuple[Rule, ...] = (PerUnit("orders", 500),),
    kind: ContractType = ContractType.CIVIL,
    **changes: Any,
) -> TermsDocument:
    """5.00 an order, Monday to Sunday paid on Wednesday, fee 2 %, no minimum wage; but for what is given."""
    document = TermsDocument(
        employer=employer,
        pay_class="riders",
        effective_from=aug(1),
        effective_to=None,
        payday=payday or Weekly(3),
        rules=rules,
        service_fee_bp=200,
        most_per_day={measure: 1440 if measure in times_of(rules) else 10**6 for measure in measures_of(rules)},
        minimum_wage_place=None,
        answer_days=2,
        text_digest=digest("the agreement"),
    )
    return typed(msgspec.structs.replace(document, **changes), kind)


def rider_terms(employer: str, **changes: Any) -> TermsDocument:
    """6.50 an order, 200.00 from 300 orders a month, at least 25.00 an hour; paid on day 15; fee 2 %; Chengdu."""
    document = TermsDocument(
        employer=employer,
        pay_class="riders",
        effective_from=aug(1),
        effective_to=None,
        payday=Monthly(15),
        rules=RIDER_RULES,
        service_fee_bp=200,
        most_per_day={"orders": 10**6, "minutes": 1440},
        minimum_wage_place="510100-1",
        answer_days=2,
        text_digest=hashlib.sha256(b"the agreement").hexdigest(),
    )
    return typed(msgspec.structs.replace(document, **changes), ContractType.PLATFORM_MANAGED)


def typed(document: TermsDocument, kind: ContractType = ContractType.CIVIL) -> TermsDocument:
    """The terms of that contract type, where they name none."""
    if document.contract_type is not None:
        return document
    return msgspec.structs.replace(
        document,
        contract_type=kind,
        income_class=INCOME_CLASSES[kind],
        withholding_agent=WITHHELD_BY_EMPLOYER,
    )
