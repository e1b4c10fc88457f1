"""Terms as a clerk writes them: a TOML file, from which the document that three parties sign is made.

Amounts are strings in yuan, "6.50", in fields called rate, amount and floor_per_hour; or whole fen in rate_fen,
amount_fen and floor_fen_per_hour. A TOML number is never an amount in yuan: 0.85 has no exact binary form.
docs/terms.md is the reference of every key.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from lxr.chaincode.contract_types import (
    INCOME_CLASSES,
    WITHHELD_BY_EMPLOYER,
    ContractType,
    IncomeClass,
    WithholdingAgent,
    type_faults,
)
from lxr.chaincode.pay_rules import Most, Name, Rule, most_faults, rule_faults
from lxr.chaincode.paydays import PaydayRule
from lxr.chaincode.terms import Place, TermsDocument
from lxr.node.inputs import Unread, read_input
from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.toml_file import read_toml

IN_YUAN: Final = {"rate": "rate_fen", "amount": "amount_fen", "floor_per_hour": "floor_fen_per_hour"}
AGREEMENT_BYTES_MAX: Final = 64 << 20
_DECIMAL: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)


class TermsFile(Struct, frozen=True):
    """terms: their number. document: what is signed."""

    terms: str
    document: TermsDocument


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    number: Annotated[str, Meta(pattern=r"^[A-Z0-9-]{1,22}\Z")]
    pay_class: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,30}\Z")]
    effective_from: date
    payday: PaydayRule
    rule: tuple[Rule, ...]
    most_per_day: dict[Name, Most]
    service_fee_bp: Annotated[int, Meta(ge=0, le=2000)]
    answer_days: Annotated[int, Meta(ge=1, le=60)]
    contract_type: ContractType
    income_class: IncomeClass | None = None
    withholding_agent: WithholdingAgent = WITHHELD_BY_EMPLOYER
    minimum_wage_place: Place | None = None
    effective_to: date | None = None
    text: Annotated[str, Meta(min_length=1)] | None = None
    text_file: Annotated[str, Meta(min_length=1)] | None = None


def read_terms(path: Path, employer: str) -> TermsFile:
    """Read the file. Their number is T, the employer's number, and the file's own: TE001-RIDERS.

    Raises InputFault, naming the field, for whatever is missing, unknown or out of range, for an amount finer than a
    fen, for rules that contradict each other, for a measure
    without its most units per day, and for a `text_file` that cannot be read.
    """
    tree = read_toml(path)
    if "service_fee_percent" in tree:
        _convert(path, tree, "service_fee_percent", "service_fee_bp", "service_fee_percent", "basis point, 0.01")
    for field, table in _tables(tree):
        for given, wanted in IN_YUAN.items():
            if given in table:
                _convert(path, table, given, wanted, f"{field}.{given}", "fen, 0.01")
        if "share_percent" in table:
            _convert(path, table, "share_percent", "share_bp", f"{field}.share_percent", "basis point, 0.01")
    try:
        file = msgspec.convert(_tagged(tree), _File, strict=True)
    except msgspec.ValidationError as fault:
        problem, place = _as_written(str(fault))
        raise InputFault(file=str(path), field=place, problem=problem) from None
    if (contradiction := rule_faults(file.rule)) is not None:
        raise InputFault(
            file=str(path), field="rule", problem=Said("{refusal}", refusal=contradiction)
        ) from contradiction
    if (missing := most_faults(file.rule, file.most_per_day)) is not None:
        raise InputFault(file=str(path), field="most_per_day", problem=Said("{refusal}", refusal=missing)) from missing
    if file.effective_to is not None and file.effective_to < file.effective_from:
        raise InputFault(
            file=str(path),
            field="effective_to",
            problem=Said("{effective_to} lies before effective_from", effective_to=file.effective_to),
            expected=Said("{effective_from} or later", effective_from=file.effective_from),
        )
    income_class = file.income_class or INCOME_CLASSES[file.contract_type]
    unlawful = type_faults(file.contract_type, income_class, file.minimum_wage_place, file.payday, file.rule)
    if unlawful is not None:
        raise InputFault(
            file=str(path), field="contract_type", problem=Said("{refusal}", refusal=unlawful)
        ) from unlawful
    document = TermsDocument(
        employer=employer,
        pay_class=file.pay_class,
        effective_from=file.effective_from,
        effective_to=file.effective_to,
        payday=file.payday,
        rules=file.rule,
        most_per_day=file.most_per_day,
        service_fee_bp=file.service_fee_bp,
        minimum_wage_place=file.minimum_wage_place,
        answer_days=file.answer_days,
        text_digest=hashlib.sha256(_agreement(path, file)).hexdigest(),
        contract_type=file.contract_type,
        income_class=income_class,
        withholding_agent=file.withholding_agent,
    )
    return TermsFile(f"T{employer}-{file.number}", document)


def _tables(tree: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every table in which an amount can stand, with its path. What is no table is left to the strict reading."""
    found: list[tuple[str, dict[str, Any]]] = []
    for index, rule in enumerate(_list(tree.get("rule"))):
        if isinstance(rule, dict):
            found.append((f"rule[{index}]", rule))
            steps = enumerate(_list(rule.get("steps")))
            found += [(f"rule[{index}].steps[{place}]", step) for place, step in steps if isinstance(step, dict)]
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _convert(path: Path, table: dict[str, Any], given: str, wanted: str, field: str, unit: str) -> None:
    """Put hundredths under `wanted` in the place of a decimal string under `given`."""
    value = table.pop(given)
    if wanted in table:
        raise InputFault(
            file=str(path),
            field=field,
            problem=Said("stands beside {wanted}", wanted=wanted),
            expected="one of the two",
        )
    if not isinstance(value, str) or _DECIMAL.fullmatch(value) is None:
        raise InputFault(
            file=str(path), field=field, problem=Said("is {value}", value=repr(value)), expected='a string like "6.50"'
        )
    hundredths = Fraction(value) * 100
    if hundredths.denominator != 1:
        raise InputFault(
            file=str(path),
            field=field,
            problem=Said("is {value}", value=value),
            expected=Said(
                "nothing finer than one {unit}; with `per = 100` or `per = 1000` a rate is for so many units", unit=unit
            )
            if given == "rate"
            else Said("nothing finer than one {unit}", unit=unit),
        )
    table[wanted] = hundredths.numerator


def _tagged(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return the clerk's word `kind` as the contract's tags of rules and paydays."""
    tagged = dict(tree)
    if isinstance(tree.get("payday"), dict):
        tagged["payday"] = _renamed(tree["payday"], "payday")
    if isinstance(tree.get("rule"), list):
        tagged["rule"] = [_renamed(rule, "rule") if isinstance(rule, dict) else rule for rule in tree["rule"]]
    return tagged


def _renamed(table: Mapping[str, Any], tag: str) -> dict[str, Any]:
    return {tag if name == "kind" else name: value for name, value in table.items()}


def _as_written(message: str) -> tuple[str, str | None]:
    """Parts msgspec's "problem - at `$.path`", and puts the clerk's word `kind` back."""
    problem, _, place = message.partition(" - at `$.")
    field = place.removesuffix("`")
    if field:
        problem = re.sub("field `(rule|payday)`", "field `kind`", problem)
    return problem, re.sub(r"\.(rule|payday)\Z", ".kind", field) or None


def _agreement(path: Path, file: _File) -> bytes:
    """Return the agreement itself, which is signed on paper or screen and stays off the ledger."""
    if (file.text is None) == (file.text_file is None):
        raise InputFault(
            file=str(path),
            field="text",
            problem="is missing" if file.text is None else "stands beside text_file",
            expected="either the agreement in `text`, or in `text_file` the path of its file",
        )
    if file.text is not None:
        return file.text.encode()
    assert file.text_file is not None
    agreement = path.parent / file.text_file
    try:
        return read_input(agreement, AGREEMENT_BYTES_MAX)
    except Unread as fault:
        problem = Said("{agreement}: {problem}", agreement=agreement, problem=fault.problem)
        raise InputFault(file=str(path), field="text_file", problem=problem, expected=fault.expected) from None
