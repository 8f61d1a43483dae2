"""Modified Kneser-Ney against its definition, spelled out on strings."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from makemore.contexts.windows import WindowTable
from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.evaluation.losses import evaluate
from makemore.models import build_model, ngram
from makemore.models.base import cross_entropy
from makemore.models.ngram import Ngram, discounts
from makemore.models.settings import NgramSettings

corpora = st.lists(st.text("abc", max_size=9), min_size=1, max_size=12)
orders = st.integers(1, 5)


def fit(order: int, train: Sequence[str], characters: str = "abcd", prune: int = 0) -> Ngram:
    vocabulary = Vocabulary(characters)
    model = Ngram(len(vocabulary), NgramSettings(order=order, prune=prune))
    model.prepare(vocabulary.encode_lines(train), vocabulary.encode_lines([]))
    return model


def rows(model: Ngram, starts: list[str], characters: str = "abcd") -> Tensor:
    """Probabilities of what comes after each start of a document, (len(starts), V)."""
    vocabulary = Vocabulary(characters)
    tokens = [torch.tensor([[BOUNDARY, *vocabulary.encode(start)]]) for start in starts]
    return torch.cat([model(sequence)[:, -1] for sequence in tokens]).exp()


def kneser_ney(
    order: int, documents: Sequence[str], characters: str, prune: int = 0
) -> Callable[[str, str], float]:
    """Chen & Goodman's formula, gram by gram: p(next character, start of the document).

    A full stop stands for the boundary. What pruning leaves out counts in the sums alone.
    """
    raw = Counter[str]()
    for text in ("." + document + "." for document in documents):
        for end in range(2, len(text) + 1):  # the first boundary is given, not predicted
            raw.update(text[start:end] for start in range(max(0, end - order), end))
    before = defaultdict[str, set[str]](set)
    for gram in raw:
        before[gram[1:]].add(gram[0])

    counts: dict[str, int] = {}
    followers = defaultdict[str, dict[str, int]](dict)
    for gram in raw:
        context, character = gram[:-1], gram[-1]
        as_it_is = len(gram) == order or context.startswith(".")
        counts[gram] = raw[gram] if as_it_is else len(before[gram])
        followers[context][character] = counts[gram]

    def discount(length: int, count: int) -> float:
        n = Counter(counts[gram] for gram in counts if len(gram) == length)
        try:
            y = n[1] / (n[1] + 2 * n[2])
            found = [i - (i + 1) * y * n[i + 1] / n[i] for i in (1, 2, 3)]
        except ZeroDivisionError:
            found = [0.0]
        if not all(0 < d <= i for i, d in enumerate(found, start=1)):
            found = [0.5, 1.0, 1.5]
        return found[min(count, 3) - 1]

    of_order = {m: [0.0, *(discount(m, i) for i in (1, 2, 3))] for m in range(1, order + 1)}

    def probability(character: str, context: str) -> float:
        shorter = probability(character, context[1:]) if context else 1 / (len(characters) + 1)
        if context not in followers:
            return shorter
        d = of_order[len(context) + 1]
        found = followers[context]
        total = sum(found.values())
        kept = {c: n for c, n in found.items() if len(context) < 2 or raw[context + c] > prune}
        count = kept.get(character, 0)
        left_out = total - sum(kept.values())
        gamma = (sum(d[min(c, 3)] for c in kept.values()) + left_out) / total
        return max(count - d[min(count, 3)], 0) / total + gamma * shorter

    def after(character: str, start: str) -> float:
        text = "." + start
        return probability(character, text[max(0, len(text) - order + 1) :])

    return after


def expected_rows(
    order: int, train: Sequence[str], starts: Sequence[str], characters: str, prune: int = 0
) -> Tensor:
    after = kneser_ney(order, train, characters, prune)
    return torch.tensor([[after(c, start) for c in "." + characters] for start in starts])


@settings(max_examples=200)
@given(order=orders, train=corpora, starts=st.lists(st.text("abcd", max_size=8), min_size=1))
@example(order=5, train=[""], starts=["", "a"])
@example(order=3, train=["ab"], starts=["ab", "dab", "bd"])
def test_probabilities_are_those_of_the_definition(
    order: int, train: list[str], starts: list[str]
) -> None:
    found = rows(fit(order, train), starts)
    torch.testing.assert_close(
        found, expected_rows(order, train, starts, "abcd"), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("order", range(1, 9))
def test_probabilities_are_those_of_the_definition_on_names(names: Corpus, order: int) -> None:
    """Enough of them that the formula gives discounts, which tiny corpora don't have."""
    train, characters = names.train[:2000], names.characters
    starts = [name[:end] for name in names.val[:30] for end in range(len(name) + 1)]
    found = rows(fit(order, train, characters), starts, characters)
    expected = expected_rows(order, train, starts, characters)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-3)


@settings(max_examples=100)
@given(
    order=orders,
    train=corpora,
    starts=st.lists(st.text("abcd", max_size=8), min_size=1),
    prune=st.integers(1, 3),
)
def test_what_is_pruned_goes_to_shorter_contexts(
    order: int, train: list[str], starts: list[str], prune: int
) -> None:
    found = rows(fit(order, train, prune=prune), starts)
    expected = expected_rows(order, train, starts, "abcd", prune)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(found.sum(1), torch.ones(len(starts)), atol=1e-5, rtol=0)


def test_pruned_names_follow_the_definition_with_a_smaller_tree(names: Corpus) -> None:
    train, characters = names.train[:2000], names.characters
    starts = [name[:end] for name in names.val[:30] for end in range(len(name) + 1)]
    pruned = fit(6, train, characters, prune=1)
    expected = expected_rows(6, train, starts, characters, prune=1)
    torch.testing.assert_close(rows(pruned, starts, characters), expected, atol=1e-5, rtol=1e-3)
    assert pruned.n_parameters < fit(6, train, characters).n_parameters / 2


def test_too_many_grams_are_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ngram, "MOST_GRAMS", 20)
    train = ["abacab", "cabbacd"]
    with pytest.raises(UserError, match=r"more than 20 grams.*--prune 1.*--order than 6"):
        fit(6, train)
    assert fit(6, train, prune=1).report()["grams"] <= 20


@pytest.mark.parametrize("order", [1, 2, 6])
def test_the_train_loss_is_that_of_what_was_counted(names: Corpus, order: int) -> None:
    vocabulary = Vocabulary(names.characters)
    train = vocabulary.encode_lines(names.train[:3000])
    model = fit(order, names.train[:3000], names.characters)
    counted = evaluate(model, train, model.counted_tables())
    assert counted.loss == pytest.approx(evaluate(model, train).loss, rel=1e-6)
    assert model.counted_tables() is None  # once is enough


def test_a_pruned_model_keeps_no_counts(names: Corpus) -> None:
    assert fit(4, names.train[:100], names.characters, prune=1).counted_tables() is None


def test_a_document_s_start_keeps_raw_counts_and_the_rest_continuation_counts() -> None:
    """Worked out by hand: "a" starts two documents of three, and comes after 2 characters."""
    found = rows(fit(3, ["ab", "ac", "bab"]), [""])[0]
    lowest = [2, 2, 2, 1, 0]  # distinct characters before each of . a b c d
    lower = [(c - d) / 7 + 3.5 / 7 / 5 for c, d in zip(lowest, [1, 1, 1, 0.5, 0], strict=True)]
    # after the start of a document: a twice, b once; what is freed is 1 + 0.5
    expected = [first / 3 + 1.5 / 3 * p for first, p in zip([0, 1, 0.5, 0, 0], lower, strict=True)]
    torch.testing.assert_close(found, torch.tensor(expected))


def test_a_character_that_follows_only_one_is_not_expected_after_others() -> None:
    """The "San Francisco" of the paper: d is frequent, but only ever after b."""
    train = ["bd"] * 20 + ["ba", "ca", "da", "aa"]
    after_an_unknown_start = rows(fit(2, train, "abcde"), ["e"], "abcde")[0]
    assert after_an_unknown_start[4] < after_an_unknown_start[1]
    assert train.count("bd") > sum("a" in document for document in train)


@settings(max_examples=50)
@given(order=orders, train=corpora, starts=st.lists(st.text("abcd", max_size=8), min_size=1))
def test_rows_are_positive_and_sum_to_one(order: int, train: list[str], starts: list[str]) -> None:
    found = rows(fit(order, train), starts)
    assert found.min() > 0
    torch.testing.assert_close(found.sum(1), torch.ones(len(starts)), atol=1e-6, rtol=0)


def test_a_character_never_seen_in_training_gets_a_share_of_what_is_freed(names: Corpus) -> None:
    characters = names.characters + "é"
    model = fit(5, names.train, characters)
    found = rows(model, ["emm", "é", "aé"], characters)
    assert (found > 0).all()
    # é ends every context that was known, so the shortest is left to answer
    torch.testing.assert_close(found[1], found[2])
    torch.testing.assert_close(found.sum(1), torch.ones(3), atol=1e-5, rtol=0)


def test_no_probability_vanishes_however_deep_the_context() -> None:
    """Each run of a's follows many characters, so each leaves little to the next shorter one."""
    characters = "abcdefghijklmnopqrstuvwxyz"
    model = fit(60, [other + "a" * 60 for other in characters[1:]], characters)
    logits = model(torch.tensor([[0, 2, *[1] * 58]]))[0, -1]
    assert logits.isfinite().all()
    assert logits.min() < -80


def test_a_fresh_model_is_uniform() -> None:
    model = Ngram(5, NgramSettings(order=4))
    logits = model(torch.tensor([[0, 1, 2], [3, 4, 1]]))
    torch.testing.assert_close(logits, torch.full((2, 3, 5), -math.log(5)))
    assert model.report() == {"grams": 0}


@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_the_window_before_a_prediction_is_all_that_counts(order: int, names: Corpus) -> None:
    """`forward`, `step` and `table_logits` agree, also past the longest training document."""
    vocabulary = Vocabulary(names.characters)
    model = fit(order, names.train[:500], names.characters)
    tokens = torch.tensor([[BOUNDARY, *vocabulary.encode("annabellaelizabethemmaline")]])
    logits = model(tokens)[0]
    state = None
    for position, token in enumerate(tokens[0]):
        stepped, state = model.step(token[None], state)
        torch.testing.assert_close(stepped[0], logits[position], atol=0, rtol=0)
    documents = vocabulary.encode_lines(["annabellaelizabethemmaline"])
    table = model.reader.table(documents)
    assert isinstance(table, WindowTable)
    targets = torch.tensor([*tokens[0, 1:].tolist(), BOUNDARY])
    expected = -logits.gather(1, targets[:, None]).mean()
    torch.testing.assert_close(cross_entropy(model.table_logits(table), table), expected)


@pytest.mark.parametrize("order", [1, 2, 5])
def test_a_saved_model_predicts_the_same(order: int, names: Corpus, tmp_path: Path) -> None:
    """Through a safetensors file into a fresh model, whose buffers are of another size."""
    model = fit(order, names.train, names.characters)
    safetensors.torch.save_file(model.state_dict(), tmp_path / "model.safetensors")
    weights = safetensors.torch.load_file(tmp_path / "model.safetensors")
    loaded = build_model("ngram", NgramSettings(order=order), 27)
    loaded.load_state_dict(weights)
    tokens = torch.randint(27, (20, 8))
    torch.testing.assert_close(loaded(tokens), model(tokens), atol=0, rtol=0)
    assert loaded.n_parameters == model.n_parameters
    assert loaded.report() == model.report()


def test_a_fresh_model_can_be_saved_too() -> None:
    state = safetensors.torch.load(safetensors.torch.save(Ngram(5, NgramSettings()).state_dict()))
    loaded = Ngram(5, NgramSettings())
    loaded.load_state_dict(state)
    torch.testing.assert_close(loaded(torch.tensor([[0]])).exp(), torch.full((1, 1, 5), 0.2))


def test_every_gram_and_every_context_is_a_parameter() -> None:
    """After "ab": empty: . a b; "." a; "a" b; "b" .; ".a" b; "ab" ."""
    model = fit(3, ["ab"])
    assert model.report() == {"grams": 8}
    assert model.n_parameters == 8 + 6


def test_a_large_vocabulary_and_a_high_order_don_t_overflow() -> None:
    """5,000 ** 12 is far more than 64 bits hold."""
    characters = "".join(map(chr, range(0x4E00, 0x4E00 + 5000)))
    train = [characters[-20:], characters[:20], characters[100:200]]
    found = rows(fit(13, train, characters), [characters[-20:-1], characters[:19]], characters)
    after = kneser_ney(13, train, characters)
    assert found[0, 5000].item() == pytest.approx(after(characters[-1], characters[-20:-1]))
    assert found[1, 20].item() == pytest.approx(after(characters[19], characters[:19]))


def test_five_characters_predict_names_much_better_than_two(names: Corpus) -> None:
    """2.4629 is the loss of the bigram, whose smoothing is chosen on validation."""
    val = Vocabulary(names.characters).encode_lines(names.val)
    losses = [evaluate(fit(n, names.train, names.characters), val).loss for n in range(1, 6)]
    assert losses == sorted(losses, reverse=True)
    assert losses[1] == pytest.approx(2.4629, abs=0.001)
    assert losses[4] < 2.03


def times_of(counts: Tensor) -> Tensor:
    """How many are 0, 1, 2, 3, 4, and 5 or more, (6,)."""
    return counts.clamp(max=5).bincount(minlength=6)


def test_discounts_follow_the_formula() -> None:
    """Of n = 100, 40, 20, 12: Y = 5/9; 1 - 2Y 40/100, 2 - 3Y 20/40, 3 - 4Y 12/20."""
    counts = torch.tensor([1] * 100 + [2] * 40 + [3] * 20 + [4] * 12 + [5, 9, 200])
    expected = torch.tensor([0, 5 / 9, 2 - 5 / 6, 3 - 4 / 3], dtype=torch.float64)
    torch.testing.assert_close(discounts(times_of(counts)), expected)


@pytest.mark.parametrize(
    "counts",
    [[], [1, 1, 1], [7, 8, 9], [1, 2, 3, *[4] * 50], [1, 2, *[3] * 50, 4]],
    ids=["none", "no twos", "no ones", "D3 below 0", "D2 below 0"],
)
def test_discounts_that_the_formula_does_not_give_are_a_half_for_each(counts: list[int]) -> None:
    found = discounts(times_of(torch.tensor(counts, dtype=torch.int64)))
    torch.testing.assert_close(found, torch.tensor([0, 0.5, 1, 1.5], dtype=torch.float64))
