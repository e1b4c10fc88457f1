"""What a decoder says of bytes that do not fit the contract's types, told alike on every node."""

import re
from typing import Final

_PATH: Final = re.compile(r"- at `(?:key in )?(\$[][.a-z0-9_]{0,200})`\Z", re.ASCII)

_FIELD: Final = re.compile(
    r"\bObject (?:contains )?(missing required|unknown) field `([A-Za-z0-9_.-]{1,60})`", re.ASCII
)


def place_of(fault: Exception) -> dict[str, str]:
    """Return where a decoder found something that does not belong there: a case, and its facts `path` and `field`.

    A library's words are its release's, and quote the sender: no two nodes would have to refuse alike. Of msgspec's
    only the name and the path of the field are taken; what may stand there, the types of the contract say.
    """
    said = str(fault)
    path, field = _PATH.search(said), _FIELD.search(said)
    place = path[1] if path else "$"
    if field:
        case = "field_missing" if field[1] == "missing required" else "field_unknown"
        return {"case": case, "path": place, "field": field[2]}
    return {"case": "misfit", "path": place} if path else {"case": "not_json"}
