"""Tests that the fast forward passes give the same logits as the libraries' own models."""

import os
import subprocess
import sys

import numpy as np
import pytest

from bakeoff.classifiers.transplant import transformers_name
from bakeoff.common import tokenization
from bakeoff.common.tokenization import pad
from tests.support.tiny import FRAMEWORKS, ROOT, random_texts
from trainers.encoder import resolve
from trainers.recipe import Recipe

pytestmark = pytest.mark.slow
LIMIT = 1e-4


def plain(framework: str, model, token_ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the logits of the library's own layers."""
    if framework == "pytorch":
        import torch

        with torch.inference_mode():
            ids, mask = torch.from_numpy(token_ids), torch.from_numpy(mask)
            return model.eval()(input_ids=ids, attention_mask=mask).logits.numpy()
    features = {"token_ids": token_ids, "segment_ids": np.zeros_like(token_ids), "padding_mask": mask}
    return np.array(model(features, training=False))


def fast(framework: str, model, token_ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the logits of the fast forward pass."""
    if framework == "pytorch":
        import torch

        from bakeoff.classifiers.pytorch_forward import Forward

        config = model.config
        forward = Forward(
            dict(model.named_parameters()), config.num_attention_heads, config.hidden_act, config.layer_norm_eps
        )
        return forward.logits(torch.from_numpy(token_ids), torch.from_numpy(mask)).numpy()
    from bakeoff.classifiers.tensorflow_forward import Forward

    forward = Forward({transformers_name(variable.path): variable for variable in model.trainable_variables})
    return forward.logits(token_ids, mask).numpy()


def assert_equal_logits(framework: str, model, texts, text_encoder) -> None:
    token_ids, mask = pad(text_encoder.encode(texts), text_encoder.pad_id)
    expected = plain(framework, model, token_ids, mask)
    assert np.ptp(expected, axis=0).min() > 0.1, "the texts should give different logits"
    assert np.abs(fast(framework, model, token_ids, mask) - expected).max() < LIMIT


def enlarge_head(framework: str, model) -> None:
    """Enlarge the head, because the logits of a new one are too small to show a difference."""
    if framework == "pytorch":
        model.classifier.weight.data *= 50
    else:
        model.output_dense.kernel.assign(model.output_dense.kernel * 50)


@pytest.mark.parametrize("framework", FRAMEWORKS)
class TestForward:
    def test_of_a_tiny_model_and_texts_of_all_lengths(self, framework, pair):
        classifier = getattr(pair, framework)
        assert_equal_logits(framework, classifier._model, random_texts(), classifier.text_encoder)

    def test_of_the_embedded_encoder_at_its_longest(self, framework):
        import importlib

        trainer = importlib.import_module(f"trainers.train_{framework}")
        encoder = resolve(Recipe().encoder, 512)
        model = trainer.build_model(encoder, Recipe(), ("a", "b", "c"))
        enlarge_head(framework, model)
        texts = ["A short headline", "news " * 700, *random_texts(4)]
        assert_equal_logits(framework, model, texts, tokenization.load(encoder.folder, 512))

    def test_the_classifier_uses_it(self, framework, pair):
        """The other tests would otherwise compare code that no classifier runs."""
        classifier = getattr(pair, framework)
        ids, mask = pad(classifier.text_encoder.encode(["news"]), classifier.text_encoder.pad_id)
        np.testing.assert_array_equal(
            classifier.logits(["news"]), fast(framework, classifier._model, ids, mask), strict=True
        )


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "gelu_pytorch_tanh"])
def test_each_gelu_of_transformers(activation):
    import transformers

    transformers.set_seed(3)
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=16, hidden_act=activation, layer_norm_eps=1e-5, num_labels=3, initializer_range=1.0,
    )  # fmt: skip
    model = transformers.BertForSequenceClassification(config).eval()
    ids = np.random.default_rng(1).integers(1, 50, (4, 9)).astype(np.int32)
    mask = np.ones_like(ids)
    mask[1, 5:] = 0
    assert np.abs(fast("pytorch", model, ids, mask) - plain("pytorch", model, ids, mask)).max() < LIMIT


def test_without_onednn_tensorflow_s_layer_norm_takes_more_operations(pair, monkeypatch):
    from bakeoff.classifiers import tensorflow_forward

    texts, used = random_texts(), []
    plainly = tensorflow_forward.normalize
    monkeypatch.setattr(tensorflow_forward, "fuses_layer_norms", lambda: False)
    monkeypatch.setattr(tensorflow_forward, "normalize", lambda *rows: used.append(rows) or plainly(*rows))
    assert_equal_logits("tensorflow", pair.tensorflow._model, texts, pair.tensorflow.text_encoder)
    assert len(used) == 1 + 2 * 2, "expected one for the embeddings and two per layer"


def test_without_onednn_transformers_own_layers_answer(tiny_runs, pair, monkeypatch):
    import torch

    from bakeoff.classifiers.pytorch_bert import PyTorchBert

    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    classifier = PyTorchBert(tiny_runs / "pytorch")
    assert classifier._forward_pass is None
    texts = random_texts()
    np.testing.assert_allclose(classifier.logits(texts), pair.pytorch.logits(texts), atol=LIMIT)


@pytest.mark.parametrize("given", [None, "64"])
def test_the_cache_of_shapes_has_a_limit_and_an_operator_may_choose(given):
    code = "import os, bakeoff.classifiers.pytorch_forward; print(os.environ['ONEDNN_PRIMITIVE_CACHE_CAPACITY'])"
    environment = {name: value for name, value in os.environ.items() if name != "ONEDNN_PRIMITIVE_CACHE_CAPACITY"}
    environment |= {} if given is None else {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": given}
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert found.stdout.strip() == (given or "256")
