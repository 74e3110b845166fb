"""Test that the trainers' faster kernels match PyTorch's own, forward and backward, with and without dropout."""

import pytest
import torch
from torch.nn import functional

from trainers import kernels_pytorch as kernels

TOGETHER = pytest.mark.parametrize("cached", [1, 50, 2**20])  # one head at a time, as many as fit, or all
LENGTHS, SHAPE = [5, 3, 1], (3, 2, 5, 4)  # texts, heads, tokens, size of a head


def inputs() -> list[torch.Tensor]:
    torch.manual_seed(0)
    return [torch.randn(SHAPE, dtype=torch.float64, requires_grad=True) for _ in range(3)]


def attention(dropout: float, *given: torch.Tensor) -> torch.Tensor:
    torch.manual_seed(1)  # the same draw each time
    return kernels.TextByTextAttention.apply(*given, LENGTHS, dropout, 0.5)


@TOGETHER
def test_attention_is_pytorch_s_and_zero_at_the_padding(monkeypatch, cached):
    monkeypatch.setattr(kernels, "CACHED_WEIGHTS", cached)
    given, tokens = inputs(), torch.arange(SHAPE[2])[None] < torch.tensor(LENGTHS)[:, None]
    found = attention(0.0, *given)
    expected = functional.scaled_dot_product_attention(*given, attn_mask=tokens[:, None, None], scale=0.5)
    real = tokens[:, None, :, None].expand(SHAPE)
    assert torch.allclose(found[real], expected[real])
    assert not found[~real].any()


@TOGETHER
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_attention_s_gradients_are_those_of_its_outputs(monkeypatch, dropout, cached):
    monkeypatch.setattr(kernels, "CACHED_WEIGHTS", cached)
    assert torch.autograd.gradcheck(lambda *given: attention(dropout, *given), inputs())


def test_attention_with_dropout_is_right_on_average():
    given = [each.detach() for each in inputs()]
    torch.manual_seed(2)
    mean = sum(kernels.TextByTextAttention.apply(*given, LENGTHS, 0.3, 0.5) for _ in range(4000)) / 4000
    assert torch.allclose(mean, attention(0.0, *given), atol=0.05)
    assert not torch.allclose(attention(0.3, *given), attention(0.0, *given), atol=0.05)


@pytest.mark.parametrize("dropout", [0.1, 0.9])
def test_dropout_keeps_the_share_that_it_should(dropout):
    torch.manual_seed(3)
    kept = kernels._kept(torch.Size((7, 11, 13_001)), dropout)
    assert (kept.dtype, kept.shape) == (torch.uint8, (7, 11, 13_001))
    assert kept.double().mean().item() == pytest.approx(1 - dropout, abs=0.002)
    assert (kept[:, :, 1:] & kept[:, :, :-1]).double().mean().item() == pytest.approx((1 - dropout) ** 2, abs=0.002)


def test_every_dropout_draws_so_and_hands_on_what_it_kept():
    torch.manual_seed(5)
    layer, given = kernels.BitsDropout(0.3), torch.rand(300, 400, requires_grad=True)
    out = layer(given)
    (gradient,) = torch.autograd.grad(out.sum(), given)
    assert torch.allclose(out, given * gradient)
    assert torch.allclose(gradient.unique(), torch.tensor([0.0, 1 / 0.7]))
    assert (gradient > 0).double().mean().item() == pytest.approx(0.7, abs=0.01)
    assert layer.eval()(given) is given


def test_a_dense_layer_gives_pytorch_s_outputs_and_gradients():
    torch.manual_seed(4)
    layer, given = torch.nn.Linear(6, 9), torch.randn(2, 5, 6, requires_grad=True)
    results = []
    for kind in (torch.nn.Linear, kernels.OneDnnLinear):
        layer.__class__ = kind
        out = layer(given)
        results.append([out, *torch.autograd.grad(out.tanh().sum(), [given, layer.weight, layer.bias])])
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in zip(*results, strict=True))


@pytest.mark.slow
def test_the_model_is_as_it_was_afterwards_and_its_logits_the_same_meanwhile(encoder_folder):
    from trainers import train_pytorch
    from trainers.encoder import resolve
    from trainers.recipe import Recipe

    model = train_pytorch.build_model(resolve(str(encoder_folder)), Recipe(), ("a", "b", "c"))
    model.classifier.weight.data *= 50
    ids, config = [torch.arange(4, 4 + n).int().numpy() for n in (1, 9, 40)], model.config.to_json_string()
    before = train_pytorch.logits(model, ids, 0, 2)
    with pytest.raises(KeyError), kernels.faster_on_cpu(model):
        assert type(model.classifier) is kernels.OneDnnLinear
        assert type(model.dropout) is kernels.BitsDropout
        assert model.config._attn_implementation == kernels.ATTENTION
        assert abs(train_pytorch.logits(model, ids, 0, 2) - before).max() < 1e-5
        raise KeyError
    assert (type(model.classifier), type(model.dropout)) == (torch.nn.Linear, torch.nn.Dropout)
    assert model.config.to_json_string() == config
    assert (train_pytorch.logits(model, ids, 0, 2) == before).all()


@pytest.mark.slow
def test_the_last_layer_for_the_first_tokens_alone_gives_every_weight_its_gradient(encoder_folder):
    from trainers import train_pytorch
    from trainers.encoder import resolve
    from trainers.recipe import Recipe

    model = train_pytorch.build_model(resolve(str(encoder_folder)), Recipe(dropout=0.0), ("a", "b", "c"))
    model.classifier.weight.data *= 50
    mask = (torch.arange(9) < torch.tensor([[9], [1], [5]])).long()
    batch = {"input_ids": torch.arange(4, 31).view(3, 9) * mask, "attention_mask": mask, "labels": torch.arange(3)}
    expected = torch.autograd.grad(model.train()(**batch).loss, list(model.parameters()))
    with kernels.faster_on_cpu(model):
        layer, seen = model.bert.encoder.layer[-1], []
        handle = layer.register_forward_hook(lambda module, given, out: seen.append(out.shape[1]))
        found = torch.autograd.grad(model(**batch).loss, list(model.parameters()))
        handle.remove()
    assert seen == [1]
    assert "forward" not in vars(layer)
    for (name, _), one, other in zip(model.named_parameters(), found, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-6, rtol=1e-4), name
