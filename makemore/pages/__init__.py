"""A run on one page: what it is, how good it is, what it has learned and how.

replay     samples by the same random numbers at each checkpoint that was kept
recipe     the command that makes a run again
contents   all that a page shows, measured and drawn
page       the page: one HTML file that needs no other
html       its parts: text that is escaped, tables, pictures inside the page
look       its style sheet: light and dark, narrow and printed
"""
