"""What is seen of a Fabric network while it works: steps of the client, nodes' processor time, contract, disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Final

from benchmarks import machine
from benchmarks.paying import CERTIFY, HOLD, PAYDAY
from benchmarks.stopwatch import COMMIT, ENDORSE, FOLLOW, SUBMIT, Stopwatch, command_of
from benchmarks.workload import Figures, Phase, percentile
from lxr.chaincode.envelope import encode_envelope
from lxr.network.consortium import Consortium
from lxr.network.fabric.description import HOST
from lxr.network.fabric.nodes import nodes_of
from lxr.node.blocks import Block
from lxr.node.port import Ledger

SMALL: Final = "governance.propose"
ONE_BY_ONE: Final = "small commands, one after the other"
IN_FLIGHT: Final = 128
ALONE: Final = f"one transaction per worker, {IN_FLIGHT} in flight"

_ALL: Final = {
    "orderer": "all orderers",
    "peer": "all peers",
    "contract": "all contract services",
    machine.CLIENT: "the client",
}


class Probe:
    """Looks on while the phases run, and adds what it sees to the figures. workers: those who are paid."""

    def __init__(
        self, consortium: Consortium, ledger: Ledger, workers: int, transactions: int, phase: Phase, figures: Figures
    ) -> None:
        """transactions: how many are sent alone, each as if for one worker."""
        self.figures: Final = figures
        self.stopwatch: Final = Stopwatch()
        self.pids: Final = machine.pids_of(consortium)
        self._consortium: Final = consortium
        self._ledger: Final = ledger
        self._counts: Final = {CERTIFY: workers, PAYDAY: workers, HOLD: workers, ALONE: transactions}
        self._phase: Final = phase

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """A phase of the work, looked at."""
        self.stopwatch.clear()
        cpu_s, contract = machine.cpu_s(self.pids), self._contract()
        disk, height = machine.disk_bytes(self._consortium), self._ledger.height()
        with self._phase(name):
            yield
        cpu_s = machine.less(machine.cpu_s(self.pids), cpu_s)
        grown = machine.less(machine.disk_bytes(self._consortium), disk)
        if name == ONE_BY_ONE:
            self._small(machine.less(self._contract(), contract))
        if count := self._counts.get(name):
            each = f"{name}: for each worker,"
            self.figures.update(
                {f"{each} processor time of {_ALL[kind]} (ms)": 1_000 * spent / count for kind, spent in cpu_s.items()}
            )
            self.figures[f"{each} all of it (ms)"] = 1_000 * sum(cpu_s.values()) / count
            self.figures.update({f"{each} disk of one {kind} (bytes)": more / count for kind, more in grown.items()})
            self._blocks(name, height)

    def _small(self, contract: dict[str, float]) -> None:
        spent_s = self.stopwatch.spent_s
        endorsing, committing = spent_s[ENDORSE, SMALL], spent_s[COMMIT, SMALL]
        submitting = spent_s[SUBMIT, ""]
        waiting = [commit - submit for commit, submit in zip(committing, submitting, strict=False)]
        self.figures.update(
            {
                "small command: endorse, p50 (ms)": percentile(endorsing, 50),
                "small command: of that in the contract service, mean (ms)": 1_000
                * contract["seconds_sum"]
                / contract["seconds_count"],
                "small command: requests for state to the peer": contract["reads_total"] / contract["seconds_count"],
                "small command: submit, p50 (ms)": percentile(submitting, 50),
                "small command: wait for its block, p50 (ms)": percentile(waiting, 50),
                "small command: take in new blocks, mean (ms)": 1_000 * sum(spent_s[FOLLOW, ""]) / len(committing),
            }
        )

    def _blocks(self, name: str, height: int) -> None:
        """Of the blocks that came in the phase; and of each command of it, the largest."""
        blocks = list(map(_Carried, self._ledger.blocks(height)))
        counts = [len(block.sizes) for block in blocks]
        self.figures[f"{name}: transactions"] = sum(counts)
        self.figures[f"{name}: transactions in a block"] = sum(counts) / len(counts)
        if name == ALONE:
            return
        self.figures[f"{name}: largest block, envelopes and what they wrote (KB)"] = (
            max(sum(block.sizes) for block in blocks) / 1_000
        )
        for command in sorted({command for block in blocks for command in block.written}):
            most = max(block.written.get(command, 0) for block in blocks)
            self.figures[f"{name}: {command}: most that one wrote (KB)"] = most / 1_000
            if endorsed_s := self.stopwatch.spent_s[ENDORSE, command]:
                self.figures[f"{name}: {command}: endorse, p50 (ms)"] = percentile(endorsed_s, 50)

    def _contract(self) -> dict[str, float]:
        """What the contract services have counted, all together, by the last part of the name."""
        counted: dict[str, float] = {}
        for node in nodes_of(self._consortium):
            if node.kind == "contract":
                connection = HTTPConnection(HOST, node.at.contract_metrics, timeout=5)
                connection.request("GET", "/metrics")
                for line in connection.getresponse().read().decode().splitlines():
                    name, _, value = line.rpartition(" ")
                    if name.startswith("lxr_contract_") and "{" not in name:
                        short = name.removeprefix("lxr_contract_")
                        counted[short] = counted.get(short, 0) + float(value)
                connection.close()
        return counted


class _Carried:
    """What a block carries: the size of each transaction, and the most that one of a command wrote."""

    def __init__(self, block: Block) -> None:
        self.sizes: Final[list[int]] = []
        self.written: Final[dict[str, int]] = {}
        for each in block.transactions:
            written = sum(len(key) + len(value) for key, value in each.writes)
            command = command_of(each.envelope)
            self.sizes.append(len(encode_envelope(each.envelope)) + written)
            self.written[command] = max(written, self.written.get(command, 0))
