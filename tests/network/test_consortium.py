import shutil
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.certificates import check_certificate, verify_signature
from lxr.network.authority import Authority
from lxr.network.consortium import Consortium, found, open_consortium
from lxr.network.keyfile import KeyFault
from lxr.node.sealing import sign

PASSPHRASE = b"open sesame"
FROM = datetime(2025, 1, 1, 12, 30, 15, 999_999, tzinfo=UTC)  # a clock's reading: certificates hold whole seconds
TO = datetime(2027, 1, 1, 12, 30, 15, 999_999, tzinfo=UTC)
AT_MS = 1_751_328_000_000  # 2025-07-01


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("founded") / "c"
    found(directory, "洛小茸", False, PASSPHRASE, FROM, TO)
    return directory


@pytest.fixture
def consortium(founded: Path, tmp_path: Path) -> Consortium:
    shutil.copytree(founded, tmp_path / "c")
    return open_consortium(tmp_path / "c")


def found_at(directory: Path, *, name: str = "a", rehearsal: bool = False) -> Consortium:
    return found(directory, name, rehearsal, PASSPHRASE, FROM, TO)


STAFF = [
    ("union", "admin"),
    ("union", "operator"),
    ("union", "treasurer"),
    ("union", "auditor"),
    ("bank", "admin"),
    ("bank", "teller"),
    ("bank", "auditor"),
    ("regulator", "admin"),
    ("regulator", "auditor"),
    ("employer", "admin"),
    *((org, "witness") for org in ("union", "employer", "bank", "regulator")),
]


@pytest.mark.parametrize(("org", "role"), STAFF)
def test_every_role_of_every_organisation_can_sign_under_its_own_root(
    consortium: Consortium, org: str, role: str
) -> None:
    identity = consortium.identity(org, role, passphrase=PASSPHRASE)
    assert org == check_certificate(identity.certificate_pem, consortium.roots(), AT_MS)
    assert verify_signature(identity.certificate_pem, sign(identity.private_key, b"x"), b"x")


def test_nothing_is_made_beyond_the_staff_the_authorities_and_the_two_houses(consortium: Consortium) -> None:
    files = {path.relative_to(consortium.directory) for path in consortium.directory.rglob("*") if path.is_file()}
    pairs = [*STAFF, *((org, "ca") for org in ("union", "bank", "regulator", "employer"))]
    expected = {Path("orgs") / org / f"{role}.{end}" for org, role in pairs for end in ("crt", "key")}
    ignored = {Path(".gitignore"), *(Path(part) / ".gitignore" for part in ("orgs", "union", "bank"))}
    ignored |= {Path("orgs") / org / ".gitignore" for org in ("union", "bank", "regulator", "employer")}
    assert expected | ignored | {Path("consortium.toml")} == files
    assert consortium.store_path.parent.is_dir()
    assert consortium.bank_dir.is_dir()


def test_no_repository_takes_in_what_lies_with_keys_persons_and_openings(consortium: Consortium) -> None:
    consortium.enrol_employer("E001", PASSPHRASE, FROM, TO)
    private = [
        *(consortium.directory, consortium.store_path.parent, consortium.bank_dir),
        *(consortium.org_dir(org) for org in ORGANISATIONS),
        consortium.employer_dir("E001"),
    ]
    assert ["*\n"] * len(private) == [(directory / ".gitignore").read_text("utf-8") for directory in private]


def test_directories_are_0700_files_0600_and_no_key_is_in_the_clear(consortium: Consortium) -> None:
    for path in [consortium.directory, *consortium.directory.rglob("*")]:
        assert (0o700 if path.is_dir() else 0o600) == path.stat().st_mode & 0o777
        assert path.suffix != ".key" or b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()


def test_parts_lie_where_the_layout_says(consortium: Consortium) -> None:
    directory = consortium.directory
    assert directory / "ledger.db" == consortium.ledger_path
    assert directory / "union/store.db" == consortium.store_path
    assert directory / "bank" == consortium.bank_dir
    assert directory / "orgs/employer/E001" == consortium.employer_dir("E001")


@pytest.mark.parametrize("rehearsal", [False, True])
def test_the_description_says_plainly_what_this_is(rehearsal: bool, tmp_path: Path) -> None:
    name = '洛 "小" \\茸'
    consortium = found_at(tmp_path / "c", name=name, rehearsal=rehearsal)
    text = (tmp_path / "c/consortium.toml").read_text()
    assert {
        "name": name,
        "rehearsal": rehearsal,
        "engine": "embedded",
        "organisations": ["union", "employer", "bank", "regulator"],
        "bank_payments_max": 10_000,
        "payment_file": "pain.001.001.09",
        "batch_booking": False,
    } == tomllib.loads(text)
    assert text.startswith("# This is an embedded consortium: ONE OPERATOR HOLDS ALL KEYS")
    assert "Audit still finds any changed entry" in text
    assert "not what this operator\n# cut off or left out" in text
    assert rehearsal == ("skips the clock check" in text)
    assert (name, rehearsal) == (consortium.name, consortium.rehearsal)


def test_a_second_founding_is_refused_and_changes_nothing(consortium: Consortium) -> None:
    roots = consortium.roots()
    with pytest.raises(KeyFault, match="already holds a consortium"):
        found_at(consortium.directory)
    assert roots == consortium.roots()


def test_a_directory_that_is_not_empty_is_refused_and_an_empty_one_is_taken(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c/letter.txt").touch()
    with pytest.raises(KeyFault, match="is not an empty directory"):
        found_at(tmp_path / "c")
    with pytest.raises(KeyFault, match="is not an empty directory"):
        found_at(tmp_path / "c/letter.txt")
    (tmp_path / "c/letter.txt").unlink()
    assert tmp_path / "c" == found_at(tmp_path / "c").directory


def test_the_current_directory_is_not_replaced_under_the_shell_that_stands_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KeyFault, match="current directory"):
        found_at(Path())


@pytest.mark.parametrize("name", ["", "x" * 101, "two\nlines", "\udc80"])
def test_a_name_that_cannot_be_shown_in_one_line_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(KeyFault, match="cannot name a consortium"):
        found_at(tmp_path / "c", name=name)
    assert [] == list(tmp_path.iterdir())


def test_an_empty_passphrase_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(KeyFault, match="passphrase"):
        found(tmp_path / "c", "a", False, b"", FROM, TO)
    assert [] == list(tmp_path.iterdir())


def breaks_off_after(certificates: int, fault: BaseException) -> Callable[..., x509.Certificate]:
    issue, left = Authority.issue, [certificates]

    def broken(
        self: Authority,
        common_name: str,
        role: str,
        employer: str | None,
        public_key: ec.EllipticCurvePublicKey,
        not_before: datetime,
        not_after: datetime,
    ) -> x509.Certificate:
        if left[0] == 0:
            raise fault
        left[0] -= 1
        return issue(self, common_name, role, employer, public_key, not_before, not_after)

    return broken


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), RuntimeError("power")], ids=["interrupt", "bug"])
def test_a_founding_broken_off_half_way_leaves_nothing_and_can_be_done_again(
    fault: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Authority, "issue", breaks_off_after(6, fault))
        with pytest.raises(type(fault)):
            found_at(tmp_path / "c")
    assert [] == list(tmp_path.iterdir())
    assert "a" == found_at(tmp_path / "c").name


def test_an_employer_gets_three_certificates_that_bear_its_number(consortium: Consortium) -> None:
    consortium.enrol_employer("E001", PASSPHRASE, FROM, TO)
    for role in ("preparer", "signer", "treasurer"):
        identity = consortium.identity("employer", role, "E001", passphrase=PASSPHRASE)
        assert "employer" == check_certificate(identity.certificate_pem, consortium.roots(), AT_MS)
        certificate = x509.load_pem_x509_certificate(identity.certificate_pem.encode())
        attributes = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")).value
        assert isinstance(attributes, x509.UnrecognizedExtension)
        assert f'{{"attrs":{{"lxr.employer":"E001","lxr.role":"{role}"}}}}'.encode() == attributes.value
    assert 0o700 == consortium.employer_dir("E001").stat().st_mode & 0o777


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_enrolling_twice_leaves_the_first_certificates_and_makes_only_what_is_missing(consortium: Consortium) -> None:
    directory = consortium.employer_dir("E001")
    consortium.enrol_employer("E001", PASSPHRASE, FROM, TO)
    first = contents(directory)
    consortium.enrol_employer("E001", PASSPHRASE, FROM, TO)
    assert first == contents(directory)
    for name in ("signer.crt", "signer.key"):
        (directory / name).unlink()
    consortium.enrol_employer("E001", PASSPHRASE, FROM, TO)
    again = contents(directory)
    assert {"signer.crt", "signer.key"} == {name for name in again if again[name] != first[name]}


def test_an_enrolment_broken_off_after_a_key_is_taken_up_with_that_key(consortium: Consortium) -> None:
    directory = consortium.employer_dir("E001")
    consortium.enrol_employer("E001", PASSPHRASE, FROM, TO)
    key = (directory / "signer.key").read_bytes()
    (directory / "signer.crt").unlink()
    consortium.enrol_employer("E001", PASSPHRASE, FROM, TO)
    assert key == (directory / "signer.key").read_bytes()
    consortium.identity("employer", "signer", "E001", passphrase=PASSPHRASE)


@pytest.mark.parametrize("number", ["", "..", "../bank", "a/b", "E 1", "-E", "E" * 33, "壹", "E1\n"])
def test_what_is_no_employer_number_names_no_directory(consortium: Consortium, number: str) -> None:
    with pytest.raises(KeyFault, match="is no employer number"):
        consortium.enrol_employer(number, PASSPHRASE, FROM, TO)


@pytest.mark.parametrize(
    ("org", "role", "employer", "passphrase", "fault"),
    [
        ("court", "admin", None, PASSPHRASE, "no organisation 'court'"),
        ("../union", "admin", None, PASSPHRASE, "no organisation"),
        ("union", "treasurer", "E001", PASSPHRASE, "no organisation 'union' with employer 'E001'"),
        ("union", "teller", None, PASSPHRASE, "union has no 'teller'"),
        ("union", "../bank/teller", None, PASSPHRASE, "union has no"),
        ("employer", "signer", None, PASSPHRASE, "employer has no 'signer'"),
        ("employer", "signer", "E009", PASSPHRASE, "E009/signer.crt: no such file"),
        ("union", "treasurer", None, b"other", "treasurer.key: wrong passphrase"),
    ],
)
def test_an_identity_that_is_not_there_is_refused_in_one_line(
    consortium: Consortium, org: str, role: str, employer: str | None, passphrase: bytes, fault: str
) -> None:
    with pytest.raises(KeyFault, match=fault) as caught:
        consortium.identity(org, role, employer, passphrase=passphrase)
    assert "\n" not in str(caught.value)


def test_an_identity_whose_certificate_is_another_roles_is_refused(consortium: Consortium) -> None:
    union = consortium.directory / "orgs/union"
    shutil.copy(union / "admin.crt", union / "treasurer.crt")
    with pytest.raises(KeyFault, match="belongs to another key"):
        consortium.identity("union", "treasurer", passphrase=PASSPHRASE)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "no consortium here"),
        (b"name =", "is not TOML"),
        (b"\xff", "is not UTF-8"),
        (b"name = 'a'\n", "missing required field `rehearsal`"),
        (b"name='a'\nrehearsal='no'\nengine='embedded'\norganisations=[]\n", "Expected `bool`"),
        (b"name='a'\nrehearsal=false\nengine='paper'\norganisations=[]\n", "Invalid enum value 'paper'"),
        (b"name='a'\nrehearsal=false\nengine='embedded'\norganisations=['union']\n", "field organisations"),
        (b"name='a'\nrehearsal=false\nengine='embedded'\norganisations=[]\nowner='x'\n", "unknown field `owner`"),
    ],
)
def test_what_is_no_consortium_is_not_opened(content: bytes | None, fault: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "consortium.toml").write_bytes(content)
    with pytest.raises(KeyFault, match=fault) as caught:
        open_consortium(tmp_path)
    assert str(caught.value).startswith(str(tmp_path))
    assert "\n" not in str(caught.value)
