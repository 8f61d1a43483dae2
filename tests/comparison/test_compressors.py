"""Compressors are measured as their commands are: by the bytes that they write."""

import shutil
import subprocess

import pytest

from makemore.comparison.compressors import Compressed, compress
from makemore.corpus.reading import HowToRead
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary


def bits_of(corpus: Corpus) -> dict[str, float]:
    return {found.name: found.bits for found in compress(corpus)}


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz"])
def test_the_bits_are_those_of_the_command(name: str, names: Corpus) -> None:
    command = shutil.which(name)
    if command is None:
        pytest.skip(f"there is no {name} here")
    history, text = ("".join(f"{d}\n" for d in part) for part in (names.train, names.val))

    def size(of: str) -> int:
        return len(subprocess.run([command, "-9"], input=of.encode(), stdout=-1, check=True).stdout)

    predictions = Vocabulary(names.characters).encode_lines(names.val).predictions
    expected = 8 * (size(history + text) - size(history)) / predictions
    # zlib is of another make here and there: a hundredth of its output is not the point
    assert bits_of(names)[name] == pytest.approx(expected, rel=0.01)


def test_a_text_has_no_line_s_end_to_predict() -> None:
    history, text = "to be or not to be, " * 50, "that is the question\n"
    corpus = Corpus("x", [history], [text], [], HowToRead("text"))
    for name, bits in bits_of(corpus).items():
        assert 0 <= bits * len(text) / 8 == pytest.approx(round(bits * len(text) / 8)), name


def test_what_stands_in_the_history_costs_nearly_nothing_but_not_beyond_gzip_s_window() -> None:
    import random

    def letters(n: int, seed: int) -> str:
        return "".join(random.Random(seed).choices("abcdefghijklmnop", k=n))  # 4 bits each

    text = letters(4000, 0)
    near = bits_of(Corpus("x", [text + letters(2000, 1)], [text], [], HowToRead("text")))
    far = bits_of(Corpus("x", [text + letters(100_000, 1)], [text], [], HowToRead("text")))
    assert near["gzip"] < 0.2
    assert far["gzip"] == pytest.approx(4, rel=0.2), "it looks 32 KiB back"
    assert near["xz"] < 0.1 > far["xz"]


def test_bits_are_nats_by_the_logarithm_of_two() -> None:
    assert Compressed("xz", 2.0).loss == pytest.approx(1.386294361)
