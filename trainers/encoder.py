"""Find the encoder that both trainers start from: one folder with one `model.safetensors`, read by both frameworks."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from safetensors import safe_open

from bakeoff.common import embedded
from bakeoff.common.embedded import WEIGHTS
from bakeoff.common.errors import RecipeError
from bakeoff.hub import pull
from trainers.recipe import EMBEDDED

EXAMPLES = (
    EMBEDDED,
    "google-bert/bert-base-uncased",
    "google-bert/bert-base-cased",
    "google-bert/bert-large-uncased",
    "google-bert/bert-base-multilingual-cased",
    embedded.HUB_ID,
)
# KerasHub's BertBackbone hard-wires these values. A checkpoint with others can't be the same model in both frameworks.
SHARED_ARCHITECTURE = {
    "hidden_act": ("gelu", "gelu_new", "gelu_pytorch_tanh"),
    "layer_norm_eps": (1e-12,),
    "type_vocab_size": (2,),
    "position_embedding_type": ("absolute",),
}
SIZES = ("hidden_size", "num_hidden_layers", "max_position_embeddings")


@dataclass(frozen=True)
class Encoder:
    """A BERT-type checkpoint on disk: `config.json`, `model.safetensors`, `tokenizer.json`, `vocab.txt`."""

    folder: Path
    hub_id: str  # the checkpoint's id on the Hub, for the model card; empty for a local folder
    revision: str = ""

    @cached_property
    def config(self) -> dict:
        """The checkpoint's `config.json`.

        Raises:
            RecipeError: the file holds no JSON object.
        """
        try:
            return dict(json.loads((self.folder / "config.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise RecipeError(f"config.json of the encoder can't be read ({error}); fetch it again.") from error

    @property
    def lowercase(self) -> bool:
        """Whether the tokenizer lower-cases."""
        return bool(self._normalizer.get("lowercase", False))

    @property
    def strip_accents(self) -> bool:
        """Whether the tokenizer drops accents. If its file does not say, it does so when it lower-cases."""
        strip_accents = self._normalizer.get("strip_accents")
        return self.lowercase if strip_accents is None else bool(strip_accents)

    @property
    def _normalizer(self) -> dict:
        tokenizer = json.loads((self.folder / "tokenizer.json").read_text(encoding="utf-8"))
        return tokenizer.get("normalizer") or {}


def resolve(name: str, max_length: int = 0) -> Encoder:
    """Find the encoder by name: `embedded`, a local folder, or a Hub id with an optional `@revision`.

    Raises:
        RecipeError: files are missing or changed, or the encoder is not a BERT that both frameworks can build alike.
        HubError: the encoder can't be pulled.
    """
    if name == EMBEDDED:
        encoder = Encoder(embedded.folder(), embedded.HUB_ID)
    elif Path(name).is_dir():
        encoder = Encoder(Path(name), hub_id="")
    else:
        repo_id, revision = pull.parse_model_id(name)
        snapshot = pull.pull_encoder(repo_id, revision)
        encoder = Encoder(snapshot.path, repo_id, snapshot.revision)
    _check_files(name, encoder)
    _check_architecture(name, encoder.config, max_length)
    _check_weights(encoder)
    return encoder


def _check_files(name: str, encoder: Encoder) -> None:
    missing = [
        file for file in ("config.json", WEIGHTS, "tokenizer.json", "vocab.txt") if not (encoder.folder / file).exists()
    ]
    if missing:
        raise RecipeError(
            f"the encoder {name} lacks {', '.join(missing)}: expected a BERT checkpoint in the transformers format; "
            f"for example {', '.join(EXAMPLES)}."
        )


def _check_architecture(name: str, config: dict, max_length: int) -> None:
    if config.get("model_type") != "bert":
        raise RecipeError(
            f"the encoder {name} is of type {config.get('model_type')!r}, but only BERT types can be built alike in "
            f"both frameworks; for example {', '.join(EXAMPLES)}."
        )
    for key in SIZES:
        if not isinstance(config.get(key), int):
            raise RecipeError(f"config.json of the encoder {name} should hold the number {key}; fetch it again.")
    for key, allowed in SHARED_ARCHITECTURE.items():
        if config.get(key, allowed[0]) not in allowed:
            raise RecipeError(
                f"the encoder {name} has {key}={config[key]!r}, but KerasHub's BERT knows only {allowed[0]!r}; "
                f"for example {', '.join(EXAMPLES)}."
            )
    if max_length > config["max_position_embeddings"]:
        raise RecipeError(
            f"max_length={max_length} is more than the {config['max_position_embeddings']} tokens that the encoder "
            f"{name} can read; lower it with --set max_length={config['max_position_embeddings']}."
        )


def _check_weights(encoder: Encoder) -> None:
    try:
        with safe_open(encoder.folder / WEIGHTS, framework="np") as file:
            # Older checkpoints use the names gamma and beta. Checkpoints of a whole pretraining model have a prefix.
            names = {
                key.removeprefix("bert.").replace(".gamma", ".weight").replace(".beta", ".bias")
                for key in file.keys()  # noqa: SIM118  the file is not a mapping
            }
    except Exception as error:
        raise RecipeError(f"{WEIGHTS} of the encoder can't be read ({error}); fetch it again.") from error
    missing = sorted(_needed_weights(encoder.config["num_hidden_layers"]) - names)
    if missing:
        raise RecipeError(
            f"the encoder has no {missing[0]} among its weights ({len(missing)} are missing), and each framework would "
            f"draw its own; for example {', '.join(EXAMPLES)}."
        )


def _needed_weights(layers: int) -> set[str]:
    sublayers = [f"attention.{name}" for name in ("self.query", "self.key", "self.value", "output.dense")]
    sublayers += ["attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm"]
    names = [f"encoder.layer.{layer}.{name}" for layer in range(layers) for name in sublayers]
    names += ["embeddings.LayerNorm", "pooler.dense"]
    embeddings = {f"embeddings.{kind}_embeddings.weight" for kind in ("word", "position", "token_type")}
    return embeddings | {f"{name}.{parameter}" for name in names for parameter in ("weight", "bias")}
