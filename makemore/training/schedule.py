"""The learning rate of each step."""

import math

from makemore.config import TrainingSettings


def learning_rate(settings: TrainingSettings, step: int, max_steps: int) -> float:
    """Learning rate of step 0, 1, … max_steps - 1.

    It rises in a line over the warm-up. Then it falls so that the step after the last would have 0,
    as any step behind that, or, without decay, stays.
    """
    warmup = min(settings.warmup_steps, max_steps)
    if step < warmup:
        return settings.learning_rate * (step + 1) / (warmup + 1)
    progress = min(1.0, (step - warmup) / max(1, max_steps - warmup))
    factor = {
        "linear": 1 - progress,
        "cosine": (1 + math.cos(math.pi * progress)) / 2,
        "none": 1.0,
    }[settings.decay]
    return settings.learning_rate * factor
