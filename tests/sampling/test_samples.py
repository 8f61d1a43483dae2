"""Samples know where they stand in a corpus."""

from makemore.corpus.splits import Corpus
from makemore.sampling.samples import Sample, look_up


def test_what_was_cut_off_or_only_adds_white_space_is_not_new() -> None:
    corpus = Corpus("x", train=["a"], val=[], test=["b"])
    samples = [Sample("a", True), Sample("a ", True), Sample("a", False), Sample("c", True)]
    assert [one.place for one in look_up(samples, corpus)] == ["train", "train", None, "new"]
