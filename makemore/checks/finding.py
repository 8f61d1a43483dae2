"""What a check has found, and how that is shown."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from makemore.display import Grid, Shown, visible

Mark = Literal["passed", "failed", "warning", "not applicable"]
"""A warning is what some do on purpose; only what failed is a mistake."""


class Verdict(NamedTuple):
    """What a check says of the pieces that it was given.

    Attributes:
        mark: whether they passed.
        found: a sentence with the number that was measured, or why the check isn't applicable.
        cure: a sentence that names a likely cause and the cure; "" where nothing is wrong.
    """

    mark: Mark
    found: str
    cure: str = ""


def passed(found: str) -> Verdict:
    """Say that nothing is wrong."""
    return Verdict("passed", found)


def failed(found: str, cure: str) -> Verdict:
    """Say what is wrong, and what to do."""
    return Verdict("failed", found, cure)


def warning(found: str, cure: str) -> Verdict:
    """Say what may be on purpose, and what it costs."""
    return Verdict("warning", found, cure)


def not_applicable(why: str) -> Verdict:
    """Say why there is nothing to check."""
    return Verdict("not applicable", why)


@dataclass(frozen=True)
class Finding:
    """A row of the table.

    Attributes:
        name: of the check: what is so in a healthy training.
        mistake: its number in the list of the six most common mistakes; None where it has none.
        mark, found, cure: as in `Verdict`.
    """

    name: str
    mistake: int | None
    mark: Mark
    found: str
    cure: str


class Findings(Shown, list[Finding]):
    """What all checks have found of one model.

    Attributes:
        model: the name of its architecture, or of a user's own class.
        read: what was read for it, as a training says it.
    """

    def __init__(self, model: str, read: str, findings: Iterable[Finding] = ()) -> None:
        super().__init__(findings)
        self.model = model
        self.read = read

    @property
    def healthy(self) -> bool:
        """Whether nothing failed."""
        return not self.with_mark("failed")

    def with_mark(self, mark: Mark) -> list[Finding]:
        """Pick the findings with a mark."""
        return [finding for finding in self if finding.mark == mark]

    def grid(self) -> Grid:
        """Show a row for each; the cure stands behind what was found."""
        rows = [
            (
                SHOWN[one.mark],
                "" if one.mistake is None else str(one.mistake),
                one.name,
                visible(f"{one.found} {one.cure}".strip()),
            )
            for one in self
        ]
        return Grid(rows, ["", "", "check", "found"], left=4)

    def summary(self) -> str:
        """Count the marks in a sentence."""
        counts = {mark: len(self.with_mark(mark)) for mark in SHOWN}
        said = [f"{counts[mark]} {mark}" for mark in ("passed", "failed") if counts[mark]]
        if counts["warning"]:
            said.append(f"{counts['warning']} with a warning")
        if counts["not applicable"]:
            said.append(f"{counts['not applicable']} not applicable")
        return f"{len(self)} checks of {self.model}: {', '.join(said)}."

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return {
            "model": self.model,
            "healthy": self.healthy,
            "findings": [asdict(finding) for finding in self],
        }


SHOWN: dict[Mark, str] = {
    "passed": "ok",
    "failed": "FAILED",
    "warning": "warning",
    "not applicable": "-",
}
"""Each mark as the table shows it."""
