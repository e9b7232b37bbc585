"""Small folders of real photographs: crops of the two that scikit-learn ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def write_photos(root: Path, classes: list[str], per_class: int) -> Path:
    """`root/val/<class>/<n>.JPEG`, crops of many sizes and aspect ratios."""
    from PIL import Image
    from sklearn.datasets import load_sample_images

    photographs = load_sample_images().images
    random = np.random.default_rng(0)
    for name in classes:
        folder = root / "val" / name
        folder.mkdir(parents=True)
        for number in range(per_class):
            photograph = photographs[random.integers(2)]
            height, width = random.integers(100, 400, 2)
            top, left = random.integers(photograph.shape[0] - height), random.integers(photograph.shape[1] - width)
            crop = Image.fromarray(photograph[top : top + height, left : left + width])
            crop.save(folder / f"{number:03}.JPEG", quality=90)
    return root
