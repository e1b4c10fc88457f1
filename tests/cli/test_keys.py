"""Keys, passphrases and certificates that will not do: one line, nothing written, and no secret shown anywhere."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from commandline import LXR, PASSPHRASE, Lxr, refused
from crews import Crew, prepared
from lxr.chaincode.runs import runs
from lxr.cli.session import Session
from lxr.cli.wallets import Wallets
from lxr.network.authority import Authority
from lxr.network.consortium import Consortium
from lxr.network.fabric import processes
from lxr.network.fabric.commands import run
from lxr.network.fabric.description import Nodes
from lxr.network.fabric.nodes import Node
from lxr.network.fabric.ports import free_base_port
from lxr.network.keyfile import new_key, read_key, write_certificate, write_key
from lxr.settlement.pay import payday
from waiting import PATIENCE_S, eventually

WORKERS, SHARDS = 20, 10
PAYDAY, RUN = ("union", "payday", "E001", "2026-09-15"), "E001-20260915"
SETTLED, BEGUN = "2026-09-15T10:00", datetime(2026, 9, 15, 2, tzinfo=UTC)
FIRST = datetime(2020, 1, 1, tzinfo=UTC)


def test_no_repository_takes_in_workers_keys(tmp_path: Path) -> None:
    Wallets(tmp_path / "workers", lambda: b"x").make("W1")
    assert "*\n" == (tmp_path / "workers" / ".gitignore").read_text("utf-8")


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Lxr:
    """A consortium whose employer E001 has a day of work to pay."""
    crew = Crew(WORKERS, SHARDS, date(2026, 8, 3), 1, "50000")
    lxr = prepared(tmp_path_factory.mktemp("keys"), crew)
    replace(lxr, at="2026-08-31T20:00").json("employer", "batch", "submit", "E001", lxr.directory / "E001.json")
    return replace(lxr, at=SETTLED)


@pytest.fixture
def lxr(worked: Lxr, tmp_path: Path) -> Lxr:
    shutil.copytree(worked.directory, tmp_path / "home")
    return replace(worked, directory=tmp_path / "home")


def staff(lxr: Lxr, organisation: str = "union") -> Path:
    return lxr.directory / "orgs" / organisation


def certify(lxr: Lxr, role: str, until: datetime) -> None:
    """A new certificate of the same key: what the authority's renewal gives."""
    place, passphrase = staff(lxr), PASSPHRASE.encode()
    key = read_key(place / f"{role}.key", passphrase)
    authority = Authority.load(place, passphrase)
    certificate = authority.issue(f"{role}@union", role, None, key.public_key(), FIRST, until)
    write_certificate(place / f"{role}.crt", certificate)


def each_second(monkeypatch: pytest.MonkeyPatch, seen: Callable[[Session], object]) -> None:
    """The clock of what is played from now on goes on by a second whenever it is asked. seen: told before it does."""
    ticks = iter(range(10_000))

    def play(desk: Session, *, rehearsal: bool) -> None:
        def clock() -> int:
            seen(desk)
            return int(BEGUN.timestamp() + next(ticks)) * 1000

        assert rehearsal
        desk.clock = clock

    monkeypatch.setattr(Session, "play", play)


def progress(desk: Session) -> tuple[int, int]:
    """How many shards are priced, and how many paid."""
    if desk.reader.get(runs, RUN) is None:
        return 0, 0
    shards = payday.run_status(desk.reader, RUN).shards
    return sum(shard.state is not None for shard in shards), sum(str(shard.state) == "paid" for shard in shards)


@pytest.mark.parametrize(
    ("priced", "paid"),
    [(SHARDS, 0), (SHARDS, SHARDS)],
    ids=["before paying", "before holding"],
)
def test_a_payday_that_outlives_its_certificate_stands_as_far_as_it_came_and_is_finished_under_the_next(
    lxr: Lxr, monkeypatch: pytest.MonkeyPatch, priced: int, paid: int, tmp_path: Path
) -> None:
    shutil.copytree(lxr.directory, tmp_path / "undisturbed")
    undisturbed = replace(lxr, directory=tmp_path / "undisturbed")
    stood: list[tuple[int, int]] = []
    with monkeypatch.context() as clock:
        each_second(clock, lambda desk: stood.append(progress(desk)))
        replace(undisturbed, at=None).json(*PAYDAY)
    ends_after = stood.index((priced, paid))
    certify(lxr, "treasurer", BEGUN + timedelta(seconds=ends_after))
    before = lxr.tip()
    with monkeypatch.context() as clock:
        each_second(clock, lambda _: None)
        ran = replace(lxr, at=None)("--json", *PAYDAY)
    assert (1, "CertificateRefused", "") == (ran.code, ran.json["error"], ran.err)
    assert "the certificate has expired at this time" in ran.json["message"]
    assert before[0] < lxr.tip()[0]
    with Session(directory=lxr.directory, screen=None) as desk:  # type: ignore[arg-type]
        assert (priced, paid) == progress(desk)
    assert "the certificate has expired" in refused(replace(lxr, at="2026-09-15T11:00"), 1, *PAYDAY)
    certify(lxr, "treasurer", BEGUN + timedelta(days=365))
    later = replace(lxr, at="2026-09-15T11:00")
    assert WORKERS == later.json(*PAYDAY)["paid"]
    assert undisturbed.json(*PAYDAY)["totals"] == later.json(*PAYDAY)["totals"]
    for words in (("worker", "balance", "E001/R0000"), ("employer", "statement", "E001")):
        assert undisturbed.json(*words)["closing_fen"] == later.json(*words)["closing_fen"]
    assert True is lxr.json("ledger", "audit")["ok"]


Damage = Callable[[Lxr], object]


def put_bytes(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def put_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def swap_keys(first: Path, second: Path) -> None:
    data = first.read_bytes()
    put_bytes(first, second.read_bytes())
    put_bytes(second, data)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda lxr: (staff(lxr) / "treasurer.key").chmod(0o640), "treasurer.key: mode 0640 lets others at this key"),
        (
            lambda lxr: put_bytes(staff(lxr) / "treasurer.key", (staff(lxr) / "treasurer.key").read_bytes()[:-90]),
            "treasurer.key: wrong passphrase, or the file is damaged",
        ),
        (
            lambda lxr: swap_keys(staff(lxr) / "treasurer.key", staff(lxr) / "auditor.key"),
            "treasurer.crt: this certificate belongs to another key",
        ),
        (
            lambda lxr: put_bytes(staff(lxr) / "treasurer.key", b"\xff\x00-----BEGIN ENCRYPTED PRIVATE KEY-----"),
            "treasurer.key: wrong passphrase, or the file is damaged",
        ),
        (lambda lxr: put_bytes(staff(lxr) / "treasurer.crt", b"\xff\x00"), "treasurer.crt: not an X.509 certificate"),
        (
            lambda lxr: put_directory(staff(lxr) / "treasurer.key"),
            "treasurer.key: cannot be read: Is a directory",
        ),
    ],
    ids=["open to others", "cut off", "of another", "garbage", "garbage certificate", "a directory"],
)
def test_a_key_that_will_not_do_stops_a_payday_before_it_begins(lxr: Lxr, damage: Damage, said: str) -> None:
    damage(lxr)
    line = refused(lxr, 1, *PAYDAY)
    assert said in line
    assert PASSPHRASE not in line


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.chmod(0o604), "mode 0604 lets others at this key; expected 0600"),
        (lambda path: put_bytes(path, path.read_bytes()[:100]), "wrong passphrase, or the file is damaged"),
    ],
)
def test_a_workers_key_that_will_not_do_is_named(lxr: Lxr, damage: Callable[[Path], object], said: str) -> None:
    number = lxr.json("employer", "roster", "E001")["workers"][0]["worker"]
    key = lxr.directory / "workers" / f"{number}.key"
    damage(key)
    assert f"{key}: {said}" in refused(lxr, 1, "worker", "confirm", number)


Passphrase = Callable[[Path], object]


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (PASSPHRASE.encode() + b"\n", 0, ""),
        (PASSPHRASE.encode() + b"\r\n", 0, ""),
        (b"", 1, "the passphrase is empty or too long; expected 1..1023 bytes"),
        (b"\n", 1, "the passphrase is empty or too long; expected 1..1023 bytes"),
        (b"x" * 5000, 1, "passphrase: more than "),
        (b"\xff\xfe\x00secret", 1, "wrong passphrase, or the file is damaged"),
        (PASSPHRASE.encode() + b" \n", 1, "wrong passphrase, or the file is damaged"),
    ],
)
def test_a_passphrase_file_is_its_first_line_and_is_never_shown(
    lxr: Lxr, tmp_path: Path, content: bytes, code: int, said: str
) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(content)
    for variables, options in (({"LXR_PASSPHRASE_FILE": str(file)}, ()), ({}, ("--passphrase-file", file))):
        given = replace(lxr, variables=variables)
        if code == 0:
            assert 0 == given("union", "close-day", "2026-08-04", *options).code
        else:
            line = refused(given, code, *PAYDAY, *options)
            assert (True, False) == (said in line, "secret" in line)


@pytest.mark.parametrize("name", ["none", "directory", "directory/none", "socket"])
def test_a_passphrase_file_that_cannot_be_read_is_named(lxr: Lxr, tmp_path: Path, name: str) -> None:
    (tmp_path / "directory").mkdir()
    if name == "socket":
        (tmp_path / name).symlink_to(tmp_path / name)
    line = refused(replace(lxr, variables={}), 1, *PAYDAY, "--passphrase-file", tmp_path / name)
    assert f"{tmp_path / name}: " in line


def commanded(lxr: Lxr, environment: dict[str, str], *words: object) -> subprocess.CompletedProcess[str]:
    """The real command."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LXR_")}
    return subprocess.run(
        [LXR, *map(str, words)],
        env=own | {"LXR_DIR": str(lxr.directory), "LXR_AT": str(lxr.at), "LXR_LANG": "en"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_passphrase_in_the_environment_that_is_not_utf_8_is_wrong_and_no_bug(lxr: Lxr) -> None:
    ran = commanded(lxr, {"LXR_PASSPHRASE": os.fsdecode(b"\xff\xfesecret")}, *PAYDAY)
    assert (1, 1) == (ran.returncode, len(ran.stderr.splitlines())), ran.stderr
    assert "wrong passphrase, or the file is damaged" in ran.stderr


def secrets_of(lxr: Lxr) -> Iterator[str]:
    """What nobody may ever see: the passphrase, and the private key in every form that could slip out."""
    key = read_key(staff(lxr) / "treasurer.key", PASSPHRASE.encode())
    number = key.private_numbers().private_value
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    yield from (PASSPHRASE, str(number), f"{number:x}", *plain.splitlines()[1:-1])


def test_no_secret_is_in_what_a_bug_prints(lxr: Lxr) -> None:
    """Not even in its traceback: a passphrase and an open key are on the stack when it happens."""
    script = (
        "import lxr.settlement.pay.payday as p\n"
        "def broken(treasurer, operator, *_, **__):\n"
        "    raise RuntimeError(f'{treasurer!r} {vars(treasurer)!r}')\n"
        "p.payday = broken\n"
        "import sys; from lxr.cli.main import main\n"
        f"sys.argv[1:] = {list(PAYDAY)!r}\n"
        "main()\n"
    )
    own = {name: value for name, value in os.environ.items() if not name.startswith("LXR_")}
    ran = subprocess.run(
        [LXR.with_name("python"), "-c", script],
        env=own | {"LXR_DIR": str(lxr.directory), "LXR_AT": str(lxr.at), "LXR_PASSPHRASE": PASSPHRASE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "RuntimeError" in ran.stderr
    assert [] == [secret for secret in secrets_of(lxr) if secret in ran.stdout + ran.stderr]


def test_no_secret_is_in_any_answer_nor_in_any_file_that_a_command_leaves(lxr: Lxr) -> None:
    said = ""
    for words in (PAYDAY, ("union", "payday", "status", RUN), ("ledger", "show"), ("ledger", "audit")):
        for form in ((), ("--json",)):
            ran = lxr(*form, *words)
            said += ran.out + ran.err
    written = b"".join(path.read_bytes() for path in lxr.directory.rglob("*") if path.is_file())
    for secret in secrets_of(lxr):
        assert (False, False) == (secret in said, secret.encode() in written)


def named(process: Path) -> bytes:
    """The command line of a process that has just been started."""
    assert eventually(lambda: process.joinpath("cmdline").read_bytes() != b"")
    return process.joinpath("cmdline").read_bytes()


def test_no_secret_stands_in_the_process_list(lxr: Lxr) -> None:
    """The passphrase has no option: it comes from a file, the environment or a prompt."""
    process = subprocess.Popen(
        [LXR, *PAYDAY, "--passphrase-file", "/dev/stdin"],
        env={name: value for name, value in os.environ.items() if not name.startswith("LXR_")}
        | {"LXR_DIR": str(lxr.directory), "LXR_AT": str(lxr.at)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    place = Path("/proc") / str(process.pid)
    if not place.exists():
        pytest.skip("this system has no /proc")
    assert process.stdin is not None
    process.stdin.write(PASSPHRASE.encode())
    process.stdin.flush()
    assert b"payday" in named(place)
    assert PASSPHRASE.encode() not in named(place) + place.joinpath("environ").read_bytes()
    _, err = process.communicate(timeout=PATIENCE_S)
    assert (0, b"") == (process.returncode, err)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    port = free_base_port()
    at = Nodes(
        host="127.0.0.1",
        peer=port,
        peer_chaincode=port + 1,
        peer_operations=port + 2,
        contract=port + 3,
        contract_metrics=port + 4,
        orderer=port + 5,
        orderer_admin=port + 6,
        orderer_operations=port + 7,
    )
    made = Node("union", "contract", tmp_path, at)
    yield made
    processes.stop([made])


def test_what_a_command_starts_does_not_inherit_the_passphrase(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LXR_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("LXR_PASSPHRASE_FILE", "/run/secret")
    monkeypatch.setenv("OF_THE_MACHINE", "stays")
    processes.start(node, ["/bin/sleep", "60"], {"OF_THE_NODE": "given"})
    pid = processes.pid_of(node)
    place = Path("/proc") / str(pid)
    if not place.exists():
        pytest.skip("this system has no /proc")
    assert b"sleep" in named(place)
    names = {line.partition(b"=")[0] for line in place.joinpath("environ").read_bytes().split(b"\0")}
    assert {b"OF_THE_MACHINE", b"OF_THE_NODE"} <= names
    assert [] == [name for name in names if name.startswith(b"LXR_")]
    assert "LXR_" not in run("a tool", ["/usr/bin/env"], {})


def test_a_consortium_shows_no_key(lxr: Lxr) -> None:
    key = new_key()
    write_key(staff(lxr) / "other.key", key, PASSPHRASE.encode())
    consortium = Consortium(lxr.directory, "c", rehearsal=True)
    identity = consortium.identity("union", "treasurer", passphrase=PASSPHRASE.encode())
    assert [] == [secret for secret in secrets_of(lxr) if secret in repr(identity) + repr(consortium)]
