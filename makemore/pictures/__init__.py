"""What has it learned? One picture a file: what it shows, and beside it how it is drawn.

style            the look that all share: colours, maps, sizes
figure           a picture as PNG or SVG, in memory or in a file
request          what a picture is asked to show: runs, a word, a split
characters       which characters a picture shows, and how
gallery          every picture of a run by its name, and how one is made
lr_range         the loss as the learning rate rises
histograms       several below one another, on one axis

bigram           which character follows which
embedding        the map of the characters
loss             train and val over steps and seconds
word             what is likely next, all through one word
positions        loss by place, and by character
samples          lengths, letters and pairs of samples beside the real ones
splits           the losses of several runs against size and time
activations      what each layer gives
saturation       which units have no slope, and for which examples
gradients        the gradient by layer, and beside the weights
updates          how far steps move the weights
attention        whom each place of a word attends to
logit_gradient   softmax minus one-hot, for a batch
receptive_field  which characters each layer sees
"""
