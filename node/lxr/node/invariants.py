"""What must hold over the whole state at any height; audit checks it after it has re-executed everything."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from lxr.chaincode.books import balances, wages
from lxr.chaincode.carried import WITH_THE_BANK
from lxr.chaincode.cashout_records import CashOut, CashOutState, PaymentOrderState, came_back, cash_outs, payment_orders
from lxr.chaincode.custody_records import (
    IN_TRANSIT,
    PLATFORM,
    Backing,
    Custody,
    attestations,
    backings,
    bookings,
    custodies,
    transits,
    unmatched_debits,
)
from lxr.chaincode.headcount import headcounts
from lxr.chaincode.reserve import AGAIN, owner_of
from lxr.chaincode.run_totals import run_totals
from lxr.chaincode.runs import (
    NOTHING_EARNED,
    DeductionOrder,
    RunShard,
    RunState,
    ShardState,
    deduction_orders,
    deductions,
    earned,
    pay_lines,
    run_shards,
    runs,
)
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.workers import workers
from lxr.node.said import Said
from lxr.token.accounts import PLATFORM_ACCOUNTS, AccountKind, kind_of
from lxr.token.fen import yuan

Scan = Callable[[str], Iterator[tuple[str, bytes]]]
"""The keys that begin with a prefix and their values, in order of keys."""

_BACK: Final = (PaymentOrderState.RETURNED, PaymentOrderState.REJECTED)


def supply_and_reserve(scan: Scan) -> tuple[int, int]:
    """LXR in existence, and money in custody as the bank's last statements attest it; over all custody accounts."""
    accounts = [custodies.decode(value) for _, value in scan("custody/")]
    return sum(custody.supply_fen for custody in accounts), sum(custody.closing_fen for custody in accounts)


def check(scan: Scan) -> list[Said]:
    """Return what does not hold, one line each; nothing if all is well."""
    broken: list[Said] = []
    wages_fen = _wages(scan)
    balance_fen = sum(balances.decode(value).fen for _, value in scan("account/")) + sum(wages_fen.values())
    supply_fen, _ = supply_and_reserve(scan)
    if balance_fen != supply_fen:
        broken.append(
            Said(
                "all accounts together hold {balance} yuan, the supply is {supply} yuan",
                balance=yuan(balance_fen),
                supply=yuan(supply_fen),
            )
        )
    for key, value in scan("custody/"):
        custody = custodies.decode(value)
        number = key.removeprefix("custody/")
        if custody.supply_fen != custody.backing_fen:
            broken.append(
                Said(
                    "custody {number}: supply {supply} yuan, backing {backing} yuan",
                    number=number,
                    supply=yuan(custody.supply_fen),
                    backing=yuan(custody.backing_fen),
                )
            )
        broken += _custody(scan, number, custody, wages_fen)
    broken += _runs(scan, wages_fen)
    broken += _places(scan)
    return broken


def _custody(scan: Scan, number: str, custody: Custody, wages_fen: Mapping[str, int]) -> Iterator[Said]:
    """What does not hold of the custody account: every fen is some owner's, waits, or is a debit that nobody knows.

    wages_fen: see `_wages`.
    """
    parts = {key.removeprefix("backing/"): backings.decode(value) for key, value in scan("backing/")}
    heads = {key.removeprefix("cashout/"): cash_outs.decode(value) for key, value in scan("cashout/")}
    lxr_fen, suspense_fen, came_back_fen = _lxr_by_owner(scan, heads, wages_fen)
    for owner in sorted(parts.keys() | lxr_fen.keys()):
        part = parts.get(owner, Backing())
        known_fen = part.confirmed_fen + part.in_transit_fen + part.blocked_fen + part.shortfall_fen
        if lxr_fen[owner] != known_fen:
            yield Said(
                "{owner} and its workers hold {lxr} yuan, its part of custody is {known} yuan",
                owner=owner,
                lxr=yuan(lxr_fen[owner]),
                known=yuan(known_fen),
            )
    booked = [bookings.decode(value) for _, value in scan(f"booking/{number}/")]
    deposits = [attestations.decode(value) for _, value in scan(f"attestation/{number}/")]
    waiting = [booking for booking in booked if booking.kind == "waiting"]
    in_transit = [each for _, value in scan("transit/") for each in transits.decode(value).deposits]
    listed = [(each.missing, each.amount_fen) for each in in_transit]
    stand = [(each.state == "missing", each.amount_fen) for each in deposits if each.state in IN_TRANSIT]
    with_bank = Counter[str]()
    for _, value in scan("payment_order/"):
        order = payment_orders.decode(value)
        head = heads[order.cashout]
        if order.state is PaymentOrderState.HELD and head.state in WITH_THE_BANK:
            with_bank[owner_of(head)] += order.amount_fen
    signed_fen = sum(booking.signed_fen for booking in booked)
    owned_fen = suspense_fen + _sum(parts, "confirmed_fen") - custody.unmatched_fen
    for what, there_fen, found_fen in (
        ("lines", custody.balance_fen, signed_fen),
        ("parts and suspense", custody.balance_fen, owned_fen),
        ("deposits in transit", custody.in_transit_fen, _sum(parts, "in_transit_fen")),
        ("attestations", custody.in_transit_fen, sum(fen for missing, fen in stand if not missing)),
        ("blocked parts", custody.blocked_fen, _sum(parts, "blocked_fen")),
        ("missing deposits", custody.blocked_fen, sum(each.blocked_fen for each in deposits)),
        ("shortfalls", custody.shortfall_fen, _sum(parts, "shortfall_fen")),
        ("debits that wait", custody.unmatched_fen, sum(each.waiting_fen for each in waiting if not each.line.credit)),
        ("credits that wait", suspense_fen, sum(each.waiting_fen for each in waiting if each.line.credit)),
        ("payments", custody.instructed_fen, sum(with_bank.values())),
        ("wages that came back", custody.came_back_fen, came_back_fen),
        ("parts of wages that came back", custody.came_back_fen, _sum(parts, "came_back_fen")),
    ):
        if there_fen != found_fen:
            yield Said(
                "custody {number}: {what} sum to {found} yuan, not to {there} yuan",
                number=number,
                what=what,
                found=yuan(found_fen),
                there=yuan(there_fen),
            )
    for owner in sorted(parts.keys() | with_bank.keys()):
        if (pending_fen := parts.get(owner, Backing()).pending_fen) != with_bank[owner]:
            yield Said(
                "{owner}: payments with the bank sum to {with_bank} yuan, not to {pending} yuan",
                owner=owner,
                with_bank=yuan(with_bank[owner]),
                pending=yuan(pending_fen),
            )
    waits = Counter[str]()
    claimed_fen = Counter[str]()
    for booking in waiting:
        if booking.line.order is not None and not booking.line.credit:
            waits[booking.line.order] += 1
        if booking.proposal is not None and booking.proposal.charged is not None:
            claimed_fen[booking.proposal.charged] += booking.waiting_fen
    counted = {
        key.removeprefix("unmatched_debits/"): unmatched_debits.decode(value).count
        for key, value in scan("unmatched_debits/")
    }
    for order_number in sorted(counted.keys() | waits.keys()):
        if counted.get(order_number, 0) != waits[order_number]:
            yield Said(
                "order {order_number}: {waits} debits that bear it wait, not {counted}",
                order_number=order_number,
                waits=waits[order_number],
                counted=counted[order_number],
            )
    for owner in sorted(parts.keys() | claimed_fen.keys()):
        if (there_fen := parts.get(owner, Backing()).claimed_fen) != claimed_fen[owner]:
            yield Said(
                "{owner}: lines that take of it sum to {claimed} yuan, not to {there} yuan",
                owner=owner,
                claimed=yuan(claimed_fen[owner]),
                there=yuan(there_fen),
            )
    yield from _back(scan)
    if sorted(listed) != sorted(stand):
        yield Said("custody {number}: what is in transit is not what is listed", number=number)


def _back(scan: Scan) -> Iterator[Said]:
    """Yield what does not hold of payments that came back: each is in one list, and wages are what their lists say."""
    found = {key.removeprefix("payment_order/"): payment_orders.decode(value) for key, value in scan("payment_order/")}
    there = {key.removeprefix("came_back/"): came_back.decode(value).orders for key, value in scan("came_back/")}
    fen = {key.removeprefix("account/"): balances.decode(value).fen for key, value in scan("account/")}
    for place, numbers in there.items():
        if any(found[number].comes_back_to != place or found[number].state not in _BACK for number in numbers):
            yield Said("account {place}: some order in its list did not come back to it", place=place)
        back_fen = sum(found[number].amount_fen for number in numbers)
        if kind_of(place) is AccountKind.RETURNED and back_fen != fen.get(place, 0):
            yield Said(
                "account {place}: {there} yuan are there, its orders that came back sum to {back} yuan",
                place=place,
                there=yuan(fen.get(place, 0)),
                back=yuan(back_fen),
            )


def _lxr_by_owner(
    scan: Scan, heads: Mapping[str, CashOut], wages_fen: Mapping[str, int]
) -> tuple[Counter[str], int, int]:
    """What employers, with their workers and payouts, and the platform hold; what is in suspense; what came back."""
    employers = {key.removeprefix("worker/"): workers.decode(value).employer for key, value in scan("worker/")}
    held: Counter[str] = Counter()
    suspense_fen = came_back_fen = 0
    for key, value in scan("account/"):
        kind, _, name = key.removeprefix("account/").partition(":")
        fen = balances.decode(value).fen
        if kind == AccountKind.SUSPENSE:
            suspense_fen += fen
        elif kind in (*PLATFORM_ACCOUNTS, AccountKind.BANK):
            held[PLATFORM] += fen
        elif kind == AccountKind.PENDING_REDEMPTION:
            head = heads[name.rpartition(".")[0]]
            held[owner_of(head)] += fen
            again = head.scope in AGAIN and head.state not in WITH_THE_BANK
            came_back_fen += fen if again else 0
        elif kind == AccountKind.RETURNED:
            held[employers.get(name, name)] += fen
            came_back_fen += fen
        else:
            held[name.partition("-")[0].partition(".")[0]] += fen
    for name, fen in wages_fen.items():
        held[employers.get(name, name)] += fen
    return held, suspense_fen, came_back_fen


def _wages(scan: Scan) -> Counter[str]:
    """Return what wages each worker holds, in fen, wherever they stand."""
    held_fen: Counter[str] = Counter()
    for _, value in scan("wages/"):
        held_fen.update(wages.decode(value).fen)
    return held_fen


def _sum(parts: Mapping[str, Backing], name: str) -> int:
    return sum(getattr(part, name) for part in parts.values())


def _places(scan: Scan) -> Iterator[Said]:
    """What does not hold of the workers' places: each worker has one, and no shard was opened before it was needed."""
    heads = {key.removeprefix("shard/"): shard_heads.decode(value).workers for key, value in scan("shard/")}
    listed = Counter(f"{place} {worker}" for place, crew in heads.items() for worker in crew)
    for key, value in scan("headcount/"):
        employer, headcount = key.removeprefix("headcount/"), headcounts.decode(value)
        for shard in range(headcount.shards):
            filled = min(headcount.shard_size, headcount.workers - shard * headcount.shard_size)
            if len(found := heads.pop(f"{employer}/{shard}", ())) != filled:
                yield Said(
                    "shard {employer}/{shard}: it has {count} workers, not {filled}",
                    employer=employer,
                    shard=shard,
                    count=len(found),
                    filled=filled,
                )
    for place in heads:
        yield Said("shard {place}: it is beyond the workers of its employer", place=place)
    records = {key.removeprefix("worker/"): workers.decode(value) for key, value in scan("worker/")}
    there = Counter(f"{worker.employer}/{worker.shard} {number}" for number, worker in records.items())
    for key, value in scan("wages/"):
        place = key.removeprefix("wages/")
        for number in wages.decode(value).fen:
            if not there[f"{place} {number}"]:
                yield Said("shard {place}: it holds wages of {number}, who is not there", place=place, number=number)
    for place in sorted(there.keys() | listed.keys()):
        if there[place] != 1 or listed[place] != 1:
            yield Said(
                "place {place}: {there} workers are registered there, the shard lists {listed}",
                place=place,
                there=there[place],
                listed=listed[place],
            )


def _runs(scan: Scan, wages_fen: Mapping[str, int]) -> Iterator[Said]:
    shards = {key.removeprefix("run_shard/"): run_shards.decode(value) for key, value in scan("run_shard/")}
    orders = {key.removeprefix("deduction/"): deduction_orders.decode(value) for key, value in scan("deduction/")}
    taken_fen: dict[str, int] = {}
    here_fen: dict[str, int] = {}
    brought_fen: Counter[str] = Counter()
    for key, value in scan("lines/"):
        number = key.removeprefix("lines/")
        lines = pay_lines.decode(value).lines
        net_fen = sum(line.net_fen for line in lines.values())
        kept_fen = sum(deduction.fen for line in lines.values() for deduction in line.deductions)
        gross_fen = sum(line.gross_fen for line in lines.values())
        place = f"{number.partition('-')[0]}/{number.rpartition('/')[2]}"
        for worker, line in lines.items():
            due_fen = {f"{place}/{part.terms}/{part.start} {worker}": part.due_fen for part in line.parts}
            if shards[number].state is ShardState.UNDONE:
                continue
            brought_fen.update(due_fen)
            for deduction in line.deductions:
                taken_fen[deduction.order] = taken_fen.get(deduction.order, 0) + deduction.fen
                if (order := orders.get(deduction.order)) is not None and order.recovery is not None:
                    brought_fen[f"{place}/{order.recovery.terms}/{order.recovery.start} {worker}"] -= deduction.fen
        if shards[number].state is ShardState.PAID and shards[number].cashout is None:
            for worker, line in lines.items():
                here_fen[worker] = here_fen.get(worker, 0) + line.net_fen
        totals = shards[number].totals
        if (gross_fen, net_fen) != (totals.gross_fen, totals.net_fen) or gross_fen != net_fen + kept_fen:
            yield Said(
                "shard {number}: its lines sum to {gross} yuan gross and {net} net, not to its totals",
                number=number,
                gross=yuan(gross_fen),
                net=yuan(net_fen),
            )
    heads = {key.removeprefix("cashout/"): value for key, value in scan("cashout/")}
    for key, value in scan("run/"):
        number = key.removeprefix("run/")
        run = runs.decode(value)
        if run.state not in (RunState.FUNDED, RunState.SWEPT):
            continue
        parts = [shards[f"{number}/{shard}"] for shard in range(run.shards)]
        if run_totals(part.totals for part in parts) != run.totals:
            yield Said("run {number}: its shards do not sum to its totals", number=number)
        if run.state is RunState.SWEPT and any(part.state is not ShardState.PAID for part in parts):
            yield Said("run {number}: it is swept, but not all shards are paid", number=number)
        left = run.cashout is not None and cash_outs.decode(heads[run.cashout]).state is CashOutState.ACCEPTED
        if run.state is RunState.SWEPT and run.totals.net_fen and not left:
            yield Said("run {number}: it is swept, but its wages have not left", number=number)
    for key, _ in scan(f"account/{AccountKind.WORKER}:"):
        yield Said("{key}: wages stand in the records of shards", key=key)
    for worker in sorted(wages_fen.keys() | here_fen.keys()):
        held_fen = wages_fen.get(worker, 0)
        if held_fen != here_fen.get(worker, 0):
            yield Said(
                "worker {worker}: holds {held} yuan of wages, {paid} were paid and have not left",
                worker=worker,
                held=yuan(held_fen),
                paid=yuan(here_fen.get(worker, 0)),
            )
    yield from _earned(scan, brought_fen)
    yield from _deductions(scan, orders, taken_fen)
    yield from _contested(scan, shards)


def _contested(scan: Scan, shards: dict[str, RunShard]) -> Iterator[Said]:
    """What does not hold of the money for contested rows: funded runs have set aside what is held of all periods."""
    held_fen: Counter[str] = Counter()
    for key, value in scan("earned/"):
        _, employer, shard, *_ = key.split("/")
        held_fen[f"{employer}.{shard}"] += sum(each.held_fen for each in earned.decode(value).workers.values())
    funded = {key.removeprefix("run/") for key, value in scan("run/") if runs.decode(value).funded}
    for number, part in shards.items():
        run, shard = number.split("/")
        if part.state is not ShardState.UNDONE and run not in funded:
            held_fen[f"{run.partition('-')[0]}.{shard}"] -= part.totals.hold_fen - part.totals.release_fen
    prefix = f"account/{AccountKind.CONTESTED}:"
    there = {key.removeprefix(prefix): balances.decode(value).fen for key, value in scan(prefix)}
    for owner in sorted(held_fen.keys() | there.keys()):
        if held_fen[owner] != there.get(owner, 0):
            yield Said(
                "shard {owner}: {there} yuan are set aside for contested rows, not {held} yuan",
                owner=owner,
                there=yuan(there.get(owner, 0)),
                held=yuan(held_fen[owner]),
            )


def _earned(scan: Scan, brought_fen: Mapping[str, int]) -> Iterator[Said]:
    """Yield what does not hold of pay periods.

    brought_fen: by period and worker, what pay lines that stand have brought, less what they have recovered.
    """
    found = {
        f"{key.removeprefix('earned/')} {worker}": record
        for key, value in scan("earned/")
        for worker, record in earned.decode(value).workers.items()
    }
    for period in sorted(found.keys() | brought_fen.keys()):
        record = found.get(period, NOTHING_EARNED)
        if record.fen != brought_fen.get(period, 0):
            yield Said(
                "pay period {period}: pay lines have brought {brought} yuan, not {listed}",
                period=period,
                brought=yuan(brought_fen.get(period, 0)),
                listed=yuan(record.fen),
            )
    over_fen: Counter[str] = Counter()
    for period, record in found.items():
        over_fen[f"{'/'.join(period.split('/')[:2])} {period.partition(' ')[2]}"] += record.over_fen
    overpaid = {
        f"{key.removeprefix('shard/')} {worker}": fen
        for key, value in scan("shard/")
        for worker, fen in shard_heads.decode(value).overpaid.items()
    }
    for worker in sorted(over_fen.keys() | overpaid.keys()):
        if over_fen[worker] != overpaid.get(worker, 0):
            yield Said(
                "overpaid {worker}: pay periods say {over} yuan, the shard {shard}",
                worker=worker,
                over=yuan(over_fen[worker]),
                shard=yuan(overpaid.get(worker, 0)),
            )


def _deductions(scan: Scan, orders: Mapping[str, DeductionOrder], taken_fen: Mapping[str, int]) -> Iterator[Said]:
    """Yield what does not hold of deduction orders. taken_fen: by order, what pay lines that stand have taken."""
    listed = {
        number: (worker, key.removeprefix("deductions/"))
        for key, value in scan("deductions/")
        for worker, numbers in deductions.decode(value).workers.items()
        for number in numbers
    }
    for number, order in orders.items():
        if order.taken_fen != taken_fen.get(number, 0) or order.taken_fen > order.amount_fen:
            yield Said(
                "deduction {number}: pay lines have taken {taken} yuan, not {listed}",
                number=number,
                taken=yuan(taken_fen.get(number, 0)),
                listed=yuan(order.taken_fen),
            )
        place = (order.worker, f"{order.employer}/{order.shard}") if order.is_open else None
        if listed.get(number) != place:
            yield Said("deduction {number}: its shard lists it otherwise than it stands", number=number)
