"""The statement file: it is read back as written, it adds up, and it is refused where it does not."""

import random
from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from iso20022 import what_is_not_valid
from lxr.settlement.bank.formats import camt, xml_stream
from lxr.settlement.bank.formats.camt053 import NAMESPACE, read, write
from lxr.settlement.bank.formats.strict import StrictFault
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.errors import InputFault
from quick import examples

DAY = date(2026, 9, 15)
DEPOSIT = Entry(
    amount_fen=1_000_000,
    credit=True,
    reversal=False,
    booking_date=DAY,
    value_date=DAY,
    bank_ref="2026091500000001",
    end_to_end_id="EMP0001",
    counterparty_name="成都某外卖配送有限公司",
    counterparty_account="4402200119000000777",
    return_reason=None,
    remittance="RUN 2026-09-A",
)
PAYOUT = msgspec.structs.replace(
    DEPOSIT,
    amount_fen=520_050,
    credit=False,
    bank_ref="2026091500000002",
    end_to_end_id="LX260915SA0001",
    counterparty_name="张三",
    counterparty_account="6222020000000000001",
    remittance="",
)
RETURN = msgspec.structs.replace(PAYOUT, credit=True, bank_ref="2026091500000003", return_reason="AC04")
FEE = Entry(
    amount_fen=1_000,
    credit=False,
    reversal=True,
    booking_date=DAY,
    value_date=date(2026, 9, 14),
    bank_ref="2026091500000004",
    end_to_end_id=None,
    counterparty_name="",
    counterparty_account="",
    return_reason=None,
    remittance="",
)
STATEMENT = Statement(
    statement_id="20260915-00007",
    sequence=7,
    account="4402200119000000001",
    date=DAY,
    opening_fen=5_000,
    closing_fen=1_004_000,
    entries=(DEPOSIT, PAYOUT, RETURN, FEE),
)
FILE = write(STATEMENT)


def changed(old: str, new: str, count: int = 1) -> bytes:
    text = FILE.decode()
    assert old in text
    return text.replace(old, new, count).encode()


visible = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Cn"))


def lines(most: int) -> st.SearchStrategy[str]:
    return st.text(visible, min_size=1, max_size=most).filter(
        lambda text: text == text.strip() and text != "NOTPROVIDED"
    )


names = lines(34)
remittances = st.just("") | lines(140) | st.lists(lines(140), max_size=14).map(" ".join)
days = st.dates(date(2026, 9, 1), DAY)
entries = st.builds(
    Entry,
    amount_fen=st.integers(1, 10**12),
    credit=st.booleans(),
    reversal=st.booleans(),
    booking_date=days,
    value_date=days,
    bank_ref=lines(35),
    end_to_end_id=st.none() | lines(35),
    counterparty_name=st.just("") | lines(140),
    counterparty_account=st.just("") | names,
    return_reason=st.none() | st.sampled_from(["AC01", "AC04", "BE01"]),
    remittance=remittances,
    message_id=st.none() | lines(35),
    instruction_id=st.none() | lines(35),
    payment_id=st.none() | lines(35),
    of_the_bank=st.sampled_from([None, "fee", "interest"]),
).map(lambda entry: entry if entry.return_reason is None else msgspec.structs.replace(entry, of_the_bank=None))


@given(
    st.lists(entries, max_size=5, unique_by=lambda entry: entry.bank_ref),
    st.none() | st.integers(1, 10**6),
    st.integers(-(10**9), 10**9),
)
@settings(max_examples=examples(60), deadline=None)
def test_a_statement_is_read_back_as_it_was_written_also_of_an_overdrawn_account(
    booked: list[Entry], sequence: int | None, least_fen: int
) -> None:
    moved_fen = sum(entry.signed_fen for entry in booked)
    opening_fen = max(least_fen, least_fen - moved_fen)
    statement = msgspec.structs.replace(
        STATEMENT,
        sequence=sequence,
        opening_fen=opening_fen,
        closing_fen=opening_fen + moved_fen,
        entries=tuple(booked),
    )
    file = write(statement)
    assert statement == read(file, "day.xml")
    assert [] == what_is_not_valid(file)


def test_an_overdrawn_balance_is_a_debit_in_the_file() -> None:
    overdrawn = msgspec.structs.replace(STATEMENT, opening_fen=-5_000, closing_fen=994_000)
    assert changed("CRDT<", "DBIT<").replace(b">10040.00<", b">9940.00<") == write(overdrawn)


def test_without_the_electronic_number_the_legal_one_counts() -> None:
    assert STATEMENT == read(changed("<ElctrncSeqNb>7</ElctrncSeqNb>", "<LglSeqNb>7</LglSeqNb>"), "day.xml")
    assert read(changed("<ElctrncSeqNb>7</ElctrncSeqNb>", ""), "day.xml").sequence is None


def test_the_ids_of_the_order_that_an_entry_carries_out_are_read() -> None:
    first, *others = STATEMENT.entries
    ordered = msgspec.structs.replace(first, message_id="M1", payment_id="CE001-20260915", instruction_id="I1")
    given = msgspec.structs.replace(STATEMENT, entries=(ordered, *others))
    refs = "<Refs><MsgId>M1</MsgId><PmtInfId>CE001-20260915</PmtInfId><InstrId>I1</InstrId>"
    assert given == read(changed("<Refs>", refs), "day.xml") == read(write(given), "day.xml")


def test_the_same_statement_gives_the_same_bytes() -> None:
    assert write(STATEMENT) == FILE
    assert STATEMENT == read(FILE, "day.xml")


def test_a_return_shows_the_parties_of_the_payment_that_came_back() -> None:
    assert 2 == FILE.decode().translate(str.maketrans("", "", " \n")).count("<Cdtr><Pty><Nm>张三</Nm>")
    assert b"<Cd>AC04</Cd>" in FILE


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            NAMESPACE,
            NAMESPACE.replace(".08", ".01"),
            "day.xml, field Document: is 'camt.053.001.01'; expected `camt.053`",
        ),
        (
            ">10040.00<",
            ">10040.01<",
            "field BkToCstmrStmt/Stmt/Bal: CLBD is 10040.01; expected 10040.00, which is OPBD",
        ),
        (">50.00<", ">50.01<", "CLBD is 10040.00; expected 10040.01, which is OPBD plus credits less debits"),
        (">10000.00<", ">1.00<", "CLBD is 10040.00; expected 41.00, which"),
        ("CRDT<", "DBIT<", "field BkToCstmrStmt/Stmt/Bal: CLBD is 10040.00; expected 9940.00, which is OPBD plus"),
        (">CLBD<", ">CLAV<", "field BkToCstmrStmt/Stmt/Bal: CLBD is missing"),
        (">CLBD<", ">OPBD<", "field BkToCstmrStmt/Stmt/Bal: OPBD is given twice"),
        (">BOOK<", ">PDNG<", "CLBD is 10040.00; expected 40.00, which is OPBD plus credits less debits"),
        (">BOOK<", ">XXXX<", "row 1, field BkToCstmrStmt/Stmt/Ntry/Sts/Cd: has 'XXXX'; expected BOOK, PDNG"),
        (
            "2026091500000003",
            "2026091500000002",
            "row 3, field BkToCstmrStmt/Stmt/Ntry/AcctSvcrRef: '2026091500000002' app",
        ),
        (
            'Ccy="CNY">5200.50',
            'Ccy="EUR">5200.50',
            "row 2, field BkToCstmrStmt/Stmt/Ntry/Amt: currency is 'EUR'; expected",
        ),
        ('Ccy="CNY">5200.50', ">5200.50", "row 2, field BkToCstmrStmt/Stmt/Ntry/Amt: currency is 'not given'"),
        (">5200.50<", ">5200.501<", "row 2, field BkToCstmrStmt/Stmt/Ntry/Amt: has '5200.501'; expected yuan"),
        ("<Ccy>CNY", "<Ccy>USD", "Acct/Ccy: has 'USD'; expected CNY"),
        ("</TxDtls>", '<Amt Ccy="CNY">1</Amt></TxDtls><TxDtls/>', "TxDtls/Amt: is given of some transactions only"),
        ("<Acct>", "<StmtPgntn/><Acct>", "field BkToCstmrStmt/Stmt/StmtPgntn/PgNb: missing"),
        ("</Stmt>", "</Stmt><Stmt/>", "field BkToCstmrStmt/Stmt[2]/Acct: missing"),
        (
            "<RltdPties>",
            '<Amt Ccy="CNY">1</Amt><RltdPties>',
            "TxDtls/Amt: differs from the entry's amount; expected 10000",
        ),
        ("?>\n", "?>\n<!DOCTYPE Document>\n", "document type declaration"),
    ],
)
def test_what_is_not_right_is_refused_and_named(old: str, new: str, expected: str) -> None:
    with pytest.raises(InputFault) as caught:
        read(changed(old, new), "day.xml")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<Acct>", f"<FrToDt><FrDtTm>{DAY}T00:00:00</FrDtTm><ToDtTm>{DAY}T23:59:59</ToDtTm></FrToDt><Acct>"),
        ("<Ccy>CNY</Ccy>", "<Ccy>CNY</Ccy><Nm>备付金</Nm><Svcr><FinInstnId/></Svcr>"),
        ("<Ntry>", "<Ntry><NtryRef>1</NtryRef>"),
        ("<RltdPties>", '<Amt Ccy="CNY">10000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdPties>'),
        ("</DbtrAcct>", "</DbtrAcct><Cdtr><Agt><FinInstnId/></Agt></Cdtr>"),
        ("<Refs>", "<Refs><PmtInfId>NOTPROVIDED</PmtInfId><InstrId>NOTPROVIDED</InstrId>"),
    ],
)
def test_what_banks_add_and_carries_no_money_is_passed_over(old: str, new: str) -> None:
    file = changed(old, new)
    assert STATEMENT == read(file, "day.xml")
    assert [] == what_is_not_valid(file)


PAYERS = [
    (">RUN 2026-09-A<", "> \u200bRUN\t2026-09\u2028A\u202e <", {"remittance": "RUN 2026-09 A"}),
    (">RUN 2026-09-A<", ">RUN</Ustrd><Ustrd/><Ustrd>2026-09<", {"remittance": "RUN 2026-09"}),
    ("</Ustrd>", "</Ustrd><Strd><Invcee><Nm>x</Nm></Invcee></Strd>", {}),
    (">RUN 2026-09-A<", "><", {"remittance": ""}),
    (">RUN 2026-09-A<", ">" + "x 款" * 667 + "<", {"remittance": "x 款" * 333 + " " + "款x 款" + "x 款" * 332}),
    (">EMP0001<", ">\u202dEMP 0001\u00ad<", {"end_to_end_id": "EMP 0001"}),
    (">EMP0001<", ">" + "x" * 36 + "<", {"end_to_end_id": "x" * 35}),
    (">EMP0001<", ">\ufeff<", {"end_to_end_id": None}),
    (">EMP0001<", ">NOTPROVIDED\u200b<", {"end_to_end_id": None}),
    (">成都某外卖配送有限公司<", ">成都\u200d某外卖&#10;配送 <", {"counterparty_name": "成都某外卖 配送"}),
    (">成都某外卖配送有限公司<", "><", {"counterparty_name": ""}),
    (">4402200119000000777<", "> 4402 200119\u2060000000777<", {"counterparty_account": "4402 200119000000777"}),
]


@pytest.mark.parametrize(("old", "new", "expected"), PAYERS)
def test_what_a_payer_has_written_is_read_without_what_nobody_sees(
    old: str, new: str, expected: dict[str, object]
) -> None:
    found = read(changed(old, new), "day.xml")
    assert msgspec.structs.replace(DEPOSIT, **expected) == found.entries[0]
    assert found == read(write(found), "again.xml")


def test_a_remittance_is_written_in_texts_of_140_characters_and_one_that_has_no_blank_there_is_refused() -> None:
    def file(remittance: str) -> bytes:
        longer = msgspec.structs.replace(DEPOSIT, remittance=remittance)
        return write(msgspec.structs.replace(STATEMENT, entries=(longer, *STATEMENT.entries[1:])))

    parted = file("款" * 140 + " " + "款" * 139 + " a")
    assert 3 == parted.count(b"<Ustrd>")
    assert [] == what_is_not_valid(parted)
    for remittance in ("款" * 141, "款" * 140 + "  款"):
        with pytest.raises(InputFault, match=r"row 1, field \S+/Ustrd: has .*; expected a single blank after"):
            file(remittance)


def test_what_stands_in_a_structured_remittance_is_read_for_marks() -> None:
    strd = "</Ustrd><Strd><AddtlRmtInf>退\u200b汇</AddtlRmtInf></Strd>"
    assert "退汇" == read(changed("</Ustrd>", strd), "day.xml").entries[0].bank_text


@pytest.mark.parametrize(
    ("old", "new"), [("2026091500000001", "2026\u200b"), (">BOOK<", ">BOOK\u200b<"), (">CRDT<", ">CRDT\u200b<")]
)
def test_what_the_bank_has_written_is_not_mended(old: str, new: str) -> None:
    with pytest.raises(InputFault):
        read(changed(old, new), "day.xml")


def test_what_the_bank_says_in_its_own_words_and_codes_is_read() -> None:
    found = read(changed("</NtryDtls>", "</NtryDtls><AddtlNtryInf>退汇 户名不符</AddtlNtryInf>"), "day.xml")
    assert "退汇 户名不符" == found.entries[0].bank_text
    found = read(changed("<SubFmlyCd>DMCT<", "<SubFmlyCd>RRTN<"), "day.xml")
    assert "RRTN" == found.entries[0].bank_text


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"closing_fen": 1}, "Bal: CLBD is 0.01; expected 10040.00"),
        ({"closing_fen": -1}, "Bal: CLBD is -0.01; expected 10040.00"),
        ({"opening_fen": -(10**15)}, "Bal/Amt: is 10000000000000.00; expected 0.00 to 9999999999999.99"),
        ({"entries": (DEPOSIT, DEPOSIT)}, "row 2, field .*AcctSvcrRef: '2026091500000001' appears twice"),
        ({"date": date(2026, 9, 14)}, "row 1, field .*BookgDt: 2026-09-15 is after the statement; expected 2026-09-14"),
        ({"sequence": 0}, "ElctrncSeqNb: has '0'"),
        ({"entries": (msgspec.structs.replace(DEPOSIT, end_to_end_id="NOTPROVIDED"),)}, "row 1, field .*EndToEndId"),
        ({"entries": (msgspec.structs.replace(DEPOSIT, instruction_id="NOTPROVIDED"),)}, "row 1, field .*InstrId"),
    ],
)
def test_what_read_would_refuse_is_not_written(change: dict[str, object], expected: str) -> None:
    with pytest.raises(InputFault, match=expected):
        write(msgspec.structs.replace(STATEMENT, **change))


def test_an_entry_counts_wherever_it_stands() -> None:
    with pytest.raises(InputFault, match="row 1, field BkToCstmrStmt/Stmt/Ntry/Sts: missing"):
        read(changed("<Bal>", "<Ntry/><Bal>"), "day.xml")


def test_of_a_large_file_no_more_is_held_than_its_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "_PIECE", 100)
    assert STATEMENT == read(FILE, "day.xml")
    monkeypatch.setattr(camt, "_WITHOUT_MAX", 3_000)
    assert STATEMENT == read(FILE, "day.xml")
    for where in ("<Stmt>", "</Stmt>"):
        with pytest.raises(InputFault, match=r"none of Ntry, Stmt, .* in 3000 bytes; expected a smaller file"):
            read(changed(where, f"{'<a/>' * 1_000}{where}"), "day.xml")


def test_a_file_of_more_entries_or_statements_than_there_can_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, problem in (("ENTRIES_MAX", "more than 3 Ntry"), ("STATEMENTS_MAX", "more than 3 statements")):
        monkeypatch.setattr(camt, name, 3)
        several = FILE.replace(
            b"</Stmt>", b"</Stmt>" + FILE[FILE.index(b"<Stmt>") : FILE.index(b"</BkToCstmrStmt>")] * 3
        )
        with pytest.raises(StrictFault, match=problem) as caught:
            camt.read(several, "day.xml", None)
        assert "size" == caught.value.rule
        monkeypatch.undo()


@pytest.mark.parametrize("piece", [1, 2, 3, 1000])
def test_a_byte_that_is_not_utf8_is_named_wherever_the_file_is_cut(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(xml_stream, "_PIECE", piece)
    assert STATEMENT == read(b"\xef\xbb\xbf" + FILE, "day.xml")
    for wrong in (b"\xff", b"\xe6\x88", b"\x88"):
        at = FILE.index("张".encode())
        with pytest.raises(InputFault, match=f"byte {at} is not UTF-8"):
            read(FILE[:at] + wrong + b"x" + FILE[at:], "day.xml")


def test_no_element_but_these_may_be_missing() -> None:
    may_be_missing = set()
    for index in range(1, len(list(etree.fromstring(FILE).iter()))):
        root = etree.fromstring(FILE)
        element = list(root.iter())[index]
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)
        try:
            read(etree.tostring(root), "day.xml")
        except InputFault:
            continue
        may_be_missing.add(etree.QName(element).localname)
    numbers = {"ElctrncSeqNb"}  # without one, day and balance give the order
    not_acted_on = {"GrpHdr", "MsgId", "CreDtTm", "Ccy", "BkTxCd", "Domn", "Cd", "Fmly", "SubFmlyCd", "Pty", "Nm"}
    not_in_every_place = {"Id", "Othr"}  # of counterparties
    what_an_entry_may_lack = {
        *("BookgDt", "ValDt", "AcctSvcrRef", "TxDtls", "Rsn"),
        *("RvslInd", "NtryDtls", "Refs", "EndToEndId", "RltdPties", "RmtInf", "RtrInf"),
        *("Ustrd", "Dbtr", "DbtrAcct", "Cdtr", "CdtrAcct"),
    }
    assert numbers | not_acted_on | not_in_every_place | what_an_entry_may_lack == may_be_missing


def test_a_mangled_file_is_read_or_refused_and_nothing_else() -> None:
    dice = random.Random(2)
    refused = 0
    for _ in range(400):
        data = bytearray(FILE)
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(data))
            end = at + dice.choice((0, 1, 5, 40))
            data[at:end] = dice.choice((b"", b"<", b"&", b"\x00", b"\xff", b"<!--", b"]]>", b"9", b"</Amt>", b"&#0;"))
        try:
            read(bytes(data), "day.xml")
        except InputFault:
            refused += 1
    assert refused > 300
