"""How does a file become numbers?

sources      paths become bytes: files, folders, standard input
unpacking    what gzip or zstd has packed
decoding     bytes become characters
columns      of a table, the cells of one column
parquet      of a table in a Parquet file
reading      how files are read: cut where, trimmed how
reader       files become documents, or one long text, in a stream
cutting      where what comes in chunks can be cut
streaming    documents one after another
changes      what reading has dropped or changed, and what can't be seen
guessing     what kind of corpus a file looks like
splits       documents fall into train, val and test
hashes       which of them does so, for many at once
vocabulary   characters become ids and back
documents    the ids of many documents, or of one long text, as flat arrays
predictions  which characters are predicted, named by where they stand
loading      a corpus is read and split: in memory, or packed where it is large
pieces       batches become numbers, by several processes
spool        these wait in files until all characters are known
packing      then the files of a packed corpus are written
fingerprint  what is told of all documents at last
packed       the files answer as a corpus in memory does
views        they are sequences of strings too
once         what can be read only once is kept meanwhile
cache        where packed corpora are kept
bar          how far reading is
settings     all of that as settings of a run
"""
