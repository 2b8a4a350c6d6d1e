"""Filters on small pictures."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

picture = np.random.default_rng(5).uniform(0.1, 0.9, size=(4, 4))


def convolve2d(image, kernel):
    kh, kw = kernel.shape
    oh, ow = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    out = np.zeros((oh, ow))
    for i in range(oh):
        for j in range(ow):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out


def sobel_energy(image):
    gx = convolve2d(image, np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]))
    gy = convolve2d(image, np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]))
    return np.hypot(gx, gy).sum()


def total_variation(image, eps=1e-2):
    dx = image[:-1, 1:] - image[:-1, :-1]
    dy = image[1:, :-1] - image[:-1, :-1]
    return np.sqrt(dx**2 + dy**2 + eps**2).sum()


def denoise_objective(flat, noisy, weight=0.3):
    image = flat.reshape(noisy.shape)
    return 0.5 * np.sum((image - noisy) ** 2) + weight * total_variation(image)


def bilateral(image, sigma_s=1.0, sigma_r=0.3):
    h, w = image.shape
    out = np.empty_like(image)
    for i in range(h):
        for j in range(w):
            top, bottom = max(i - 1, 0), min(i + 2, h)
            left, right = max(j - 1, 0), min(j + 2, w)
            patch = image[top:bottom, left:right]
            yy, xx = np.mgrid[top:bottom, left:right]
            weight = np.exp(-((yy - i) ** 2 + (xx - j) ** 2) / (2 * sigma_s**2))
            weight = weight * np.exp(-((patch - image[i, j]) ** 2) / (2 * sigma_r**2))
            out[i, j] = (weight * patch).sum() / weight.sum()
    return out


def gaussian_blur(image, sigma):
    """Separable, on a padded copy."""
    k = np.exp(-0.5 * (np.arange(-1, 2) / sigma) ** 2)
    k /= k.sum()
    padded = np.pad(image, 1, mode="edge")
    rows = sum(k[d] * padded[:, d : d + image.shape[1]] for d in range(3))
    return sum(k[d] * rows[d : d + image.shape[0], :] for d in range(3))


def blur_by_windows(image, kernel):
    windows = sliding_window_view(image, kernel.shape)
    return np.einsum("ijkl,kl->ij", windows, kernel)


def diffuse(image, kappa=0.4, steps=2):
    """Perona and Malik's diffusion with an updated picture."""
    img = image.copy()
    for _ in range(steps):
        north = np.zeros_like(img)
        south = np.zeros_like(img)
        north[1:, :] = img[:-1, :] - img[1:, :]
        south[:-1, :] = img[1:, :] - img[:-1, :]
        img += 0.2 * (np.exp(-((north / kappa) ** 2)) * north + np.exp(-((south / kappa) ** 2)) * south)
    return img


def warp(image, shift):
    """Bilinear interpolation at shifted places."""
    h, w = image.shape
    total = 0.0
    for i in range(h - 1):
        for j in range(w - 1):
            y, x = i + shift[0], j + shift[1]
            i0, j0 = int(np.floor(y)), int(np.floor(x))
            fy, fx = y - i0, x - j0
            value = (
                (1 - fy) * (1 - fx) * image[i0, j0]
                + (1 - fy) * fx * image[i0, j0 + 1]
                + fy * (1 - fx) * image[i0 + 1, j0]
                + fy * fx * image[i0 + 1, j0 + 1]
            )
            total += value**2
    return total


def structural_similarity(a, b):
    c1, c2 = 0.01**2, 0.03**2
    cov = np.mean((a - a.mean()) * (b - b.mean()))
    return (
        (2 * a.mean() * b.mean() + c1)
        * (2 * cov + c2)
        / ((a.mean() ** 2 + b.mean() ** 2 + c1) * (a.var() + b.var() + c2))
    )


def image_moments(image):
    """Mass and centre, pixel by pixel."""
    mass = cy = cx = 0.0
    for (i, j), value in np.ndenumerate(image):
        mass += value
        cy += i * value
        cx += j * value
    return mass, cy / mass, cx / mass


def unsharp(image, amount):
    blurred = np.asarray(image, copy=True)
    blurred[1:-1, 1:-1] = (image[:-2, 1:-1] + image[2:, 1:-1] + image[1:-1, :-2] + image[1:-1, 2:]) / 4
    return image + amount * (image - blurred)


def gamma_and_contrast(image, gamma, gain):
    out = image**gamma
    out *= gain
    bright = out > 0.6
    out[bright] = 0.6 + 0.5 * np.tanh(out[bright] - 0.6)
    return out.mean(), out.std()


def median_of_rows(image):
    return np.array([np.median(row) for row in image])


box = np.array([[0.1, 0.2], [0.3, 0.4]])

PROGRAMS = {
    "convolution by loops": (convolve2d, (picture[:3, :3], box), {}),
    "sobel": (sobel_energy, (picture,), {}),
    "total variation": (total_variation, (picture[:3, :3],), {}),
    "denoising": (denoise_objective, (picture[:3, :3].ravel() + 0.1, picture[:3, :3]), {"argnums": 0}),
    "bilateral filter": (bilateral, (picture[:3, :3],), {}),
    "gaussian blur": (gaussian_blur, (picture[:3, :3], 0.8), {}),
    "blur by windows": (blur_by_windows, (picture[:3, :3], box), {}),
    "anisotropic diffusion": (diffuse, (picture[:3, :2],), {}),
    "warp": (warp, (picture, np.array([0.3, 0.6])), {"argnums": 0}),
    "structural similarity": (structural_similarity, (picture[:2], picture[2:]), {}),
    "image moments": (image_moments, (picture[:3, :3],), {}),
    "unsharp mask": (unsharp, (picture[:3, :3], 0.6), {}),
    "gamma and contrast": (gamma_and_contrast, (picture[:2, :2], 0.8, 1.1), {}),
    "median of rows": (median_of_rows, (picture[:3, :3],), {}),
}
