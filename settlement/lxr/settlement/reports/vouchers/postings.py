"""The voucher of any other transaction: its command, and the money that it moved."""

from lxr.chaincode.books import entries
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.words import fact_words, words_of
from lxr.settlement.reports.vouchers.evidence import Evidence
from lxr.settlement.reports.vouchers.voucher import Draft, Fact, fact, money, party
from lxr.token.journal import Posting


def transaction_draft(evidence: Evidence, _: str) -> Draft:
    """Return what moved, posting by posting; the amount is their sum."""
    act = evidence.only()
    entry = act.whole(entries, act.tx_id)
    moved = entry.postings if entry else ()
    facts = [
        fact("command", "指令", words_of("command", act.command_name)),
        fact("request", "请求编号", act.command.request_id),
        fact("records written", "写入记录数", len(act.everything())),
        *map(_posting, moved),
    ]
    sender = "/".join(filter(None, (act.caller.organisation, act.caller.role, act.caller.employer)))
    amount_fen = sum(posting.amount_fen for posting in moved) if moved else None
    return Draft(
        Words("Transaction on the ledger", "账本交易凭证"), [party("sender", "发起方", sender)], facts, amount_fen
    )


def _posting(posting: Posting) -> Fact:
    source, target = fact_words("source", posting.source), fact_words("target", posting.target)
    reason = fact_words("reason", posting.reason)
    return money(
        f"{reason.en}: from {source.en} to {target.en}",
        f"{reason.zh}：{source.zh} → {target.zh}",
        posting.amount_fen,
    )
