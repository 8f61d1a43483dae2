"""The one loop that trains every model.

learner      model, optimizer, batches and workers in memory, one step at a time
observation  what a step shows of the training's health
divergence   a loss that is no number: at which step, what led there
loop         the run around it: validations, logs, checkpoints
batches      which documents stand in a step's batch
validation   measures the validation split again and again
subset       which part of a large split it measures, and how far its loss may be off
gradients    the gradient of a batch, from those of its parts
optimizers   Muon and AdamW, and which parameter gets which
schedule     the learning rate of each step
state        what a checkpoint holds of it beside the weights
compiling    PyTorch's compiler
status       what a person sees of it
live         what is drawn again and again in its own place
summary      what it has reached
"""
