"""What `import makemore` offers: what a command does, as a function with the same result.

train      train a model or go on with a run; load one
check      look for mistakes in a training
compare    several models on the same data
lr_range   find a learning rate
plot       see what a model has learned
report     put all of a run on one page; watch it learn
given      what a caller gives, read as the command line is

Where all settings are in one `Config` already, `train_config` stands beside `train`, and so on.
"""
