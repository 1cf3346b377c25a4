"""Files of numbers: found, read with limits, refused with file and line."""

import random
import sys
from pathlib import Path

import pytest

from itp_sim import files
from itp_sim.errors import ParameterFileError
from itp_sim.files import params_dir, read_toml


def written(tmp_path: Path, data: str | bytes) -> Path:
    path = tmp_path / "own.toml"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def refused(path: Path) -> str:
    with pytest.raises(ParameterFileError) as caught:
        read_toml(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_the_checkout_has_a_folder_of_parameters() -> None:
    assert params_dir().name == "params"
    assert (params_dir() / "sources.toml").is_file()


def test_the_packaged_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "src" / "itp_sim"
    package.mkdir(parents=True)
    monkeypatch.setattr(files, "__file__", str(package / "files.py"))
    with pytest.raises(ParameterFileError, match="install itp_sim again"):
        params_dir()
    (tmp_path / "params").mkdir()
    assert params_dir() == tmp_path / "params"
    (package / "params").mkdir()
    assert params_dir() == package / "params"


def test_reads_tables(tmp_path: Path) -> None:
    assert read_toml(written(tmp_path, "[CL]\nvalue = 1e3\nrange = [0, 2.5]\n")) == {
        "CL": {"value": 1000.0, "range": [0, 2.5]}
    }


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbf[CL]\nvalue = 1\n", b"[CL]\r\nvalue = 1\r\n", b"\xef\xbb\xbf[CL]\r\nvalue = 1"]
)
def test_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path: Path, data: bytes) -> None:
    assert read_toml(written(tmp_path, data)) == {"CL": {"value": 1}}


@pytest.mark.parametrize(
    ("data", "line", "hint"),
    [
        ("[CL]\nvalue = 0,5\n", 2, "decimal point"),
        ("[CL]\nreported = { value = 8,3, unit = 'mL/h' }\n", 2, "decimal point"),
        ("[CL]\nvalue = 1\nvalue = 2\n", 3, "given twice"),
        ("[CL]\nvalue = 1\n\n[CL]\nvalue = 2\n", 4, "given twice"),
        ('[CL]\nvalue = 1\nunit = "L/d', 3, "cut off"),
        ("[CL]\nvalue = 1\nrange = [0,\n", 3, "cut off"),
        ("[CL]\nvalue = 1\n[V", 3, ""),
        ("[CL]\nvalue =\n", 2, ""),
        ("[CL]\n\nvalue = one\n", 3, "params/README.md"),
        (b'[CL]\nmeaning = "\xe9t\xe9"\n', 2, "UTF-8"),
        ("[CL]\nvalue = 1 # \0\n", 2, ""),
    ],
)
def test_malformed_names_the_line_and_a_way_out(tmp_path: Path, data: str | bytes, line: int, hint: str) -> None:
    message = refused(written(tmp_path, data))
    assert f"line {line}" in message
    assert hint in message


def test_a_list_with_commas_is_not_taken_for_a_decimal_comma(tmp_path: Path) -> None:
    assert "decimal" not in refused(written(tmp_path, "range = [0,5] 3\n"))


AT_THE_LIMIT = {
    "bytes": b"#" * 999 + b"\n" + (b"#" * 999 + b"\n") * 999,
    "lines": b"\n" * 19_999,
    "line length": b"#" * 4_000,
    "lists": b"a = " + b"[" * 15 + b"]" * 15,
    "tables": b"a" + b".a" * 15 + b" = 1",
}


@pytest.mark.parametrize("data", AT_THE_LIMIT.values(), ids=AT_THE_LIMIT)
def test_the_largest_allowed_is_read(tmp_path: Path, data: bytes) -> None:
    assert isinstance(read_toml(written(tmp_path, data)), dict)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (AT_THE_LIMIT["bytes"] + b"#", "larger than 1000000 bytes"),
        (AT_THE_LIMIT["lines"] + b"\n", "20001 lines: at most 20000"),
        (b"\n" + AT_THE_LIMIT["line length"] + b"#", "line 2 has 4001 characters: at most 4000"),
        (b"a" + b".a" * 200_000 + b" = 1", "characters"),
        (b"a" + b".a" * 16 + b" = 1", "more than 16 deep"),
        (b"a" + b".a" * 1_500 + b" = 1", "more than 16 deep"),
        (b"a = " + b"[" * 16 + b"]" * 16, "more than 16 deep"),
        (b"a = " + b"[" * 3_000 + b"]" * 900, "more than 16 deep"),
        ("[CL]\n".encode("utf-16"), "UTF-16"),
    ],
    ids=range(9),
)
def test_limits(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in refused(written(tmp_path, data))


def test_a_whole_number_too_long_to_convert(tmp_path: Path) -> None:
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert "640" in refused(written(tmp_path, b"a = " + b"9" * 700))
    finally:
        sys.set_int_max_str_digits(before)


def test_what_is_no_file(tmp_path: Path) -> None:
    assert "no file" in refused(tmp_path / "absent.toml")
    assert "not a file" in refused(tmp_path)
    assert "not a file" in refused(Path("/dev/zero"))
    with pytest.raises(ParameterFileError, match="own.toml"):
        read_toml("own.toml\0")
    with pytest.raises(ParameterFileError, match="None"):
        read_toml(None)  # type: ignore[arg-type]


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "a = 1")

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert "Permission denied" in refused(path)


def test_damaged_files_are_read_or_refused_but_nothing_else(tmp_path: Path) -> None:
    whole = b'[CL]\nvalue = 0.2\nunit = "L/day"\nreported = { value = 8.3, unit = "mL/h" }\nrange = [0.05, 1.0]\n'
    damage = random.Random(1)
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(damage.randint(1, 4)):
            at = damage.randrange(len(data))
            data[at : at + damage.randint(0, 3)] = damage.choice([b"", b",", b"\n", b"[", b'"', b"\xff", b"=", b"nan"])
        path = written(tmp_path, bytes(data))
        try:
            assert isinstance(read_toml(path), dict)
        except ParameterFileError as error:
            assert str(path) in str(error)
