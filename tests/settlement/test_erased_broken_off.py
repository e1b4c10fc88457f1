"""An erasure that is broken off leaves every file of others whole."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from forgetting import take_out
from lxr.settlement.people.person import Person
from lxr.settlement.work.batch_file import Batch, BatchRow, BatchSheet, read_batch, write_batch

WANG = Person("W000000000001", "E001", "R1", "王伟", "6222021234567890128", "102100099996", "中国工商银行", "5a" * 32)


class Killed(BaseException):
    pass


def test_a_batch_is_whole_wherever_the_process_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (BatchRow("R1", WANG.worker, {"orders": 1}, (2,)), BatchRow("R2", "W000000000002", {"orders": 2}, (3,)))
    path = tmp_path / "day1.json"
    write_batch(path, Batch("E001", "0" * 64, (BatchSheet(date(2026, 8, 3), 0, rows),), ()))
    real = Path.open

    class Half(io.BufferedWriter):
        def write(self, data: Any) -> int:
            super().write(data[: len(data) // 2])
            self.flush()
            raise Killed

    def opened(self: Path, mode: str = "r", *words: Any, **named: Any) -> Any:
        return Half(io.FileIO(self, "w")) if mode == "wb" else real(self, mode, *words, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", opened)
        with pytest.raises(Killed):
            take_out(tmp_path, WANG, [])
    take_out(tmp_path, WANG, [])  # the same again finishes it
    assert ["R2"] == [row.worker_ref for sheet in read_batch(path, "E001").sheets for row in sheet.rows]
