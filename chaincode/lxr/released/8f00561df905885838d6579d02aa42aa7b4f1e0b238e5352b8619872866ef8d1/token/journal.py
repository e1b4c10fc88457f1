"""Double entry: every posting takes from one account what it gives to another."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from .accounts import MOVES, AccountKind, Reason, kind_of
from .fen import FEN_MAX, SomeFen
from .refusal import AccountShort, AmountTooLarge, EdgeForbidden


class Posting(Struct, frozen=True, forbid_unknown_fields=True, array_like=True, gc=False):
    """One movement of money. gc: it holds nothing that leads back to it, and a payday makes thousands."""

    source: str
    target: str
    reason: Reason
    amount_fen: SomeFen


class Journal:
    """The postings of one transaction, over the balances that it read.

    An account that is not among the balances holds nothing. `out` accounts keep no balance: what leaves them was
    minted, what reaches them was burned.
    """

    def __init__(self, balances: Mapping[str, int]) -> None:
        self._before: Final = dict(balances)
        self._now: Final = dict(balances)
        self.postings: Final[list[Posting]] = []
        self.minted_fen = 0
        self.burned_fen = 0

    def move(self, source: str, target: str, reason: Reason, amount_fen: int) -> None:
        """Post one movement; nothing at all for 0 fen. amount_fen: 0..FEN_MAX.

        Refuses: EdgeForbidden, AccountShort, AmountTooLarge.
        """
        assert 0 <= amount_fen <= FEN_MAX
        if amount_fen == 0:
            return
        kinds = kind_of(source), kind_of(target)
        if kinds not in MOVES[reason]:
            raise EdgeForbidden(source=source, target=target, reason=reason)
        source_fen, target_fen = self.balance_fen(source), self.balance_fen(target)
        if kinds[0] is not AccountKind.OUT and source_fen < amount_fen:
            raise AccountShort(account=source, have_fen=source_fen, need_fen=amount_fen)
        if kinds[1] is not AccountKind.OUT and target_fen + amount_fen > FEN_MAX:
            raise AmountTooLarge(account=target)
        if kinds[0] is AccountKind.OUT:
            self.minted_fen += amount_fen
        else:
            self._now[source] = source_fen - amount_fen
        if kinds[1] is AccountKind.OUT:
            self.burned_fen += amount_fen
        else:
            self._now[target] = target_fen + amount_fen
        self.postings.append(Posting(source, target, reason, amount_fen))

    def balance_fen(self, name: str) -> int:
        """What the account holds after the postings so far."""
        return self._now.get(name, 0)

    def of_kind(self, kind: AccountKind) -> dict[str, int]:
        """What the accounts of that kind hold after the postings so far, by owner: those read, and those moved to."""
        return {name.partition(":")[2]: balance_fen for name, balance_fen in self._now.items() if kind_of(name) is kind}

    def changed(self) -> dict[str, int]:
        """The new balances of the accounts that changed, by name; conservation is asserted."""
        changes = {
            name: balance_fen
            for name, balance_fen in sorted(self._now.items())
            if balance_fen != self._before.get(name, 0)
        }
        change_fen = sum(balance_fen - self._before.get(name, 0) for name, balance_fen in changes.items())
        assert change_fen == self.minted_fen - self.burned_fen
        assert all(0 <= balance_fen <= FEN_MAX for balance_fen in changes.values())
        return changes
