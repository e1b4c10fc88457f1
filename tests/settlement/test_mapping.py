"""Mappings: what one may say, and that every mistake is named by file and field."""

import re
from datetime import date
from pathlib import Path

import pytest

from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.mapping import Count, MergedMinutes, Sum, load_mapping

EXAMPLES = Path(__file__).parents[2] / "examples"

GOOD = """
zone = "unstated"
[columns]
worker = "rider"
date = "day"
[[measure]]
name = "orders"
fold = "count"
"""
MINUTES = '[[measure]]\nname = "minutes"\nfold = "merged_minutes"\nstart = "s"\nend = "e"\n'
SUM = '[[measure]]\nname = "metres"\nfold = "sum"\ncolumn = "km"\n'


def write(directory: Path, text: str) -> Path:
    path = directory / "m.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        ("", "zone", "is missing"),
        (GOOD.replace('zone = "unstated"', ""), "zone", "is missing"),
        (GOOD.replace("unstated", "Mars/Olympus"), None, "'Mars/Olympus' is unknown"),
        (GOOD.replace("unstated", "../etc/passwd"), None, "is unknown"),
        (GOOD.replace("unstated", "Asia"), None, "'Asia' is unknown"),
        ("colour = 1" + GOOD, "colour", "is unknown"),
        (GOOD.replace('worker = "rider"', ""), "columns.worker", "is missing"),
        (GOOD.replace('"rider"', '""'), "columns.worker", "length >= 1"),
        (GOOD.replace('"rider"', "7"), "columns.worker", "got `int`"),
        (GOOD.replace("date =", "dates ="), "columns.dates", "is unknown"),
        (GOOD.replace('date = "day"', ""), "columns", "either `date` or `start`"),
        (GOOD.replace('date = "day"', 'date = "day"\nstart = "s"'), "columns", "either `date` or `start`"),
        (GOOD.split("[[measure]]")[0], "measure", "is missing"),
        ("measure = []" + GOOD.split("[[measure]]")[0], "measure", "length >= 1"),
        (GOOD.replace('"orders"', '"Orders"'), "measure[0].name", "[a-z_]{1,24}"),
        (GOOD.replace('"orders"', '"orders\\n"'), "measure[0].name", "[a-z_]{1,24}"),
        (GOOD.replace('"orders"', f'"{"o" * 25}"'), "measure[0].name", "[a-z_]{1,24}"),
        (GOOD.replace('"count"', '"average"'), "measure[0].fold", "'average'"),
        (GOOD.replace('fold = "count"', ""), "measure[0].fold", "is missing"),
        (GOOD + 'column = "km"', "measure[0].column", "is unknown"),
        (GOOD + SUM.replace('column = "km"', ""), "measure[1].column", "is missing"),
        (GOOD + SUM + "numerator = 0", "measure[1].numerator", ">= 1"),
        (GOOD + SUM + "numerator = 0.5", "measure[1].numerator", "got `float`"),
        (GOOD + SUM + "denominator = true", "measure[1].denominator", "got `bool`"),
        (GOOD + SUM + "denominator = 1000000001", "measure[1].denominator", "<= 1000000000"),
        (GOOD + MINUTES, "measure[1].round", "is missing"),
        (GOOD + MINUTES + 'round = "down"', "measure[1].round", "'down'"),
        (GOOD + SUM + SUM, None, "two measures have one name"),
        (GOOD + '[dates]\nmonth = "2026-13"\nrule = "kth"', "dates.month", "regex"),
        (GOOD + '[dates]\nmonth = 2026-08-01\nrule = "kth"', "dates.month", "got `date`"),
        (GOOD + '[dates]\nmonth = "2026-08"', "dates.rule", "is missing"),
        (GOOD + '[dates]\nmonth = "2026-08"\nrule = "same"', "dates.rule", "'same'"),
        (GOOD + "terms = 1", "measure[0].terms", "is unknown"),
        (GOOD + "oops", None, "is not TOML"),
        (GOOD + MINUTES + 'round = "up"\novernight = "same_day"', "measure[1].overnight", "'same_day'"),
        ('encoding = "latin-1"' + GOOD, "encoding", "'latin-1'"),
        ('separator = ":"' + GOOD, "separator", "':'"),
        ('sheet = ""' + GOOD, "sheet", "length >= 1"),
        ('date_format = "YYYY/M/D"' + GOOD, "date_format", "'YYYY/M/D'"),
        ("date_system = 1970" + GOOD, "date_system", "1970"),
        ("header_row = 0" + GOOD, "header_row", ">= 1"),
        ("header_rows = 4" + GOOD, "header_rows", "<= 3"),
        ('month = "2026-13"' + GOOD, "month", "regex"),
        ('blank = [""]' + GOOD, "blank[0]", "length >= 1"),
        (GOOD + '[if_blank]\nday = "other"', None, "if_blank names 'day'; expected a column that is read as a time"),
        (GOOD.replace('date = "day"', "days = []"), "columns.days", "length >= 1"),
        (GOOD.replace('date = "day"', 'days = ["h"]\nid = "no"'), "columns", "expected no `id` beside `days`"),
        (GOOD.replace('date = "day"', 'days = ["h"]\ndate = "day"'), "columns", "either `date` or `start`"),
        (
            GOOD + '[[only]]\ncolumn = "s"',
            "only[0]",
            "expected `column` with `values` or with `hours`, or else `filled`",
        ),
        (GOOD + '[[only]]\nvalues = ["s"]', "only[0]", "expected `column` with `values`"),
        (GOOD + '[[only]]\ncolumn = "s"\nvalues = []', "only[0].values", "length >= 1"),
        (GOOD + '[[only]]\ncolumn = "s"\nfilled = ["s"]', "only[0]", "expected `column` with `values`"),
        (
            GOOD + '[[only]]\nfilled = ["s"]\nnot_counted = ["x"]',
            "only[0]",
            "expected `not_counted` beside `values` only",
        ),
        (GOOD + '[[only]]\ncolumn = "s"\nvalues = ["a"]\nnot_counted = ["a"]', "only[0]", "in one of them"),
        (GOOD + '[[only]]\ncolumn = "s"\nhours = "22-6"', "only[0].hours", "regex"),
        (GOOD + '[[only]]\ncolumn = "s"\nhours = "22:00-22:00"', "only[0]", "the hours 22:00-22:00 are none, or all"),
        (GOOD + '[[measure.only]]\ncolumn = "s"', "measure[0].only[0]", "expected `column` with `values`"),
        (GOOD + MINUTES + 'round = "up"\nlongest_minutes = 1441', "measure[1].longest_minutes", "<= 1440"),
        (GOOD + MINUTES + 'round = "up"\nhours = "06:00-06:00"', "measure[1]", "are none, or all"),
        (GOOD + MINUTES + 'round = "up"\n[[measure.also]]\nstart = "x"', "measure[1].also[0].end", "is missing"),
        (GOOD + SUM + 'round = "down"', "measure[1].round", "'down'"),
        (GOOD + SUM + 'units = [""]', "measure[1].units[0]", "length >= 1"),
        (GOOD + SUM.replace('"sum"', '"duration"'), "measure[1].round", "is missing"),
        (GOOD + SUM.replace('"sum"', '"duration"') + 'round = "up"\nnumber = "days"', "measure[1].number", "'days'"),
        (GOOD + SUM.replace('"km"', '"ri der"'), None, "'rider' and 'ri der' are one column; expected one name for it"),
    ],
)
def test_a_mistake_in_a_mapping_is_named_by_file_and_field(
    tmp_path: Path, text: str, field: str | None, problem: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputFault, match=re.escape(problem)) as caught:
        load_mapping(path)
    assert (str(path), field) == (caught.value.file, caught.value.field)
    assert "\n" not in str(caught.value)


def test_a_mapping_that_is_absent_or_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="cannot be read"):
        load_mapping(tmp_path / "absent.toml")
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'zone = "\xe9"')
    with pytest.raises(InputFault, match="is not UTF-8"):
        load_mapping(latin)


def test_terms_are_kept_as_they_stand(tmp_path: Path) -> None:
    mapping = load_mapping(write(tmp_path, GOOD + "[terms]\npayday = 15\nfrom = 2026-08-01\n[terms.rate]\nfen = 450\n"))
    assert {"payday": 15, "from": date(2026, 8, 1), "rate": {"fen": 450}} == mapping.terms


def test_each_column_that_is_used_is_listed_once(tmp_path: Path) -> None:
    mapping = load_mapping(write(tmp_path, GOOD + MINUTES + 'round = "up"\n' + SUM.replace('"km"', '"s"')))
    assert ("rider", "day", "s", "e") == mapping.used_columns


def test_columns_of_conditions_and_of_what_counts_in_place_of_a_blank_are_used_too(tmp_path: Path) -> None:
    text = GOOD.replace('date = "day"', 'days = ["s", "e"]') + MINUTES + 'round = "up"\n[[measure.only]]\n'
    text += 'column = "kind"\nvalues = ["x"]\n[[only]]\nfilled = ["s", "f"]\n[if_blank]\ns = "t"\n'
    mapping = load_mapping(write(tmp_path, text))
    assert ("rider", "f", "kind", "t") == mapping.used_columns
    assert (("s", "e"), ("rider",)) == (mapping.form.days, mapping.form.keys)


def test_the_examples_say_what_their_files_hold() -> None:
    crowd, riders = load_mapping(EXAMPLES / "crowd_tasks.toml"), load_mapping(EXAMPLES / "riders.toml")
    assert (Count("tasks"), MergedMinutes("minutes", "started_at", "submitted_at", "up")) == crowd.measures
    assert crowd.dates is not None
    assert date(2026, 8, 1) == crowd.dates.first
    assert Sum("metres", "distance_km", numerator=1000) == riders.measures[2]
    assert "started_at" == riders.columns.day
