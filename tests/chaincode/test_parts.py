"""Records cut into parts: nothing is lost, nothing is told twice, and no part tells of anybody but its own."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

import lxr.chaincode.contract  # noqa: F401  (all tables)
from lxr.chaincode.books import Entry, entries
from lxr.chaincode.cashout_records import CashOut, CashOutShard, CashOutState, cash_out_shards, cash_outs
from lxr.chaincode.custody_records import Statement, statements
from lxr.chaincode.parts import COMMON, SUMS
from lxr.chaincode.quantities import quantities
from lxr.chaincode.rows import Content, Dispute, Row, RowState
from lxr.chaincode.runs import (
    Deductions,
    Earned,
    PayLine,
    PayLines,
    Run,
    RunShard,
    RunState,
    ShardState,
    Totals,
    WorkerEarned,
    deductions,
    earned,
    pay_lines,
    run_shards,
    runs,
)
from lxr.chaincode.shard_heads import OpenDay, ShardHead, shard_heads
from lxr.chaincode.sheet import Sheet, sheets
from lxr.chaincode.taken import Taken
from lxr.chaincode.types import Record, canonical
from lxr.chaincode.workday import Submission, submissions
from lxr.chaincode.world import TABLES, Table
from lxr.token.accounts import Reason
from lxr.token.journal import Posting

WORKER = re.compile("W[0-9A-HJKMNP-TV-Z]{12}")
DAY = date(2026, 8, 3)

numbers = st.from_regex(r"^W[0-9A-HJKMNP-TV-Z]{12}\Z", alphabet=st.characters(codec="ascii"))
some = st.lists(numbers, unique=True, max_size=6)
fen = st.integers(1, 10**9)
measures = st.dictionaries(st.sampled_from(["orders", "minutes", "km"]), st.integers(0, 10**6), max_size=3)
words = st.text(min_size=1, max_size=9)


def by_worker(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(numbers, values, max_size=6)


rows = st.builds(
    Row,
    measures,
    st.integers(0, 9),
    st.sampled_from(RowState),
    st.integers(0, 3),
    st.none() | st.builds(Dispute, measures, words, st.integers(0, 10), st.just(DAY), st.booleans()),
    st.none() | words,
    st.none() | st.builds(Content, measures, st.integers(0, 9)),
    st.none() | st.builds(Content, measures, st.integers(0, 9)),
)
lines = st.builds(PayLine, st.just(()), fen, st.just(()), fen, fen)
orders = st.lists(st.from_regex(r"^LX[A-Z0-9]{10}\Z", alphabet=st.characters(codec="ascii")), unique=True, max_size=6)
postings = st.lists(
    st.one_of(
        st.builds(
            Posting, numbers.map("worker:{}".format), st.just("pending_redemption:C1.0"), st.just(Reason.CASH_OUT), fen
        ),
        st.builds(Posting, st.just("run:E001-20260915.0"), numbers.map("worker:{}".format), st.just(Reason.PAY), fen),
        st.builds(Posting, st.just("employer:E001"), st.just("run:E001-20260915.0"), st.just(Reason.FUND), fen),
    ),
    max_size=9,
)
SHARED: dict[str, tuple[Table[Any], st.SearchStrategy[Record]]] = {
    "sheet": (
        sheets,
        st.builds(
            lambda rows, late: Sheet(9, late, (5,) * 9, True).with_rows(rows),
            by_worker(rows),
            st.booleans(),
        ),
    ),
    "submission": (
        submissions,
        st.builds(
            Submission, by_worker(measures).map(quantities), words, st.integers(0, 9), st.booleans(), st.none() | words
        ),
    ),
    "lines": (pay_lines, st.builds(PayLines, by_worker(lines))),
    "earned": (
        earned,
        st.builds(Earned, by_worker(st.builds(WorkerEarned, fen, fen, st.just((Taken(1, 7),)))), st.just(1)),
    ),
    "deductions": (
        deductions,
        st.builds(Deductions, by_worker(st.sampled_from((("DE001-1",), ("DE001-1", "RE001-1"))))),
    ),
    "shard": (
        shard_heads,
        st.builds(ShardHead, some.map(tuple), st.just((OpenDay("TE001-RIDERS", DAY),)), by_worker(fen)),
    ),
    "run": (
        runs,
        st.builds(
            lambda workers: Run("E001", DAY, (), tuple(workers), 2, RunState.OPEN, 5),
            some,
        ),
    ),
    "run_shard": (run_shards, st.builds(RunShard, st.sampled_from(ShardState), st.builds(Totals, gross_fen=fen))),
    "cashout": (
        cash_outs,
        st.builds(
            lambda workers, total_fen: CashOut(
                "workers",
                "6222",
                None,
                None,
                tuple(workers),
                (),
                CashOutState.OPEN,
                5,
                "li",
                total_fen=total_fen,
                count=2,
            ),
            some,
            fen,
        ),
    ),
    "statement": (
        statements,
        st.builds(
            Statement,
            st.just(DAY),
            st.none() | st.integers(1, 9),
            st.just("0" * 64),
            st.none(),
            st.none() | st.just(DAY),
            fen,
            fen,
            st.integers(0, 9),
        ),
    ),
    "cashout_shard": (cash_out_shards, st.builds(CashOutShard, orders.map(tuple), st.just("li"), fen)),
    "entry": (entries, st.builds(Entry, st.integers(0, 9), st.just("payroll.pay"), postings.map(tuple))),
}


def owners(parts: Mapping[str, bytes]) -> set[str]:
    return set(parts) - {COMMON}


@pytest.mark.parametrize("name", SHARED)
def test_the_parts_of_a_record_make_it_again_and_each_tells_of_its_own_worker_alone(name: str) -> None:
    table, records = SHARED[name]

    @given(records)
    def cut(record: Any) -> None:
        value = canonical(record)
        parts = table.split(value)
        assert record == table.join(parts)
        assert value == canonical(table.join(parts))
        assert [COMMON, *sorted(owners(parts))] == list(parts)
        for number, part in parts.items():
            assert set(WORKER.findall(part.decode())) <= {number}
            assert msgspec.json.encode(msgspec.json.decode(part)) == part  # as if it had been encoded as a whole
        for number in owners(parts):
            partial = table.join({COMMON: parts[COMMON], number: parts[number]})
            assert {number} == owners(table.split(canonical(partial))) - ({SUMS} - {number})

    cut()


@pytest.mark.parametrize("name", ["run", "run_shard", "lines", "cashout", "cashout_shard", "statement"])
def test_what_is_shown_with_one_workers_pay_has_no_sum_over_several(name: str) -> None:
    """In a shard of two, each would know the other's from it."""
    table, records = SHARED[name]

    @given(records)
    def cut(record: Any) -> None:
        common = table.split(canonical(record))[COMMON].decode()
        assert not re.search("_fen|totals|count", common)

    cut()


@pytest.mark.parametrize("name", sorted(TABLES))
@pytest.mark.parametrize("value", [b"", b"{}", b"[]", b"null", b'{"a":1}', b"\xff", b'{"content":1}', b"[" * 100_000])
def test_bytes_that_no_record_of_the_table_is_are_cut_as_one_or_said_to_be_none(name: str, value: bytes) -> None:
    try:
        parts = TABLES[name].split(value)
    except (ValueError, LookupError, RecursionError):
        return
    assert b"" not in parts.values() or not value


def test_a_record_shown_without_its_common_part_is_none() -> None:
    parts = sheets.split(
        canonical(Sheet(1, False, (5,)).with_rows({"W7K2M9QXT4B1Z": Row({"orders": 1}, 1, RowState.SUBMITTED)}))
    )
    with pytest.raises(LookupError):
        sheets.join({number: part for number, part in parts.items() if number != COMMON})
    with pytest.raises(msgspec.ValidationError):
        pay_lines.decode(parts[COMMON])
