"""Fine-tune in PyTorch with transformers' `Trainer`.

    bakeoff train --framework pytorch --recipe demo --output runs/demo

This file reads function for function like train_tensorflow.py. They differ only where the frameworks require it.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
import transformers
from numpy.typing import NDArray

from bakeoff.common.files import replacing_folder
from bakeoff.common.tokenization import batches_by_length, pad
from trainers.batches import TrainingData
from trainers.encoder import Encoder
from trainers.head import initial_head
from trainers.kernels_pytorch import faster_on_cpu
from trainers.monitor import Monitor
from trainers.recipe import Recipe

FRAMEWORK = "PyTorch"
TOKENIZER_FOLDER = "."


def build_model(encoder: Encoder, recipe: Recipe, labels: Sequence[str]) -> transformers.BertForSequenceClassification:
    """Build the encoder with a new head, whose first weights numpy draws from the recipe's seed."""
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    model = transformers.BertForSequenceClassification.from_pretrained(
        encoder.folder,
        attn_implementation="sdpa",
        hidden_act="gelu_pytorch_tanh",  # the GELU that KerasHub's BERT computes
        hidden_dropout_prob=recipe.dropout,
        attention_probs_dropout_prob=recipe.dropout,
        classifier_dropout=recipe.dropout,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
        dtype=torch.float32,
    )
    kernel, bias = initial_head(model.config.hidden_size, len(labels), recipe.seed)
    with torch.no_grad():
        model.classifier.weight.copy_(torch.from_numpy(kernel.T))
        model.classifier.bias.copy_(torch.from_numpy(bias))
    return model


def build_optimizer(
    model: transformers.BertForSequenceClassification, recipe: Recipe, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Build AdamW without decay on biases and layer norms, and the linear schedule."""
    named = list(model.named_parameters())
    kept = [weights for name, weights in named if name.endswith("bias") or "LayerNorm" in name]
    decayed = [weights for name, weights in named if not (name.endswith("bias") or "LayerNorm" in name)]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": kept, "weight_decay": 0.0}],
        lr=recipe.learning_rate,
        eps=recipe.adam_epsilon,
    )
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, recipe.warmup_steps(steps), steps)
    return optimizer, schedule


def fit(
    model: transformers.BertForSequenceClassification,
    data: TrainingData,
    recipe: Recipe,
    monitor: Monitor,
    checkpoint: Path,
) -> None:
    """Train through the whole plan, or until the monitor asks to stop; resume from `checkpoint` if it exists.

    Raises:
        TrainingError: the loss is not finite.
    """
    arguments = transformers.TrainingArguments(
        output_dir=str(checkpoint.parent),
        max_steps=len(data.plan.steps),  # the plan holds all epochs as one sequence of steps
        max_grad_norm=recipe.clip_norm,
        seed=recipe.seed,
        bf16=recipe.mixed_precision,
        use_cpu=not torch.cuda.is_available(),
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    trainer = PlannedTrainer(
        model,
        arguments,
        train_dataset=data,
        optimizers=build_optimizer(model, recipe, len(data.plan.steps)),
    )
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.add_callback(MonitorCallback(trainer, monitor, checkpoint))
    resume = checkpoint.exists()
    if resume:
        monitor.restore(checkpoint)
    plain = torch.cuda.is_available() or recipe.mixed_precision
    with nullcontext() if plain else faster_on_cpu(model):
        trainer.train(resume_from_checkpoint=str(checkpoint) if resume else None)


class PlannedTrainer(transformers.Trainer):
    """A Trainer that takes its batches from the plan."""

    def get_train_dataloader(self) -> torch.utils.data.DataLoader:
        """Return the batches of all epochs, in the plan's order."""
        data = self.train_dataset

        def tensors(rows: list[int]) -> dict[str, torch.Tensor]:
            batch = data.collate(rows)
            return {
                "input_ids": torch.from_numpy(batch.token_ids).long(),
                "attention_mask": torch.from_numpy(batch.padding_mask).long(),
                "labels": torch.from_numpy(batch.labels),
            }

        return torch.utils.data.DataLoader(
            range(len(data.labels)),
            batch_sampler=[rows.tolist() for rows in data.plan.steps],
            collate_fn=tensors,
        )


class MonitorCallback(transformers.TrainerCallback):
    """A callback that hands each step's loss to the monitor, and saves a checkpoint when one is due."""

    def __init__(self, trainer: transformers.Trainer, monitor: Monitor, checkpoint: Path):
        self._trainer, self._monitor, self._checkpoint = trainer, monitor, checkpoint

    def on_train_begin(self, args, state, control, **kwargs):
        """Start the clock."""
        self._monitor.begin()

    def on_log(self, args, state, control, logs, **kwargs):
        """Record the end of a step, which is when Trainer logs with `logging_steps=1`."""
        if "loss" not in logs:
            return
        self._monitor.end_step(logs["loss"])
        if self._monitor.checkpoint_due and state.global_step < state.max_steps:
            self._save_checkpoint()
            control.should_training_stop = self._monitor.stop_requested
            self._monitor.restart_clock()

    def _save_checkpoint(self) -> None:
        trainer = self._trainer
        with replacing_folder(self._checkpoint) as folder:
            trainer.args.output_dir = str(folder)
            trainer._save_checkpoint(trainer.model, trial=None)
            written = folder / f"checkpoint-{trainer.state.global_step}"
            for file in written.iterdir():
                file.rename(folder / file.name)
            written.rmdir()
            self._monitor.save(folder)


def logits(
    model: transformers.BertForSequenceClassification,
    token_ids: Sequence[NDArray[np.int32]],
    pad_id: int,
    batch_size: int,
) -> NDArray[np.float32]:
    """Compute the logits (n, k) of tokenized texts."""
    model.eval()
    out = np.empty((len(token_ids), model.config.num_labels), dtype=np.float32)
    for rows in batches_by_length(token_ids, batch_size):
        ids, mask = (
            torch.from_numpy(array).long().to(model.device) for array in pad([token_ids[row] for row in rows], pad_id)
        )
        with torch.inference_mode():
            out[rows] = model(input_ids=ids, attention_mask=mask).logits.float().cpu().numpy()
    return out


def save(
    model: transformers.BertForSequenceClassification,
    encoder: Encoder,
    recipe: Recipe,
    labels: Sequence[str],
    folder: Path,
) -> None:
    """Write a transformers folder: `config.json` and `model.safetensors`."""
    model.save_pretrained(folder)


def peak_device_megabytes() -> float | None:
    """Return the peak memory of tensors on the GPU, in MB (1e6 bytes); None without a GPU."""
    return torch.cuda.max_memory_allocated() / 1e6 if torch.cuda.is_available() else None


def environment() -> dict[str, str]:
    """Return the device and the library versions that this framework ran with."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    return {"device": device, "torch": torch.__version__, "transformers": transformers.__version__}
