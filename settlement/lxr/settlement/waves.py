"""Work that gives commands and is given their answers, one wave after the other, so that much of it goes side by side.

What several works would send next is sent as one: in one block where the ledger is a file, at the same time where it is
a network. A work is written as if it were alone, and its commands are the same either way.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from lxr.chaincode.command import AnyCommand, Command
from lxr.chaincode.types import Record
from lxr.node.client import Client
from lxr.settlement.errors import InputFault
from lxr.settlement.lookups import own
from lxr.token.refusal import Refusal

T = TypeVar("T")
A = TypeVar("A", bound=Record)


class Wave(Struct, frozen=True):
    """Commands of one client, of which none touches what another reads or writes.

    answered: told with each command that has its answer, in their order.
    """

    client: Client
    commands: Sequence[AnyCommand]
    answered: Callable[[int, Any], None] | None = None


Waves = Generator[Wave, list[Any], T]
"""Work: it yields what is to be sent, is given the answers and refusals, and comes to something."""


def sending(client: Client, command: Command[A]) -> Waves[A]:
    """Come to the answer to one command, sent under its `own_request`. Refuses: as the contract does."""
    (answer,) = yield Wave(client, [command])
    if isinstance(answer, Refusal):
        raise answer
    said: A = answer
    return said


def alone(work: Waves[T]) -> T:
    """Return what a work comes to. Raises and refuses as it does."""
    answers: Any = None
    while True:
        try:
            wave = work.send(answers)
        except StopIteration as end:
            result: T = end.value
            return result
        (answers,) = _sent([wave])


def side_by_side(works: Iterable[Waves[T]]) -> list[T | Refusal | InputFault]:
    """Return what each work comes to, or what stopped it: that stops no other.

    No work touches what another reads or writes. Raises LedgerFault.
    """
    going = list(works)
    results: list[Any] = [None] * len(going)
    waves: dict[int, Wave] = {}

    def step(place: int, answers: Any) -> None:
        try:
            waves[place] = going[place].send(answers)
        except StopIteration as end:
            results[place] = end.value
        except (Refusal, InputFault) as fault:
            results[place] = fault

    for place in range(len(going)):
        step(place, None)
    while waves:
        now = dict(waves)
        waves.clear()
        for client in dict.fromkeys(wave.client for wave in now.values()):
            places = [place for place, wave in now.items() if wave.client is client]
            for place, answers in zip(places, _sent([now[place] for place in places]), strict=True):
                step(place, answers)
    return results


def _sent(waves: Sequence[Wave]) -> list[list[Any]]:
    """Return the answers to the commands of each of these waves, which have one client."""
    client = waves[0].client
    places = [(wave, number) for wave in waves for number in range(len(wave.commands))]
    found: dict[int, list[Any]] = {id(wave): [] for wave in waves}
    sent = client.submit_apart(own(client, [wave.commands[number] for wave, number in places]))
    for (wave, number), answer in zip(places, sent, strict=True):
        if wave.answered is not None:
            wave.answered(number, answer)
        found[id(wave)].append(answer)
    return [found[id(wave)] for wave in waves]
