"""The one loop that trains every model.

learner      model, optimizer, batches and workers in memory, one step at a time
observation  what a step shows of the training's health
divergence   a loss that is no number: at which step, what led there
loop         the run around it: validations, logs, checkpoints
batches      which documents stand in a step's batch
subset       which part of a large split a validation measures, and how far its loss may be off
gradients    the gradient of a batch, from those of its parts
optimizers   Muon and AdamW, and which parameter gets which
schedule     the learning rate of each step
status       what a person sees of it
live         what is drawn again and again in its own place
summary      what it has reached
"""
