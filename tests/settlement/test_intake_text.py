"""CSV files as exports are saved: their encodings, separators and line ends, recognised or stated."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Final, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.encodings import LINE_BYTES_MAX
from lxr.settlement.work.intake.export import open_export, read_records
from lxr.settlement.work.intake.fold import fold_export
from lxr.settlement.work.intake.form import ANY_FORM, Encoding, Form, Separator
from lxr.settlement.work.intake.mapping import Columns, Count, Mapping, MergedMinutes
from lxr.settlement.work.intake.neutral import neutral
from lxr.settlement.work.intake.rejects import write_rejected_rows
from quick import examples

TABLE = [["单号", "骑手", "备注"], ["1", "王小伟", "两行\n备注"], ["2", "李兰英", 'a,b;c|d\t"e"']]
SAVED: Final = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be")
MARKS: Final = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


def saved(table: list[list[str]], encoding: str, separator: str = ",", end: str = "\r\n") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(table)
    return MARKS.get(encoding, b"") + text.getvalue().encode(encoding)


def read(path: Path, form: Form = ANY_FORM) -> list[list[str]]:
    return [list(cells) for _, cells in read_records(path, form=form)]


@pytest.mark.parametrize("encoding", SAVED)
@pytest.mark.parametrize("separator", get_args(Separator))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_encoding_and_separator_is_recognised(tmp_path: Path, encoding: str, separator: str, end: str) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(saved(TABLE, encoding, separator, end))
    assert TABLE == read(path)
    assert TABLE == read(path, Form(columns=("骑手",)))
    assert [1, 2, 4] == [row for row, _ in read_records(path)]


@pytest.mark.parametrize(
    ("header", "columns", "separator"),
    [
        ("a,b;c,d", (), ","),
        ("a;b,c;d", (), ";"),
        ("a;b,c;d", ("a", "d"), ";"),
        ("a|b,c", ("a",), "|"),
        ("a|b,c", ("c",), ","),
        ("a|b,c", (), ","),
        ('"a;x;y",b', (), ","),
        ("\n\na\tb", (), "\t"),
        ("a", (), ","),
    ],
)
def test_the_separator_is_the_one_that_parts_the_header(
    tmp_path: Path, header: str, columns: tuple[str, ...], separator: str
) -> None:
    path = tmp_path / "export.csv"
    path.write_text(header + "\n")
    with open_export(path, Form(columns=columns)) as export:
        assert separator == export.separator


ENCODINGS: dict[str, Encoding] = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "gb18030": "gb18030",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16",
    "utf-16-be": "utf-16",
}
cells = st.text(st.characters(exclude_characters="\0\r\n\ufeff", exclude_categories=["Cs"]), max_size=6)
tables = st.integers(2, 4).flatmap(
    lambda width: st.lists(
        st.lists(cells, min_size=width, max_size=width).filter(lambda row: any(map(str.strip, row))),
        min_size=1,
        max_size=4,
    )
)


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables, st.sampled_from(SAVED), st.sampled_from(get_args(Separator)), st.sampled_from(["\n", "\r\n"]))
def test_a_table_written_in_any_form_reads_the_same(
    tmp_path: Path, table: list[list[str]], encoding: str, separator: Separator, end: str
) -> None:
    path, again, rejects = tmp_path / "export.csv", tmp_path / "again.csv", tmp_path / "rejects.csv"
    header = [f"column{number}" for number in range(len(table[0]))]
    path.write_bytes(saved([header, *([neutral(cell) for cell in row] for row in table)], encoding, separator, end))
    given_form = Form(encoding=ENCODINGS[encoding], separator=separator)
    rows = dict(read_records(path, form=given_form))
    assert [header, *table] == [list(row) for row in rows.values()]
    write_rejected_rows(rejects, path, dict.fromkeys(list(rows)[1:], "x"), given_form)
    rejects.rename(again)
    assert list(rows.values()) == [row for _, row in read_records(again, form=given_form)]


@pytest.mark.parametrize(
    ("content", "encoding", "said"),
    [
        (saved(TABLE, "utf-8-sig"), "gb18030", "begins with the mark of UTF-8; expected GB18030"),
        (saved(TABLE, "utf-16"), "utf-8", "begins with the mark of UTF-16; expected UTF-8"),
        (
            saved(TABLE, "utf-16-le")[2:],
            "utf-16",
            "has no byte order mark; expected a CSV file saved in UTF-16 with its mark",
        ),
        (saved(TABLE, "utf-16-le")[2:], None, "row 1: holds a NUL byte; expected a CSV file in"),
        (saved(TABLE, "gb18030"), "utf-8", "row 1: is not UTF-8; expected a CSV file saved in UTF-8"),
        (saved(TABLE, "utf-8") + b"\xff", "gb18030", "row 2: is not GB18030"),
        (saved(TABLE, "utf-8") + "王".encode() + b"\xff\n", None, "row 5: is not UTF-8"),
        (saved(TABLE, "utf-16") + b"x", None, "row 5: is not UTF-16"),
        (saved(TABLE, "utf-16") + b"\0\xd8x\0", None, "row 5: is not UTF-16"),
        (saved([*TABLE, ["\0"]], "utf-16"), None, "row 5: holds a NUL byte; expected a CSV file in UTF-16"),
        (saved([["x" * (LINE_BYTES_MAX + 1)]], "utf-16"), None, "row 1: the line does not end"),
        (b"\xff\xfe", None, "is empty"),
        (b"", "utf-16", "is empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, None, "is an old .xls workbook; expected"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2**20 + "EncryptedPackage".encode("utf-16-le"),
            None,
            "is a workbook under a password; expected the workbook saved as .xlsx without a password",
        ),
    ],
)
def test_a_file_that_is_not_what_it_must_be_is_refused_in_one_line(
    tmp_path: Path, content: bytes, encoding: Encoding | None, said: str
) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    with pytest.raises(InputFault) as caught:
        read(path, Form(encoding=encoding))
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


SHIFTS = Mapping(
    zone="unstated",
    columns=Columns(worker="w", date="d"),
    measures=(Count("shifts"), MergedMinutes("minutes", "s", "e", "up", "next_day")),
)
STRICT = Mapping(
    zone="unstated",
    columns=Columns(worker="w", date="d"),
    measures=(Count("shifts"), MergedMinutes("minutes", "s", "e", "up")),
)


@pytest.mark.parametrize(
    ("mapping", "start", "end", "outcome"),
    [
        (SHIFTS, "22:00", "06:00", 480),
        (SHIFTS, "08:00", "17:00", 540),
        (SHIFTS, "22:00", "30:00", 480),
        (SHIFTS, "24:30", "25:10", 40),
        (SHIFTS, "24:30", "01:10", 40),
        (SHIFTS, "2026-08-01 22:00", "2026-08-02 06:00", 480),
        (SHIFTS, "08:00", "08:00", "is s: no time, or 24 hours"),
        (SHIFTS, "08:00", "32:00", 1440),
        (SHIFTS, "08:00", "32:01", "lies 1 day, 0:01:00 after s"),
        (SHIFTS, "2026-08-01 22:00", "06:00", "lies before s"),
        (SHIFTS, "2026-08-01 22:00", "2026-08-01 06:00", "lies before s"),
        (STRICT, "22:00", "06:00", "lies before s"),
        (STRICT, "22:00", "30:00", 480),
        (STRICT, "08:00", "08:00", 0),
    ],
)
def test_an_overnight_shift_counts_on_the_day_of_its_start_where_the_mapping_says_so(
    tmp_path: Path, mapping: Mapping, start: str, end: str, outcome: int | str
) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f"w,d,s,e\nR1,2026-08-01,{start},{end}\n")
    fold = fold_export(path, mapping)
    if isinstance(outcome, int):
        assert [(date(2026, 8, 1), outcome)] == [(row.date, row.measures["minutes"]) for row in fold.rows]
    else:
        assert [("e", outcome)] == [(fault.field, str(fault.problem)) for fault in fold.faults]


def test_what_a_stated_rule_would_mend_is_said(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("w,d,s,e\nR1,2026-08-01,22:00,06:00\n")
    (fault,) = fold_export(path, STRICT).faults
    assert 's or later, or overnight = "next_day" in the mapping' == str(fault.expected)


def test_rejects_are_written_as_the_export_was(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(saved(TABLE, "gb18030", ";"))
    write_rejected_rows(tmp_path / "rejects.csv", path, {4: "=why"})
    assert saved([TABLE[0], TABLE[2]], "gb18030", ";", "\n") == (tmp_path / "rejects.csv").read_bytes()
    assert "row,reason\n4,'=why\n" == (tmp_path / "rejects.reasons.csv").read_text("utf-8")
