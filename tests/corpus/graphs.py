"""Functions of weighted graphs."""

import collections
import itertools

import numpy as np

EDGES = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]


def laplacian(weights, n=4):
    L = np.zeros((n, n))
    for (i, j), w in zip(EDGES, weights):
        L[i, j] -= w
        L[j, i] -= w
        L[i, i] += w
        L[j, j] += w
    return L


def smoothness(weights, signal):
    return signal @ laplacian(weights) @ signal


def spectral_gap(weights):
    values = np.linalg.eigvalsh(laplacian(weights))
    return values[1] / values[-1]


def spanning_trees(weights):
    """Kirchhoff's theorem."""
    return np.linalg.det(laplacian(weights)[1:, 1:])


def effective_resistance(weights, s=0, t=3):
    L_plus = np.linalg.pinv(laplacian(weights))
    e = np.zeros(len(L_plus))
    e[s], e[t] = 1, -1
    return e @ L_plus @ e


def pagerank(A, damping=0.85):
    n = A.shape[0]
    P = A / A.sum(axis=1, keepdims=True)
    rank = np.ones(n) / n
    while True:
        new = (1 - damping) / n + damping * rank @ P
        if np.linalg.norm(new - rank, 1) < 1e-14:
            return new
        rank = new


def shortest_path(weights):
    """Bellman and Ford on a dict of distances."""
    dist = {node: float("inf") for node in range(4)}
    dist[0] = 0.0
    for _ in range(3):
        for (i, j), w in zip(EDGES, weights):
            for a, b in ((i, j), (j, i)):
                if dist[a] + w < dist[b]:
                    dist[b] = dist[a] + w
    return [dist[node] for node in range(1, 4)]


def floyd_warshall(weights):
    D = np.full((4, 4), 1e3)
    np.fill_diagonal(D, 0)
    for (i, j), w in zip(EDGES, weights):
        D[i, j] = D[j, i] = w
    for k in range(4):
        D = np.minimum(D, D[:, k][:, None] + D[k, :][None, :])
    return D.sum()


def label_propagation(weights, labels):
    """Values at the unlabelled nodes by solving with blocks."""
    L = laplacian(weights)
    known, unknown = [0, 1], [2, 3]
    return np.linalg.solve(L[np.ix_(unknown, unknown)], -L[np.ix_(unknown, known)] @ labels)


def graph_convolution(features, W, weights):
    A = np.eye(4)
    for (i, j), w in zip(EDGES, weights):
        A[i, j] = w
        A[j, i] = w
    d = A.sum(1)
    D = np.diag(1 / np.sqrt(d))
    return np.maximum(D @ A @ D @ features @ W, 0).sum(axis=0)


def message_passing(x, senders, receivers):
    messages = np.tanh(x[senders] * x[receivers])
    out = np.zeros_like(x)
    np.add.at(out, receivers, messages)
    degree = collections.Counter(receivers.tolist())
    for node, number in degree.items():
        out[node] /= number
    return x + out


def cut_relaxation(x, weights):
    total = 0
    for (i, j), w in zip(EDGES, weights):
        total += w * (1 - np.cos(x[i] - x[j])) / 2
    for i, j, k in itertools.combinations(range(4), 3):
        total += 0.01 * np.sin(x[i] + x[j] - x[k])
    return total


def stress(layout, distances):
    """The stress of a drawing of a graph."""
    pos = np.reshape(layout, (-1, 2))
    return sum((np.linalg.norm(pos[i] - pos[j]) - d) ** 2 / d**2 for (i, j), d in distances.items())


weights = np.array([1.0, 0.7, 1.25, 0.4, 0.9])
links = np.array([[0.0, 1.0, 0.5], [0.8, 0.0, 0.2], [0.3, 0.9, 0.0]])
places = np.array([0.0, 0.1, 1.1, 0.0, 0.9, 1.2, -0.1, 0.8])

PROGRAMS = {
    "smoothness": (smoothness, (weights, np.array([0.3, -0.5, 1.0, 0.2])), {}),
    "spectral gap": (spectral_gap, (weights,), {}),
    "spanning trees": (spanning_trees, (weights,), {}),
    "effective resistance": (effective_resistance, (weights,), {}),
    "pagerank": (pagerank, (links,), {"damping": 0.5}),
    "bellman-ford": (shortest_path, (weights,), {}),
    "floyd-warshall": (floyd_warshall, (weights,), {}),
    "label propagation": (label_propagation, (weights, np.array([1.0, -1.0])), {}),
    "graph convolution": (
        graph_convolution,
        (np.array([[0.1, 0.5], [-0.3, 0.8], [0.7, 0.2], [0.4, -0.6]]), np.array([[0.5, -0.2], [0.3, 0.9]]), weights),
        {"argnums": (1, 2)},
    ),
    "message passing": (
        message_passing,
        (np.array([0.4, -0.8, 1.1, 0.3]), np.array([0, 1, 2, 3, 0]), np.array([1, 2, 3, 0, 2])),
        {},
    ),
    "cut relaxation": (cut_relaxation, (np.array([0.2, 1.4, -0.6, 2.0]), weights), {}),
    "graph drawing": (stress, (places, dict(zip(EDGES, [1.0, 1.2, 0.9, 0.8, 1.4]))), {"argnums": 0}),
}
