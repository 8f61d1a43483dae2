"""makemore: train character-level language models on your text, and make more things like it.

    import makemore

    maker = makemore.train("names.txt", model="mlp", max_steps=500)
    maker.sample(20, prompt="jo")

`docs/python.md` shows it all. What is named here is imported when it is first used, and torch with
it, so that `import makemore` alone costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from makemore.api.check import check as check
    from makemore.api.compare import compare as compare
    from makemore.api.lr_range import lr_range as lr_range
    from makemore.api.plot import plot as plot
    from makemore.api.report import replay as replay
    from makemore.api.report import report as report
    from makemore.api.train import load as load
    from makemore.api.train import resume as resume
    from makemore.api.train import train as train
    from makemore.checks.finding import Finding as Finding
    from makemore.checks.finding import Findings as Findings
    from makemore.comparison.comparison import Comparison as Comparison
    from makemore.corpus.cache import Cached as Cached
    from makemore.corpus.cache import CachedList as CachedList
    from makemore.corpus.cache import clear_cache as clear_cache
    from makemore.corpus.cache import list_cache as list_cache
    from makemore.diagnostics.lr_range import LearningRateRange as LearningRateRange
    from makemore.errors import MakemoreWarning as MakemoreWarning
    from makemore.errors import UsageError as UsageError
    from makemore.errors import UserError as UserError
    from makemore.evaluation.losses import Evaluation as Evaluation
    from makemore.evaluation.losses import Evaluations as Evaluations
    from makemore.maker import Maker as Maker
    from makemore.runs.listing import ListedRun as ListedRun
    from makemore.runs.listing import Runs as Runs
    from makemore.runs.listing import list_runs as list_runs
    from makemore.sampling.samples import Sample as Sample
    from makemore.sampling.samples import Samples as Samples

_PUBLIC = {
    "train": "api.train",
    "resume": "api.train",
    "load": "api.train",
    "lr_range": "api.lr_range",
    "check": "api.check",
    "plot": "api.plot",
    "report": "api.report",
    "replay": "api.report",
    "Finding": "checks.finding",
    "Findings": "checks.finding",
    "compare": "api.compare",
    "list_runs": "runs.listing",
    "list_cache": "corpus.cache",
    "clear_cache": "corpus.cache",
    "Maker": "maker",
    "LearningRateRange": "diagnostics.lr_range",
    "Evaluation": "evaluation.losses",
    "Evaluations": "evaluation.losses",
    "Sample": "sampling.samples",
    "Samples": "sampling.samples",
    "Comparison": "comparison.comparison",
    "Runs": "runs.listing",
    "ListedRun": "runs.listing",
    "Cached": "corpus.cache",
    "CachedList": "corpus.cache",
    "UserError": "errors",
    "UsageError": "errors",
    "MakemoreWarning": "errors",
}
"""The public names, and the module that each comes from."""

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
