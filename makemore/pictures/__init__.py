"""What has it learned? One picture a file: what it shows, and beside it how it is drawn.

style        the look that all share: colours, maps, sizes
figure       a picture as PNG or SVG, in memory or in a file
lr_range     the loss as the learning rate rises
"""
