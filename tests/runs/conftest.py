"""What the tests of runs have: a checkpoint."""

import pytest
import torch

from makemore.config import Config
from makemore.corpus.vocabulary import Vocabulary
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.progress import Progress
from tests.helpers import random_model


@pytest.fixture
def checkpoint() -> Checkpoint:
    """Make a checkpoint of a small model, whose numbers and characters are hard to write down."""
    config = Config.from_values({"model": "mlp", "learning_rate": 1 / 3})
    return Checkpoint(
        config=config,
        vocabulary=Vocabulary("ab漢🙂\u2028"),
        longest=7,
        fingerprint="f",
        progress=Progress(step=3, seconds=0.1, loss_sum=1 / 3, best_loss=float("inf"), best_step=2),
        weights=random_model("mlp", 6).state_dict(),
        learner={"random.cpu": torch.get_rng_state()},
    )
