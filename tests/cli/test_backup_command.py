"""`lxr ledger backup` and `lxr ledger restore`: the commands go on in the restored directory where they were."""

import shutil
from pathlib import Path

import pytest

from commandline import EXAMPLES, PASSPHRASE, Lxr

AT = "2026-07-30T10:00"


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Lxr:
    lxr = Lxr(tmp_path_factory.mktemp("backup") / "home", AT)
    for words in (
        ("init", lxr.directory, "--rehearsal"),
        ("employer", "add", "E001"),
        ("employer", "roster", "E001", EXAMPLES / "walkthrough" / "roster.csv"),
        ("worker", "key", "new", "E001"),
        ("employer", "deposit", "E001", "5000", "--reference", "1"),
        ("bank", "simulate"),
        ("bank", "statement", "import"),
        ("employer", "statement", "E001"),
    ):
        lxr.json(*words)
    return lxr


@pytest.fixture
def lxr(founded: Lxr, tmp_path: Path) -> Lxr:
    shutil.copytree(founded.directory, tmp_path / "home")
    return Lxr(tmp_path / "home", AT)


def test_what_is_restored_goes_on_where_it_was(lxr: Lxr, tmp_path: Path) -> None:
    file, place = tmp_path / "lxr.tar", tmp_path / "new"
    told = Lxr(lxr.directory, AT, {}).json("ledger", "backup", file)  # needs no passphrase
    height, block_hash = lxr.tip()
    assert (height, block_hash, "embedded") == (told["height"], told["block_hash"], told["engine"])
    assert (str(file), file.stat().st_size) == (told["file"], told["bytes"])
    restored = Lxr(tmp_path, AT).json("ledger", "restore", file, place)
    assert (True, height, told["files"]) == (restored["audit"]["ok"], restored["audit"]["height"], restored["files"])
    again = Lxr(place, AT)
    assert height + 1 == again.tip()[0]  # in which two organisations say that its original is lost
    for words in (
        ("employer", "roster", "E001"),  # of the store of persons
        ("employer", "statement", "E001"),  # of the projection, which is made again
        ("bank", "simulate"),  # of the bank's books
        ("worker", "add", "E001"),  # with the workers' keys
    ):
        first, second = lxr.json(*words), again.json(*words)
        assert str(first).replace(str(lxr.directory), str(place)) == str(second), words
    assert True is again.json("ledger", "audit")["ok"]
    shown, was = again.json("ledger", "show"), lxr.json("ledger", "show")
    assert (was["ledger"], []) == (shown["ledger"], was["restored"])
    assert [{"height": height, "signed": ["union", "regulator"]}] == shown["restored"]


def test_a_copy_goes_on_beside_its_original_under_an_id_of_its_own(lxr: Lxr, tmp_path: Path) -> None:
    file, place = tmp_path / "lxr.tar", tmp_path / "copy"
    lxr.json("ledger", "backup", file)
    lxr.json("ledger", "restore", file, place, "--copy")
    copy = Lxr(place, AT)
    was, shown = lxr.json("ledger", "show"), copy.json("ledger", "show")
    assert was["ledger"] != shown["ledger"]
    assert ([was["ledger"]], []) == (shown["copied"], shown["restored"])
    for each in (lxr, copy):
        each.json("worker", "add", "E001")
        assert True is each.json("ledger", "audit")["ok"]


def test_without_the_keys_of_those_who_sign_it_nothing_is_restored(lxr: Lxr, tmp_path: Path) -> None:
    file, place = tmp_path / "lxr.tar", tmp_path / "new"
    lxr.json("ledger", "backup", file)
    ran = Lxr(tmp_path, AT, {"LXR_PASSPHRASE": "another"})("ledger", "restore", file, place)
    assert (1, 1) == (ran.code, len(ran.err.splitlines()))
    assert "passphrase" in ran.err
    assert [file] == [path for path in tmp_path.iterdir() if path.name != "home"]


def test_both_say_one_line_without_any_secret(lxr: Lxr, tmp_path: Path) -> None:
    done = lxr("ledger", "backup", tmp_path / "lxr.tar")
    assert (0, 1, "") == (done.code, len(done.out.splitlines()), done.err)
    ran = lxr("ledger", "restore", tmp_path / "lxr.tar", tmp_path / "new")
    assert (0, "") == (ran.code, ran.err)
    assert f"{tmp_path}/new: restored; audit says yes: " in ran.out
    assert PASSPHRASE not in done.out + ran.out
    content = (tmp_path / "lxr.tar").read_bytes()
    names = [line.split(",")[1] for line in (EXAMPLES / "walkthrough" / "roster.csv").read_text().splitlines()[1:]]
    assert names
    assert not [secret for secret in (PASSPHRASE, *names, "BEGIN PRIVATE KEY") if secret.encode() in content]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("backup", "home/x.tar"), "lies in the directory that is backed up"),
        (("backup", "there"), "exists already; it is not overwritten"),
        (("backup", "/proc/x.tar"), "/proc/x.tar: No such file"),
        (("restore", "none", "new"), "none: cannot be read: No such file or directory"),
        (("restore", "there", "new"), "there: is not a backup"),
        (("restore", "there", "home"), "home: is not an empty directory"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(
    lxr: Lxr, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "there").touch()
    before = sorted(tmp_path.iterdir()), lxr.tip()
    given = ("ledger", words[0], *(tmp_path / word for word in words[1:]))
    ran, told = lxr(*given), lxr("--json", *given)
    assert (1, 1, "", "") == (ran.code, told.code, ran.out, told.err)
    assert (1, True) == (len(ran.err.splitlines()), said in ran.err), ran.err
    assert said in told.json["message"]
    assert before == (sorted(tmp_path.iterdir()), lxr.tip())


def test_without_a_consortium_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    ran = Lxr(tmp_path)("ledger", "backup", tmp_path.parent / "none.tar")
    assert (1, f"lxr: {tmp_path}: no consortium here (consortium.toml is missing)\n") == (ran.code, ran.err)
