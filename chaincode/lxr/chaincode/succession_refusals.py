"""The refusals between a ledger and the one that follows it."""

from typing import ClassVar

from ..token.refusal import Refusal


class DayOfOtherLedger(Refusal):
    """The work of a day belongs on one ledger: on this one, its predecessor or its successor."""

    code = 68
    cases: ClassVar = {
        "before": ("work of {day} belongs on the ledger before this one", "{day} 的工作应记入本账本的前一账本"),
        "after": ("work of {day} belongs on the ledger that follows this one", "{day} 的工作应记入本账本的后续账本"),
    }


class PredecessorUnproven(Refusal):
    """A ledger names as its predecessor's last state only what three of the four organisations have signed."""

    code = 69
    cases: ClassVar = {
        "signature": (
            "signature {number} of the predecessor's checkpoint does not hold: {fault}",
            "前一账本检查点的第 {number} 个签名无效：{fault}",
        ),
        "few": (
            "{number} organisations have signed the predecessor's checkpoint, {needed} are needed",
            "前一账本的检查点有 {number} 个组织签名，须有 {needed} 个",
        ),
        "none": ("a checkpoint is signed, and no predecessor is named", "有检查点签名，但未指明前一账本"),
    }


class ProofWrong(Refusal):
    """What is carried over is proven under the root of the predecessor's closing checkpoint."""

    code = 70
    cases: ClassVar = {
        "root": (
            "proof {number} does not lead to the root of the predecessor's closing checkpoint",
            "第 {number} 份证明未导向前一账本期末检查点的根",
        ),
        "rehearsal": (
            "proof {number} is of a rehearsal, or this ledger is one",
            "第 {number} 份证明来自演练账本，或本账本为演练账本：两者须一致",
        ),
        "day": (
            "proof {number} is of a register closed for {day}, this ledger begins on {first_day}",
            "第 {number} 份证明的名册截至 {day}，本账本自 {first_day} 起",
        ),
    }


class LedgerNotClosed(Refusal):
    """A closing register is written once the last day of the ledger's work is over."""

    code = 71
    retryable = True
    en = "work of {day} still belongs on this ledger: it has not been closed"
    zh = "{day} 的工作仍记入本账本：账本尚未封账"


class TermsNotCarried(Refusal):
    """What workers have signed on the predecessor binds them under the same document: it must be in force here."""

    code = 72
    retryable = True
    en = "{employer} has no terms in force here with the document {digest} that workers signed; {count} are missing"
    zh = "{employer} 在本账本上没有生效的条款文本 {digest}，而工作者已签署该文本；缺少 {count} 份"
