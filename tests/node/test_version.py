import shutil
from pathlib import Path

import pytest

import lxr.chaincode
import lxr.token
from lxr.node.version import contract_version


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for package in (lxr.chaincode, lxr.token):
        copy = tmp_path.joinpath(*package.__name__.split("."))
        shutil.copytree(package.__path__[0], copy)
        monkeypatch.setattr(package, "__path__", [str(copy)])
    return tmp_path


def here() -> str:
    return contract_version.__wrapped__()


def test_the_version_is_of_the_sources_wherever_they_lie(copies: Path) -> None:
    assert contract_version() == here()
    (copies / "lxr" / "token" / "notes.txt").write_text("not a source")
    assert contract_version() == here()


@pytest.mark.parametrize("name", ["lxr/token/fen.py", "lxr/chaincode/world.py"])
def test_a_changed_renamed_or_added_source_is_another_version(copies: Path, name: str) -> None:
    source = copies / name
    source.rename(source.with_name("renamed.py"))
    renamed = here()
    shutil.copy(source.with_name("renamed.py"), source)
    added = here()
    source.with_name("renamed.py").unlink()
    source.write_text(source.read_text() + "\n")
    assert 4 == len({contract_version(), renamed, added, here()})
