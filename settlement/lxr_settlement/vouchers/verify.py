"""Checking a voucher without a ledger: everything that it says is made again from what it proves, and compared."""

from itertools import zip_longest
from typing import Final

import msgspec

from lxr_chaincode.checkpoint import Finding
from lxr_chaincode.governance import Genesis
from lxr_chaincode.types import canonical, digest
from lxr_node.admission import admit
from lxr_node.blocks import Transaction
from lxr_node.envelope import Envelope
from lxr_node.merkle import START, chain
from lxr_node.port import Located
from lxr_node.receipts import Receipt, verify_receipt
from lxr_settlement.checkpoints import signers_of
from lxr_settlement.errors import CheckpointFault, VoucherFault, on_one_line
from lxr_settlement.vouchers.evidence import Evidence
from lxr_settlement.vouchers.kinds import content_of
from lxr_settlement.vouchers.voucher import Content, Proof, Proven, Signed, Voucher
from lxr_token.refusal import Refusal

EMPTY_BLOCKS_MAX: Final = 10_000
"""Blocks before the founding, which only Fabric has: those of its own configuration."""


def verify_voucher(voucher_json: bytes, trusted: Finding | str) -> list[str]:
    """What is wrong with a voucher, one line each; nothing if it is good.

    trusted: a checkpoint's finding, or its chained root alone, which the reader has from an organisation that they
    trust and not from this voucher. Proven is that all this happened, not that nothing happened since or beside it: a
    payment that was returned later has a newer voucher. The position in its block is told, not proven.
    """
    try:
        voucher = msgspec.json.decode(voucher_json, type=Voucher)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        return [on_one_line(f"it is no voucher: {fault}")]
    problems = []
    if digest(voucher.content) != voucher.digest:
        problems.append("digest: it is not that of the content")
    if voucher.proof is None:
        return [*problems, "proof: there is none; no signed checkpoint covered it when it was made"]
    try:
        return problems + _proof_problems(voucher.content, voucher.proof, trusted)
    except (CheckpointFault, VoucherFault, Refusal) as fault:
        return [*problems, on_one_line(f"proof: {fault}")]
    except msgspec.ValidationError as fault:  # the proof leads to the root: another release wrote what it proves
        return [*problems, on_one_line(f"proof: what was written is not of this release: {fault}")]


def _proof_problems(content: Content, proof: Proof, trusted: Finding | str) -> list[str]:
    finding = proof.finding
    if isinstance(trusted, Finding) and finding != trusted:
        return [f"proof: its checkpoint, of height {finding.height}, is not the trusted one, of {trusted.height}"]
    if finding.root != (trusted.root if isinstance(trusted, Finding) else trusted):
        return ["proof: the root of its checkpoint is not the trusted one"]
    for proven in (proof.founding, *proof.transactions):
        receipt = proven.receipt
        if verify_receipt(receipt) != finding.root or not receipt.valid:
            return [f"proof: the receipt of transaction {receipt.tx_id} does not lead to the trusted root"]
        if _envelope(proven.envelope).tx_id != receipt.tx_id:
            return [f"proof: what was signed is not transaction {receipt.tx_id}"]
    if not _is_first(proof.founding.receipt, finding.height):
        return ["proof: it does not begin with the founding of the ledger"]
    order = [_order(proven.receipt) for proven in proof.transactions]
    if order != sorted(set(order)):
        return ["proof: its transactions are not in the order of the ledger"]
    told = {standing.tx_id: standing.position for standing in content.transactions}
    founding, *located = [_located(proven, finding.height, told) for proven in (proof.founding, *proof.transactions)]
    evidence = Evidence(founding, located)
    for act in (evidence.founding, *evidence.acts):
        admit(act.envelope, evidence.genesis)
    said, proven_to_be = content, content_of(content.kind, content.number, evidence)
    problems = [
        f"{name}: {_difference(getattr(said, name), getattr(proven_to_be, name))}"
        for name in Content.__struct_fields__
        if getattr(said, name) != getattr(proven_to_be, name)
    ]
    return problems + _signer_problems(proof, evidence.genesis)


def _signer_problems(proof: Proof, genesis: Genesis) -> list[str]:
    signed = signers_of(
        [_envelope(signer) for signer in proof.signers], proof.finding, (genesis.ledger,), genesis.roots
    )
    if signed != proof.signed:
        return [f"proof: its checkpoint is signed by {', '.join(signed)}, not by {', '.join(proof.signed)}"]
    return []


def _is_first(receipt: Receipt, height: int) -> bool:
    """Whether no transaction stands before this one: it is the first of its block, and the blocks before hold none."""
    before, empty = START, height - 1 - len(receipt.later)
    if empty > EMPTY_BLOCKS_MAX:  # the height is only told, and must not be what one counts to
        return False
    for _ in range(empty):
        before = chain(before, START)
    return receipt.previous == before.hex() and not any(step.left for step in receipt.path)


def _order(receipt: Receipt) -> tuple[int, tuple[bool, ...]]:
    """Where the transaction stands: its block, and from the top of the block's tree down, left or right."""
    return -len(receipt.later), tuple(step.left for step in reversed(receipt.path))


def _located(proven: Proven, height: int, positions: dict[str, int]) -> Located:
    receipt = proven.receipt
    writes = tuple((written.key, written.value.encode()) for written in receipt.writes)
    transaction = Transaction(receipt.tx_id, _envelope(proven.envelope), receipt.valid, writes, b"")
    return Located(height - 1 - len(receipt.later), positions.get(receipt.tx_id, 0), transaction)


def _envelope(signed: Signed) -> Envelope:
    return Envelope(signed.payload.encode(), bytes.fromhex(signed.signature))


def _difference(said: object, is_so: object) -> str:
    if isinstance(said, tuple) and isinstance(is_so, tuple):
        said, is_so = next(pair for pair in zip_longest(said, is_so) if pair[0] != pair[1])
    return f"it says {canonical(said).decode()}, the proven transactions say {canonical(is_so).decode()}"
