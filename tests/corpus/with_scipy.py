"""Programs that lean on SciPy, and functions of SciPy's own as it ships them."""

import numpy as np
from scipy import integrate, linalg, optimize, signal, special, stats
from scipy.spatial.distance import euclidean

x = np.array([0.5, 1.2, 0.3])
data = np.array([0.7, 1.9, 0.2, 2.4, 1.1])
spread = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 1.0]])


def log_posterior(theta, observed):
    mu, log_sigma = theta
    prior = stats.norm.logpdf(mu, 0, 10) + stats.expon.logpdf(np.exp(log_sigma), scale=2.0)
    return prior + np.sum(stats.norm.logpdf(observed, loc=mu, scale=np.exp(log_sigma)))


def regression_with_heavy_tails(theta, at, observed):
    return -stats.t.logpdf(observed - np.polyval(theta[:2], at), 4, scale=np.exp(theta[2])).sum()


def correlated_normal(mean, scales):
    covariance = np.outer(scales, scales) * spread
    return stats.multivariate_normal.logpdf(x, mean=mean, cov=covariance)


def beta_binomial(log_a, log_b, k=3, n=7):
    a, b = np.exp(log_a), np.exp(log_b)
    return np.log(special.comb(n, k)) + special.betaln(k + a, n - k + b) - special.betaln(a, b)


def standardised_shape(sample):
    z = stats.zscore(sample)
    return np.array([stats.skew(z), stats.gmean(np.exp(z)), stats.linregress(np.arange(len(z)), z).slope])


def topics(logits, counts):
    return -counts @ special.log_softmax(logits) + special.entr(special.softmax(logits)).sum()


def markov_chain(rates, time=0.5):
    Q = np.zeros((3, 3))
    Q[0, 1], Q[1, 2], Q[2, 0] = rates
    Q -= np.diag(Q.sum(axis=1))
    return linalg.expm(Q * time)[0]


def smoothing_by_toeplitz(kernel, signal_values):
    T = linalg.toeplitz(kernel)
    return linalg.solve(T + 2 * np.eye(len(kernel)), signal_values, assume_a="pos")


def trajectory_length(points):
    return sum(euclidean(p, q) for p, q in zip(points, points[1:]))


def energy_of_a_filtered_pulse(pulse, taps):
    filtered = signal.lfilter(taps, [1.0, -0.4], pulse)
    envelope = np.abs(signal.hilbert(filtered))
    return integrate.simpson(envelope**2, dx=0.1)


def absorbed_dose(rates, times=np.linspace(0.0, 2.0, 7)):
    concentration = np.exp(-rates[0] * times) - np.exp(-rates[1] * times)
    return integrate.trapezoid(concentration, times) + integrate.cumulative_trapezoid(concentration, times)[2]


def diffraction(widths):
    return [special.jv(1, w) / w * special.erf(w) for w in widths]


PROGRAMS = {
    "log posterior": (log_posterior, (np.array([0.8, -0.2]), data), {"argnums": 0}),
    "heavy tails": (regression_with_heavy_tails, (np.array([0.4, 0.2, -0.3]), np.arange(5.0), data), {"argnums": 0}),
    "correlated normal": (correlated_normal, (np.array([0.1, 0.9, 0.4]), np.array([1.0, 0.8, 1.3])), {}),
    "beta-binomial": (beta_binomial, (0.3, 0.8), {}),
    "standardised shape": (standardised_shape, (data,), {}),
    "topics": (topics, (x, np.array([3.0, 1.0, 2.0])), {"argnums": 0}),
    "markov chain": (markov_chain, (x,), {}),
    "toeplitz smoothing": (smoothing_by_toeplitz, (np.array([1.5, 0.4, 0.1]), x), {}),
    "trajectory": (trajectory_length, (np.array([[0.0, 0.1], [1.0, 0.4], [1.5, 1.6]]),), {}),
    "filtered pulse": (energy_of_a_filtered_pulse, (data, np.array([0.6, 0.3])), {}),
    "absorbed dose": (absorbed_dose, (np.array([0.6, 2.1]),), {}),
    "diffraction": (diffraction, (np.array([0.7, 1.6]),), {}),
    "gradient of rosenbrock as shipped": (optimize.rosen_der, (x,), {}),
    "hessian of rosenbrock as shipped": (optimize.rosen_hess, (x,), {}),
    "logsumexp as shipped": (special.logsumexp, (x,), {"b": np.array([1.0, 0.5, 2.0])}),
}
