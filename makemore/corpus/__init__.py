"""How does a file become numbers?

sources      paths become bytes: files, folders, standard input
decoding     bytes become characters
columns      of a table, the cells of one column
reading      characters become documents, or one long text
streaming    documents one after another, for files of any length
changes      what reading has dropped or changed, and what can't be seen
guessing     what kind of corpus a file looks like
splits       documents fall into train, val and test
settings     all of that as settings of a run
vocabulary   characters become ids and back
documents    the ids of many documents, or of one long text, as flat arrays
"""
