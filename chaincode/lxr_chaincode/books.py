"""Balances and entries on the ledger: every transaction that moves money leaves its postings under its own id."""

from collections.abc import Iterable
from typing import Final

from lxr_chaincode.registry import Balance, balances
from lxr_chaincode.types import Record
from lxr_chaincode.world import Table, World
from lxr_token.journal import Journal, Posting


class Entry(Record, frozen=True):
    """The postings of one transaction, in order."""

    at_ms: int
    command: str
    postings: tuple[Posting, ...]


entries: Final = Table("entry", Entry)


def read_journal(world: World, accounts: Iterable[str]) -> Journal:
    """A journal over what these accounts hold."""
    names = sorted(set(accounts))
    found = world.get_many(balances, [(name,) for name in names])
    return Journal({name: balance.fen for name, balance in zip(names, found, strict=True) if balance is not None})


def write_journal(world: World, journal: Journal, command: str) -> None:
    """Write the changed balances and the entry; nothing where nothing moved."""
    for name, balance_fen in journal.changed().items():
        world.put(balances, Balance(balance_fen), name)
    if journal.postings:
        world.put(entries, Entry(world.at_ms, command, tuple(journal.postings)), world.tx_id)
