"""What a node asks of a contract: the same functions, over bytes and plain values, in every release.

A node runs the releases side by side, each loaded under a name of its own, and shares no class with the older ones. So
what stands here is never changed or taken away; a later release may add to it. Every one of these functions raises this
release's own `Refusal`, of which a node reads `code` and `facts`. Of what `execute` gives back a node reads `result`,
`writes` and `replay`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from ..token.refusal import Refusal
from .admission import admit as _admit
from .admission import admit_founding as _admit_founding
from .admission import admit_shown as _admit_shown
from .contract import Call, decode_command, execute
from .envelope import decode_envelope
from .founding import geneses
from .leaves import Placed
from .leaves import act_of as _act_of
from .leaves import leaf_hashes as _leaf_hashes
from .leaves import leaves_of as _leaves_of
from .leaves import parts_of as _parts_of
from .read_ahead import foreseen
from .types import canonical
from .upgrade import StateContract, SwitchContract
from .world import verify as bare_verify

__all__ = [
    "Refusal",
    "act",
    "admit",
    "admit_founding",
    "admit_shown",
    "bare_verify",
    "brings",
    "execute",
    "foreseen",
    "leaf_hashes",
    "leaves",
    "parts",
]
"""All that a node asks for."""

_OF_CONTRACTS: Final = b'{"command":"contract.'
"""How the canonical form of those commands begins: the name of a command is its first field."""

Writes = tuple[tuple[str, bytes], ...]


def admit(envelope: bytes, genesis: bytes) -> Call:
    """Return the call in an envelope. genesis: the record of the ledger's founding.

    A node reads of it `tx_id`, `at_ms`, `body` and `caller`, and gives it to `execute` as it is. Refuses: as
    `admission.admit`.
    """
    return _admit(decode_envelope(envelope), geneses.decode(genesis))


def admit_founding(envelope: bytes) -> tuple[Call, Mapping[str, object]]:
    """Return the call that founds a ledger, and what it says: roots, rehearsal, channel, genesis_block, contract."""
    call, command = _admit_founding(decode_envelope(envelope))
    said = {
        "roots": command.roots,
        "rehearsal": command.rehearsal,
        "channel": command.channel,
        "genesis_block": command.genesis_block,
        "contract": command.contract,
    }
    return call, said


def admit_shown(envelope: bytes, ledgers: Sequence[str] | None, roots: Mapping[str, str]) -> Call:
    """Return the call in an envelope that is shown without its seed. Refuses: as `admission.admit_shown`."""
    return _admit_shown(decode_envelope(envelope), ledgers, roots)


def brings(call: Call) -> str | None:
    """Return the contract's version that a call states to be on its sender's node, or brings into force; None: it does
    neither."""
    if not call.body.startswith(_OF_CONTRACTS):
        return None
    try:
        command = decode_command(call.body)
    except Refusal:  # `execute` says so
        return None
    match command:
        case StateContract(version=version, has=True):
            return version
        case SwitchContract(version=version):
            return version
        case _:
            return None


def act(block: int, position: int, tx_id: str, valid: bool, envelope: bytes) -> bytes:
    """Return the value of a transaction's first leaf: JSON."""
    return canonical(_act_of(Placed(block, position, tx_id, valid, decode_envelope(envelope), ())))


def leaves(
    block: int, position: int, tx_id: str, valid: bool, envelope: bytes, writes: Writes
) -> list[tuple[str, str, str, str]]:
    """Return a transaction's leaves: the key, whose part, the salt in hexadecimal, and the value."""
    placed = Placed(block, position, tx_id, valid, decode_envelope(envelope), writes)
    return [(leaf.key, leaf.of, leaf.salt, leaf.value) for leaf in _leaves_of(placed)]


def leaf_hashes(block: int, position: int, tx_id: str, valid: bool, envelope: bytes, writes: Writes) -> list[bytes]:
    """Return the hashes of a transaction's leaves."""
    return _leaf_hashes(Placed(block, position, tx_id, valid, decode_envelope(envelope), writes))


def parts(writes: Writes) -> list[tuple[str, dict[str, bytes]]]:
    """Return the key and the parts, by number, of each of these records."""
    return list(_parts_of(writes))
