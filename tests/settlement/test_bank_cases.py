"""Statements as banks write them, one thing each that is valid and unusual, and those that only an attacker writes."""

import re
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from consortium import House, rehearsal
from lxr.chaincode.custody_records import custodies
from lxr.node.invariants import check
from lxr.settlement.bank import deposits, notices
from lxr.settlement.bank.desk import ImportReport, import_given
from lxr.settlement.bank.formats.strict import RULES, StrictFault
from lxr.settlement.bank.model import Entry, StatementFile
from lxr.settlement.bank.reconcile import reconcile
from lxr.settlement.bank.statement_files import read_data, read_one, read_sources
from lxr.settlement.bank.statement_order import in_order
from lxr.settlement.errors import InputFault
from parties import CUSTODY

ACCOUNT: Final = CUSTODY
NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
DAY: Final = date(2026, 9, 15)


def balance(code: str, yuan: str, *, day: str = "2026-09-15", sign: str = "CRDT", sub: str = "") -> str:
    kind = f"<Prtry>{code[1:]}</Prtry>" if code.startswith("!") else f"<Cd>{code}</Cd>"
    sub = f"<SubTp><Cd>{sub}</Cd></SubTp>" if sub else ""
    return (
        f"<Bal><Tp><CdOrPrtry>{kind}</CdOrPrtry>{sub}</Tp><Amt Ccy='CNY'>{yuan}</Amt>"
        f"<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


ORDER: Final = "<NtryDtls><TxDtls><Refs><EndToEndId>E001D1</EndToEndId></Refs></TxDtls></NtryDtls>"


def line(yuan: str = "500.00", ref: str = "B0001", sign: str = "CRDT", more: str = "", after: str = "") -> str:
    return (
        f"<Ntry><Amt Ccy='CNY'>{yuan}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{more}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>2026-09-15</Dt></BookgDt><ValDt><Dt>2026-09-15</Dt></ValDt><AcctSvcrRef>{ref}</AcctSvcrRef>"
        f"<BkTxCd><Prtry><Cd>TRF</Cd></Prtry></BkTxCd>{after or ORDER}</Ntry>"
    )


def stmt(
    *lines: str,
    opening: str = "0.00",
    closing: str = "500.00",
    name: str = "S1",
    page: str = "",
    balances: str | None = None,
    account: str = ACCOUNT,
) -> str:
    both = balance("OPBD", opening) + balance("CLBD", closing) if balances is None else balances
    return (
        f"<Stmt><Id>{name}</Id>{page}<CreDtTm>2026-09-15T23:59:59+08:00</CreDtTm>"
        f"<Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>{both}{''.join(lines)}</Stmt>"
    )


def paged(number: int, *, last: bool) -> str:
    return f"<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{str(last).lower()}</LastPgInd></StmtPgntn>"


def message(*statements: str, header: str = "", version: str = "08", opening: str = "") -> bytes:
    namespace = NAMESPACE.replace(".08", f".{version}")
    text = (
        f"<?xml version='1.0' encoding='UTF-8'?>{opening}<Document xmlns='{namespace}'><BkToCstmrStmt>"
        f"<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-09-15T23:59:59</CreDtTm>{header}</GrpHdr>{''.join(statements)}"
        "</BkToCstmrStmt></Document>"
    )
    return text.encode()


PLAIN: Final = message(stmt(line()))


def changed(*pairs: tuple[str, str]) -> bytes:
    text = PLAIN.decode()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode()


def within(old: str, new: str) -> bytes:
    return changed((old, new))


def encoded(codec: str, declared: str) -> bytes:
    return (
        within("</TxDtls>", "<RltdPties><Dbtr><Pty><Nm>㛃某</Nm></Pty></Dbtr></RltdPties></TxDtls>")
        .decode()
        .replace("'UTF-8'", f"'{declared}'")
        .encode(codec)
    )


SCHEMA: Final = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='a b.xsd' xmlns='urn"
READ: Final[dict[str, bytes]] = {
    "schemaLocation": within("xmlns='urn", SCHEMA),
    "a prefix for the namespace": PLAIN.replace(b"xmlns=", b"xmlns:d=")
    .replace(b"<", b"<d:")
    .replace(b"<d:/", b"</d:")
    .replace(b"<d:?", b"<?"),
    "comments in every place": PLAIN.replace(b"><", b"><!-- x --><").replace(b"500", b"5<!-- y -->00"),
    "the account's name and proxy": within("<Ccy>CNY</Ccy>", "<Ccy>CNY</Ccy><Nm>x</Nm><Prxy><Id>1</Id></Prxy>"),
    "an id with an underscore": within("<Id>S1<", "<Id>STM_0001<"),
    "one page of the message": message(
        stmt(line()), header="<MsgPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></MsgPgntn>"
    ),
    "one page of the statement": message(stmt(line(), page=paged(1, last=True))),
    "a channel": within("<NtryDtls>", "<TechInptChanl><Prtry>EBANK</Prtry></TechInptChanl><NtryDtls>"),
    "a commission": within("<NtryDtls>", "<ComssnWvrInd>false</ComssnWvrInd><NtryDtls>"),
    "charges that are included": within(
        "<NtryDtls>", "<Chrgs><Rcrd><Amt Ccy='CNY'>1.00</Amt><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs><NtryDtls>"
    ),
    "ids of others": within("</Refs>", "<ChqNb>1</ChqNb><AcctOwnrTxId>77</AcctOwnrTxId></Refs>"),
    "a structured remittance alone": within(
        "</Refs>", "</Refs><RmtInf><Strd><CdtrRefInf><Ref>7</Ref></CdtrRefInf></Strd></RmtInf>"
    ),
    "a text with blanks": within("</Refs>", "</Refs><RmtInf><Ustrd> wages </Ustrd></RmtInf>"),
    "no value date": within("<ValDt><Dt>2026-09-15</Dt></ValDt>", ""),
    "no booking date": within("<BookgDt><Dt>2026-09-15</Dt></BookgDt>", ""),
    "no reference": within("<AcctSvcrRef>B0001</AcctSvcrRef>", ""),
    "an IBAN of the payer": within(
        "</Refs>", "</Refs><RltdPties><DbtrAcct><Id><IBAN>DE00123</IBAN></Id></DbtrAcct></RltdPties>"
    ),
    "a payer without a name": within(
        "</Refs>", "</Refs><RltdPties><Dbtr><Pty><PstlAdr><Ctry>CN</Ctry></PstlAdr></Pty></Dbtr></RltdPties>"
    ),
    "a reference with blanks": within("B0001", "B0001      "),
    "a return's reason in words": within("</Refs>", "</Refs><RtrInf><Rsn><Prtry>户名不符</Prtry></Rsn></RtrInf>"),
    "a return's reason as a text": within("</Refs>", "</Refs><RtrInf><AddtlInf>户名不符</AddtlInf></RtrInf>"),
    "a balance's day with a time": PLAIN.replace(
        b"<Dt><Dt>2026-09-15</Dt></Dt>", b"<Dt><DtTm>2026-09-15T23:59:59+08:00</DtTm></Dt>"
    ),
    "a booking day with a time": within(
        "<BookgDt><Dt>2026-09-15", "<BookgDt><DtTm>2026-09-15T13:47:43.673741+08:00"
    ).replace(b"+08:00</Dt>", b"+08:00</DtTm>"),
    "a time of the day before, in UTC": within(
        "<BookgDt><Dt>2026-09-15</Dt>", "<BookgDt><DtTm>2026-09-14T17:00:00Z</DtTm>"
    ),
    "the day's last moment": within("<BookgDt><Dt>2026-09-15</Dt>", "<BookgDt><DtTm>2026-09-15T24:00:00</DtTm>"),
    "a date with an offset": within("<BookgDt><Dt>2026-09-15<", "<BookgDt><Dt>2026-09-15+08:00<"),
    "GBK": encoded("gb18030", "GBK"),
    "GB18030": encoded("gb18030", "GB18030"),
    "UTF-16": encoded("utf-16", "UTF-16"),
    "UTF-16 of the other order": b"\xfe\xff" + encoded("utf-16-be", "UTF-16"),
    "UTF8": encoded("utf-8", "utf8"),
    "a mark of the order of bytes": b"\xef\xbb\xbf" + PLAIN,
    "five decimals": within(
        "'>500.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>", "'>500.00000</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>"
    ),
    "zeros before it": PLAIN.replace(b">500.00<", b"> 000000000000000000500.00 <"),
    "a plus sign and no decimals": PLAIN.replace(b">500.00<", b">+500.<"),
    "a reversal said by 0": message(stmt(line(more="<RvslInd>0</RvslInd>"))),
    "available balances of whatever kind": message(
        stmt(
            line(),
            balances=balance("OPBD", "0.00")
            + balance("CLBD", "500.00")
            + balance("CLAV", "10.00", sign="DBIT")
            + balance("FWAV", "1.00")
            + balance("FWAV", "2.00", day="2026-09-16")
            + balance("INFO", "3.00")
            + balance("!HOLD", "0.00"),
        )
    ),
    "the day before's closing as the opening": message(
        stmt(line(), balances=balance("PRCD", "0.00", day="2026-09-14") + balance("CLBD", "500.00"))
    ),
    "two closings, of which the earlier is the opening": message(
        stmt(line(), balances=balance("CLBD", "0.00", day="2026-09-14") + balance("CLBD", "500.00"))
    ),
    "a pending entry": message(stmt(line(), line("9.00", "B2", "DBIT").replace("BOOK", "PDNG"))),
    "entries to come and for information": message(
        stmt(line(), line("9.00", "B2").replace("BOOK", "FUTR"), line("8", "B3").replace("BOOK", "INFO"))
    ),
    "an entry of 0.00": message(stmt(line(), line("0.00", "B2"))),
    "version 02": message(stmt(line()).replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>"), version="02"),
    "version 13": message(stmt(line()), version="13"),
    "another account's statement beside it": message(
        stmt(line().replace("CNY", "USD"), account="6222"), stmt(line()), stmt(account="6223", closing="0.00")
    ),
    "a duplicate": within("<Acct>", "<CpyDplctInd>DUPL</CpyDplctInd><Acct>"),
}


def read(data: bytes) -> StatementFile:
    return read_data(data, "day.xml", CUSTODY)


@pytest.mark.parametrize("what", READ)
def test_what_is_valid_and_moves_the_same_money_is_read(what: str) -> None:
    found = read(READ[what])
    (said,) = found.statements
    assert (CUSTODY, DAY, 0, 500_00) == (said.account, said.date, said.opening_fen, said.closing_fen)
    assert [(500_00, True, DAY, DAY)] == [
        (each.amount_fen, each.credit, each.booking_date, each.value_date) for each in said.entries
    ]


PASSED: Final = {
    "a pending entry": [("PDNG", 1, ("B2",))],
    "entries to come and for information": [("FUTR", 1, ("B2",)), ("INFO", 1, ("B3",))],
    "an entry of 0.00": [("zero", 1, ("B2",))],
    "another account's statement beside it": [("account", 2, ("6222", "6223"))],
}


@pytest.mark.parametrize("what", PASSED)
def test_what_is_passed_over_is_counted_and_named(what: str) -> None:
    assert PASSED[what] == [(each.what, each.count, each.names) for each in read(READ[what]).passed_over]


def first(data: bytes) -> Entry:
    return read(data).statements[0].entries[0]


def test_a_returns_reason_is_a_code_or_the_mark_of_a_return_with_the_banks_words() -> None:
    for reason, expected in {
        "<Rsn><Cd>AC04</Cd></Rsn>": ("AC04", ""),
        "<Rsn><Prtry>AC04</Prtry></Rsn>": ("AC04", ""),
        "<Rsn><Prtry>户名不符</Prtry></Rsn>": (None, "RRTN 户名不符"),
        "<AddtlInf>户名不符</AddtlInf>": (None, "RRTN 户名不符"),
        "": (None, "RRTN"),
    }.items():
        found = first(within("</Refs>", f"</Refs><RtrInf>{reason}</RtrInf>"))
        assert expected == (found.return_reason, found.bank_text)


def coded(family: str, code: str) -> str:
    return f"<BkTxCd><Domn><Cd>ACMT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{code}</SubFmlyCd></Fmly></Domn></BkTxCd>"


PROPRIETARY: Final = "<BkTxCd><Prtry><Cd>TRF</Cd></Prtry></BkTxCd>"


@pytest.mark.parametrize(
    ("code", "of_the_bank"),
    [
        (coded("MDOP", "CHRG"), "fee"),
        (coded("MDOP", "COMM"), "fee"),
        (coded("MCOP", "INTR"), "interest"),
        (coded("MDOP", "ADJT"), None),
        ("<BkTxCd><Prtry><Cd>CHRG</Cd></Prtry></BkTxCd>", None),
    ],
)
def test_the_banks_fee_and_interest_are_told_by_its_code_alone(code: str, of_the_bank: str | None) -> None:
    statement = read_data(changed((PROPRIETARY, code)), "day.xml", ACCOUNT).statements[0]
    assert [of_the_bank] == [entry.of_the_bank for entry in statement.entries]


def test_of_several_transactions_each_has_its_own_code_before_that_of_the_entry() -> None:
    fee = f"<TxDtls><Amt Ccy='CNY'>1.00</Amt>{coded('MDOP', 'CHRG')}</TxDtls>"
    other = "<TxDtls><Amt Ccy='CNY'>499.00</Amt></TxDtls>"
    data = changed((ORDER, f"<NtryDtls>{fee}{other}</NtryDtls>"), (PROPRIETARY, coded("MCOP", "INTR")))
    statement = read_data(data, "day.xml", ACCOUNT).statements[0]
    assert ["fee", "interest"] == [entry.of_the_bank for entry in statement.entries]


def test_an_entry_without_a_reference_gets_the_same_one_each_time_and_another_than_its_like() -> None:
    bare = line(ref="").replace("<AcctSvcrRef></AcctSvcrRef>", "")
    one = [each.bank_ref for each in read(message(stmt(bare, bare, closing="1000"))).statements[0].entries]
    two = [each.bank_ref for each in read(message(stmt(bare, bare, bare, closing="1500"))).statements[0].entries]
    assert one == two[:2]
    assert 3 == len(set(two))


def parts(*of: str, batch: str = "<Btch><PmtInfId>P1</PmtInfId></Btch>") -> str:
    return f"<NtryDtls>{batch}{''.join(f'<TxDtls>{each}</TxDtls>' for each in of)}</NtryDtls>"


def part(order: str, yuan: str = "", sign: str = "") -> str:
    amount = f"<Amt Ccy='CNY'>{yuan}</Amt>" if yuan else ""
    return f"<Refs><EndToEndId>{order}</EndToEndId></Refs>{amount}{f'<CdtDbtInd>{sign}</CdtDbtInd>' if sign else ''}"


PARTS: Final = {
    "two that sum to it": (
        parts(part("A", "200.00"), part("B", "300.00")),
        [("B0001.1", 200_00, True, "A"), ("B0001.2", 300_00, True, "B")],
    ),
    "one that goes the other way": (
        parts(part("A", "700.00"), part("B", "200.00", "DBIT")),
        [("B0001.1", 700_00, True, "A"), ("B0001.2", 200_00, False, "B")],
    ),
    "in blocks of their own": (
        parts(part("A", "200.00")) + parts(part("B", "300.00")),
        [("B0001.1", 200_00, True, "A"), ("B0001.2", 300_00, True, "B")],
    ),
    "the amount stands in its details": (
        parts(
            *(
                f"{part(ref)}<AmtDtls><TxAmt><Amt Ccy='CNY'>{yuan}</Amt></TxAmt></AmtDtls>"
                for ref, yuan in (("A", "200"), ("B", "300"))
            )
        ),
        [("B0001.1", 200_00, True, "A"), ("B0001.2", 300_00, True, "B")],
    ),
    "one without an amount": (parts(part("A")), [("B0001", 500_00, True, "A")]),
    "several without amounts": (parts(part("A"), part("B")), [("B0001", 500_00, True, None)]),
    "one of nothing": (parts(part("A", "500.00"), part("B", "0.00")), [("B0001", 500_00, True, "A")]),
    "one that is said to be of several": (
        parts(part("A"), batch="<Btch><PmtInfId>P1</PmtInfId><NbOfTxs>3</NbOfTxs></Btch>"),
        [("B0001", 500_00, True, None)],
    ),
}


@pytest.mark.parametrize("what", PARTS)
def test_an_entry_of_several_transactions_is_its_parts_where_they_sum_to_it(what: str) -> None:
    details, expected = PARTS[what]
    found = read(message(stmt(line(after=details)))).statements[0].entries
    assert expected == [(each.bank_ref, each.amount_fen, each.credit, each.end_to_end_id) for each in found]
    assert {"P1"} == {each.payment_id for each in found}


def test_an_entry_with_no_more_than_a_batch_bears_the_ids_of_its_file() -> None:
    found = first(
        message(stmt(line(after="<NtryDtls><Btch><MsgId>M7</MsgId><PmtInfId>P1</PmtInfId></Btch></NtryDtls>")))
    )
    assert ("M7", "P1", None) == (found.message_id, found.payment_id, found.end_to_end_id)


PAGES: Final = {
    "of the whole statement's balances": (
        stmt(line("200", "A"), page=paged(1, last=False)),
        stmt(line("300", "B"), page=paged(2, last=True)),
    ),
    "of interim balances": (
        stmt(
            line("200", "A"),
            page=paged(1, last=False),
            balances=balance("OPBD", "0") + balance("CLBD", "200", sub="INTM"),
        ),
        stmt(
            line("300", "B"),
            page=paged(2, last=True),
            balances=balance("OPBD", "200", sub="INTM") + balance("CLBD", "500"),
        ),
    ),
    "of balances on the first and last page": (
        stmt(line("200", "A"), page=paged(1, last=False), balances=balance("OPBD", "0")),
        stmt(line("300", "B"), page=paged(2, last=True), balances=balance("CLBD", "500")),
    ),
}


@pytest.mark.parametrize("what", PAGES)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("files", [1, 2])
def test_pages_are_one_statement_in_whatever_order_and_files_they_come(
    house: House, tmp_path: Path, what: str, files: int, *, backwards: bool
) -> None:
    pages = PAGES[what][::-1] if backwards else PAGES[what]
    groups = [pages] if files == 1 else [[page] for page in pages]
    reports = brought(house, tmp_path, *(message(*group) for group in groups))
    assert [(1, 2, 500_00)] == [(each.statement, each.entries, each.closing_fen) for each in reports]
    assert reports == brought(house, tmp_path, *(message(*group) for group in groups))


def test_pages_of_several_statements_in_the_same_files_are_no_others_when_they_are_read_again(
    house: House, tmp_path: Path
) -> None:
    """The first statement has a page more than the second, in a file of its own."""
    first = [stmt(line("100", ref), page=paged(number, last=ref == "C"), closing="300")
             for number, ref in enumerate("ABC", 1)]  # fmt: skip
    second = [stmt(line("100", ref), page=paged(number, last=ref == "E"), opening="300", name="S2")
              for number, ref in enumerate("DE", 1)]  # fmt: skip
    reports = brought(house, tmp_path, message(first[0], second[0]), message(first[1], second[1]), message(first[2]))
    assert [(3, 300_00), (2, 500_00)] == [(each.entries, each.closing_fen) for each in reports]


def test_entries_without_a_reference_that_are_alike_stand_on_several_pages(house: House, tmp_path: Path) -> None:
    """They have the references that they have on one page."""
    bare = line("100").replace("<AcctSvcrRef>B0001</AcctSvcrRef>", "")
    pages = [stmt(bare, bare, page=paged(number, last=number == 2), closing="400") for number in (1, 2)]
    reports = brought(house, tmp_path, *(message(page) for page in pages))
    assert [(4, 400_00)] == [(each.entries, each.closing_fen) for each in reports]
    assert reports == brought(house, tmp_path, message(stmt(*[bare] * 4, closing="400")))


def test_pages_of_the_message_are_pages_of_its_statement_where_the_version_has_no_others() -> None:
    one, two = (
        message(
            stmt(line(yuan, ref)), header=paged(number, last=number == 2).replace("StmtPgntn", "MsgPgntn"), version="02"
        )
        for number, yuan, ref in ((1, "200", "A"), (2, "300", "B"))
    )
    assert [1, 2] == [read(data).pages[0].number for data in (one, two)]
    assert 1 == len(
        read(within("</GrpHdr>", "<MsgPgntn><PgNb>2</PgNb><LastPgInd>false</LastPgInd></MsgPgntn></GrpHdr>")).statements
    )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path / "house") as made:
        made.employ(1)
        made.clock.go(date(2026, 9, 30))
        yield made


def brought(house: House, folder: Path, *files: bytes) -> list[ImportReport]:
    """The files imported as `lxr bank statement import` does."""
    paths = []
    for number, data in enumerate(files):
        paths.append(folder / f"{number}.xml")
        paths[-1].write_bytes(data)
    ordered = in_order(house.treasurer, CUSTODY, paths)
    reports = [import_given(house.teller, CUSTODY, each) for each in read_sources(ordered.sources, CUSTODY)]
    assert () == tuple(each for each in reconcile(house.treasurer, CUSTODY, paths).breaks if each.kind == "file")
    assert [] == check(house.ledger.scan)
    return reports


def test_several_statements_of_a_file_are_booked_in_the_order_of_their_balances(house: House, tmp_path: Path) -> None:
    second = stmt(line("7", "C", "DBIT"), opening="500", closing="493", name="S2")
    data = message(second, stmt(line(), name="S1"))
    reports = brought(house, tmp_path, data)
    assert [(0, 500_00), (500_00, 493_00)] == [(each.opening_fen, each.closing_fen) for each in reports]
    height = house.ledger.height()
    assert reports == brought(house, tmp_path, data)
    assert height == house.ledger.height()
    with pytest.raises(InputFault, match=r"0\.xml: has 2 statements; expected one"):
        read_one(tmp_path / "0.xml", CUSTODY)


def test_the_same_statement_twice_in_a_file_is_booked_once(house: House, tmp_path: Path) -> None:
    reports = brought(house, tmp_path, message(stmt(line()), stmt(line())))
    assert [1, 1] == [each.statement for each in reports]
    assert (1, 500_00) == (
        (account := house.treasurer.need(custodies, CUSTODY)).statements,
        account.closing_fen,
    )


def test_the_parts_of_an_entry_are_lines_of_their_own_and_the_same_again(house: House, tmp_path: Path) -> None:
    data = message(stmt(line(after=parts(part("E001D1", "200.00"), part("X", "300.00")))))
    (report,) = brought(house, tmp_path, data)
    assert (2, ("2026-09-15/B0001.2",)) == (report.entries, report.waiting)
    assert [report] == brought(house, tmp_path, data)


LAUGHS: Final = "<!DOCTYPE d [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
TWO: Final = line("200", "A"), line("300", "B")
REFUSED: Final[dict[str, tuple[str, bytes]]] = {
    "a billion laughs": ("xml", message(stmt(line()), opening=LAUGHS).replace(b"E001D1", b"&b;")),
    "the same in UTF-16": (
        "xml",
        message(stmt(line()), opening=LAUGHS).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    ),
    "an entity of another file": (
        "xml",
        message(stmt(line()), opening="<!DOCTYPE d SYSTEM 'file:///etc/passwd'>"),
    ),
    "elements a thousand deep": ("xml", within("<Ntry>", "<a>" * 1000 + "</a>" * 1000 + "<Ntry>")),
    "a text of eleven megabytes": ("xml", within("E001D1", "x" * 11_000_000)),
    "an encoding that it has not": ("xml", encoded("gb18030", "UTF-8")),
    "an encoding that nobody knows": ("xml", within("'UTF-8'", "'EBCDIC-CP-US'")),
    "an encoding that its first bytes deny": ("xml", encoded("utf-16", "GBK")),
    "half of it": ("xml", PLAIN[: len(PLAIN) // 2]),
    "another message": ("message", PLAIN.replace(b"camt.053.001.08", b"pain.001.001.09")),
    "a version to come": ("message", PLAIN.replace(b"camt.053.001.08", b"camt.053.001.15")),
    "no statement": ("message", message()),
    "no account": ("account", within(f"<Acct><Id><Othr><Id>{ACCOUNT}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>", "")),
    "an account in dollars": ("currency", within("<Ccy>CNY", "<Ccy>USD")),
    "an entry in dollars": ("currency", message(stmt(line().replace("CNY", "USD")))),
    "a part in dollars": (
        "currency",
        message(stmt(line(after=parts(part("A", "200"), part("B", "300").replace("CNY", "USD"))))),
    ),
    "a balance in dollars": ("currency", within("<Amt Ccy='CNY'>0.00", "<Amt Ccy='USD'>0.00")),
    "an amount below zero": ("amount", message(stmt(line("-500.00"), closing="-500.00"))),
    "parts of a fen": ("amount", message(stmt(line("500.001")))),
    "an amount by the power of ten": ("amount", message(stmt(line("5E2")))),
    "an amount with commas": ("amount", message(stmt(line("5,00.00")))),
    "an amount in other figures": ("amount", message(stmt(line("５００.00")))),
    "an amount beyond all": ("amount", message(stmt(line("9" * 14)))),
    "an amount with an element in it": ("amount", message(stmt(line("500<x/>.00")))),
    "two amounts": (
        "once",
        within("<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<Amt Ccy='CNY'>1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>"),
    ),
    "two signs": ("once", within("<Sts><Cd>BOOK", "<CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK")),
    "two statuses": ("once", within("<Sts><Cd>BOOK", "<Sts><Cd>PDNG</Cd></Sts><Sts><Cd>BOOK")),
    "a reversal that would turn the sign": (
        "sum",
        message(
            stmt(line(more="<RvslInd>true</RvslInd>"), closing="-500"),
        )
        .replace(b">-500<", b">500<")
        .replace(
            b"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-09-15</Dt></Dt></Bal><Ntry",
            b"<CdtDbtInd>DBIT</CdtDbtInd><Dt><Dt>2026-09-15</Dt></Dt></Bal><Ntry",
        ),
    ),
    "a reversal that says maybe": ("sign", message(stmt(line(more="<RvslInd>yes</RvslInd>")))),
    "a sign in small letters": ("sign", message(stmt(line(sign="crdt")))),
    "a detail of the other sign": ("sign", message(stmt(line(after=parts(part("A", "500.00", "DBIT")))))),
    "a status of the bank's own": ("status", within("<Cd>BOOK</Cd>", "<Prtry>BOOK</Prtry>")),
    "no day of the calendar": ("date", within("<BookgDt><Dt>2026-09-15", "<BookgDt><Dt>2026-09-31")),
    "a day to come": ("date", within("<BookgDt><Dt>2026-09-15", "<BookgDt><Dt>2026-09-16")),
    "a reference twice": ("reference", message(stmt(line("200"), line("300")))),
    "a reference with what nobody sees": ("reference", message(stmt(line(ref="B\u200b1")))),
    "parts of another sum": ("parts", message(stmt(line(after=parts(part("A", "200"), part("B", "301")))))),
    "amounts of some parts only": ("parts", message(stmt(line(after=parts(part("A", "500"), part("B")))))),
    "a detail of another amount": ("parts", message(stmt(line(after=parts(part("A", "499.99")))))),
    "no closing": ("balance", message(stmt(line(), balances=balance("OPBD", "0")))),
    "no opening": ("balance", message(stmt(line(), balances=balance("CLBD", "500")))),
    "two openings": ("balance", message(stmt(line(), balances=balance("OPBD", "0") * 2 + balance("CLBD", "500")))),
    "two closings of a day": (
        "balance",
        message(stmt(line(), balances=balance("OPBD", "0") + balance("CLBD", "500") * 2)),
    ),
    "an opening of the bank's own kind": (
        "balance",
        message(stmt(line(), balances=balance("!OPBD", "0") + balance("CLBD", "500"))),
    ),
    "balances that entries do not explain": ("sum", message(stmt(line(), closing="500.01"))),
    "an entry of another namespace": (
        "sum",
        message(stmt(line(), line("9", "B2").replace("<Ntry>", "<Ntry xmlns='urn:x'>"), closing="509")),
    ),
    "an entry elsewhere": ("sum", message(stmt(line(), f"<x>{line('9', 'B2')}</x>", closing="509"))),
    "a copy for somebody else": ("copy", within("<Acct>", "<CpyDplctInd>COPY</CpyDplctInd><Acct>")),
    "a page without a number": ("page", message(stmt(line(), page=paged(0, last=True)))),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_changes_money_and_is_not_clear_is_refused_by_a_rule_that_has_a_name(what: str) -> None:
    rule, data = REFUSED[what]
    with pytest.raises(StrictFault) as caught:
        read(data)
    assert rule == caught.value.rule
    assert 1 == len(str(caught.value).splitlines())


def test_every_strict_rule_but_that_of_size_has_such_a_file() -> None:
    assert set(RULES) - {"size"} == {rule for rule, _ in REFUSED.values()}


BROKEN_PAGES: Final = {
    "the second is missing": ([stmt(TWO[0], page=paged(1, last=False))], "page 2 of statement S1 is missing"),
    "the first is missing": ([stmt(TWO[1], page=paged(2, last=True))], "page 1 of statement S1 is missing"),
    "one goes on after the last": (
        [
            stmt(TWO[0], page=paged(1, last=True).replace("true", "false")),
            stmt(TWO[1], page=paged(2, last=True)),
            stmt(page=paged(3, last=False)),
        ],
        "statement S1 has pages after its last",
    ),
    "one number with two contents": (
        [
            stmt(TWO[0], page=paged(1, last=False)),
            stmt(TWO[1], page=paged(1, last=False)),
            stmt(page=paged(2, last=True)),
        ],
        "page 1 of statement S1 is given twice",
    ),
    "an interim balance of another place": (
        [
            stmt(TWO[0], page=paged(1, last=False), balances=balance("OPBD", "0") + balance("CLBD", "201", sub="INTM")),
            stmt(TWO[1], page=paged(2, last=True)),
        ],
        "page 1 has the balance 201.00; expected 500.00, or 200.00",
    ),
    "an entry on two pages": (
        [
            stmt(TWO[0], page=paged(1, last=False)),
            stmt(TWO[0], TWO[1], page=paged(2, last=True), closing="700"),
        ],
        "page 1 has the balance 500.00; expected 700.00, or 200.00",
    ),
}


@pytest.mark.parametrize("what", BROKEN_PAGES)
def test_pages_that_make_no_statement_are_refused_and_nothing_is_booked(
    house: House, tmp_path: Path, what: str
) -> None:
    pages, problem = BROKEN_PAGES[what]
    height = house.ledger.height()
    with pytest.raises(InputFault, match=problem):
        brought(house, tmp_path, message(*pages))
    assert height == house.ledger.height()


def test_a_file_of_two_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.xml"
    with path.open("wb") as file:
        file.write(PLAIN[:1000])
        file.truncate(2 << 30)
    tracemalloc.start()
    with pytest.raises(InputFault, match=r"huge\.xml: .*1073741824"):
        read_one(path, CUSTODY)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 20


def test_what_no_format_knows_is_told_with_what_is_read() -> None:
    with pytest.raises(InputFault, match="is empty; expected a statement"):
        read(b"")
    for data in (b"hello", b"\x00\x01"):
        with pytest.raises(InputFault, match=r"is no statement of a kind that is read; expected one of camt\.053"):
            read(data)


def notice(*lines: str, kind: str = "054") -> bytes:
    """The same entries as a notice of the day."""
    body, root = ("Ntfctn", "BkToCstmrDbtCdtNtfctn") if kind == "054" else ("Rpt", "BkToCstmrAcctRpt")
    data = message(stmt(*lines, balances="")).replace(b"camt.053", f"camt.{kind}".encode())
    return data.replace(b"BkToCstmrStmt", root.encode()).replace(b"Stmt>", f"{body}>".encode())


@pytest.mark.parametrize("kind", ["052", "054"])
def test_a_notice_of_the_day_is_shown_and_never_booked(house: House, tmp_path: Path, kind: str) -> None:
    data = notice(line(), line("7", "B2", "DBIT"), line("9", "B3").replace("BOOK", "PDNG"), kind=kind)
    height = house.ledger.height()
    assert [] == brought(house, tmp_path, data)
    assert height == house.ledger.height()
    path = tmp_path / "0.xml"
    expected = [("B0001", True, 500_00, "E001", False), ("B2", False, 7_00, None, False)]
    there = notices.shown(house.treasurer, CUSTODY, [path])
    assert expected == [(each.booking, each.credit, each.amount_fen, each.employer, each.known) for each in there]
    assert [True, False] == [each.can_be_attested for each in there]
    (tmp_path / "statement.xml").write_bytes(message(stmt(line())))
    with pytest.raises(InputFault, match=r"statement\.xml: has no notice of the day of account"):
        notices.shown(house.treasurer, CUSTODY, [tmp_path / "statement.xml"])


def test_a_deposit_of_a_notice_is_attested_and_its_statement_confirms_it(house: House, tmp_path: Path) -> None:
    house.clock.go(DAY)
    path = tmp_path / "notice.xml"
    path.write_bytes(notice(line()))
    (told,) = notices.shown(house.treasurer, CUSTODY, [path])
    assert told.employer is not None
    deposits.attest_deposit(house.teller, CUSTODY, told.day, told.booking, told.employer, told.amount_fen)
    assert notices.shown(house.treasurer, CUSTODY, [path])[0].known
    (report,) = brought(house, tmp_path, PLAIN)
    assert ((), 500_00) == (report.waiting, house.treasurer.need(custodies, CUSTODY).supply_fen)


DOCS: Final = (Path(__file__).parents[2] / "docs/bank-files.md").read_text()


def test_the_docs_have_every_strict_rule_in_its_order_and_what_it_says() -> None:
    told = DOCS.split("## Strict rules")[1].split("\n### ")[1:]
    assert list(RULES) == [each.partition("\n")[0] for each in told]
    for each in told:
        rule, _, text = each.partition("\n")
        faults = []
        for _, data in (case for case in REFUSED.values() if case[0] == rule):
            with pytest.raises(StrictFault) as caught:
                read(data)
            faults.append(str(caught.value))
        quoted = [quote.removeprefix("> ") for quote in text.splitlines() if quote.startswith("> ")]
        assert [] == [quote for quote in quoted if quote not in faults]
        assert bool(quoted) == (rule != "size")


def test_the_entries_of_the_docs_are_read_as_it_says() -> None:
    parted, whole = (
        read(message(stmt(each, opening="500.00", closing="0.00"))).statements[0].entries
        for each in re.findall(r"```xml\n(.*?)```", DOCS, re.DOTALL)
    )
    assert [("B0001.1", -200_00, "LX260915SA0001"), ("B0001.2", -300_00, "LX260915SA0002")] == [
        (each.bank_ref, each.signed_fen, each.end_to_end_id) for each in parted
    ]
    assert [("B0001", -500_00, None, "CE001-20260915")] == [
        (each.bank_ref, each.signed_fen, each.end_to_end_id, each.payment_id) for each in whole
    ]
