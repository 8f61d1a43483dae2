"""What a picture is asked to show: which runs, and which word and split where it needs one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from makemore.corpus.documents import Documents
from makemore.corpus.splits import SPLITS, Split
from makemore.errors import UsageError, UserError
from makemore.maker import Maker

WORD_OF_TEXT = 12
"""Characters of a text that stand for a word where none is named."""


@dataclass(frozen=True)
class Request:
    """What to show.

    Attributes:
        makers: of the runs, at least one.
        word: to show, where a picture shows one; None: the first of the split.
        split: None: val, or train where val is empty.
    """

    makers: Sequence[Maker]
    word: str | None = None
    split: Split | None = None

    @property
    def maker(self) -> Maker:
        """The one run, for a picture that shows one."""
        (maker,) = self.makers
        return maker

    @property
    def names(self) -> list[str]:
        """Name each run for a legend: by its model, and where two have the same, its directory."""
        models = [maker.config.name for maker in self.makers]
        times = Counter(models)
        return [
            model if times[model] == 1 or maker.run is None else f"{model}, {maker.run.name}"
            for model, maker in zip(models, self.makers, strict=True)
        ]

    def split_of(self, maker: Maker) -> Split:
        """Tell which split of a run is shown.

        Raises:
            UserError: it holds no document, or the corpus can't be read.
        """
        corpus = maker.corpus
        split = self.split or ("val" if corpus.val else "train")
        if not corpus[split]:
            raise UserError(f"{corpus.source} has no document in its {split} split.")
        return split

    def documents(self, maker: Maker) -> Documents:
        """Encode the split of a run that is shown.

        Raises:
            UserError: as `split_of`.
        """
        return maker.corpus.encoded(self.split_of(maker), maker.vocabulary)

    def word_of(self, maker: Maker) -> str:
        """Tell which word is shown: of a text, a piece of it.

        Raises:
            UserError: none is named, and the corpus can't be read.
            UsageError: it is empty.
        """
        if self.word is None:
            split = self.split_of(maker)
            if maker.is_text:
                return maker.corpus.excerpt(split, 0, WORD_OF_TEXT)
            return maker.corpus[split][0]
        if not self.word:
            raise UsageError("--word takes at least a character.")
        return self.word


def check_split(split: str | None) -> None:
    """See that there is such a split.

    Raises:
        UsageError: there is none.
    """
    if split is not None and split not in SPLITS:
        raise UsageError(f"--split takes one of {', '.join(SPLITS)}, not {split!r}.")
