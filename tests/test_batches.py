import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from makemore.batches import batch_rows

sizes = st.integers(1, 40)


@given(sizes, sizes, st.integers(0, 2**63 - 1), st.integers(1, 3))
def test_every_epoch_holds_every_document_once(n: int, batch: int, seed: int, world: int) -> None:
    epochs = 3
    steps = -(-epochs * n // (batch * world))
    stream = np.concatenate(
        [batch_rows(n, batch, seed, s, r, world) for s in range(steps) for r in range(world)]
    )
    for epoch in range(epochs):
        assert sorted(stream[epoch * n : (epoch + 1) * n]) == list(range(n))


@given(sizes, sizes, st.integers(0, 2**63 - 1), st.integers(0, 100))
def test_a_batch_depends_on_nothing_but_its_arguments(
    n: int, batch: int, seed: int, step: int
) -> None:
    first = batch_rows(n, batch, seed, step)
    batch_rows(n, batch, seed, step + 1000)
    assert batch_rows(n, batch, seed, step).tolist() == first.tolist()


def test_seeds_and_epochs_have_orders_of_their_own() -> None:
    first = batch_rows(1000, 1000, 0, 0).tolist()
    assert first != list(range(1000))
    assert first != batch_rows(1000, 1000, 0, 1).tolist()
    assert first != batch_rows(1000, 1000, 1, 0).tolist()
