"""How --as is read: who acts."""

import msgspec

from lxr.chaincode.types import EmployerNo
from lxr.cli.ends import UsageFault
from lxr.cli.texts.language import text
from lxr.network.consortium import EMPLOYER_STAFF, STAFF


def identity_of(word: str) -> tuple[str, str, str | None]:
    """Organisation, role and perhaps an employer's number, from what --as gives. Raises UsageFault."""
    organisation, _, rest = word.partition("/")
    role, slash, employer = rest.partition("/")
    roles = (*STAFF[organisation], *EMPLOYER_STAFF) if organisation == "employer" else STAFF.get(organisation, ())
    if role not in roles or (slash and (organisation != "employer" or not _is_employer(employer))):
        some = [f"{name}/{each}" for name, staff in STAFF.items() for each in staff]
        every = ", ".join([*some, *(f"employer/{each}[/EMPLOYER]" for each in EMPLOYER_STAFF)])
        raise UsageFault(text(f"--as: {word!r}; expected one of {every}", f"--as：{word!r}；应为下列之一：{every}"))
    return organisation, role, employer or None


def _is_employer(word: str) -> bool:
    try:
        msgspec.convert(word, EmployerNo)
    except msgspec.ValidationError:
        return False
    return True
