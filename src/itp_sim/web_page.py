"""The frame of a web page of words and pictures, which asks for nothing from elsewhere."""

from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 16px/1.45 sans-serif; max-width: {wide}em; margin: 2em auto; padding: 0 1em; }}
{looks}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def web_page(title: str, body: str, *, looks: str, wide: int) -> str:
    """Return a whole page.

    Parameters
    ----------
    title
        Its title, as plain text.
    body
        What stands on it, as HTML.
    looks
        Rules of CSS beside those of the page itself.
    wide
        Greatest width of the text [em].

    Returns
    -------
    str
    """
    return _PAGE.format(title=escape(title), body=body, looks=looks, wide=wide)
