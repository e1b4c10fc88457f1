import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from lxr.network.authority import Authority
from lxr.network.keyfile import (
    KeyFault,
    new_key,
    read_certificate,
    read_identity,
    read_key,
    write_atomically,
    write_certificate,
    write_key,
)

PASSPHRASE = b"open sesame"
FROM = datetime(2025, 1, 1, tzinfo=UTC)
TO = datetime(2027, 1, 1, tzinfo=UTC)


def encrypted(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE))


def plain(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_key_comes_back_and_its_file_holds_nothing_in_the_clear(tmp_path: Path) -> None:
    key, path = new_key(), tmp_path / "signer.key"
    write_key(path, key, PASSPHRASE)
    written = path.read_bytes()
    assert written.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert b"BEGIN PRIVATE KEY" not in written
    assert not set(plain(key).splitlines()[1:-1]) & set(written.splitlines())
    assert key.private_numbers() == read_key(path, PASSPHRASE).private_numbers()


def test_a_key_file_is_its_owners_alone_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        write_key(tmp_path / "signer.key", new_key(), PASSPHRASE)
    finally:
        os.umask(umask)
    assert 0o600 == (tmp_path / "signer.key").stat().st_mode & 0o777
    assert ["signer.key"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("passphrase", [b"", b"x" * 1024])
def test_an_empty_or_overlong_passphrase_is_refused_and_nothing_is_written(passphrase: bytes, tmp_path: Path) -> None:
    with pytest.raises(KeyFault, match="passphrase is empty or too long"):
        write_key(tmp_path / "signer.key", new_key(), passphrase)
    assert [] == list(tmp_path.iterdir())
    with pytest.raises(KeyFault, match="passphrase is empty or too long"):
        read_key(tmp_path / "signer.key", passphrase)


def test_a_key_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    key, path = new_key(), tmp_path / "signer.key"
    write_key(path, key, PASSPHRASE)
    with pytest.raises(KeyFault, match="not overwritten"):
        write_key(path, new_key(), PASSPHRASE)
    assert key.private_numbers() == read_key(path, PASSPHRASE).private_numbers()


def test_a_write_that_fails_half_way_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "consortium.toml"
    write_atomically(path, b"old")
    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(KeyFault, match=r"consortium\.toml: No space left on device"):
        write_atomically(path, b"new")
    assert b"old" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_a_wrong_passphrase_gives_one_line_that_names_the_file_and_not_the_passphrase(tmp_path: Path) -> None:
    write_key(tmp_path / "signer.key", new_key(), PASSPHRASE)
    with pytest.raises(KeyFault) as caught:
        read_key(tmp_path / "signer.key", b"open barley")
    assert f"{tmp_path}/signer.key: wrong passphrase, or the file is damaged" == str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_key_that_others_can_get_at_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "signer.key"
    write_key(path, new_key(), PASSPHRASE)
    path.chmod(mode)
    with pytest.raises(KeyFault, match=f"mode {mode:04o} lets others at this key; expected 0600"):
        read_key(path, PASSPHRASE)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "no such file"),
        (b"", "not an encrypted private key"),
        (plain(new_key()), "not an encrypted private key"),
        (encrypted(ec.generate_private_key(ec.SECP384R1())), "not an EC P-256 key"),
        (encrypted(rsa.generate_private_key(65537, 2048)), "not an EC P-256 key"),
        (encrypted(new_key())[:150], "or the file is damaged"),
    ],
)
def test_a_file_that_is_no_key_of_ours_is_refused_in_one_line(
    content: bytes | None, fault: str, tmp_path: Path
) -> None:
    path = tmp_path / "signer.key"
    if content is not None:
        path.touch(mode=0o600)
        path.write_bytes(content)
    with pytest.raises(KeyFault, match=fault) as caught:
        read_key(path, PASSPHRASE)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_certificate_of_another_key_is_refused(tmp_path: Path) -> None:
    authority = Authority.create("union", FROM, TO)
    own, other = new_key(), new_key()
    write_key(tmp_path / "a.key", own, PASSPHRASE)
    write_certificate(tmp_path / "a.crt", authority.issue("a", "admin", None, own.public_key(), FROM, TO))
    write_certificate(tmp_path / "b.crt", authority.issue("a", "admin", None, other.public_key(), FROM, TO))
    identity = read_identity(tmp_path / "a.crt", tmp_path / "a.key", PASSPHRASE)
    assert (tmp_path / "a.crt").read_text() == identity.certificate_pem
    assert own.private_numbers() == identity.private_key.private_numbers()
    with pytest.raises(KeyFault, match=r"b\.crt: this certificate belongs to another key than .*a\.key"):
        read_identity(tmp_path / "b.crt", tmp_path / "a.key", PASSPHRASE)


@pytest.mark.parametrize(("content", "fault"), [(None, "no such file"), (b"x", "not an X.509 certificate")])
def test_a_file_that_is_no_certificate_is_refused(content: bytes | None, fault: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "a.crt").write_bytes(content)
    with pytest.raises(KeyFault, match=rf"a\.crt: {fault}"):
        read_certificate(tmp_path / "a.crt")
