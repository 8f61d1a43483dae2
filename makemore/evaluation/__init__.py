"""How good is it?

losses      exact losses over whole splits, and what they mean
scores      how well a document is predicted, character by character
ranks       where a document stands among others
estimates   a number that is estimated, and how far it may be off
quality     what samples show, beside what must be and what real documents show
distances   how far apart two documents are, and two distributions
"""
