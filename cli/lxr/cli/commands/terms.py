"""lxr terms: the three-party pay contract, from proposal to end."""

import typer

from lxr.chaincode.terms import documents, terms_heads
from lxr.chaincode.types import canonical
from lxr.cli.arguments import DayArgument, EmployerArgument, FileArgument, ReasonOption, TermsArgument, VersionArgument
from lxr.cli.session import session
from lxr.cli.texts.language import text
from lxr.settlement.terms import agreement as terms_service
from lxr.settlement.terms.terms_file import read_terms


def propose(context: typer.Context, employer: EmployerArgument, file: FileArgument) -> None:
    """Version 1 of new terms, or the next version of terms that exist."""
    desk = session(context)
    given = read_terms(file, employer)
    answer = terms_service.propose(desk.client("employer", "signer", employer), employer, given.terms, given.document)
    line = f"{answer.terms}/{answer.version}: {answer.state}, {answer.digest}"
    desk.screen.done(line, answer)


def accept(context: typer.Context, terms: TermsArgument, version: VersionArgument) -> None:
    """The union's signature under the document whose hash the ledger holds."""
    desk = session(context)
    answer = terms_service.accept(desk.client("union", "operator"), terms, version)
    desk.screen.done(f"{terms}/{version}: {answer.state}", answer)


def activate(context: typer.Context, terms: TermsArgument, version: VersionArgument) -> None:
    """From now on workers can join; the version before it is amended."""
    desk = session(context)
    answer = terms_service.activate(desk.client("union", "operator"), terms, version)
    desk.screen.done(f"{terms}/{version}: {answer.state}", answer)


def end(
    context: typer.Context, employer: EmployerArgument, terms: TermsArgument, ends: DayArgument, reason: ReasonOption
) -> None:
    """Nothing new is earned after that day; everything earned is still paid."""
    desk = session(context)
    answer = terms_service.end(desk.client("employer", "signer", employer), employer, terms, ends, reason)
    desk.screen.done(text(f"{terms} ends on {ends}", f"{terms} 于 {ends} 终止"), answer)


def show(context: typer.Context, terms: TermsArgument) -> None:
    """All versions, with the documents as they are signed."""
    desk = session(context)
    head = desk.reader.need(terms_heads, terms)
    papers = [desk.reader.need(documents, terms, number) for number in range(1, len(head.versions) + 1)]
    for number, (version, paper) in enumerate(zip(head.versions, papers, strict=True), start=1):
        desk.screen.say(f"{terms}/{number} {version.state} {version.digest}")
        desk.screen.say(f"  {canonical(paper).decode()}")
    desk.screen.result({"terms": terms, "head": head, "documents": papers})
