"""A client of a ledger: seals commands, reads typed records, and explains what was refused."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from typing import Any, Final, Self, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from lxr.chaincode.caller import caller_of
from lxr.chaincode.certificates import verify_signature
from lxr.chaincode.clock import BEAT_MS, MoveClock, clocks
from lxr.chaincode.command import HANDLERS, AnyCommand, Command, request_scope, requests
from lxr.chaincode.envelope import Envelope, open_payload
from lxr.chaincode.refusals import SameIdOtherBody, Unknown
from lxr.chaincode.types import Record, canonical
from lxr.chaincode.world import Part, Table
from lxr.node.genesis import genesis_of
from lxr.node.port import Clock, Committed, Ledger, LedgerFault, Located, OutcomeUnknown
from lxr.node.said import Said, add_note
from lxr.node.sealing import Identity, seal, sign
from lxr.token.refusal import Refusal

A = TypeVar("A", bound=Record)
R = TypeVar("R", bound=Record)


class Client:
    """One identity at one ledger; without a private key it can only read.

    witness: gives that of the client's organisation, to move the ledger's clock where that is found old.
    """

    def __init__(
        self,
        ledger: Ledger,
        certificate_pem: str,
        private_key: ec.EllipticCurvePrivateKey | None,
        clock: Clock,
        witness: Callable[[], Identity] | None = None,
    ) -> None:
        self.ledger: Final = ledger
        self._certificate_pem: Final = certificate_pem
        self._private_key: Final = private_key
        self._clock: Final = clock
        self._witness: Final = witness

    @classmethod
    def reading(cls, ledger: Ledger, clock: Clock = lambda: 0) -> Self:
        """Return a client that can only read."""
        return cls(ledger, "", None, clock)

    def on(self, ledger: Ledger) -> "Client":
        """Return the same identity at another ledger: a dry run over this one, say."""
        return Client(ledger, self._certificate_pem, self._private_key, self._clock, self._witness)

    @property
    def organisation(self) -> str:
        """Return the organisation that this client signs for."""
        return caller_of(self._certificate_pem).organisation

    @property
    def person(self) -> str:
        """Return who in the organisation that is."""
        return caller_of(self._certificate_pem).person

    @property
    def scope(self) -> str:
        """Return whose request ids its own are: see `request_scope`."""
        return request_scope(caller_of(self._certificate_pem))

    def signature_of(self, note: bytes) -> bytes:
        """Sign what is no command: a note to this identity's own later self, on this ledger alone."""
        assert self._private_key is not None
        return sign(self._private_key, self._noted(note))

    def has_signed(self, note: bytes, signature: bytes) -> bool:
        """Return whether `signature_of` this identity, under its present certificate, gave a signature."""
        return verify_signature(self._certificate_pem, signature, self._noted(note))

    def _noted(self, note: bytes) -> bytes:
        """Return what is signed of a note: it names the ledger, and can be no envelope's payload."""
        return canonical({"ledger": self._ledger_id, "note": hashlib.sha256(note).hexdigest()})

    def now_ms(self) -> int:
        """Return the time that its transactions bear: unix ms."""
        return self._clock()

    def submit(self, command: Command[A]) -> A:
        """Return the answer to one command, the first one again if it was accepted before.

        Refuses: as the contract does.

        Raises OutcomeUnknown, with a note on how to look it up; LedgerFault: also an answer that is none to it.
        """
        (answer,) = self.submit_many([command])
        if isinstance(answer, Refusal):
            raise answer
        return answer

    def submit_many(self, commands: Sequence[Command[A]]) -> list[A | Refusal]:
        """Return the answers to commands that are executed in this order, in as few blocks as fit.

        Raises as `submit`.
        """
        envelopes = self._sealed(commands)
        with self._explaining(commands, envelopes):
            answers = self.ledger.submit(envelopes)
        return [self._read(command, answer) for command, answer in zip(commands, answers, strict=True)]

    def submit_apart(self, commands: Sequence[Command[A]]) -> Iterator[A | Refusal]:
        """Yield the answers, in this order, to commands of which none touches what another reads or writes.

        They are on their way at the same time where the ledger is a network; an answer comes as soon as it and those
        before it are there. Raises as `submit`.
        """
        envelopes = self._sealed(commands)
        with self._explaining(commands, envelopes):
            for command, answer in zip(commands, self.ledger.submit_apart(envelopes), strict=True):
                yield self._read(command, answer)

    def _sealed(self, commands: Sequence[AnyCommand]) -> list[Envelope]:
        assert self._private_key is not None, "a client that can only read"
        key, at_ms, ledger = self._private_key, self._clock(), self._ledger_id
        self._beat(at_ms)
        return [seal(each, ledger, self._certificate_pem, key, at_ms) for each in commands]

    @contextmanager
    def _explaining(self, commands: Sequence[AnyCommand], envelopes: Sequence[Envelope]) -> Iterator[None]:
        """Note on an unknown outcome of one of the commands how to look it up."""
        try:
            yield
        except OutcomeUnknown as unknown:
            for envelope, command in zip(envelopes, commands, strict=True):
                if envelope.tx_id == unknown.tx_id:
                    request = command.request_id
                    said = Said("look up what became of it, or end it: lxr ledger request {request}", request=request)
                    add_note(unknown, said)
            raise

    def earlier(self, request_id: str) -> AnyCommand | None:
        """Return the command that was accepted under a request id of one's own; None if there is none.

        Raises LedgerFault.
        """
        record = self.get(requests, self.scope, request_id)
        located = None if record is None or record.body is None else self.ledger.transaction(record.tx_id)
        return None if located is None else _command_of(located)

    def get(self, table: Table[R], *parts: Part) -> R | None:
        """One record, or None."""
        (record,) = self.get_each(table, [parts])
        return record

    def get_each(self, table: Table[R], keys: Iterable[Sequence[Part]]) -> list[R | None]:
        """Return the records under the keys, in their order and of one moment; None where there is none."""
        names = [table.key(*parts) for parts in keys]
        values = zip(names, self.ledger.read(names), strict=True)
        return [None if value is None else _decoded(table, name, value) for name, value in values]

    def need(self, table: Table[R], *parts: Part) -> R:
        """One record that must be there. Refuses: Unknown."""
        record = self.get(table, *parts)
        if record is None:
            raise Unknown(what=table.name, number="/".join(str(part) for part in parts))
        return record

    def scan(self, table: Table[R], *parts: Part) -> Iterator[tuple[tuple[str, ...], R]]:
        """All records whose key begins with these parts, each with all parts of its key, sorted by key."""
        for key, value in self.ledger.scan(f"{table.key(*parts)}/"):
            yield tuple(key.split("/")[1:]), _decoded(table, key, value)

    @cached_property
    def _ledger_id(self) -> str:
        return genesis_of(self.ledger).ledger

    def _beat(self, at_ms: int) -> None:
        """Move the ledger's clock where it is old: what others have endorsed and held back is worth nothing then."""
        if self._witness is None:
            return
        clock = self.get(clocks)
        if clock is None or at_ms < clock.at_ms + BEAT_MS:
            return
        command, witness = MoveClock(request_id=f"clock:{at_ms}"), self._witness()
        envelope = seal(command, self._ledger_id, witness.certificate_pem, witness.private_key, at_ms)
        self.ledger.submit([envelope])
        # Refused, it is not in the command's way: another witness was faster, or this one is revoked or has expired,
        # and who would mend that must still be able to.

    def _read(self, command: Command[A], answer: Committed | Refusal) -> A | Refusal:
        if isinstance(answer, Committed):
            return answer_of(type(command), answer.result)
        if isinstance(answer, SameIdOtherBody):
            first = self.ledger.transaction(str(answer.facts["tx_id"]))
            assert first is not None
            earlier = _command_of(first)
            field = _first_difference(_plain(earlier), _plain(command))
            add_note(answer, Said("field {field} differs", field=field))
        return answer


def answer_of(kind: type[Command[A]], result: bytes) -> A:
    """Return the answer to a command of that kind, by the newest contract's type of it. Raises LedgerFault: it is none.

    An older contract's answer can be read so too, as its records can.
    """
    try:
        answer: A = _answers(kind)(result)
    except (msgspec.MsgspecError, ValueError):
        raise LedgerFault("what is given as the answer to {tag} is none", tag=kind.__struct_config__.tag) from None
    return answer


@cache
def _answers(kind: type[AnyCommand]) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(HANDLERS[kind].answer).decode


def _decoded(table: Table[R], key: str, value: bytes) -> R:
    """Raise LedgerFault: somebody has damaged the record where it is kept."""
    try:
        return table.decode(value)
    except (msgspec.MsgspecError, ValueError):
        raise LedgerFault("the record {key} is damaged", key=key) from None


def _command_of(located: Located) -> AnyCommand:
    from lxr.chaincode.contract import decode_command  # all commands are slow to load, and reading needs none

    return decode_command(bytes(open_payload(located.transaction.envelope).command))


def _plain(command: AnyCommand) -> Any:
    return msgspec.json.decode(canonical(command))


def _first_difference(first: Any, second: Any, path: str = "") -> str:
    """Where two different JSON values first differ: 'rows[3].measures.minutes'."""
    if isinstance(first, dict) and isinstance(second, dict):
        for name in sorted(first.keys() | second.keys()):
            if first.get(name) != second.get(name):
                return _first_difference(first.get(name), second.get(name), f"{path}.{name}" if path else name)
    if isinstance(first, list) and isinstance(second, list):
        for index, (left, right) in enumerate(zip(first, second, strict=False)):
            if left != right:
                return _first_difference(left, right, f"{path}[{index}]")
    return path
