"""One command's surroundings: the consortium's directory, the clock, the passphrase, and clients by identity."""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import typer

from lxr.chaincode.clock import Clock
from lxr.chaincode.days import day_of
from lxr.chaincode.employers import employers
from lxr.chaincode.founding import geneses
from lxr.cli.ends import NotKnownYet, UsageFault
from lxr.cli.identities import identity_of
from lxr.cli.installation import Installation
from lxr.cli.screen import Screen
from lxr.cli.shared_options import SHANGHAI, SharedOptions, moment_of, shown_moment
from lxr.cli.texts.language import text
from lxr.cli.texts.told import in_words
from lxr.cli.wallets import Wallets
from lxr.network.consortium import EMPLOYER_STAFF, Consortium
from lxr.node.client import Client
from lxr.node.dry_run import DryRun
from lxr.node.embedded import system_clock
from lxr.node.inputs import Unread, read_input
from lxr.node.port import NOT_FOUNDED, Ledger, LedgerFault
from lxr.node.said import Said
from lxr.settlement.errors import InputFault, ProjectionFault
from lxr.settlement.ledger.upgrade import pending
from lxr.settlement.permissions import UseCase, refuse_role
from lxr.token.refusal import Refusal

if TYPE_CHECKING:
    from lxr.node.fabric.service.versions import Versions
    from lxr.node.seen import Memory
    from lxr.settlement.people.store import People
    from lxr.settlement.reports.projection import Projection

_PASSPHRASE_BYTES_MAX: Final = 4_096
"""Bytes: more than a passphrase may have, and not all of what a wrong file may hold."""

AHEAD_DAYS_MAX: Final = 400
"""How far ahead of its ledger's clock a rehearsal may play at once: the months of a year, and no mistyped decade."""

Prompt = Callable[[str, bool], str]
"""Asks a person for something secret; twice, if it is new."""


class Session:
    """Everything is opened when it is first needed, and closed at the end."""

    def __init__(
        self,
        *,
        directory: Path,
        engine: str | None = None,
        screen: Screen,
        identity: str | None = None,
        passphrase_file: Path | None = None,
        at: str | None = None,
        prompt: Prompt | None = None,
    ) -> None:
        self.directory = directory
        self._engine: Final = engine
        self.new_passphrase = False
        """Whether the passphrase is being chosen: then it is asked for twice."""
        self.passphrase_by_default: bytes | None = None
        self.screen: Final = screen
        self._identity: Final = None if identity is None else identity_of(identity)
        self.clock: Callable[[], int] = system_clock
        self.founding_ms: int | None = None
        """The time that a rehearsal plays by default while its ledger is not founded: unix ms."""
        self._passphrase_file: Final = passphrase_file
        self._at_ms: Final = None if at is None else moment_of(at)
        self._prompt: Final = prompt
        self._closing: Final = ExitStack()

    def elsewhere(self, directory: Path) -> "Session":
        """Open a session at another directory, with this one's screen and passphrase, which has no time of its own."""
        return Session(
            directory=directory, screen=self.screen, passphrase_file=self._passphrase_file, prompt=self._prompt
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @property
    def on_fabric(self) -> bool:
        """Whether --ledger names a Fabric network."""
        return self._engine == "fabric"

    @cached_property
    def _parts(self) -> Installation:
        """What the directory holds, as the commands open it. Used once `consortium` has been looked at."""
        made = Installation(
            self.directory,
            lambda: self.passphrase,
            home=self.acting("union"),
            clock=lambda: self.clock(),
            differing=self._tell_differing,
        )
        self._closing.callback(made.close)
        return made

    @cached_property
    def consortium(self) -> Consortium:
        """The consortium in the directory; --at is checked against what kind it is."""
        consortium = self._parts.consortium
        engine = "fabric" if consortium.fabric else "embedded"
        if self._engine not in (None, engine):
            raise UsageFault(
                text(
                    f"--ledger: {self.directory} is {engine}, not {self._engine}",
                    f"--ledger：{self.directory} 为 {engine}，不是 {self._engine}",
                )
            )
        self.play(rehearsal=consortium.rehearsal)
        return consortium

    def play(self, *, rehearsal: bool) -> None:
        """In a rehearsal, play the time that --at names or, by default, that of the ledger's clock, never today.

        Raises UsageFault: --at names one, and it is no rehearsal.
        """
        if not rehearsal:
            if self._at_ms is not None:
                raise UsageFault(text("--at plays a past time: only a rehearsal can", "--at 仅可用于演练联盟"))
            return
        self.clock = self._ledgers_clock if self._at_ms is None else lambda: self._played_ms

    def _ledgers_clock(self) -> int:
        clock = self._found_clock()
        if clock is not None:
            return clock.at_ms
        if self.founding_ms is None:
            raise LedgerFault(NOT_FOUNDED)
        return self.founding_ms

    @cached_property
    def _played_ms(self) -> int:
        """The time that --at names: unix ms. Where only the founding was played before, it may be any.

        Raises UsageFault: it is so far ahead that it is mistyped, and the ledger's clock would stay there for good.
        """
        assert self._at_ms is not None
        clock = self._found_clock()
        if clock is None or clock.at_ms == self.reader.need(geneses).founded_ms:
            return self._at_ms
        most_ms = clock.at_ms + AHEAD_DAYS_MAX * 86_400_000
        if self._at_ms > most_ms:
            given, now, most = map(shown_moment, (self._at_ms, clock.at_ms, most_ms))
            raise UsageFault(
                text(
                    f"--at: {given} is more than {AHEAD_DAYS_MAX} days ahead of the ledger's clock, {now}, which never "
                    f"goes back; give {most} or earlier",
                    f"--at：{given} 比账本时钟 {now} 晚 {AHEAD_DAYS_MAX} 天以上，而时钟不会倒退；最晚可为 {most}",
                )
            )
        return self._at_ms

    def _found_clock(self) -> Clock | None:
        return self._opened.ledgers_clock()

    @cached_property
    def passphrase(self) -> bytes:
        """From --passphrase-file, LXR_PASSPHRASE, LXR_PASSPHRASE_FILE or the prompt; never from an argument."""
        if self._passphrase_file is not None:
            return _read_passphrase(self._passphrase_file)
        if "LXR_PASSPHRASE" in os.environ:
            return os.fsencode(os.environ["LXR_PASSPHRASE"])
        if "LXR_PASSPHRASE_FILE" in os.environ:
            return _read_passphrase(Path(os.environ["LXR_PASSPHRASE_FILE"]))
        if self.passphrase_by_default is not None:
            return self.passphrase_by_default
        typed = self.typed(text("Passphrase", "口令"), twice=self.new_passphrase)
        if typed is None:
            raise UsageFault(
                text(
                    "no passphrase: set LXR_PASSPHRASE, or give --passphrase-file",
                    "缺少口令：请设置 LXR_PASSPHRASE 或 --passphrase-file",
                )
            )
        return typed.encode()

    def typed(self, question: str, *, twice: bool = False) -> str | None:
        """Ask for what is not shown while it is typed; None: nobody is at a terminal."""
        if self._prompt is None or not sys.stdin.isatty():
            return None
        return self._prompt(question, twice)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger as the node of the acting organisation has it: the union's, unless --as names another."""
        ledger = self.ledger_of(self.acting("union"))
        self._announce(ledger)
        return ledger

    def _announce(self, ledger: Ledger) -> None:
        """Say that another contract may soon come into force, and whether this node has it: with any command."""
        try:
            proposals = pending(Client.reading(ledger))
        except (LedgerFault, Refusal):
            return  # the record is damaged: an audit says so, and nothing keeps it from that
        for each in proposals:
            version, by, when = each.version[:12], each.proposed_by, shown_moment(each.not_before_ms)
            have = ", ".join(each.have) or "-"
            if each.here:
                self.screen.warn(
                    text(
                        f"contract {version}, proposed by {by}, can come into force from {when} on; it is on the nodes "
                        f"of {have}",
                        f"{by} 提出的合约 {version} 自 {when} 起可启用；已声明具备的组织：{have}",
                    )
                )
            else:
                self.screen.warn(
                    text(
                        f"contract {version}, proposed by {by}, can come into force from {when} on; it is on the nodes "
                        f"of {have}, and not on this one: if a release that you have from a source of your own has it, "
                        f"install that ({by} says: {each.source})",
                        f"{by} 提出的合约 {version} 自 {when} 起可启用；已声明具备的组织：{have}；本节点尚不具备："
                        f"请从自有可信渠道取得并安装包含该合约的版本（{by} 所述依据：{each.source}）",
                    )
                )

    def acting(self, organisation: str) -> str:
        """Return the organisation for which a command acts: that of --as, or the command's own."""
        return self._identity[0] if self._identity else organisation

    def memory(self, organisation: str) -> "Memory":
        """Return what the acting organisation has seen of the ledger."""
        return self._opened.memory(self.acting(organisation))

    def ledger_of(self, organisation: str) -> Ledger:
        """Return the ledger as that organisation's node has it. On the embedded ledger all have the same."""
        return self._opened.ledger(organisation)

    @property
    def _opened(self) -> Installation:
        """The parts of the consortium, whose kind --at and --ledger have been checked against."""
        self.consortium  # noqa: B018  (it checks them)
        return self._parts

    def _tell_differing(self, organisation: str, answer: Said) -> None:
        self.screen.warn(
            text(
                f"the node of {organisation} answers differently: {in_words(answer)}",
                f"{organisation} 节点的应答与其他节点不一致：{in_words(answer)}",
            )
        )

    @cached_property
    def people(self) -> "People":
        """The union's store of personal data. Raises PeopleFault."""
        return self._opened.people()

    def open_people(self) -> "People":
        """Return the store of persons, made if it is not there. Raises PeopleFault."""
        return self._opened.made_people()

    @cached_property
    def projection(self) -> "Projection":
        """The lookup tables, brought up to the ledger's present. Raises ProjectionFault, which says what to do."""
        try:
            with self.screen.progress(text("following the ledger", "同步账本")) as step:
                return self._opened.projection(step)
        except ProjectionFault as fault:
            raise ProjectionFault(
                "{path}: {fault}; remove it, and it is made again from the ledger",
                path=self._parts.projection_path(),
                fault=fault,
            ) from None

    def task_numbers_path(self, employer: str) -> Path:
        """Where the numbers of the tasks in an employer's files are kept; there is none before the first."""
        return self._opened.task_numbers_path(employer)

    @cached_property
    def wallets(self) -> Wallets:
        """Workers' keys, where this machine holds any."""
        return self._opened.wallets()

    def client(
        self, organisation: str, role: str, employer: str | None = None, *, gives: UseCase | None = None
    ) -> Client:
        """Return a client for that identity, or for the one that --as names.

        gives: what it is to be signed with it: a wrong role is named before anything is read. Refuses: NotAllowed,
        Unknown. Raises UsageFault: --as names an employer's person without the employer.
        """
        if self._identity is not None:
            organisation, role, given = self._identity
            employer = (given or employer) if organisation == "employer" else None
            _refuse_role(organisation, role, employer, gives)
        if employer is not None:
            self.reader.need(employers, employer)
        return self._client(organisation, role, employer)

    def also(self, organisation: str, role: str) -> Client:
        """Return a second identity that a command needs beside its own."""
        return self._client(organisation, role, None)

    def auditor(self, organisation: str, *, gives: UseCase | None = None) -> Client:
        """Return the acting organisation's auditor, at its own node: nobody audits what another shows.

        The employers' organisation has none, and its witness audits. gives: see `client`. Refuses: NotAllowed.
        """
        role = "witness" if organisation == "employer" else "auditor"
        who = self._identity or (organisation, role, None)
        _refuse_role(*who, gives)
        client = self._client(*who)
        if self.consortium.fabric is None:
            return client
        node = self._opened.node(self.acting(organisation))
        node.reach(self.ledger.height())  # what this command did before at another node is to be audited too
        return client.on(node)

    def endorsers(self, last: int) -> list[tuple[str, ...]]:
        """On Fabric: who endorsed each of the last transactions."""
        return self._opened.node("union").endorsers(last)

    def versions(self) -> "Mapping[str, Versions | Said]":
        """On Fabric: what each organisation's node says that it runs, or why it does not say."""
        return self._opened.node("union").versions()

    def dry_run(self, *clients: Client) -> list[Client]:
        """Return the same identities on one dry run, which leaves nothing behind."""
        ledger = DryRun(self.ledger)
        return [client.on(ledger) for client in clients]

    @cached_property
    def reader(self) -> Client:
        """A client to read with; it needs no passphrase and can sign nothing."""
        return Client.reading(self.ledger, lambda: self.clock())

    @property
    def today(self) -> date:
        """Today in Chengdu, or the day that is played."""
        self.consortium  # noqa: B018  (sets the clock)
        return day_of(self.clock())

    @property
    def now(self) -> datetime:
        """The present in Chengdu, or the moment that is played."""
        self.consortium  # noqa: B018  (sets the clock)
        return datetime.fromtimestamp(self.clock() // 1000, SHANGHAI)

    def worker(self, word: str) -> str:
        """Return a worker's number, given as such or as EMPLOYER/REFERENCE, the employer's own number for them."""
        return self._opened.worker(word)

    def custody(self) -> str:
        """Return the number of the custody account. There is one to a ledger."""
        number = self._opened.custody()
        if number is None:
            raise NotKnownYet(text("the bank has opened no custody account yet", "银行尚未开立托管账户"))
        return number

    def _client(self, organisation: str, role: str, employer: str | None) -> Client:
        self.ledger  # noqa: B018  (it announces what is coming)
        return self._opened.client(organisation, role, employer)


def session(context: typer.Context) -> Session:
    """Return the session of the running command, made when first asked for: help needs neither keys nor ledger."""
    root = context.find_root()
    if isinstance(root.obj, SharedOptions):
        root.obj = root.with_resource(_begun(root.obj))
    assert isinstance(root.obj, Session)
    return root.obj


def _begun(options: SharedOptions) -> Session:
    return Session(
        directory=options.directory,
        engine=options.engine,
        screen=Screen(as_json=options.as_json),
        identity=options.identity,
        passphrase_file=options.passphrase_file,
        at=options.at,
        prompt=lambda question, new: str(typer.prompt(question, hide_input=True, confirmation_prompt=new, err=True)),
    )


def group_of(context: typer.Context) -> str:
    """Return the group in which the running command was called: `lxr bank audit` is the bank's."""
    return str(context.find_root().invoked_subcommand)


def _refuse_role(organisation: str, role: str, employer: str | None, gives: UseCase | None) -> None:
    """Refuses: NotAllowed. Raises UsageFault."""
    if gives is not None:
        refuse_role(gives, organisation, role, employer)
    if organisation == "employer" and role in EMPLOYER_STAFF and employer is None:
        given = f"{organisation}/{role}"
        raise UsageFault(
            text(
                f"--as: {given!r} names no employer; expected its number too, like {given}/E001",
                f"--as：{given!r} 未写明用工单位；应附其编号，如 {given}/E001",
            )
        )


def _read_passphrase(path: Path) -> bytes:
    try:
        return read_input(path, _PASSPHRASE_BYTES_MAX).rstrip(b"\r\n")
    except Unread as fault:
        raise InputFault(file=str(path), problem=fault.problem, expected=fault.expected) from None
