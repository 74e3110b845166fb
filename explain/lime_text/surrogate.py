"""Fit a surrogate model, which predicts the model's output from the kept words, with `lime`'s own fit.

`LimeBase` accepts either of two regressors: its ridge regression, or `SaturatingRegression`. A news article supports
its class with many redundant words. So a BERT's log-odds barely move until most words are removed, and then fall
sharply. A straight line can't follow that, but a curve that levels off can. Its weights also vary less from one set of
samples to another (figures in docs/tried.md).
"""

import threading
from functools import partial

import numpy as np
from lime.lime_base import LimeBase
from numpy.typing import NDArray
from scipy.optimize import least_squares
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits

from explain.lime_text.fit import Surrogate

KERNEL_WIDTH = 25  # lime's default, for cosine distances times 100
PENALTY = 0.01  # penalty on the squared weights, in units of the target's variance
LEVEL_PENALTY = 1e-3  # penalty on the two levels, which keeps them finite where the samples reach only one of them
EVALUATIONS = 100  # largest number of function evaluations of the optimizer
FEWEST_SAMPLES = 1.5  # samples per parameter; with fewer, intervals are far too narrow

_ONE_AT_A_TIME = threading.Lock()


class SaturatingRegression(RegressorMixin, BaseEstimator):
    """A least-squares fit of y on `a + b tanh(c + X w)`, with a penalty on w: a line that may level off at both ends.

    This is a single-index model. `coef_` has the direction of w. Its size is the average derivative (Brillinger, 1983):
    the change of y, on average over the samples, per unit of a column.

    Attributes:
        coef_: float64 (d,), in units of y.
        intercept_: Intercept with which a line with these coefficients is right on average.
    """

    def fit(self, X: NDArray, y: NDArray, sample_weight: NDArray | None = None) -> "SaturatingRegression":  # noqa: N803
        """Fit X (n, d) to y (n,)."""
        weights = np.ones(len(y)) if sample_weight is None else sample_weight
        weights = weights / weights.sum()
        self._center = weights @ y
        self._scale = np.sqrt(weights @ (y - self._center) ** 2)
        self.theta = np.zeros(X.shape[1] + 3)
        if self._scale > 1e-9 * max(1.0, abs(self._center)):
            self.theta = self._minimum(X, (y - self._center) / self._scale, np.sqrt(weights))
        self.coef_ = self.coefficients(X, self.theta)
        self.intercept_ = self._center - weights @ X @ self.coef_
        return self

    def predict(self, X: NDArray) -> NDArray[np.float64]:  # noqa: N803
        """Predict y (n,) from X (n, d)."""
        return self.predict_with(X, self.theta)

    def predict_with(self, X: NDArray, theta: NDArray) -> NDArray[np.float64]:  # noqa: N803
        """Predict y (n,) from X (n, d) with other parameters (d + 3,): a, b, c and w."""
        return self._center + self._scale * (theta[0] + theta[1] * np.tanh(theta[2] + X @ theta[3:]))

    def coefficients(self, X: NDArray, theta: NDArray) -> NDArray[np.float64]:  # noqa: N803
        """Return `coef_` (d,) for other parameters, averaged over the rows of X."""
        slopes = 1 - np.tanh(theta[2] + X @ theta[3:]) ** 2
        return self._scale * theta[1] * slopes.mean() * theta[3:]

    def jacobian(self, X: NDArray) -> NDArray[np.float64]:  # noqa: N803
        """Return the derivatives (n, d + 3) of the prediction with respect to the parameters."""
        return self._scale * _slopes(X, self.theta)

    def penalty(self, weight: float) -> NDArray[np.float64]:
        """Return the penalty of each squared parameter (d + 3,) for samples whose weights sum to `weight`."""
        return weight * self._scale**2 * _penalties(len(self.theta))

    def _minimum(self, X, y, root_weights) -> NDArray[np.float64]:  # noqa: N803
        root_penalties = np.sqrt(_penalties(X.shape[1] + 3))
        line = Ridge(alpha=1.0).fit(X, y, sample_weight=root_weights**2 * len(y)).coef_
        start = np.concatenate([[0, 2, -X.mean(axis=0) @ line / 2], line / 2])  # the line, in the middle of the tanh

        def residuals(theta):
            error = theta[0] + theta[1] * np.tanh(theta[2] + X @ theta[3:]) - y
            return np.concatenate([error * root_weights, root_penalties * theta])

        def derivatives(theta):
            return np.vstack([_slopes(X, theta) * root_weights[:, None], np.diag(root_penalties)])

        return least_squares(residuals, start, derivatives, method="lm", max_nfev=EVALUATIONS).x


def _slopes(X, theta) -> NDArray[np.float64]:  # noqa: N803
    level = np.tanh(theta[2] + X @ theta[3:])
    slope = theta[1] * (1 - level**2)
    return np.column_stack([np.ones(len(X)), level, slope, slope[:, None] * X])


def _penalties(parameters: int) -> NDArray[np.float64]:
    return np.concatenate([[LEVEL_PENALTY, LEVEL_PENALTY, 0], np.full(parameters - 3, PENALTY)])


class LinearRegression(Ridge):
    """A ridge regression as in lime, with the interface of `SaturatingRegression`.

    Its parameters are the intercept and the coefficients (d + 1,).
    """

    def __init__(self, alpha: float = 1.0):
        super().__init__(alpha=alpha, fit_intercept=True)

    @property
    def theta(self) -> NDArray[np.float64]:
        """Return the parameters (d + 1,)."""
        return np.concatenate([[self.intercept_], self.coef_])

    def predict_with(self, X: NDArray, theta: NDArray) -> NDArray[np.float64]:  # noqa: N803
        """Predict y (n,) from X (n, d) with other parameters."""
        return theta[0] + X @ theta[1:]

    def coefficients(self, X: NDArray, theta: NDArray) -> NDArray[np.float64]:  # noqa: N803
        """Return the coefficients (d,) among the parameters."""
        return theta[1:]

    def jacobian(self, X: NDArray) -> NDArray[np.float64]:  # noqa: N803
        """Return the derivatives (n, d + 1) of the prediction with respect to the parameters."""
        return np.column_stack([np.ones(len(X)), X])

    def penalty(self, weight: float) -> NDArray[np.float64]:
        """Return the penalty of each squared parameter, which does not depend on the sum of the samples' weights."""
        return np.concatenate([[0], np.full(len(self.coef_), self.alpha)])


def fit(kept: NDArray[np.bool_], target: NDArray[np.float64], *, stock: bool, rounds: int, seed: int = 0) -> Surrogate:
    """Fit the target (n,) of the samples (n, d), the first of which is the whole text.

    Args:
        kept: bool (n, d), which parts each perturbed text has.
        target: float64 (n,), the model's output for each perturbed text.
        stock: Whether to fit as stock lime does: a ridge regression on samples weighted by their distance. Otherwise
            fit a `SaturatingRegression` with equal weights, because a saturated model moves only far from the text.
        rounds: Number of bootstrap resamples. With too few samples there is no bootstrap: a fit that passes through
            nearly all of them leaves no residuals from which to estimate its errors.
        seed: Seed of the bootstrap. The same seed and n give the same resamples.
    """
    # On matrices this small, a second thread costs many times what it saves. The limit applies to the whole process,
    # so without the lock two concurrent fits would each restore the other's setting.
    with _ONE_AT_A_TIME, threadpool_limits(limits=1, user_api="blas"):
        return _fit(kept, target, stock, rounds, seed)


def _fit(kept: NDArray[np.bool_], target: NDArray[np.float64], stock: bool, rounds: int, seed: int) -> Surrogate:
    data = kept.astype(np.float64)
    distances = _distances(data) if stock else np.zeros(len(data))
    kernel = partial(_kernel, width=KERNEL_WIDTH)
    regressor = LinearRegression() if stock else SaturatingRegression()
    _, fitted, r2, _ = LimeBase(kernel).explain_instance_with_data(
        data, target[:, None], distances, 0, data.shape[1], feature_selection="none", model_regressor=regressor
    )
    weights = np.zeros(data.shape[1])
    weights[[column for column, _ in fitted]] = [weight for _, weight in fitted]
    if np.ptp(target) < 1e-9 * max(1.0, np.abs(target).max()):
        return Surrogate(weights * 0, np.zeros((rounds, len(weights))), len(data), None, None)
    if not rounds or len(data) < FEWEST_SAMPLES * (data.shape[1] + 3):
        return Surrogate(weights, np.empty((0, len(weights))), len(data), float(r2), None)
    replicates, unseen = _bootstrap(regressor, data, target, kernel(distances), rounds, seed)
    return Surrogate(weights, replicates, len(data), float(r2), unseen)


def _bootstrap(
    regressor: SaturatingRegression | LinearRegression,
    data: NDArray[np.float64],
    target: NDArray[np.float64],
    weights: NDArray[np.float64],
    rounds: int,
    seed: int,
) -> tuple[NDArray[np.float64], float | None]:
    """Return the coefficients (rounds, d) of resamples, and their mean R² on the samples left out.

    Each resample takes one Newton step from the fit, which is exact for a linear fit.
    """
    n = len(target)
    jacobian, residuals = regressor.jacobian(data), target - regressor.predict(data)
    rng = np.random.default_rng(seed)
    coefficients, scores = [], []
    for _ in range(rounds):
        counts = np.bincount(rng.integers(n, size=n), minlength=n)
        drawn = counts * weights
        penalty = regressor.penalty(drawn.sum())
        gradient = jacobian.T @ (drawn * residuals) - penalty * regressor.theta
        curvature = (jacobian * drawn[:, None]).T @ jacobian
        curvature[np.diag_indices_from(curvature)] += penalty + 1e-12 * np.trace(curvature)
        theta = regressor.theta + np.linalg.solve(curvature, gradient)
        coefficients.append(regressor.coefficients(data, theta))
        left_out = counts == 0
        scores.append(_r2(target[left_out], regressor.predict_with(data[left_out], theta), weights[left_out]))
    known = [score for score in scores if np.isfinite(score)]
    return np.array(coefficients), float(np.mean(known)) if known else None


def _r2(target: NDArray, predicted: NDArray, weights: NDArray) -> float:
    variance = weights @ (target - np.average(target, weights=weights)) ** 2 if weights.sum() > 0 else 0.0
    return 1 - float(weights @ (target - predicted) ** 2) / variance if variance > 0 else np.nan


def _distances(data: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 100 times the cosine distance of each sample to the whole text, as lime does."""
    return 100 * (1 - np.sqrt(data.mean(axis=1)))


def _kernel(distances: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    return np.sqrt(np.exp(-(distances**2) / width**2))
