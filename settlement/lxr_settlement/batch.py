"""The employer's work data, as one front: prepare a batch, keep it as a file, submit it, correct it, see its month."""

from lxr_settlement.batch_file import Batch, BatchFault, BatchRow, BatchSheet, prepare, read_batch, write_batch
from lxr_settlement.batch_sending import BatchReport, RowOutcome, check, submit, write_outcomes
from lxr_settlement.corrections import Correction, correct
from lxr_settlement.workday_status import DayStatus, DisputeStatus, MonthStatus, status

__all__ = [
    "Batch",
    "BatchFault",
    "BatchReport",
    "BatchRow",
    "BatchSheet",
    "Correction",
    "DayStatus",
    "DisputeStatus",
    "MonthStatus",
    "RowOutcome",
    "check",
    "correct",
    "prepare",
    "read_batch",
    "status",
    "submit",
    "write_batch",
    "write_outcomes",
]
