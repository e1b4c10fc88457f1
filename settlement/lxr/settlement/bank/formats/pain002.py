"""ISO 20022 pain.002, versions 03 to 15: what the bank says of an order to transfer money.

It is strict about which order and which transfers it speaks of, about states, amounts and sums, and passes over all
else. A state that is none of ISO's is a fault. Nothing in it is final but a rejection: that a payment has left is what
a statement says.
"""

from collections.abc import Iterator
from typing import Final

from lxml import etree

from lxr.node.said import Said
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.formats.pay_table import fen_of
from lxr.settlement.bank.formats.recognised import message_in
from lxr.settlement.bank.formats.texts import Place
from lxr.settlement.bank.formats.xml_document import root_of
from lxr.settlement.bank.rejection import FileResults, Outcome
from lxr.settlement.errors import InputFault

BYTES_MAX: Final = 64 * 1024 * 1024
VERSIONS: Final = tuple(f"pain.002.001.{number:02d}" for number in range(3, 16))
NO_REASON: Final = "MS03"
"""ISO's reason where the bank gives none, or one of its own."""
DUPLICATES: Final = frozenset({"AM05", "DUPL", "DU01", "DU02", "DU03", "DU04", "DU05"})
"""Reasons that say that this was sent before: then what was sent before may have been executed."""
_ACCEPTED: Final = frozenset(
    {"ACCP", "ACTC", "ACSP", "ACSC", "ACWC", "ACFC", "ACCC", "ACWP", "ACPD", "PATC", "PRES", "RCVD", "PDNG"}
)
_SETTLED: Final = ("ACSC", "ACCC")
_REJECTED: Final = "RJCT"
_PARTLY: Final = "PART"


def read(data: bytes, file: str) -> FileResults:
    """Return what a report in a file called `file` says of one order of ours.

    Raises InputFault, with the number of the transfer from 1: no such report, one of several orders, an element that
    counts twice or missing, an unknown state, a level that contradicts the one above it.
    """
    root = _document(data, file)
    place = Place(file, "CstmrPmtStsRpt", None)
    report = _need(root, "CstmrPmtStsRpt", Place(file, "", None))
    group = _need(report, "OrgnlGrpInfAndSts", place)
    at = place.below("OrgnlGrpInfAndSts")
    message_id = at.below("OrgnlMsgId").obey(_text(_need(group, "OrgnlMsgId", at)), texts.MESSAGE_ID)
    whole = _whole(group, "GrpSts", at)
    counts = [_counted(group, at)]
    blocks = list(_all(report, "OrgnlPmtInfAndSts"))
    if len(blocks) > 1:
        raise place.below("OrgnlPmtInfAndSts").fault("is given twice", "once: an order of ours has one")
    outcomes: list[Outcome] = []
    above = _state(group, "GrpSts", at)
    partly = above == _PARTLY
    for block in blocks:
        inside = place.below("OrgnlPmtInfAndSts")
        named = _text(_need(block, "OrgnlPmtInfId", inside))
        if named != message_id:
            raise inside.below("OrgnlPmtInfId").fault(Said("has {shown}", shown=texts.shown(named)), message_id)
        state = _state(block, "PmtInfSts", inside)
        _refuse_contradiction(state, above, inside.below("PmtInfSts"))
        above = state or above
        partly |= state == _PARTLY
        counts.append(_counted(block, inside))
        whole = _first_of(whole, _whole(block, "PmtInfSts", inside))
        for row, transfer in enumerate(_all(block, "TxInfAndSts"), 1):
            outcomes.append(_outcome(transfer, above, whole, inside.below("TxInfAndSts", row)))
    if partly and not any(outcome.reason for outcome in outcomes):
        raise place.fault(Said("says {state}", state=_PARTLY), "the transfers that are rejected")
    count, total_fen = (
        next((each for each in values if each is not None), None) for values in zip(*counts, strict=True)
    )
    return FileResults(tuple(outcomes), message_id, whole, count=count, total_fen=total_fen)


def _document(data: bytes, file: str) -> etree._Element:
    if len(data) > BYTES_MAX:
        raise InputFault(file=file, problem=Said("more than {most} bytes", most=BYTES_MAX), expected="a smaller file")
    if (message := message_in(data)) not in VERSIONS:
        expected = Said("{first} to {last}", first=VERSIONS[0], last=VERSIONS[-1])
        problem = Said("is {shown}", shown=message) if message else Said("is no report on payments")
        raise InputFault(file=file, problem=problem, expected=expected)
    return root_of(data, file)


def _outcome(transfer: etree._Element, above: str | None, whole: str | None, place: Place) -> Outcome:
    ids = [_maybe(transfer, name, place) for name in ("OrgnlEndToEndId", "OrgnlInstrId")]  # in our files they are one
    said = next((text for each in ids if each is not None and (text := _text(each))), "")
    if not said:
        raise place.below("OrgnlEndToEndId").fault("is missing", "the id that the order gave it")
    state = _state(transfer, "TxSts", place)
    if state == _PARTLY:
        raise place.below("TxSts").fault(Said("has {shown}", shown=texts.shown(state)), _REJECTED)
    _refuse_contradiction(state, above, place.below("TxSts"))
    reference = _maybe(transfer, "OrgnlTxRef", place)
    amount_fen = None if reference is None else _amount(reference, place.below("OrgnlTxRef"))
    own = (_reason(transfer, place) or NO_REASON) if state == _REJECTED else None
    return Outcome(place.row or 0, _first_of(own, whole), end_to_end_id=said, amount_fen=amount_fen)


def _refuse_contradiction(state: str | None, above: str | None, place: Place) -> None:
    """Raise InputFault: what is below a rejected level is not rejected, or below a settled one is."""
    if state is None:
        return
    if above == _REJECTED and state != _REJECTED:
        raise place.fault(Said("has {shown}", shown=texts.shown(state)), _REJECTED)
    if above in _SETTLED and state in (_REJECTED, _PARTLY):
        raise place.fault(Said("has {shown}", shown=texts.shown(state)), above)


def _first_of(*reasons: str | None) -> str | None:
    """Return the reason that counts of several levels, from the first one on; None: none of them is rejected.

    That it was sent before counts wherever it is said, and any reason before none.
    """
    given = [each for each in reasons if each is not None]
    sent_before = (each for each in given if each in DUPLICATES)
    said = (each for each in given if each != NO_REASON)
    return next(sent_before, None) or next(said, None) or next(iter(given), None)


def _amount(reference: etree._Element, place: Place) -> int | None:
    amount = _maybe(reference, "Amt", place)
    instructed = None if amount is None else _maybe(amount, "InstdAmt", place.below("Amt"))
    if instructed is None:
        return None
    at = place.below("Amt/InstdAmt")
    if (currency := instructed.get("Ccy", "")) != texts.CURRENCY:
        raise at.fault(Said("currency is {shown}", shown=texts.shown(currency)), texts.CURRENCY)
    return fen_of(_decimals(_text(instructed)), at)


def _counted(level: etree._Element, place: Place) -> tuple[int | None, int | None]:
    """How many transfers the original had, and their sum, as far as this level says."""
    number, total = _maybe(level, "OrgnlNbOfTxs", place), _maybe(level, "OrgnlCtrlSum", place)
    count = None if number is None else int(place.below("OrgnlNbOfTxs").obey(_text(number).lstrip("0"), texts.COUNT))
    return count, None if total is None else fen_of(_decimals(_text(total)), place.below("OrgnlCtrlSum"))


def _decimals(said: str) -> str:
    """Return an amount without the zeros that change nothing."""
    whole, point, rest = said.partition(".")
    return f"{whole.lstrip('0') or '0'}{point}{rest[:2]}{rest[2:].rstrip('0')}".removesuffix(".")


def _whole(level: etree._Element, name: str, place: Place) -> str | None:
    """Return the reason of a level that is rejected as a whole."""
    if _state(level, name, place) != _REJECTED:
        return None
    return _reason(level, place) or NO_REASON


def _state(level: etree._Element, name: str, place: Place) -> str | None:
    found = _maybe(level, name, place)
    if found is None:
        return None
    state = _text(found)
    if state not in (*_ACCEPTED, _REJECTED, _PARTLY):
        raise place.below(name).fault(
            Said("has {shown}", shown=texts.shown(state)), "a state of ISO 20022, such as RJCT"
        )
    return state


def _reason(level: etree._Element, place: Place) -> str | None:
    """Return the coded reason that counts; the bank's own words could name somebody, and are left out."""
    codes = []
    for said in _all(level, "StsRsnInf"):
        coded = _maybe(said, "Rsn", place.below("StsRsnInf"))
        codes += [] if coded is None else [_text(each) for each in _all(coded, "Cd")]
    return _first_of(*(code for code in codes if texts.RETURN_REASON.pattern.fullmatch(code)))


def _need(parent: etree._Element, name: str, place: Place) -> etree._Element:
    found = _maybe(parent, name, place)
    if found is None:
        raise place.below(name).fault("is missing")
    return found


def _maybe(parent: etree._Element, name: str, place: Place) -> etree._Element | None:
    found = list(_all(parent, name))
    if len(found) > 1:
        raise place.below(name).fault("is given twice", "once")
    return found[0] if found else None


def _all(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    namespace = etree.QName(parent).namespace
    return parent.iterchildren(f"{{{namespace}}}{name}")


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()
