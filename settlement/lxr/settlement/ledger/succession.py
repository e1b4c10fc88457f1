"""A ledger that follows another: the predecessor's closing registers, the receipts that prove them, the carrying over.

See docs/succession.md.
"""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from lxr.chaincode.carry_over import PROOFS_AT_ONCE, CarryOver, RegisterProof
from lxr.chaincode.closing_register import REGISTERS_AT_ONCE, CloseRegister, closed_from, closing_registers
from lxr.chaincode.days import day_of
from lxr.chaincode.employers import directories
from lxr.chaincode.envelope import SignedPayload, open_payload
from lxr.chaincode.founding import Predecessor
from lxr.chaincode.parameter_definitions import LEDGER_CLOSED
from lxr.chaincode.parameters import parameters
from lxr.chaincode.receipt import Receipt
from lxr.chaincode.refusals import NothingChanges, TooLarge, Unknown
from lxr.chaincode.succession_refusals import LedgerNotClosed, TermsNotCarried
from lxr.chaincode.things import Thing
from lxr.chaincode.types import EmployerNo, Record, canonical
from lxr.chaincode.workers import workers
from lxr.node.client import Client
from lxr.node.port import Ledger
from lxr.node.progress import Progress
from lxr.node.receipts import Receipts
from lxr.node.said import Said
from lxr.settlement import request_ids
from lxr.settlement.errors import InputFault
from lxr.settlement.files import read_bounded
from lxr.settlement.ledger.checkpoint_file import CHECKPOINT_EXPECTED, load_checkpoint
from lxr.settlement.lookups import shards_of, submit_own
from lxr.settlement.parts import in_parts
from lxr.settlement.permissions import gives
from lxr.settlement.reports.projection import Projection
from lxr.settlement.reports.vouchers.history import History
from lxr.settlement.shard_groups import sending_groups
from lxr.settlement.waves import alone
from lxr.token.refusal import Refusal

_BYTES_MAX: Final = 500_000_000
"""Of the registers of one employer: those of 200,000 workers are some 100 MB."""


class RegistersFile(Record, frozen=True):
    """The closing registers of one employer, proven under the root of the ledger's first `height` blocks."""

    employer: EmployerNo
    height: Annotated[int, Meta(ge=1, lt=1 << 62)]
    registers: tuple[RegisterProof, ...]


def employers_of(client: Client) -> tuple[str, ...]:
    """Return the employers of the ledger."""
    found = client.get(directories)
    return found.employers if found else ()


@gives(CloseRegister)
def close_registers(client: Client, employer: str, progress: Progress) -> int:
    """Write the closing registers of an employer's shards that have none yet; returns how many are new.

    client: the union's operator or the employer's signer. Refuses: LedgerNotClosed, Unknown.
    """
    today = day_of(client.now_ms())
    since = closed_from(client.get(parameters, LEDGER_CLOSED), today)
    if since is None:
        raise LedgerNotClosed(day=today.isoformat())

    def missing() -> list[int]:
        shards = shards_of(client, employer)
        there = client.get_each(closing_registers, [(employer, shard) for shard in shards])
        return [
            shard for shard, found in zip(shards, there, strict=True) if found is None or found.closed_from != since
        ]

    def command_for(shards: tuple[int, ...]) -> CloseRegister:
        what = request_ids.closing_register(employer, since, shards)
        return CloseRegister(request_id=what, employer=employer, shards=shards)

    groups = [tuple(some) for some in in_parts(missing(), REGISTERS_AT_ONCE)]
    answers, refusals = alone(sending_groups(client, groups, command_for, progress))
    if refusals and missing():
        raise refusals[0]
    return sum(len(answer.shards) for answer in answers)


def registers_file(
    ledger: Ledger, projection: Projection, employer: str, height: int, progress: Progress
) -> RegistersFile:
    """Return an employer's closing registers with their receipts under the ledger's root at a height.

    projection: of the same ledger, to find the transactions by. Raises LedgerFault. Refuses: Unknown: the employer has
    no closing registers in these blocks.
    """
    receipts, history = Receipts(ledger, height), History(ledger, projection)
    keys = [key for key, _ in ledger.scan(f"{closing_registers.key(employer)}/")]
    found: list[RegisterProof] = []
    for done, key in enumerate(keys, start=1):
        places = history.of(closing_registers, *key.split("/")[1:])
        tx_id = max((place for place in places if place[0] < height), default=(0, 0, None))[2]
        located = None if tx_id is None else ledger.transaction(tx_id)
        if located is not None:
            found.append(proof_of(receipts.of(located, partial(_is_key, key))))
        progress(done, len(keys))
    if not found:
        raise Unknown(what=Thing.CLOSING_REGISTER, number=employer)
    return RegistersFile(employer, height, tuple(found))


def unproven_shards(client: Client, file: RegistersFile) -> tuple[int, ...]:
    """Return the employer's shards of which the file has no register: nobody in them can be carried over by it."""
    proven = {proof.shard for proof in file.registers}
    return tuple(shard for shard in shards_of(client, file.employer) if shard not in proven)


def proof_of(receipt: Receipt) -> RegisterProof:
    """Return the proof of the register that a receipt shows beside the act."""
    act, register = receipt.shown
    return RegisterProof(
        shard=int(register.leaf.key.rpartition("/")[2]),
        value=register.leaf.value,
        salt=register.leaf.salt,
        place=register.place,
        act=act.leaf.value,
        act_salt=act.leaf.salt,
        leaves=receipt.leaves,
        hidden=receipt.hidden,
        transactions=receipt.transactions,
        in_block=receipt.in_block,
        in_log=receipt.in_log,
    )


def _is_key(wanted: str, key: str, _: str) -> bool:
    return key == wanted


def encode_registers(file: RegistersFile) -> bytes:
    """Return the file's bytes: canonical JSON."""
    return canonical(file) + b"\n"


def read_registers(path: Path) -> RegistersFile:
    """Read a file of closing registers; the ledger checks what it proves. Raises InputFault."""
    try:
        return msgspec.json.decode(read_bounded(path, _BYTES_MAX), type=RegistersFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise InputFault(
            file=str(path),
            problem=Said("holds no closing registers: {fault}", fault=fault),
            expected="a file of lxr successor export",
        ) from None


@gives(CarryOver)
def carry_over(client: Client, file: RegistersFile, progress: Progress) -> tuple[int, int]:
    """Take over the workers of an employer; returns how many are new here, and how many wait for terms.

    client: the employer's signer or the union's operator. Given again, it takes over who is missing. Refuses: as
    CarryOver; TermsNotCarried only where all who are missing wait.
    """
    missing = {proof: _missing(client, proof) for proof in file.registers}
    waiting = [tuple(some) for some in in_parts(file.registers, PROOFS_AT_ONCE)]
    count = left = done = 0
    without_terms = None
    while waiting:
        some = waiting.pop(0)
        what = request_ids.carry_over(file.employer, [(proof.salt, missing[proof]) for proof in some])
        command = CarryOver(request_id=what, employer=file.employer, registers=some)
        try:
            answer = submit_own(client, command)
            count, left = count + answer.count, left + answer.waiting
        except TooLarge:
            if len(some) == 1:
                raise
            waiting[:0] = [some[: len(some) // 2], some[len(some) // 2 :]]
            continue
        except TermsNotCarried as refusal:
            without_terms, left = refusal, left + sum(len(missing[proof]) for proof in some)
        except NothingChanges:
            pass
        done += len(some)
        progress(done, len(file.registers))
    if without_terms is not None and not count:
        raise without_terms
    return count, left


def _missing(client: Client, proof: RegisterProof) -> tuple[str, ...]:
    """Return the workers whom a register says it has, unproven, and who are not on the ledger."""
    try:
        numbers = tuple(closing_registers.decode(proof.value.encode()).workers)
    except (msgspec.MsgspecError, RecursionError):
        return ()  # the ledger says what is wrong with it
    there = client.get_each(workers, [(number,) for number in numbers])
    return tuple(number for number, worker in zip(numbers, there, strict=True) if worker is None)


def predecessor(path: Path, first_day: date) -> tuple[Predecessor, tuple[SignedPayload, ...]]:
    """Return the ledger of a closing checkpoint, to be named by a founding, and the signatures on the checkpoint.

    first_day: the first whose work belongs on the successor. Raises InputFault: the file is no checkpoint's.
    """
    file = load_checkpoint(path)
    try:
        ledger = open_payload(file.signed[0].as_envelope).ledger
    except Refusal:
        ledger = None
    if ledger is None:
        raise InputFault(file=str(path), problem="names no ledger", expected=CHECKPOINT_EXPECTED)
    return Predecessor(ledger, first_day, file.finding), file.signed
