"""What computes, and how does it stay exact?

devices      the device that computes, and the same sums in every run
permutation  orders of any length in constant memory
precision    in how many bits matrices are multiplied
conditions   versions and threads, on which the last bits depend
randomness   the states of the random numbers
threads      workers that share a step, a core each
processes    processes that share a training
torchrun     what it tells each of them
"""
