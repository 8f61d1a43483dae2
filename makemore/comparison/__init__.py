"""Which model is the best for this data? Each is trained, and measured on the same held-out text.

recipes       which models, each with its recipe
compressors   what gzip, bzip2 and xz make of it
comparison    the result: a row for each
compare       one model after the other, in memory
live          the table while it fills in
"""
