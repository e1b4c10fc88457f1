"""People: registered, joined to terms, with new keys, reinstated."""

from datetime import date
from typing import Any, Final

from lxr.chaincode.accession import AccedeToTerms, Accession, SignedAccession
from lxr.chaincode.parameters import proposal_digest, proposals
from lxr.chaincode.registration import NewWorker, Registration
from lxr.chaincode.reinstatement import reinstatement_digest, reinstatements
from lxr.chaincode.terms import AcceptTerms, ActivateTerms, ProposeTerms, TermsDocument, documents, terms_heads
from lxr.chaincode.types import digest
from lxr.chaincode.worker_keys import KeyVeto, NewKey, key_change_digest
from lxr.chaincode.workers import workers
from lxr.settlement.parts import in_parts
from parties import payout, public_key
from scenario.ledger import LedgerSteps

AT_ONCE: Final = 500
"""So many workers are registered, or join, by one command."""


class PeopleSteps(LedgerSteps):
    """What workers and those who speak for them sign."""

    def new_worker(
        self, number: str, employer: str = "E001", *, payee: str | None = None, signed_by: str | None = None
    ) -> NewWorker:
        """A registration for this ledger, signed by the worker or by somebody else. payee: the account's commitment."""
        payee = payee or payout(number)
        message = Registration(self.ledger_id, number, employer, public_key(number), payee)
        return NewWorker(number, public_key(number), payee, self.sign(signed_by or number, message))

    def terms_active(self, terms: str, document: TermsDocument, version: int = 1) -> None:
        """Proposed, accepted, and open for joining."""
        employer = document.employer
        self.do(ProposeTerms, employer=employer, terms=terms, version=version, document=document)
        self.do(AcceptTerms, terms=terms, version=version, digest=digest(document))
        self.do(ActivateTerms, terms=terms, version=version, digest=digest(document))

    def join(self, terms: str, *crew: str, version: int = 1, from_day: date | None = None) -> None:
        """Workers join a version, from the first day of the terms or another."""
        day = from_day or self.get(documents, terms, version).effective_from
        for some in in_parts(crew, AT_ONCE):
            joins = tuple(self.joining(worker, terms, version, day) for worker in some)
            self.do(AccedeToTerms, terms=terms, version=version, accessions=joins)

    def joining(
        self, worker: str, terms: str, version: int, day: date, *, signed_by: str | None = None
    ) -> SignedAccession:
        """A signed Join."""
        there = self.get(terms_heads, terms).versions[version - 1].digest
        number = len(self.get(workers, worker).memberships) + 1
        message = Accession(self.ledger_id, worker, terms, version, there, day, number)
        return SignedAccession(worker, day, self.sign(signed_by or worker, message))

    def approval(self, proposal: str) -> dict[str, str]:
        """The fields of an Approve of what is proposed."""
        return {"proposal": proposal, "digest": proposal_digest(self.get(proposals, proposal))}

    def key_change(self, worker: str) -> dict[str, str]:
        """The fields of an ApproveKey of the key that is proposed."""
        return {"worker": worker, "digest": key_change_digest(worker, self.get(workers, worker))}

    def new_key(self, worker: str, name: str, *, signed_by: str | None = None) -> dict[str, Any]:
        """The fields of a ProposeKey of the key of that name."""
        point = public_key(name)
        signed = self.sign(signed_by or name, NewKey(self.ledger_id, worker, point))
        return {"worker": worker, "public_key": point, "reason": "phone lost", "signature": signed}

    def veto(self, worker: str, *, signed_by: str | None = None) -> dict[str, Any]:
        """The fields of a VetoKey of the key that is proposed."""
        change = self.key_change(worker)
        message = KeyVeto(self.ledger_id, worker, change["digest"])
        return {**change, "signature": self.sign(signed_by or worker, message)}

    def reinstatement(self, number: str) -> dict[str, str]:
        """The fields of an ApproveReinstatement of what is proposed."""
        return {"ended": number, "digest": reinstatement_digest(number, self.get(reinstatements, number))}
