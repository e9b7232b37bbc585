"""What columns of tables of labels are called."""

from __future__ import annotations

import re

from hubtool.data.splitnames import TEST, TRAINING, VALIDATION

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
PREDICTED_HEADERS = frozenset(
    str.split("prediction predictions pred preds predicted predictedlabel predictedclass predlabel predclass")
)
"""Columns of answers: they are no labels."""
SPLIT_HEADERS = frozenset(str.split("split splits splitname datasplit subset partition fold traintest traintestsplit"))
"""The column that says which split a row is of."""
SPLIT_FLAGS = {
    **dict.fromkeys(("istrain", "istraining", "istrainingimage", "train", "training"), TRAINING),
    **dict.fromkeys(("isval", "isvalid", "isvalidation", "val", "valid", "validation"), VALIDATION),
    **dict.fromkeys(("istest", "istesting", "test", "testing"), TEST),
}
"""Columns that say of one split whether a row is of it."""
KAGGLE_LABELS = "predictionstring"
"""Kaggle's: a class and a box, again and again."""
_INDEX = re.compile(r"|index|unnamed:? ?[0-9]+|level_[0-9]+|\#", re.IGNORECASE)


def plain(header: str) -> str:
    """Letters of a header: `Image_ID` and `imageId` are one."""
    return re.sub(r"[\W\d_]+", "", header.casefold())


def is_index_header(header: str) -> bool:
    """Whether a column that counts the rows is called so, by pandas or R: often it is called nothing."""
    return _INDEX.fullmatch(header) is not None
