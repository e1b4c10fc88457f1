"""Whatever file a command is given, it ends soon, with one line that says what is too much."""

import os
import re
import tarfile
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import msgspec.inspect as types
import pytest

from commandline import EXAMPLES, PASSPHRASE, ROOT, Lxr
from lxr.node.backup import Manifest
from lxr.node.seen import Seen
from lxr.settlement.bank.openings import Opening
from lxr.settlement.bank.rejection import Rejection
from lxr.settlement.ledger.checkpoint_file import CheckpointFile
from lxr.settlement.reports.vouchers.voucher import Voucher
from lxr.settlement.work.batch_file import _BatchFile


@pytest.fixture(scope="module")
def lxr(tmp_path_factory: pytest.TempPathFactory) -> Lxr:
    lxr = Lxr(tmp_path_factory.mktemp("bounds") / "rehearsal", "2026-08-03T08:00")
    assert 0 == lxr("init", lxr.directory, "--rehearsal").code
    assert 0 == lxr("employer", "add", "E001").code
    return lxr


ORDERS = EXAMPLES / "walkthrough" / "orders-2026-08-03.csv"
READERS = {
    "batch": ("employer", "batch", "submit", "E001", "FILE"),
    "roster": ("employer", "roster", "E001", "FILE"),
    "terms": ("terms", "propose", "E001", "FILE"),
    "mapping": (
        "employer",
        "batch",
        "prepare",
        "E001",
        ORDERS,
        "--map",
        "FILE",
        "--out",
        "x",
    ),
    "voucher": ("voucher", "verify", "FILE"),
    "checkpoint": ("ledger", "audit", "--checkpoint", "FILE"),
    "statement": ("bank", "statement", "import", "FILE"),
    "sheet": ("bank", "line", "import", "FILE"),
    "backup": ("ledger", "restore", "FILE", "NEW", "--reason", "lost"),
    "document": ("regulator", "award", "WAAAAAAAAAAAA", "2026-08-03", "orders=1", "--document", "FILE"),
    "passphrase": ("--passphrase-file", "FILE", "union", "audit"),
}


def refusal(lxr: Lxr, words: tuple[object, ...], file: Path, new: Path) -> str:
    ran = lxr(*({"FILE": file, "NEW": new}.get(str(word), word) for word in words))
    assert (True, 1) == (ran.code in (1, 2), len(ran.err.splitlines())), ran
    assert file.name in ran.err, ran
    return ran.err


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/tty0"])
def test_a_device_is_no_file(lxr: Lxr, reader: str, device: str, tmp_path: Path) -> None:
    if not Path(device).exists():
        pytest.skip("this machine has none")
    assert "is no file" in refusal(lxr, READERS[reader], Path(device), tmp_path / "new")


@pytest.mark.parametrize("reader", READERS)
def test_a_pipe_that_nobody_writes_to_keeps_no_command(lxr: Lxr, reader: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    ran = lxr(*({"FILE": tmp_path / "pipe", "NEW": tmp_path / "new"}.get(str(word), word) for word in READERS[reader]))
    assert ran.code in (1, 2), ran


def test_a_passphrase_may_come_through_a_pipe(lxr: Lxr) -> None:
    reading, writing = os.pipe()
    os.write(writing, f"{PASSPHRASE}\n".encode())
    os.close(writing)
    assert 0 == lxr("--passphrase-file", f"/dev/fd/{reading}", "union", "audit").code
    os.close(reading)


@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != "backup"])
def test_a_file_that_is_too_long_is_refused_by_its_length(lxr: Lxr, reader: str, tmp_path: Path) -> None:
    long = tmp_path / "long"
    long.touch()
    os.truncate(long, 6 << 30)
    assert "more than" in refusal(lxr, READERS[reader], long, tmp_path / "new")


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 50_000 + " = 1",
        "[a" + " . 'a'" * 50_000 + "]",
        'x = {"a"' + '."a"' * 50_000 + "= 1}",
        "x = " + "[" * 50_000,
        "x = " + "{a=" * 50_000,
        "x = " + "9" * 500_000,
        "a" * 500_000,
        '"' * 500_001,
    ],
    ids=["key", "table", "inline", "lists", "tables", "number", "name", "quotes"],
)
@pytest.mark.parametrize("reader", ["terms", "mapping"])
def test_toml_is_refused_before_its_depth_costs_time(lxr: Lxr, reader: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "deep.toml").write_text(text)
    refusal(lxr, READERS[reader], tmp_path / "deep.toml", tmp_path / "new")


@pytest.mark.parametrize("reader", ["batch", "voucher", "checkpoint", "statement"])
@pytest.mark.parametrize("opening", ["[", '{"batch":', '{"content":{"facts":', '{"proof":{"records":', "<a>"])
def test_a_file_is_refused_however_deep_it_is(lxr: Lxr, reader: str, opening: str, tmp_path: Path) -> None:
    (tmp_path / "deep").write_text(opening * 100_000)
    refusal(lxr, READERS[reader], tmp_path / "deep", tmp_path / "new")


def claims(kind: bytes, size: int) -> bytes:
    info = tarfile.TarInfo("manifest.json")
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 3584


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_SPARSE])
@pytest.mark.parametrize("size", [200_000_000, 6 << 30, (1 << 40) + 1])
def test_an_archive_makes_no_room_for_what_its_headers_claim(
    lxr: Lxr, kind: bytes, size: int, tmp_path: Path, peak: Callable[[], int]
) -> None:
    (tmp_path / "backup").write_bytes(claims(kind, size))
    before = peak()
    refusal(lxr, READERS["backup"], tmp_path / "backup", tmp_path / "new")
    assert peak() - before < 64 << 20
    assert not (tmp_path / "new").exists()


@pytest.fixture
def peak() -> Callable[[], int]:
    """The most memory that this process ever asked for: bytes."""

    def asked() -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmPeak"))

    return asked


def sheet(rows: bytes) -> bytes:
    from openpyxl import Workbook

    made, changed = BytesIO(), BytesIO()
    workbook = Workbook()
    workbook.worksheets[0].append(["worker_ref", "name", "bank_account", "bank_code", "bank_name"])
    workbook.save(made)
    with zipfile.ZipFile(made) as before, zipfile.ZipFile(changed, "w", zipfile.ZIP_STORED) as after:
        for part in before.infolist():
            data = before.read(part)
            if part.filename.endswith("sheet1.xml"):
                data = data.replace(b"</sheetData>", rows + b"</sheetData>")
            after.writestr(part.filename, data)
    return changed.getvalue()


@pytest.mark.parametrize("row", [b"<row/>", b'<row s="1" customFormat="1"></row>', b'<row><c s="1"/></row>'])
def test_a_sheet_of_empty_rows_is_refused_and_not_read_to_its_end(lxr: Lxr, row: bytes, tmp_path: Path) -> None:
    (tmp_path / "empty.xlsx").write_bytes(sheet(row * 300_000))
    assert "is empty, as are the 100000 rows before it" in refusal(
        lxr, READERS["roster"], tmp_path / "empty.xlsx", tmp_path / "new"
    )


def depth(form: Any) -> int:
    """How many objects and lists stand within one another in a file of that form. A part of any form has no end."""
    match form:
        case types.StructType():
            return 1 + max(depth(field.type) for field in form.fields)
        case types.ListType() | types.VarTupleType():
            return 1 + depth(form.item_type)
        case types.TupleType():
            return 1 + max(map(depth, form.item_types))
        case types.DictType():
            return 1 + depth(form.value_type)
        case types.UnionType():
            return max(map(depth, form.types))
        case types.AnyType() | types.RawType() | types.CustomType():
            raise AssertionError(f"{form} may be nested without end")
    return 0


@pytest.mark.parametrize(
    ("form", "levels", "row"),
    [
        (_BatchFile, 8, "batch (JSON)"),
        (Voucher, 8, "voucher (JSON)"),
        (CheckpointFile, 3, "a checkpoint's file (JSON)"),
        (list[Rejection], 2, "rejections, openings (JSON)"),
        (list[Opening], 2, "rejections, openings (JSON)"),
        (Seen, 2, "an organisation's memory, `seen.json`"),
        (Manifest, 3, "backup (tar)"),
    ],
)
def test_a_json_file_is_nested_as_deep_as_its_form_and_the_page_says_how_deep(form: Any, levels: int, row: str) -> None:
    assert levels == depth(types.type_info(form))
    (line,) = [each for each in (ROOT / "docs" / "reliability.md").read_text().splitlines() if f"| {row} |" in each]
    assert re.search(rf"\b{levels} (objects and lists )?within one another", line), line
    for opening in ("[", "{", '{"x":', '[{"x":', '{"batch":', '[{"end_to_end_id":', '{"members":[{"name":'):
        with pytest.raises(msgspec.MsgspecError):
            msgspec.json.decode(opening * 100_000, type=form)
