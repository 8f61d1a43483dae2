"""Drawing something new.

how                   how samples are asked for
sampler               how the next character is drawn: temperature, top-k, top-p
samples               what is drawn: strings that know how they ended, and where they stand
lines                 documents, each with an end of its own
text                  one long text that goes on and on
without_replacement   documents that are all different
coupled               by the same random numbers from several models
likeliest             all documents down to a probability
"""
