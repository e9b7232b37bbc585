"""Tiny datasets in every layout, made from scratch: three classes of small real JPEG files, and arrays of noise."""

from __future__ import annotations

import gzip
import io
import pickle
import tarfile
from pathlib import Path

import numpy as np

from tests.photos import write_photos

SYNSETS = ["n01", "n02", "n10"]


def photos(folder: Path, per_class: int = 2) -> dict[str, tuple[bytes, int]]:
    """Bytes and label by ImageNet's kind of file name."""
    root = write_photos(folder, SYNSETS, per_class=per_class) / "val"
    files = [(path, label) for label, name in enumerate(SYNSETS) for path in sorted((root / name).iterdir())]
    # Names in another order than classes, as in the real set.
    files = files[::2] + files[1::2]
    return {
        f"ILSVRC2012_val_{number:08}.JPEG": (path.read_bytes(), label)
        for number, (path, label) in enumerate(files, start=1)
    }


def write_flat(folder: Path, images: dict[str, tuple[bytes, int]], *, synsets: bool = True) -> Path:
    """`val/<image>` and `val_map.txt`."""
    (folder / "val").mkdir(parents=True)
    lines = []
    for name, (data, label) in images.items():
        (folder / "val" / name).write_bytes(data)
        lines.append(f"{name} {SYNSETS[label] if synsets else label}\n")
    (folder / "val_map.txt").write_text("".join(lines))
    return folder


def write_folders(folder: Path, images: dict[str, tuple[bytes, int]]) -> Path:
    for name, (data, label) in images.items():
        path = folder / "val" / SYNSETS[label] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def tar_bytes(files: dict[str, bytes], format_: int = tarfile.USTAR_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format_) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def write_tar(folder: Path, images: dict[str, tuple[bytes, int]], *, folders: bool = False) -> Path:
    """ILSVRC2012_img_val.tar: flat with a file of labels beside it, or with `val/<class>/`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "ILSVRC2012_img_val.tar"
    prefix = {name: f"val/{SYNSETS[label]}/" if folders else "" for name, (_, label) in images.items()}
    path.write_bytes(tar_bytes({prefix[name] + name: data for name, (data, _) in images.items()}))
    if not folders:
        (folder / "val.txt").write_text("".join(f"{name} {label}\n" for name, (_, label) in images.items()))
    return path


def write_parquet(folder: Path, images: dict[str, tuple[bytes, int]], shards: int = 2, **options) -> Path:
    """`data/validation-*.parquet` as the datasets library lays it out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / "data").mkdir(parents=True)
    rows = list(images.items())
    for shard in range(shards):
        part = rows[shard * len(rows) // shards : (shard + 1) * len(rows) // shards]
        table = pa.table(
            {
                "image": pa.array([{"bytes": data, "path": name} for name, (data, _) in part]),
                "label": pa.array([label for _, (_, label) in part], pa.int64()),
            }
        )
        path = folder / "data" / f"validation-{shard:05}-of-{shards:05}.parquet"
        pq.write_table(table, path, row_group_size=2, **options)
    return folder


def pixels(count: int, channels: int = 3, side: int = 32):
    """uint8 (count, side, side, channels)."""
    return np.random.default_rng(1).integers(0, 256, (count, side, side, channels), dtype=np.uint8)


def cifar_files(images, labels: list[int], kind: str) -> dict[str, bytes]:
    """The test file of a form of CIFAR, and what lies beside it, by name in the archive."""
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    if kind.endswith("python"):
        key = "labels" if "100" not in kind else "fine_labels"
        batch = {"data": np.ascontiguousarray(planes), key: labels, "filenames": [f"{n}.png" for n in labels]}
        data = pickle.dumps({k.encode(): v for k, v in batch.items()}, protocol=2)
    else:
        before = [[0, label] if "100" in kind else [label] for label in labels]
        data = b"".join(bytes(b) + row.tobytes() for b, row in zip(before, planes, strict=True))
    return {
        "cifar-10-python": {"cifar-10-batches-py/batches.meta": b"x", "cifar-10-batches-py/test_batch": data},
        "cifar-10-binary": {"cifar-10-batches-bin/test_batch.bin": data},
        "cifar-100-python": {"cifar-100-python/train": b"x", "cifar-100-python/test": data},
        "cifar-100-binary": {"cifar-100-binary/test.bin": data},
    }[kind]


def write_cifar(folder: Path, images, labels: list[int], kind: str, *, archive: bool = False) -> Path:
    files = cifar_files(images, labels, kind)
    folder.mkdir(parents=True, exist_ok=True)
    if archive:
        path = folder / f"{kind}.tar.gz"
        path.write_bytes(gzip.compress(tar_bytes(files, tarfile.GNU_FORMAT)))
        return path
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def idx(array) -> bytes:
    return bytes((0, 0, 8, array.ndim)) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


def write_mnist(folder: Path, images, labels: list[int], *, zipped: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    files = {"t10k-images-idx3-ubyte": images[..., 0], "t10k-labels-idx1-ubyte": np.array(labels, np.uint8)}
    for name, array in files.items():
        data = idx(array)
        (folder / f"{name}{'.gz' if zipped else ''}").write_bytes(gzip.compress(data) if zipped else data)
    return folder
