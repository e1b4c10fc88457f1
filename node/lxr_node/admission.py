"""What is checked of an envelope before the contract sees it: the same when it is submitted and in every audit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from lxr_chaincode.caller import Caller, Unnamed, caller_of
from lxr_chaincode.contract import Call, decode_command
from lxr_chaincode.days import day_of
from lxr_chaincode.governance import Found, parameters, value_on
from lxr_chaincode.refusals import CertificateRefused, ClockOff, MalformedCommand, OtherVersion
from lxr_chaincode.world import Reader
from lxr_node.certificates import CertificateFault, check_certificate, check_extensions, verify_signature
from lxr_node.envelope import Envelope, open_payload

CLOCK_MS_MAX: Final = 300_000
_VERSION: Final = "contract.version"


def admit(envelope: Envelope, roots: Mapping[str, str]) -> Call:
    """The call in an envelope, once its certificate and signature are found good at the transaction's own time.

    roots: organisation → its root certificate (PEM). Refuses: MalformedCommand, TooLarge, CertificateRefused.
    """
    payload = open_payload(envelope)
    try:
        organisation = check_certificate(payload.certificate, roots, payload.at_ms)
        check_extensions(payload.certificate)
        signed = verify_signature(payload.certificate, envelope.signature, envelope.payload)
    except CertificateFault as fault:
        raise CertificateRefused(reason=fault.reason) from None
    caller = _caller(payload.certificate)
    if caller.organisation != organisation:
        raise CertificateRefused(reason=f"it names {caller.organisation}, but {organisation} issued it")
    if not signed:
        raise CertificateRefused(reason="signature does not match")
    return Call(envelope.tx_id, payload.at_ms, caller, bytes(payload.command))


def admit_founding(envelope: Envelope) -> tuple[Call, Found]:
    """The founding of a ledger, which brings its own roots. Refuses: as `admit`."""
    command = decode_command(bytes(open_payload(envelope).command))
    if not isinstance(command, Found):
        raise MalformedCommand(problem="a ledger begins with governance.found")
    return admit(envelope, command.roots), command


def refuse_clock(at_ms: int, now_ms: int) -> None:
    """Refuses: ClockOff, where the transaction's time is more than five minutes from the node's."""
    if abs(at_ms - now_ms) > CLOCK_MS_MAX:
        raise ClockOff(seconds=abs(at_ms - now_ms) // 1000)


def refuse_version(reader: Reader, at_ms: int, here: str) -> None:
    """Refuses: OtherVersion, where another contract than `here` is in force on the transaction's day."""
    in_force = version_in_force(reader.get_many, at_ms)
    if in_force != here:
        raise OtherVersion(in_force=in_force, here=here)


def version_in_force(read: Callable[[Sequence[str]], list[bytes | None]], at_ms: int) -> str:
    """The contract's version on that day. read: of values under keys. Refuses: ParameterMissing."""
    (value,) = read([parameters.key(_VERSION)])
    return str(value_on(parameters.decode(value) if value else None, _VERSION, day_of(at_ms)))


def _caller(certificate_pem: str) -> Caller:
    try:
        return caller_of(certificate_pem)
    except Unnamed as fault:
        raise CertificateRefused(reason=str(fault)) from None
