"""Turn test results into one of four verdicts, and explain it in one sentence."""

from enum import StrEnum

from bakeoff.stats.estimate import Estimate

ALPHA = 0.05
MARGIN = 0.01  # margin of equivalence, a share of accuracy


class Verdict(StrEnum):
    """The answer to "is one of the two better?"."""

    PYTORCH_BETTER = "PyTorch better"
    TENSORFLOW_BETTER = "TensorFlow better"
    EQUIVALENT = "equivalent within the margin"
    CANNOT_TELL = "cannot tell"

    def words(self, n: int) -> str:
        """Return the verdict as it is shown, such as "cannot tell with 300 texts"."""
        if self is not Verdict.CANNOT_TELL:
            return self.value
        return f"{self.value} with {n:,} text" + ("" if n == 1 else "s")


def decide(difference: float, differs: bool, equivalent: bool) -> Verdict:
    """Choose the verdict.

    Equivalence comes first: a real difference that is smaller than the margin is no reason to choose.

    Args:
        difference: Accuracy of TensorFlow minus that of PyTorch.
        differs: Whether a test found a difference.
        equivalent: Whether a test found that the difference is smaller than the margin.
    """
    if equivalent:
        return Verdict.EQUIVALENT
    if not differs:
        return Verdict.CANNOT_TELL
    return Verdict.TENSORFLOW_BETTER if difference > 0 else Verdict.PYTORCH_BETTER


def points(share: float) -> str:
    """Format a share in percentage points, such as "1.5 points"; small shares get two decimals instead of one."""
    number = abs(100 * share)
    rounded = f"{number:.1f}" if number >= 0.95 else f"{number:.2f}"
    text = rounded.rstrip("0").rstrip(".") if "." in rounded else rounded
    return f"{text} point" + ("" if text == "1" else "s")


def ahead(difference: float) -> str:
    """Say which framework has the higher accuracy, and by how much."""
    if difference == 0:
        return "both models have the same accuracy"
    name = "TensorFlow" if difference > 0 else "PyTorch"
    return f"{name} is {points(difference)} more accurate"


def _interval(difference: Estimate) -> str:
    low, high = difference.ends
    return f"95 % interval {100 * low:+.2f} to {100 * high:+.2f}"


def explain_pair(
    verdict: Verdict, difference: Estimate, n: int, p_value: float, differs: bool, margin: float, detectable: Estimate
) -> str:
    """Explain a verdict on a pair in one sentence.

    Args:
        verdict: The verdict from `decide`.
        difference: Accuracy of TensorFlow minus that of PyTorch, with its interval.
        n: Number of texts.
        p_value: P-value of the exact McNemar test.
        differs: Whether that test found a difference.
        margin: Margin of equivalence, a share.
        detectable: The smallest difference that would probably be found.
    """
    texts = f"{n:,} text" + ("" if n == 1 else "s")
    lead = f"On {texts} {ahead(difference.number)} (TensorFlow minus PyTorch, {_interval(difference)} points)"
    if verdict is Verdict.EQUIVALENT:
        real = f"is statistically clear (McNemar p = {p_value:.2g}) but " if differs else ""
        return f"{lead}: any difference {real}is smaller than the margin of {points(margin)}."
    if verdict is Verdict.CANNOT_TELL:
        power = (
            f"a test set like this would probably find a difference of {points(detectable.value)} or more"
            if detectable.value is not None
            else detectable.reason
        )
        return (
            f"{lead}: that may be chance (McNemar p = {p_value:.2g}), and a difference of {points(margin)} can't be "
            f"ruled out; {power}."
        )
    return f"{lead}: that is more than chance explains (exact McNemar p = {p_value:.2g})."


def explain_seeds(verdict: Verdict, difference: Estimate, spread: float, runs: tuple[int, int], margin: float) -> str:
    """Explain a verdict on two frameworks, over several training seeds, in one sentence.

    Args:
        verdict: The verdict from `decide`.
        difference: Mean accuracy of TensorFlow minus that of PyTorch, with its interval.
        spread: Standard deviation of accuracy between seeds, pooled over the frameworks.
        runs: Number of PyTorch runs and of TensorFlow runs.
        margin: Margin of equivalence, a share.
    """
    lead = (
        f"Over {runs[0]} PyTorch and {runs[1]} TensorFlow runs, on average {ahead(difference.number)} "
        f"(TensorFlow minus PyTorch, {_interval(difference)} points), and runs of one framework differ by a standard "
        f"deviation of {points(spread)}"
    )
    if verdict is Verdict.EQUIVALENT:
        return f"{lead}: any difference is smaller than the margin of {points(margin)}."
    if verdict is Verdict.CANNOT_TELL:
        return f"{lead}: the difference may be due to the choice of seeds and texts."
    return f"{lead}: that is more than the choice of seeds and texts explains."
