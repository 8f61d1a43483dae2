"""A training leaves what it finds in the directory of a run."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from makemore.config import FILES, Config
from makemore.recipe import OBSERVING
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.embedding import Embedding
from makemore.runs.files import make_directory, remove, write_whole
from makemore.runs.kept import plan
from makemore.runs.metrics import Tracker
from makemore.runs.run import Metrics, Run


class RunRecorder:
    """Writes to the directory of a run. Any method raises a UserError where it can't write."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._tracker: Tracker | None = None
        self._kept: set[int] = set()

    def __str__(self) -> str:
        return str(self.run)

    @property
    def still_kept(self) -> str:
        """Say that the run is as it was, if there is something in it."""
        if not self.run.last.exists():
            return ""
        return f" {self.run} still holds what was saved before."

    @property
    def tracker(self) -> Tracker:
        """The logs, which stand open between `open` and `close`."""
        assert self._tracker is not None, "a recorder is opened first"
        return self._tracker

    def open(self, config: Config, max_steps: int, resumed_at: int | None) -> None:
        """Write the config, choose the steps that are kept, and open the logs."""
        settings = config.training
        for partial in self.run.partial:
            remove(partial)
        write_whole(self.run.config, config.to_toml().encode())
        n, unit = settings.keep_checkpoints, settings.log_interval
        self._kept = plan(self.run, n, unit, max_steps, resumed_at)
        if self._kept:  # not later: where the run is removed meanwhile, it would come back
            make_directory(self.run.checkpoints)
        self._tracker = Tracker(self.run, resumed_at)
        if resumed_at is None:
            told = {k: v for k, v in config.values().items() if k not in OBSERVING | FILES}
            self._tracker.describe(told)

    def close(self) -> None:
        """Bring all to disk, and close the logs."""
        if self._tracker is not None:
            self._tracker.close()

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """Log scalars under their tags."""
        self.tracker.numbers(step, values)

    def text(self, step: int, tag: str, lines: list[str]) -> None:
        """Log text for TensorBoard."""
        self.tracker.text(step, tag, lines)

    def histograms(self, step: int, values: Mapping[str, Tensor]) -> None:
        """Log histograms for TensorBoard."""
        self.tracker.histograms(step, values)

    def embedding(self, embedding: Embedding) -> None:
        """Write what TensorBoard's projector reads."""
        embedding.write(self.run.directory)

    def keep_best(self, checkpoint: Checkpoint) -> None:
        """Write `best.safetensors`."""
        checkpoint.save(self.run.best)

    def keep_last(self, checkpoint: Checkpoint) -> None:
        """Write `last.safetensors`. The logs come first, so that none is behind it."""
        self.tracker.flush()
        checkpoint.save(self.run.last)

    def keeps(self, step: int) -> bool:
        """Whether the step is among those chosen."""
        return step in self._kept

    def keep(self, checkpoint: Checkpoint) -> None:
        """Write it into `checkpoints/`."""
        checkpoint.save(self.run.kept_at(checkpoint.progress.step))

    def best(self) -> Checkpoint:
        """Read the best checkpoint, or the last while there is no best yet."""
        return Checkpoint.load(self.run.checkpoint)

    @property
    def best_path(self) -> Path | None:
        """Where that is on disk."""
        return self.run.checkpoint

    def metrics(self) -> Metrics:
        """Read `metrics.jsonl`."""
        return self.run.read_metrics()
