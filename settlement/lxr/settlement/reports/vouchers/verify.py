"""Checking a voucher: everything that it says is made again from what it proves, and compared.

What a proof leads to is a root. Somebody must be trusted for that root: one's own blocks, if one keeps the ledger, or
who signed a checkpoint, if one has that from an organisation that one trusts.
"""

from itertools import zip_longest
from typing import Final

import msgspec

from lxr.chaincode.checkpoint import Finding
from lxr.chaincode.envelope import Envelope
from lxr.chaincode.leaves import ActRecord, block_leaf
from lxr.chaincode.merkle import EMPTY, ProofFault, is_consistent, repeated_root
from lxr.chaincode.receipt import Receipt, open_receipt
from lxr.chaincode.types import canonical, digest
from lxr.node.contracts import admit_shown
from lxr.node.port import Ledger
from lxr.node.receipts import recomputed_root
from lxr.node.said import Said, on_one_line
from lxr.settlement.errors import CheckpointFault, VoucherFault
from lxr.settlement.ledger.checkpoints import signers_of
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.words import organisations_words
from lxr.settlement.reports.vouchers.evidence import Act, Evidence
from lxr.settlement.reports.vouchers.kinds import content_of
from lxr.settlement.reports.vouchers.proof import founding_id
from lxr.settlement.reports.vouchers.voucher import Content, Fact, Party, Proof, Voucher
from lxr.token.fen import yuan
from lxr.token.refusal import Refusal

_FIELDS: Final = {
    "kind": "种类",
    "number": "编号",
    "title": "名称",
    "consortium": "联盟",
    "rehearsal": "演练",
    "notices": "声明",
    "parties": "当事方",
    "facts": "内容",
    "amount_fen": "金额",
    "amount_yuan": "金额（元）",
    "amount_capitals": "大写金额",
    "at": "时间",
    "transactions": "所列交易",
}
"""What the fields of a voucher's content are called in Chinese."""
assert _FIELDS.keys() == set(Content.__struct_fields__)
_NOT_FIRST: Final = Said("proof: it does not begin with the founding of the ledger")


def verify_voucher(voucher_json: bytes, trusted: Finding | str) -> list[Said]:
    """Return what is wrong with a voucher, one line each; nothing if it is good.

    trusted: a checkpoint's finding, or its root alone, which the reader has from an organisation that they trust and
    not from this voucher. Proven is that all this happened, not that nothing happened since or beside it: a payment
    that was returned later has a newer voucher.
    """
    voucher = _decoded(voucher_json)
    return [voucher] if isinstance(voucher, Said) else _problems(voucher, trusted)


def verify_on_ledger(voucher_json: bytes, ledger: Ledger) -> list[Said]:
    """Return what is wrong with a voucher, as `verify_voucher` says it, by the blocks that this ledger itself holds.

    Their leaves are hashed again; neither a header nor a checkpoint is believed, whoever signed it. What the checkpoint
    says beside root and last block, how much LXR there is and how much money backs it, is its signers' word: an audit
    recomputes that. Raises LedgerFault.
    """
    voucher = _decoded(voucher_json)
    if isinstance(voucher, Said):
        return [voucher]
    if voucher.proof is None:
        return _problems(voucher, EMPTY.hex())
    with ledger.snapshot():
        told, there = voucher.proof.finding.height, ledger.height()
        if told > there:
            there_are = "proof: it is about the first {told} blocks, and this ledger has {there}"
            return [Said(there_are, told=told, there=there)]
        trusted, founding = recomputed_root(ledger, told), founding_id(ledger)
        last = next(ledger.blocks(told - 1)).hash
    problems = _problems(voucher, trusted, founding)
    if not problems and voucher.proof.finding.block_hash != last:
        return [Said("proof: the last block of its checkpoint, {number}, is not this ledger's", number=told - 1)]
    return problems


def _decoded(voucher_json: bytes) -> Voucher | Said:
    try:
        return msgspec.json.decode(voucher_json, type=Voucher)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        return Said("it is no voucher: {fault}", fault=fault)


def _problems(voucher: Voucher, trusted: Finding | str, founding_id: str | None = None) -> list[Said]:
    problems: list[Said] = []
    if digest(voucher.content) != voucher.digest:
        problems.append(Said("digest: it is not that of the content"))
    if voucher.proof is None:
        return [*problems, Said("proof: there is none; no signed checkpoint covered it when it was made")]
    try:
        return problems + _proof_problems(voucher.content, voucher.proof, trusted, founding_id)
    except (CheckpointFault, VoucherFault, Refusal) as fault:
        return [*problems, Said("proof: {fault}", fault=fault)]
    except msgspec.ValidationError as fault:  # the proof leads to the root: another release wrote what it proves
        return [*problems, Said("proof: what was written is not of this release: {fault}", fault=fault)]


def _proof_problems(content: Content, proof: Proof, trusted: Finding | str, founding_id: str | None) -> list[Said]:
    finding = proof.finding
    if isinstance(trusted, Finding) and finding != trusted:
        return [
            Said(
                "proof: its checkpoint, of height {height}, is not the trusted one, of {trusted}",
                height=finding.height,
                trusted=trusted.height,
            )
        ]
    if finding.root != (trusted.root if isinstance(trusted, Finding) else trusted):
        return [Said("proof: the root of its checkpoint is not the trusted one")]
    receipts = [proof.founding, *(each.receipt for each in proof.transactions)]
    founding, *acts = [_opened(receipt, finding) for receipt in receipts]
    if not _is_first(founding, proof):
        return [_NOT_FIRST]
    if founding_id not in (None, founding.tx_id):
        return [Said("proof: it is of a ledger with another founding")]
    order = [(act.block, act.position) for act in acts]
    if order != sorted(set(order)):
        return [Said("proof: its transactions are not in the order of the ledger")]
    envelopes = [None if each.envelope is None else each.envelope.as_envelope for each in proof.transactions]
    evidence = Evidence(
        Act.from_receipt(founding, proof.founding, None),
        [
            Act.from_receipt(act, each.receipt, envelope)
            for act, each, envelope in zip(acts, proof.transactions, envelopes, strict=True)
        ],
    )
    for act, envelope in zip(acts, envelopes, strict=True):
        if envelope is not None:
            _check_envelope(act, envelope, evidence.genesis.roots)
    said, proven_to_be = content, content_of(content.kind, content.number, evidence)
    problems = [
        _difference(name, getattr(said, name), getattr(proven_to_be, name))
        for name in Content.__struct_fields__
        if getattr(said, name) != getattr(proven_to_be, name)
    ]
    return problems + _signer_problems(proof, evidence.genesis.roots)


def _opened(receipt: Receipt, finding: Finding) -> ActRecord:
    """Return what is proven of a transaction. Raises VoucherFault: nothing."""
    try:
        act, root = open_receipt(receipt, finding.height)
    except ProofFault as fault:
        raise VoucherFault("a receipt proves nothing: {proof}", proof=fault.flaw) from None
    if root != finding.root or not act.valid:
        raise VoucherFault("the receipt of transaction {tx_id} does not lead to the trusted root", tx_id=act.tx_id)
    return act


def _is_first(founding: ActRecord, proof: Proof) -> bool:
    """Whether no transaction stands before this one: none in its block, and the blocks before, which only Fabric has,
    hold none."""
    if founding.position or founding.block == 0:
        return founding.position == 0 and not proof.before
    empty = repeated_root(block_leaf(EMPTY), founding.block)
    roots = empty, bytes.fromhex(proof.finding.root)
    path = [bytes.fromhex(each) for each in proof.before]
    return is_consistent(founding.block, proof.finding.height, roots, path)


def _check_envelope(act: ActRecord, envelope: Envelope, roots: dict[str, str]) -> None:
    """Raise VoucherFault: it is not what the proven transaction carries. Refuses: as `admit`."""
    if act.tx_id != envelope.tx_id:
        raise VoucherFault("what was signed is not transaction {tx_id}", tx_id=act.tx_id)
    admit_shown(envelope, None, roots)  # it is proven to be on this ledger, which took it under the id of its place


def _signer_problems(proof: Proof, roots: dict[str, str]) -> list[Said]:
    # What they signed names the trusted root: whichever ledger's id it bears, it is about this one. The root is trusted
    # for another reason than theirs, so they count as they did when they signed.
    envelopes = [signer.as_envelope for signer in proof.signers]
    signed = signers_of(envelopes, proof.finding, None, roots, admit_shown)
    if signed != proof.signed:
        return [
            Said(
                "proof: its checkpoint is signed by {signed}, not by {named}",
                signed=organisations_words(signed),
                named=organisations_words(proof.signed),
            )
        ]
    return []


def _difference(name: str, said: object, is_so: object) -> Said:
    """name: of the field of the content."""
    if isinstance(said, tuple) and isinstance(is_so, tuple):
        said, is_so = next(pair for pair in zip_longest(said, is_so) if pair[0] != pair[1])
    return Said(
        "{field}: it says {told}, the proven transactions say {proven}",
        field=Words(name, _FIELDS[name]),
        told=_shown(name, said),
        proven=_shown(name, is_so),
    )


def _shown(name: str, part: object) -> Words | Said | str:
    """Return a part of the content, as people read it: at most one line of it. name: of the field that it is in."""
    match part:
        case None:
            return Said("nothing")
        case Words():
            en, zh = part.en, part.zh
        case Fact(label, Words(en, zh)):
            en, zh = f"{label.en}: {en}", f"{label.zh}：{zh}"
        case Fact(label, value):
            en, zh = f"{label.en}: {value}", f"{label.zh}：{value}"
        case Party(role, number):
            en, zh = f"{role.en} {number}", f"{role.zh} {number}"
        case str():
            return part
        case int() if name == "amount_fen":
            return yuan(part)
        case _:
            return on_one_line(canonical(part).decode())
    return Words(on_one_line(en), on_one_line(zh))
