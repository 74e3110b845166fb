"""Test the fairness contract, with one class per row of its table in the design."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bakeoff.classifiers.base import predict
from bakeoff.classifiers.transplant import to_transformers, transformers_name
from bakeoff.common import tokenization
from bakeoff.corpus import corpus
from bakeoff.stats import scores
from tests.support import tiny
from tests.support.tiny import FRAMEWORKS, few, hostile_texts, random_texts, read
from trainers import job
from trainers.batches import TrainingData, plan_batches
from trainers.encoder import resolve
from trainers.head import initial_head
from trainers.monitor import Monitor
from trainers.parity import HOSTILE_TEXTS
from trainers.recipe import Recipe, preset

pytestmark = pytest.mark.slow
LABELS = ("business", "sport", "tech")


def training_data(encoder_folder, recipe: Recipe, texts: int = 40) -> TrainingData:
    encoder = tokenization.load(encoder_folder, recipe.max_length)
    ids = encoder.encode([example.text for example in corpus.load().train[:texts]])
    plan = plan_batches([len(row) for row in ids], recipe.batch_size, recipe.epochs, recipe.seed)
    return TrainingData(ids, np.arange(texts) % len(LABELS), plan, encoder.pad_id)


def weights_of(model) -> dict[str, np.ndarray]:
    """Return copies of a model's weights under transformers' names, for either framework."""
    if hasattr(model, "named_parameters"):
        return {name: parameter.detach().numpy().copy() for name, parameter in model.named_parameters()}
    return to_transformers({variable.path: np.array(variable) for variable in model.trainable_variables})


def build(encoder_folder, recipe: Recipe) -> dict:
    """Build both frameworks' models of the recipe at step 0, with the trainers' own code."""
    from trainers import train_pytorch, train_tensorflow

    encoder = resolve(str(encoder_folder))
    return {trainer: trainer.build_model(encoder, recipe, LABELS) for trainer in (train_pytorch, train_tensorflow)}


def assert_equal_weights(one: dict, other: dict, **tolerance) -> None:
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_allclose(one[name], other[name], err_msg=name, **({"rtol": 0, "atol": 0} | tolerance))


class TestCheckpointAndActivation:
    """One checkpoint and one activation: equal weights give equal logits."""

    @pytest.mark.parametrize("scale", [1.0, 4.0])
    @pytest.mark.parametrize(("source", "target"), [FRAMEWORKS, FRAMEWORKS[::-1]])
    def test_moved_weights_give_equal_logits(self, pair, source, target, scale):
        """A larger layer before the activation reaches the values at which erf-GELU and tanh-GELU differ most."""
        source, target, texts = getattr(pair, source), getattr(pair, target), random_texts()
        own = {model: model.weights() for model in pair}
        try:
            larger = {name: array * scale for name, array in own[source].items() if "intermediate" in name}
            source.set_weights(own[source] | larger)
            target.set_weights(source.weights())
            expected, received = source.logits(texts), target.logits(texts)
        finally:
            for model, weights in own.items():
                model.set_weights(weights)
        assert np.ptp(expected, axis=0).min() > 0.1, "the texts should give different logits"
        assert np.abs(expected - received).max() < 1e-5

    def test_both_trainers_read_every_weight_of_the_checkpoint(self, encoder_folder):
        models = build(encoder_folder, Recipe())
        one, other = map(weights_of, models.values())
        assert_equal_weights(one, other)
        stored = load_file(encoder_folder / "model.safetensors")
        assert_equal_weights(stored, {name: one[f"bert.{name}"] for name in stored})

    def test_both_trainers_compute_the_same_function(self, encoder_folder):
        """Enlarge the head, because the outputs of a new one are too small to show another activation."""
        models, ids = build(encoder_folder, Recipe()), tokenization.load(encoder_folder, 48).encode(random_texts())
        for trainer, model in models.items():
            head = model.classifier.weight.data if trainer.FRAMEWORK == "PyTorch" else model.output_dense.kernel
            (head.copy_ if trainer.FRAMEWORK == "PyTorch" else head.assign)(head * 50)
        one, other = (trainer.logits(model, ids, pad_id=0, batch_size=8) for trainer, model in models.items())
        assert np.abs(one).max() > 0.5
        assert np.abs(one - other).max() < 1e-5

    def test_also_of_an_older_checkpoint_with_a_prefix_and_other_names(self, encoder_folder, encoder_copy):
        """Rename the weights as google-bert/bert-base-uncased does."""
        stored = load_file(encoder_folder / "model.safetensors")
        norms = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
        renamed = {}
        for name, array in stored.items():
            end = next((end for end in norms if name.endswith(end)), "")
            renamed["bert." + (name.removesuffix(end) + norms[end] if end else name)] = array
        save_file(renamed, encoder_copy / "model.safetensors", metadata={"format": "pt"})
        for model in build(encoder_copy, Recipe()).values():
            found = weights_of(model)
            assert_equal_weights(stored, {name: found[f"bert.{name}"] for name in stored})


class TestTokenIds:
    """One tokenizer, in training and in serving."""

    def test_both_models_and_the_encoder_give_equal_ids_to_hostile_texts(self, tiny_runs, encoder_folder):
        texts = [*HOSTILE_TEXTS, *hostile_texts()]
        folders = [encoder_folder, *(tiny_runs / framework for framework in FRAMEWORKS)]
        expected, *others = ([ids.tolist() for ids in tokenization.load(f, 48).encode(texts)] for f in folders)
        assert others == [expected, expected]

    def test_a_literal_sep_is_text_and_a_lone_surrogate_survives_in_both(self, pair):
        for classifier in pair:
            literal, surrogate = classifier.text_encoder.encode(["one [SEP] two", "half \ud83d"])
            assert [int((ids == ids[-1]).sum()) for ids in (literal, surrogate)] == [1, 1]
            assert np.isfinite(classifier.logits(["one [SEP] two", "half \ud83d"])).all()

    def test_the_stock_tokenizer_of_the_pytorch_folder_gives_the_same_ids(self, tiny_runs):
        from transformers import AutoTokenizer

        texts = [example.text for example in corpus.load().test]
        stock = AutoTokenizer.from_pretrained(tiny_runs / "pytorch")(texts, truncation=True)["input_ids"]
        assert stock == [ids.tolist() for ids in tokenization.load(tiny_runs / "pytorch", 48).encode(texts)]


class TestHeadsFirstWeights:
    """The head is drawn once, and both models start from the same function."""

    def test_equal_heads_and_equal_logits_at_step_0(self, encoder_folder):
        recipe = Recipe(max_length=48, seed=3)
        models = build(encoder_folder, recipe)
        kernel, bias = initial_head(tiny.HIDDEN, len(LABELS), recipe.seed)
        for model in models.values():
            found = weights_of(model)
            assert np.array_equal(found["classifier.weight"], kernel.T)
            assert np.array_equal(found["classifier.bias"], bias)
        ids = tokenization.load(encoder_folder, 48).encode(random_texts())
        one, other = (trainer.logits(model, ids, pad_id=0, batch_size=8) for trainer, model in models.items())
        assert np.abs(one - other).max() < 1e-5

    def test_the_draw_follows_the_seed_and_is_cut_at_two_deviations(self):
        kernel, bias = initial_head(384, 5, 0)
        assert (kernel.shape, kernel.dtype, bias.tolist()) == ((384, 5), np.float32, [0.0] * 5)
        assert np.array_equal(kernel, initial_head(384, 5, 0)[0])
        assert not np.array_equal(kernel, initial_head(384, 5, 1)[0])
        assert np.abs(kernel).max() <= np.float32(0.04)
        assert 0.015 < kernel.std() < 0.02


class TestBatches:
    """One plan: what reaches the models is equal, step for step."""

    def test_both_frameworks_loaders_yield_the_plan(self, encoder_folder, tmp_path):
        from trainers import train_pytorch, train_tensorflow

        recipe = Recipe(max_length=32, batch_size=8, epochs=2, seed=4)
        data = training_data(encoder_folder, recipe, texts=60)
        arguments = train_pytorch.transformers.TrainingArguments(
            str(tmp_path), max_steps=16, report_to="none", use_cpu=True
        )
        model = build(encoder_folder, recipe)[train_pytorch]
        trainer = train_pytorch.PlannedTrainer(model, arguments, train_dataset=data)
        loader = trainer.accelerator.prepare(trainer.get_train_dataloader())  # in the form that Trainer.train accepts
        steps = zip(loader, train_tensorflow.planned_batches(data, 0), strict=True)
        count = 0
        for count, (torchs, (features, labels)) in enumerate(steps, start=1):
            expected = data.batch(count - 1)
            for ids, mask, classes in (
                (torchs["input_ids"], torchs["attention_mask"], torchs["labels"]),
                (features["token_ids"], features["padding_mask"], labels),
            ):
                assert np.array_equal(ids.numpy(), expected.token_ids)
                assert np.array_equal(mask.numpy(), expected.padding_mask)
                assert np.array_equal(classes.numpy(), expected.labels)
            assert not features["segment_ids"].numpy().any()
        assert count == len(data.plan.steps) == 16

    def test_both_published_models_were_trained_by_one_plan(self, tiny_runs):
        one, other = (read(tiny_runs / framework / "training.json")["batch_plan"] for framework in FRAMEWORKS)
        assert one == other


class TestOptimizer:
    """AdamW with the same decay, rates and clipping: with dropout off the two trainings are one."""

    def test_the_same_weights_decay_by_the_same_share(self, encoder_folder):
        """Use gradients of 0, with which AdamW only decays the weights."""
        recipe = Recipe(learning_rate=0.1, weight_decay=0.5, warmup=0.0)
        after = [
            weights_of(decayed(trainer, model, recipe)) for trainer, model in build(encoder_folder, recipe).items()
        ]
        assert_equal_weights(*after, atol=1e-7)
        still = {name for name, array in after[0].items() if (array == 1).all()}
        assert still == {name for name in after[0] if name.endswith(".bias") or "LayerNorm" in name}
        assert all(array == pytest.approx(0.95) for name, array in after[0].items() if name not in still)

    @pytest.mark.parametrize("warmup", [0.0, 0.1, 1.0])
    def test_the_learning_rates_of_all_steps_are_equal(self, encoder_folder, warmup):
        recipe, steps = Recipe(learning_rate=3e-4, warmup=warmup), 25
        one, other = (rates(trainer, model, recipe, steps) for trainer, model in build(encoder_folder, recipe).items())
        assert one == pytest.approx(other, rel=1e-5, abs=1e-12)
        assert max(one) == pytest.approx(3e-4 if warmup < 1 else 3e-4 * 24 / 25, rel=1e-5)

    def test_gradients_are_clipped_at_the_recipe_s_norm_and_give_equal_weights(self, encoder_folder, tmp_path):
        """Use a large epsilon, with which AdamW's step is proportional to the clipped gradient."""
        recipe = Recipe(max_length=24, batch_size=8, epochs=1, dropout=0.0, learning_rate=1.0, warmup=0.0)
        recipe = replace(recipe, weight_decay=0.0, adam_epsilon=1.0, clip_norm=0.01)
        data, models = training_data(encoder_folder, recipe), build(encoder_folder, recipe)
        before = weights_of(next(iter(models.values())))
        moved = []
        for trainer, model in models.items():
            monitor = Monitor(trainer.FRAMEWORK, data, tmp_path, {})
            trainer.fit(model, data, recipe, monitor, tmp_path / trainer.FRAMEWORK)
            monitor.close()
            assert len(monitor.losses) == 5
            moved.append({name: array - before[name] for name, array in weights_of(model).items()})
        assert_equal_weights(*moved, atol=2e-6)
        rate_sum = 1 + 0.8 + 0.6 + 0.4 + 0.2
        length = float(np.sqrt(sum((array**2).sum() for array in moved[0].values())))
        assert 0.2 * 0.01 * rate_sum < length <= 0.01 * rate_sum

    def test_the_loss_curves_of_the_embedded_encoder_are_one_without_dropout(self, tmp_path):
        """Complete trainings of 20 steps, as the command runs them."""
        sample = corpus.load()
        files = [
            few(sample, sample.train, 16, tmp_path / "train.csv"),
            few(sample, sample.test, 3, tmp_path / "test.csv"),
        ]
        recipe = preset("small").with_settings(["dropout=0", "max_length=32", "batch_size=8"])
        folders = [job.run(job.Job(framework, recipe, corpus.load(*files), tmp_path)) for framework in FRAMEWORKS]
        one, other = (np.array(read(folder / "training.json")["loss"]) for folder in folders)
        assert len(one) == 20
        assert np.abs(one - other).max() < 1e-4, "the contract says 1e-3; 2e-6 was measured"
        assert abs(one[0] - other[0]) < 1e-5, "equal at step 0"


def decayed(trainer, model, recipe: Recipe):
    """Return the model with all weights 1 after one step with gradients of 0."""
    optimizer = trainer.build_optimizer(model, recipe, 10)
    if trainer.FRAMEWORK == "PyTorch":
        for parameter in model.parameters():
            parameter.data.fill_(1)
            parameter.grad = parameter.data * 0
        optimizer[0].step()
    else:
        for variable in model.trainable_variables:
            variable.assign(np.ones(variable.shape))
            assert transformers_name(variable.path)
        optimizer.apply([variable * 0 for variable in model.trainable_variables], model.trainable_variables)
    return model


def rates(trainer, model, recipe: Recipe, steps: int) -> list[float]:
    """Return the learning rate of each step, as the framework's optimizer uses it."""
    optimizer = trainer.build_optimizer(model, recipe, steps)
    out = []
    for step in range(steps):
        if trainer.FRAMEWORK == "PyTorch":
            out.append(optimizer[0].param_groups[0]["lr"])
            optimizer[0].step()
            optimizer[1].step()
        else:
            optimizer.iterations.assign(step)
            out.append(float(optimizer.learning_rate))
    return out


class TestEvaluation:
    """The same texts and the same metrics code."""

    @pytest.mark.parametrize("framework", FRAMEWORKS)
    def test_published_scores_are_those_of_the_published_model(self, tiny_runs, pair, framework):
        test = corpus.load().test
        predictions = predict(getattr(pair, framework), [example.text for example in test])
        expected = scores.scores([example.label for example in test], predictions)
        assert read(tiny_runs / framework / "training.json")["scores"] == pytest.approx(expected)

    def test_both_were_scored_on_the_same_corpus(self, tiny_runs):
        one, other = (read(tiny_runs / framework / "training.json")["corpus"] for framework in FRAMEWORKS)
        assert one == other


class TestEnvironment:
    """Neither the user's home nor the environment changes what is computed."""

    HOSTILE = {
        "KERAS_MAX_STEPS_PER_EPOCH": "3",
        "KERAS_NNX_ENABLED": "1",
        "TF_USE_LEGACY_KERAS": "1",
        "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
        "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
        "ACCELERATE_MIXED_PRECISION": "bf16",
        "ACCELERATE_TORCH_DEVICE": "meta",
        "ACCELERATE_USE_FSDP": "true",
        "ONEDNN_DEFAULT_FPMATH_MODE": "BF16",
        "LOCAL_RANK": "0",
        "WORLD_SIZE": "2",
    }

    def test_a_hostile_home_and_environment_give_the_same_losses(self, tiny_runs, encoder_folder, tmp_path):
        keras_json = tmp_path / "home" / ".keras" / "keras.json"
        keras_json.parent.mkdir(parents=True)
        settings = {"floatx": "float16", "epsilon": 0.01, "image_data_format": "channels_first", "backend": "jax"}
        keras_json.write_text(json.dumps(settings), encoding="utf-8")
        command = tiny.arguments(encoder_folder, tmp_path / "runs")
        environment = self.HOSTILE | {"HOME": str(tmp_path / "home")}
        running = {name: tiny.start(["--framework", name, *command], **environment) for name in FRAMEWORKS}
        for framework, process in running.items():
            status, printed = tiny.finish(process)
            assert status == 0, printed
            assert "ignored from the environment" in printed and "TF_USE_LEGACY_KERAS" in printed
            plain, hostile = (read(runs / framework / "training.json") for runs in (tiny_runs, tmp_path / "runs"))
            assert hostile["loss"] == pytest.approx(plain["loss"], rel=0, abs=1e-6), framework
            assert hostile["scores"] == plain["scores"]
        assert json.loads(keras_json.read_text(encoding="utf-8")) == settings
