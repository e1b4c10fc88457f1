"""A ledger that follows another: the predecessor's closing registers, the receipts that prove them, the carrying over.

See docs/upgrade.md, *A successor ledger*.
"""

from contextlib import suppress
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
from lxr.chaincode.refusals import NothingChanges, Unknown
from lxr.chaincode.succession_refusals import LedgerNotClosed
from lxr.chaincode.things import Thing
from lxr.chaincode.types import EmployerNo, Record, canonical
from lxr.node.client import Client
from lxr.node.port import Ledger
from lxr.node.progress import Progress
from lxr.node.receipts import Receipts
from lxr.settlement import request_ids
from lxr.settlement.bankfiles.files import read_bounded
from lxr.settlement.checkpoint_file import CHECKPOINT_EXPECTED, load_checkpoint
from lxr.settlement.errors import InputFault
from lxr.settlement.lookups import shards_of, submit_own
from lxr.settlement.parts import in_parts
from lxr.settlement.permissions import gives
from lxr.settlement.projection import Projection
from lxr.settlement.vouchers.history import History
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
    shards = shards_of(client, employer)
    there = client.get_each(closing_registers, [(employer, shard) for shard in shards])
    missing = [shard for shard, found in zip(shards, there, strict=True) if found is None or found.closed_from != since]
    commands = [
        CloseRegister(
            request_id=request_ids.closing_register(employer, since, some),
            employer=employer,
            shards=tuple(some),
        )
        for some in in_parts(missing, REGISTERS_AT_ONCE)
    ]
    written = 0
    for done, command in enumerate(commands, start=1):
        written += len(submit_own(client, command).shards)
        progress(done, len(commands))
    return written


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
    """The file's bytes: canonical JSON."""
    return canonical(file) + b"\n"


def read_registers(path: Path) -> RegistersFile:
    """Read a file of closing registers; the ledger checks what it proves. Raises InputFault."""
    try:
        return msgspec.json.decode(read_bounded(path, _BYTES_MAX), type=RegistersFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise InputFault(
            file=str(path), problem=f"holds no closing registers: {fault}", expected="a file of lxr successor export"
        ) from None


@gives(CarryOver)
def carry_over(client: Client, file: RegistersFile, progress: Progress) -> int:
    """Take over the workers of an employer; returns how many are new here.

    client: the employer's signer or the union's operator. Who is registered here already stays as they are, so given
    again it takes over who is missing. Refuses: as CarryOver.
    """
    groups = [tuple(some) for some in in_parts(file.registers, PROOFS_AT_ONCE)]
    commands = [
        CarryOver(request_id=request_ids.carry_over(file.employer, some), employer=file.employer, registers=some)
        for some in groups
    ]
    count = 0
    for done, command in enumerate(commands, start=1):
        with suppress(NothingChanges):
            count += submit_own(client, command).count
        progress(done, len(groups))
    return count


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
