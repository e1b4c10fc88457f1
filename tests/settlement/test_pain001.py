"""The payment order file: what is written is read back; what is not exactly right is refused with its place."""

import random
import string
from datetime import date, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from iso20022 import what_is_not_valid
from lxr.chaincode.cashout_records import end_to_end
from lxr.settlement.bank.formats.pain001 import END_TO_END_ID, NAMESPACES, TRANSFERS_MAX, Version, read, write
from lxr.settlement.bank.formats.recognised import message_in
from lxr.settlement.bank.model import Party, PaymentFile, Transfer
from lxr.settlement.errors import InputFault
from quick import examples

CHINA = timezone(timedelta(hours=8))
ORDER = PaymentFile(
    message_id="CASHOUT-20260915-01",
    created_at=datetime(2026, 9, 15, 9, 30, tzinfo=CHINA),
    execution_date=date(2026, 9, 15),
    debtor=Party(name="成都洛小茸工会 & 合作社", bank="102651000011"),
    debtor_account="4402200119000000001",
    transfers=(
        Transfer("LX260915SA0001", 520_050, "张三", "6222020000000000001", "103651000022", "SALA", "九月工资 <第一批>"),
        Transfer("LX260915SA0002", 1, "阿依古丽·买买提", "6222020000000000002", "104651000033", "SALA", ""),
    ),
)
FILE = write(ORDER)


def changed(old: str, new: str, count: int = 1) -> bytes:
    text = FILE.decode()
    assert old in text
    return text.replace(old, new, count).encode()


def unseen_free(most: int) -> st.SearchStrategy[str]:
    alphabet = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Cn"))
    return st.text(alphabet, min_size=1, max_size=most).filter(lambda text: text == text.strip())


def fields(alphabet: str, most: int, least: int = 1) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=least, max_size=most)


digits = fields(string.digits, 12, 12)
capitals = string.ascii_uppercase + string.digits
transfers = st.builds(
    Transfer,
    end_to_end_id=fields(capitals, 30),
    amount_fen=st.integers(1, 10**12),
    creditor_name=unseen_free(140),
    creditor_account=fields(string.ascii_letters + string.digits + "-", 34),
    creditor_bank=digits,
    purpose=fields(capitals, 4, 4),
    remittance=st.just("") | unseen_free(140),
)
orders = st.builds(
    PaymentFile,
    message_id=fields(string.ascii_letters + string.digits + "-", 35),
    created_at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(CHINA)),
    execution_date=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    debtor=st.builds(Party, name=unseen_free(140), bank=digits),
    debtor_account=fields(string.digits, 34),
    transfers=st.lists(transfers, min_size=1, max_size=4, unique_by=lambda one: one.end_to_end_id).map(tuple),
    batch_booking=st.booleans(),
)


@given(orders, st.sampled_from(list(NAMESPACES)))
@settings(max_examples=examples(100), deadline=None)
def test_an_order_is_read_back_as_it_was_written(order: PaymentFile, version: Version) -> None:
    file = write(order, version)
    assert order == read(file, "order.xml")
    assert [] == what_is_not_valid(file)


@pytest.mark.parametrize("version", NAMESPACES)
@pytest.mark.parametrize(("batch", "booking"), [(False, b"false"), (True, b"true")])
def test_the_bank_is_asked_for_one_line_each_or_for_a_total_of_the_file(
    version: Version, batch: bool, booking: bytes
) -> None:
    file = write(msgspec.structs.replace(ORDER, batch_booking=batch), version)
    assert b"<BtchBookg>" + booking + b"</BtchBookg>" in file
    assert message_in(file) == version


def test_every_id_of_ours_survives_a_bank_that_keeps_30_characters() -> None:
    """A cash-out's longest number and the last place of the last shard change nothing: a part of it is a hash."""
    longest = end_to_end("C" * 64, "worker:W", date(2026, 9, 15), 1023, 1023)
    assert longest == longest[:30]
    assert END_TO_END_ID.pattern.fullmatch(longest)
    assert None is END_TO_END_ID.pattern.fullmatch("A" * 31)


def test_the_same_order_gives_the_same_bytes_with_count_and_control_sum() -> None:
    assert write(ORDER) == FILE
    assert 2 == FILE.count(b"<NbOfTxs>2</NbOfTxs>")
    assert 2 == FILE.count(b"<CtrlSum>5200.51</CtrlSum>")
    assert b'<InstdAmt Ccy="CNY">0.01</InstdAmt>' in FILE


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (NAMESPACES["pain.001.001.09"], "urn:iso:std:iso:20022:tech:xsd:pain.001.001.02", "field Document: is "),
        (NAMESPACES["pain.001.001.09"], NAMESPACES["pain.001.001.03"], "PmtInf/ReqdExctnDt: has"),
        ("<NbOfTxs>2<", "<NbOfTxs>3<", "field CstmrCdtTrfInitn/GrpHdr: NbOfTxs is 3; expected 2, the number of"),
        ("<CtrlSum>5200.51<", "<CtrlSum>5200.50<", "GrpHdr: CtrlSum is 5200.50; expected 5200.51, the sum of InstdAmt"),
        ('Ccy="CNY">0.01', 'Ccy="USD">0.01', "row 2, field CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Amt/InstdAmt: currency"),
        (
            ">0.01<",
            ">0.010<",
            "row 2, field CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Amt/InstdAmt: has '0.010'; expected yuan",
        ),
        (">0.01<", ">-0.01<", "row 2, field CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Amt/InstdAmt: has '-0.01'"),
        (">0.01<", ">0.00<", "amount is 0.00; expected at least 0.01"),
        (">0.01<", ">1e3<", "has '1e3'"),
        (">0.01<", ">٣.01<", "has '٣.01'"),
        (
            "<EndToEndId>LX260915SA0002",
            "<EndToEndId>LX260915SA0001",
            "row 2, field CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/P",
        ),
        ("<EndToEndId>LX260915SA0002", f"<EndToEndId>{'A' * 31}", "expected 1 to 30 of A-Z 0-9"),
        ("<EndToEndId>LX260915SA0002", "<EndToEndId>NOTPROVIDED", "expected 1 to 30 of A-Z 0-9"),
        ("<PmtMtd>TRF<", "<PmtMtd>CHK<", "PmtMtd: has 'CHK'; expected TRF"),
        ("<BtchBookg>false<", "<BtchBookg>maybe<", "BtchBookg: has 'maybe'; expected true or false"),
        (
            "2026-09-15T09:30:00+08:00",
            "2026-09-15T09:30:00",
            "GrpHdr/CreDtTm: has '2026-09-15T09:30:00'; expected a date",
        ),
        ("<Dt>2026-09-15<", "<Dt>2026-09-31<", "PmtInf/ReqdExctnDt/Dt: no such day in the calendar"),
        (
            "103651000022",
            "10365100002",
            "row 1, field CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/CdtrAgt/FinInstnId/ClrSysMmbId/Mmb",
        ),
        ("张三", "张\u202e三", "row 1, field CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Cdtr/Nm: has"),
        ("张三", "张" * 141, "expected one line of 1 to 140 characters"),
        ("<Purp>", "<Priority>9</Priority><Purp>", "CdtTrfTxInf/Purp: found 'Priority' in its place"),
        ("<Purp>", "stray<Purp>", "has text 'stray' between its elements"),
        ("<Cdtr>", '<Cdtr id="7">', "CdtTrfTxInf/Cdtr: unexpected attribute 'id'"),
        ("?>\n", "?>\n<!DOCTYPE Document [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>\n", "document type declaration"),
        ("张三", "&e;", "not well-formed XML"),
        ("encoding='UTF-8'", "encoding='ISO-8859-1'", "declares the encoding 'ISO-8859-1'; expected UTF-8"),
        ("</PmtInf>", "</PmtInf><PmtInf/>", "field CstmrCdtTrfInitn: unexpected element 'PmtInf'"),
    ],
)
def test_what_is_not_right_is_refused_and_named(old: str, new: str, expected: str) -> None:
    with pytest.raises(InputFault) as caught:
        read(changed(old, new), "order.xml")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_order_of_too_many_transfers_is_refused_on_both_sides() -> None:
    many = tuple(msgspec.structs.replace(ORDER.transfers[0], end_to_end_id=f"LX{n}") for n in range(TRANSFERS_MAX + 1))
    with pytest.raises(InputFault, match="10001 transfers; expected at most 10000"):
        write(msgspec.structs.replace(ORDER, transfers=many))
    one = FILE[FILE.index(b"<CdtTrfTxInf>") : FILE.index(b"</CdtTrfTxInf>") + len(b"</CdtTrfTxInf>")]
    with pytest.raises(InputFault, match="more than 10000 CdtTrfTxInf"):
        read(FILE.replace(one, one * (TRANSFERS_MAX + 1)), "order.xml")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"transfers": ()}, "field CstmrCdtTrfInitn/GrpHdr/NbOfTxs: has '0'"),
        ({"transfers": (ORDER.transfers[0],) * 2}, "row 2, field .*EndToEndId: 'LX260915SA0001' appears twice"),
        ({"created_at": datetime(2026, 9, 15, 9, 30)}, "field CstmrCdtTrfInitn/GrpHdr/CreDtTm"),
        ({"message_id": "a b"}, "field CstmrCdtTrfInitn/GrpHdr/MsgId"),
        ({"debtor_account": ""}, "field CstmrCdtTrfInitn/PmtInf/DbtrAcct/Id/Othr/Id"),
        ({"debtor": Party("工会", "123")}, "field CstmrCdtTrfInitn/PmtInf/DbtrAgt/FinInstnId/ClrSysMmbId/MmbId"),
    ],
)
def test_what_read_would_refuse_is_not_written(change: dict[str, object], expected: str) -> None:
    with pytest.raises(InputFault, match=expected):
        write(msgspec.structs.replace(ORDER, **change))


def test_no_element_but_these_may_be_missing() -> None:
    may_be_missing = set()
    for index in range(1, len(list(etree.fromstring(FILE).iter()))):
        root = etree.fromstring(FILE)
        element = list(root.iter())[index]
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)
        try:
            read(etree.tostring(root), "order.xml")
        except InputFault:
            continue
        may_be_missing.add(f"{etree.QName(parent).localname}/{etree.QName(element).localname}")
    assert {"InitgPty/Nm", "PmtId/InstrId", "CdtTrfTxInf/RmtInf"} == may_be_missing


def test_a_mangled_file_is_read_or_refused_and_nothing_else() -> None:
    dice = random.Random(1)
    refused = 0
    for _ in range(400):
        data = bytearray(FILE)
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(data))
            end = at + dice.choice((0, 1, 5, 40))
            data[at:end] = dice.choice((b"", b"<", b"&", b"\x00", b"\xff", b"<!--", b"]]>", b"9", b"</Amt>", b"&#0;"))
        try:
            read(bytes(data), "order.xml")
        except InputFault:
            refused += 1
    assert refused > 300


@pytest.mark.parametrize(
    "data", [b"", b"\xef\xbb\xbf", b"<", b"\x00", "<a/>".encode("utf-16"), b"<a>" * 5000, b"PK\x03"]
)
def test_what_is_not_such_a_file_is_refused(data: bytes) -> None:
    with pytest.raises(InputFault):
        read(data, "order.xml")
