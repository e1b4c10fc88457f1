"""Reports of a bank on payment orders (pain.002), as banks write them, for tests."""

from typing import Final

from iso20022 import FILES, what_is_not_valid

VERSIONS: Final = ("pain.002.001.03", "pain.002.001.10", "pain.002.001.12")


def transfer(number: str, state: str, reason: str = "", amount: str = "", words: str = "") -> str:
    """One transfer of a report."""
    coded = f"<Rsn><Cd>{reason}</Cd></Rsn>" if reason else ""
    more = f"<AddtlInf>{words}</AddtlInf>" if words else ""
    why = f"<StsRsnInf>{coded}{more}</StsRsnInf>" if coded or more else ""
    sum_said = f'<OrgnlTxRef><Amt><InstdAmt Ccy="CNY">{amount}</InstdAmt></Amt></OrgnlTxRef>' if amount else ""
    return (
        f"<TxInfAndSts><OrgnlInstrId>{number}</OrgnlInstrId><OrgnlEndToEndId>{number}</OrgnlEndToEndId>"
        f"<TxSts>{state}</TxSts>{why}{sum_said}</TxInfAndSts>"
    )


def report(
    message_id: str,
    *transfers: str,
    group: str = "",
    block: str = "",
    counts: str = "",
    version: str = "pain.002.001.10",
) -> bytes:
    """A whole report. group, block: states after the ids of either level; counts: how many payments, their sum."""
    inside = (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{message_id}</OrgnlPmtInfId>{block}{''.join(transfers)}</OrgnlPmtInfAndSts>"
    )
    data = (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}">'
        "<CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId><CreDtTm>2026-09-15T10:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
        f"{counts}{group}</OrgnlGrpInfAndSts>{inside if transfers or block else ''}</CstmrPmtStsRpt></Document>"
    ).encode()
    assert version not in FILES or [] == what_is_not_valid(data)
    return data
