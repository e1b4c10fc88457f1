"""What is said in English and in Chinese at once, for what is kept or handed over to readers of either."""

from lxr.chaincode.types import Record
from lxr.settlement.messages.catalogue import Language


class Words(Record, frozen=True, array_like=True):
    """The same in English and in Chinese."""

    en: str
    zh: str

    def __str__(self) -> str:
        return self.en

    def in_language(self, language: Language) -> str:
        """Return the one that is asked for."""
        return self.zh if language == "zh" else self.en
