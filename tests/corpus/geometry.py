"""Areas, volumes, distances and alignments."""

import math
from itertools import combinations

import numpy as np
import numpy.linalg as la


def triangle_area(a, b, c):
    return 0.5 * la.norm(np.cross(b - a, c - a))


def heron(sides):
    a, b, c = sides
    s = (a + b + c) / 2
    return math.sqrt(s * (s - a) * (s - b) * (s - c))


def mesh_volume(vertices, faces):
    volume = 0
    for i, j, k in faces:
        volume += np.dot(vertices[i], np.cross(vertices[j], vertices[k])) / 6.0
    return abs(volume)


def mesh_normals(vertices, faces):
    """Area-weighted unit normals at the vertices."""
    normals = np.zeros_like(vertices)
    v0, v1, v2 = vertices[faces[:, 0]], vertices[faces[:, 1]], vertices[faces[:, 2]]
    face_normals = np.cross(v1 - v0, v2 - v0)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], face_normals)
    normals /= np.linalg.norm(normals, axis=1)[:, np.newaxis]
    return normals


def point_line_distance(p, a, b):
    direction = (b - a) / la.norm(b - a)
    offset = p - a
    return la.norm(offset - offset.dot(direction) * direction)


def segment_distance(p, a, b):
    ab = b - a
    s = max(0.0, min(1.0, np.dot(p - a, ab) / np.dot(ab, ab)))
    closest = a + s * ab
    return math.hypot(p[0] - closest[0], p[1] - closest[1])


def polygon_moments(xy):
    """Area, centroid and second moment of a simple polygon."""
    x, y = xy.T
    area = cx = cy = inertia = 0.0
    n = len(x)
    for i in range(n):
        j = (i + 1) % n
        cross = x[i] * y[j] - x[j] * y[i]
        area += cross / 2
        cx += (x[i] + x[j]) * cross / 6
        cy += (y[i] + y[j]) * cross / 6
        inertia += (x[i] ** 2 + x[i] * x[j] + x[j] ** 2) * cross / 12
    return np.array([area, cx / area, cy / area, inertia])


def shoelace(points):
    x, y = points[:, 0], points[:, 1]
    return 0.5 * np.abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))


def procrustes(A, B):
    """The distance of two shapes after the best rotation."""
    A = A - A.mean(axis=0)
    B = B - B.mean(axis=0)
    U, s, Vt = np.linalg.svd(A.T @ B)
    d = np.sign(np.linalg.det(U @ Vt))
    D = np.diag([1.0] * (len(s) - 1) + [d])
    R = U @ D @ Vt
    return np.sum((A @ R - B) ** 2)


def great_circle(lat1, lon1, lat2, lon2, radius=6371.0):
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    dphi, dlam = phi2 - phi1, math.radians(lon2 - lon1)
    h = math.sin(dphi / 2) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(dlam / 2) ** 2
    return 2 * radius * math.asin(math.sqrt(h))


def circle_residuals(params, points):
    xc, yc, r = params
    fvec = []
    for px, py in points:
        fvec.append(math.sqrt((px - xc) ** 2 + (py - yc) ** 2) - r)
    return np.array(fvec)


def ellipse_axes(conic):
    """The half axes of a conic section from its coefficients."""
    A = np.empty((2, 2))
    A[0, 0], A[1, 1] = conic[0], conic[2]
    A[0, 1] = A[1, 0] = conic[1] / 2
    b = np.asarray(conic[3:5])
    centre = -0.5 * np.linalg.solve(A, b)
    level = centre @ A @ centre + b @ centre + conic[5]
    return np.sqrt(-level / np.linalg.eigvalsh(A))


def bezier(control, s=0.3):
    """De Casteljau's scheme in place."""
    points = np.array(control, dtype=float)
    while len(points) > 1:
        points = (1 - s) * points[:-1] + s * points[1:]
    return points[0]


def bezier_length(control, samples=9):
    curve = np.stack([bezier(control, s) for s in np.linspace(0, 1, samples)])
    return sum(la.norm(q - p) for p, q in zip(curve[:-1], curve[1:]))


def total_distance(points):
    return sum(math.dist(p, q) for p, q in combinations(points, 2))


def bounding_box_overlap(boxes):
    """Intersection over union of two boxes (x0, y0, x1, y1)."""
    a, b = boxes
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    inter = width * height
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter
    return inter / union


def curvature(path):
    d1 = np.gradient(path, axis=0)
    d2 = np.gradient(d1, axis=0)
    cross = d1[:, 0] * d2[:, 1] - d1[:, 1] * d2[:, 0]
    return np.sum(cross**2 / np.sum(d1**2, axis=1) ** 3)


def nearest_crossing(ray_angle, segments):
    """Where a ray from the origin first meets a wall; parallel walls are left out."""
    direction = np.array([math.cos(ray_angle), math.sin(ray_angle)])
    best = float("inf")
    for p, q in segments:
        try:
            t, s = np.linalg.solve(np.column_stack([direction, p - q]), p)
        except np.linalg.LinAlgError:
            continue
        if t > 0 and 0 <= s <= 1:
            best = min(best, t)
    return best


def barycentric(point, triangle):
    T = np.ones((3, 3))
    T[:2, :] = np.transpose(triangle)
    return np.linalg.solve(T, np.append(point, 1.0))


def smallest_angle(points):
    angles = []
    for i in range(3):
        u = points[(i + 1) % 3] - points[i]
        v = points[(i + 2) % 3] - points[i]
        cosine = u @ v / (la.norm(u) * la.norm(v))
        angles.append(np.arccos(np.clip(cosine, -1.0, 1.0)))
    return min(angles)


polygon = np.array([[0.0, 0.1], [2.0, 0.0], [2.3, 1.5], [1.0, 2.2], [-0.2, 1.1]])
tetrahedron = np.array([[0.1, 0.0, 0.0], [1.0, 0.2, 0.1], [0.2, 1.1, 0.0], [0.1, 0.3, 0.9]])
faces = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])

PROGRAMS = {
    "triangle area": (triangle_area, tuple(tetrahedron[:3]), {}),
    "heron": (heron, (np.array([2.0, 2.5, 3.1]),), {}),
    "mesh volume": (mesh_volume, (tetrahedron, faces), {}),
    "mesh normals": (mesh_normals, (tetrahedron, faces), {}),
    "point to line": (point_line_distance, (np.array([0.3, 1.0, 0.2]), tetrahedron[0], tetrahedron[1]), {}),
    "point to segment": (segment_distance, (np.array([0.7, 1.3]), polygon[0], polygon[1]), {}),
    "polygon moments": (polygon_moments, (polygon,), {}),
    "shoelace": (shoelace, (polygon,), {}),
    "procrustes": (procrustes, (polygon[:4], polygon[1:] @ np.array([[0.8, -0.6], [0.6, 0.8]]) + 0.3), {"argnums": 0}),
    "great circle": (great_circle, (48.1, 11.6, 40.7, -74.0), {}),
    "circle fit": (circle_residuals, (np.array([1.0, 1.0, 1.2]), polygon), {"argnums": 0}),
    "ellipse axes": (ellipse_axes, (np.array([2.0, 0.5, 1.2, -0.4, 0.3, -1.0]),), {}),
    "bezier": (bezier, (polygon[:4],), {}),
    "bezier length": (bezier_length, (polygon[:4],), {}),
    "total distance": (total_distance, (tetrahedron,), {}),
    "box overlap": (bounding_box_overlap, (np.array([[0.0, 0.1, 2.0, 1.5], [0.5, 0.3, 2.4, 1.9]]),), {}),
    "curvature": (curvature, (polygon,), {}),
    "ray and walls": (nearest_crossing, (0.7, [(polygon[1], polygon[2]), (polygon[2], polygon[3])]), {}),
    "barycentric coordinates": (barycentric, (np.array([1.0, 0.6]), polygon[:3]), {}),
    "smallest angle": (smallest_angle, (polygon[:3],), {}),
}
