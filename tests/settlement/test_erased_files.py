"""What an erasure takes, leaves and spares in files that banks, employers and clerks have made."""

import bz2
import gzip
import io
import json
import lzma
import os
import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from forgetting import MESSAGE, take_out
from lxr.node.kept import Plain
from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.errors import InputFault
from lxr.settlement.people.erasure import Taken
from lxr.settlement.people.person import Account, Person
from lxr.settlement.rehearsal.books import BOOKS, Booking, Books, ClosedDay, Settings, State
from lxr.settlement.work.batch_file import Batch, BatchFault, BatchRow, BatchSheet, read_batch, write_batch

WANG = Person(
    worker="W000000000001",
    employer="E001",
    worker_ref="13812340001",
    name="王伟",
    bank_account="6222021234567890128",
    bank_code="102100099996",
    bank_name="中国工商银行",
    salt="5a" * 32,
)
THEIRS = "LX260915AAABCDEFGHIJKL2"
OTHERS = "LX260915AAZZZZZZZZZZZZ3"
OTHER_ACCOUNT = "6200000000234567899"
DAY = date(2026, 9, 16)


def entry(ref: str, order: str | None, name: str, account: str, *, credit: bool = False, fen: int = 100) -> Entry:
    return Entry(fen, credit, False, DAY, DAY, ref, order, name, account, None, f"wages {order}")


class Home:
    def __init__(self, directory: Path) -> None:
        self.directory, self.bank = directory / "home", directory / "home" / "bank"
        for name in ("inbox", "outbox"):
            (self.bank / name).mkdir(parents=True)

    def statement(self, *entries: Entry) -> Path:
        fen = sum(each.signed_fen for each in entries)
        said = Statement("20260916-00001", 1, "4402200119000000001", DAY, 1000 - fen, 1000, entries)
        path = self.bank / "outbox" / "camt053-20260916-00001.xml"
        path.write_bytes(camt053.write(said))
        return path

    def books(self, *entries: Entry) -> None:
        books = Books(self.bank / BOOKS)
        with books.transaction():
            books.keep_settings(Settings("4402200119000000001", 1, 0, 0))
            books.add_message("4402200119000000001", "M1", "d" * 64)
            for each in entries:
                books.add_booking(
                    Booking(
                        None,
                        "M1",
                        "4402200119000000001",
                        each.end_to_end_id or "X",
                        each.credit,
                        each.amount_fen,
                        each.counterparty_name,
                        each.counterparty_account,
                        each.remittance,
                        State.BOOKED,
                        DAY,
                    )
                )
            books.add_day(ClosedDay(1, DAY, 0, sum(each.signed_fen for each in entries), ()), list(entries))
        books.close()

    def forget(self, person: Person = WANG, *others: Person) -> Taken:
        return take_out(self.directory, person, [THEIRS], others)

    def left(self, *texts: str) -> list[str]:
        return [
            p.name
            for p in sorted(self.directory.rglob("*"))
            if p.is_file() and any(t.encode() in p.read_bytes() for t in texts)
        ]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def read(path: Path) -> Statement:
    return camt053.read(path.read_bytes(), path.name)


@pytest.mark.parametrize("name", ["DBIT", "CRDT", "BOOK", "2026-09-16", "1.00", "ACCC", "0", "B2"])
def test_whatever_a_worker_is_called_the_statement_stays_one(home: Home, name: str) -> None:
    ours, other = entry("B1", THEIRS, name, WANG.bank_account), entry("B2", OTHERS, "李兰英", OTHER_ACCOUNT)
    path = home.statement(ours, other)
    home.forget(replace(WANG, name=name))
    try:
        after = read(path)
    except InputFault as fault:
        pytest.fail(str(fault))
    facts = [(e.bank_ref, e.signed_fen, e.end_to_end_id) for e in after.entries]
    assert [("B1", -100, THEIRS), ("B2", -100, OTHERS)] == facts
    assert other == after.entries[1]


def test_a_namesakes_line_of_a_statement_stays_as_it_is(home: Home) -> None:
    other = entry("B2", OTHERS, WANG.name, OTHER_ACCOUNT)
    path = home.statement(entry("B1", THEIRS, WANG.name, WANG.bank_account), other)
    home.forget()
    assert other == read(path).entries[1]


@pytest.mark.parametrize("name", ["王伟", "王伟强"], ids=["a namesake", "a longer name"])
def test_the_banks_books_with_another_person_of_that_name_do_not_keep_anybody_from_being_erased(
    home: Home, name: str
) -> None:
    home.books(entry("B1", THEIRS, WANG.name, WANG.bank_account), entry("B2", OTHERS, name, OTHER_ACCOUNT))
    assert () == home.forget().left


def test_who_works_elsewhere_under_the_same_account_keeps_that_roster_and_those_lines(home: Home) -> None:
    """A number is for one employment: the same person is paid by another employer, or again by this one."""
    other = entry("B2", OTHERS, WANG.name, WANG.bank_account)
    statement = home.statement(entry("B1", THEIRS, WANG.name, WANG.bank_account), other)
    roster = home.directory / "roster-E002.csv"
    roster.write_text(
        f"worker_ref,name,bank_account,bank_code,bank_name\r\nX1,王伟,{WANG.bank_account},102100099996,中国工商银行\r\n"
    )
    before = roster.read_bytes()
    taken = home.forget(WANG, replace(WANG, worker="W000000000009", employer="E002", worker_ref="X1"))
    assert (before, other, ()) == (roster.read_bytes(), read(statement).entries[1], taken.left)


def test_whose_card_is_part_of_another_number_changes_nothing_of_it(home: Home) -> None:
    short = "2345678901286"  # 13 digits, within the other's 19
    longer = f"622202{short}"
    other = entry("B2", OTHERS, "李兰英", longer)
    path = home.statement(entry("B1", THEIRS, "王伟", short), other)
    owner = replace(WANG, worker="W000000000008", worker_ref="R8", name="李兰英", bank_account=longer)
    taken = home.forget(replace(WANG, bank_account=short), owner)
    assert other == read(path).entries[1]
    assert () == taken.left


def test_rows_of_others_stay_where_a_quote_was_left_open(home: Home) -> None:
    path = home.directory / "notes.csv"
    path.write_text(
        f'R1,{WANG.bank_account},"left in August\nR2,{OTHER_ACCOUNT},李兰英\nR3,6200000000345678908,赵建国\n', "utf-8"
    )
    home.forget()
    assert "李兰英" in path.read_text("utf-8")
    assert "赵建国" in path.read_text("utf-8")


def test_the_other_rows_of_a_table_stay_as_they_were_written(home: Home) -> None:
    path = home.directory / "copy.csv"
    keep = '\ufeffworker_ref,name,bank_account\nR0002,"李兰英","0012345"\n'
    path.write_bytes(f"{keep}R1,王伟,{WANG.bank_account}\n".encode())
    home.forget()
    assert keep.encode() == path.read_bytes()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_roster_with_chinese_headings_loses_the_persons_row(home: Home, encoding: str) -> None:
    roster = home.directory / "roster.csv"
    kept = f"工号,姓名,银行卡号\nR1,李娜,{OTHER_ACCOUNT}\n"
    roster.write_bytes(f"{kept}R2,{WANG.name},{WANG.bank_account}\n".encode(encoding))
    home.forget()
    assert kept == roster.read_text(encoding)


def test_a_deposit_that_the_bank_has_not_taken_in_stays_in_its_inbox(home: Home) -> None:
    path = home.bank / "inbox" / "E001-deposit.xml"
    path.write_text(f"<x><Ustrd>E001 wage {THEIRS} came back, paid in again</Ustrd><Amt>100000.00</Amt></x>")
    home.forget()
    assert path.exists()


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("6222 0212 3456 7890 128", id="blanks"),
        pytest.param("６２２２０２１２３４５６７８９０１２８", id="full width"),
        pytest.param("6222-0212-3456-7890-128", id="hyphens"),
    ],
)
def test_an_account_that_a_bank_writes_otherwise_is_taken_out_or_named(home: Home, written: str) -> None:
    path = home.statement(entry("B1", None, "WANG WEI", written), entry("B2", THEIRS, "WANG WEI", written))
    taken = home.forget()
    assert path in taken.left or not home.left(written)


@pytest.mark.parametrize("name", ["王　伟", "王 伟", "王伟（先生）", "Wang Wei"])
def test_in_a_line_with_the_persons_order_no_name_stays(home: Home, name: str) -> None:
    path = home.statement(entry("B1", THEIRS, name, "0"))
    taken = home.forget()
    assert path in taken.left or name not in path.read_text("utf-8")


@pytest.mark.parametrize("name", ["王　伟", "WANG WEI"])
def test_in_the_books_no_name_stays_beside_the_persons_order(home: Home, name: str) -> None:
    home.books(entry("B1", THEIRS, name, "0"))
    taken = home.forget()
    assert home.bank / BOOKS in taken.left or not home.left(name)


@pytest.mark.parametrize(
    ("file", "data"),
    [
        pytest.param("work.csv", "worker_ref,name,orders\n13812340001,王伟,7\n".encode(), id="an export of work"),
        pytest.param("a.json", b'{"n":"\\u738B\\u4F1F","w":"W000000000001"}', id="escapes in capitals"),
        pytest.param("a.xml", b"<a><n>&#29579;&#20255;</n><w>W000000000001</w></a>", id="references in XML"),
        pytest.param("big5.txt", "王偉 王伟 W000000000001".encode("utf-16"), id="UTF-16 with its number"),
        pytest.param("王伟 6222021234567890128.txt", b"a scan", id="the file's name"),
        pytest.param(
            "nodes/roster.csv", "王伟,6222021234567890128\n".encode(), id="in a folder of the clerk's called nodes"
        ),
    ],
)
def test_a_file_that_tells_the_person_is_changed_removed_or_named(home: Home, file: str, data: bytes) -> None:
    path = home.directory / file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    taken = home.forget()
    assert path in (*taken.removed, *taken.changed, *taken.left)


def test_a_packed_file_in_a_packed_file_is_not_passed_over(home: Home) -> None:
    inner, path = io.BytesIO(), home.directory / "outer.zip"
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("roster.csv", f"王伟,{WANG.bank_account}\n" * 9)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.xlsx", inner.getvalue())
    assert path in home.forget().unread


def test_a_faulty_row_of_the_person_is_taken_out_of_a_batch(home: Home) -> None:
    path = home.directory / "batch.json"
    fault = BatchFault(
        (2,), WANG.worker_ref, DAY, "worker_ref", Plain("is not in the roster"), Plain("a worker of E001")
    )
    write_batch(path, Batch("E001", "0" * 64, (), (fault,)))
    home.forget()
    assert () == read_batch(path, "E001").row_faults


def test_a_name_with_signs_that_xml_writes_otherwise_is_found_in_other_files(home: Home) -> None:
    path = home.directory / "letter.xml"
    path.write_text("<a><n>A&amp;B</n><w>W000000000001</w></a>")
    assert path in home.forget(replace(WANG, name="A&B")).left


def packed(encrypted: bool) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "nothing" * 50)
    data = bytearray(out.getvalue())
    if encrypted:  # the flag in both headers
        data[6] |= 1
        data[data.index(b"PK\1\2") + 8] |= 1
    else:  # an unknown way of packing
        data[8] = data[data.index(b"PK\1\2") + 10] = 99
    return bytes(data)


@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "packed in an unknown way"])
def test_a_packed_file_that_cannot_be_looked_into_is_named(home: Home, encrypted: bool) -> None:
    path = home.directory / "clerk.xlsx"
    path.write_bytes(packed(encrypted))
    assert path in home.forget().unread


def test_a_damaged_packed_file_is_named(home: Home) -> None:
    path = home.directory / "clerk.xlsx"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "nothing" * 50)
    data = bytearray(out.getvalue())
    data[40] ^= 0xFF
    path.write_bytes(data)
    assert path in home.forget().unread


def test_a_table_with_a_very_long_cell_is_named(home: Home) -> None:
    path = home.directory / "clerk.csv"
    path.write_text(f'{WANG.bank_account},"{"x" * 200_000}"\n')
    assert path in home.forget().left


def test_what_the_bank_put_into_its_outbox_besides_statements_keeps_nobody_from_being_erased(home: Home) -> None:
    (home.bank / "outbox" / "notes.xml").write_text("not xml")
    assert () == home.forget().left


def test_a_payment_from_the_person_in_the_banks_books_keeps_nobody_from_being_erased(home: Home) -> None:
    """A worker pays back what was overpaid, from the card, into custody."""
    home.books(entry("B1", THEIRS, WANG.name, WANG.bank_account))
    books = Books(home.bank / BOOKS)
    with books.transaction():
        books.add_message(WANG.bank_account, "M2", "e" * 64)
        books.add_booking(
            Booking(
                None, "M2", WANG.bank_account, "BACK1", True, 5, WANG.name, WANG.bank_account, "", State.BOOKED, DAY
            )
        )
    books.close()
    assert () == home.forget().left


def test_two_erasures_at_the_same_time_both_end(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one removes each file just before this one does."""
    path = home.bank / "inbox" / f"{MESSAGE}.xml"
    path.write_text(f"<x>{THEIRS} {WANG.bank_account}</x>")
    real = Path.unlink

    def twice(self: Path, missing_ok: bool = False) -> None:
        real(self)
        real(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", twice)
    home.forget()


BEFORE = Account("6222029876543210988", "103100000026", "中国农业银行", "7b" * 32)


@pytest.mark.parametrize("text", [WANG.bank_account, WANG.salt, BEFORE.bank_account, BEFORE.salt])
def test_a_file_with_an_account_or_a_salt_of_the_person_is_named_also_one_of_before(home: Home, text: str) -> None:
    path = home.directory / "note.txt"
    path.write_text(f"to {text}\n")
    assert (path,) == home.forget(replace(WANG, earlier=(BEFORE,))).left


def test_an_account_that_another_one_had_before_is_no_trace(home: Home) -> None:
    other = Person(
        "W000000000002",
        "E001",
        "R2",
        "李兰英",
        OTHER_ACCOUNT,
        "103100000026",
        "中国农业银行",
        "6c" * 32,
        (WANG.account,),
    )
    path = home.directory / "note.txt"
    path.write_text(f"to {WANG.bank_account}\n")
    assert () == home.forget(WANG, other).left


def test_a_long_account_of_before_goes_whole_where_the_new_one_is_part_of_it(home: Home) -> None:
    short = WANG.bank_account[3:16]
    path = home.statement(entry("B1", THEIRS, "王伟", WANG.bank_account))
    taken = home.forget(replace(WANG, bank_account=short, salt="7b" * 32, earlier=(WANG.account,)))
    rest = WANG.bank_account[16:]
    assert path in taken.left or f">{WANG.bank_account[:3]}0{rest}<" not in path.read_text()


ROSTER = (
    "worker_ref,name,bank_account,bank_code,bank_name\r\n"
    "X1,李兰英,6200000000234567899,102100099996,中国工商银行\r\n"
    "X2,张三,6200000000345678908,102100099996,中国工商银行\r\n"
)


@pytest.mark.parametrize("ref", ["102100099996", "worker_ref", "name", "bank_account"])
@pytest.mark.parametrize("file", ["roster-E002.csv", "day1.outcomes.csv"])
def test_whatever_an_employers_number_of_a_worker_is_no_row_of_others_leaves_a_table(
    home: Home, file: str, ref: str
) -> None:
    write_batch(home.directory / "day1.json", Batch("E001", "0" * 64, (), ()))
    table = home.directory / file
    table.write_bytes(ROSTER.encode())
    home.forget(replace(WANG, worker_ref=ref))
    assert ROSTER.encode() == table.read_bytes()


def beside_work(home: Home, ref: str) -> None:
    rows = (
        BatchRow(ref, WANG.worker, {"orders": 1}, (2,)),
        BatchRow("R2", "W000000000002", {"orders": 2}, (3,)),
    )
    write_batch(home.directory / "day1.json", Batch("E001", "0" * 64, (BatchSheet(DAY, 0, rows),), ()))


@pytest.mark.parametrize(
    ("ref", "file", "before", "after"),
    [
        pytest.param(
            "refused",
            "day1.outcomes.csv",
            "rows,worker_ref,day,outcome,reason\n2,refused,2026-09-16,refused,x\n3,R2,2026-09-16,refused,x\n",
            "rows,worker_ref,day,outcome,reason\n3,R2,2026-09-16,refused,x\n",
            id="our columns",
        ),
        pytest.param(
            "2.1",
            "day1.rejects.csv",
            "rider,km\n2.1,2.1\nR2,2.1\nR2,7\n",
            "rider,km\nR2,2.1\nR2,7\n",
            id="the export's columns",
        ),
        pytest.param("-R1", "day1.rejects.csv", "km,rider\n2.1,'-R1\n2.1,R2\n", "km,rider\n2.1,R2\n", id="no formula"),
        pytest.param(
            "2.1", "day1.rejects.csv", "rider,km\nR2,2.1\n", "rider,km\nR2,2.1\n", id="which column is not known"
        ),
        pytest.param("R1", "day2.rejects.csv", "rider\nR1\n", "rider\nR1\n", id="beside no work data"),
        pytest.param("3", "day1.rejects.reasons.csv", "row,reason\n3,x\n", "row,reason\n3,x\n", id="rows' numbers"),
    ],
)
def test_a_table_beside_work_data_loses_the_rows_with_the_persons_number_in_its_column(
    home: Home, ref: str, file: str, before: str, after: str
) -> None:
    beside_work(home, ref)
    (home.directory / file).write_text(before)
    home.forget(replace(WANG, worker_ref=ref))
    assert after == (home.directory / file).read_text()


@pytest.mark.parametrize("header", ["", "worker_ref,name,account\n"], ids=["no header", "another header"])
def test_a_table_of_no_form_of_ours_stays_as_it_is_and_is_named(home: Home, header: str) -> None:
    path = home.directory / "copy.csv"
    text = header + f"R1,王伟,{WANG.bank_account}\n" * 2
    path.write_text(text)
    assert ((path,), text) == (home.forget().left, path.read_text())


@pytest.mark.parametrize("ref", ["Document", "2026-09-16", "20260916-00001", "ledger", "orgs"])
def test_no_number_of_a_worker_keeps_the_person_from_being_erased(home: Home, ref: str) -> None:
    home.statement(entry("B1", THEIRS, WANG.name, WANG.bank_account), entry("B2", OTHERS, "李兰英", OTHER_ACCOUNT))
    (home.bank / "inbox" / "other.xml").write_text(f"<Document>2026-09-16 {ref}</Document>")
    assert () == home.forget(replace(WANG, worker_ref=ref)).left


@pytest.mark.parametrize(
    ("ref", "text", "named"),
    [
        ("13812340001", "rows,worker_ref,day\n3,13812340001,2026-08-03\n", True),
        ("R003", "R003", True),
        ("R03", "R03", False),
    ],
)
def test_a_file_with_an_employers_number_alone_is_named_and_keeps_nobody_from_being_erased(
    home: Home, ref: str, text: str, named: bool
) -> None:
    path = home.directory / "rejects.csv"
    path.write_text(text)
    taken = home.forget(replace(WANG, worker_ref=ref))
    assert ((), (path,) if named else ()) == (taken.left, taken.mentions)
    assert text == path.read_text()


@pytest.mark.parametrize(
    ("file", "own"),
    [
        *((file, True) for file in ("ledger.db", "ledger.db-wal", "union/projection.db", "union/store.db")),
        *((file, True) for file in ("consortium.toml", "backups.jsonl", "orgs/union/seen.json")),
        *(
            (file, False)
            for file in (
                "ledger.db.txt",
                "union/letter.txt",
                "orgs/union/letter.txt",
                "rosters/orgs/a.txt",
                "bank/ledger.db",
            )
        ),
    ],
)
def test_in_our_own_files_only_a_salt_is_the_person(home: Home, file: str, own: bool) -> None:
    path = home.directory / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{WANG.name} {WANG.bank_account} {WANG.worker} {WANG.worker_ref}")
    taken = home.forget()
    assert ((() if own else (path,)), ()) == (taken.left, taken.mentions)
    path.write_text(WANG.salt)
    assert (path,) == home.forget().left


@pytest.mark.parametrize("where", ["statement", "books"])
@pytest.mark.parametrize(("text", "left"), [(f"1{WANG.bank_account}1", False), (WANG.salt, True)])
def test_in_others_lines_an_account_is_a_mention_and_a_salt_the_person(
    home: Home, where: str, text: str, left: bool
) -> None:
    line = replace(entry("B2", OTHERS, "李兰英", OTHER_ACCOUNT), remittance=f"wages {OTHERS} {text}")
    home.books(line) if where == "books" else home.statement(line)
    path = home.bank / BOOKS if where == "books" else home.bank / "outbox" / "camt053-20260916-00001.xml"
    taken = home.forget()
    assert (((path,), ()) if left else ((), (path,))) == (taken.left, taken.mentions)


@pytest.mark.parametrize("data", ["not xml", "<letter><p/></letter>"], ids=["no XML", "no statement"])
def test_what_lies_in_the_outbox_and_is_no_statement_is_searched_for_all_that_tells(home: Home, data: str) -> None:
    path = home.bank / "outbox" / "letter.xml"
    path.write_text(data.replace("not xml", f"{WANG.name} {WANG.worker}").replace("<p/>", WANG.bank_account))
    assert (path,) == home.forget().left


@pytest.mark.parametrize(
    ("file", "pack"),
    [
        pytest.param("a.tar.gz", gzip.compress, id="gzip"),
        pytest.param("a.tar.bz2", bz2.compress, id="bzip2"),
        pytest.param("a.tar.xz", lzma.compress, id="xz"),
        pytest.param("a.7z", lambda data: b"7z\xbc\xaf\x27\x1c" + data[:1], id="7-Zip"),
        pytest.param("a.rar", lambda data: b"Rar!\x1a\x07\x01\x00" + data[:1], id="RAR"),
        pytest.param("roster.csv", lambda data: b"\x28\xb5\x2f\xfd" + data[:1], id="Zstandard, whatever it is called"),
    ],
)
def test_a_file_packed_in_another_way_is_named_as_one_that_could_not_be_looked_into(
    home: Home, file: str, pack: Callable[[bytes], bytes]
) -> None:
    path = home.directory / file
    path.write_bytes(pack(f"{WANG.name} {WANG.bank_account}".encode() * 9))
    assert (path,) == home.forget().unread


@pytest.mark.parametrize("name", ["王𠮷", "王\U00030edd A", 'A"王'])
@pytest.mark.parametrize("capitals", [False, True])
def test_a_name_is_found_as_json_writes_it(home: Home, name: str, capitals: bool) -> None:
    path = home.directory / "notes.json"
    said = json.dumps({"name": name, "worker": WANG.worker})
    path.write_text(re.sub(r"(?<=\\u)....", lambda sign: sign[0].upper(), said) if capitals else said)
    assert (path,) == home.forget(replace(WANG, name=name)).left


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        (".roster.csv.part", True),
        (".notice.txt.blind.a1b2c3_4", True),
        (".notes.document", False),
        (".notes.txt", False),
        (".roster.csv.swp", False),
        ("copy.part", False),
    ],
)
def test_of_hidden_files_only_what_we_left_in_the_making_is_removed(home: Home, name: str, ours: bool) -> None:
    path = home.directory / name
    path.write_text(f"{WANG.name} {WANG.bank_account}")
    taken = home.forget()
    assert (not ours, () if ours else (path,)) == (path.exists(), taken.left)


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_archive_stops_no_erasure(home: Home, packed: int) -> None:
    path = home.directory / "old.zip"
    with zipfile.ZipFile(path, "w", packed) as archive:
        archive.writestr("a.txt", os.urandom(500))
    data = bytearray(path.read_bytes())
    for place in range(40, 200):
        data[place] ^= 0x5A
    path.write_bytes(bytes(data))
    assert path in home.forget().unread


def test_a_table_that_only_its_owner_may_read_stays_so_when_rows_leave_it(home: Home) -> None:
    path = home.directory / "roster.csv"
    path.write_text(f"worker_ref,name,bank_account\nR1,a,{WANG.bank_account}\nR2,b,6200000000234567899\n", "utf-8")
    path.chmod(0o600)
    assert path in home.forget().changed
    assert 0o600 == path.stat().st_mode & 0o777
