"""Work as tests price it: days under made-up rules, alone or drawn."""

from collections.abc import Sequence

from hypothesis import strategies as st

from lxr.chaincode.pay_rules import (
    Allowance,
    Bonus,
    FixedPerDay,
    Guarantee,
    PerTime,
    PerUnit,
    Rule,
    Step,
    Tiers,
    label,
    rule_faults,
)
from lxr.chaincode.pricing import Work


def work(
    rules: tuple[Rule, ...], rows: Sequence[dict[str, int]], rules_key: int = 1, hourly_fen: int | None = None
) -> Work:
    names = {name for row in rows for name in row}
    hourly = (hourly_fen,) * len(rows) if hourly_fen else ()
    return Work(rules_key, rules, {name: [[row.get(name, 0) for row in rows]] for name in names}, hourly)


rates = st.integers(1, 5000)
unit_rates = st.integers(0, 120)  # low, so that guarantees and minimum wages bind about as often as not
measures = st.sampled_from(["orders", "parcels"])
scopes = st.sampled_from(["day", "period"])
steps = st.lists(st.tuples(st.integers(1, 60), unit_rates), max_size=3, unique_by=lambda step: step[0]).map(
    lambda pairs: (Step(0, 50), *(Step(above, rate_fen) for above, rate_fen in sorted(pairs)))
)
some_rules: st.SearchStrategy[tuple[Rule, ...]] = (
    st.lists(
        st.one_of(
            st.builds(PerUnit, measures, unit_rates),
            st.builds(PerTime, rates, st.sampled_from([1, 60])),
            st.builds(Tiers, measures, scopes, steps),
            st.builds(FixedPerDay, rates),
            st.builds(Allowance, st.just("meal"), rates, scopes),
            st.builds(Bonus, measures, scopes, st.integers(1, 90), rates),
            st.builds(Guarantee, rates, scopes),
        ),
        min_size=1,
        max_size=5,
        unique_by=label,
    )
    .map(tuple)
    .filter(lambda rules: rule_faults(rules) is None)
)
quantities = st.integers(0, 70)
row = st.fixed_dictionaries({"orders": quantities, "parcels": quantities, "minutes": st.integers(0, 600)})
some_rows = st.lists(row, min_size=1, max_size=6)
minima = st.none() | st.integers(1, 5000)
