"""Characters that nobody sees, and that change what is seen of others."""

from typing import Final

UNSEEN: Final = (
    r"\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
"""For a pattern's [...]: controls (Cc), format characters (Cf: what turns letters or has no width), ends of lines and
paragraphs (Zl, Zp). By number and not by Unicode's tables, which differ between two releases of Python."""
