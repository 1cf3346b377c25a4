"""Random streams by name, and intervals of what is drawn from them."""

from pathlib import Path

import numpy as np
import pytest

from itp_sim import errors
from itp_sim.intervals import ends
from itp_sim.streams import generator, words
from itp_sim.writing import written_whole


def test_a_stream_is_its_seed_and_its_name() -> None:
    drawn = {(seed, name): tuple(generator(seed, name).random(4)) for seed in (0, 1, 2**63 - 1) for name in ("a", "b")}
    assert len(set(drawn.values())) == len(drawn)
    assert drawn[1, "a"] == tuple(generator(1, "a").random(4))
    whole = words(1, "a", first=0, n=5)
    assert np.array_equal(generator(1, "a").bit_generator.random_raw(20), whole)
    assert np.array_equal(words(1, "a", first=3, n=2), whole[12:])


def test_ends_are_drawn_values_and_leave_out_what_has_none() -> None:
    assert [float(end) for end in ends(np.arange(1.0, 1001.0))] == [25.0, 975.0]
    low, high = ends(np.array([[1.0, np.nan, np.inf], [2.0, np.nan, 3.0], [np.nan, np.nan, 4.0]]))
    assert np.array_equal(low, [1.0, np.nan, 3.0], equal_nan=True)
    assert np.array_equal(high, [2.0, np.nan, np.inf], equal_nan=True)
    for shape in ((0,), (0, 2)):
        assert all(np.isnan(end).all() and end.shape == shape[1:] for end in ends(np.empty(shape)))


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    refused = pytest.raises(
        errors.ItpError, match=r"a\.txt' cannot be written: No such file or directory; name another"
    )
    with refused, written_whole(path) as one:
        (one / "in no folder").write_text("half", encoding="utf-8")
    assert [(p.name, p.read_text(encoding="utf-8")) for p in tmp_path.iterdir()] == [("a.txt", "old")]
    with written_whole(path) as one:
        one.write_text("new", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "new"
