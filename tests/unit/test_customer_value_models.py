"""Models of purchases and values: published numbers, integrals, slopes, and planted parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate
from scipy.stats import beta as beta_distribution  # type: ignore[attr-defined]
from scipy.stats import gamma as gamma_distribution  # type: ignore[attr-defined]

from orchestration.customer_value import (
    BgNbd,
    CustomerValueError,
    GammaGamma,
    ParetoNbd,
    fit_bg_nbd,
    fit_gamma_gamma,
    fit_pareto_nbd,
    lifetime_value,
    per_month,
)
from orchestration.customer_value.bg_nbd import _likelihood, _mean_over_leaving, _parts, _table
from orchestration.customer_value.counts import counted
from orchestration.customer_value.gamma_gamma import _likelihood as _value_likelihood
from orchestration.customer_value.pareto_nbd import _parts as _pareto_parts

# Parameters of CDNOW, in weeks, as published by Fader, Hardie and Lee.
CDNOW = BgNbd(0.243, 4.414, 0.793, 2.426)
PARETO_CDNOW = ParetoNbd(0.5534, 10.5802, 0.6061, 11.6562)
SPEND_CDNOW = GammaGamma(6.25, 3.74, 15.44)
ONE, TWO = (2, 30.43, 38.86), (26, 30.86, 31.0)

Made = tuple[np.ndarray, np.ndarray, np.ndarray]


def simulated(customers: int, parameters: tuple[float, ...], modified: bool, seed: int) -> Made:
    """Frequency, recency and age of customers who behave as the model says."""
    random = np.random.default_rng(seed)
    r, alpha, a, b = parameters
    rate, leaves = random.gamma(r, 1 / alpha, customers), random.beta(a, b, customers)
    age = random.uniform(10, 39, customers)
    x, last, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    alive = random.random(customers) > leaves if modified else np.ones(customers, dtype=bool)
    while alive.any():
        now = now + random.exponential(1, customers) / rate
        alive &= now <= age
        x[alive] += 1
        last[alive] = now[alive]
        alive &= random.random(customers) > leaves
    return x, last, age


def test_bg_nbd_equals_the_published_numbers() -> None:
    assert CDNOW.expected_purchases(39, *ONE) == pytest.approx(1.226, abs=5e-4)
    new = CDNOW.expected_purchases_of_new([0.1429, 1, 3, 31.8571, 32, 78])
    assert new == pytest.approx([0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576], abs=3e-3)
    exact = BgNbd(0.2425945, 4.4136019, 0.7929199, 2.4258881)
    assert exact.expected_purchases(52, *TWO) == pytest.approx(25.76, abs=0.01)
    assert exact.probability_alive(*TWO) == pytest.approx(0.96885, abs=2e-4)


def test_pareto_nbd_equals_the_published_numbers() -> None:
    assert PARETO_CDNOW.expected_purchases_of_new(52) == pytest.approx(1.4734, abs=1e-3)
    assert PARETO_CDNOW.expected_purchases(52, *TWO) == pytest.approx(25.456, abs=5e-3)
    assert PARETO_CDNOW.probability_alive(*TWO) == pytest.approx(0.99787, abs=1e-4)


def test_gamma_gamma_equals_the_published_numbers() -> None:
    told = SPEND_CDNOW.expected_average_value([2, 1, 0, 7], [22.35, 11.77, np.nan, 73.74])
    assert told == pytest.approx([24.65, 18.91, 35.17, 71.3], abs=0.25)
    assert SPEND_CDNOW.mean == pytest.approx(35.2, abs=0.1)


@pytest.mark.parametrize("a", [0.4, 1.0, 1.0000001, 2.5])
@pytest.mark.parametrize(("x", "tx"), [(0, 0.0), (3, 20.0), (150, 29.0)])
@pytest.mark.parametrize("modified", [False, True])
def test_bg_nbd_equals_the_model_integrated(a: float, x: int, tx: float, modified: bool) -> None:
    """Over the leaving probability by quadrature; given it and the rate, all is elementary."""
    r, alpha, b, age, ahead = 0.7, 6.0, 1.8, 30.0, 12.0
    model = BgNbd(r, alpha, a, b, modified)
    order = x + modified

    def over_leaving(part: Callable[[float], float]) -> float:
        low, high = (
            integrate.quad(
                lambda q: part(q) * beta_distribution.pdf(q, a, b + order),
                *ends,
                limit=200,
                epsabs=1e-12,
            )[0]
            for ends in ((0, 0.05), (0.05, 1))
        )
        return low + high

    stays = (alpha + age) ** -(r + x)
    gone = (alpha + tx) ** -(r + x) / stays * (over_leaving(lambda q: q / (1 - q)) if order else 0)
    alive = 1 / (1 + gone)
    assert model.probability_alive(x, tx, age) == pytest.approx(alive, rel=1e-6)

    def come(q: float) -> float:  # E over the rate of (1 - exp(-rate q t)) / q
        return (1 - ((alpha + age) / (alpha + age + q * ahead)) ** (r + x)) / q

    expected = alive * over_leaving(come)
    assert model.expected_purchases(ahead, x, tx, age) == pytest.approx(expected, rel=2e-6)
    none = 1 - alive * (1 - ((alpha + age) / (alpha + age + ahead)) ** (r + x))
    assert model.probability_of_none(ahead, x, tx, age) == pytest.approx(none, rel=1e-9)


@pytest.mark.parametrize("parameters", [(0.55, 10.6, 0.61, 11.7), (0.6, 14.0, 1.4, 5.0)])
@pytest.mark.parametrize(("x", "tx"), [(0, 0.0), (2, 20.0), (80, 29.0)])
def test_pareto_nbd_equals_the_model_integrated(
    parameters: tuple[float, float, float, float], x: int, tx: float
) -> None:
    r, alpha, s, beta = parameters
    age, ahead = 30.0, 12.0
    model = ParetoNbd(*parameters)

    def leaving(moment: float) -> float:
        return float(s * (alpha + moment) ** -(r + x) * (beta + moment) ** -(s + 1))

    def staying(moment: float) -> float:
        return float((alpha + moment) ** -(r + x) * (beta + moment) ** -s)

    gone = integrate.quad(leaving, tx, age, epsabs=0)[0]
    both = staying(age) + gone
    assert model.probability_alive(x, tx, age) == pytest.approx(staying(age) / both, rel=1e-8)
    still = staying(age + ahead) + integrate.quad(leaving, tx, age + ahead, epsabs=0)[0]
    assert model.probability_of_none(ahead, x, tx, age) == pytest.approx(still / both, rel=1e-8)
    lives = integrate.quad(lambda t: ((beta + age) / (beta + age + t)) ** s, 0, ahead)[0]
    expected = staying(age) / both * (r + x) / (alpha + age) * lives
    assert model.expected_purchases(ahead, x, tx, age) == pytest.approx(expected, rel=1e-8)
    worth = integrate.quad(
        lambda t: np.exp(-0.01 * t) * ((beta + age) / (beta + age + t)) ** s, 0, np.inf
    )[0]
    told = model.discounted_expected_purchases(0.01, x, tx, age)
    assert told == pytest.approx(staying(age) / both * (r + x) / (alpha + age) * worth, rel=1e-6)


@pytest.mark.parametrize("modified", [False, True])
def test_gradient_is_the_slope_of_the_likelihood(modified: bool) -> None:
    counts = counted(*simulated(300, (0.3, 5.0, 0.8, 2.0), modified, 4))
    table, here = _table(counts), np.array([0.4, 3.0, 0.7, 1.5])
    slope = _likelihood(here, counts, table, modified)[1]
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-6
        above, below = (_likelihood(here + s, counts, table, modified)[0] for s in (step, -step))
        assert slope[place] == pytest.approx((above - below) / 2e-6, rel=1e-5)
    x, m = np.array([1.0, 3.0, 9.0]), np.array([4.0, 2.0, 7.0])
    here = np.array([2.0, 3.0, 1.5])
    slope = _value_likelihood(here, x, m, np.ones(3))[1]
    for place in range(3):
        step = np.zeros(3)
        step[place] = 1e-6
        above, below = (_value_likelihood(here + s, x, m, np.ones(3))[0] for s in (step, -step))
        assert slope[place] == pytest.approx((above - below) / 2e-6, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("modified", [False, True])
def test_planted_parameters_are_found_within_their_errors(modified: bool) -> None:
    planted = (0.5, 5.0, 0.8, 2.0)
    found = fit_bg_nbd(*simulated(20_000, planted, modified, 11), modified=modified)
    assert found.converged
    assert not found.notes
    away = (np.array(list(found.parameters.values())) - planted) / found.standard_errors
    assert np.abs(away).max() < 3
    assert max(found.standard_errors) < 0.4  # and the errors are no excuse


def test_planted_values_are_found_within_their_errors() -> None:
    random = np.random.default_rng(5)
    x = random.poisson(2, 20_000) + 1
    nu = random.gamma(3.74, 1 / 15.44, x.size)
    money = random.gamma(6.25 * x, 1 / (nu * x))
    found = fit_gamma_gamma(x, money)
    away = (np.array([found.p, found.q, found.v]) - [6.25, 3.74, 15.44]) / found.standard_errors
    assert np.abs(away).max() < 3
    assert abs(found.correlation) < 0.03
    assert not found.notes
    cents = fit_gamma_gamma(x, money * 100)
    assert cents.v == pytest.approx(found.v * 100, rel=1e-5)
    assert cents.log_likelihood == pytest.approx(found.log_likelihood - x.size * np.log(100))


def test_pareto_nbd_finds_what_it_was_made_of() -> None:
    random = np.random.default_rng(3)
    customers, planted = 6_000, (0.8, 8.0, 0.9, 20.0)
    rate, leaves = random.gamma(0.8, 1 / 8, customers), random.gamma(0.9, 1 / 20, customers)
    age = random.uniform(20, 60, customers)
    until = np.minimum(age, random.exponential(1, customers) / leaves)
    x = random.poisson(rate * until)
    last = np.where(x > 0, until * random.random(customers) ** (1 / np.maximum(x, 1)), 0)
    found = fit_pareto_nbd(x, last, age)
    away = (np.array(list(found.parameters.values())) - planted) / found.standard_errors
    assert found.converged
    assert np.abs(away).max() < 3


def test_the_likelihood_is_that_of_the_definition() -> None:
    """Of one customer, summed over rates and leaving probabilities; per unit of time."""
    r, alpha, a, b = 0.5, 5.0, 0.8, 2.0
    x, tx, age = np.array([2.0]), np.array([10.0]), np.array([20.0])

    def given(rate: float, q: float) -> float:
        end = (1 - q) ** 2 * np.exp(-rate * 20) + q * (1 - q) * np.exp(-rate * 10)
        return float(
            rate**2
            * end
            * gamma_distribution.pdf(rate, r, scale=1 / alpha)
            * beta_distribution.pdf(q, a, b)
        )

    exact = integrate.dblquad(given, 1e-9, 1 - 1e-9, 0, 8, epsabs=1e-10)[0]
    counts = counted(x, tx, age)
    here = np.array([r, alpha, a, b])
    assert _likelihood(here, counts, _table(counts), False)[0] == pytest.approx(
        np.log(exact), rel=1e-4
    )
    stays, leaves = _parts(here, x, tx, age, False)
    assert stays[0] == pytest.approx(-2.5 * np.log(25))
    assert np.isfinite(leaves[0])
    assert np.isneginf(_pareto_parts(np.ones(4), x, age, age)[1][0])


def test_the_fit_knows_no_order_unit_or_repetition() -> None:
    x, tx, age = simulated(2_000, (0.5, 5.0, 0.8, 2.0), False, 8)
    tx, age = np.ceil(tx), np.ceil(age)
    one = fit_bg_nbd(x, tx, age)
    turned = fit_bg_nbd(x[::-1], tx[::-1], age[::-1])
    assert turned.parameters == one.parameters
    days = fit_bg_nbd(x, tx * 7, age * 7)
    assert days.alpha == pytest.approx(one.alpha * 7, rel=1e-6)
    assert days.log_likelihood == pytest.approx(one.log_likelihood - x.sum() * np.log(7))
    once = counted(x, tx, age)
    weighed = fit_bg_nbd(once.frequency, once.recency, once.age, once.weights)
    assert len(once.age) < 2_000
    assert weighed.parameters == one.parameters
    smaller = fit_bg_nbd(x, tx, age, penalizer=0.1)
    assert sum(smaller.parameters.values()) < sum(one.parameters.values())


def test_many_purchases_and_long_horizons_stay_numbers() -> None:
    x = np.array([0.0, 1, 50, 500, 3_000])
    tx, age = np.where(x > 0, 90.0, 0.0), np.full(5, 100.0)
    for model in (CDNOW, BgNbd(3.0, 0.5, 0.02, 40.0), BgNbd(0.3, 2.0, 0.1, 0.2), PARETO_CDNOW):
        told = model.expected_purchases(1_000.0, x, tx, age)
        assert np.isfinite(told).all()
        assert (told >= 0).all()
        assert (np.diff(model.expected_purchases(np.arange(0, 500, 5.0), 4, 90.0, 100.0)) > 0).all()
        none = model.probability_of_none(10.0, x, tx, age)
        assert ((none >= 0) & (none <= 1)).all()


def test_expectations_beyond_the_function_equal_those_within() -> None:
    for a, b, x in ((0.4, 2.0, 0.0), (0.8, 2.4, 3.0), (2.5, 9.0, 40.0)):
        within = BgNbd(0.6, 5.0, a, b)._if_alive(np.array([12.0]), np.array([x]), np.array([30.0]))
        beyond = _mean_over_leaving(np.array([0.6 + x]), np.array([12 / 35]), a, np.array([b + x]))
        assert beyond == pytest.approx(within, rel=1e-5)


def test_customers_who_do_not_differ_are_told() -> None:
    """Everybody buys at one rate and stays: there is nothing to learn of leaving."""
    random = np.random.default_rng(6)
    age = np.full(3_000, 50.0)
    x = random.poisson(5.0, age.size)
    last = np.where(x > 0, age * random.random(age.size) ** (1 / np.maximum(x, 1)), 0)
    found = fit_bg_nbd(x, last, age)
    assert not found.converged
    assert "ran to the end of the search" in found.notes[0]
    assert found.expected_purchases(50.0, x, last, age).sum() == pytest.approx(x.sum(), rel=0.05)


def test_lifetime_value_is_discounted_month_by_month() -> None:
    month = 365.25 / 12 / 7
    until = [float(CDNOW.expected_purchases(n * month, *ONE)[0]) for n in range(4)]
    by_hand = sum((until[n] - until[n - 1]) / 1.01**n for n in (1, 2, 3)) * 20
    told = lifetime_value(CDNOW, *ONE, 20.0, horizon_months=3, discount_rate=0.01)
    assert told == pytest.approx(by_hand)
    weeks = lifetime_value(CDNOW, *ONE, 20.0, horizon_months=3, month=4.345)
    assert weeks == pytest.approx(20 * CDNOW.expected_purchases(3 * 4.345, *ONE))
    assert (1 + per_month(10)) ** 12 == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (([1, -1], [1, 0], [2, 2]), "frequencies are negative"),
        (([1, 1.5], [1, 1], [2, 2]), "broken numbers"),
        (([1, 1], [1, -1], [2, 2]), "recencies are negative"),
        (([1, 1], [1, 3], [2, 2]), "above the age"),
        (([1, 0], [1, 1], [2, 2]), "never came back"),
        (([1, np.nan], [1, 0], [2, 2]), "missing or infinite"),
        (([1, 2], [1, 1, 1], [2, 2]), "different lengths"),
        (([1, 2], [1, 1], [2, 2]), "too few"),
        ((["a"], [1], [2]), "cannot be read"),
    ],
)
def test_numbers_that_cannot_be_are_refused(numbers: tuple[list, ...], said: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(CustomerValueError, match=said):
        fit_bg_nbd(*numbers)


def test_purchases_at_one_moment_are_counted_as_they_are_given() -> None:
    """Tables that count every transaction have customers who came back at once."""
    x, tx, age = simulated(2_000, (0.5, 5.0, 0.8, 2.0), False, 8)
    tx[np.flatnonzero(x == 1)[:5]] = 0
    found = fit_bg_nbd(x, tx, age)
    assert found.converged
    assert 0 < found.probability_alive(1, 0.0, 20.0)[0] < 1


def test_values_that_cannot_be_are_refused() -> None:
    for money, said in ((0.0, "not above 0"), (-1.0, "not above 0"), (np.nan, "missing")):
        with pytest.raises(CustomerValueError, match=said):
            fit_gamma_gamma(np.ones(20), [*[5.0] * 19, money])
    with pytest.raises(CustomerValueError, match="too few"):
        fit_gamma_gamma([1, 0], [3.0, np.nan])
    with pytest.raises(CustomerValueError, match="horizon"):
        CDNOW.expected_purchases(-1, *ONE)
    with pytest.raises(CustomerValueError, match="months"):
        lifetime_value(CDNOW, *ONE, 1.0, horizon_months=0)


def test_values_that_go_with_frequency_are_told() -> None:
    random = np.random.default_rng(9)
    x = random.poisson(3, 2_000) + 1
    found = fit_gamma_gamma(x, x * random.gamma(5, 2, x.size))
    assert found.correlation > 0.5
    assert any("go together" in note for note in found.notes)
