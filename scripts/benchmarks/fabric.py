"""Measures a Fabric network that holds a month's work: its end, stage by stage, beside one transaction per worker."""

import inspect
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Struct
from rich.console import Console

import consortium as consortium_of_tests
from benchmarks import kept, machine, months, report, weight
from benchmarks.apart import apart
from benchmarks.months import Size
from benchmarks.paying import PAID, TOGETHER, month_end
from benchmarks.probe import ALONE, IN_FLIGHT, ONE_BY_ONE, Probe
from benchmarks.report import Measured
from benchmarks.union import Union, payday_ms
from benchmarks.workload import SHARD, Figures, Phase, one_by_one, percentile, prove, timed
from consortium import NAME, PASSPHRASE, House
from fabricnet import VALID_FROM, VALID_TO, ledger_of, on_network
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.founding import geneses
from lxr.chaincode.types import digest
from lxr.network.consortium import open_consortium
from lxr.network.fabric import network
from lxr.network.fabric.binaries import Fabric, find_fabric
from lxr.network.fabric.connection import connection
from lxr.network.fabric.description import Ordering, describe
from lxr.network.fabric.founding import found_fabric
from lxr.network.fabric.ports import free_base_port
from lxr.node.fabric.answers import READ, encode_keys
from lxr.node.fabric.client.sending import Sender, Sent
from lxr.node.fabric.ledger import FabricLedger
from lxr.node.genesis import genesis_of
from lxr.node.sealing import seal
from lxr.node.version import contract_version

TRANSACTIONS: Final = 10 * IN_FLIGHT
"""How many are sent alone, as if each were for one worker."""
READS: Final = 100
PHASES: Final = 10
"""Of each size."""

ONE_PER_WORKER: Final = f"{ALONE} (1/s)"
TO_ALONE: Final = "payday : one transaction per worker"
SMALL: Final = "small command: end to end, p50 (ms)"
CLIENT_MEMORY: Final = "memory of the client, peak (MiB)"
AIMS: Final = {
    PAID: "≥ 1,667",
    "hold (workers/s)": "≥ 3,333",
    TO_ALONE: "≥ 20",
    SMALL: "≤ 70",
    CLIENT_MEMORY: "≤ 1,024",
    **{f"memory of one {kind} (MiB)": "≤ 1,024" for kind in ("orderer", "contract", "peer")},
}


class Settings(Struct, frozen=True):
    """How a network is made. processes: of each contract service."""

    ordering: Ordering
    block_ms: int
    processes: int


def measure(
    sizes: list[Size], settings: Settings, commands: int, audited: bool, place: Path, console: Console
) -> Measured:
    """Each size on a network of its own, one after the other. place: where what was prepared is kept.

    commands: small ones, one after the other. Raises NetworkFault: there is no Fabric, or it does not come up.
    """
    fabric = find_fabric()
    conditions = machine.conditions() | {
        "Fabric": fabric.version,
        "organisations": len(ORGANISATIONS),
        "endorsing": "3 of 4",
        "ordering": settings.ordering,
        "block_ms": settings.block_ms,
        "contract processes per organisation": settings.processes,
        "employers": sizes[0].employers,
        "days": sizes[0].days,
        "workers in a shard": min(SHARD, sizes[0].each),
        "rows": "answered by nobody",
    }
    measured: dict[str, Figures] = {}
    with report.phases(console, PHASES * len(sizes)) as shown:
        for size in sizes:
            figures = measured.setdefault(f"{size.workers:,} workers", {})
            phase = partial(_named, shown, f"Fabric, {size.told}")
            with _network(size, settings, fabric, place, phase, figures) as directory:
                _on(directory, size, commands, audited, phase, figures)
    return Measured(conditions, measured, AIMS)


@contextmanager
def _named(shown: Phase, about: str, name: str) -> Iterator[None]:
    with shown(f"{about}: {name}"):
        yield


@contextmanager
def _network(
    size: Size, settings: Settings, fabric: Fabric, place: Path, phase: Phase, figures: Figures
) -> Iterator[Path]:
    """A network with a month's work, up; taken down at the end. What was prepared stays as it was."""
    made_by = [Path(inspect.getfile(module)).read_bytes().hex() for module in (months, consortium_of_tests)]
    key = digest((size, settings, fabric.version, contract_version(), made_by))[:16]
    kept_at = place / f"fabric-{size.workers}-{key}"
    for old in place.glob(f"fabric-{size.workers}-*"):
        if (old / kept.WORKING / "consortium.toml").exists():
            network.down(open_consortium(old / kept.WORKING))  # of a run that was killed
        if old != kept_at:
            shutil.rmtree(old)
    build = partial(_prepare, size=size, settings=settings, fabric=fabric)
    with phase("prepared ledger: made where it is missing, about 20 ms for each worker"):
        directory = kept.fresh(kept_at, build)
    with _up(directory, fabric, phase, figures):
        yield directory


@contextmanager
def _up(directory: Path, fabric: Fabric, phase: Phase, figures: Figures) -> Iterator[None]:
    consortium = open_consortium(directory)
    try:
        with phase("network up"), timed() as took:
            network.up(consortium, PASSPHRASE, fabric)
        figures["network up (s)"] = took.s
        yield
    finally:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave nodes behind
        network.down(consortium)
        signal.signal(signal.SIGINT, before)


def _prepare(directory: Path, size: Size, settings: Settings, fabric: Fabric) -> None:
    """A network from nothing, with the work of that size, on which nothing is certified yet; down again."""
    description = describe(
        ORGANISATIONS,
        ordering=settings.ordering,
        block_ms=settings.block_ms,
        workers=settings.processes,
        base_port=free_base_port(),
    )
    found_fabric(directory, NAME, True, PASSPHRASE, VALID_FROM, VALID_TO, description)
    with _up(directory, fabric, lambda _: nullcontext(), {}):
        apart(partial(_fill, directory, size))  # what it holds of the workers is not in what is measured


def _fill(directory: Path, size: Size) -> None:
    with closing(House(directory, on_network(open_consortium(directory)))) as house:
        months.work_s(house, months.teams(house, size), size.dates)


def _on(directory: Path, size: Size, commands: int, audited: bool, phase: Phase, figures: Figures) -> None:
    consortium = open_consortium(directory)
    with closing(ledger_of(consortium)) as ledger, closing(Sender(connection(consortium, "union"))) as sender:
        with phase("this node's copy of the blocks"):
            ledger.height()
        union = Union(consortium, ledger)
        seen: Figures = {}
        probe = Probe(consortium, ledger, size.workers, TRANSACTIONS, phase, seen)
        with probe.stopwatch.on():
            figures.update(month_end(union, size, probe.phase))
            with probe.phase(ONE_BY_ONE):
                figures.update(one_by_one(union, commands))
            with probe.phase(ALONE):
                figures[ONE_PER_WORKER] = _alone_per_s(union, sender)
        figures[TO_ALONE] = figures[PAID] / figures[ONE_PER_WORKER]
        figures[f"{TO_ALONE}, all five stages"] = figures[TOGETHER] / figures[ONE_PER_WORKER]
        figures.update({f"memory of one {kind} (MiB)": mib for kind, mib in machine.memory_mib(probe.pids).items()})
        figures[CLIENT_MEMORY] = machine.peak_mib()
        with phase("reading, and the bytes of a month"):
            figures.update(_reading(ledger, sender))
            figures.update(weight.figures(ledger, size.workers))
        if audited:
            with phase("audit"):
                figures.update(prove(ledger))
        senders = (sender, ledger._sender)  # the ledger shows only a part of what its sender counts
        figures["conflicts"] = sum(each.conflicts for each in senders)
        figures["retries"] = sum(each.retries for each in senders)
        figures["failovers"] = sum(each.peers.failovers for each in senders)
        figures.update(seen)


def _alone_per_s(union: Union, sender: Sender) -> float:
    """Small commands that write a record each, as a user would otherwise pay each worker: so many under way at once."""
    admin, ledger = union.identity("admin"), genesis_of(union.ledger).ledger
    envelopes = [
        seal(each, ledger, admin.certificate_pem, admin.private_key, payday_ms())
        for each in union.proposals(TRANSACTIONS)
    ]
    with ThreadPoolExecutor(IN_FLIGHT) as pool, timed() as took:
        outcomes = list(pool.map(sender.send, envelopes))
    assert all(isinstance(each, Sent) for each in outcomes)
    return TRANSACTIONS / took.s


def _reading(ledger: FabricLedger, sender: Sender) -> Figures:
    """One key, asked of the contract at the own peer, and of the node's own copy."""
    gateway, key = sender.peers.of("union"), geneses.key()
    asked_s, read_s = [], []
    for _ in range(READS):
        with timed() as took:
            gateway.evaluate(READ, [encode_keys([key])], ["union"])
        asked_s.append(took.s)
        with timed() as took:
            ledger.read([key])
        read_s.append(took.s)
    return {
        "reading a key: from the contract (evaluate), p50 (ms)": percentile(asked_s, 50),
        "reading a key: from the node's copy, p50 (ms)": percentile(read_s, 50),
    }
