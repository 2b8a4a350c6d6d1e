"""Losses and layers of machine learning."""

from collections import namedtuple

import numpy as np
from scipy.special import log_softmax, softmax

rng = np.random.default_rng(7)


def init_params(sizes, scale=0.5, rng=rng):
    return [{"W": scale * rng.normal(size=(m, n)), "b": np.zeros(n)} for m, n in zip(sizes[:-1], sizes[1:])]


def mlp(params, x):
    *hidden, last = params
    for layer in hidden:
        x = np.tanh(x @ layer["W"] + layer["b"])
    return x @ last["W"] + last["b"]


def cross_entropy(params, x, labels):
    logits = mlp(params, x)
    logits = logits - np.max(logits, axis=1, keepdims=True)
    log_probs = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    return -np.mean(log_probs[np.arange(len(labels)), labels])


def softmax_by_rows(logits, labels):
    """The loss sample by sample, with the largest logit taken off."""
    losses = np.zeros(len(labels))
    for i, (row, label) in enumerate(zip(logits, labels)):
        e = np.exp(row - max(row))
        losses[i] = -np.log(e[label] / e.sum())
    return losses.mean()


def scipy_cross_entropy(W, X, labels):
    return -log_softmax(X @ W, axis=1)[np.arange(len(labels)), labels].sum()


def attention(Q, K, V):
    scores = Q @ K.T / np.sqrt(K.shape[-1])
    mask = np.tril(np.ones_like(scores)) == 0
    scores[mask] = -1e9
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights @ V


def multi_head(x, Wq, Wk, heads=2):
    n, d = x.shape
    split = lambda W: (x @ W).reshape(n, heads, d // heads).transpose(1, 0, 2)
    q, k = split(Wq), split(Wk)
    weights = softmax(np.einsum("hid,hjd->hij", q, k), axis=-1)
    return np.swapaxes(weights @ split(Wq), 0, 1).reshape(n, d).mean(axis=0)


def batch_norm(x, gamma, beta, eps=1e-5):
    mean = x.mean(axis=0)
    var = x.var(axis=0)
    return np.mean((gamma * (x - mean) / np.sqrt(var + eps) + beta) ** 3)


LSTMState = namedtuple("LSTMState", "h c")


def sigmoid(x):
    if isinstance(x, (int, float)):
        return 1 / (1 + np.exp(-x))
    out = np.empty_like(x)
    positive = x >= 0
    out[positive] = 1 / (1 + np.exp(-x[positive]))
    e = np.exp(x[~positive])
    out[~positive] = e / (1 + e)
    return out


def lstm_cell(W, x, state):
    z = np.concatenate([x, state.h, [1.0]]) @ W
    i, f, o, g = np.split(z, 4)
    c = sigmoid(f) * state.c + sigmoid(i) * np.tanh(g)
    return LSTMState(sigmoid(o) * np.tanh(c), c)


def lstm_loss(W, sequence, target):
    hidden = W.shape[1] // 4
    state = LSTMState(np.zeros(hidden), np.zeros(hidden))
    for x in sequence:
        state = lstm_cell(W, np.atleast_1d(x), state)
    return np.sum((state.h - target) ** 2)


def soft_kmeans(centres, points, beta=2.0):
    d2 = np.sum((points[:, None, :] - centres[None, :, :]) ** 2, axis=2)
    assignment = np.exp(-beta * d2)
    assignment /= assignment.sum(axis=1)[:, None]
    return np.sum(assignment * d2)


def im2col(image, size):
    patches = np.lib.stride_tricks.sliding_window_view(image, (size, size))
    return patches.reshape(-1, size * size)


def cnn(params, image):
    kernels, dense = params["kernels"], params["dense"]
    columns = im2col(image, 2)
    features = np.maximum(columns @ kernels.reshape(len(kernels), -1).T, 0)
    pooled = features.reshape(2, 2, -1).max(axis=(0, 1))
    return pooled @ dense


class LogisticModel:
    def __init__(self, n_features, l2=0.1):
        self.w = np.zeros(n_features)
        self.b = 0.0
        self.l2 = l2

    def set_params(self, theta):
        self.w[:] = theta[:-1]
        self.b = theta[-1]
        return self

    def decision(self, X):
        return X.dot(self.w) + self.b

    def loss(self, X, y):
        margin = y * self.decision(X)
        return np.logaddexp(0, -margin).mean() + self.l2 * np.sum(self.w**2)


def logistic_model_loss(theta, X, y):
    return LogisticModel(X.shape[1]).set_params(theta).loss(X, y)


class Linear:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def __call__(self, x):
        return x @ self.W + self.b


class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def relu(x):
    return x * (x > 0)


def sequential_loss(flat, X, y):
    """The weights come as one vector and are cut to pieces."""
    shapes = [(2, 3), (3,), (3, 1), (1,)]
    pieces, start = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        pieces.append(flat[start : start + size].reshape(shape))
        start += size
    net = Sequential(Linear(*pieces[:2]), relu, Linear(*pieces[2:]))
    return ((net(X).squeeze() - y) ** 2).mean()


def variational_bound(mean, log_sd, noise):
    z = mean + np.exp(log_sd) * noise
    log_joint = np.sum(-0.5 * z**2 - 0.5 * (1.0 - z.sum(axis=-1, keepdims=True)) ** 2, axis=-1)
    entropy = np.sum(log_sd)
    return np.mean(log_joint) + entropy


def triplet_loss(embedding, triplets, margin=0.5):
    loss = 0.0
    for a, p, n in triplets:
        positive = np.linalg.norm(embedding[a] - embedding[p])
        negative = np.linalg.norm(embedding[a] - embedding[n])
        loss += max(0, positive - negative + margin)
    return loss / len(triplets)


def matrix_factorisation(U, V, ratings):
    error = 0
    for (user, item), rating in ratings.items():
        error += (rating - U[user].dot(V[item])) ** 2
    return error + 0.05 * (np.linalg.norm(U) ** 2 + np.linalg.norm(V) ** 2)


def adam_steps(params, grads):
    """Three updates with running moments in place."""
    m = np.zeros_like(params)
    v = np.zeros_like(params)
    p = params.copy()
    for t, g in enumerate(grads, start=1):
        m *= 0.9
        m += 0.1 * g
        v *= 0.99
        v += 0.01 * g**2
        p -= 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
    return p


def embedding_bag(table, tokens):
    total = np.zeros(table.shape[1])
    for token in tokens:
        total += table[token]
    total /= np.linalg.norm(total)
    return total


points = rng.normal(size=(5, 2))
labels = np.array([0, 1, 1, 0, 1])

PROGRAMS = {
    "mlp": (cross_entropy, (init_params([2, 2, 2]), points, labels), {"argnums": 0}),
    "softmax by rows": (softmax_by_rows, (rng.normal(size=(3, 3)), np.array([2, 0, 1])), {}),
    "cross entropy by scipy": (scipy_cross_entropy, (rng.normal(size=(2, 2)), points, labels), {"argnums": 0}),
    "attention": (attention, tuple(rng.normal(size=(3, 3, 2))), {}),
    "multi-head attention": (
        multi_head,
        (rng.normal(size=(2, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 4))),
        {"argnums": 0},
    ),
    "batch norm": (batch_norm, (points, np.array([1.2, 0.7]), np.array([0.1, -0.3])), {}),
    "lstm": (lstm_loss, (0.4 * rng.normal(size=(3, 4)), np.array([0.5, -0.8, 1.0]), np.array([0.2])), {"argnums": 0}),
    "soft k-means": (soft_kmeans, (np.array([[0.5, 0.1], [-0.6, 0.4]]), points), {"argnums": 0}),
    "convolutional network": (
        cnn,
        ({"kernels": rng.normal(size=(2, 2, 2)), "dense": np.array([0.7, -0.4])}, rng.normal(size=(3, 3))),
        {"argnums": 0},
    ),
    "logistic model class": (logistic_model_loss, (np.array([0.3, -0.5, 0.1]), points, 2 * labels - 1), {"argnums": 0}),
    "sequential network": (sequential_loss, (rng.normal(size=13), points, np.arange(5.0)), {"argnums": 0}),
    "variational bound": (
        variational_bound,
        (np.array([0.2, -0.4]), np.array([-0.5, 0.1]), rng.normal(size=(6, 2))),
        {"argnums": (0, 1)},
    ),
    "triplet loss": (triplet_loss, (points[:4], [(0, 1, 2), (1, 2, 3), (3, 0, 1)]), {}),
    "matrix factorisation": (
        matrix_factorisation,
        (points[:2], points[2:4], {(0, 0): 1.0, (1, 0): -0.5, (1, 1): 2.0}),
        {"argnums": (0, 1)},
    ),
    "adam": (adam_steps, (np.array([0.5, -0.2]), np.array([[0.3, 0.8], [-0.4, 0.6], [0.2, -0.9]])), {}),
    "embedding bag": (embedding_bag, (points, [0, 3, 3, 1]), {}),
}
