"""A client that dies, or is overtaken, in the middle of what it does."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from consortium import House
from lxr.chaincode.envelope import Envelope
from lxr.node.client import Client
from lxr.node.dry_run import DryRun
from lxr.node.port import Committed, Ledger
from lxr.token.refusal import Refusal

R = TypeVar("R")


class BreaksOff(Exception):
    """The process was killed."""


class Breaking(DryRun):
    """A real ledger whose client dies as soon as something new is on it: the answer is lost."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self._real = ledger

    def submit(self, envelopes: Sequence[Envelope]) -> list[Committed | Refusal]:
        height = self._real.height()
        answers = self._real.submit(envelopes)
        if self._real.height() > height:
            raise BreaksOff
        return answers

    def submit_apart(self, envelopes: Sequence[Envelope]) -> Iterator[Committed | Refusal]:
        for envelope in envelopes:
            yield from self.submit([envelope])


class Meanwhile(DryRun):
    """A real ledger on which somebody does something just before what is sent arrives."""

    def __init__(self, ledger: Ledger, something: Callable[[], object]) -> None:
        super().__init__(ledger)
        self._real = ledger
        self._something = something

    def submit(self, envelopes: Sequence[Envelope]) -> list[Committed | Refusal]:
        self._something()
        return self._real.submit(envelopes)

    def submit_apart(self, envelopes: Sequence[Envelope]) -> Iterator[Committed | Refusal]:
        self._something()
        return self._real.submit_apart(envelopes)


def again_and_again(house: House, call: Callable[[Client, Client], R]) -> tuple[R, int]:
    """Call with treasurer and operator until it is not broken off any more, each time dying after its first new block.

    Gives back the result, and how often it died.
    """
    deaths = 0
    while deaths < 100:
        ledger = Breaking(house.ledger)
        try:
            return call(house.treasurer.on(ledger), house.operator.on(ledger)), deaths
        except BreaksOff:
            deaths += 1
    raise AssertionError("it never ends")
