"""Watch it learn: what the same random numbers draw at each kept step."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import makemore
from makemore.maker import Maker
from makemore.pages.replay import changes, find_replay
from makemore.runs.run import Run
from makemore.sampling.coupled import draw_coupled
from makemore.sampling.how import make_generator


def test_each_step_is_drawn_from_its_own_weights_with_the_same_numbers(words: Maker) -> None:
    assert words.run is not None
    found = makemore.replay(words.run, 5, seed=3)
    kept = Run(words.run).kept
    assert [frame.step for frame in found.frames] == list(kept) == [0, 10, 20, 30]
    other = Maker.load(words.run)
    for frame, path in zip(found.frames, kept.values(), strict=True):
        weights = load_file(path)
        other.model.load_state_dict({n.removeprefix("model."): w for n, w in weights.items()})
        length, numbers = words.longest, make_generator(3)
        drawn = draw_coupled(other.model, other.vocabulary, 5, length, numbers, is_text=False)
        assert frame.samples == drawn
    assert found.frames[0].samples != found.frames[-1].samples


def test_losses_are_those_that_were_logged(words: Maker) -> None:
    found = find_replay(words)
    logged = {(line["step"], tag): line[tag] for line in words.metrics for tag in line}
    for frame in found.frames:
        assert frame.train_loss == logged.get((frame.step, "loss/train"))
        assert frame.val_loss == logged[frame.step, "loss/val"]
    assert [frame.seconds for frame in found.frames] == sorted(f.seconds for f in found.frames)


def test_the_model_itself_is_left_as_it_was(words: Maker) -> None:
    before = {name: weight.clone() for name, weight in words.model.state_dict().items()}
    find_replay(words)
    assert all(torch.equal(before[n], weight) for n, weight in words.model.state_dict().items())


def test_a_text_is_drawn_once_and_has_no_end(text: Maker) -> None:
    found = find_replay(text)
    assert found.is_text
    assert all(len(frame.samples) == 1 for frame in found.frames)
    assert not any(frame.samples[0].finished for frame in found.frames)


def test_a_letter_has_changed_where_another_or_none_stood_before() -> None:
    assert changes("anna", "annabel") == [False] * 4 + [True] * 3
    assert changes("emma", "elma") == [False, True, False, False]
    assert changes(None, "new") == [False] * 3
    assert changes("gone", "") == []


def test_a_run_without_kept_checkpoints_says_so_in_a_sentence(
    counted: Maker, words: Maker, tmp_path: Path
) -> None:
    with pytest.raises(makemore.UserError, match=r"kept no checkpoints .*it was counted"):
        find_replay(counted)
    assert words.run is not None
    shutil.copytree(words.run, tmp_path / "run", ignore=shutil.ignore_patterns("checkpoints"))
    with pytest.raises(makemore.UserError, match=r"train with --keep-checkpoints 8\.$"):
        makemore.replay(tmp_path / "run")
    in_memory = Maker.load(words.path)
    in_memory.path = None
    with pytest.raises(makemore.UserError, match="Only a run on disk"):
        find_replay(in_memory)


def test_a_checkpoint_of_another_run_is_refused(words: Maker, text: Maker, tmp_path: Path) -> None:
    assert words.run is not None
    assert text.run is not None
    shutil.copytree(words.run, tmp_path / "run")
    shutil.copy(Run(text.run).kept_at(0), Run(tmp_path / "run").kept_at(1))
    with pytest.raises(makemore.UserError, match="is of another run"):
        makemore.replay(tmp_path / "run")


def test_a_model_of_one_s_own_is_replayed_too(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        "from torch import nn\n"
        "class Own(nn.Module):\n"
        "    def __init__(self, vocab_size):\n"
        "        super().__init__()\n"
        "        self.logits = nn.Embedding(vocab_size, vocab_size)\n"
        "    def forward(self, tokens):\n"
        "        return self.logits(tokens)\n"
    )
    model = f"{tmp_path / 'own.py'}:Own"
    makemore.train(model=model, out=tmp_path / "run", show=False, max_steps=20, keep_checkpoints=2)
    found = makemore.replay(tmp_path / "run", model=model)
    assert [frame.step for frame in found.frames] == [0, 20]
