"""Reading several records of the ledger at once."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from lxr_chaincode.governance import geneses
from lxr_chaincode.refusals import Unknown
from lxr_chaincode.registry import Worker, workers
from lxr_chaincode.types import Record
from lxr_chaincode.world import Part, Table
from lxr_node.client import Client

R = TypeVar("R", bound=Record)


def get_each(client: Client, table: Table[R], keys: Iterable[Sequence[Part]]) -> list[R | None]:
    """The records under the keys, in their order and of one moment; None where there is none."""
    values = client.ledger.read([table.key(*parts) for parts in keys])
    return [None if value is None else table.decode(value) for value in values]


def get_workers(client: Client, numbers: Iterable[str]) -> dict[str, Worker]:
    """The records of workers by number. Refuses: Unknown."""
    wanted = list(dict.fromkeys(numbers))
    found: dict[str, Worker] = {}
    for number, worker in zip(wanted, get_each(client, workers, [(number,) for number in wanted]), strict=True):
        if worker is None:
            raise Unknown(what="worker", number=number)
        found[number] = worker
    return found


def consortium_of(client: Client) -> str:
    """The name of the ledger, which stands in every message that a worker signs."""
    return client.need(geneses).consortium
