"""What the tests of erasures share: files of a consortium out of which somebody is taken, without a ledger."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from lxr.settlement.erasure import Places, Taken, taken_out_of
from lxr.settlement.person import Person
from lxr.settlement.traces import traces_of

MESSAGE: Final = "C1"
"""The bank's file with the payments to the person."""


def take_out(directory: Path, person: Person, orders: Iterable[str], others: Iterable[Person] = ()) -> Taken:
    """Take a person out of all files of a directory, in which the bank's is `bank`. others: whose data are kept."""
    places = Places(directory, directory / "bank", directory / "union" / "store.db")
    return taken_out_of(places, traces_of(person, others, orders, [MESSAGE]))
