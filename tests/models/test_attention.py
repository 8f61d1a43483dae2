"""Attention and rotary positions against their formulas."""

import pytest
import torch

from makemore.models.attention import attention, attention_of_newest, rotate


@pytest.mark.parametrize("causal", [True, False])
def test_attention_is_its_formula(causal: bool) -> None:
    """Vaswani et al. 2017, equation 1, position by position and head by head."""
    qkv = torch.randn(3, 7, 96)
    visible = torch.ones(3, 7, 7, dtype=torch.bool).tril()
    if not causal:
        visible = torch.rand(3, 7, 7) < 0.5
        visible |= torch.eye(7, dtype=torch.bool)
    unseen = torch.zeros(3, 7, 7).masked_fill(~visible, -torch.inf)
    found = attention(qkv, 4, None if causal else unseen)
    for b in range(3):
        for i in range(7):
            seen = visible[b, i]
            for head in range(4):
                q, k, v = qkv[b].unflatten(-1, (3, 4, 8))[:, :, head].unbind(1)  # (7, 8) each
                weights = (k[seen] @ q[i] / 8**0.5).softmax(0)
                expected = weights @ v[seen]
                one = found[b, i, 8 * head : 8 * head + 8]
                torch.testing.assert_close(one, expected, atol=1e-5, rtol=0)


def test_attention_of_the_newest_position_is_the_last_row_of_attention() -> None:
    qkv = torch.randn(3, 7, 96)
    queries, keys, values = qkv.transpose(0, 1).chunk(3, dim=-1)  # (7, 3, 32)
    heads = torch.eye(4).repeat_interleave(8, dim=0)
    found = attention_of_newest(queries[-1], keys, values, heads)
    torch.testing.assert_close(found, attention(qkv, 4)[:, -1], atol=1e-5, rtol=0)


def test_rotating_turns_each_pair_of_channels_by_its_angle() -> None:
    """Su et al. 2021, equation 15, pair by pair: a plane's rotation matrix."""
    x, positions = torch.randn(3, 7, 2, 10), torch.randint(50, (3, 7))
    found = rotate(x, positions)
    for pair in range(5):
        angle = positions[..., None] * 100.0 ** -(pair / 5)  # (3, 7, 1)
        cos, sin = angle.cos(), angle.sin()
        a, b = x[..., 2 * pair], x[..., 2 * pair + 1]
        expected = torch.stack([cos * a - sin * b, sin * a + cos * b], -1)
        torch.testing.assert_close(found[..., 2 * pair : 2 * pair + 2], expected)


def test_rotated_queries_and_keys_meet_at_their_distance_alone() -> None:
    q, k = torch.randn(1, 1, 8), torch.randn(1, 1, 8)
    at = [torch.tensor([position]) for position in range(30)]
    products = {
        start: (rotate(q, at[start + 4]) * rotate(k, at[start])).sum() for start in (0, 3, 25)
    }
    for product in products.values():
        torch.testing.assert_close(product, products[0], atol=1e-5, rtol=1e-5)
