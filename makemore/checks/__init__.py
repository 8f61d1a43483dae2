"""Is the training healthy? Each check finds one mistake.

checkup     all checks of a model, one after the other
subject     what is checked: a model, its learner, real data
finding     what a check has found, and how that is shown
start       the loss before the first step, and one batch overfitted
modes       training and evaluation mode
gradients   steps: their gradients, the parameters they move, how far
outputs     logits, the loss that takes them, their bias
dependence  which prediction depends on which character
units       activations that are stuck
paths       the ways to compute a prediction

Most of it is from the list of the most common mistakes that A. Karpathy published in 2018, and from
lecture 4. A check is a function of pieces (logits, a loss function, a step), so that it finds a
mistake in any loop; `checkup` hands it those of this package.
"""
