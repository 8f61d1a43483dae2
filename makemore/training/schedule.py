"""The learning rate of each step."""

import math

from makemore.recipe import DROP_AT, TrainingSettings


def learning_rate(settings: TrainingSettings, step: int, max_steps: int) -> float:
    """Learning rate of step 0, 1, … max_steps - 1.

    It rises in a line over the warm-up. Then it falls so that the step after the last would have 0,
    as any step behind that; or it drops to a tenth at one step; or, without decay, it stays.
    """
    warmup = min(settings.warmup_steps, max_steps)
    if step < warmup:
        return settings.learning_rate * (step + 1) / (warmup + 1)
    progress = min(1.0, (step - warmup) / max(1, max_steps - warmup))
    drop_at = DROP_AT if settings.drop_at is None else settings.drop_at
    factor = {
        "linear": 1 - progress,
        "cosine": (1 + math.cos(math.pi * progress)) / 2,
        "step": 1.0 if step < round(drop_at * max_steps) else 0.1,
        "none": 1.0,
    }[settings.decay]
    return settings.learning_rate * factor
