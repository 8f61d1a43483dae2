"""What TensorBoard's projector reads: the vectors of the characters, and their labels."""

from pathlib import Path

import pytest
import torch
from google.protobuf import text_format  # type: ignore[import-untyped]
from tensorboard.plugins.projector.projector_config_pb2 import (  # type: ignore[import-untyped]
    ProjectorConfig,
)

from makemore.corpus.vocabulary import Vocabulary
from makemore.models import ARCHITECTURES
from makemore.runs.embedding import Embedding
from tests.helpers import random_model


def test_the_projector_s_files_hold_each_vector_beside_its_label(tmp_path: Path) -> None:
    vectors = torch.randn(5, 3)
    embedding = Embedding("wte.weight", vectors, Vocabulary("\n aé"))
    for _ in range(2):  # written over
        embedding.write(tmp_path)
    config = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (entry,) = config.embeddings
    assert entry.tensor_name == "wte.weight"
    rows = (tmp_path / entry.tensor_path).read_text().splitlines()
    read = torch.tensor([[float(x) for x in row.split("\t")] for row in rows])
    torch.testing.assert_close(read, vectors, atol=1e-5, rtol=1e-5)
    labels = (tmp_path / entry.metadata_path).read_text(encoding="utf-8").splitlines()
    assert labels == ["boundary", "\\n", "space", "a", "é"]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_model_names_the_vectors_of_its_characters(name: str) -> None:
    found = random_model(name, 11).character_vectors()
    if name in {"bigram", "ngram"}:
        assert found is None
        return
    assert found is not None
    assert len(found[1]) == 11
