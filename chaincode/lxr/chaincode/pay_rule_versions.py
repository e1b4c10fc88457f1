"""The versions of the pay rules, every one that was ever released, and what each has to say.

A pay period is priced by the version in force on its first day (`pay.rules`) for as long as the ledger lives, so a
newer contract brings new versions and changes none. To add one: copy the module of the newest under the next number,
change it, add its line here, and once it is released pin what it gives (`test_a_version_prices_as_it_always_did`).

A version says what the days of a period are worth. Which rows count, what of the worth earlier runs have brought, what
is kept back and the fee are in none: they are reckoned anew by each run, for what it pays, and reprice nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from . import pricing_1, pricing_2
from .pay_rules import Rule
from .pricing import Priced, Work


class PayRules(Protocol):
    """One version, which is a module."""

    def price(self, work: Iterable[Work], workers: int) -> list[Priced]:
        """See `pricing_1.price`."""

    def at_most_fen(
        self, rules: Iterable[Rule], more: Mapping[str, int], hourly_fen: int, *, is_first: bool, monthly_fen: int = 0
    ) -> int:
        """See `pricing_2.at_most_fen`."""


RULES: Final[dict[int, PayRules]] = {
    1: pricing_1,
    2: pricing_2,
}
assert [*RULES] == [*range(1, len(RULES) + 1)]  # none is left out, or ever goes away
NEWEST: Final = len(RULES)
"""The version under which a ledger is founded."""
