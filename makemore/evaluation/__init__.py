"""How good is it?

losses   exact losses over whole splits, and what they mean
"""
