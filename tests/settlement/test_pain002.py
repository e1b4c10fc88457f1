"""Reports on payment orders: a rejection is read with its reason, a contradiction refused, all else passed over."""

import random

import pytest

from lxr.settlement.bank.formats.pain002 import read
from lxr.settlement.errors import InputFault
from statusreports import VERSIONS, report, transfer

REJECTED = "<GrpSts>RJCT</GrpSts>"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_rejected_transfer_has_its_reason_and_an_accepted_one_has_none(version: str) -> None:
    said = read(
        report(
            "C1",
            transfer("LX1", "ACSP", amount="5200.50"),
            transfer("LX2", "RJCT", "AC04", "1.00"),
            transfer("LX3", "RJCT", words="户名张三不符"),
            group="<GrpSts>PART</GrpSts>",
            counts="<OrgnlNbOfTxs>3</OrgnlNbOfTxs><OrgnlCtrlSum>5201.6</OrgnlCtrlSum>",
            version=version,
        ),
        "r.xml",
    )
    assert ("C1", None, 3, 520_160, False) == (said.message_id, said.whole, said.count, said.total_fen, said.complete)
    assert [("LX1", None, 520_050), ("LX2", "AC04", 100), ("LX3", "MS03", None)] == [
        (each.end_to_end_id, each.reason, each.amount_fen) for each in said.outcomes
    ]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("level", ["group", "block"])
def test_an_order_is_rejected_as_a_whole_at_either_level(version: str, level: str) -> None:
    name = "GrpSts" if level == "group" else "PmtInfSts"
    why = f"<{name}>RJCT</{name}><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>"
    said = read(report("C1", version=version, **{level: why}), "r.xml")
    assert ("AM04", ()) == (said.whole, said.outcomes)


@pytest.mark.parametrize("state", ["ACCP", "ACTC", "ACSP", "ACSC", "ACWC"])
def test_an_order_that_is_taken_in_rejects_nothing_and_is_not_taken_for_paid(state: str) -> None:
    said = read(report("C1", group=f"<GrpSts>{state}</GrpSts>"), "r.xml")
    assert (None, ()) == (said.whole, said.outcomes)


def test_what_carries_no_money_is_passed_over_wherever_it_stands() -> None:
    data = report("C1", transfer("LX1", "RJCT", "AC01")).replace(
        b"<TxSts>", b"<OrgnlUETR>x</OrgnlUETR><!-- c --><TxSts>"
    )
    assert ["AC01"] == [each.reason for each in read(data, "r.xml").outcomes]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (report("C1", transfer("LX1", "XXXX")), "row 1, field CstmrPmtStsRpt/OrgnlPmtInfAndSts/TxInfAndSts/TxSts: has"),
        (report("C1", transfer("LX1", "ACSC"), group=REJECTED), "TxSts: has 'ACSC'; expected RJCT"),
        (report("C1", group=REJECTED, block="<PmtInfSts>ACSC</PmtInfSts>"), "PmtInfSts: has 'ACSC'; expected RJCT"),
        (report("C1", group=REJECTED, block="<PmtInfSts>PART</PmtInfSts>"), "PmtInfSts: has 'PART'; expected RJCT"),
        (report("C1", transfer("LX1", "RJCT"), group="<GrpSts>ACSC</GrpSts>"), "TxSts: has 'RJCT'; expected ACSC"),
        (report("C1", transfer("LX1", "ACSC"), group="<GrpSts>PART</GrpSts>"), "says PART; expected the transfers"),
        (report("C1", group="<GrpSts>PART</GrpSts>"), "says PART; expected the transfers that are rejected"),
        (report("C1", transfer("LX1", "RJCT", amount="1.005")), "an amount in yuan"),
        (report("C1", transfer("LX1", "RJCT", amount="1")).replace(b"CNY", b"USD"), "currency is 'USD'; expected CNY"),
        (report("C1", transfer("", "RJCT")), "OrgnlEndToEndId: is missing"),
        (report("C1", block="<PmtInfSts>ACCP</PmtInfSts>").replace(b"InfId>C1", b"InfId>C2"), "has 'C2'; expected C1"),
        (
            report("C1", transfer("LX1", "RJCT")).replace(b"pain.002.001.10", b"pain.002.001.02"),
            "is pain.002.001.02; expected pain.002.001.03 to",
        ),
        (report("C1").replace(b"<OrgnlMsgId>C1</OrgnlMsgId>", b""), "OrgnlMsgId: is missing"),
        (report("C1").replace(b"<GrpHdr>", b"<GrpHdr"), "not well-formed XML"),
        (report("C1").replace(b"?><", b"?><!DOCTYPE Document [<!ENTITY e 'x'>]><"), "document type declaration"),
        (report("C1", group="<GrpSts>RJCT</GrpSts><GrpSts>ACCP</GrpSts>", version="pain.002.001.10"), "given twice"),
    ],
)
def test_what_is_not_right_is_refused_in_one_line(data: bytes, expected: str) -> None:
    with pytest.raises(InputFault) as caught:
        read(data, "r.xml")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mangled_report_is_read_or_refused_and_nothing_else() -> None:
    dice, whole = random.Random(1), report("C1", transfer("LX1", "RJCT", "AC01", "1.00"), group="<GrpSts>PART</GrpSts>")
    refused = 0
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(data))
            end = at + dice.choice((0, 1, 5, 40))
            data[at:end] = dice.choice(
                (b"", b"<", b"&", b"\x00", b"\xff", b"<!--", b"]]>", b"9", b"</Amt>", b"&#0;", b"-")
            )
        try:
            read(bytes(data), "r.xml")
        except InputFault:
            refused += 1
    assert refused > 200
