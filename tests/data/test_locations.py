from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.card.names import name_key
from hubtool.data.locations import DataLocations, locations_from
from hubtool.errors import NotFound, UsageProblem
from hubtool.lint.config import load_config

CLAIMED = ["ImageNet-2012", "CIFAR-10"]


def found(folder: Path, *given: str, claimed=CLAIMED, **environment: str) -> DataLocations:
    return locations_from(given, None, claimed, environment=environment, folder=folder)


def test_the_option_goes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    for name in ("option", "variable", "file"):
        (tmp_path / name).mkdir()
    (tmp_path / "hubtool.toml").write_text('[data]\nimagenet2012 = "file"\n"CIFAR-10" = "/elsewhere"\n')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    here = found(below)
    assert here.folders == {"imagenet2012": tmp_path / "file", "cifar10": Path("/elsewhere")}
    variable = {"HUBTOOL_DATA_IMAGENET2012": str(tmp_path / "variable")}
    assert found(below, **variable).path_of("imagenet2012") == tmp_path / "variable"
    both = found(below, f"imagenet2012={tmp_path / 'option'}", **variable)
    assert both.path_of("ImageNet2012") == tmp_path / "option"
    assert both.knows("CIFAR10")
    assert not both.knows("mnist")
    assert found(below, HUBTOOL_DATA_IMAGENET2012="").folders == here.folders
    assert "mnist" not in found(below, HUBTOOL_DATA_MNIST="/x").folders


@pytest.mark.parametrize("name", ["imagenet", "ImageNet-1K", "imagenet_1k", "ILSVRC2012"])
@pytest.mark.parametrize("claimed", ["ImageNet2012", "ImageNet-1K"])
def test_any_name_of_a_dataset_means_it(tmp_path: Path, name: str, claimed: str) -> None:
    (tmp_path / "hubtool.toml").write_text(f'[data]\n"{name}" = "file"\n')
    (tmp_path / "file").mkdir()
    assert found(tmp_path, claimed=[claimed]).path_of(claimed) == tmp_path / "file"
    assert found(tmp_path, f"{name}={tmp_path}", claimed=[claimed]).path_of("imagenet") == tmp_path
    variable = f"HUBTOOL_DATA_{name_key(name).upper()}"
    assert found(tmp_path, claimed=[claimed], **{variable: str(tmp_path)}).path_of(claimed) == tmp_path


@pytest.mark.parametrize("name", ["imagenet21k", "imagenetv2", "tiny-imagenet", "cifar100"])
def test_another_dataset_is_not_meant(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageProblem, match="no card asked for is about"):
        found(tmp_path, f"{name}={tmp_path}")


def test_a_list_of_classes_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "classes.txt"
    path.write_bytes("\ufeffn01\r\nn02\r\n".encode())
    given = (f"photographs={tmp_path}",)
    found = locations_from(given, path, ("photographs",), environment={}, folder=tmp_path)
    assert found.class_names == ["n01", "n02"]


def test_pyproject_and_the_nearest_file_that_speaks_of_data(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.hubtool.data]\nimagenet2012 = "sets"\n')
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "hubtool.toml").write_text('[lint]\nselect = ["HT1"]\n')
    assert found(inner).folders == {"imagenet2012": tmp_path / "sets"}
    (inner / "hubtool.toml").write_text("[data]\n")
    assert found(inner).folders == {}


def test_the_linter_reads_past_the_table(tmp_path: Path) -> None:
    (tmp_path / "hubtool.toml").write_text('[data]\nx = "y"\n[lint]\nselect = ["HT1"]\n')
    assert load_config(tmp_path).select == ("HT1",)
    (tmp_path / "hubtool.toml").write_text("[dat]\n")
    with pytest.raises(UsageProblem, match="unknown key `dat`"):
        load_config(tmp_path)


def test_what_the_environment_or_a_file_names_is_looked_for_only_when_needed(tmp_path: Path) -> None:
    (tmp_path / "hubtool.toml").write_text('[data]\ncifar10 = "none"\n')
    locations = found(tmp_path, HUBTOOL_DATA_IMAGENET2012="/no/such/folder")
    with pytest.raises(NotFound, match="HUBTOOL_DATA_IMAGENET2012: /no/such/folder does not exist"):
        locations.path_of("imagenet2012")
    with pytest.raises(NotFound, match=r"hubtool\.toml: data\.cifar10: .*none does not exist"):
        locations.path_of("cifar10")
    assert DataLocations().path_of("digits") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data = 3", "data: has to be a table"),
        ("[data]\nimagenet2012 = 3", r"data\.imagenet2012: has to be a path"),
        ('[data]\nimagenet2012 = ""', r"data\.imagenet2012: has to be a path"),
        ('[data]\na-b = "x"\nab = "y"', "the same dataset appears twice"),
        ("[data", "not valid TOML"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "hubtool.toml").write_text(text)
    with pytest.raises(UsageProblem, match=said):
        found(tmp_path)


def test_home_is_home_wherever_a_path_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "sets").mkdir()
    assert found(tmp_path, "imagenet2012=~/sets").path_of("imagenet2012") == tmp_path / "sets"
    assert found(tmp_path, HUBTOOL_DATA_IMAGENET2012="~/sets").path_of("imagenet2012") == tmp_path / "sets"
    (tmp_path / "hubtool.toml").write_text('[data]\nimagenet2012 = "~/sets"\n')
    assert found(tmp_path).path_of("imagenet2012") == tmp_path / "sets"
    with pytest.raises(NotFound, match="~no-such-user/sets does not exist"):
        found(tmp_path, "imagenet2012=~no-such-user/sets")


def test_a_dataset_is_given_once(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="another --data names ImageNet-2012, too"):
        found(tmp_path, f"imagenet2012={tmp_path}", f"ImageNet-2012={tmp_path}")


def test_class_names_are_about_a_dataset_that_is_given(tmp_path: Path) -> None:
    classes = tmp_path / "classes.txt"
    classes.write_text("cat\ndog\n")

    def located(*given: str, **environment: str) -> DataLocations:
        return locations_from(given, classes, ["digits", "CIFAR-10"], environment=environment, folder=tmp_path)

    assert located(f"cifar10={tmp_path}").class_names == ["cat", "dog"]
    assert located(HUBTOOL_DATA_CIFAR10=str(tmp_path)).class_names == ["cat", "dog"]
    assert located(f"digits={tmp_path}").class_names == ["cat", "dog"]
    with pytest.raises(UsageProblem, match="no dataset is given whose classes it could order"):
        located()
