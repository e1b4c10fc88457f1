"""What banks send of payments that they do not make: pain.002, a list of results, or the simulated bank's own list.

Whatever it is, it must fit the file that it speaks of, as the bank holds it; else nothing of it counts.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from lxr.chaincode.cashout_records import CashOutState, cash_outs, is_end_to_end, payment_orders
from lxr.chaincode.days import day_of
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement.bank.cashout import OrderView, message_of
from lxr.settlement.bank.formats import pain002, pay_results, texts
from lxr.settlement.bank.formats.recognised import message_in
from lxr.settlement.bank.held_files import transfers_held
from lxr.settlement.bank.payment_forms import STANDARD, PaymentForm
from lxr.settlement.bank.rejection import FileResults, Outcome, Rejection
from lxr.settlement.bank.stated_files import orders_by_file
from lxr.settlement.errors import InputFault
from lxr.settlement.files import read_bounded

_BYTES_MAX: Final = 64 * 1024 * 1024


class _Sent(Struct, frozen=True):
    """A file that the bank has accepted, its digest, and the orders that it pays, in its order."""

    message_id: str
    digest: str
    orders: tuple[OrderView, ...]


def rejections_in(
    client: Client,
    custody: str,
    path: Path,
    inbox: Path | None = None,
    form: PaymentForm = STANDARD,
    message_id: str | None = None,
) -> tuple[Rejection, ...]:
    """Return what a file of the bank's says that it did not execute.

    inbox, form: where the bank holds the files, and their form, which a list of results is compared with. message_id:
    of the file that a list speaks of, where neither an id of ours in it nor its own name says which.
    Raises InputFault: no such list; one with a reason that is no code, which could name somebody; or one that does not
    fit the file that it speaks of.
    """
    data = read_bounded(path, _BYTES_MAX)
    if data.lstrip()[:1] in (b"[", b"{", b""):
        return _own_list(data, path.name)
    if message_in(data) in pain002.VERSIONS or data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
        results = pain002.read(data, path.name)
    elif form.results is None:
        problem = Said("no list of rejections is known for {form}", form=form.name)
        raise InputFault(file=path.name, problem=problem, expected="a `pain.002`, or a list of rejections as JSON")
    else:
        results = pay_results.read(data, path.name, form.results)
    sent = _sent(client, custody, path, results, message_id)
    if results.whole is not None and results.whole in pain002.DUPLICATES:
        problem = Said(
            "the bank rejects all of {message_id} as sent before: {reason}",
            message_id=sent.message_id,
            reason=results.whole,
        )
        raise InputFault(file=path.name, problem=problem, expected="what became of the one that was sent first")
    pairs = _fitted(results, sent, path.name, inbox, form)
    for order, outcome in pairs:
        if outcome.reason in pain002.DUPLICATES:  # of a second upload, or by a bank that takes two wages for one
            problem = Said("the bank rejects {order} as sent before: {reason}", order=order, reason=outcome.reason)
            at = texts.Place(path.name, "", outcome.row)
            raise at.fault(problem, "what became of the one that was sent first")
    reasons: dict[str, str | None] = {}
    if results.whole is not None:
        reasons = {order.order: results.whole for order in sent.orders}
    reasons |= {order: outcome.reason for order, outcome in pairs}
    today = day_of(client.now_ms())
    return tuple(Rejection(sent.message_id, order, reason, today) for order, reason in reasons.items() if reason)


def _own_list(data: bytes, file: str) -> tuple[Rejection, ...]:
    try:
        listed = msgspec.json.decode(data, type=tuple[Rejection, ...])
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise InputFault(
            file=file, problem=Said("{fault}", fault=fault), expected="the bank's list of rejections"
        ) from None
    for row, rejection in enumerate(listed, 1):
        if texts.RETURN_REASON.pattern.fullmatch(rejection.reason) is None:
            expected = texts.RETURN_REASON.expected
            raise InputFault(file=file, row=row, field="reason", problem="is no code", expected=expected)
    return listed


def _sent(client: Client, custody: str, path: Path, results: FileResults, message_id: str | None) -> _Sent:
    """Return the file that a list speaks of. Raises InputFault: none that the bank has accepted for the account."""
    named = results.message_id or message_id
    if results.message_id and message_id not in (None, results.message_id):
        problem = Said("speaks of {message_id}", message_id=results.message_id)
        raise InputFault(file=path.name, problem=problem, expected=Said("{message_id}", message_id=message_id))
    accepted = [
        (file.message_id, key[0])
        for key, head in client.scan(cash_outs)
        if head.state is CashOutState.ACCEPTED and head.custody == custody
        for file in head.files
    ]
    if named is None:
        named = _by_order(client, results) or _by_name(path.stem, [each for each, _ in accepted])
    found = next((cashout for each, cashout in accepted if each == named), None)
    if found is None or named is None:
        problem = (
            Said("speaks of {message_id}, which is no file that the bank has accepted", message_id=named)
            if named
            else Said("does not say which file it speaks of")
        )
        raise InputFault(file=path.name, problem=problem, expected="the id of a payment file, in its name or by --file")
    head = client.need(cash_outs, found)
    place = [file.message_id for file in head.files].index(named)
    return _Sent(named, head.files[place].digest, orders_by_file(client, found, head)[place])


def _by_order(client: Client, results: FileResults) -> str | None:
    """Return the file that pays the first order that is named."""
    for outcome in results.outcomes:
        if is_end_to_end(outcome.end_to_end_id):
            order = client.get(payment_orders, outcome.end_to_end_id)
            return None if order is None else message_of(client.need(cash_outs, order.cashout), order.shard)
    return None


def _by_name(stem: str, message_ids: Sequence[str]) -> str | None:
    """Return the file whose id stands in the list's name; the longest, for C1-2 has C1 in it."""
    words = (each for each in message_ids if re.search(rf"(?<![A-Z0-9]){re.escape(each)}(?![A-Z0-9])", stem))
    return max(words, key=len, default=None)


def _fitted(
    results: FileResults, sent: _Sent, file: str, inbox: Path | None, form: PaymentForm
) -> list[tuple[str, Outcome]]:
    """Each outcome with its order. Raises InputFault: an outcome fits no payment of the file, or not as it was paid."""
    place = texts.Place(file, "", None)
    total_fen = sum(order.amount_fen for order in sent.orders)
    for said, ours, shown in (
        (results.count, len(sent.orders), str),
        (results.total_fen, total_fen, texts.yuan),
    ):
        if said is not None and said != ours:
            problem = Said("says {said} of {message_id}", said=shown(said), message_id=sent.message_id)
            raise place.fault(problem, shown(ours))
    rows = _rows(sent, file, inbox, form) if results.complete else {}
    pairs = _paired(results, sent, rows, file)
    seen: dict[str, Outcome] = {}
    for order, outcome in pairs:
        if order in seen:
            at = texts.Place(file, "", outcome.row)
            raise at.fault(Said("{order} stands in row {row} already", order=order, row=seen[order].row), "once")
        seen[order] = outcome
    if results.complete and (missing := [each.order for each in sent.orders if each.order not in seen]):
        problem = Said(
            "{count} payments of {message_id} are missing, {order} the first of them",
            count=len(missing),
            message_id=sent.message_id,
            order=missing[0],
        )
        raise place.fault(problem, "a row for every payment of the file")
    return pairs


Facts = tuple[str, str, int]
"""Account, name and fen of a payment."""


def _rows(sent: _Sent, file: str, inbox: Path | None, form: PaymentForm) -> dict[str, Facts]:
    """What the file that the bank holds says of each order's payee; as accepted, it has the orders in their order."""
    if inbox is None:
        raise InputFault(file=file, problem="is a list of results", expected="the payment file to compare it with")
    path = inbox / f"{sent.message_id}{form.suffix}"
    read = transfers_held(path, sent.digest, len(sent.orders), form)
    if read is None:
        raise InputFault(file=path.name, problem="says another thing than the ledger", expected="the file as accepted")
    return {
        order.order: (each.creditor_account, each.creditor_name, order.amount_fen)
        for order, each in zip(sent.orders, read, strict=True)
    }


def _paired(results: FileResults, sent: _Sent, rows: dict[str, Facts], file: str) -> list[tuple[str, Outcome]]:
    amounts = {order.order: order.amount_fen for order in sent.orders}
    alike: dict[Facts, list[str]] = defaultdict(list)
    for order, facts in rows.items():
        alike[facts].append(order)
    reasons: dict[Facts, set[str | None]] = defaultdict(set)
    pairs = []
    for outcome in results.outcomes:
        place = texts.Place(file, "", outcome.row)
        facts = (outcome.account, outcome.name, outcome.amount_fen or 0)
        if outcome.end_to_end_id or not results.complete:
            order = outcome.end_to_end_id
            if order not in amounts:
                problem = Said(
                    "{order} is no payment of {message_id}", order=texts.shown(order), message_id=sent.message_id
                )
                raise place.fault(problem, "a payment of the file")
            if (outcome.amount_fen not in (None, amounts[order])) or (results.complete and rows[order] != facts):
                raise place.fault(
                    Said("{order} was not sent so", order=order), "account, name and amount as in the file"
                )
        else:
            if not alike[facts]:
                raise place.fault(
                    Said(
                        "no further payment of {message_id} has this account, name and amount",
                        message_id=sent.message_id,
                    ),
                    "a payment of the file",
                )
            reasons[facts].add(outcome.reason)
            if len(reasons[facts]) > 1:  # which of the two came back, nobody can say
                raise place.fault("one of several payments that are alike has another result", "a list with our ids")
            order = alike[facts].pop(0)
        pairs.append((order, outcome))
    return pairs
