"""What columns of tables of labels are called."""

from __future__ import annotations

import re

FILE_HEADERS = frozenset(
    str.split(
        "file filename image imageid imagename imagepath imagefile images imagefilename img imgid imgname imgpath id "
        "name path filepath fname picture photo sample"
    )
)
"""The column of images, as `plain` has it."""
LABEL_HEADERS = (
    *str.split("label labels class target category groundtruth gt truelabel"),
    *str.split("labelid labelidx labelindex classid classidx classindex categoryid targetid"),
    *str.split("synset wnid wordnetid predictionstring classname labelname categoryname classlabel tag"),
)
"""The column of labels, the best name first."""
KAGGLE_LABELS = "predictionstring"
"""Kaggle's: a class and a box, again and again."""
_INDEX = re.compile(r"|index|unnamed:? ?[0-9]+|level_[0-9]+|\#", re.IGNORECASE)


def plain(header: str) -> str:
    """Letters of a header: `Image_ID` and `imageId` are one."""
    return re.sub(r"[\W\d_]+", "", header.casefold())


def is_index_header(header: str) -> bool:
    """Whether a column that counts the rows is called so, by pandas or R: often it is called nothing."""
    return _INDEX.fullmatch(header) is not None
