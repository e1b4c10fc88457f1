"""Which column of a roster means what: by its heading, in English or Chinese, or by a mapping that the employer writes.

docs/mapping.md says what each key is for.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.toml_file import read_toml
from lxr.settlement.work.intake.form import Encoding, Form, Separator
from lxr.settlement.work.intake.mapping import Column, HeaderRow, HeaderRows, Value, Word, converted
from lxr.settlement.work.intake.widths import title_of

Field = Literal["worker_ref", "name", "bank_account", "bank_code", "bank_name"]
HEADINGS: Final[dict[Field, tuple[str, ...]]] = {
    "worker_ref": ("worker_ref", "工号", "员工工号", "员工编号", "人员编号", "职工编号"),
    "name": ("name", "姓名", "员工姓名", "户名", "账户名称", "收款户名"),
    "bank_account": (
        "bank_account",
        "银行卡号",
        "银行账号",
        "银行帐号",
        "卡号",
        "账号",
        "帐号",
        "收款账号",
        "工资卡号",
    ),
    "bank_code": ("bank_code", "联行号", "开户行联行号", "银行联行号", "行号", "开户行行号", "开户行号"),
    "bank_name": ("bank_name", "开户行", "开户银行", "开户行名称", "开户行名", "开户支行", "银行名称"),
}
"""What a column is called, as rosters and banks' payment tables write it; compared as headings are."""
BY_TITLE: Final = {title_of(heading): field for field, headings in HEADINGS.items() for heading in headings}


class RosterColumns(Struct, frozen=True, forbid_unknown_fields=True):
    """The heading of each field. One column may say the bank's name and, by `values`, its code."""

    worker_ref: Column
    name: Column
    bank_account: Column
    bank_code: Column | None = None
    bank_name: Column | None = None


class RosterConstants(Struct, frozen=True, forbid_unknown_fields=True):
    """What is the same for everybody: of the bank only, for a card or a name that all have is nobody's."""

    bank_code: Value | None = None
    bank_name: Value | None = None


class RosterValues(Struct, frozen=True, forbid_unknown_fields=True):
    """By what a cell says, what it means. A cell that is not listed means what it says."""

    bank_code: dict[Value, Value] = {}
    bank_name: dict[Value, Value] = {}


class RosterMapping(Struct, frozen=True, forbid_unknown_fields=True):
    """How a roster is read. All but columns, constants and values: as of an export's mapping."""

    columns: RosterColumns
    constants: RosterConstants = RosterConstants()
    values: RosterValues = RosterValues()
    encoding: Encoding | None = None
    separator: Separator | None = None
    sheet: Column | None = None
    header_row: HeaderRow | None = None
    header_rows: HeaderRows | None = None
    totals: tuple[Word, ...] = ()
    blank: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        for field in ("bank_code", "bank_name"):
            column, constant = getattr(self.columns, field), getattr(self.constants, field)
            if (column is None) == (constant is None):
                raise ValueError(f"{field} is in `columns` and `constants`, or in neither; expected it in one of them")
            if constant is not None and getattr(self.values, field):
                raise ValueError(f"{field} has `values` and no column; expected its column")

    @property
    def headings(self) -> dict[str, str]:
        """The column of each field that has one."""
        found: dict[str, str | None] = msgspec.structs.asdict(self.columns)
        return {field: column for field, column in found.items() if column is not None}

    @property
    def form(self) -> Form:
        """How the roster's file is to be read."""
        return Form(
            encoding=self.encoding,
            separator=self.separator,
            sheet=self.sheet,
            columns=tuple(dict.fromkeys(self.headings.values())),
            header_row=self.header_row,
            header_rows=self.header_rows,
            keys=(self.columns.worker_ref, self.columns.name, self.columns.bank_account),
            totals=self.totals,
            of_persons=True,
        )


def load_roster_mapping(path: Path) -> RosterMapping:
    """Read a mapping. Raises InputFault naming the file and the field for anything missing, unknown or malformed."""
    return converted(read_toml(path), str(path), RosterMapping)


def recognised(place: str, row: int, header: Sequence[str]) -> RosterMapping:
    """Return what a roster's own headings say. row: where they stand.

    Raises InputFault: a field has no column, or several.
    No heading is told that is not known: where there is no header, a person stands in its place.
    """
    found: dict[str, int] = {}
    for column, title in enumerate(map(title_of, header), 1):
        field = BY_TITLE.get(title)
        if field is not None and (first := found.setdefault(field, column)) != column:
            problem = Said("is there twice, as column {first} and column {place}", first=first, place=column)
            raise InputFault(file=place, row=row, field=field, problem=problem, expected="each column once")
    for field, headings in HEADINGS.items():
        if field not in found:
            names = ", ".join(HEADINGS)
            expected = Said(
                "a header with {names}, or Chinese headings like {heading}", names=names, heading=headings[1]
            )
            raise InputFault(file=place, row=row, field=field, problem="is missing", expected=expected)
    return RosterMapping(RosterColumns(**{field: header[column - 1].strip() for field, column in found.items()}))
