"""What a trained thing does: it samples, measures itself and tells what comes next.

What a command does beyond reading flags and printing is a method here.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Unpack

import torch

from makemore.corpus.documents import Documents
from makemore.corpus.loading import load_corpus
from makemore.corpus.reading import clean
from makemore.corpus.sources import Paths, name_of
from makemore.corpus.splits import SPLITS, Corpus, Split
from makemore.corpus.streaming import stream_documents
from makemore.errors import UsageError, UserError
from makemore.evaluation.losses import Evaluations, evaluate
from makemore.evaluation.quality import Quality, measure_samples
from makemore.evaluation.ranks import find_ranks
from makemore.evaluation.scores import Order, Score, Scores, score_documents, sort_scores
from makemore.sampling.how import HowToDraw, at_least_one, make_generator, read_how
from makemore.sampling.lines import MOST, LineDrawer, count_cut_off
from makemore.sampling.sampler import Sampler
from makemore.sampling.samples import Sample, Samples
from makemore.sampling.text import TextDrawer
from makemore.trained import Trained

PREVIEW_LENGTH = 200
COMPARED = 2**19
"""Predictions, about, of the held-out documents that others are compared with."""


class Maker(Trained):
    """A trained model and all that it needs to make more; its attributes are those of `Trained`."""

    def evaluate(
        self,
        split: Split | None = None,
        data: Paths | None = None,
        *,
        skip_unknown: bool = False,
        column: str | None = None,
        encoding: str | None = None,
        tell: Callable[[str, float], None] = lambda what, share: None,
    ) -> Evaluations:
        """Measure exact losses over whole splits, or over other files.

        Args:
            split: only this one; None: each that holds a document.
            data: files to measure instead of the splits, read in the way the run read its own; with
                a split, the run's own documents in another place.
            skip_unknown: of other files, leave out the documents with a character that the model
                doesn't know; a MakemoreWarning says how many.
            column: of a table among other files, where it isn't the run's; "" for none.
            encoding: of other files, where it isn't the run's.
            tell: told what is being measured, and what share of it is done.

        Returns:
            The `Evaluation` of each split by its name, or of the file by its path.

        Raises:
            UserError: a file can't be read, the split is empty, a character is not known, or
                `data` holds other documents than the split is of.
            UsageError: there is no such split.
        """
        if split is not None and split not in SPLITS:
            raise UsageError(f"--split takes one of {', '.join(SPLITS)}, not {split!r}.")
        other = data is not None and split is None
        if skip_unknown and (not other or self.is_text):
            raise UsageError("--skip-unknown leaves out documents of --data, and a text has none.")
        how = self.config.data.how.of_others(column, encoding)
        if how != self.config.data.how and not other:
            raise UsageError("--column and --encoding are for other files: give them by --data.")
        if data is not None and split is None:
            all_of_it = load_corpus(data, how=how, shares=(1, 0, 0))
            documents = self._encode_known(all_of_it, skip_unknown)
            watch = partial(tell, "measuring")
            return Evaluations({name_of(data): evaluate(self.model, documents, watch=watch)})
        if data is not None:
            self.known_corpus = self._corpus_in(data)
        corpus = self.corpus
        if split and not corpus[split]:
            raise UserError(f"{corpus.source} has no document in its {split} split.")
        return Evaluations(
            (
                name,
                evaluate(
                    self.model,
                    corpus.encoded(name, self.vocabulary),
                    watch=partial(tell, f"measuring {name}"),
                ),
            )
            for name in SPLITS
            if split in (None, name) and corpus[name]
        )

    def _encode_known(self, corpus: Corpus, skip_unknown: bool) -> Documents:
        """Encode the one split of a corpus; leave out what has characters that are not known."""
        if self.is_text or set(corpus.characters) <= set(self.vocabulary.characters):
            return corpus.encoded("train", self.vocabulary)
        known = self.vocabulary.known(corpus.train, corpus.source, skip_unknown)
        return self.vocabulary.encode_lines(known)

    def score(
        self,
        words: str | Iterable[str] | None = None,
        *,
        data: Paths | None = None,
        likeliest: int = 0,
        sort: Order | None = None,
        skip_unknown: bool = False,
        column: str | None = None,
        encoding: str | None = None,
    ) -> Scores:
        """Tell how well words are predicted, and where each stands among others.

        The sum over a file, divided by its predictions, is the loss that `evaluate` finds.

        Args:
            words: one or several; of a model of one long text, texts from their first character on.
            data: files of them instead, which are read as the corpus was.
            likeliest: how many characters to name in the place of each.
            sort: worst: those with the most bits a character first; best: last.
            skip_unknown: of files, leave out the documents with a character that the model doesn't
                know; a MakemoreWarning says how many.
            column: of a table among the files, where it isn't the run's; "" for none.
            encoding: of the files, where it isn't the run's.

        Returns:
            The scores, in the order given unless told. The percentile is among the documents of
            the val split, of many every k-th, some 60,000 in all; where they can't be read there is
            none, and a MakemoreWarning says why.

        Raises:
            UserError: a file can't be read, or a character is not known.
            UsageError: both or neither of words and data are given, or a word is empty.
        """
        return Scores(
            self.scores(
                words,
                data=data,
                likeliest=likeliest,
                sort=sort,
                skip_unknown=skip_unknown,
                column=column,
                encoding=encoding,
            )
        )

    def scores(
        self,
        words: str | Iterable[str] | None = None,
        *,
        data: Paths | None = None,
        likeliest: int = 0,
        sort: Order | None = None,
        skip_unknown: bool = False,
        column: str | None = None,
        encoding: str | None = None,
    ) -> Iterator[Score]:
        """Score as `score` does, one after another, in as much memory as the longest needs.

        Raises:
            UserError, UsageError: as `score`, some of them when the first is asked for.
        """
        if (words is None) == (data is None):
            raise UsageError("Give words to score, or a file of them with --data, not both.")
        how = self.config.data.how.of_others(column, encoding)
        if data is None and (skip_unknown or how != self.config.data.how):
            raise UsageError("--skip-unknown, --column and --encoding are for files: use --data.")
        if skip_unknown and self.is_text:
            raise UsageError("--skip-unknown leaves out documents of --data, and a text has none.")
        format = how.format
        documents: Iterable[str]
        if data is not None:
            documents = stream_documents(data, how)
            if not self.is_text:
                documents = self.vocabulary.only_known(documents, skip_unknown)
        else:
            assert words is not None
            documents = map(self._as_document, [words] if isinstance(words, str) else words)
        found = score_documents(self.model, self.vocabulary, documents, format, likeliest=likeliest)
        if not self.is_text:
            corpus = self._corpus_to_look_in(needed=False)
            held_out = [] if corpus is None else corpus.some("val", COMPARED)
            length = self._drawer.usual_length("")
            found = find_ranks(self.model, self.vocabulary, held_out, length).rank(found)
        return found if sort is None else iter(sort_scores(found, sort))

    def _as_document(self, word: str) -> str:
        how = self.config.data.how
        document = clean(word) if self.is_text else how.trim(clean(word))
        in_a_line = not (self.is_text or how.several_lines)
        if not document or (in_a_line and "\n" in document):
            need = "one without a line break" if document else "one character or more"
            raise UsageError(f"{word!r} is no word to score: give {need}.")
        return document

    def sample_quality(self, n: int = 10_000, seed: int | None = 0) -> Quality:
        """Draw samples, and compare them with what the model's probabilities say, and the corpus.

        Args:
            n: how many.
            seed: of the draw; None: another each time.

        Raises:
            UserError: the corpus can't be read.
            UsageError: it was trained on one long text, which has no documents.
        """
        if self.is_text:
            raise UsageError("--samples is for a corpus of lines; this run was trained on a text.")
        drawn = list(self.draw(n, seed=seed, places=False))
        return measure_samples(self.model, self.vocabulary, self.corpus, drawn)

    def sample(
        self,
        n: int | None = None,
        *,
        prompt: str = "",
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        min_length: int = 1,
        max_length: int | None = None,
        novel: bool = False,
        distinct: bool = False,
        seed: int | None = None,
    ) -> Samples:
        """Draw new documents, or texts.

        Args:
            n: how many; None: 10, or 1 text.
            prompt: each starts with these characters.
            temperature: below 1 plays safe, above 1 dares; 0 takes the likeliest.
            top_k: draw among the k likeliest characters alone.
            top_p: draw among the likeliest characters that reach this probability.
            min_length: end none that is shorter, the prompt counted; no sample is empty.
            max_length: cut off after so many characters; None: four times the longest document,
                at most 10,000, or 500 more of a text.
            novel: only what stands nowhere in the corpus.
            distinct: no two alike: drawn without replacement.
            seed: repeat a draw; None: another each time.

        Returns:
            The samples, each with its place in the corpus. Where its file can't be read there are
            no places, and a MakemoreWarning says why.

        Raises:
            UserError: a character of the prompt is not known, or fewer than n can be drawn.
            UsageError: a value that can't be, or that goes with lines and not with a text.
        """
        drawn = self.draw(
            n,
            prompt=prompt,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            min_length=min_length,
            max_length=max_length,
            novel=novel,
            distinct=distinct,
            seed=seed,
        )
        return Samples(drawn)

    def draw(
        self,
        n: int | None = None,
        *,
        novel: bool = False,
        distinct: bool = False,
        seed: int | None = None,
        places: bool = True,
        **how: Unpack[HowToDraw],
    ) -> Iterator[Sample]:
        """Draw as `sample` does, each when it is asked for; its place is found if `places` says so.

        Raises:
            UserError, UsageError: as `sample`, some of them when the first is asked for.
        """
        prompt, sampler = read_how(self._drawer.usual_length, **how)
        drawer, corpus = self._drawer, None
        if (novel or places) and not self.is_text:
            corpus = self._corpus_to_look_in(needed=novel)
        drawn = drawer.draw(
            at_least_one(n, drawer.usual_n),
            make_generator(seed),
            prompt=prompt,
            sampler=sampler,
            novel=novel,
            distinct=distinct,
            corpus=corpus,
        )
        untold = not self.is_text and how.get("max_length") is None
        return count_cut_off(drawn, MOST) if untold and sampler.max_length == MOST else drawn

    def stream(
        self, n: int | None = None, *, seed: int | None = None, **how: Unpack[HowToDraw]
    ) -> Iterator[Iterator[str]]:
        """Begin n long texts, one after another, each a character at a time, without the prompt.

        Args:
            n: how many; None: 1.
            seed: repeat a draw; None: another each time.
            how: prompt, temperature, top_k, top_p, min_length and max_length as in `sample`.

        Raises:
            UserError: a character of the prompt is not known.
            UsageError: a value that can't be, or the model was trained on lines.
        """
        drawer = self._drawer
        if not isinstance(drawer, TextDrawer):
            raise UsageError("A corpus of lines is sampled as whole lines: use sample.")
        prompt, sampler = read_how(self._drawer.usual_length, **how)
        generator = make_generator(seed)
        texts = range(at_least_one(n, drawer.usual_n))
        return (drawer.stream(generator, prompt=prompt, sampler=sampler) for _ in texts)

    def preview(self) -> list[Sample]:
        """Draw the few samples, none very long, that a run shows of itself; one of a text.

        The same weights draw the same, by the seed of the run.
        """
        length = min(PREVIEW_LENGTH, self._drawer.usual_length(""))
        drawn = self.draw(seed=self.config.training.seed, places=False, max_length=length)
        return list(drawn)

    def probabilities(
        self,
        prompt: str = "",
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
    ) -> dict[str, float]:
        """Tell what comes after a prompt: the probability of each character, the likeliest first.

        The end of a document has the key "", no character. Samples are drawn with these
        probabilities, so that it has none at the beginning; a text has no end.

        Args:
            prompt: the beginning of a document, or of a text.
            temperature: as in `sample`.
            top_k: likewise.
            top_p: likewise.

        Raises:
            UserError: a character of the prompt is not known.
            UsageError: a value that can't be.
        """
        sampler = Sampler(1, temperature, top_k, top_p)
        with torch.inference_mode(), self.model.evaluating():
            return self._drawer.probabilities(clean(prompt), sampler)

    @property
    def _drawer(self) -> LineDrawer | TextDrawer:
        if self.is_text:
            return TextDrawer(self.model, self.vocabulary)
        return LineDrawer(self.model, self.vocabulary, self.longest)
