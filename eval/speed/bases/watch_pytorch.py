"""Watch a training by transformers' `Trainer`, and tokenize as `AutoTokenizer` does; not counted as code of a basis."""

from collections.abc import Callable, Sequence
from typing import Any

import transformers


class Watch(transformers.TrainerCallback):
    """A callback that reports each step's end, and notes the numbers of real tokens of each text.

    Args:
        end_step: The function to call when the training is set up, and at the end of each step.

    Attributes:
        lengths: The numbers of tokens of each step's texts.
    """

    def __init__(self, end_step: Callable[[], None]):
        self._end_step = end_step
        self.lengths: list[list[int]] = []

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `train` that make this object watch it."""
        return {"callbacks": [self]}

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Report that the training is set up."""
        given["model"].register_forward_pre_hook(self._note, with_kwargs=True)
        self._end_step()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Report that a step has ended."""
        self._end_step()

    def _note(self, model: Any, args: Any, given: dict[str, Any]) -> None:
        self.lengths.append(given["attention_mask"].sum(dim=1).tolist())


def token_ids(folder: str, max_length: int, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of each text."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return [tokenizer(text, truncation=True, max_length=max_length)["input_ids"] for text in texts]
