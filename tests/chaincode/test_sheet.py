"""A sheet kept in columns says what its rows say."""

from collections.abc import Mapping
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lxr.chaincode.quantities import quantities
from lxr.chaincode.rows import Content, Contest, Dispute, Row, RowState
from lxr.chaincode.sheet import Reading, Sheet, sheets
from lxr.chaincode.types import canonical

ANNA, BO, CLEO = "W0000000ANNA1", "W00000000BB01", "W0000000CCCC1"
DAY = date(2026, 8, 3)
BLANK = Sheet(9, times=(5,) * 9)
"""Without rows, in its ninth version."""

workers = st.integers(0, 32**3 - 1).map(lambda n: f"W000000000{''.join(_DIGITS[n >> 5 * at & 31] for at in (2, 1, 0))}")
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
measures = st.dictionaries(st.sampled_from(["orders", "minutes", "metres"]), st.integers(0, 10**6), max_size=3)
versions = st.integers(0, 9)
disputes = st.builds(Dispute, measures, st.just("more"), st.just(1), st.just(DAY), st.booleans())
rows = st.builds(
    Row,
    measures,
    versions,
    st.sampled_from(RowState),
    st.integers(0, 3),
    st.none() | disputes,
    st.none() | st.just("the log"),
    st.none() | st.builds(Content, measures, versions),
    st.none() | st.builds(Content, measures, versions),
    st.none()
    | st.builds(Contest, st.just("twice"), measures, st.just(1), st.dates(date(2026, 8, 2), DAY), st.booleans()),
)
some_rows = st.dictionaries(workers, rows, max_size=12)


@given(some_rows, some_rows)
def test_a_sheet_has_the_rows_that_it_was_given(first: dict[str, Row], then: dict[str, Row]) -> None:
    sheet = BLANK.with_rows(first).with_rows(then)
    now = first | then
    assert sorted(now.items()) == list(sheet.rows())
    assert now == {worker: sheet.row(worker) for worker in now}
    assert all(sheet.row(worker) is None for worker in (ANNA, BO, CLEO))
    assert sheet == sheets.decode(canonical(sheet))


@given(some_rows, st.data())
def test_the_same_rows_are_the_same_bytes_in_whatever_order_they_came(
    given_rows: dict[str, Row], data: st.DataObject
) -> None:
    sheet = BLANK
    for worker, row in data.draw(st.permutations(sorted(given_rows.items()))):
        other_before = replaced(row) if data.draw(st.booleans()) else row
        sheet = sheet.with_rows({worker: other_before}).with_rows({worker: row})
    assert canonical(BLANK.with_rows(given_rows)) == canonical(sheet)


def replaced(row: Row) -> Row:
    """Another content, in which nothing is noted."""
    return Row({"parcels": 7}, min(row.version + 1, 9), RowState.SUBMITTED)


@given(some_rows, st.sets(st.sampled_from(RowState), min_size=1))
def test_rows_are_found_by_their_states(given_rows: dict[str, Row], states: set[RowState]) -> None:
    expected = {worker: row for worker, row in given_rows.items() if row.state in states}
    assert expected == dict(BLANK.with_rows(given_rows).rows(*states))


@given(some_rows)
def test_the_unions_word_on_a_sheet_is_its_word_on_each_row(given_rows: dict[str, Row]) -> None:
    sheet = BLANK.with_rows(given_rows)
    expected = {
        worker: replace(row, state=RowState.CERTIFIED, certified=None, agreed=None)
        if row.state is RowState.CONFIRMED
        else replace(row, state=RowState.UNANSWERED, certified=None)
        if row.state is RowState.SUBMITTED
        else row
        for worker, row in given_rows.items()
    }
    counts = [
        sum(row.state is state for row in given_rows.values()) for state in (RowState.CONFIRMED, RowState.SUBMITTED)
    ]
    assert (BLANK.with_rows(expected), *counts) == sheet.certified()
    assert sheet.waits == any(counts)


@given(some_rows, st.sampled_from([5, 6]), st.booleans(), st.booleans())
def test_a_run_pays_by_what_is_payable_and_where_asked_by_what_was_agreed_and_without_what_is_contested(
    given_rows: dict[str, Row], silent_ms: int, agreed: bool, clear: bool
) -> None:
    content, versions = BLANK.with_rows(given_rows).payable(Reading(DAY, silent_ms, agreed=agreed, clear=clear))
    expected = {}
    for worker, row in sorted(given_rows.items()):
        if row.payable is not None:
            certified = row.state not in (RowState.SUBMITTED, RowState.CONFIRMED)
            silent = certified and (row.version == 0 or silent_ms > 5)
            floor = row.floor(silent=silent) if certified else row.agreed
            said = (floor or row.payable) if agreed else row.payable
            if clear and row.contest and not row.contest.decided and row.contest.decide_by == DAY:
                said = Content(row.contest.admits, said.version)
            expected[worker] = said
    assert [(worker, said.measures) for worker, said in expected.items()] == list(content.each())
    assert [said.version for said in expected.values()] == list(versions)


@given(some_rows)
def test_what_is_a_floor_is_only_replaced_by_what_is_agreed_to_itself(given_rows: dict[str, Row]) -> None:
    for row in given_rows.values():
        signed = row.state in (RowState.CONFIRMED, RowState.CERTIFIED)
        assert (row.content if signed else row.agreed) == row.floor(silent=False)
        silent = row.floor(silent=True)
        if silent != row.floor(silent=False):
            assert row.content == silent
            assert row.agreed is None or all(
                row.measures.get(name, 0) >= said for name, said in row.agreed.measures.items()
            )


@given(st.dictionaries(workers, measures, max_size=12), st.sets(workers, max_size=12))
def test_a_column_has_the_quantities_of_the_workers_asked_for(
    given_rows: Mapping[str, Mapping[str, int]], asked: set[str]
) -> None:
    content = quantities(given_rows)
    for name in ("orders", "minutes", "parcels"):
        expected = [given_rows.get(worker, {}).get(name, 0) for worker in sorted(asked)]
        assert expected == list(content.column(name, " ".join(sorted(asked))))


GOOD = {
    "version": 1,
    "late": False,
    "times": [1],
    "sent": True,
    "content": {"workers": f"{ANNA} {CLEO}", "measures": {"orders": [10, None], "minutes": [300, 240]}},
    "states": "sw",
    "versions": [1, 1],
    "notes": {CLEO: {"disputes": 1}},
}


def test_a_sheet_reads_as_it_was_written() -> None:
    sheet = sheets.decode(msgspec.json.encode(GOOD))
    assert Row({"orders": 10, "minutes": 300}, 1, RowState.SUBMITTED) == sheet.row(ANNA)
    assert Row({"minutes": 240}, 1, RowState.CONFIRMED, 1) == sheet.row(CLEO)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("content", {"workers": f"{CLEO} {ANNA}", "measures": {}}),
        ("content", {"workers": f"{ANNA} {ANNA}", "measures": {}}),
        ("content", {"workers": f"{ANNA}  {CLEO}", "measures": {}}),
        ("content", {"workers": f"{ANNA} {CLEO} ", "measures": {}}),
        ("content", {"workers": f"{ANNA} nobody", "measures": {}}),
        ("content", {"workers": f"{ANNA} {CLEO}", "measures": {"orders": [10]}}),
        ("content", {"workers": f"{ANNA} {CLEO}", "measures": {"orders": [10, 11, 12]}}),
        ("content", {"workers": f"{ANNA} {CLEO}", "measures": {"orders": [None, None]}}),
        ("content", {"workers": f"{ANNA} {CLEO}", "measures": {"orders": [10, -1]}}),
        ("content", {"workers": f"{ANNA} {CLEO}", "measures": {"orders": [10, 1.0]}}),
        ("content", {"workers": f"{ANNA} {CLEO}", "measures": {"orders": [10, True]}}),
        ("content", {"workers": f"{ANNA} {CLEO}", "measures": {"orders": [10, 10**6 + 1]}}),
        ("content", {"workers": f"{ANNA} {CLEO}", "measures": {"Orders": [10, 11]}}),
        ("content", {"workers": "", "measures": {}}),
        ("states", "s"),
        ("states", "scc"),
        ("states", "sx"),
        ("versions", [1]),
        ("versions", [1, 1, 1]),
        ("versions", [1, -1]),
        ("notes", {BO: {"disputes": 1}}),
        ("notes", {CLEO: {}}),
        ("notes", {CLEO: {"disputes": 0}}),
        ("notes", {CLEO: {"disputes": 1, "other": 1}}),
    ],
)
def test_columns_that_do_not_fit_one_another_are_no_sheet(field: str, value: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        sheets.decode(msgspec.json.encode({**GOOD, field: value}))


def test_a_sheet_of_columns_that_do_not_fit_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="one state and one version"):
        Sheet(content=quantities({ANNA: {"orders": 1}}), states="s", versions=())
