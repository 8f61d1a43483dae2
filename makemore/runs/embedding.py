"""The vectors of the characters, as TensorBoard's projector reads them."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from makemore.corpus.vocabulary import Vocabulary
from makemore.display import visible
from makemore.runs.files import write_whole

CONFIG = """embeddings {{
  tensor_name: "{name}"
  tensor_path: "embedding.tsv"
  metadata_path: "characters.tsv"
}}
"""


@dataclass(frozen=True)
class Embedding:
    """The vectors of the characters.

    Attributes:
        name: of the parameter.
        vectors: (V, n_embd), the boundary's first.
        vocabulary: of V - 1 characters.
    """

    name: str
    vectors: Tensor
    vocabulary: Vocabulary

    @property
    def labels(self) -> list[str]:
        """Give each vector a label that can be seen: the character, or what it is called."""
        called = {" ": "space"}
        return ["boundary", *(called.get(c, visible(c)) for c in self.vocabulary.characters)]

    def write(self, directory: Path) -> None:
        """Write the projector's files into the directory of a run, over those of before.

        Raises:
            UserError: one can't be written.
        """
        rows = ["\t".join(f"{x:.6g}" for x in vector) for vector in self.vectors.tolist()]
        for name, lines in (("embedding.tsv", rows), ("characters.tsv", self.labels)):
            write_whole(directory / name, "".join(f"{line}\n" for line in lines).encode())
        write_whole(directory / "projector_config.pbtxt", CONFIG.format(name=self.name).encode())
