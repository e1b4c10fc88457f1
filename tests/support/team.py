"""An employer's workers in a rehearsal consortium: their references, keys, accounts and shards."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from stdnum import luhn

from lxr.chaincode.registration import worker_number
from lxr.chaincode.terms import TermsDocument
from lxr.chaincode.types import digest
from lxr.settlement.people.person import Person, commitment

BANK_CODE: Final = "102100099996"


@dataclass(frozen=True)
class Team:
    """One employer and its workers, all of whom joined its terms. placed: the shard of each."""

    employer: str
    shard_size: int
    terms: str
    document: TermsDocument
    version: int = 1
    workers: dict[str, str] = field(default_factory=dict)
    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    placed: dict[str, int] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Of the terms' document."""
        return digest(self.document)

    @property
    def all(self) -> list[str]:
        """The numbers of all of them."""
        return list(self.workers.values())

    def rows(self, refs: Iterable[str] | None = None, **measures: int) -> dict[str, dict[str, int]]:
        """The same row for all, or for those of refs: measures by worker."""
        return dict.fromkeys(self.all if refs is None else self.numbers(refs), measures)

    def numbers(self, refs: Iterable[str]) -> list[str]:
        """The numbers of those of refs."""
        return [self.workers[ref] for ref in refs]

    def shard(self, worker: str) -> int:
        """The shard in which the ledger keeps the worker."""
        return self.placed[worker]

    @property
    def shards(self) -> int:
        """How many shards they fill."""
        return len(set(self.placed.values()))

    def by_shard(self, workers: Iterable[str]) -> dict[int, list[str]]:
        """The workers of each shard that has some."""
        parts: dict[int, list[str]] = {}
        for worker in workers:
            parts.setdefault(self.shard(worker), []).append(worker)
        return parts


def new_person(employer: str, number: int) -> Person:
    payload = f"62{employer[1:]:0>6}{number:07d}"
    name, account = f"王{number}", payload + luhn.calc_check_digit(payload)
    salt = hashlib.sha256(f"salt {employer}/{number}".encode()).hexdigest()
    return Person(
        worker=worker_number(employer, commitment(account, name, BANK_CODE, bytes.fromhex(salt)), None),
        employer=employer,
        worker_ref=f"R{number:04d}",
        name=name,
        bank_account=account,
        bank_code=BANK_CODE,
        bank_name="中国工商银行",
        salt=salt,
    )
