"""What goes on inside a model?

examples     a batch of real predictions to look at
explain      one prediction, whole, and the weights that moved its loss most
explanation  how that is shown: lines, tables, a graph, JSON
in_values    a bigram and an MLP number by number, with the weights of those in PyTorch
insides      that batch forward and backward: each nonlinearity, and all gradients
lr_range     which learning rate? the loss as it rises from step to step
shapes       every tensor's shape, parameters and multiplications, layer by layer
"""
