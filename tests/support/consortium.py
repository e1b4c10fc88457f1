"""A whole rehearsal consortium for tests: real keys, real ledger, real store of persons, copied in a few ms.

    @pytest.fixture
    def house(tmp_path: Path) -> Iterator[House]:
        with rehearsal(tmp_path) as made:
            yield made

    team = house.employ(workers=3)                 # E001: two shards, terms active, R0001..R0003 enrolled and joined
    day = house.clock.go(date(2026, 8, 3))         # the time of everything that follows: noon of that day
    house.work(day, team.rows(orders=20, minutes=480))   # the same row for all, or for those of refs=
    house.confirm(team.all, day)                   # they sign what stands on the ledger
    house.certify(team.all, day)                   # the union's word
    house.deposit(5_000_000)                       # two of the bank attest money of today; custody account CUSTODY
    house.do(CloseDay, day=day)                    # any command, as the first role that may give it or another
    house.govern("minimum_wage.510100-1", 2400, date(2026, 9, 1))

`house.client("union", "treasurer")` or `house.client("employer", "signer", "E001")` is a Client of one role;
`operator`, `treasurer`, `teller`, `signer(employer)` are short for the most used. `house.ledger` and `house.people`
are the ledger and the store; `house.consortium` is the directory with all identities.
In force from 2026-01-01: calendars of 2026 and 2027, minimum wages of Chengdu, day close at 23:59, one day to answer,
seven days to decide disputes, three until a new key is good, a second role from SECOND_ROLE_FEN on, contract version;
payees of fee, tax and insurance (see PAYEES).
These steps and more are those of `scenario`, which the contract suite has too; `treasury` has paydays.
A team: `team.workers` is worker by reference, `team.keys` private key by worker, `team.persons` Person by worker,
`team.shard(worker)`, `team.terms`, `team.version`, `team.document`, `team.digest`. Numbers and keys are the same in
every run. The clock stands still until it is told to `go`.
"""

import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property, partial
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Self

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from engines import A, LedgerEngine, person_of
from lxr.chaincode.checkpoint import Finding, SignCheckpoint
from lxr.chaincode.clock import clocks
from lxr.chaincode.command import Command
from lxr.chaincode.custody import OpenCustody
from lxr.chaincode.employers import AddEmployer
from lxr.chaincode.envelope import Envelope, SignedPayload
from lxr.chaincode.founding import EMBEDDED, Found, Predecessor
from lxr.chaincode.governance import Approve, Propose
from lxr.chaincode.parameter_definitions import definition_of
from lxr.chaincode.parameters import Proposal, Value, proposal_digest
from lxr.chaincode.period import Countersign, MonthContent, months
from lxr.chaincode.registration import AddWorkers
from lxr.chaincode.terms import TermsDocument
from lxr.chaincode.types import Record, canonical, digest
from lxr.network import consortium as network
from lxr.network.authority import Authority
from lxr.network.keyfile import new_key
from lxr.network.successor import copy_organisations
from lxr.node.audit import audit
from lxr.node.client import Client
from lxr.node.embedded import EmbeddedLedger
from lxr.node.port import Clock, Ledger
from lxr.node.sealing import Identity, seal
from lxr.node.version import contract_version
from lxr.settlement.ledger import upgrade
from lxr.settlement.parts import in_parts
from lxr.settlement.people.person import Person, commitment
from lxr.settlement.people.store import People
from lxr.token.refusal import Refusal
from parties import CUSTODY, key_of
from scenario.ledger import SettableClock, caller_by_default
from scenario.money import Place, Steps
from scenario.people import AT_ONCE
from team import BANK_CODE, Team, new_person
from termsdocuments import rider_terms

NAME: Final = "洛小茸"
PASSPHRASE: Final = b"open sesame"
VALID_FROM, VALID_TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
NEW_YEAR: Final = date(2026, 1, 1)
FIRST_DAY: Final = date(2026, 8, 1)
"""On which the clock stands at first; also the first day of the terms."""
SECOND_ROLE_FEN: Final = 10_000_000
PAYEES: Final = {
    name: (f"511000000000{number}", f"{name} account", BANK_CODE, bytes(31) + bytes([number]))
    for number, name in enumerate(("fee", "tax", "insurance"), start=1)
}
"""Bank account, name, bank code and salt behind payee.fee, payee.tax and payee.insurance."""


Origin = tuple[str, str]
"""A founding's channel and the hash of its first block."""
Made = tuple[network.Consortium, Origin, Callable[[Envelope, Clock], Ledger]]
"""A consortium, where its ledger will be kept, and what founds it."""
Maker = Callable[[Path], Made]
"""Makes one in a directory."""


def embedded(directory: Path, organise: network.Organise | None = None) -> Made:
    """A consortium on the embedded ledger."""
    made = network.found(directory / "c", NAME, True, PASSPHRASE, VALID_FROM, VALID_TO, organise)
    return (
        made,
        (EMBEDDED, secrets.token_hex(32)),
        lambda founding, clock: EmbeddedLedger.create(made.ledger_path, founding, clock),
    )


def after(old: "House") -> Maker:
    """Make a consortium of the same organisations on another embedded ledger."""
    return partial(embedded, organise=partial(copy_organisations, old.consortium.directory, PASSPHRASE))


Follows = tuple[Predecessor, tuple[SignedPayload, ...]]
"""The ledger before another, and the signatures on its closing checkpoint."""


class House(Steps):
    """The consortium, and short ways to bring it into a state.

    make: gives the consortium and what founds its ledger; on the embedded ledger unless another is given. follows: the
    ledger before it, and the signatures on its closing checkpoint.
    """

    def __init__(
        self,
        directory: Path,
        make: Maker | None = None,
        follows: Follows | None = None,
    ) -> None:
        clock = SettableClock()
        consortium, (channel, genesis_block), create = (make or embedded)(directory)
        founding = Found(
            request_id="founding",
            channel=channel,
            genesis_block=genesis_block,
            consortium=NAME,
            rehearsal=True,
            roots=consortium.roots(),
            contract=contract_version(),
            predecessor=follows[0] if follows else None,
            closing_signed=follows[1] if follows else (),
        )
        admin = consortium.identity("union", "admin", None, passphrase=PASSPHRASE)
        envelope = seal(founding, None, admin.certificate_pem, admin.private_key, clock())
        self._live_in(consortium, create(envelope, clock), clock)
        self._put_parameters_in_force()
        self.do(OpenCustody, "bank/teller", custody=CUSTODY)

    @classmethod
    def reopened(
        cls, consortium: network.Consortium, ledger: Ledger, clock: SettableClock | None = None, requests: int = 0
    ) -> Self:
        """One that was made before, at the time of its ledger's clock. requests: how many were made of it then."""
        house = cls.__new__(cls)
        house._live_in(consortium, ledger, clock or SettableClock())
        house.at_ms, house.requests = house.get(clocks).at_ms, requests
        return house

    def _live_in(self, consortium: network.Consortium, ledger: Ledger, clock: SettableClock) -> None:
        super().__init__(LedgerEngine(ledger, cache(self.bearer)), "test", clock)
        self.consortium, self.ledger = consortium, ledger
        self.keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self._clients: dict[tuple[str, str, str | None], Client] = {}
        self._persons: list[Person] = []

    def identity(self, org: str, role: str, employer: str | None = None) -> Identity:
        """The certificate and key of one role."""
        return self.consortium.identity(org, role, employer, passphrase=PASSPHRASE)

    def issued(self, org: str, role: str, person: str) -> Identity:
        """Another certificate and key of a role, that the organisation's authority issues to a person."""
        key = new_key()
        authority = Authority.load(self.consortium.org_dir(org), PASSPHRASE)
        certificate = authority.issue(person, role, None, key.public_key(), VALID_FROM, VALID_TO)
        return Identity(certificate.public_bytes(Encoding.PEM).decode(), key)

    def issued_client(self, org: str, role: str, person: str) -> Client:
        """The client of such a certificate."""
        identity = self.issued(org, role, person)
        return Client(self.ledger, identity.certificate_pem, identity.private_key, self.clock)

    def bearer(self, caller: str) -> Identity:
        """The certificate and key of 'union/operator' or 'employer/signer/E001', or another one of a named person."""
        bearer, person = person_of(caller)
        organisation, role, *employer = bearer.split("/")
        if bearer != caller:
            return self.issued(organisation, role, person)
        return self.identity(organisation, role, employer[0] if employer else None)

    def client(self, org: str, role: str, employer: str | None = None) -> Client:
        """The client of one role, at the time of the clock."""
        who = org, role, employer
        if who not in self._clients:
            identity = self.identity(*who)
            self._clients[who] = Client(self.ledger, identity.certificate_pem, identity.private_key, self.clock)
        return self._clients[who]

    @property
    def operator(self) -> Client:
        """The union's."""
        return self.client("union", "operator")

    @property
    def treasurer(self) -> Client:
        """The union's."""
        return self.client("union", "treasurer")

    @property
    def admin(self) -> Client:
        """The union's."""
        return self.client("union", "admin")

    @property
    def teller(self) -> Client:
        """The bank's."""
        return self.client("bank", "teller")

    def countersign(self, period: str, *organisations: str) -> None:
        """Bank and regulator, or these, sign a closed month as it stands."""
        month = self.treasurer.need(months, period)
        content = MonthContent(period, month.custody, month.figures, month.statement, month.carried)
        for organisation in organisations or ("bank", "regulator"):
            auditor = f"{organisation}/auditor"
            self.do(Countersign, auditor, period=period, figures=month.figures, digest=digest(content))

    def audited(self) -> Finding:
        """Return what an audit finds of the ledger as it stands, for an auditor to sign."""
        report = audit(self.ledger)
        assert report.fault is None
        return Finding(report.height, report.block_hash, report.root, report.supply_fen, report.reserve_fen)

    def checkpoint(self, *organisations: str) -> Finding:
        """Audit the ledger; the auditors of these organisations, or of all that have one, sign what is found."""
        finding = self.audited()
        for organisation in organisations or ("union", "bank", "regulator"):
            self.do(SignCheckpoint, f"{organisation}/auditor", finding=finding)
        return finding

    def signer(self, employer: str = "E001") -> Client:
        """An employer's."""
        return self.client("employer", "signer", employer)

    @cached_property
    def people(self) -> People:
        """The union's store of persons, opened when it is first asked for."""
        opened = People.open(f"sqlite:///{self.consortium.store_path}", PASSPHRASE)
        opened.add(self._persons)
        return opened

    def govern(self, name: str, value: Any, effective_from: date, effective_to: date | None = None) -> None:
        """Propose and approve a value of a parameter by all the organisations that it needs."""
        self._govern([(name, value, effective_from, effective_to)])

    def employ(
        self,
        workers: int = 3,
        *,
        employer: str = "E001",
        shards: int = 2,
        document: TermsDocument | None = None,
        joined: bool = True,
    ) -> Team:
        """A new employer with workers R0001.., enrolled and, where `joined`, in its terms from their first day.

        shards: how many shards the workers fill.
        """
        document = document or rider_terms(employer)
        team = Team(employer, max(1, -(-workers // shards)), f"T{employer}-RIDERS", document, keys=self.keys)
        self.add_employer(employer, team.shard_size)
        self.hire(team, workers)
        self.terms_active(team.terms, document)
        if joined:
            self.join(team.terms, *team.all)
        return team

    def add_employer(self, employer: str, shard_size: int) -> None:
        """A new employer with its signer, and nobody who works there."""
        self.consortium.enrol_employer(employer, PASSPHRASE, VALID_FROM, VALID_TO)
        self.do(AddEmployer, "union/operator", employer=employer, shard_size=shard_size)

    def hire(self, team: Team, workers: int) -> list[str]:
        """So many more workers of the employer are registered. Gives back their references."""
        persons = [new_person(team.employer, len(team.workers) + number) for number in range(1, workers + 1)]
        for person in persons:
            team.placed[person.worker] = len(team.workers) // team.shard_size
            team.workers[person.worker_ref] = person.worker
            team.keys[person.worker] = key_of(person.worker)
            team.persons[person.worker] = person
        if "people" in self.__dict__:
            self.people.add(persons)
        self._persons.extend(persons)
        for some in in_parts(persons, AT_ONCE):  # one after the other: each takes the next places
            new = tuple(self.new_worker(each.worker, team.employer, payee=each.payee_commitment) for each in some)
            self.do(AddWorkers, employer=team.employer, workers=new)
        return [person.worker_ref for person in persons]

    def sign(self, name: str, message: Record) -> bytes:
        """Sign with the worker's key of `keys`, where a test has put another one there."""
        key = self.keys.get(name)
        return super().sign(name, message) if key is None else key.sign(canonical(message), ec.ECDSA(SHA256()))

    def deposit(
        self, amount_fen: int, employer: str = "E001", booking: str | None = None, *, cosigned: bool = True
    ) -> Place:
        """Two persons of the bank attest an employer's money of today. Gives back its day and reference."""
        return super().deposit(amount_fen, employer, booking or f"D{self.request()}".upper(), cosigned=cosigned)

    def do_each(self, kind: type[Command[A]], caller: str | None, each: Iterable[Mapping[str, Any]], /) -> list[A]:
        """Give commands of a kind, several in a block. The first that is refused is raised."""
        done: list[A] = []
        for answer in self.answers_to(kind, each, caller):
            if isinstance(answer, Refusal):
                raise answer
            done.append(answer)
        return done

    def answers_to(
        self, kind: type[Command[A]], each: Iterable[Mapping[str, Any]], caller: str | None = None
    ) -> list[A | Refusal]:
        """Give commands of a kind, one block for each stretch of one caller, whether they are refused or not."""
        given = ((caller or caller_by_default(kind, fields), self.made(kind, fields)) for fields in each)
        return [
            answer
            for who, stretch in groupby(given, key=lambda one: one[0])
            for answer in self._client_of(who).submit_many([command for _, command in stretch])
        ]

    def _client_of(self, caller: str) -> Client:
        organisation, role, *employer = caller.split("/")
        return self.client(organisation, role, employer[0] if employer else None)

    def switch_contract(self, version: str) -> int:
        """Bring a contract into force that this node has. Gives back the switch's block."""
        upgrade.propose(self.client("union", "admin"), version, self.clock(), "a release")
        for organisation in ("union", "employer", "bank"):
            witness = self.client(organisation, "witness")
            upgrade.state(witness, upgrade.chosen(self.operator, version, None), has=True)
        upgrade.switch(self.client("bank", "admin"), upgrade.chosen(self.operator, version, None))
        return self.ledger.height() - 1

    def close(self) -> None:
        """Give back what is open."""
        self.ledger.close()
        if "people" in self.__dict__:
            self.people.close()

    def _put_parameters_in_force(self) -> None:
        payees = {f"payee.{name}": commitment(*account) for name, account in PAYEES.items()}
        self._govern(
            (name, value, NEW_YEAR, None)
            for name, value in (
                ("calendar.2026", rest_days(2026)),
                ("calendar.2027", rest_days(2027)),
                ("holidays.2026", STATUTORY_2026),
                ("monthly_minimum_wage.510100-1", 233_000),
                ("minimum_wage.510100-1", 2300),
                ("minimum_wage.510100-2", 2200),
                ("workday.close", 1439),
                ("answer.days", 1),
                ("dispute.decide_days", 7),
                ("contest.decide_days", 60),
                ("review.decision_fen", 100_000),
                ("cashout.second_role_fen", SECOND_ROLE_FEN),
                ("worker.key_days", 3),
                ("recovery.share_bp", 2000),
                ("retention.payroll_years", 0),
                ("retention.aml_years", 0),
                ("retention.voucher_years", 1),
                *payees.items(),
            )
        )

    def _govern(self, values: Iterable[tuple[str, Any, date, date | None]]) -> None:
        approved: dict[str, list[str]] = {}
        proposed = []
        for name, value, first, last in values:
            proposal = f"PUNION-{self.request().upper()}"
            content = {"name": name, "value": msgspec.Raw(canonical(value)), "source": "for tests"}
            proposed.append({"proposal": proposal, **content, "effective_from": first, "effective_to": last})
            for organisation in sorted(definition_of(name).parties - {"union"}):
                approved.setdefault(organisation, []).append(proposal)
        self.do_each(Propose, "union/admin", proposed)
        for organisation, proposals in approved.items():
            self.do_each(Approve, f"{organisation}/admin", map(self.approval, proposals))


def approval(command: Propose, request_id: str) -> Approve:
    """The approval of what a command proposes."""
    value = Value(command.value, command.effective_from, command.effective_to, command.source, command.proposal)
    content = proposal_digest(Proposal(command.name, value, (), "open"))
    return Approve(request_id=request_id, proposal=command.proposal, digest=content)


@contextmanager
def rehearsal(directory: Path) -> Iterator[House]:
    """A consortium below that directory: a copy of the one that this process has founded, so each has the same ledger.

    Who needs another ledger founds a House.
    """
    place, requests = _founded(contract_version())
    shutil.copytree(Path(place.name) / "c", directory / "c")
    consortium, clock = network.open_consortium(directory / "c"), SettableClock()
    house = House.reopened(consortium, EmbeddedLedger.open(consortium.ledger_path, clock), clock, requests)
    try:
        yield house
    finally:
        house.close()


@cache
def _founded(_version: str) -> tuple[TemporaryDirectory[str], int]:
    """A consortium whose ledger was founded with that contract, to be copied; and how many requests that took."""
    place = TemporaryDirectory(prefix="lxr-consortium-")
    house = House(Path(place.name))
    People.open(f"sqlite:///{house.consortium.store_path}", PASSPHRASE).close()  # made, so that it is copied too
    house.close()
    return place, house.requests


_HOLIDAYS: Final = "01-01 02-16 02-17 02-18 02-19 04-05 05-01 05-02 06-19 09-25 10-01 10-02 10-03"
STATUTORY_2026: Final = tuple(date.fromisoformat(f"2026-{day}") for day in _HOLIDAYS.split(" "))


def rest_days(year: int) -> tuple[date, ...]:
    """Saturdays and Sundays, New Year and the first week of October: near enough to a real calendar."""
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
    return tuple(
        day
        for day in days
        if day.year == year
        and (day.weekday() >= 5 or (day.month, day.day) == (1, 1) or (day.month == 10 and day.day <= 7))
    )
