"""What did the lectures measure, and does it come out the same here?

    course        the lectures, and how one is replayed
    moons         lecture 1: two moons in PyTorch, and how much faster that is
    bigrams       lecture 2: counts, and the same by gradient descent
    mlp           lecture 3: one batch by heart, and learning rates
    saturation    lecture 4: one hidden layer, and how it starts
    activations   lecture 4: a deep net, layer by layer, without and with BatchNorm
    wavenet       lecture 6: characters fused by pairs
    gpt           lecture 7: averages, and one head of attention
    trainings     lectures 3 to 6: their 200,000 steps
    layers        the layers of lectures 4 and 6, and a step of SGD through them
    windows       the list of names, its split, windows of characters
    figures       a figure of a lecture, beside the same one computed here

The lectures are Andrej Karpathy's "Neural Networks: Zero to Hero", numbered as there
(https://github.com/karpathy/nn-zero-to-hero). Each file is plain PyTorch and plain SGD with the
lecture's seed, apart from the models and the training of makemore, which are faster and better.
"""
