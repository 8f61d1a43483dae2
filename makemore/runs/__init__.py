"""A run on disk, safe against any crash.

run          its directory: made, found, claimed, opened again
new_run      its directory goes again, where nothing was kept
header       a checkpoint opened, its tensors not yet read
checkpoint   all that sampling or resuming needs, in one file
metadata     what a checkpoint says of itself, checked
settings     of a new run, over those of the run that it starts from
start        from the weights of another run
data         where its documents are now
progress     how far it has come
recorder     what takes the numbers and checkpoints of a training, here in memory
run_recorder the same, on disk
listing      every run in a row, the best first
kept         which checkpoints are kept along the way
metrics      numbers are written, for TensorBoard and for programs
logged       the lines of metrics.jsonl
events       TensorBoard's own files
embedding    its characters' vectors, for TensorBoard
files        a file is replaced whole or not at all, or only ever grows
"""
