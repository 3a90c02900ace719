"""Maximum likelihood of a few positive parameters, with standard errors.

Belongs here: searching from several starts, polishing the best, the errors of what was found.
Doesn't belong here: the likelihoods themselves (see `bg_nbd`, `pareto_nbd`, `gamma_gamma`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from orchestration.customer_value.errors import CustomerValueError

Floats = npt.NDArray[np.float64]
Likelihood = Callable[[Floats], tuple[float, Floats]]
"""Log-likelihood of positive parameters, and its gradient by them."""

LOWEST, HIGHEST = -12.0, 9.5
STEP = 1e-4
MANY = 50_000
FLAT = 1e-5


@dataclass(frozen=True)
class Optimum:
    """Parameters of the highest likelihood; errors are nan where it is flat around them."""

    parameters: Floats
    standard_errors: Floats
    log_likelihood: float
    converged: bool
    at_bound: tuple[int, ...]


def maximize(
    likelihood: Likelihood,
    starts: Sequence[Sequence[float]],
    size: float,
    penalty: float = 0.0,
    rough: tuple[Likelihood, float] | None = None,
) -> Optimum:
    """Highest of a log-likelihood over positive parameters, searched in their logarithms.

    size: how many customers the likelihood is of; the search is for the mean of them, so that it
        ends equally near to the top for few and for many.
    penalty: what `penalty * sum(parameters ** 2)` takes from the mean log-likelihood.
    rough: the likelihood of some of the customers, and how many; where given, the search from
        the starts is among these, and ends among all.
    """
    if rough is not None:
        starts = [np.exp(_lowest(_negative(*rough, penalty), starts)).tolist()]
    negative = _negative(likelihood, size, penalty)
    logs = _polished(negative, _lowest(negative, starts))
    return _told(likelihood, negative, logs, size)


def _negative(
    likelihood: Likelihood, size: float, penalty: float
) -> Callable[[Floats], tuple[float, Floats]]:
    """What is searched for the lowest, by the logarithms of the parameters."""

    def negative(logs: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logs)
        value, gradient = likelihood(parameters)
        value = value / size - penalty * float(np.sum(parameters**2))
        slope = gradient / size - 2 * penalty * parameters
        if not (np.isfinite(value) and np.all(np.isfinite(slope))):
            return 1e10, np.zeros_like(logs)
        return -value, -slope * parameters

    return negative


def _lowest(
    negative: Callable[[Floats], tuple[float, Floats]], starts: Sequence[Sequence[float]]
) -> Floats:
    """Where the searches from the two best starts end: the better of both."""
    ranked = sorted((negative(np.log(start))[0], tuple(start)) for start in starts)
    found = [
        minimize(
            negative,
            np.log(start),
            jac=True,
            method="L-BFGS-B",
            bounds=[(LOWEST, HIGHEST)] * len(start),
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
        )
        for _, start in ranked[:2]
    ]
    best = min(found, key=lambda one: float(one.fun))
    if float(best.fun) >= 1e10:
        raise CustomerValueError(
            "The likelihood is not a number wherever the search began: look for times or amounts "
            "that are far out of the ordinary, or pass times in a longer unit."
        )
    return np.asarray(best.x, dtype=np.float64)


def _told(
    likelihood: Likelihood,
    negative: Callable[[Floats], tuple[float, Floats]],
    logs: Floats,
    size: float,
) -> Optimum:
    slope = negative(logs)[1]
    bound = (logs <= LOWEST + 1e-6) | (logs >= HIGHEST - 1e-6)
    flat = bool(np.max(np.abs(slope[~bound]), initial=0.0) < FLAT)
    parameters = np.exp(logs)
    return Optimum(
        parameters=parameters,
        standard_errors=_errors(_curvature(negative, logs), parameters, size),
        log_likelihood=likelihood(parameters)[0],
        converged=flat and not bound.any(),
        at_bound=tuple(int(place) for place in np.flatnonzero(bound)),
    )


def _polished(negative: Callable[[Floats], tuple[float, Floats]], logs: Floats) -> Floats:
    """Newton's steps to the top, as long as they lead up: the end no longer shows the start."""
    value, slope = negative(logs)
    for _ in range(12):
        if np.max(np.abs(slope)) < 1e-11:
            break
        try:
            step = np.linalg.solve(_curvature(negative, logs), slope)
        except np.linalg.LinAlgError:
            break
        tried = np.clip(logs - step, LOWEST, HIGHEST)
        lower, after = negative(tried)
        if not lower <= value + 1e-15 or np.max(np.abs(after)) >= np.max(np.abs(slope)):
            break
        logs, value, slope = tried, lower, after
    return logs


def _curvature(negative: Callable[[Floats], tuple[float, Floats]], logs: Floats) -> Floats:
    """Second derivatives by the logarithms, from the gradient on both sides."""
    rows = []
    for place in range(len(logs)):
        aside = np.zeros_like(logs)
        aside[place] = STEP
        rows.append((negative(logs + aside)[1] - negative(logs - aside)[1]) / (2 * STEP))
    matrix = np.array(rows)
    return (matrix + matrix.T) / 2


def _errors(curvature: Floats, parameters: Floats, size: float) -> Floats:
    try:
        variances = np.diag(np.linalg.inv(curvature)) / size
        definite = bool(np.all(np.linalg.eigvalsh(curvature) > 0))
    except np.linalg.LinAlgError:
        return np.full_like(parameters, np.nan)
    if not definite:
        return np.full_like(parameters, np.nan)
    return np.asarray(np.sqrt(variances) * parameters)
