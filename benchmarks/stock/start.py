"""Load both stock libraries with both models in one process, with which `benchmarks.start` compares the app's models.

python -m benchmarks.stock.start PYTORCH TENSORFLOW
"""

import sys

import torch
import transformers

from bakeoff.common.keras_on_tensorflow import keras_hub

TEXT = "shares fell as profits slid"


def main() -> None:
    """Load both models and print `loaded`; classify one text with each and print `answered`."""
    folder, preset = sys.argv[1:]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    classifier = keras_hub.models.TextClassifier.from_preset(preset)
    print("loaded", flush=True)
    with torch.inference_mode():
        model(**tokenizer(TEXT, return_tensors="pt"))
    classifier.predict([TEXT], verbose=0)
    print("answered", flush=True)


if __name__ == "__main__":
    main()
