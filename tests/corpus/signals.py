"""Filters, spectra and state estimation."""

import cmath
import math

import numpy as np

t = np.linspace(0, 1, 16, endpoint=False)
measured = np.sin(2 * np.pi * 3 * t) + 0.3 * np.cos(2 * np.pi * 5 * t + 0.4)


def fir_filter(h, x):
    n = len(x)
    y = np.zeros(n)
    for i in range(n):
        for k in range(len(h)):
            if i - k >= 0:
                y[i] += h[k] * x[i - k]
    return y


def iir_filter(b, a, x):
    """Direct form, as in textbooks."""
    y = np.zeros_like(x)
    for n in range(len(x)):
        acc = sum(b[k] * x[n - k] for k in range(len(b)) if n - k >= 0)
        acc = acc - sum(a[k] * y[n - k] for k in range(1, len(a)) if n - k >= 0)
        y[n] = acc / a[0]
    return y


def biquad(f0, Q, x, fs=16.0):
    """A low pass with its two delays carried from sample to sample."""
    w0 = 2 * math.pi * f0 / fs
    alpha = math.sin(w0) / (2 * Q)
    cw = math.cos(w0)
    b0, b1, b2 = (1 - cw) / 2, 1 - cw, (1 - cw) / 2
    a0, a1, a2 = 1 + alpha, -2 * cw, 1 - alpha
    z1 = z2 = 0.0
    out = []
    for s in x:
        y = b0 / a0 * s + z1
        z1 = b1 / a0 * s - a1 / a0 * y + z2
        z2 = b2 / a0 * s - a2 / a0 * y
        out.append(y)
    return np.asarray(out, dtype=float)


def spectrum_loss(x, target):
    window = np.hanning(len(x))
    spectrum = np.abs(np.fft.rfft(x * window)) ** 2
    return np.sum((np.log(spectrum + 1e-3) - target) ** 2)


def sinusoid_fit(params, t, y):
    amp, freq, phase = params
    res = y - amp * np.sin(2 * np.pi * freq * t + phase)
    return res @ res


def goertzel(x, k):
    """The power at one frequency."""
    N = len(x)
    coeff = 2 * math.cos(2 * math.pi * k / N)
    s1, s2 = 0.0, 0.0
    for sample in x:
        s0 = sample + coeff * s1 - s2
        s2, s1 = s1, s0
    return s1**2 + s2**2 - coeff * s1 * s2


def autocorrelation(x, lags=4):
    x = x - np.mean(x)
    result = np.correlate(x, x, mode="full")[len(x) - 1 :]
    return result[1:lags] / result[0]


def dft_by_hand(x):
    N = len(x)
    X = np.zeros(N, dtype=complex)
    for k in range(N):
        for n in range(N):
            X[k] += x[n] * cmath.exp(-2j * cmath.pi * k * n / N)
    return np.abs(X[: N // 2 + 1])


class KalmanFilter:
    def __init__(self, F, H, Q, R, x0, P0):
        self.F, self.H, self.Q, self.R = F, H, Q, R
        self.x = np.array(x0, dtype=float)
        self.P = np.array(P0, dtype=float)
        self.loglik = 0.0

    def predict(self):
        self.x = self.F @ self.x
        self.P = self.F @ self.P @ self.F.T + self.Q

    def update(self, z):
        y = z - self.H @ self.x
        S = self.H @ self.P @ self.H.T + self.R
        K = self.P @ self.H.T @ np.linalg.inv(S)
        self.x = self.x + K @ y
        self.P = (np.eye(len(self.x)) - K @ self.H) @ self.P
        sign, logdet = np.linalg.slogdet(2 * np.pi * S)
        self.loglik -= 0.5 * (y @ np.linalg.solve(S, y) + logdet)


def kalman_loglik(log_noise, observations):
    F = np.array([[1.0, 0.1], [0.0, 1.0]])
    H = np.array([[1.0, 0.0]])
    q, r = np.exp(log_noise)
    kf = KalmanFilter(F, H, q * np.eye(2), r * np.eye(1), x0=[0, 0], P0=np.eye(2))
    for z in observations:
        kf.predict()
        kf.update(np.atleast_1d(z))
    return kf.loglik


def scalar_kalman(z, q, r):
    """The filtered means in a preallocated array."""
    n = z.size
    means = np.zeros(n)
    variances = np.zeros(n)
    means[0], variances[0] = z[0], 1.0
    for k in range(1, n):
        prior = variances[k - 1] + q
        gain = prior / (prior + r)
        means[k] = means[k - 1] + gain * (z[k] - means[k - 1])
        variances[k] = (1 - gain) * prior
    return means


def particle_weights(params, observations, particles):
    """Bootstrap filter with given particles and no resampling: the log likelihood."""
    decay, log_sigma = params
    sigma = np.exp(log_sigma)
    loglik = 0
    state = particles[0].copy()
    weights = np.ones(state.shape[0]) / state.shape[0]
    for t, y in enumerate(observations):
        if t > 0:
            state *= decay
            state += 0.3 * particles[t]
        weights *= np.exp(-0.5 * ((y - state) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
        total = weights.sum()
        loglik += np.log(total)
        weights /= total
    return loglik


def hidden_markov_forward(logits, emission, observations):
    transition = np.exp(logits)
    transition /= transition.sum(axis=1, keepdims=True)
    alpha = np.zeros((len(observations), len(transition)))
    alpha[0] = emission[:, observations[0]] / len(transition)
    for t in range(1, len(observations)):
        for j in range(len(transition)):
            alpha[t, j] = alpha[t - 1] @ transition[:, j] * emission[j, observations[t]]
    return np.log(alpha[-1].sum())


def lms_adaptive(mu, x, d, taps=3):
    """The error signal of an adaptive filter."""
    w = np.zeros(taps)
    errors = np.zeros(len(x) - taps + 1)
    for i in range(taps - 1, len(x)):
        window = x[i - taps + 1 : i + 1][::-1]
        e = d[i] - w @ window
        w += 2 * mu * e * window
        errors[i - taps + 1] = e
    return np.mean(errors**2)


def soft_dtw(x, y, gamma=0.5):
    n, m = len(x), len(y)
    R = np.full((n + 1, m + 1), np.inf)
    R[0, 0] = 0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            d = (x[i - 1] - y[j - 1]) ** 2
            options = np.array([R[i - 1, j - 1], R[i - 1, j], R[i, j - 1]])
            R[i, j] = d - gamma * np.log(np.sum(np.exp(-options / gamma)))
    return R[n, m]


def upsample(x, factor=3):
    """Zeros between the samples, then a triangle filter."""
    y = np.zeros(len(x) * factor)
    y[::factor] = x
    kernel = np.bartlett(2 * factor + 1)
    return np.convolve(y, kernel, mode="same")


def envelope(x):
    """Rectify and smooth, in place."""
    y = np.array(x, copy=True)
    np.square(y, out=y)
    y[1:-1] += 0.5 * (y[:-2] + y[2:])
    np.sqrt(y, out=y)
    return y


PROGRAMS = {
    "fir filter": (fir_filter, (np.array([0.5, 0.3, -0.2]), measured[:7]), {}),
    "iir filter": (iir_filter, (np.array([0.2, 0.3]), np.array([1.1, -0.5, 0.2]), measured[:7]), {}),
    "biquad": (biquad, (2.5, 0.8, measured[:8]), {"argnums": (0, 1)}),
    "spectrum loss": (spectrum_loss, (measured[:8] + 0.1, np.linspace(1.0, -2.0, 5)), {"argnums": 0}),
    "sinusoid fit": (sinusoid_fit, (np.array([0.8, 2.9, 0.2]), t, measured), {"argnums": 0}),
    "goertzel": (goertzel, (measured[:8], 3), {}),
    "autocorrelation": (autocorrelation, (measured[:8],), {}),
    "dft by hand": (dft_by_hand, (measured[:6] + 0.2,), {}),
    "kalman likelihood": (kalman_loglik, (np.array([-1.5, -0.7]), measured[:6]), {"argnums": 0}),
    "scalar kalman": (scalar_kalman, (measured[:6], 0.1, 0.5), {}),
    "particle weights": (
        particle_weights,
        (np.array([0.8, -0.2]), measured[:4], np.random.default_rng(4).normal(size=(4, 6))),
        {"argnums": 0},
    ),
    "hidden markov model": (
        hidden_markov_forward,
        (np.array([[0.5, -0.2], [0.1, 0.4]]), np.array([[0.7, 0.3], [0.2, 0.8]]), np.array([0, 1, 1, 0, 1])),
        {},
    ),
    "adaptive filter": (lms_adaptive, (0.1, measured, np.roll(measured, 1)), {"argnums": 0}),
    "soft time warping": (soft_dtw, (measured[:4], measured[2:5]), {}),
    "upsampling": (upsample, (measured[:5],), {}),
    "envelope": (envelope, (measured[:6] + 0.2,), {}),
}
