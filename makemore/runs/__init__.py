"""A run on disk, safe against any crash.

run          its directory: made, found, claimed, opened again
checkpoint   all that sampling or resuming needs, in one file
progress     how far it has come
metrics      its numbers, for TensorBoard and for programs
files        a file is replaced whole, or not at all
"""
