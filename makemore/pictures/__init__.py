"""What has it learned? One picture a file: what it shows, and beside it how it is drawn.

style        the look that all share: colours, maps, sizes
figure       a picture as PNG or SVG, in memory or in a file
request      what a picture is asked to show: runs, a word, a split
gallery      every picture of a run by its name, and how one is made
lr_range     the loss as the learning rate rises

bigram       which character follows which
"""
