"""Whatever is decided in sheets, by bank and union, money and orders stay what they must be."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from consortium import rehearsal
from linedesk import Desk
from linesheets import agreed, for_bank, for_union, said
from lxr.chaincode.cashout_records import payment_orders
from lxr.chaincode.custody_records import bookings, custodies
from lxr.node.invariants import check
from lxr.settlement.bank import deposits
from parties import CUSTODY
from quick import examples
from treasury import DAY_FEN, PAYDAY, bring, entry, in_transit, statement

WAGE_FEN: Final = 2 * DAY_FEN
NEXT_DAY: Final = PAYDAY + timedelta(days=1)
DAYS: Final = {
    **dict.fromkeys(("P1", "P2", "P3", "P4", "S1", "X1"), PAYDAY),
    **dict.fromkeys(("R1", "R2", "C1", "X2"), NEXT_DAY),
}
KEYS: Final = [f"{day}/{ref}" for ref, day in DAYS.items()]
decisions = st.one_of(
    st.tuples(st.just("order"), st.integers(0, 2).map(lambda place: f"<{place}>")),
    st.tuples(st.just("employer"), st.sampled_from(["E001", "E002"])),
    st.just(("platform", "")),
    st.tuples(st.just("undoes"), st.sampled_from(KEYS)),
    st.tuples(st.just("deposit"), st.sampled_from([f"{PAYDAY}/A1", *KEYS])),
    st.tuples(st.just("parts"), st.sampled_from(["0.20+0.40", f"{DAY_FEN // 100}+{DAY_FEN // 100}", "3+4"])),
    st.just(("", "")),
)
rounds = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(sorted(DAYS)), decisions, min_size=3),
        st.sets(st.sampled_from(sorted(DAYS)), min_size=3),
    ),
    min_size=1,
    max_size=3,
)


def begun(desk: Desk) -> None:
    """Three orders of one amount, more debits and returns of it, small ones, and a deposit that is missing."""
    desk.pays()
    deposits.attest_deposit(desk.house.teller, CUSTODY, PAYDAY, "A1", "E001", 700)
    lines = [entry(f"P{number}", WAGE_FEN, False) for number in range(1, 5)]
    opening = [each for each in in_transit(desk.house) if each.bank_ref != "A1"]
    first = statement(desk.folder, [*lines, entry("S1", 60, False), entry("X1", 700, True)], earlier=opening)
    bring(desk.house, first)
    closing_fen = desk.house.treasurer.need(custodies, CUSTODY).closing_fen
    back = [entry(ref, WAGE_FEN, True, None, "AC04") for ref in ("R1", "R2")]
    undone = replace(entry("C1", 60, True), reversal=True)
    second = [*back, undone, entry("X2", 700, True)]
    bring(desk.house, statement(desk.folder, second, sequence=2, day=NEXT_DAY, opening_fen=closing_fen))


@pytest.mark.slow
@given(rounds)
@settings(max_examples=examples(24), deadline=None)
def test_whatever_is_decided_supply_and_reserve_agree_and_no_order_is_paid_by_two_lines(
    given_rounds: list[tuple[dict[str, tuple[str, str]], set[str]]],
) -> None:
    with TemporaryDirectory() as place, rehearsal(Path(place)) as house:
        house.employ(1, employer="E002")
        desk = Desk(house, Path(place) / "statements")
        begun(desk)
        for number, (decided, agreeing) in enumerate(given_rounds):
            sheet = for_bank(desk, Path(place) / f"bank-{number}.xlsx")
            for ref, (what, target) in decided.items():
                if ref in sheet.refs:
                    number_of = desk.orders[int(target[1])].order if target.startswith("<") else target
                    sheet.decide(ref, what, number_of)
            said(desk, sheet.saved(), skip_bad=True)
            union = for_union(desk, Path(place) / f"union-{number}.xlsx")
            for ref in agreeing & set(union.refs):
                union.put(ref, "agree", "yes")
            agreed(desk, union.saved(), skip_bad=True)
            assert [] == check(house.ledger.scan)
            account = house.treasurer.need(custodies, CUSTODY)
            assert account.supply_fen == account.backing_fen
            lines = [booking for _, booking in house.treasurer.scan(bookings, CUSTODY)]
            paid = Counter(booking.party for booking in lines if booking.kind == "payout")
            back = Counter(booking.party for booking in lines if booking.kind == "return")
            assert all(count - back[order] in (0, 1) for order, count in paid.items())
            for number_paid, count in paid.items():
                settled = house.treasurer.need(payment_orders, str(number_paid)).state == "settled"
                assert settled == (count - back[number_paid] == 1)
