"""Derivatives by hand: how does the loss grow with each weight?

The lecture takes a network apart and derives each small step; multiplied out, many steps become one
formula. The models use that formula, made fast. All three are the same derivative:

                          step by step        at once                          fast
    cross-entropy         8 of `by_hand`      shortcuts.grad_logits_at_once    kernels.cross_entropy
    batch normalisation   7 of `by_hand`      shortcuts.grad_hprebn_at_once    kernels.batch_norm
    tanh                  by_hand.grad_hpreact                                 kernels.tanh
    lookup of embeddings  by_hand.grad_c                                       kernels.sum_of_rows

To be read in this order:

    forward      the lecture's network in small steps, every value kept
    by_hand      its 26 gradients, each a function of its own
    comparison   gradients beside autograd's
    shortcuts    cross-entropy and batch normalisation back in one go
    network      a whole network trained with these alone
    kernels      what the models use: a function and its derivative, faster on a CPU than PyTorch's
"""
