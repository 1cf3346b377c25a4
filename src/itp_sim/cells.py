"""Cells of CSV files: text that a spreadsheet would run is guarded."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """`text` for a cell of a CSV file: what a spreadsheet would take for a formula has an apostrophe before it."""
    return f"'{text}" if text.lstrip("'")[:1] in _FORMULA else text


def guarded_cell(value: object) -> object:
    """`value` for a cell of a CSV file: text is guarded, all else stays."""
    return guarded(value) if isinstance(value, str) else value


def unguarded(cell: str) -> str:
    """What :func:`guarded` was given."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'")[:1] in _FORMULA else cell
