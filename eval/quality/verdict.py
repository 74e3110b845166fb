"""What to tell somebody who has to choose, in one of four sentences."""

from enum import StrEnum

from bakeoff.stats.estimate import Estimate

ALPHA = 0.05
MARGIN = 0.01  # of accuracy, for equivalence


class Verdict(StrEnum):
    """The answer to "is one of the two better?"."""

    PYTORCH_BETTER = "PyTorch better"
    TENSORFLOW_BETTER = "TensorFlow better"
    EQUIVALENT = "equivalent within the margin"
    CANNOT_TELL = "cannot tell"

    def words(self, n: int) -> str:
        """The verdict as it is shown, such as "cannot tell with 300 texts"."""
        if self is not Verdict.CANNOT_TELL:
            return self.value
        return f"{self.value} with {n:,} text" + ("" if n == 1 else "s")


def decide(difference: float, differs: bool, equivalent: bool) -> Verdict:
    """The verdict.

    Equivalence comes first: a difference that is real and smaller than the margin is no reason to choose.

    Args:
        difference: accuracy of TensorFlow minus that of PyTorch.
        differs: a test found the difference.
        equivalent: a test found that it is smaller than the margin.
    """
    if equivalent:
        return Verdict.EQUIVALENT
    if not differs:
        return Verdict.CANNOT_TELL
    return Verdict.TENSORFLOW_BETTER if difference > 0 else Verdict.PYTORCH_BETTER


def points(share: float) -> str:
    """A share in percentage points, such as "1.5 points"; two decimals where one would say 0."""
    number = abs(100 * share)
    rounded = f"{number:.1f}" if number >= 0.95 else f"{number:.2f}"
    text = rounded.rstrip("0").rstrip(".") if "." in rounded else rounded
    return f"{text} point" + ("" if text == "1" else "s")


def ahead(difference: float) -> str:
    """Who has the higher accuracy by how much, in words."""
    if difference == 0:
        return "both models have the same accuracy"
    name = "TensorFlow" if difference > 0 else "PyTorch"
    return f"{name} is {points(difference)} more accurate"


def explain_pair(
    verdict: Verdict, difference: Estimate, n: int, p_value: float, differs: bool, margin: float, detectable: Estimate
) -> str:
    """One sentence that gives a verdict on a pair its reason.

    Args:
        verdict: from `decide`.
        difference: accuracy of TensorFlow minus that of PyTorch, with its interval.
        n: texts.
        p_value: of the exact McNemar test.
        differs: that test found a difference.
        margin: of equivalence, a share.
        detectable: the smallest difference that would probably be found.
    """
    texts = f"{n:,} text" + ("" if n == 1 else "s")
    interval = f"95 % interval {100 * difference.low:+.2f} to {100 * difference.high:+.2f}"
    lead = f"On {texts} {ahead(difference.value)} (TensorFlow minus PyTorch, {interval} points)"
    if verdict is Verdict.EQUIVALENT:
        real = f"is statistically clear (McNemar p = {p_value:.2g}) but " if differs else ""
        return f"{lead}: any difference {real}is smaller than the margin of {points(margin)}."
    if verdict is Verdict.CANNOT_TELL:
        found = (
            f"a test set like this would probably find a difference of {points(detectable.value)} or more"
            if detectable.value is not None
            else detectable.reason
        )
        return (
            f"{lead}: that may be chance (McNemar p = {p_value:.2g}), and a difference of {points(margin)} can't be "
            f"ruled out; {found}."
        )
    return f"{lead}: that is more than chance explains (exact McNemar p = {p_value:.2g})."


def explain_seeds(verdict: Verdict, difference: Estimate, spread: float, runs: tuple[int, int], margin: float) -> str:
    """One sentence that gives a verdict on two frameworks, over several training seeds, its reason.

    Args:
        verdict: from `decide`.
        difference: mean accuracy of TensorFlow minus that of PyTorch, with its interval.
        spread: standard deviation of accuracy between seeds, pooled over the frameworks.
        runs: seeds of PyTorch and of TensorFlow.
        margin: of equivalence, a share.
    """
    interval = f"95 % interval {100 * difference.low:+.2f} to {100 * difference.high:+.2f}"
    lead = (
        f"Over {runs[0]} PyTorch and {runs[1]} TensorFlow runs, on average {ahead(difference.value)} "
        f"(TensorFlow minus PyTorch, {interval} points), and runs of one framework differ by a standard deviation of "
        f"{points(spread)}"
    )
    if verdict is Verdict.EQUIVALENT:
        return f"{lead}: any difference is smaller than the margin of {points(margin)}."
    if verdict is Verdict.CANNOT_TELL:
        return f"{lead}: that may be chance of seeds and texts."
    return f"{lead}: that is more than seeds and texts explain."
