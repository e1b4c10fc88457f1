"""Which contract a ledger runs under, and how another comes into force while it lives.

An organisation proposes a version and the earliest time. The witness of each organisation states that its node has it;
no node without it endorses such a word, so it takes three that have it. Once three have stated it and the time has
come, any organisation sends the switch, which ends all proposals: of a version that was passed over, three have to
speak again. Every transaction reads the record that the switch writes, so each stands on
one side of it: the version is a function of the order of the ledger, and of no clock and no installation.
"""

from typing import Annotated, Final

from msgspec import Meta
from msgspec.structs import replace

from .caller import ADMINS
from .clock import WITNESSES
from .command import Command, handles
from .ledger_refusals import SwitchTooEarly, TooFewNodes
from .refusals import Exists, HashDiffers, NothingChanges, TooLarge, WrongState
from .things import Standing, Thing
from .types import Digest, Record, Text, digest
from .world import Table, World

NODES_NEEDED: Final = 3
"""Of the four organisations, so many must have a version before it comes into force: as many as endorse."""
SWITCHES_MAX: Final = 200
"""How often a ledger changes its contract at most."""

Organisation = Annotated[str, Meta(pattern=r"^(union|employer|bank|regulator)\Z")]
Time = Annotated[int, Meta(ge=946_684_800_000, lt=4_102_444_800_000)]
"""Unix ms, from 2000 to 2099."""


class Switch(Record, frozen=True, array_like=True):
    """The end of a version: the transaction that brought the next one, itself the last under this one."""

    ended: Digest
    tx_id: Digest


class ContractInForce(Record, frozen=True):
    """The version under which the next transaction runs, and the ends of those before it, the first one's first."""

    version: Digest
    switches: tuple[Switch, ...] = ()


class ProposedContract(Record, frozen=True):
    """A version that an organisation proposes, to come after the one that is in force.

    under: the version that is in force; with that the proposal ends. have: the organisations whose nodes have the
    proposed one, as witnesses state.
    """

    version: Digest
    under: Digest
    not_before_ms: Time
    source: Text
    have: tuple[str, ...] = ()


contracts: Final = Table("contract", ContractInForce)
proposed_contracts: Final = Table("proposed_contract", ProposedContract)
"""Key: the organisation that proposes. Each has one proposal, so no more than four are ever told of."""


class ContractProposed(Record, frozen=True):
    """A proposal as it stands."""

    version: Digest
    not_before_ms: int
    have: tuple[str, ...]


class Switched(Record, frozen=True):
    """The version that is in force from the next transaction on, and the one that was."""

    version: Digest
    ended: Digest


class ProposeContract(Command[ContractProposed], frozen=True, kw_only=True, tag="contract.propose"):
    """Propose a version of the contract, in the place of what one's organisation has proposed before.

    source: the release or document that it comes from. Whatever is changed has to be stated again.
    """

    version: Digest
    not_before_ms: Time
    source: Text


class StateContract(Command[ContractProposed], frozen=True, kw_only=True, tag="contract.state"):
    """State that one's node has a proposed version, or no longer. digest: of the proposal, see `contract_digest`."""

    version: Digest
    proposed_by: Organisation
    digest: Digest
    has: bool = True


class SwitchContract(Command[Switched], frozen=True, kw_only=True, tag="contract.switch"):
    """Bring a proposed version into force. digest: of the proposal."""

    version: Digest
    proposed_by: Organisation
    digest: Digest


def contract_digest(proposed: ProposedContract) -> str:
    """Return the digest of a proposal, which whoever states or switches signs."""
    return digest((proposed.version, proposed.under, proposed.not_before_ms, proposed.source))


@handles(ProposeContract, *ADMINS)
def propose_contract(world: World, command: ProposeContract) -> ContractProposed:
    """Propose a version. Refuses: WrongState (it is, or was, in force), Exists."""
    # READ
    in_force = world.need(contracts)
    there = world.get(proposed_contracts, world.caller.organisation)
    # REFUSE
    _refuse_known(in_force, command.version)
    proposed = ProposedContract(command.version, in_force.version, command.not_before_ms, command.source)
    if there is not None and contract_digest(there) == contract_digest(proposed):
        raise Exists(what=Thing.PROPOSED_CONTRACT, number=command.version)
    # WRITE: from here on it must succeed
    world.put(proposed_contracts, proposed, world.caller.organisation)
    return ContractProposed(command.version, proposed.not_before_ms, ())


@handles(StateContract, *WITNESSES)
def state_contract(world: World, command: StateContract) -> ContractProposed:
    """State whether one's node has a version. Refuses: Unknown, WrongState, HashDiffers, NothingChanges."""
    organisation = world.caller.organisation
    # READ
    in_force = world.need(contracts)
    proposed = world.need(proposed_contracts, command.proposed_by)
    # REFUSE
    _refuse_known(in_force, command.version)
    _refuse_other(in_force, proposed, command)
    if command.has == (organisation in proposed.have):
        raise NothingChanges(what=Thing.CONTRACT_STATEMENT, number=command.version)
    # WRITE: from here on it must succeed
    others = tuple(each for each in proposed.have if each != organisation)
    have = (*others, organisation) if command.has else others
    world.put(proposed_contracts, replace(proposed, have=have), command.proposed_by)
    return ContractProposed(command.version, proposed.not_before_ms, have)


@handles(SwitchContract, *ADMINS, *WITNESSES)
def switch_contract(world: World, command: SwitchContract) -> Switched:
    """Bring a version into force. Refuses: Unknown, WrongState, HashDiffers, TooFewNodes, SwitchTooEarly, TooLarge."""
    # READ
    in_force = world.need(contracts)
    proposed = world.need(proposed_contracts, command.proposed_by)
    # REFUSE
    _refuse_known(in_force, command.version)
    _refuse_other(in_force, proposed, command)
    if len(proposed.have) < NODES_NEEDED:
        raise TooFewNodes(contract=command.version, have=proposed.have, needed=NODES_NEEDED)
    if world.at_ms < proposed.not_before_ms:
        raise SwitchTooEarly(contract=command.version, seconds=-(-(proposed.not_before_ms - world.at_ms) // 1000))
    if len(in_force.switches) >= SWITCHES_MAX:
        raise TooLarge(case="contracts", limit=SWITCHES_MAX)
    # WRITE: from here on it must succeed
    switches = (*in_force.switches, Switch(in_force.version, world.tx_id))
    world.put(contracts, ContractInForce(command.version, switches))
    return Switched(command.version, in_force.version)


def _refuse_known(in_force: ContractInForce, version: str) -> None:
    """Refuse a version that is in force, or was: it may not read what a later one wrote. Refuses: WrongState."""
    if version == in_force.version:
        raise WrongState(what=Thing.CONTRACT, number=version, state=Standing.IN_FORCE, needed=(Standing.PROPOSED,))
    if version in {each.ended for each in in_force.switches}:
        raise WrongState(what=Thing.CONTRACT, number=version, state=Standing.ENDED, needed=(Standing.PROPOSED,))


def _refuse_other(
    in_force: ContractInForce, proposed: ProposedContract, command: StateContract | SwitchContract
) -> None:
    """Refuse a word on a proposal that ended, and on another than that which was signed. Refuses: WrongState,
    HashDiffers."""
    if proposed.under != in_force.version:
        raise WrongState(
            what=Thing.PROPOSED_CONTRACT, number=proposed.version, state=Standing.ENDED, needed=(Standing.PROPOSED,)
        )
    if (command.version, command.digest) != (proposed.version, contract_digest(proposed)):
        raise HashDiffers(what=Thing.PROPOSED_CONTRACT, number=command.version)
