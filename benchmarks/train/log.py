"""Log the measurements of `benchmarks.train`, whose keys are a kind, a contender and a step."""

from typing import Any

from eval.measure.measurement_log import MeasurementLog


class TrainLog(MeasurementLog):
    """A log of training runs that take turns; measurements taken once per process have the process's first step.

    Attributes:
        measured: Measurement of each (kind, contender, step).
    """

    @property
    def rounds(self) -> list[dict[str, Any]]:
        """Return all rounds so far, in order.

        A round has `step` (its first timed step), `seconds` (of each contender's steps) and `products` (seconds of
        each framework's matrix products).
        """
        return self.values("round", "")

    @property
    def steps_done(self) -> int:
        """Return the steps that every contender has trained in finished rounds, including the untimed first step."""
        return max((turn["step"] + len(next(iter(turn["seconds"].values()))) for turn in self.rounds), default=0)

    def add_round(self, step: int, seconds: dict[str, list[float]], products: dict[str, list[float]]) -> None:
        """Add a round."""
        self.add(("round", "", step), {"step": step, "seconds": seconds, "products": products})

    def values(self, kind: str, name: str) -> list[Any]:
        """Return all values of a kind for a contender, in order."""
        return [value for (*about, _), value in self.measured.items() if about == [kind, name]]
