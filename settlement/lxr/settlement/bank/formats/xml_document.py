"""A whole file of XML as its root: entities, document types and network access are off."""

from lxml import etree

from lxr.node.said import Said
from lxr.settlement.errors import InputFault


def root_of(data: bytes, file: str) -> etree._Element:
    """Return the root of a file called `file`. Raises InputFault: it is not well-formed, or has a document type."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise InputFault(file=file, problem="has a document type declaration", expected="none")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = " ".join(str(getattr(error, "msg", error)).split())
        raise InputFault(
            file=file, problem=Said("not well-formed XML: {reason}", reason=reason), expected="an XML document"
        ) from None
    if root.getroottree().docinfo.internalDTD is not None:  # in an encoding in which the above was not found
        raise InputFault(file=file, problem="has a document type declaration", expected="none")
    return root
