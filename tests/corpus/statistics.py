"""Likelihoods and estimators."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln, logsumexp, ndtr

rng = np.random.default_rng(1)
X = np.column_stack([np.ones(12), rng.normal(size=(12, 2))])
successes = (X[:, 1] - X[:, 2] + rng.normal(size=12) > 0).astype(float)
counts = rng.poisson(np.exp(X @ np.array([0.5, 0.3, -0.2])))
returns = rng.normal(size=15) * 0.8
heights = np.array([1.2, 0.4, -0.7, 3.1, 2.6, 2.9, -0.2, 3.3])


def logistic_nll(beta, X, y):
    eta = X @ beta
    p = 1 / (1 + np.exp(-eta))
    return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))


def poisson_nll(beta, X, y):
    nll = 0
    for xi, yi in zip(X, y):
        eta = xi.dot(beta)
        nll += np.exp(eta) - yi * eta + math.lgamma(yi + 1)
    return nll


def negative_binomial_nll(params, X, y):
    beta, log_r = params[:-1], params[-1]
    r = math.exp(log_r)
    mu = np.exp(np.dot(X, beta))
    ll = gammaln(y + r) - gammaln(r) - gammaln(y + 1) + r * np.log(r / (r + mu)) + y * np.log(mu / (r + mu))
    return -ll.sum()


def probit_scores(beta, X, y):
    """The contribution of each observation to the gradient, by hand."""
    out = np.empty(X.shape)
    for i in range(len(y)):
        eta = X[i] @ beta
        q = 2 * y[i] - 1
        pdf = math.exp(-0.5 * eta**2) / math.sqrt(2 * math.pi)
        out[i, :] = q * pdf / ndtr(q * eta) * X[i]
    return out.mean(axis=0)


def ordinal_nll(params, x, y):
    beta, first, *gaps = params
    cuts = [first]
    for g in gaps:
        cuts.append(cuts[-1] + np.exp(g))
    cuts = np.array([-np.inf] + cuts + [np.inf])
    upper = expit(cuts[y + 1] - beta * x)
    lower = expit(cuts[y] - beta * x)
    return -np.log(upper - lower).sum()


def gaussian_mixture_nll(logits, means, log_sigmas, data):
    log_weights = logits - logsumexp(logits)
    z = (data[:, np.newaxis] - means) / np.exp(log_sigmas)
    log_pdf = -0.5 * z**2 - log_sigmas - 0.5 * np.log(2 * np.pi)
    return -logsumexp(log_weights + log_pdf, axis=1).sum()


def mixture_by_responsibilities(theta, data=heights):
    """One round of expectation and maximisation: the updated parameters."""
    theta = np.asarray(theta, dtype=float)
    pi, mu, sigma = theta[0], theta[1:3], theta[3:5]
    weights = np.array([pi, 1 - pi])
    resp = np.zeros((len(data), 2))
    for i, xi in enumerate(data):
        for k in range(2):
            resp[i, k] = weights[k] * np.exp(-((xi - mu[k]) ** 2) / (2 * sigma[k] ** 2)) / sigma[k]
        resp[i] /= resp[i].sum()
    nk = resp.sum(axis=0)
    new_mu = (resp.T @ data) / nk
    new_var = np.array([np.sum(resp[:, k] * (data - new_mu[k]) ** 2) / nk[k] for k in range(2)])
    return np.concatenate([[nk[0] / len(data)], new_mu, np.sqrt(new_var)])


def ar_nll(params, y):
    phi, log_sigma = params[:2], params[2]
    n = len(y)
    e = np.zeros(n)
    for t in range(n):
        pred = 0.0
        for lag in range(1, 3):
            if t - lag >= 0:
                pred = pred + phi[lag - 1] * y[t - lag]
        e[t] = y[t] - pred
    sigma2 = np.exp(2 * log_sigma)
    return 0.5 * n * np.log(2 * np.pi * sigma2) + 0.5 * np.sum(e**2) / sigma2


def arma_residuals(params, y):
    c, phi, theta = params
    eps = np.zeros_like(y)
    for t in range(1, len(y)):
        eps[t] = y[t] - c - phi * y[t - 1] - theta * eps[t - 1]
    return eps[1:]


def garch_nll(params, r):
    omega, alpha, beta = np.exp(params)
    T = r.shape[0]
    sigma2 = np.empty(T)
    sigma2[0] = np.var(r)
    for t in range(1, T):
        sigma2[t] = omega + alpha * r[t - 1] ** 2 + beta * sigma2[t - 1]
    return 0.5 * np.sum(np.log(2 * np.pi) + np.log(sigma2) + r**2 / sigma2)


def cox_partial_nll(beta, X, time, event):
    order = np.argsort(-time)
    X, event = X[order], event[order]
    risk = X @ beta
    total = 0.0
    log_lik = 0.0
    for i in range(len(risk)):
        total += np.exp(risk[i])
        if event[i]:
            log_lik += risk[i] - np.log(total)
    return -log_lik


def kernel_density_cv(log_h, data):
    """Leave-one-out log likelihood of a bandwidth."""
    h = float(np.exp(log_h))
    n = data.size
    score = 0.0
    for i in range(n):
        others = np.delete(data, i)
        u = (data[i] - others) / h
        score += math.log(np.mean(np.exp(-0.5 * u * u)) / (h * math.sqrt(2 * math.pi)))
    return score


def huber_regression(beta, X, y, delta=1.0):
    r = y - X @ beta
    small = np.abs(r) <= delta
    loss = np.zeros(len(r))
    loss[small] = 0.5 * r[small] ** 2
    loss[~small] = delta * (np.abs(r[~small]) - 0.5 * delta)
    return loss.sum()


def tukey_biweight(beta, X, y, c=4.685):
    total = 0
    for xi, yi in zip(X, y):
        r = yi - sum(xi * beta)
        if abs(r) < c:
            total += c**2 / 6 * (1 - (1 - (r / c) ** 2) ** 3)
        else:
            total += c**2 / 6
    return total


def student_t_nll(params, x):
    mu, log_sigma, log_nu = params
    nu = math.exp(log_nu)
    z = (x - mu) / math.exp(log_sigma)
    const = math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2) - 0.5 * math.log(nu * math.pi) - log_sigma
    return -np.sum(const - (nu + 1) / 2 * np.log1p(z**2 / nu))


def mvn_logpdf(x, mean, chol_entries):
    d = len(mean)
    L = np.zeros((d, d))
    L[np.tril_indices(d)] = chol_entries
    cov = L @ L.T + 0.1 * np.eye(d)
    C = np.linalg.cholesky(cov)
    z = np.linalg.solve(C, x - mean)
    return -0.5 * z @ z - np.log(np.diag(C)).sum() - d / 2 * np.log(2 * np.pi)


def pca_reconstruction_error(data, k=1):
    centred = data - data.mean(axis=0)
    cov = centred.T @ centred / (len(data) - 1)
    values, vectors = np.linalg.eigh(cov)
    top = vectors[:, np.argsort(values)[::-1][:k]]
    return np.linalg.norm(centred - centred @ top @ top.T) ** 2


def canonical_correlation(X, Y):
    X = X - X.mean(0)
    Y = Y - Y.mean(0)
    Sxx, Syy, Sxy = X.T @ X, Y.T @ Y, X.T @ Y
    M = np.linalg.solve(Sxx, Sxy) @ np.linalg.inv(Syy) @ Sxy.T
    return np.trace(M)


def anova_f(values, labels):
    groups = [values[labels == g] for g in np.unique(labels)]
    grand = values.mean()
    between = sum(len(g) * (g.mean() - grand) ** 2 for g in groups) / (len(groups) - 1)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (len(values) - len(groups))
    return between / within


def summary(x):
    """Mean, standard deviation, skewness and kurtosis, and a line of text for the log."""
    n = len(x)
    mean = sum(x) / n
    m2 = sum((xi - mean) ** 2 for xi in x) / n
    m3 = sum((xi - mean) ** 3 for xi in x) / n
    m4 = sum((xi - mean) ** 4 for xi in x) / n
    line = f"n={n} mean={mean:.3f} sd={math.sqrt(m2):8.4f} max={max(x):g} min={min(x)}"
    assert line.startswith("n=")
    return {"mean": mean, "sd": math.sqrt(m2), "skewness": m3 / m2**1.5, "kurtosis": m4 / m2**2 - 3}


@dataclass
class Prior:
    mean: float
    scale: float = 1.0

    def logpdf(self, value):
        return -0.5 * ((value - self.mean) / self.scale) ** 2 - math.log(self.scale * math.sqrt(2 * math.pi))


@dataclass
class LinearModel:
    slope: float
    intercept: float
    noise: float

    def predict(self, x):
        return self.slope * x + self.intercept

    def log_posterior(self, x, y, priors):
        res = y - self.predict(x)
        loglik = -0.5 * np.sum(res**2) / self.noise**2 - len(x) * math.log(self.noise)
        return loglik + sum(p.logpdf(v) for p, v in zip(priors, (self.slope, self.intercept)))


def bayesian_line(theta, x, y):
    model = LinearModel(*theta.tolist())
    return model.log_posterior(x, y, [Prior(0.0, 2.0), Prior(mean=1.0)])


def horvitz_weights(theta, x, group):
    """Weighted group means by accumulation into bins."""
    w = np.exp(theta[group] * x)
    top = np.zeros(3)
    bottom = np.zeros(3)
    np.add.at(top, group, w * x)
    np.add.at(bottom, group, w)
    return top / bottom


def cubic_regression(x, y):
    """Coefficients of a design matrix put together from columns."""
    D = np.c_[np.ones(len(x)), x, x**3]
    coefficients = np.linalg.solve(D.T @ D, D.T @ y)
    return np.r_[coefficients, np.sum((y - D @ coefficients) ** 2)]


def quantile_loss(beta, X, y, tau=0.3):
    loss = []
    for xi, yi in zip(X, y):
        u = yi - np.dot(xi, beta)
        loss.append(max(tau * u, (tau - 1) * u))
    return np.mean(loss)


def irls_step(beta, X, y, verbose=True):
    """One step of iteratively reweighted least squares."""
    p = 1 / (1 + np.exp(-X.dot(beta)))
    W = np.diag(p * (1 - p))
    step = np.linalg.solve(X.T @ W @ X, X.T.dot(y - p))
    if verbose:
        print("largest change:", np.max(np.abs(step)), f"| beta[0] = {beta[0]:.4f} -> {beta[0] + step[0]:.4f}")
    return beta + step


@np.vectorize
def hinge_squared(margin):
    if margin > 1:
        return 0.0
    return (1 - margin) ** 2


def support_vector_loss(w, X, y, C=0.5):
    return 0.5 * np.dot(w, w) + C * hinge_squared(y * X.dot(w)).sum()


def trimmed_mean(x, share=0.2):
    """Takes a number or a sequence, as functions of this kind do."""
    if np.isscalar(x):
        return x
    x = np.sort(np.asarray(x, dtype=float))
    cut = int(share * len(x))
    return x[cut:-cut].mean()


def weibull_nll(shape, scale, data):
    if not hasattr(data, "__len__"):
        data = [data]
    if hasattr(scale, "__len__"):
        raise ValueError("one scale only")
    try:
        shapes = list(shape)
    except TypeError:
        shapes = [shape] * len(data)
    return -sum(math.log(k / scale) + (k - 1) * math.log(x / scale) - (x / scale) ** k for k, x in zip(shapes, data))


def ledoit_wolf_quadratic(data, shrinkage, w):
    sample = np.cov(data, rowvar=False)
    target = np.trace(sample) / len(sample) * np.identity(len(sample))
    return w @ ((1 - shrinkage) * sample + shrinkage * target) @ w


def durbin_watson(beta, X, y):
    e = y - np.einsum("ij,j->i", X, beta)
    return np.sum(np.diff(e) ** 2) / np.sum(np.square(e))


def bootstrap_spread(x, draws=4, seed=0):
    """Resampling with a fixed seed, in and out of preallocated arrays."""
    generator = np.random.default_rng(seed)
    means = np.empty(draws)
    for b in range(draws):
        sample = x[generator.integers(0, len(x), size=len(x))]
        noise = generator.normal(size=len(x))
        noise *= 0.1 * x.std()
        means[b] = np.mean(sample + noise)
    return means


def sampled_loss(mean, scale):
    """An expectation by random numbers of a fixed seed."""
    generator = np.random.default_rng(11)
    draws = generator.normal(loc=mean, scale=scale, size=6) + generator.uniform(0, scale, size=6)
    return np.mean(np.tanh(draws))


times = np.array([5.0, 2.0, 8.0, 3.5, 6.1, 1.2, 9.3, 4.4, 7.7, 2.8, 0.9, 5.6])
events = np.array([1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0])
beta = np.array([0.2, -0.5, 0.7])
y = X @ np.array([1.0, 2.0, -1.0]) + np.sin(np.arange(12.0))

PROGRAMS = {
    "logistic regression": (logistic_nll, (beta, X, successes), {"argnums": 0}),
    "poisson regression": (poisson_nll, (beta, X, counts), {"argnums": 0}),
    "negative binomial regression": (negative_binomial_nll, (np.append(beta, 0.4), X, counts), {"argnums": 0}),
    "probit scores": (probit_scores, (beta, X, successes), {"argnums": 0}),
    "ordinal regression": (
        ordinal_nll,
        (np.array([0.8, -0.6, 0.1, -0.3]), heights - 1.5, np.array([0, 1, 0, 3, 2, 2, 1, 3])),
        {"argnums": 0},
    ),
    "gaussian mixture": (
        gaussian_mixture_nll,
        (np.array([0.2, -0.1]), np.array([0.1, 2.8]), np.array([-0.3, -0.8]), heights),
        {"argnums": (0, 1, 2)},
    ),
    "expectation maximisation step": (mixture_by_responsibilities, (np.array([0.4, 0.1, 2.8, 0.9, 0.5]),), {}),
    "autoregression": (ar_nll, (np.array([0.4, -0.2, 0.1]), returns), {"argnums": 0}),
    "arma residuals": (arma_residuals, (np.array([0.1, 0.5, -0.3]), returns), {}),
    "garch": (garch_nll, (np.array([-2.0, -1.5, -0.3]), returns), {"argnums": 0}),
    "cox partial likelihood": (cox_partial_nll, (beta[1:], X[:, 1:], times, events), {"argnums": 0}),
    "kernel density bandwidth": (kernel_density_cv, (-0.4, heights), {}),
    "huber regression": (huber_regression, (beta, X, y), {"argnums": 0}),
    "tukey biweight": (tukey_biweight, (beta, X, y), {"argnums": 0, "c": 3.0}),
    "student t": (student_t_nll, (np.array([0.1, -0.2, 1.1]), heights), {"argnums": 0}),
    "multivariate normal": (
        mvn_logpdf,
        (np.array([0.3, -0.5]), np.array([0.1, 0.2]), np.array([0.9, 0.3, 1.1])),
        {},
    ),
    "pca reconstruction": (pca_reconstruction_error, (X[:5, 1:] * np.array([2.0, 1.0]),), {}),
    "canonical correlation": (canonical_correlation, (X[:5, 1:], X[5:10, 1:]), {"argnums": 0}),
    "analysis of variance": (anova_f, (heights, np.array([0, 0, 0, 1, 1, 1, 2, 2])), {}),
    "summary statistics": (summary, (heights,), {}),
    "bayesian line": (bayesian_line, (np.array([0.4, 1.1, 0.8]), times[:5], y[:5]), {"argnums": 0}),
    "weighted group means": (
        horvitz_weights,
        (np.array([0.2, -0.4, 0.3]), heights, np.array([0, 1, 2, 2, 1, 0, 0, 1])),
        {},
    ),
    "cubic regression": (cubic_regression, (heights[:5], times[:5]), {}),
    "reweighted least squares": (irls_step, (beta, X, successes), {"argnums": 0}),
    "support vector machine": (support_vector_loss, (beta, X, 2 * successes - 1), {"argnums": 0}),
    "trimmed mean": (trimmed_mean, (heights,), {}),
    "trimmed mean of a number": (trimmed_mean, (1.4,), {}),
    "weibull": (weibull_nll, (1.4, 2.2, times[:5]), {}),
    "shrunk covariance": (ledoit_wolf_quadratic, (X[:4, 1:], 0.3, np.array([0.4, 0.6])), {}),
    "durbin-watson": (durbin_watson, (beta, X, y), {"argnums": 0}),
    "bootstrap": (bootstrap_spread, (heights[:5],), {}),
    "sampled loss": (sampled_loss, (0.3, 0.8), {}),
    "quantile regression": (quantile_loss, (beta, X, y), {"argnums": 0}),
}
