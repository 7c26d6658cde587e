"""MNIST: the IDX parser on small files written here, and the real files where they are."""

import gzip
import struct
import urllib.error
import urllib.request

import numpy as np
import pytest
import sklearn.datasets

from implicitbias.data import mnist, mnist_available
from implicitbias.data.idx_format import read_idx
from implicitbias.data.mnist_images import DATA_VARIABLE
from implicitbias.errors import BadInput
from implicitbias.stream import Stream


IMAGES, LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
DIGITS = np.array([8, 1, 0, 0, 8, 8, 0, 3, 8, 0], dtype=np.uint8)
PIXELS = np.arange(10 * 2 * 3, dtype=np.uint8).reshape(10, 2, 3)


def idx(array: np.ndarray) -> bytes:
    return (
        struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        + array.astype(np.uint8).tobytes()
    )


def write(folder, images=PIXELS, labels=DIGITS, image_name=IMAGES, label_name=LABELS):
    folder.mkdir(exist_ok=True)
    for name, array in ((image_name, images), (label_name, labels)):
        content = idx(array)
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)


@pytest.fixture(autouse=True)
def no_folder_from_outside_and_no_download(request, monkeypatch):
    def offline(*_, **__):
        raise urllib.error.URLError("no route to host")

    # Below scikit-learn, so that its own checks and retries take part.
    monkeypatch.setattr(urllib.request.OpenerDirector, "open", offline)
    if "real_files" not in request.fixturenames:
        monkeypatch.delenv(DATA_VARIABLE, raising=False)


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("spelling", ["-idx", ".idx"])
@pytest.mark.parametrize("subfolder", ["", "mnist"])
def test_files_are_found_and_read(tmp_path, ending, spelling, subfolder):
    assert not mnist_available(tmp_path)
    names = {"image_name": IMAGES, "label_name": LABELS}
    write(tmp_path / subfolder, **{k: n.replace("-idx", spelling) + ending for k, n in names.items()})
    assert mnist_available(tmp_path)
    samples = mnist((0, 8), samples=None, data_home=tmp_path)
    rows = np.flatnonzero((DIGITS == 0) | (DIGITS == 8))
    np.testing.assert_array_equal(samples.features, PIXELS.reshape(10, 6)[rows] / 255)
    np.testing.assert_array_equal(samples.labels, np.where(DIGITS[rows] == 8, 1, -1))


def test_environment_names_the_folder_and_data_home_overrides_it(tmp_path, monkeypatch):
    write(tmp_path / "a")
    write(tmp_path / "b", images=PIXELS + 1)
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "a"))
    assert mnist_available()
    from_environment, given = mnist(samples=None), mnist(samples=None, data_home=tmp_path / "b")
    np.testing.assert_allclose(given.features - from_environment.features, 1 / 255, rtol=1e-12)


def test_train_and_test_parts_are_kept_apart(tmp_path):
    names = {"image_name": IMAGES.replace("t10k", "train"), "label_name": LABELS.replace("t10k", "train")}
    write(tmp_path, images=PIXELS[::-1], labels=DIGITS[::-1], **names)
    assert mnist_available(tmp_path, part="train") and not mnist_available(tmp_path)
    write(tmp_path)
    train, test = (mnist(samples=None, data_home=tmp_path, part=part) for part in ("train", "t10k"))
    np.testing.assert_array_equal(train.features, test.features[::-1])
    with pytest.raises(BadInput, match=r"part = 'tain': known are t10k, train; did you mean 'train'\?"):
        mnist(data_home=tmp_path, part="tain")


def test_subsets_options_and_digits(tmp_path):
    write(tmp_path)
    drawn, again = (mnist(samples=5, data_home=tmp_path, stream=Stream(2)) for _ in range(2))
    assert drawn.features.shape == (5, 6)
    assert drawn.features.tobytes() == again.features.tobytes()
    prepared = mnist(samples=None, data_home=tmp_path, standardise=True, bias=True).features
    np.testing.assert_array_equal(prepared[:, -1], 1)
    np.testing.assert_allclose(prepared[:, :-1].std(axis=0), 1, rtol=1e-12)
    with pytest.raises(BadInput, match="samples = 9: the chosen classes have 8 rows"):
        mnist(samples=9, data_home=tmp_path)
    with pytest.raises(
        BadInput, match=r"pair = \(0, 7\): must be two different classes among \[0, 1, 3, 8\]"
    ):
        mnist((0, 7), data_home=tmp_path)


WHOLE = idx(DIGITS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "starts with nothing, not an IDX magic number"),
        (b"PNG!" + WHOLE, "starts with 504e4721, not an IDX magic number"),
        (WHOLE[:6], r"cut short within its header \(6 of 8 bytes\)"),
        (WHOLE[:-1], r"cut short, 17 bytes where shape \(10,\) needs 18"),
        (WHOLE + b"\0", r"too long, 19 bytes where shape \(10,\) needs 18"),
        (b"\0\0\x0d\x01" + WHOLE[4:], "IDX type code 0x0d, expected 0x08"),
        (idx(PIXELS), "3 axes, expected 1; are images and labels mixed up"),
        (gzip.compress(WHOLE, mtime=0)[:-9], "cannot be read"),
        (gzip.compress(WHOLE, mtime=0)[:4] + b"broken" * 5, "cannot be read"),
    ],
)
def test_damaged_files_are_refused_by_name(tmp_path, content, message):
    path = tmp_path / "labels"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=message) as refusal:
        read_idx(path, axes=1)
    assert str(path) in str(refusal.value)


def test_a_header_that_announces_more_than_memory_is_refused(tmp_path):
    path = tmp_path / "images"
    path.write_bytes(struct.pack(">BBBB3I", 0, 0, 8, 3, *[2**32 - 1] * 3) + b"\0" * 50)
    with pytest.raises(BadInput, match="cut short, 66 bytes"):
        read_idx(path, axes=3)


def test_images_without_labels_or_with_too_many_are_refused(tmp_path):
    write(tmp_path, labels=np.append(DIGITS, 0))
    with pytest.raises(BadInput, match="10 images, but 11 labels"):
        mnist(data_home=tmp_path)
    (tmp_path / LABELS).unlink()
    assert not mnist_available(tmp_path)
    with pytest.raises(BadInput, match=f"found without its companion; put {LABELS} or {LABELS}.gz beside it"):
        mnist(data_home=tmp_path)


def test_offline_without_files_says_which_files_to_give_and_how(tmp_path):
    with pytest.raises(BadInput, match="no route to host") as refusal:
        mnist(data_home=tmp_path)
    for part in (IMAGES, LABELS, "data_home", DATA_VARIABLE):
        assert part in str(refusal.value)


def test_a_download_is_cut_into_its_training_and_test_part(tmp_path, monkeypatch):
    asked = {}

    def table(name, **options):
        asked.update(options, name=name)
        row = np.arange(70_000)
        return (row % 256)[:, None].astype(float), (8 * (row % 2)).astype(str)

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", table)
    test, train = (mnist(samples=None, data_home=tmp_path, part=part) for part in ("t10k", "train"))
    assert (asked["name"], asked["data_home"]) == ("mnist_784", tmp_path)
    assert (len(test.features), len(train.features)) == (10_000, 60_000)
    assert test.features[0, 0] == 60_000 % 256 / 255
    np.testing.assert_array_equal(test.labels[:2], [-1, 1])


@pytest.fixture
def real_files():
    if not mnist_available():
        pytest.skip(f"needs the MNIST test images: name their folder in {DATA_VARIABLE}")


@pytest.mark.usefixtures("real_files")
def test_real_files_hold_ten_thousand_digits():
    # Class sizes of the published test set.
    assert len(mnist((0, 8), samples=None).features) == 980 + 974
    samples = mnist((0, 8), stream=Stream(0))
    assert samples.features.shape == (1000, 784)
    assert (samples.features.min(), samples.features.max()) == (0, 1)
    # A zero has a hole: its central pixels are dark on average, those of an eight bright.
    centre = samples.features.reshape(-1, 28, 28)[:, 13:15, 13:15].mean(axis=(1, 2))
    assert centre[samples.labels < 0].mean() < 0.2 < 0.6 < centre[samples.labels > 0].mean()
