"""All checks of a model, one after the other."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from makemore.checks.dependence import rows_stand_apart, sees, sees_no_later_character
from makemore.checks.finding import Finding, Findings, Verdict, failed, not_applicable
from makemore.checks.gradients import (
    every_parameter_learns,
    gradients_are_of_one_step,
    no_bias_is_subtracted,
    updates_have_a_good_size,
)
from makemore.checks.modes import (
    evaluation_repeats_itself,
    evaluation_sets_its_mode,
    modes_differ_for_a_reason,
)
from makemore.checks.outputs import logits_are_raw, loss_takes_logits, output_has_a_bias
from makemore.checks.paths import losses_by_path, paths_agree
from makemore.checks.start import floor_of, loss_at_the_start, one_batch_is_learned
from makemore.checks.subject import Subject
from makemore.checks.units import no_unit_is_stuck, stuck_units
from makemore.contexts.tables import Table
from makemore.evaluation.losses import evaluate
from makemore.models.base import cross_entropy


@dataclass(frozen=True)
class Check:
    """A row of the table, before it is filled in.

    Attributes:
        name: what is so in a healthy training.
        mistake: its number in the list of the six most common mistakes; None where it has none.
        run: looks at a subject.
        descends: whether it is about gradient descent, which a model that counts does without.
    """

    name: str
    mistake: int | None
    run: Callable[[Subject], Verdict]
    descends: bool = True


def check_subject(subject: Subject) -> Findings:
    """Run all checks.

    Raises:
        UserError: a user's own model can't be built, or gives no logits.
    """
    counts = subject.model.closed_form
    findings = Findings(subject.config.name, subject.corpus.describe())
    for check in CHECKS:
        if check.descends and counts:
            verdict = not_applicable("It counts, and takes no step of gradient descent.")
        else:
            verdict = run_check(check, subject)
        findings.append(Finding(check.name, check.mistake, *verdict))
    return findings


def run_check(check: Check, subject: Subject) -> Verdict:
    """Run one check; where a user's own model raises an error, that is what is found."""
    if not subject.is_custom:
        return check.run(subject)
    try:
        verdict = check.run(subject)
        # its parts are named as in its own file, whatever wraps it
        return verdict._replace(found=verdict.found.replace("module.", ""))
    except Exception as error:  # whatever a user's own code raises
        said = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".")
        return failed(f"The check ended in 1 error: {said}.", "Let the model run without it.")


def _loss_at_the_start(subject: Subject) -> Verdict:
    if subject.is_trained:
        return not_applicable("These weights are trained.")
    model = subject.copy().train()
    with torch.no_grad():
        loss = cross_entropy(model.predict_table(subject.batch), subject.batch).item()
    return loss_at_the_start(loss, model.vocab_size)


def _one_batch(subject: Subject) -> Verdict:
    # a user's own model reads whole prefixes, but may see less of them
    floor = floor_of(subject.small_batch, sees(subject.depends))
    return one_batch_is_learned(subject.losses_on_one_batch(), floor, subject.model.vocab_size)


def _evaluation_repeats(subject: Subject) -> Verdict:
    model = subject.copy()
    return evaluation_repeats_itself(lambda: model.predict_table(subject.batch), model)


def _modes(subject: Subject) -> Verdict:
    model = subject.noisy_copy()
    return modes_differ_for_a_reason(lambda: model.predict_table(subject.batch), model)


def _evaluation_mode(subject: Subject) -> Verdict:
    model = subject.copy()
    return evaluation_sets_its_mode(lambda: evaluate(model, subject.few), model)


def _gradients(subject: Subject) -> Verdict:
    learner = subject.start()

    def gradient() -> Tensor:
        torch.manual_seed(0)  # the same dropout
        return learner.gradient([subject.batch]).vector

    return gradients_are_of_one_step(gradient)


def _raw_logits(subject: Subject) -> Verdict:
    model = subject.noisy_copy().eval()
    with torch.no_grad():
        return logits_are_raw(model(subject.tokens()))


def _loss(subject: Subject) -> Verdict:
    model, device = subject.copy().eval(), subject.device

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        one_each, targets = torch.ones_like(targets), targets.to(device)
        table = Table(torch.arange(len(targets)), targets, one_each, len(targets)).to(device)
        model.predict_table = lambda table: logits.to(device)  # type: ignore[method-assign]
        return model.loss(table)

    return loss_takes_logits(loss, model.vocab_size)


def _output_bias(subject: Subject) -> Verdict:
    return output_has_a_bias(subject.copy().eval(), subject.tokens())


def _later_characters(subject: Subject) -> Verdict:
    return sees_no_later_character(subject.depends)


def _rows(subject: Subject) -> Verdict:
    return rows_stand_apart(subject.depends)


def _parameters(subject: Subject) -> Verdict:
    walk = subject.walk
    return every_parameter_learns(walk.gradients, walk.start, walk.after, walk.unknown)


def _units(subject: Subject) -> Verdict:
    model = subject.copy().train()
    return no_unit_is_stuck(stuck_units(model, lambda: model.predict_table(subject.batch)))


def _updates(subject: Subject) -> Verdict:
    walk, steps = subject.walk, subject.learner.progress.max_steps
    return updates_have_a_good_size(walk.start, walk.before, walk.after, walk.learning_rate, steps)


def _paths(subject: Subject) -> Verdict:
    if _evaluation_repeats(subject).mark == "failed":
        return not_applicable("Its evaluation doesn't repeat itself, so no two paths can agree.")
    return paths_agree(losses_by_path(subject.noisy_copy(), subject.few))


CHECKS = [
    Check("loss at the start", None, _loss_at_the_start),
    Check("one batch is learned", 1, _one_batch),
    Check("evaluation repeats itself", 2, _evaluation_repeats, descends=False),
    Check("modes differ for a reason", 2, _modes, descends=False),
    Check("evaluation sets its mode", 2, _evaluation_mode, descends=False),
    Check("gradients of one step", 3, _gradients),
    Check("logits are raw", 4, _raw_logits),
    Check("loss takes logits", 4, _loss),
    Check("no bias is subtracted", 5, lambda s: no_bias_is_subtracted(s.walk.gradients)),
    Check("output has a bias", 5, _output_bias),
    Check("no later character", 6, _later_characters, descends=False),
    Check("rows stand apart", 6, _rows, descends=False),
    Check("every parameter learns", None, _parameters),
    Check("no unit is stuck", None, _units),
    Check("size of updates", None, _updates),
    Check("paths agree", None, _paths, descends=False),
]
"""In the order of the table."""
