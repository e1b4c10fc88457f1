"""Terms on their way: proposed by the employer, accepted and opened by the union, joined by each worker.

Each step is asked for under a request id made from what it says, so that the same step again changes nothing.
"""

from collections.abc import Mapping
from datetime import date

from cryptography.hazmat.primitives.asymmetric import ec

from lxr.chaincode.accession import AccedeToTerms, first_day_to_join
from lxr.chaincode.days import day_of
from lxr.chaincode.terms import (
    AcceptTerms,
    ActivateTerms,
    EndTerms,
    ProposeTerms,
    TermsAnswer,
    TermsDocument,
    documents,
    terms_heads,
)
from lxr.chaincode.types import MAX_ITEMS, digest
from lxr.chaincode.workers import Worker
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.lookups import get_workers, ledger_of, submit_own
from lxr.settlement.parts import in_parts
from lxr.settlement.work.signing import sign_accession


def propose(client: Client, employer: str, terms: str, document: TermsDocument) -> TermsAnswer:
    """Proposes new terms, or the next version of terms that are there. client: the employer's signer.

    The document of the last version again is that version, not another one. Refuses: as ProposeTerms.
    """
    head = client.get(terms_heads, terms)
    versions = head.versions if head else ()
    known = bool(versions) and versions[-1].digest == digest(document)
    version = len(versions) if known else len(versions) + 1
    return submit_own(
        client,
        ProposeTerms(
            request_id=request_ids.terms(terms, version, digest(document)),
            employer=employer,
            terms=terms,
            version=version,
            document=document,
        ),
    )


def accept(client: Client, terms: str, version: int) -> TermsAnswer:
    """Signs for the union under the document as the ledger holds it. Refuses: as AcceptTerms."""
    read = digest(client.need(documents, terms, version))
    request = request_ids.terms_acceptance(terms, version)
    return submit_own(client, AcceptTerms(request_id=request, terms=terms, version=version, digest=read))


def activate(client: Client, terms: str, version: int) -> TermsAnswer:
    """Open an accepted version for workers to join. Refuses: as ActivateTerms."""
    request, read = request_ids.terms_activation(terms, version), digest(client.need(documents, terms, version))
    return submit_own(client, ActivateTerms(request_id=request, terms=terms, version=version, digest=read))


def join(
    client: Client,
    terms: str,
    version: int,
    keys: Mapping[str, ec.EllipticCurvePrivateKey],
    from_day: date | None = None,
) -> int:
    """Workers sign the version, each with their own key; gives back how many did. client: the union's operator.

    from_day: by default the version's first day; for workers whom terms bind already, the first that these can. Those
    who have joined it are passed over, so the same call again finishes what was broken off. Refuses: as AccedeToTerms.
    """
    document = client.need(documents, terms, version)
    ledger, read = ledger_of(client), digest(document)
    today = day_of(client.now_ms())
    crew = get_workers(client, keys)
    days = {
        number: from_day or max(document.effective_from, first_day_to_join(worker.memberships, today))
        for number, worker in crew.items()
        if not _has_joined(worker, terms, version)
    }
    for some in in_parts(list(days), MAX_ITEMS):
        which = digest([(worker, days[worker]) for worker in some])
        joins = tuple(
            sign_accession(
                keys[worker], ledger, worker, terms, version, read, days[worker], len(crew[worker].memberships) + 1
            )
            for worker in some
        )
        submit_own(
            client,
            AccedeToTerms(
                request_id=request_ids.accession(terms, version, which),
                terms=terms,
                version=version,
                accessions=joins,
            ),
        )
    return len(days)


def end(client: Client, employer: str, terms: str, ends: date, reason: str) -> TermsAnswer:
    """End the terms: `ends` is the last day that they cover. Refuses: as EndTerms."""
    request = request_ids.terms_end(terms, ends)
    return submit_own(client, EndTerms(request_id=request, employer=employer, terms=terms, ends=ends, reason=reason))


def _has_joined(worker: Worker, terms: str, version: int) -> bool:
    last = worker.memberships[-1] if worker.memberships else None
    return last is not None and (last.terms, last.version) == (terms, version)
