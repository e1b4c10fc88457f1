"""From an envelope to the answer that a peer endorses or not: the one function that the contract service is for."""

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from lxr.chaincode.contract import Call
from lxr.chaincode.envelope import Envelope, decode_envelope, tag_of
from lxr.chaincode.founding import geneses
from lxr.chaincode.refusals import CertificateRefused, MalformedCommand
from lxr.chaincode.world import Reader
from lxr.node.contracts import IN_FORCE, Contract, contract, founder, in_force, refuse_lacking
from lxr.node.fabric.answers import ACCEPTED, FAILED, REFUSED, REPLAYED, encode_refusal, encode_replayed
from lxr.node.fabric.service.read_ahead import ReadAhead
from lxr.node.node_clock import refuse_clock
from lxr.node.version import contract_version
from lxr.token.refusal import Refusal


class StateFault(Exception):
    """The state under a transaction cannot be read or written, and why, in one line."""

    def __init__(self, problem: str) -> None:
        super().__init__(" ".join(problem.split())[:500])


class Trust(Struct, frozen=True, array_like=True):
    """What a founding must bring to be taken here. roots: organisation → its root certificate (PEM).

    channel, genesis_block: the channel that this node is on, and the hash of the first block that it joined with.
    """

    roots: Mapping[str, str]
    rehearsal: bool
    channel: str
    genesis_block: str


class Event(Struct, frozen=True, array_like=True):
    """What Fabric tells its listeners of a transaction. name: the command's tag. payload: our transaction id."""

    name: str
    payload: bytes


class Answer(Struct, frozen=True, array_like=True):
    """status and message: see `lxr.node.fabric.answers`. writes: sorted by key; none unless it was accepted."""

    status: int
    message: str = ""
    payload: bytes = b""
    writes: tuple[tuple[str, bytes], ...] = ()
    event: Event | None = None


def decide(reader: Reader, trust: Trust, now_ms: int, data: bytes) -> Answer:
    """Admit and execute what `submit` carries, on the state under it. now_ms: this node's clock, unix ms."""
    return answered(lambda: _executed(reader, trust, now_ms, decode_envelope(data)))


def answered(work: Callable[[], Answer]) -> Answer:
    """Return what the work gives.

    Never raises: a refusal is an answer, and of a bug it tells the kind and the place.
    """
    try:
        return work()
    except Refusal as refusal:
        return Answer(REFUSED, encode_refusal(refusal))
    except StateFault as fault:
        return failed(str(fault))
    except Exception as fault:  # noqa: BLE001  (whatever it is, the peer must have an answer)
        return failed(f"a bug: {type(fault).__name__} at {_place(fault)}")


def failed(problem: str) -> Answer:
    """Return the answer where there is none of the contract."""
    return Answer(FAILED, problem)


def _executed(state: Reader, trust: Trust, now_ms: int, envelope: Envelope) -> Answer:
    # Read each time: every endorser has to read the same keys, or their answers would not be the same.
    reader = _reading(state, envelope)
    (genesis,) = reader.get_many([geneses.key()])
    under = in_force(reader)
    if under is None or genesis is None:
        under, call = _founding(trust, now_ms, envelope)
    else:
        call = under.admit(envelope, genesis)
        if not geneses.decode(genesis).rehearsal:
            refuse_clock(call.at_ms, now_ms)
        refuse_lacking(under, call)
    accepted = under.execute(reader, call)
    if accepted.replay is not None:
        return Answer(REPLAYED, encode_replayed(accepted.replay))
    event = Event(tag_of(call.body), call.tx_id.encode())
    return Answer(ACCEPTED, payload=accepted.result, writes=accepted.writes, event=event)


def _reading(state: Reader, envelope: Envelope) -> ReadAhead:
    """What is read ahead is what the contract in force foresees. Which one that is, is known only once it is read, so
    it is taken to be the one of the last transaction: right after a switch some keys are read that need not be, and
    the endorsers' answers differ until each has seen it."""
    global _last
    reader = ReadAhead(state, [IN_FORCE, *contract(_last or contract_version()).foreseen(envelope)])
    under = in_force(reader)
    if under is not None:
        _last = under.version
    return reader


_last: str | None = None
"""The version under which the last transaction ran in this process."""


def _founding(trust: Trust, now_ms: int, envelope: Envelope) -> tuple[Contract, Call]:
    under, call, command = founder(envelope)
    if not under.is_newest:  # one organisation signs a founding: it is not to choose a contract whose faults are known
        raise MalformedCommand(case="other_contract", contract=under.version, newest=contract_version())
    if command.roots != trust.roots:
        raise CertificateRefused(case="other_roots")
    if (command.channel, command.genesis_block) != (trust.channel, trust.genesis_block):
        raise MalformedCommand(case="other_channel", channel=trust.channel, genesis_block=trust.genesis_block)
    if command.rehearsal != trust.rehearsal:
        raise MalformedCommand(case="rehearsal" if command.rehearsal else "no_rehearsal")
    if not command.rehearsal:
        refuse_clock(call.at_ms, now_ms)
    return under, call


def _place(fault: Exception) -> str:
    """Where it was raised, and by whom that was called: never the fault's own text, which may quote a command."""
    frames = traceback.extract_tb(fault.__traceback__)[-3:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
