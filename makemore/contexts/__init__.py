"""Never compute the same context twice: documents become tables of distinct contexts.

A character model predicts the next character from a context, and in a corpus of short things the
same contexts come again and again. After "e" of "emma", "emily" and "eva" stand in a batch, the
model need only be asked once what follows "e": m twice, v once.

        documents        distinct prefixes (rows)      what follows, and how often

        emma             0: ·                          e 3
        emily            1: ·e                         m 2, v 1
        eva              2: ·em                        m 1, i 1
                         3: ·ev                        a 1
                         …                             …

A table holds each distinct context once (a row) and counts each (row, next character) pair. Its
cross-entropy, weighted by the counts, is that of all the predictions, and so are its gradients;
only the work shrinks. Two kinds of model read two kinds of table: a window of the last k
characters (`windows`), and the whole prefix (`prefixes`, a tree).

All is built by array operations in numpy; tables hold torch tensors, ready for a model.

    tables      what all tables have in common
    windows     the last k characters
    grams       characters in a row, of one length and of all shorter ones, counted in blocks
    prefixes    whole prefixes of documents, as a tree
    packs       the tree cut into small pieces of one size, for attention
    sequences   pieces of a long text, where nothing comes twice
"""
