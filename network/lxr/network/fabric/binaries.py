"""Fabric's own binaries: where they are, and whether they are of a version that this project was tried with.

Uses the standard library only, because `scripts/install-fabric` runs it before anything is installed.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lxr.network.fabric.commands import without_fabric_settings
from lxr.network.fabric.faults import NetworkFault

TOOLS: Final = ("peer", "orderer", "configtxgen", "configtxlator", "osnadmin", "ledgerutil")
SAMPLES: Final = ("core.yaml", "orderer.yaml", "configtx.yaml")
"""The sample configuration that every node's own is made from."""
WANTED: Final = "Fabric 3.1.4 or a later 3.1"
_SERIES, _OLDEST_PATCH = (3, 1), 4
_ASKED: Final = {"peer": "version", "orderer": "version", "configtxgen": "-version", "configtxlator": "version"}
"""How each tool is asked for its version; osnadmin and ledgerutil know none."""
_VERSION: Final = re.compile(r"^ *Version: v?((\d+)\.(\d+)\.(\d+)\S*)$", re.MULTILINE)
_ANSWER_S: Final = 20
"""How long a tool may take to say its version, in seconds."""


@dataclass(frozen=True, slots=True)
class Fabric:
    """bin: holds TOOLS. config: holds SAMPLES. version: as peer says it, like 3.1.5 or 3.1.4-18-g2190a1c8e."""

    bin: Path
    config: Path
    version: str


def find_fabric() -> Fabric:
    """Find what scripts/install-fabric put in its place, else $LXR_FABRIC_BIN or PATH with the sample configuration.

    Raises NetworkFault: there is none, or it is of another version.
    """
    place = install_place()
    if (place / "bin").is_dir():
        return installed_in(place)
    bin_folder = given_bin()
    if bin_folder is None:
        raise NetworkFault("{place}: no Fabric there, nor on PATH; run scripts/install-fabric", place=place)
    version = version_of(bin_folder)
    config = samples_of(bin_folder)
    if config is None:
        raise NetworkFault(
            "{bin_folder}: no sample configuration beside; run scripts/install-fabric", bin_folder=bin_folder
        )
    return Fabric(bin_folder, config, version)


def install_place() -> Path:
    """Where scripts/install-fabric puts Fabric: $LXR_FABRIC, or the user's own folder of data."""
    chosen = os.environ.get("LXR_FABRIC")
    return Path(chosen).absolute() if chosen else Path.home() / ".local" / "share" / "lxr" / "fabric"


def installed_in(place: Path) -> Fabric:
    """Return the installation in a directory. Raises NetworkFault: a part is missing, or it is of another version."""
    bin_folder, config = place / "bin", place / "config"
    version = version_of(bin_folder)
    for name in SAMPLES:
        if not (config / name).is_file():
            raise NetworkFault("{config}: {name} is missing; run scripts/install-fabric", config=config, name=name)
    return Fabric(bin_folder, config, version)


def given_bin() -> Path | None:
    """Return the folder of binaries that the user has: $LXR_FABRIC_BIN, or where PATH has peer."""
    if chosen := os.environ.get("LXR_FABRIC_BIN"):
        return Path(chosen).absolute()
    peer = shutil.which("peer")
    return Path(peer).resolve().parent if peer is not None else None


def samples_of(bin_folder: Path) -> Path | None:
    """Find the sample configuration of binaries: ../config, as in Fabric's releases, or FABRIC_CFG_PATH."""
    folders = [bin_folder.resolve().parent / "config"]
    if chosen := os.environ.get("FABRIC_CFG_PATH"):
        folders.append(Path(chosen).absolute())
    return next((folder for folder in folders if all((folder / name).is_file() for name in SAMPLES)), None)


def version_of(bin_folder: Path) -> str:
    """Return the version of the binaries in a folder. Raises NetworkFault: not all there, or one is not WANTED."""
    for tool in TOOLS:
        if not os.access(bin_folder / tool, os.X_OK):
            raise NetworkFault(
                "{bin_folder}: {tool} is missing; expected {wanted}: run scripts/install-fabric",
                bin_folder=bin_folder,
                tool=tool,
                wanted=WANTED,
            )
    versions = {tool: _said_by(bin_folder / tool, argument) for tool, argument in _ASKED.items()}
    return versions["peer"]


def _said_by(tool: Path, argument: str) -> str:
    try:
        ran = subprocess.run(
            [tool, argument],
            env=without_fabric_settings(),
            capture_output=True,
            text=True,
            timeout=_ANSWER_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        raise NetworkFault("{tool}: does not run here; expected {wanted}", tool=tool, wanted=WANTED) from None
    match = _VERSION.search(ran.stdout)
    if match is None:
        raise NetworkFault("{tool}: says no version; expected {wanted}", tool=tool, wanted=WANTED)
    version, major, minor, patch = match.groups()
    if (int(major), int(minor)) != _SERIES or int(patch) < _OLDEST_PATCH:
        raise NetworkFault(
            "{tool}: is of version {version}; expected {wanted}", tool=tool, version=version, wanted=WANTED
        )
    return version
