"""Balances and entries on the ledger: every transaction that moves money leaves its postings under its own id."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct, field

from ..token.accounts import OF_WORKERS, AccountKind, account, kind_of
from ..token.fen import Fen
from ..token.journal import Journal, Posting
from .parts import ByField, Keyed
from .types import Record, WorkerNo, canonical
from .world import Reads, Table, World, reading_both, reading_many


class Balance(Record, frozen=True, array_like=True):
    """What an account holds."""

    fen: Fen


class Wages(Record, frozen=True):
    """What the accounts of one shard's workers hold of wages (`AccountKind.WORKER`), by number: 0 of who was paid once.

    One record, because a run pays a shard at once, and a cash-out takes it at once: a key for each worker would cost
    every node more than all else that paying does.
    """

    fen: dict[WorkerNo, Fen] = field(default_factory=dict)


class Entry(Record, frozen=True):
    """The postings of one transaction, in order."""

    at_ms: int
    command: str
    postings: tuple[Posting, ...]


_Placed = tuple[int, Posting]
"""A posting and its place in the entry."""
_postings: Final = msgspec.json.Decoder(list[Posting]).decode
_placed: Final = msgspec.json.Decoder(list[_Placed]).decode


class _ByWorker:
    """Postings are the worker's from whose account, or to whose, money moves; the others are nobody's."""

    def take(self, value: Raw) -> tuple[Mapping[str, bytes], Any]:
        """See `parts.Cut.take`."""
        taken: dict[str, bytes] = {}
        rest: list[_Placed] = []
        for placed in enumerate(_postings(value)):
            names = [name for name in (placed[1].source, placed[1].target) if kind_of(name) in OF_WORKERS]
            assert len(names) < 2  # no user pays another
            if names:
                number, part = names[0].partition(":")[2], canonical(placed)
                taken[number] = taken[number] + b"," + part if number in taken else b"[" + part
            else:
                rest.append(placed)
        return {number: part + b"]" for number, part in taken.items()}, rest

    def give(self, owned: Mapping[str, Raw], rest: Raw | None) -> list[Posting]:
        """See `parts.Cut.give`."""
        parts = [*owned.values(), *filter(None, [rest])]
        return [posting for _, posting in sorted((placed for part in parts for placed in _placed(part)), key=_place)]


def _place(placed: _Placed) -> int:
    return placed[0]


balances: Final = Table("account", Balance)
"""Of every account but those of wages."""
wages: Final = Table("wages", Wages, splitting=ByField(fen=Keyed()))
"""By employer and shard."""
entries: Final = Table("entry", Entry, splitting=ByField(postings=_ByWorker()))


class OfShard(Struct, frozen=True):
    """Whose accounts of wages a journal moves: the workers of one employer's shard."""

    employer: str
    shard: int


def read_journal(world: World, accounts: Iterable[str], crew: OfShard | None = None) -> Journal:
    """A journal over what these accounts hold, and those of the crew's wages."""
    return world.read(reading_journal(accounts, crew))


def reading_journal(accounts: Iterable[str], crew: OfShard | None = None) -> Reads[Journal]:
    """Come to a journal over what these accounts hold, and those of the crew's wages."""
    names = sorted(set(accounts))
    reading_wages = reading_many(wages, [(crew.employer, crew.shard)] if crew else [])
    found, of_crew = yield from reading_both(reading_many(balances, [(name,) for name in names]), reading_wages)
    held_fen = {name: balance.fen for name, balance in zip(names, found, strict=True) if balance is not None}
    for record in of_crew:
        if record is not None:
            held_fen.update((account(AccountKind.WORKER, number), fen) for number, fen in record.fen.items())
    return Journal(held_fen)


def write_journal(world: World, journal: Journal, command: str, crew: OfShard | None = None) -> None:
    """Write the changed balances and the entry; nothing where nothing moved. crew: with whom the journal was read."""
    write_balances(world, journal, crew)
    write_entry(world, journal.postings, command)


def write_balances(world: World, journal: Journal, crew: OfShard | None = None) -> None:
    """Write the changed balances alone: the entry is that of a whole transaction, see `write_entry`."""
    changed = journal.changed()
    for name, balance_fen in changed.items():
        if kind_of(name) is not AccountKind.WORKER:
            world.put(balances, Balance(balance_fen), name)
    if any(kind_of(name) is AccountKind.WORKER for name in changed):
        assert crew is not None
        world.put(wages, Wages(journal.of_kind(AccountKind.WORKER)), crew.employer, crew.shard)


def write_entry(world: World, postings: Iterable[Posting], command: str) -> None:
    """Write the postings of a transaction; nothing where there are none."""
    every = tuple(postings)
    if every:
        world.put(entries, Entry(world.at_ms, command, every), world.tx_id)
