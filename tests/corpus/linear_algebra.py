"""Algorithms of linear algebra, written out."""

import math

import numpy as np

A3 = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 2.0]])
b3 = np.array([1.0, -0.5, 0.7])
G3 = np.array([[0.2, 1.5, -0.7], [2.0, 0.3, 0.6], [-0.4, 0.9, 1.1]])


def conjugate_gradient(A, b, tol=1e-12):
    x = np.zeros_like(b)
    r = b - A @ x
    p = r.copy()
    rs = r @ r
    for _ in range(len(b)):
        Ap = A @ p
        alpha = rs / (p @ Ap)
        x += alpha * p
        r -= alpha * Ap
        new = r @ r
        if math.sqrt(new) < tol:
            break
        p = r + new / rs * p
        rs = new
    return x


def power_iteration(A, rounds=60):
    v = np.ones(A.shape[0])
    for _ in range(rounds):
        v = A.dot(v)
        v /= np.linalg.norm(v)
    return v @ A @ v


def qr_iteration(A, rounds=4):
    T = A.copy()
    for _ in range(rounds):
        Q, R = np.linalg.qr(T)
        T = R @ Q
    return np.diag(T)


def gram_schmidt(A):
    Q = np.zeros(A.shape)
    for j in range(A.shape[1]):
        v = A[:, j].copy()
        for i in range(j):
            v -= (Q[:, i] @ A[:, j]) * Q[:, i]
        Q[:, j] = v / np.linalg.norm(v)
    return Q


def gauss_elimination(A, b):
    """In place, with rows swapped at the pivots."""
    A = np.array(A, dtype=float)
    b = np.array(b, dtype=float)
    n = len(b)
    for k in range(n):
        pivot = k + np.argmax(np.abs(A[k:, k]))
        if pivot != k:
            A[[k, pivot]] = A[[pivot, k]]
            b[[k, pivot]] = b[[pivot, k]]
        for i in range(k + 1, n):
            factor = A[i, k] / A[k, k]
            A[i, k:] -= factor * A[k, k:]
            b[i] -= factor * b[k]
    x = np.zeros(n)
    for i in reversed(range(n)):
        x[i] = (b[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x


def determinant_by_minors(M):
    if len(M) == 1:
        return M[0][0]
    total = 0
    for j in range(len(M)):
        minor = [[row[k] for k in range(len(M)) if k != j] for row in M[1:]]
        total += (-1) ** j * M[0][j] * determinant_by_minors(minor)
    return total


def determinant_of_lists(M):
    return determinant_by_minors(M.tolist())


def cholesky_by_hand(A):
    n = A.shape[0]
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = sum(L[i, k] * L[j, k] for k in range(j))
            if i == j:
                L[i, i] = math.sqrt(A[i, i] - s)
            else:
                L[i, j] = (A[i, j] - s) / L[j, j]
    return L


def lu_logdet(A):
    """Doolittle's factors inside one array."""
    LU = A.copy()
    n = len(LU)
    for k in range(n - 1):
        LU[k + 1 :, k] /= LU[k, k]
        LU[k + 1 :, k + 1 :] -= np.outer(LU[k + 1 :, k], LU[k, k + 1 :])
    return np.sum(np.log(np.abs(np.diagonal(LU))))


def thomas(lower, diag, upper, rhs):
    """Tridiagonal systems; works on copies, as the sweep overwrites."""
    n = len(diag)
    d, r = np.array(diag), np.array(rhs)
    for i in range(1, n):
        w = lower[i - 1] / d[i - 1]
        d[i] -= w * upper[i - 1]
        r[i] -= w * r[i - 1]
    x = np.empty(n)
    x[-1] = r[-1] / d[-1]
    for i in range(n - 2, -1, -1):
        x[i] = (r[i] - upper[i] * x[i + 1]) / d[i]
    return x


def jacobi_eigenvalues(A, sweeps=3):
    """Rotations that kill one entry after the other."""
    A = np.array(A)
    n = len(A)
    for _ in range(sweeps):
        for p in range(n - 1):
            for q in range(p + 1, n):
                if A[p, q] == 0:
                    continue
                theta = 0.5 * math.atan2(2 * A[p, q], A[q, q] - A[p, p])
                J = np.eye(n)
                J[p, p] = J[q, q] = math.cos(theta)
                J[p, q] = math.sin(theta)
                J[q, p] = -math.sin(theta)
                A = J.T @ A @ J
    return np.sort(np.diag(A))


def matrix_exponential(A, terms=12):
    result = np.eye(len(A))
    term = np.eye(len(A))
    for k in range(1, terms):
        term = term @ A / k
        result += term
    return result


def newton_schulz_inverse(A, rounds=8):
    X = A.T / (np.linalg.norm(A, 1) * np.linalg.norm(A, np.inf))
    for _ in range(rounds):
        X = 2 * X - X @ A @ X
    return X


def least_squares(A, b, ridge=0.0):
    coefficients = np.linalg.solve(A.T @ A + ridge * np.eye(A.shape[1]), A.T.dot(b))
    residual = b - A @ coefficients
    return coefficients, residual @ residual


def householder(A):
    """The triangular factor, with reflections written over a copy."""
    R = A.copy()
    m, n = R.shape
    for k in range(min(m - 1, n)):
        x = R[k:, k]
        v = x.copy()
        v[0] += np.copysign(np.linalg.norm(x), x[0])
        v = v / np.linalg.norm(v)
        R[k:, k:] -= 2 * np.outer(v, v @ R[k:, k:])
    return np.triu(R)


def vandermonde_fit(x, y):
    V = np.vander(x, 3)
    return np.linalg.lstsq(V, y, rcond=None)[0]


def kronecker_sum_norm(A, B):
    K = np.kron(A, np.eye(len(B))) + np.kron(np.eye(len(A)), B)
    return np.linalg.norm(K, "fro") + np.linalg.norm(K @ np.ones(len(K)), 2)


def gershgorin_radius(A):
    radii = []
    for i in range(len(A)):
        radii.append(sum(abs(A[i, j]) for j in range(len(A)) if j != i))
    return max(radii) + np.trace(A)


PROGRAMS = {
    "conjugate gradient": (conjugate_gradient, (A3, b3), {}),
    "power iteration": (power_iteration, (A3,), {}),
    "qr iteration": (qr_iteration, (A3,), {}),
    "gram-schmidt": (gram_schmidt, (G3,), {}),
    "gauss elimination": (gauss_elimination, (G3, b3), {}),
    "determinant by minors": (determinant_by_minors, (G3,), {}),
    "determinant of lists": (determinant_of_lists, (G3,), {}),
    "cholesky by hand": (cholesky_by_hand, (A3,), {}),
    "lu in place": (lu_logdet, (A3,), {}),
    "thomas": (thomas, (np.array([0.3, -0.4]), np.array([2.0, 2.5, 1.8]), np.array([0.5, 0.1]), b3), {}),
    "jacobi rotations": (jacobi_eigenvalues, (A3,), {}),
    "matrix exponential": (matrix_exponential, (0.3 * G3,), {}),
    "newton-schulz": (newton_schulz_inverse, (A3[:2, :2],), {}),
    "least squares": (least_squares, (np.array([[1.0, 0.2], [0.9, -0.5], [0.1, 1.4]]), b3), {"ridge": 0.1}),
    "householder": (householder, (G3,), {}),
    "polynomial fit": (vandermonde_fit, (np.array([0.0, 0.5, 1.2, 1.9]), np.array([1.0, 0.4, 0.3, 1.1])), {}),
    "kronecker sum": (kronecker_sum_norm, (G3[:2, :2], A3[:2, :2]), {}),
    "gershgorin": (gershgorin_radius, (G3,), {}),
}
