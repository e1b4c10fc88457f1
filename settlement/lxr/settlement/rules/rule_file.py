"""The files that dated rules of law come in: TOML, a row for each value, with the document that it rests on.

A row whose value nobody could verify has the confidence "?" and a question in place of the value: it is never
proposed, and what needs it stops.
"""

from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from lxr.chaincode.parameter_definitions import definition_of
from lxr.chaincode.parameter_refusals import ParameterInvalid, ParameterUnknown
from lxr.chaincode.parameters import Parameter, ParameterName, Value, with_value
from lxr.chaincode.rule_basis import Basis, Confidence, Retro
from lxr.chaincode.rule_checks import refuse_contradictory, refuse_misplaced
from lxr.chaincode.types import Text, canonical
from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.toml_file import read_toml, toml_of
from lxr.token.refusal import Refusal

MORE: Final = "more"
"""What stands for the upper end of a table's last row, since TOML has no null."""
UNKNOWN: Final = "?"
NOT_PROPOSED: Final = "-"


class RuleRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a rule, as a file has it. question: what is to be found out, where there is no value."""

    name: ParameterName
    effective_from: date
    document: Text
    source: Text
    confidence: Literal["P", "S", "G", "?"]
    retro: Retro
    value: Any = None
    effective_to: date | None = None
    published_at: date | None = None
    optional_until: date | None = None
    replaces: Text | None = None
    question: Text | None = None

    @property
    def known(self) -> bool:
        """Whether it has a value that can be proposed."""
        return self.confidence != UNKNOWN

    @property
    def basis(self) -> Basis:
        """What the value rests on."""
        return Basis(
            number=self.document,
            published_at=self.published_at,
            confidence=Confidence(self.confidence),
            retro=self.retro,
            optional_until=self.optional_until,
            replaces=self.replaces,
        )

    def stated(self, proposal: str = NOT_PROPOSED) -> Value:
        """Return the value as a ledger keeps it, under the number of its proposal."""
        return Value(
            value=msgspec.Raw(canonical(self.value)),
            effective_from=self.effective_from,
            effective_to=self.effective_to,
            source=self.source,
            proposal=proposal,
            basis=self.basis,
        )


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[RuleRow, ...]


def read_rules(path: Path) -> tuple[RuleRow, ...]:
    """Read the rows of a file, each value of its rule's type. Raises InputFault naming the row and the field."""
    return _rows(read_toml(path), str(path))


def shipped_rules() -> tuple[RuleRow, ...]:
    """Return the rows that come with this release, in the order of their names and days."""
    folder = files("lxr.settlement").joinpath("data/rules")
    found = [
        row
        for file in sorted(folder.iterdir(), key=lambda each: each.name)
        if file.name != "cases.toml"
        for row in _rows(toml_of(file.read_bytes(), file.name), file.name)
    ]
    return tuple(sorted(found, key=lambda row: (row.name, row.effective_from)))


def _rows(tree: dict[str, Any], name: str) -> tuple[RuleRow, ...]:
    try:
        file = msgspec.convert(tree, _File)
    except msgspec.ValidationError as fault:
        problem, _, path = str(fault).partition(" - at `$.")
        raise InputFault(file=name, problem=problem, field=path.removesuffix("`") or None) from None
    rows: list[RuleRow] = []
    before: dict[str, Parameter] = {}
    for number, row in enumerate(file.rule, start=1):
        typed = typed_row(row, name, number)
        rows.append(typed)
        if not typed.known:
            continue
        value, there = typed.stated(), before.get(typed.name)
        try:
            refuse_contradictory(typed.name, typed.value, typed.basis)
            refuse_misplaced(typed.name, there, value)
        except ParameterInvalid as refusal:
            raise InputFault(
                file=name, row=number, field=row.name, problem=Said("{refusal}", refusal=refusal)
            ) from refusal
        values = with_value(there.values if there else (), value)
        before[typed.name] = Parameter(values, 0, (*(there.known if there else ()), value))
    return tuple(rows)


def typed_row(row: RuleRow, file: str, number: int | None = None) -> RuleRow:
    """Return the row with its value in the type of its rule. Raises InputFault naming the file and the row's number."""
    try:
        definition = definition_of(row.name)
    except ParameterUnknown as refusal:
        raise _refused(file, number, row, refusal) from refusal
    if row.effective_to is not None and row.effective_to < row.effective_from:
        raise _refused(file, number, row, ParameterInvalid(case="ends_first", parameter=row.name))
    if not definition.dated:
        raise InputFault(file=file, row=number, field=row.name, problem="is no rule of law")
    if (row.value is None) == row.known or (row.question is None) != row.known:
        raise InputFault(
            file=file,
            row=number,
            field=row.name,
            problem="does not fit its confidence",
            expected='a value, or the confidence "?" and a question',
        )
    if not row.known:
        return row
    try:
        return msgspec.structs.replace(row, value=msgspec.convert(_opened(row.value), definition.value))
    except msgspec.ValidationError as fault:
        raise InputFault(file=file, row=number, field=row.name, problem=str(fault)) from None


def _refused(file: str, number: int | None, row: RuleRow, refusal: Refusal) -> InputFault:
    """Return the fault of a row that the contract would refuse."""
    return InputFault(file=file, row=number, field=row.name, problem=Said("{refusal}", refusal=refusal))


def _opened(value: Any) -> Any:
    """Return the value with the last row of its table open above."""
    if not isinstance(value, dict) or not isinstance(value.get("brackets"), list):
        return value
    brackets = [
        {**row, "upto_fen": None} if isinstance(row, dict) and row.get("upto_fen") == MORE else row
        for row in value["brackets"]
    ]
    return {**value, "brackets": brackets}
