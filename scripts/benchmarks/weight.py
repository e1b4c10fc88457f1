"""How many bytes a worker's month and year are: what blocks carry of them, and what stays in the state."""

from collections import Counter
from typing import Final

from benchmarks.stopwatch import command_of
from benchmarks.workload import Figures
from lxr.chaincode.envelope import encode_envelope
from lxr.node.port import Ledger

ONCE: Final = ("registry.add_workers", "terms.accede")
"""Commands by which a worker comes in."""
MONTHLY: Final = ("workday.", "payroll.", "cashout.")
"""How the commands of a month begin."""
STAYS: Final = frozenset(
    ("sheet", "submission", "earned", "lines", "run", "run_shard", "entry", "cashout", "cashout_shard", "payment_order")
)
"""Tables that every month makes longer."""
MONTHS: Final = 12


def figures(ledger: Ledger, workers: int) -> Figures:
    """Of a ledger on which so many workers have had one month: envelopes, and what they wrote.

    What Fabric adds to them, and what a node keeps beside its blocks and its state, is not in it.
    """
    carried = Counter[str]()
    for block in ledger.blocks():
        for each in block.transactions:
            written = sum(len(key) + len(value) for key, value in each.writes)
            carried[command_of(each.envelope)] += len(encode_envelope(each.envelope)) + written
    once = sum(carried[command] for command in ONCE)
    monthly = {command: count for command, count in sorted(carried.items()) if command.startswith(MONTHLY)}
    month = sum(monthly.values())
    stays = sum(len(key) + len(value) for key, value in ledger.scan("") if key.partition("/")[0] in STAYS)
    return {
        **{f"bytes of a worker-month in blocks: {command}": count / workers for command, count in monthly.items()},
        "bytes of a worker-month in blocks": month / workers,
        "bytes of a worker-year in blocks": (once + MONTHS * month) / workers,
        "bytes of a worker-month in the state": stays / workers,
        "bytes of a worker-year in the state": MONTHS * stays / workers,
    }
