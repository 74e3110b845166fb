"""Run the real app on slow planted models: `python -m tests.support.stub_app [flags of app.py]`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import app
from bakeoff.common.errors import one_sentence_errors
from bakeoff.common.limits import use
from service.operate import options
from tests.support.planted import ReadyLoader
from tests.support.serving import Slow

SECONDS = 0.05  # per call of a model


@dataclass
class SlowLoader(ReadyLoader):
    """A loader whose two slow models are ready at once."""

    models: tuple = (Slow("PyTorch", SECONDS), Slow("TensorFlow", SECONDS))

    from_hub: bool = False

    def start(self, failed: Callable[[], None]) -> None:
        """Do nothing, because nothing is to be loaded."""

    def stop(self) -> None:
        """Do nothing, because nothing is loaded."""


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal comes."""
    arguments = app.parser().parse_args(argv)
    use(options.limits_for([*arguments.limit, ("batch_texts", "1")]))
    serve = app.serve_api if arguments.api_only else app.serve_page
    return serve(SlowLoader(), options.settings(arguments), arguments)


if __name__ == "__main__":
    app.leave(main())
