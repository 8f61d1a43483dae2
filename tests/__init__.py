"""The tests. Processes share the cores: each has one thread unless a test says otherwise."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is first imported
