"""HTML written to make a reader work for ever: each by what it has too much of, for any length."""

from collections.abc import Callable, Mapping


def _repeated(text: str, before: str = "") -> Callable[[int], str]:
    return lambda length: before + text * (length // len(text))


def _numbered(text: str, before: str = "") -> Callable[[int], str]:
    """Repeat a text with a number in it, so that no two are alike."""
    return lambda length: (
        before + "".join(text.format(number) for number in range(length // (len(text) + 4)))
    )


HOSTILE_HTML: Mapping[str, Callable[[int], str]] = {
    "nesting": _repeated("<div>"),
    "nested lists": _repeated("<ul><li>"),
    "nested items": _repeated("<dd><li>"),
    "nesting that end tags do not reach": _repeated("<div><table><td></div></table>"),
    "nesting hidden in text": _repeated("<div><textarea></div></textarea>"),
    "nesting in SVG": _repeated("<td>", "<svg>"),
    "formatting in each block": _numbered("<b id={}><p>"),
    "unclosed formatting": _repeated("<b></p>"),
    "attributes": _numbered("a{} ", "<a "),
    "what stands in no cell": _repeated("a<i></i>", "<table>"),
    "what stands in no cell, behind a hidden end": _repeated(
        "a<i></i>", "<table><textarea></table></textarea>"
    ),
    "unclosed tags": _repeated("<a "),
    "unclosed quotes": _repeated('<a b="'),
    "quotes of two kinds": _repeated("<a b=\"<a c='"),
    "unclosed comments": _repeated("<!--"),
    "short comments": _repeated("<!-->-"),
    "unclosed styles": _repeated("<style>"),
    "titles that do not end": _repeated("<title></titl>"),
    "stray end tags": _repeated("</div>"),
    "less than": _repeated("<"),
    "equals": _repeated("<a =="),
    "spaces in a tag": _repeated(" ", "<a"),
    "ampersands": _repeated("&"),
    "long names of characters": _repeated("&" + "a" * 31),
    "a number of a million digits": _repeated("9", "&#"),
    "a number of a million zeros": _repeated("0", "&#"),
    "numbers of characters": _repeated("&#0"),
    "combining marks": _repeated("\u0301", "e"),
}
