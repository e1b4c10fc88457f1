"""A consortium's parts on one machine, opened as they are first needed: ledgers, stores, keys and clocks.

What runs commands, serves pages or does what is due takes them from here. It knows of no terminal, no language and no
options: what is to be asked or told, whoever runs it does.
"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Final, Self

from lxr.chaincode.clock import Clock, clocks
from lxr.chaincode.custody_records import custodies
from lxr.chaincode.refusals import Unknown
from lxr.chaincode.things import Thing
from lxr.cli.wallets import Wallets
from lxr.network.consortium import Consortium, open_consortium
from lxr.node.client import Client
from lxr.node.embedded import EmbeddedLedger, system_clock
from lxr.node.port import NOT_FOUNDED, Ledger, LedgerFault
from lxr.node.progress import Progress
from lxr.node.said import Said
from lxr.node.sealing import Identity
from lxr.settlement.errors import PeopleFault

if TYPE_CHECKING:
    from lxr.node.fabric.ledger import FabricLedger
    from lxr.node.seen import Memory
    from lxr.settlement.people.numbers import Numbers
    from lxr.settlement.people.store import People
    from lxr.settlement.reports.projection import Projection

Bearer = tuple[str, str, str | None]
"""Organisation, role, and the employer of an employer's own."""
Differing = Callable[[str, Said], None]
"""Told, when a ledger is closed, of each organisation whose node answered otherwise, and how."""


class Installation:
    """Everything is opened once, by whichever thread needs it first, and closed at the end."""

    def __init__(
        self,
        directory: Path,
        passphrase: Callable[[], bytes],
        *,
        home: str = "union",
        clock: Callable[[], int] | None = None,
        differing: Differing | None = None,
    ) -> None:
        """Open nothing yet.

        passphrase: of all keys and of the store of persons; asked for when the first of them is opened. home: the
        organisation at whose node all is read and sent. clock: unix ms; None: the present or, in a rehearsal, the
        ledger's own time.
        """
        self._home: Final = home
        self.directory: Final = directory
        self._passphrase: Final = passphrase
        self._given_clock: Final = clock
        self._differing: Final = differing
        self._closing: Final = ExitStack()
        self._opening: Final = RLock()
        self._consortium: Consortium | None = None
        self._embedded: EmbeddedLedger | None = None
        self._nodes: Final[dict[str, FabricLedger]] = {}
        self._identities: Final[dict[Bearer, Identity]] = {}
        self._clients: Final[dict[Bearer, Client]] = {}
        self._people: People | None = None
        self._numbers: Numbers | None = None
        self._projection: Projection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close whatever is open."""
        self._closing.close()

    @property
    def consortium(self) -> Consortium:
        """The consortium in the directory. Raises KeyFault."""
        with self._opening:
            if self._consortium is None:
                self._consortium = open_consortium(self.directory)
            return self._consortium

    # Clocks

    def clock(self) -> int:
        """Return the present: unix ms. Raises LedgerFault: a rehearsal that is not founded."""
        if self._given_clock is not None:
            return self._given_clock()
        if not self.consortium.rehearsal:
            return system_clock()
        clock = self.ledgers_clock()
        if clock is None:
            raise LedgerFault(NOT_FOUNDED)
        return clock.at_ms

    def ledgers_clock(self) -> Clock | None:
        """Return the ledger's own time; None: it is not founded."""
        if self.consortium.fabric or self.consortium.ledger_path.exists():
            return self.reader().get(clocks)
        return None

    # Ledgers

    def ledger(self, organisation: str | None = None) -> Ledger:
        """Return the ledger as that organisation's node has it; None: its own.

        On the embedded ledger all have the same.
        """
        if self.consortium.fabric:
            return self.node(organisation or self._home)
        with self._opening:
            if self._embedded is None:
                consortium = self.consortium
                self._embedded = EmbeddedLedger.open(consortium.ledger_path, self.clock, consortium.roots)
                self._closing.callback(self._embedded.close)
            return self._embedded

    def node(self, organisation: str) -> "FabricLedger":
        """On Fabric: the ledger through that organisation's peer."""
        with self._opening:
            if organisation not in self._nodes:
                from lxr.cli.fabric_ledger import open_fabric  # gRPC is slow to load

                self._nodes[organisation] = open_fabric(self.consortium, organisation)
                self._closing.callback(self._close_node, self._nodes[organisation])
            return self._nodes[organisation]

    def _close_node(self, ledger: "FabricLedger") -> None:
        ledger.close()
        if self._differing is not None:
            for organisation, answer in sorted(ledger.differing.items()):
                self._differing(organisation, answer)

    # Keys

    def reader(self) -> Client:
        """Return a client to read with; it needs no passphrase and can sign nothing."""
        return Client.reading(self.ledger(), self.clock)

    def client(self, organisation: str, role: str, employer: str | None = None) -> Client:
        """Return a client of one role. Raises KeyFault."""
        bearer = organisation, role, employer
        with self._opening:
            if bearer not in self._clients:
                identity = self.identity(*bearer)
                self._clients[bearer] = Client(
                    self.ledger(),
                    identity.certificate_pem,
                    identity.private_key,
                    self.clock,
                    partial(self.identity, organisation, "witness", None),
                )
            return self._clients[bearer]

    def identity(self, organisation: str, role: str, employer: str | None = None) -> Identity:
        """Return the certificate and key of one role. Raises KeyFault."""
        bearer = organisation, role, employer
        with self._opening:
            if bearer not in self._identities:
                self._identities[bearer] = self.consortium.identity(*bearer, passphrase=self._passphrase())
            return self._identities[bearer]

    def memory(self, organisation: str) -> "Memory":
        """Return what an organisation has seen of the ledger."""
        from lxr.node.seen import Memory  # brings the audit

        return Memory(organisation, self.consortium.org_dir(organisation))

    def wallets(self) -> Wallets:
        """Workers' keys, where this machine holds any."""
        return Wallets(self.consortium.directory / "workers", self._passphrase)

    # Stores

    def people(self) -> "People":
        """Return the union's store of personal data.

        One that is gone is not begun anew: its passphrase would be anything.

        Raises PeopleFault.
        """
        self._store_path()
        return self.made_people()

    def numbers(self) -> "Numbers":
        """Workers' numbers in the union's store of personal data. Raises PeopleFault, as `people`."""
        with self._opening:
            if self._numbers is None:
                from lxr.settlement.people.numbers import Numbers  # not for commands that name no worker

                self._numbers = Numbers.open(self._store_path(), self._passphrase())
            return self._numbers

    def made_people(self) -> "People":
        """Return the store of persons, made if it is not there. Raises PeopleFault."""
        with self._opening:
            if self._people is None:
                from lxr.settlement.people.store import People  # SQLModel is slow to load

                self._people = People.open(f"sqlite:///{self.consortium.store_path}", self._passphrase())
                self._closing.callback(self._people.close)
            return self._people

    def _store_path(self) -> Path:
        """Where the store of persons lies. Raises PeopleFault: it is gone."""
        path = self.consortium.store_path
        if not path.exists() or path.stat().st_size == 0:
            raise PeopleFault("{path}: no such file: the store of persons is gone", path=path)
        return path

    def task_numbers_path(self, employer: str) -> Path:
        """Where the numbers of the tasks in an employer's files are kept; there is none before the first."""
        return self.consortium.directory / "employer" / f"{employer}.db"

    def projection_path(self) -> Path:
        """Where the lookup tables lie."""
        return self.consortium.directory / "union" / "projection.db"

    def projection(self, progress: Progress | None = None) -> "Projection":
        """Return the lookup tables, brought up to the ledger's present. Raises ProjectionFault."""
        with self._opening:
            if self._projection is None:
                from lxr.settlement.reports.projection import Projection  # SQLModel is slow to load

                self._projection = Projection.open(f"sqlite:///{self.projection_path()}")
                self._closing.callback(self._projection.close)
            self._projection.follow(self.ledger(), progress)
            return self._projection

    # What is looked for in them

    def custody(self) -> str | None:
        """Return the number of the custody account; None: the bank has opened none. There is one to a ledger."""
        return next((key[0] for key, _ in self.reader().scan(custodies)), None)

    def worker(self, word: str) -> str:
        """Return a worker's number, given as such or as EMPLOYER/REFERENCE, the employer's own number for them.

        Refuses: Unknown. Raises PeopleFault.
        """
        employer, slash, reference = word.partition("/")
        if not slash:
            return word
        number = self.numbers().find(employer, reference)
        if number is None:
            raise Unknown(what=Thing.WORKER, number=word)
        return number
