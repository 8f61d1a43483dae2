"""What `torchrun` tells each process that it starts; read without PyTorch, which takes its time.

https://docs.pytorch.org/docs/stable/elastic/run.html#environment-variables
"""

import os


def rank() -> int:
    """Number this process among all, from 0 on; 0 where it is alone."""
    return int(os.environ["RANK"]) if n_processes() > 1 else 0


def local_rank() -> int:
    """Number it among those of this machine."""
    return int(os.environ.get("LOCAL_RANK", 0))


def n_processes() -> int:
    """Count the processes of all machines."""
    return int(os.environ.get("WORLD_SIZE", 1)) if "RANK" in os.environ else 1
