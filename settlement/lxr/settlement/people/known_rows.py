"""Rows of a roster whose worker is known already, and who says something else now: none of that is taken over.

An employer's number that goes from somebody who left to somebody new would have the new person's work paid to the
other one's card. So a number has one person; that only a name or only a card is another is told.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from lxr.settlement.errors import PeopleFault

if TYPE_CHECKING:
    from lxr.settlement.people.store import People


class Row(Protocol):
    """What a roster says of a worker."""

    @property
    def worker_ref(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def bank_account(self) -> str: ...


class KeptAsBefore(Struct, frozen=True, forbid_unknown_fields=True):
    """A worker of whom a roster has another name, or another card than those in use now and before."""

    worker_ref: str
    other_name: bool
    other_card: bool


def kept_as_before(people: "People", rows: Iterable[Row], known: Mapping[str, str]) -> tuple[KeptAsBefore, ...]:
    """Return the rows of which something is not taken over. known: workers by worker_ref.

    Raises PeopleFault: a row with both another name and another card.
    """
    persons = people.get_many(known.values())
    found = []
    for row in rows:
        if row.worker_ref not in known:
            continue
        person = persons[known[row.worker_ref]]
        cards = {each.bank_account for each in person.accounts}
        kept = KeptAsBefore(row.worker_ref, row.name != person.name, row.bank_account not in cards)
        if kept.other_name and kept.other_card:
            raise PeopleFault(
                "{ref} is known with another name and another card: somebody new needs a number that nobody had",
                ref=row.worker_ref,
            )
        if kept.other_name or kept.other_card:
            found.append(kept)
    return tuple(found)
