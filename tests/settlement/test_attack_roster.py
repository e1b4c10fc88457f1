"""No fault of a roster shows whom it names, whatever column they stand in."""

from itertools import permutations
from pathlib import Path

import pytest

from lxr.settlement.errors import InputFault
from lxr.settlement.people.roster import COLUMNS, read_roster

PERSON = ("13812340001", "王小伟", "6200000000123456782", "102100099996", "中国工商银行")
TELLING = PERSON[:3]
HEADER = ",".join(COLUMNS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_no_fault_of_a_roster_with_its_columns_mixed_up_shows_a_person(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "roster.csv"
    row, name, shown = ",".join(PERSON), PERSON[1], set[str]()
    for columns in permutations(COLUMNS):
        header = ",".join(columns)
        for lines in (
            f"{header}\n{row}\n",
            f"{row}\n{header}\n",
            f"{header}\n{row}\n{row}\n",
            f"{header}\n{row},{name}\n",
            f"{header},{name},{name}\n{row},,\n",
            f"{';'.join(columns)}\n{';'.join(PERSON)}\n",
            f'{header}\n"{name}"x,{row}\n',
        ):
            path.write_bytes(lines.encode(encoding))
            try:
                read_roster(path)
            except InputFault as fault:
                shown |= {str(fault) for each in TELLING if each in str(fault)}
    assert set() == shown


@pytest.mark.parametrize("cell", ["王伟 6222021234567890128\u200b", "6.22202E+18", "王小伟" * 30])
def test_no_fault_of_a_workers_number_shows_the_cell(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(f"{HEADER}\n{cell},{','.join(PERSON[1:])}\n", "utf-8")
    with pytest.raises(InputFault, match="row 2, field worker_ref: is no reference") as fault:
        read_roster(path)
    assert not any(each in str(fault.value) for each in ("王", "6222", "6.2220"))


@pytest.mark.parametrize("name", ["DBIT", "CRDT", "1.00", "2026-09-16", "0"])
def test_a_roster_takes_no_name_that_is_a_cell_of_another_column(tmp_path: Path, name: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(f"{HEADER}\nR1,{name},6200000000123456782,102100099996,中国工商银行\n", "utf-8")
    with pytest.raises(InputFault, match="row 2, field name: is no name; expected a person's name"):
        read_roster(path)
