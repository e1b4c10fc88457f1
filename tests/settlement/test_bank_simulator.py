"""The simulated custody bank: it overdraws by its own fee alone, never pays twice, and its books survive a crash."""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iso20022 import what_is_not_valid
from lxr.settlement.bank.formats import camt053, pain001
from lxr.settlement.bank.model import Party, PaymentFile, Statement, Transfer
from lxr.settlement.bank.openings import Opening, Openings
from lxr.settlement.bank.rejection import Rejection
from lxr.settlement.errors import InputFault
from lxr.settlement.rehearsal import simulator
from lxr.settlement.rehearsal.daysheet import next_banking_day
from lxr.settlement.rehearsal.simulator import Bank, DayResult
from quick import examples

CUSTODY = "4402200119000000001"
EMPLOYER = "4402200119000000777"
TUESDAY = date(2026, 9, 15)
WEDNESDAY, THURSDAY, FRIDAY, MONDAY = (date(2026, 9, day) for day in (16, 17, 18, 21))
SALT = bytes(range(32))


def commitment(account: str, name: str, bank: str, salt: bytes) -> str:
    return hashlib.sha256("/".join((account, name, bank)).encode() + salt).hexdigest()


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    with Bank.open(tmp_path, CUSTODY, seed=1, commitment=commitment) as opened:
        yield opened


def transfer(end_to_end_id: str, amount_fen: int, *, account: str = "6222020000000000001") -> Transfer:
    return Transfer(end_to_end_id, amount_fen, "张三", account, "103651000022", "SALA", f"for {end_to_end_id}")


def order(message_id: str, debtor_account: str, *transfers: Transfer, day: date = TUESDAY) -> PaymentFile:
    created_at = datetime(2026, 9, 15, 9, tzinfo=timezone(timedelta(hours=8)))
    debtor = Party("成都某配送有限公司", "102651000011")
    return PaymentFile(message_id, created_at, day, debtor, debtor_account, transfers)


def send(directory: Path, sent: PaymentFile, name: str | None = None) -> Path:
    path = directory / "inbox" / f"{name or sent.message_id}.xml"
    path.write_bytes(pain001.write(sent))
    return path


def deposit(directory: Path, message_id: str, amount_fen: int, day: date = TUESDAY) -> None:
    send(directory, order(message_id, EMPLOYER, transfer(f"E{message_id}", amount_fen, account=CUSTODY), day=day))


def statement_of(result: DayResult) -> Statement:
    data = result.statement.read_bytes()
    assert [] == what_is_not_valid(data)
    return camt053.read(data, result.statement.name)


def shown(result: DayResult) -> list[tuple[str | None, int, str | None]]:
    return [(entry.end_to_end_id, entry.signed_fen, entry.return_reason) for entry in statement_of(result).entries]


def test_a_deposit_and_a_payout_are_shown_with_their_end_to_end_ids(bank: Bank, tmp_path: Path) -> None:
    deposit(tmp_path, "D1", 1_000)
    send(tmp_path, order("P1", CUSTODY, transfer("W1", 600)))
    result = bank.close_day(TUESDAY)
    assert [("ED1", 1_000, None), ("W1", -600, None)] == shown(result)
    credit, debit = statement_of(result).entries
    assert ("for ED1", "成都某配送有限公司", EMPLOYER) == (
        credit.remittance,
        credit.counterparty_name,
        credit.counterparty_account,
    )
    assert ("2026091500000001", "2026091500000002") == (credit.bank_ref, debit.bank_ref)
    assert ("camt053-20260915-00001.xml", 1, 0, 400) == (
        result.statement.name,
        result.sequence,
        result.opening_fen,
        result.closing_fen,
    )


def test_the_opening_balance_is_the_last_closing_and_sequences_have_no_gap(bank: Bank, tmp_path: Path) -> None:
    deposit(tmp_path, "D1", 1_000)
    results = [bank.close_day(day) for day in (TUESDAY, FRIDAY, MONDAY)]
    assert [(1, 0, 1_000), (2, 1_000, 1_000), (3, 1_000, 1_000)] == [
        (one.sequence, one.opening_fen, one.closing_fen) for one in results
    ]


def test_a_payout_that_the_balance_cannot_bear_waits_until_there_are_funds(bank: Bank, tmp_path: Path) -> None:
    deposit(tmp_path, "D1", 1_000)
    send(tmp_path, order("P1", CUSTODY, transfer("W1", 600), transfer("W2", 500), transfer("W3", 400)))
    assert [("ED1", 1_000, None), ("W1", -600, None), ("W3", -400, None)] == shown(bank.close_day(TUESDAY))
    assert [] == shown(bank.close_day(WEDNESDAY))
    deposit(tmp_path, "D2", 500)
    assert [("ED2", 500, None), ("W2", -500, None)] == shown(bank.close_day(THURSDAY))


def test_nothing_but_the_banks_own_fee_overdraws_and_a_credit_comes_also_below_zero(bank: Bank, tmp_path: Path) -> None:
    send(tmp_path, order("P1", CUSTODY, transfer("W1", 100)))
    assert (0, -500) == ((one := bank.close_day(TUESDAY, fee_fen=500)).opening_fen, one.closing_fen)
    deposit(tmp_path, "D1", 300)
    result = bank.close_day(WEDNESDAY)
    assert ([("ED1", 300, None)], -500, -200) == (shown(result), result.opening_fen, result.closing_fen)
    deposit(tmp_path, "D2", 300)
    assert [("ED2", 300, None), ("W1", -100, None)] == shown(bank.close_day(THURSDAY))


def test_an_order_for_a_later_day_waits_for_it(bank: Bank, tmp_path: Path) -> None:
    deposit(tmp_path, "D1", 1_000, day=THURSDAY)
    assert [] == shown(bank.close_day(WEDNESDAY))
    assert [("ED1", 1_000, None)] == shown(bank.close_day(FRIDAY))


def test_returned_payouts_come_back_once_the_same_or_the_next_banking_day(tmp_path: Path) -> None:
    sent = [transfer(f"W{n}", 10) for n in range(40)]
    with Bank.open(tmp_path, CUSTODY, seed=3, return_rate_bp=10_000) as bank:
        deposit(tmp_path, "D1", 400, day=FRIDAY)
        send(tmp_path, order("P1", CUSTODY, *sent, day=FRIDAY))
        on_friday = statement_of(bank.close_day(FRIDAY)).entries
        on_monday = statement_of(bank.close_day(MONDAY)).entries
        assert 400 == bank.close_day(MONDAY).closing_fen
    returned = [entry for entry in (*on_friday, *on_monday) if entry.return_reason is not None]
    assert {one.end_to_end_id: 1 for one in sent} == Counter(entry.end_to_end_id for entry in returned)
    assert {True} == {entry.credit for entry in returned}
    assert set(simulator.RETURN_REASONS) == {entry.return_reason for entry in returned}
    assert 10 < len(on_monday) < 30


def test_delayed_payouts_are_booked_a_banking_day_later(tmp_path: Path) -> None:
    with Bank.open(tmp_path, CUSTODY, seed=3, delay_rate_bp=10_000) as bank:
        deposit(tmp_path, "D1", 100, day=FRIDAY)
        send(tmp_path, order("P1", CUSTODY, transfer("W1", 100), day=FRIDAY))
        assert [("ED1", 100, None)] == shown(bank.close_day(FRIDAY))
        assert [("W1", -100, None)] == shown(bank.close_day(MONDAY))


def test_a_batch_is_booked_as_one_total_and_what_comes_back_of_it_line_by_line(bank: Bank, tmp_path: Path) -> None:
    """The total bears the message's id, and no order's: the bank's line does not say whom it has paid."""
    deposit(tmp_path, "D1", 100)
    paid = order("P1", CUSTODY, transfer("LX1", 30), transfer("LX2", 20))
    send(tmp_path, msgspec.structs.replace(paid, batch_booking=True))
    send(tmp_path, order("P2", CUSTODY, transfer("LX3", 5)))
    result = bank.close_day(TUESDAY, returned={"LX2"})
    back = next(entry.return_reason for entry in statement_of(result).entries if entry.end_to_end_id == "LX2")
    assert [("ED1", 100, None), ("LX3", -5, None), (None, -50, None), ("LX2", 20, back)] == shown(result)
    assert [None, None, "P1", None] == [entry.payment_id for entry in statement_of(result).entries]


def test_a_batch_that_the_balance_cannot_bear_waits_as_a_whole(bank: Bank, tmp_path: Path) -> None:
    deposit(tmp_path, "D1", 49)
    paid = order("P1", CUSTODY, transfer("LX1", 30), transfer("LX2", 20))
    send(tmp_path, msgspec.structs.replace(paid, batch_booking=True))
    assert [("ED1", 49, None)] == shown(bank.close_day(TUESDAY))
    deposit(tmp_path, "D2", 1)
    assert [("ED2", 1, None), (None, -50, None)] == shown(bank.close_day(WEDNESDAY))


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    files = []
    for name in ("first", "second"):
        with Bank.open(tmp_path / name, CUSTODY, seed=9, return_rate_bp=3_000, delay_rate_bp=3_000) as bank:
            deposit(tmp_path / name, "D1", 1_000)
            send(tmp_path / name, order("P1", CUSTODY, *(transfer(f"W{n}", 10) for n in range(30))))
            files.append([bank.close_day(day).statement.read_bytes() for day in (TUESDAY, WEDNESDAY, THURSDAY)])
    assert files[0] == files[1]


def test_closing_a_day_again_books_nothing_and_an_earlier_day_is_refused(bank: Bank, tmp_path: Path) -> None:
    deposit(tmp_path, "D1", 1_000)
    (tmp_path / "inbox" / "bad.xml").write_text("<Document/>")
    first = bank.close_day(WEDNESDAY)
    data = first.statement.read_bytes()
    deposit(tmp_path, "D2", 1_000)
    assert first == bank.close_day(WEDNESDAY)
    assert data == first.statement.read_bytes()
    with pytest.raises(InputFault, match="2026-09-15 is before the last closed day; expected 2026-09-16 or later"):
        bank.close_day(TUESDAY)


def test_a_message_is_taken_in_once_and_other_content_under_its_id_is_a_problem(bank: Bank, tmp_path: Path) -> None:
    deposit(tmp_path, "D1", 1_000)
    bank.close_day(TUESDAY)
    send(tmp_path, order("D1", EMPLOYER, transfer("ED1", 1_000, account=CUSTODY)), name="copy")
    send(tmp_path, order("D1", EMPLOYER, transfer("E2", 2_000, account=CUSTODY)), name="other")
    result = bank.close_day(WEDNESDAY)
    assert [] == shown(result)
    assert (
        "other.xml, field CstmrCdtTrfInitn/GrpHdr/MsgId: message D1 was taken in before with other content; "
        "expected a new id",
    ) == tuple(map(str, result.problems))


def test_a_malformed_file_is_left_in_the_inbox_and_named(bank: Bank, tmp_path: Path) -> None:
    bad = tmp_path / "inbox" / "a-bad.xml"
    bad.write_bytes(b"<Document")
    (tmp_path / "inbox" / "folder.xml").mkdir()
    deposit(tmp_path, "D1", 1_000)
    result = bank.close_day(TUESDAY)
    assert [("ED1", 1_000, None)] == shown(result)
    assert bad.exists()
    assert ["a-bad.xml", "folder.xml"] == [str(problem).split(":")[0] for problem in result.problems]


def kept_as(directory: Path, problems: str) -> None:
    """The books of the last day have these sentences."""
    with closing(sqlite3.connect(directory / "books.db")) as books:
        books.execute("UPDATE days SET problems = ?", (problems,))
        books.commit()


def test_a_day_that_0_4_0_closed_with_a_bad_file_is_followed_by_the_next(bank: Bank, tmp_path: Path) -> None:
    bank.close_day(TUESDAY)
    kept_as(tmp_path, '["a-bad.xml: is no {file}"]')
    assert ["a-bad.xml: is no {file}"] == [str(each) for each in bank.close_day(TUESDAY).problems]
    bank.close_day(WEDNESDAY)


@pytest.mark.parametrize("problems", ["[", "[1]", '[{"text": "{x:999999999}", "facts": {"x": 1}}]'])
def test_books_with_sentences_that_are_none_are_refused_in_one_line(bank: Bank, tmp_path: Path, problems: str) -> None:
    bank.close_day(TUESDAY)
    kept_as(tmp_path, problems)
    with pytest.raises(InputFault, match=r"books\.db: cannot be used"):
        bank.close_day(WEDNESDAY)


def test_an_end_to_end_id_is_paid_once_whatever_message_brings_it(bank: Bank, tmp_path: Path) -> None:
    deposit(tmp_path, "D1", 1_000)
    send(tmp_path, order("P1", CUSTODY, transfer("W1", 300)))
    send(tmp_path, order("P2", CUSTODY, transfer("W1", 300), transfer("W2", 300)))
    result = bank.close_day(TUESDAY)
    assert [("ED1", 1_000, None), ("W1", -300, None), ("W2", -300, None)] == shown(result)
    assert (Rejection("P2", "W1", "AM05", TUESDAY),) == result.rejected


def test_a_transfer_that_does_not_touch_custody_or_pays_it_from_itself_is_rejected(bank: Bank, tmp_path: Path) -> None:
    send(tmp_path, order("X1", EMPLOYER, transfer("E1", 100)))
    send(tmp_path, order("X2", CUSTODY, transfer("W1", 100, account=CUSTODY)))
    result = bank.close_day(TUESDAY)
    assert (Rejection("X1", "E1", "AC01", TUESDAY), Rejection("X2", "W1", "AC01", TUESDAY)) == result.rejected
    assert 0 == result.closing_fen


def opening(paid: Transfer, *, approved_account: str) -> Opening:
    approved = commitment(approved_account, paid.creditor_name, paid.creditor_bank, SALT)
    return Opening(paid.end_to_end_id, approved, SALT.hex())


def lay_beside(directory: Path, *opened: Opening) -> None:
    (directory / "inbox" / "P1.openings.json").write_bytes(msgspec.json.encode(Openings("ef" * 32, opened)))


def test_a_wage_redirected_to_another_account_is_rejected_and_never_debited(bank: Bank, tmp_path: Path) -> None:
    right, wrong = transfer("W1", 300, account="62220001"), transfer("W2", 300, account="62229999")
    lay_beside(tmp_path, opening(right, approved_account="62220001"), opening(wrong, approved_account="62220002"))
    deposit(tmp_path, "D1", 1_000)
    send(tmp_path, order("P1", CUSTODY, right, wrong))
    result = bank.close_day(TUESDAY)
    assert [("ED1", 1_000, None), ("W1", -300, None)] == shown(result)
    rejected = (tmp_path / "outbox" / "rejected.json").read_bytes()
    assert [Rejection("P1", "W2", "BE01", TUESDAY)] == msgspec.json.decode(rejected, type=list[Rejection])
    assert [("W2", "BE01")] == [(one.end_to_end_id, one.reason) for one in result.rejected]


def beside(opened: bytes) -> bytes:
    return b'{"blind":"%s","openings":[%s]}' % (b"ef" * 32, opened)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{", "P1.openings.json: Input data was truncated; expected the openings of an order"),
        (b"\xff", "expected the openings of an order"),
        (beside(b'{"end_to_end_id":"W1"}'), "Object missing required field `commitment`"),
        (b'{"openings":[]}', "Object missing required field `blind`"),
        (b'{"blind":"ef","openings":[]}', "P1.openings.json: Expected `str` matching regex"),
        (
            beside(b'{"end_to_end_id":"W9","commitment":"00","salt":"00"}'),
            "P1.openings.json, row 1, field end_to_end_id: has 'W9'",
        ),
        (
            beside(b'{"end_to_end_id":"W1","commitment":"xy","salt":"00"}'),
            "row 1, field commitment: has 'xy'; expected 16 to 64",
        ),
    ],
)
def test_malformed_openings_hold_the_whole_order_back(
    bank: Bank, tmp_path: Path, content: bytes, expected: str
) -> None:
    deposit(tmp_path, "D1", 1_000)
    (tmp_path / "inbox" / "P1.openings.json").write_bytes(content)
    send(tmp_path, order("P1", CUSTODY, transfer("W1", 300)))
    result = bank.close_day(TUESDAY)
    assert [("ED1", 1_000, None)] == shown(result)
    (problem,) = result.problems
    assert expected in str(problem)
    (tmp_path / "inbox" / "P1.openings.json").unlink()
    assert [("W1", -300, None)] == shown(bank.close_day(WEDNESDAY))


def test_openings_are_not_skipped_for_want_of_the_commitment_function(tmp_path: Path) -> None:
    paid = transfer("W1", 300)
    with Bank.open(tmp_path, CUSTODY, seed=1) as bank:
        lay_beside(tmp_path, opening(paid, approved_account=paid.creditor_account))
        send(tmp_path, order("P1", CUSTODY, paid))
        assert 1 == len(bank.close_day(TUESDAY).problems)


def test_settings_are_remembered_from_the_first_open(tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="no bank here yet; expected custody_account and seed at the first open"):
        Bank.open(tmp_path)
    with pytest.raises(InputFault, match="field return_rate_bp: is 10001; expected 0 to 10000"):
        Bank.open(tmp_path, CUSTODY, 5, 10_001)
    Bank.open(tmp_path, CUSTODY, 5, 100, 200).close()
    with Bank.open(tmp_path) as bank:
        assert CUSTODY == bank.custody_account
    with pytest.raises(InputFault, match="field seed: is 6; expected 5, as at the first open"):
        Bank.open(tmp_path, CUSTODY, 6)


def test_a_crash_before_the_commit_books_nothing_and_after_it_the_file_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposited = [("ED1", 1_000, None), ("W1", -600, None)]
    with Bank.open(tmp_path, CUSTODY, seed=1) as bank, monkeypatch.context() as crash:
        deposit(tmp_path, "D1", 1_000)
        send(tmp_path, order("P1", CUSTODY, transfer("W1", 600)))
        crash.setattr(simulator, "ClosedDay", None)  # everything is booked, the day is not yet kept
        with pytest.raises(TypeError):
            bank.close_day(TUESDAY)
    with sqlite3.connect(tmp_path / "books.db") as books:
        assert [(0, 0, 0)] == books.execute(
            "SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM transfers), (SELECT count(*) FROM entries)"
        ).fetchall()
    books.close()
    with Bank.open(tmp_path) as bank, monkeypatch.context() as crash:
        crash.setattr(simulator, "write_durably", None)  # the day is kept, its file is not yet written
        with pytest.raises(TypeError):
            bank.close_day(TUESDAY)
    with Bank.open(tmp_path) as bank:
        (written,) = (tmp_path / "outbox").glob("camt053-*.xml")
        data = written.read_bytes()
        assert deposited == shown(bank.close_day(TUESDAY))
        written.unlink()
        assert data == bank.close_day(TUESDAY).statement.read_bytes()


def test_the_banking_day_after_friday_is_monday() -> None:
    assert [WEDNESDAY, MONDAY, MONDAY] == [next_banking_day(day) for day in (TUESDAY, FRIDAY, date(2026, 9, 19))]


days = st.lists(
    st.tuples(st.lists(st.integers(1, 2_000), max_size=2), st.lists(st.integers(1, 1_000), max_size=5)), max_size=5
)


@given(days, st.integers(0, 5), st.sampled_from([0, 4_000, 10_000]), st.sampled_from([0, 4_000]))
@settings(max_examples=examples(25), deadline=None)
def test_every_fen_is_conserved_and_every_payout_is_made_at_most_once(
    played: list[tuple[list[int], list[int]]], seed: int, return_rate_bp: int, delay_rate_bp: int
) -> None:
    deposited_fen, ordered = 0, dict[str, int]()
    executed, returned = Counter[str](), Counter[str]()
    refs: set[str] = set()
    closing_fen = 0
    with TemporaryDirectory() as folder:
        directory = Path(folder)
        Bank.open(directory, CUSTODY, seed, return_rate_bp, delay_rate_bp).close()
        day = TUESDAY
        for number, (deposits_fen, payouts_fen) in enumerate([*played, ([10**7], []), ([], []), ([], []), ([], [])]):
            for index, amount_fen in enumerate(deposits_fen):
                deposit(directory, f"D{number}N{index}", amount_fen, day)
                deposited_fen += amount_fen
            paid = {f"W{number}N{index}": amount_fen for index, amount_fen in enumerate(payouts_fen)}
            if paid:
                transfers = (transfer(end_to_end_id, amount_fen) for end_to_end_id, amount_fen in paid.items())
                send(directory, order(f"P{number}", CUSTODY, *transfers, day=day))
            ordered |= paid
            with Bank.open(directory) as bank:
                result = bank.close_day(day)
            statement = statement_of(result)
            assert closing_fen == statement.opening_fen
            assert () == tuple(map(str, result.problems))
            closing_fen = statement.closing_fen
            for entry in statement.entries:
                assert entry.bank_ref not in refs
                refs.add(entry.bank_ref)
                if entry.end_to_end_id in ordered:
                    assert ordered[entry.end_to_end_id] == entry.amount_fen
                    (returned if entry.credit else executed)[entry.end_to_end_id] += 1
            day = next_banking_day(day)
    assert dict.fromkeys(ordered, 1) == executed
    assert executed >= returned
    paid_fen = sum(ordered[end_to_end_id] for end_to_end_id in executed)
    returned_fen = sum(ordered[end_to_end_id] for end_to_end_id in returned)
    assert deposited_fen - paid_fen + returned_fen == closing_fen
