"""Founding of a ledger and of its copies: what never changes of it."""

from datetime import date
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from .caller import ORGANISATIONS, UNION
from .checkpoint import Finding
from .clock import Clock, clocks
from .command import Command, handles
from .envelope import SignedPayload
from .ledger_refusals import AlreadyFounded
from .parameter_definitions import FIRST_PERIOD, PAY_RULES
from .parameters import Parameter, Value, parameters
from .pay_rule_versions import NEWEST
from .refusals import HashDiffers, TermsInvalid, WrongState
from .things import Standing, Thing
from .types import SEEN, Digest, Record, canonical, digest
from .upgrade import ContractInForce, contracts
from .world import Table, World

ConsortiumName = Annotated[str, Meta(min_length=1, max_length=60, pattern=SEEN)]
EMBEDDED: Final = "embedded"
"""Stands for the channel of a ledger that is on none."""
Channel = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9.-]{0,248}\Z")]
"""As Fabric allows channels to be named."""


class Predecessor(Record, frozen=True):
    """The ledger that this one follows. ledger: its id. first_day: the first whose work belongs on this one.

    closing: its state at the end, when its closing registers were on it.
    """

    ledger: Digest
    first_day: date
    closing: Finding


class Genesis(Record, frozen=True):
    """What never changes, but that a copy has an id of its own.

    ledger: its id, the hash of its founding, in all that is signed for it. rehearsal: past dates may be played; shown
    wherever this ledger is shown. channel, genesis_block: where it is kept, see Found. copied: the ids of the ledgers
    that it was copied from, the first one's first; what came before each copy was signed for them.
    """

    ledger: Digest
    consortium: str
    rehearsal: bool
    roots: dict[str, str]
    founded_ms: int
    channel: str
    genesis_block: Digest
    copied: tuple[Digest, ...] = ()
    predecessor: Predecessor | None = None


geneses: Final = Table("genesis", Genesis)


FOUNDING: Final = "founding"
"""The source of what a ledger has from its founding on."""


class Founded(Record, frozen=True):
    """The answer to Found and FoundCopy. ledger: its id."""

    consortium: str
    ledger: Digest


class Found(Command[Founded], frozen=True, kw_only=True, tag="governance.found"):
    """Found the ledger: its name, its kind, where it is kept, the certificate authorities of its four organisations.

    channel, genesis_block: Fabric's channel and the hash of its first block; of an embedded ledger EMBEDDED and 32
    random bytes, or those of the network whose twin it is, to be compared with it. predecessor: the ledger that it
    follows. closing_signed: the envelopes by which that one's organisations sign its closing checkpoint, which
    admission checks.
    """

    channel: Channel
    genesis_block: Digest
    consortium: ConsortiumName
    rehearsal: bool
    roots: Annotated[
        dict[Annotated[str, Meta(max_length=60)], Annotated[str, Meta(max_length=4000)]],
        Meta(max_length=len(ORGANISATIONS)),
    ]
    contract: Digest
    predecessor: Predecessor | None = None
    closing_signed: Annotated[tuple[SignedPayload, ...], Meta(max_length=len(ORGANISATIONS))] = ()


class FoundCopy(Command[Founded], frozen=True, kw_only=True, tag="governance.found_copy"):
    """Give a copy of an embedded ledger an id of its own. Nodes take it from whoever makes the copy only.

    genesis_block: 32 random bytes.
    """

    copied: Digest
    genesis_block: Digest


@handles(Found, "union/admin")
def found(world: World, command: Found) -> Founded:
    """Found the ledger. Refuses: AlreadyFounded, TermsInvalid."""
    # READ
    genesis = world.get(geneses)
    # REFUSE
    if genesis is not None:
        raise AlreadyFounded(consortium=genesis.consortium)
    if command.roots.keys() != set(ORGANISATIONS):
        raise TermsInvalid(case="roots")
    # WRITE: from here on it must succeed
    ledger = digest(command)
    genesis = Genesis(
        ledger=ledger,
        consortium=command.consortium,
        rehearsal=command.rehearsal,
        roots=command.roots,
        founded_ms=world.at_ms,
        channel=command.channel,
        genesis_block=command.genesis_block,
        predecessor=command.predecessor,
    )
    world.put(geneses, genesis)
    world.put(clocks, Clock(world.at_ms, UNION))
    world.put(contracts, ContractInForce(command.contract))
    newest = Value(msgspec.Raw(canonical(NEWEST)), FIRST_PERIOD, None, FOUNDING, FOUNDING)
    world.put(parameters, Parameter((newest,), 0), PAY_RULES)
    return Founded(command.consortium, ledger)


@handles(FoundCopy, "union/admin")
def found_copy(world: World, command: FoundCopy) -> Founded:
    """Found a copy. Refuses: WrongState (it is on a channel, which has its own id), HashDiffers."""
    # READ
    genesis = world.need(geneses)
    # REFUSE
    if genesis.channel != EMBEDDED:
        raise WrongState(
            what=Thing.LEDGER, number=genesis.ledger, state=Standing.ON_NETWORK, needed=(Standing.EMBEDDED,)
        )
    if command.copied != genesis.ledger:
        raise HashDiffers(what=Thing.LEDGER, number=genesis.ledger)
    # WRITE: from here on it must succeed
    ledger, copied = digest(command), (*genesis.copied, genesis.ledger)
    world.put(geneses, replace(genesis, ledger=ledger, genesis_block=command.genesis_block, copied=copied))
    return Founded(genesis.consortium, ledger)
