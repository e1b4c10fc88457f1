"""What is seen of a Fabric network while it works: steps of the client, nodes' processor time, contract, disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Final

from benchmarks import machine
from benchmarks.stopwatch import COMMIT, ENDORSE, FOLLOW, SUBMIT, Stopwatch, command_of
from benchmarks.workload import ONE_BY_ONE, PAYDAY_RUN, Figures, Phase, percentile
from consortium import House
from lxr_network.consortium import Consortium
from lxr_network.fabric.description import HOST
from lxr_network.fabric.nodes import nodes_of
from lxr_node.envelope import encode_envelope

SMALL: Final = "governance.propose"
SHARDS: Final = {"payroll.price": "pricing a shard", "payroll.pay": "paying a shard"}
THREADS: Final = 64
SIDE_BY_SIDE: Final = f"small commands from {THREADS} threads"


_ALL: Final = {
    "orderer": "all orderers",
    "peer": "all peers",
    "contract": "all contract services",
    machine.CLIENT: "the client",
}


class Probe:
    """Looks on while the phases run, and adds what it sees to the figures."""

    def __init__(self, consortium: Consortium, house: House, phase: Phase, figures: Figures) -> None:
        self.figures: Final = figures
        self.stopwatch: Final = Stopwatch()
        self.pids: Final = machine.pids_of(consortium)
        self._consortium: Final = consortium
        self._house: Final = house
        self._phase: Final = phase

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """A phase of the work, looked at."""
        self.stopwatch.clear()
        cpu_s, contract = machine.cpu_s(self.pids), self._contract()
        disk, height = machine.disk_bytes(self._consortium), self._house.ledger.height()
        with self._phase(name):
            yield
        cpu_s = machine.less(machine.cpu_s(self.pids), cpu_s)
        contract = machine.less(self._contract(), contract)
        if name == ONE_BY_ONE:
            self._small(contract)
        if name == PAYDAY_RUN:
            self._shards(height)
        if name in (PAYDAY_RUN, SIDE_BY_SIDE):
            self.figures.update({f"{name}: processor time of {_ALL[kind]} (s)": spent for kind, spent in cpu_s.items()})
        if name == SIDE_BY_SIDE:
            grown = machine.less(machine.disk_bytes(self._consortium), disk)
            counts = [len(block.transactions) for block in self._house.ledger.blocks(height)]
            self.figures[f"{name}: transactions in a block"] = sum(counts) / len(counts)
            each = {f"disk for each of them, {kind} (KB)": grown[kind] / sum(counts) / 1_000 for kind in grown}
            self.figures.update(each)

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

    def _shards(self, height: int) -> None:
        carried: dict[str, list[tuple[int, int]]] = {}
        for block in self._house.ledger.blocks(height):
            for each in block.transactions:
                written = sum(len(key) + len(value) for key, value in each.writes)
                sizes = len(encode_envelope(each.envelope)), written
                carried.setdefault(command_of(each.envelope), []).append(sizes)
        for command, name in SHARDS.items():
            for step in (ENDORSE, COMMIT):
                spent_s = self.stopwatch.spent_s[step, command]
                self.figures[f"{name}: {step}, p50 (ms)"] = percentile(spent_s, 50)
            envelopes, writes = zip(*carried[command], strict=True)
            self.figures[f"{name}: envelope (KB)"] = max(envelopes) / 1_000
            self.figures[f"{name}: written (KB)"] = max(writes) / 1_000

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
