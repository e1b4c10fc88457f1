"""Where the union passes fee, tax and insurance on to: payees that union and bank have both signed."""

from datetime import date
from typing import TYPE_CHECKING, Final

from lxr.chaincode.governance import Propose
from lxr.node.client import Client
from lxr.settlement.ledger.parameters import Seed, propose
from lxr.settlement.people.person import Person, new_salt
from lxr.settlement.permissions import gives
from lxr.token.accounts import PLATFORM_ACCOUNTS

if TYPE_CHECKING:
    from lxr.settlement.people.store import People

KINDS: Final = tuple(kind.value for kind in PLATFORM_ACCOUNTS)
EMPLOYER: Final = "PLATFORM"
"""Under which the store keeps payees; no employer has such a number."""


@gives(Propose)
def propose_payee(
    admin: Client,
    people: "People",
    kind: str,
    name: str,
    bank_account: str,
    bank_code: str,
    bank_name: str,
    first: date,
) -> str:
    """Keep a payee in the store and propose the commitment to its account, for the bank to approve; the proposal.

    kind: one of KINDS. first: the day from which it is paid. The same payee again is the same proposal; another
    takes its place. Raises PeopleFault. Refuses: as Propose.
    """
    number = people.find(EMPLOYER, [kind]).get(kind)
    if number is None:
        person = Person(kind, EMPLOYER, kind, name, bank_account, bank_code, bank_name, new_salt())
        people.add([person])
    else:
        person = people.get(number)
        if (person.bank_account, person.bank_code, person.bank_name) != (bank_account, bank_code, bank_name):
            people.change_account(number, bank_account, bank_code, bank_name, new_salt())
            person = people.get(number)
    return propose(admin, Seed(f"payee.{kind}", person.payee_commitment, first, f"payee of the {kind}"))


def payees(people: "People") -> dict[str, Person]:
    """Return the payees that the store knows, by kind."""
    known = people.find(EMPLOYER, KINDS)
    return {kind: people.get(number) for kind, number in known.items()}
