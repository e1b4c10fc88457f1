"""Cards that several workers are paid to: ghosts are paid to the card of somebody else, and come back under his name.

Within one employer a card has one name. That one name has it twice is told, for it is one person twice, or a slip; and
the union sees which cards are shared across employers, where one person may well ride for two.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from lxr.settlement.errors import PeopleFault
from lxr.settlement.people.person import Person

if TYPE_CHECKING:
    from lxr.settlement.people.store import People


class Holder(Struct, frozen=True, forbid_unknown_fields=True):
    """A worker who is paid to a card."""

    employer: str
    worker_ref: str
    worker: str


class SharedCard(Struct, frozen=True, forbid_unknown_fields=True):
    """The workers of one card. one_name: they all have the same name."""

    holders: tuple[Holder, ...]
    one_name: bool


def shared_cards(people: "People", employer: str | None = None) -> tuple[SharedCard, ...]:
    """Return the cards of several workers, of one employer or of all, by the first of these. Blocked ones are left out.

    Raises PeopleFault.
    """
    persons = sorted(people.open_persons(employer), key=lambda person: (person.employer, person.worker_ref))
    by_card: dict[str, list[Person]] = defaultdict(list)
    for person in persons:
        by_card[person.bank_account].append(person)
    return tuple(
        SharedCard(
            holders=tuple(Holder(each.employer, each.worker_ref, each.worker) for each in holders),
            one_name=len({each.name for each in holders}) == 1,
        )
        for holders in by_card.values()
        if len(holders) > 1
    )


def refuse_other_name(people: "People", employer: str, new: Sequence[Person]) -> None:
    """Refuse persons, new or with a new account, whose card somebody else of the employer has under another name.

    Raises PeopleFault.
    """
    if not new:
        return
    names = _names([*people.open_persons(employer), *new])
    for person in new:
        for ref, name in names[person.bank_account]:
            if name != person.name:
                raise PeopleFault(
                    "{ref} has the card of {other}, under another name: each person needs an own card",
                    ref=person.worker_ref,
                    other=ref,
                )


def _names(persons: Iterable[Person]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for person in persons:
        found[person.bank_account].append((person.worker_ref, person.name))
    return found
