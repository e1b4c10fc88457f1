"""Looks at persons who are blocked: each is on the ledger, with its reason, before anything is given out."""

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lxr.chaincode.persons import PersonState, ShowPerson, persons
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.lookups import submit_own

if TYPE_CHECKING:
    from lxr.settlement.people.person import Person
    from lxr.settlement.people.store import People


def say_shown(client: Client, worker: str, reason: str) -> None:
    """Say on the ledger that a blocked worker's data are looked at; each look is one, also of two at the same time.

    Whom the ledger has unblocked, but not yet the store, is said nothing of. Refuses: as ShowPerson.
    """
    record = client.get(persons, worker)
    if record is not None and record.state is PersonState.OPEN:
        return
    request = request_ids.look(worker, secrets.token_hex(8))
    submit_own(client, ShowPerson(request_id=request, worker=worker, reason=reason))


def shown(client: Client, people: "People", workers: Sequence[str], reason: str) -> "dict[str, Person]":
    """Return persons, those who are blocked after the ledger was told. Raises PeopleFault. Refuses: as ShowPerson."""
    for worker in people.among_blocked(workers):
        say_shown(client, worker, reason)
    return people.get_many(workers, blocked=True)
