"""Finding Fabric's binaries, and scripts/install-fabric, with shell scripts in place of Fabric and Go."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lxr.network.fabric.binaries import SAMPLES, TOOLS, find_fabric
from lxr.network.fabric.faults import NetworkFault
from waiting import PATIENCE_S, eventually

SCRIPT = Path(__file__).parents[2] / "scripts" / "install-fabric"
BUILT = "3.1.4-18-g2190a1c8e"


def executable(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def binaries(folder: Path, version: str = "v3.1.5", **other: str) -> Path:
    """Those of a release. other: tools of another version than the rest."""
    folder.mkdir(parents=True)
    for tool in TOOLS:
        executable(folder / tool, f"echo '{tool}:'; echo ' Version: {other.get(tool, version)}'")
    return folder


def samples(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in SAMPLES:
        (folder / name).write_text(f"# {name} of {folder}\n")
    return folder


def a_go(folder: Path, install: str) -> Path:
    """A Go with Fabric's module at hand. install: what its `install` does."""
    samples(folder / "module" / "sampleconfig")
    executable(
        folder / "go",
        f"""case "$1" in
list) echo lxr.example/fabric ;;
mod) echo '{{"Dir": "{folder}/module"}}' ;;
install) {install} ;;
esac""",
    )
    return folder


BUILDS = """for tool in peer orderer configtxgen configtxlator osnadmin ledgerutil; do
    version=$(expr "$*" : '.*metadata.Version=\\([^ ]*\\)')
    printf "#!/bin/sh\\necho ' Version: $version'\\n" > "$GOBIN/$tool"
    chmod +x "$GOBIN/$tool"
done"""


@pytest.fixture(autouse=True)
def _nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Fabric, and a home of one's own."""
    for name in ("LXR_FABRIC", "LXR_FABRIC_BIN", "FABRIC_CFG_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def install(*words: object, **variables: object) -> subprocess.CompletedProcess[str]:
    """Without any installed package: a user runs it before there are any."""
    environment = os.environ | {name: str(value) for name, value in variables.items()}
    command = [sys.executable, "-I", "-S", str(SCRIPT), *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("said", ["v3.1.4", "3.1.4", "v3.1.5", "3.1.12", BUILT, "v3.1.4-snapshot-0"])
def test_a_3_1_from_3_1_4_on_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("LXR_FABRIC_BIN", str(binaries(tmp_path / "release" / "bin", said)))
    config = samples(tmp_path / "release" / "config")
    found = find_fabric()
    assert (tmp_path / "release" / "bin", config, said.removeprefix("v")) == (found.bin, found.config, found.version)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("v3.1.3", "peer: is of version 3.1.3; expected Fabric 3.1.4 or a later 3.1"),
        ("v3.0.9", "peer: is of version 3.0.9; expected Fabric 3.1.4 or a later 3.1"),
        ("v2.5.12", "peer: is of version 2.5.12; expected Fabric 3.1.4 or a later 3.1"),
        ("v3.2.0", "peer: is of version 3.2.0; expected Fabric 3.1.4 or a later 3.1"),
        ("v13.1.5", "peer: is of version 13.1.5; expected Fabric 3.1.4 or a later 3.1"),
        ("latest", "peer: says no version; expected Fabric 3.1.4 or a later 3.1"),
    ],
)
def test_another_version_is_refused_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, line: str
) -> None:
    folder = binaries(tmp_path / "bin", said)
    monkeypatch.setenv("LXR_FABRIC_BIN", str(folder))
    with pytest.raises(NetworkFault, match=re.escape(f"{folder}/{line}")):
        find_fabric()


def test_one_tool_of_another_version_among_the_rest_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LXR_FABRIC_BIN", str(binaries(tmp_path / "bin", orderer="v2.5.9")))
    with pytest.raises(NetworkFault, match=r"orderer: is of version 2\.5\.9"):
        find_fabric()


def test_a_missing_tool_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = binaries(tmp_path / "bin")
    (folder / "osnadmin").unlink()
    monkeypatch.setenv("LXR_FABRIC_BIN", str(folder))
    with pytest.raises(NetworkFault, match="osnadmin is missing"):
        find_fabric()


def test_a_binary_of_another_machine_is_one_line_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = binaries(tmp_path / "bin")
    (folder / "peer").write_bytes(b"\x7fELF of something else")
    monkeypatch.setenv("LXR_FABRIC_BIN", str(folder))
    with pytest.raises(NetworkFault, match="peer: does not run here"):
        find_fabric()


def test_where_there_is_no_fabric_the_line_says_how_to_get_it(tmp_path: Path) -> None:
    place = tmp_path / "home" / ".local" / "share" / "lxr" / "fabric"
    with pytest.raises(NetworkFault) as fault:
        find_fabric()
    assert f"{place}: no Fabric there, nor on PATH; run scripts/install-fabric" == str(fault.value)


def test_what_was_installed_comes_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binaries(tmp_path / "own" / "bin")
    samples(tmp_path / "own" / "config")
    binaries(tmp_path / "other" / "bin", "v3.1.6")
    monkeypatch.setenv("LXR_FABRIC", str(tmp_path / "own"))
    monkeypatch.setenv("PATH", f"{tmp_path}/other/bin:/usr/bin:/bin")
    assert "3.1.5" == find_fabric().version


def test_sample_configuration_that_is_not_beside_is_taken_from_fabrics_own_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{binaries(tmp_path / 'bin')}:/usr/bin:/bin")
    with pytest.raises(NetworkFault, match="no sample configuration beside"):
        find_fabric()
    monkeypatch.setenv("FABRIC_CFG_PATH", str(samples(tmp_path / "elsewhere")))
    assert tmp_path / "elsewhere" == find_fabric().config


def test_binaries_that_fit_are_linked_with_their_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = binaries(tmp_path / "release" / "bin")
    samples(tmp_path / "release" / "config")
    ran = install(tmp_path / "fabric", LXR_FABRIC_BIN=release)
    assert (0, "") == (ran.returncode, ran.stderr)
    assert {tool: release / tool for tool in TOOLS} == {
        path.name: path.readlink() for path in (tmp_path / "fabric" / "bin").iterdir()
    }
    monkeypatch.setenv("LXR_FABRIC", str(tmp_path / "fabric"))
    assert "3.1.5" == find_fabric().version


def test_without_binaries_go_builds_them_and_they_bear_the_pinned_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = install(LXR_FABRIC=tmp_path / "fabric", PATH=f"{a_go(tmp_path / 'go', BUILDS)}:/usr/bin:/bin")
    assert (0, "") == (ran.returncode, ran.stderr)
    assert "about two minutes" in ran.stdout
    monkeypatch.setenv("LXR_FABRIC", str(tmp_path / "fabric"))
    assert BUILT == find_fabric().version


def test_the_version_that_is_stamped_is_that_of_the_pinned_commit() -> None:
    commit = BUILT.rpartition("-g")[2]
    assert f'VERSION = "{BUILT}"' in SCRIPT.read_text()
    (pinned,) = re.findall(r"hyperledger/fabric v\S+-(\w+)", (SCRIPT.parent / "fabric" / "go.mod").read_text())
    assert pinned.startswith(commit)


def test_the_sample_configuration_may_come_from_the_module_alone(tmp_path: Path) -> None:
    go = a_go(tmp_path / "go", "exit 9")
    ran = install(tmp_path / "fabric", LXR_FABRIC_BIN=binaries(tmp_path / "bin"), PATH=f"{go}:/usr/bin:/bin")
    assert (0, "") == (ran.returncode, ran.stderr)
    assert set(SAMPLES) == {path.name for path in (tmp_path / "fabric" / "config").iterdir()}


def test_the_second_time_it_is_there_already_and_nothing_is_touched(tmp_path: Path) -> None:
    release = binaries(tmp_path / "release" / "bin")
    samples(tmp_path / "release" / "config")
    install(tmp_path / "fabric", LXR_FABRIC_BIN=release)
    before = (tmp_path / "fabric").stat()
    again = install(tmp_path / "fabric")
    assert (0, f"Fabric 3.1.5 is in {tmp_path}/fabric already\n") == (again.returncode, again.stdout)
    assert (before.st_ino, before.st_mtime_ns) == ((tmp_path / "fabric").stat().st_ino, before.st_mtime_ns)


def test_an_installation_that_fits_no_more_is_replaced(tmp_path: Path) -> None:
    binaries(tmp_path / "fabric" / "bin", "v3.1.3")
    samples(tmp_path / "fabric" / "config")
    ran = install(tmp_path / "fabric", PATH=f"{a_go(tmp_path / 'go', BUILDS)}:/usr/bin:/bin")
    assert 0 == ran.returncode
    assert "is of version 3.1.3; expected Fabric 3.1.4 or a later 3.1: it is replaced" in ran.stdout
    assert {"fabric", "go"} == {path.name for path in tmp_path.iterdir()} - {"home"}


@pytest.mark.parametrize(
    ("go", "said"),
    [
        (None, "neither is Go to build it: install Go 1.26 or later from https://go.dev/dl"),
        (
            "echo 'go: go.mod requires go >= 1.26.1 (running 1.22)' >&2; exit 1",
            "1.22); install Go 1.26 or later",
        ),
        ('test "$1" != install', "Go could not build it"),
    ],
    ids=["no Go", "an old Go", "a build that fails"],
)
def test_a_go_that_cannot_build_it_leaves_nothing_and_says_what_to_do(
    tmp_path: Path, go: str | None, said: str
) -> None:
    folder = tmp_path / "path"
    folder.mkdir()
    if go is not None:
        executable(folder / "go", go)
    (folder / "sh").symlink_to("/bin/sh")
    ran = install(tmp_path / "to" / "fabric", PATH=folder)
    assert 1 == ran.returncode
    assert 1 == len(ran.stderr.splitlines()), ran.stderr
    assert said in ran.stderr
    assert [] == list((tmp_path / "to").iterdir())


def test_binaries_that_were_asked_for_and_do_not_fit_are_not_passed_over(tmp_path: Path) -> None:
    go = a_go(tmp_path / "go", BUILDS)
    old = binaries(tmp_path / "old", "v2.5.1")
    ran = install(tmp_path / "fabric", LXR_FABRIC_BIN=old, PATH=f"{go}:/usr/bin:/bin")
    assert 1 == ran.returncode
    assert f"install-fabric: {old}/peer: is of version 2.5.1; expected Fabric 3.1.4 or a later 3.1\n" == ran.stderr
    assert not (tmp_path / "fabric").exists()


def test_binaries_on_path_that_do_not_fit_are_passed_over_and_that_is_said(tmp_path: Path) -> None:
    go, old = a_go(tmp_path / "go", BUILDS), binaries(tmp_path / "old", "v2.5.1")
    ran = install(tmp_path / "fabric", PATH=f"{go}:{old}:/usr/bin:/bin")
    assert (0, "") == (ran.returncode, ran.stderr)
    assert f"{old}/peer: is of version 2.5.1; expected Fabric 3.1.4 or a later 3.1: not used" in ran.stdout


def test_a_directory_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    ran = install(tmp_path / "mine")
    assert (1, f"install-fabric: {tmp_path}/mine: holds something else; name a new or empty directory\n") == (
        ran.returncode,
        ran.stderr,
    )


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle_it_leaves_nothing_half_done(tmp_path: Path, stop: signal.Signals) -> None:
    go = a_go(tmp_path / "go", 'trap "exit 1" INT; touch "$GOBIN/peer" "$STARTED"; while :; do sleep 0.05; done')
    (tmp_path / "to").mkdir()
    environment = os.environ | {"PATH": f"{go}:/usr/bin:/bin", "STARTED": str(tmp_path / "started")}
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(tmp_path / "to" / "fabric")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        assert eventually((tmp_path / "started").exists)
        running.send_signal(stop)
        _, said = running.communicate(timeout=PATIENCE_S)
    assert (1, b"install-fabric: stopped: nothing was installed\n") == (running.returncode, said)
    assert [] == list((tmp_path / "to").iterdir())


def test_where_prints_the_directory_and_does_nothing(tmp_path: Path) -> None:
    default = tmp_path / "home" / ".local" / "share" / "lxr" / "fabric"
    assert f"{default}\n" == install("--where").stdout
    assert f"{tmp_path}/x\n" == install("--where", LXR_FABRIC=tmp_path / "x").stdout
    assert not default.exists()


def test_an_unknown_option_is_a_fault_of_usage() -> None:
    assert 2 == install("--wher").returncode
