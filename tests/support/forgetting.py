"""What the tests of erasures share: files of a consortium out of which somebody is taken, without a ledger."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from lxr.settlement.people.erasure import Places, Taken, taken_out_of
from lxr.settlement.people.person import Person
from lxr.settlement.people.traces import traces_of
from lxr.settlement.rehearsal.forgetting import books_of

MESSAGE: Final = "C1"
"""The bank's file with the payments to the person."""


def take_out(directory: Path, person: Person, orders: Iterable[str], others: Iterable[Person] = ()) -> Taken:
    """Take a person out of all files of a directory, in which the bank's is `bank`. others: whose data are kept."""
    bank = directory / "bank"
    places = Places(directory, bank, directory / "union" / "store.db", books_of(bank))
    return taken_out_of(places, traces_of(person, others, orders, [MESSAGE]))
