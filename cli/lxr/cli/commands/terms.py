"""lxr terms: the three-party pay contract, from proposal to end."""

import typer

from lxr.chaincode.pay_rules import label
from lxr.chaincode.terms import TermsAnswer, TermsDocument, Version, documents, terms_heads
from lxr.cli.arguments import DayArgument, EmployerArgument, FileArgument, ReasonOption, TermsArgument, VersionArgument
from lxr.cli.session import Session, session
from lxr.cli.texts.language import spoken, text
from lxr.settlement.messages.words import words_of
from lxr.settlement.reports import pay_words
from lxr.settlement.terms import agreement as terms_service
from lxr.settlement.terms.terms_file import read_terms


def propose(context: typer.Context, employer: EmployerArgument, file: FileArgument) -> None:
    """Version 1 of new terms, or the next version of terms that exist."""
    desk = session(context)
    given = read_terms(file, employer)
    answer = terms_service.propose(desk.client("employer", "signer", employer), employer, given.terms, given.document)
    line = f"{answer.terms}/{answer.version}: {_state(answer)}, {answer.digest}"
    desk.screen.done(line, answer)


def accept(context: typer.Context, terms: TermsArgument, version: VersionArgument) -> None:
    """The union's signature under the document whose hash the ledger holds."""
    desk = session(context)
    answer = terms_service.accept(desk.client("union", "operator"), terms, version)
    desk.screen.done(f"{terms}/{version}: {_state(answer)}", answer)


def activate(context: typer.Context, terms: TermsArgument, version: VersionArgument) -> None:
    """From now on workers can join; the version before it is amended."""
    desk = session(context)
    answer = terms_service.activate(desk.client("union", "operator"), terms, version)
    desk.screen.done(f"{terms}/{version}: {_state(answer)}", answer)


def end(
    context: typer.Context, employer: EmployerArgument, terms: TermsArgument, ends: DayArgument, reason: ReasonOption
) -> None:
    """Nothing new is earned after that day; everything earned is still paid."""
    desk = session(context)
    answer = terms_service.end(desk.client("employer", "signer", employer), employer, terms, ends, reason)
    desk.screen.done(text(f"{terms} ends on {ends}", f"{terms} 于 {ends} 终止"), answer)


def show(context: typer.Context, terms: TermsArgument) -> None:
    """All versions and what they say; with --json the documents as they are signed."""
    desk = session(context)
    head = desk.reader.need(terms_heads, terms)
    papers = [desk.reader.need(documents, terms, number) for number in range(1, len(head.versions) + 1)]
    for number, (version, paper) in enumerate(zip(head.versions, papers, strict=True), start=1):
        _show_version(desk, terms, number, version, paper)
    desk.screen.result({"terms": terms, "head": head, "documents": papers})


def _state(of: Version | TermsAnswer) -> str:
    return spoken(words_of("state", of.state, "terms_version"))


def _word(sort: str, code: str | None) -> str:
    return text("not named", "未写明") if code is None else spoken(words_of(sort, code))


def _show_version(desk: Session, terms: str, number: int, version: Version, paper: TermsDocument) -> None:
    fee = f"{paper.service_fee_bp / 100:.2f} %"
    rows = [
        (text("state", "状态"), _state(version)),
        (text("employer", "用工单位"), paper.employer),
        (text("pay class", "薪资类别"), paper.pay_class),
        (text("contract type", "合同类型"), _word("contract_type", paper.contract_type)),
        (text("income class", "所得类别"), _word("income_class", paper.income_class)),
        (text("withholding agent", "扣缴义务人"), _word("withholding_agent", paper.withholding_agent)),
        (text("in force from", "生效日期"), str(paper.effective_from)),
        (text("in force to", "截止日期"), str(paper.effective_to or text("open-ended", "无固定期限"))),
        (text("payday", "发薪规则"), spoken(pay_words.payday_words(paper.payday))),
        *((spoken(pay_words.rule_words(label(rule))), spoken(pay_words.rule_rate_words(rule))) for rule in paper.rules),
        (text("most in a day", "每日上限"), spoken(pay_words.measures_words(paper.most_per_day))),
        (text("service fee, of gross pay", "服务费（占应发工资）"), fee),
        (text("place of the minimum wage", "最低工资适用地"), paper.minimum_wage_place or text("none", "无")),
        (text("days to answer a row", "答复期限（天）"), str(paper.answer_days)),
        (text("SHA-256 of the agreement's text", "协议文本摘要"), paper.text_digest),
        (text("SHA-256 of the document", "条款文件摘要"), version.digest),
    ]
    title = spoken(pay_words.version_words(terms, number))
    desk.screen.table(title, (text("item", "项目"), text("value", "内容")), rows, folded=True)
