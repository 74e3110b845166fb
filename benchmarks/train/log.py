"""What `benchmarks.train` has measured: a log whose keys are a kind, a contender and a step."""

from typing import Any

from eval.measure.measurement_log import MeasurementLog


class TrainLog(MeasurementLog):
    """Measurements of trainings in turns; what is taken once for each process has the step that it began with.

    Attributes:
        measured: by (kind, contender, step).
    """

    @property
    def rounds(self) -> list[dict[str, Any]]:
        """All rounds so far, in order: `step` (number of the first one timed), `seconds` (of each contender's steps)
        and `products` (seconds of each framework's matrix products)."""
        return self.found("round", "")

    @property
    def steps_done(self) -> int:
        """Steps that every contender has trained in finished rounds, the untimed first included."""
        return max((each["step"] + len(next(iter(each["seconds"].values()))) for each in self.rounds), default=0)

    def add_round(self, step: int, seconds: dict[str, list[float]], products: dict[str, list[float]]) -> None:
        """Keep a round."""
        self.add(("round", "", step), {"step": step, "seconds": seconds, "products": products})

    def found(self, kind: str, name: str) -> list[Any]:
        """All values of a kind for a contender, in order."""
        return [value for (*about, _), value in self.measured.items() if about == [kind, name]]
