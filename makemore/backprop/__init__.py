"""Derivatives by hand.

kernels   what the models use: a function and its derivative, faster on a CPU than PyTorch's own
"""
