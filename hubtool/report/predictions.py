"""What changed from one file of predictions to another, for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from hubtool.evaluation.compare import Difference
from hubtool.evaluation.predictions import Prediction
from hubtool.lint.formats.characters import visible
from hubtool.words import counted


def difference_view(found: Difference) -> Iterator[Table | Text]:
    """The images that changed, what is in one file only, and the move of the accuracies."""
    if not found.images:
        yield Text(_nothing_in_common(found))
        return
    if found.by_file_name:
        yield Text("no path is in both files: images are compared by their file names, without folders")
    if found.changed:
        table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim")
        for heading in ("image", "label", "A's best classes", "B's best classes"):
            table.add_column(heading)
        for a, b in found.changed:
            labels = str(a.label) if a.label == b.label else f"{a.label} -> {b.label}"
            table.add_row(Text(visible(a.image)), labels, _best(a), _best(b))
        yield table
        yield Text()
    for name, images in (("A", found.only_a), ("B", found.only_b)):
        for image in images:
            yield Text(f"only in {name}: {visible(image)}")
    yield Text(
        f"{counted(found.images, 'image')} in both: {len(found.changed):,} changed, {found.other_best:,} of them in "
        f"their best class; {found.became_right:,} became right, {found.became_wrong:,} became wrong"
    )
    for k, move in found.moves.items():
        yield Text(f"top-{k} {move.before:.2f} -> {move.after:.2f} ({move.points:+.2f} points)")


def _nothing_in_common(found: Difference) -> str:
    if not found.only_a and not found.only_b:
        return "nothing to compare: neither file has a prediction"
    numbers = f"no image of A ({len(found.only_a):,}) is in B ({len(found.only_b):,})"
    return f"nothing to compare: {numbers}, the datasets, or what was drawn from them, differ"


def _best(prediction: Prediction) -> Text:
    """The five classes, the best in green if it is right and in red if it is wrong."""
    first, rest = prediction.best[:1], prediction.best[1:]
    style = "green" if prediction.is_correct(1) else "red"
    return Text.assemble((" ".join(map(str, first)), style), "".join(f" {number}" for number in rest))
