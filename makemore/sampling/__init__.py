"""Drawing something new.

sampler               how the next character is drawn: temperature, top-k, top-p
lines                 documents, each with an end of its own
text                  one long text that goes on and on
without_replacement   documents that are all different
"""
