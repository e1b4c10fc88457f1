"""Bank files by the thousand that are none: one line says why, whichever way they are wrong."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from msgspec.structs import replace

from consortium import House, rehearsal
from corpora import Entry, corpus
from lxr.settlement.bank import openings
from lxr.settlement.bank.desk import import_statement
from lxr.settlement.bank.formats import camt053, pain001
from lxr.settlement.bank.model import Party, PaymentFile, Statement, Transfer
from lxr.settlement.errors import InputFault
from lxr.settlement.rehearsal.simulator import Bank
from lxr.token.refusal import Refusal
from mutations import fuzz, mangled_bytes, mangled_json, mangled_xml, one_line
from parties import CUSTODY
from team import BANK_CODE
from treasury import PAYDAY, entry, statement

CORPUS = corpus(Path(__file__).parent / "corpus_statements.json")
ORDER = PaymentFile(
    message_id="LXR-C1",
    created_at=datetime(2026, 9, 15, 4, tzinfo=UTC),
    execution_date=PAYDAY,
    debtor=Party("成都灵活就业工会", BANK_CODE),
    debtor_account=CUSTODY,
    transfers=tuple(
        Transfer(f"LX260915SA000{number}", 520_050, "张三", "6222020000000000001", BANK_CODE, "SALA", "RUN 1")
        for number in range(3)
    ),
)
ORDERED = pain001.write(ORDER)
BOOKED = camt053.write(
    Statement(
        "20260915-00001",
        1,
        CUSTODY,
        PAYDAY,
        0,
        999_000,
        (
            entry("B1", 1_000_000, True, "EMP0001", remittance="RUN 1"),
            entry("P1", 520_050, False, "LX260915SA0001"),
            entry("P2", 520_050, True, "LX260915SA0001", "AC04"),
            entry("P3", 1_000, False),
        ),
    )
)


@fuzz(800)
@given(mangled_xml(BOOKED))
def test_a_spoiled_statement_is_refused_in_one_line_or_still_adds_up(data: bytes) -> None:
    with one_line(InputFault):
        read = camt053.read(data, "statement.xml")
        assert read.closing_fen == read.opening_fen + sum(line.signed_fen for line in read.entries)
        # What the bank says in its own words is read to be looked at, and not written.
        silent = replace(read, entries=tuple(replace(line, bank_text="") for line in read.entries))
        assert silent == camt053.read(camt053.write(silent), "again")


@fuzz(800)
@given(mangled_xml(ORDERED))
def test_a_spoiled_payment_order_is_refused_in_one_line_or_still_adds_up(data: bytes) -> None:
    with one_line(InputFault):
        read = pain001.read(data, "order.xml")
        assert len({transfer.end_to_end_id for transfer in read.transfers}) == len(read.transfers)
        assert read == pain001.read(pain001.write(read), "again")


@pytest.mark.parametrize("given_", CORPUS, ids=lambda each: each.why)
@pytest.mark.parametrize("read", [camt053.read, pain001.read])
def test_what_is_known_to_be_dangerous_is_refused_in_one_line(
    read: Callable[[bytes, str], object], given_: Entry
) -> None:
    with one_line(InputFault) as said:
        read(given_.data, "file.xml")
    assert [True] == [given_.said in line for line in said]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with rehearsal(tmp_path_factory.mktemp("fuzz")) as made:
        made.employ(1)
        made.clock.go(PAYDAY)
        yield made


def test_a_spoiled_statement_at_the_tellers_desk_changes_nothing(house: House, tmp_path: Path) -> None:
    file = statement(tmp_path, [entry("B1", 1_000_000, True), entry("P3", 1_000, False)], opening_fen=0)
    good, before = file.read_bytes(), [*house.ledger.scan("")]

    @fuzz(150)
    @given(mangled_xml(good))
    def brought(data: bytes) -> None:
        if is_sound(data):
            return
        file.write_bytes(data)
        with one_line(InputFault, Refusal) as said:
            import_statement(house.teller, CUSTODY, file)
        assert 1 == len(said)
        assert before == [*house.ledger.scan("")]

    brought()


def is_sound(data: bytes) -> bool:
    try:
        read = camt053.read(data, "statement.xml")
    except InputFault:
        return False
    return read.account == CUSTODY


def test_a_spoiled_order_in_the_banks_inbox_is_one_problem_of_the_day_and_moves_no_money(tmp_path: Path) -> None:
    with Bank.open(tmp_path, CUSTODY, 1, instructed=lambda _: None) as bank:
        days = iter(date.fromordinal(PAYDAY.toordinal() + number) for number in range(10**6))

        @fuzz(60)
        @given(mangled_xml(ORDERED))
        def received(data: bytes) -> None:
            (tmp_path / "inbox" / "order.xml").write_bytes(data)
            closed = bank.close_day(next(days))
            assert (0, 0, ()) == (closed.opening_fen, closed.closing_fen, closed.rejected)
            assert all(1 == len(str(problem).splitlines()) for problem in closed.problems)

        received()


OPENINGS = {
    "blind": "ef" * 32,
    "openings": [
        {"end_to_end_id": f"LX260915SA000{number}", "commitment": "ab" * 32, "salt": "cd" * 32} for number in range(3)
    ],
}


def test_spoiled_openings_beside_an_order_are_one_problem(tmp_path: Path) -> None:
    file = tmp_path / "order.openings.json"

    @fuzz(400)
    @given(mangled_json(OPENINGS) | mangled_bytes(b"[]"))
    def read(data: bytes) -> None:
        file.write_bytes(data)
        with one_line(InputFault):
            beside = openings.read(tmp_path / "order.xml")
            assert beside is not None
            openings.by_transfer(beside, file.name, ORDER)

    read()
