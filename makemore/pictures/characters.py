"""Which characters a picture shows, and how."""

import unicodedata
from collections import Counter

from makemore.corpus.predictions import BOUNDARY
from makemore.maker import Maker

MOST = 64
"""Characters that have room; of a larger vocabulary the most frequent are shown."""
COUNTED = 2**24
"""Characters of train, about, that are counted for that."""


def shown_ids(maker: Maker) -> list[int]:
    """Choose the ids that are shown, in their order; a text has no boundary.

    Raises:
        UserError: there are more than `MOST`, and the corpus can't be read to count them.
    """
    characters = maker.vocabulary.characters
    first = [] if maker.is_text else [BOUNDARY]
    if len(characters) > MOST:
        often = Counter[str]()
        for document in maker.corpus.some("train", COUNTED):
            often.update(document)
        characters = "".join(character for character, _ in often.most_common(MOST))
    return first + sorted(maker.vocabulary.encode(characters))


def is_vowel(character: str) -> bool:
    """Tell whether a letter is a, e, i, o or u, with any accent."""
    return unicodedata.normalize("NFD", character)[:1].lower() in set("aeiou")


def with_ink(text: str) -> str:
    """Write a text so that blanks can be seen in a picture."""
    return text.replace(" ", "␣").replace("\\n", "↵")
