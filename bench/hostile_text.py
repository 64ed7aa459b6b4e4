"""Text written to make a reader work for ever: each by what it has too much of, for any length."""

from collections.abc import Callable, Mapping


def _repeated(text: str, before: str = "") -> Callable[[int], str]:
    return lambda length: before + text * (length // len(text))


HOSTILE_TEXT: Mapping[str, Callable[[int], str]] = {
    "a single word": _repeated("a"),
    "spaces": _repeated(" "),
    "lines": _repeated("\n"),
    "quoted lines": _repeated("> \n"),
    "lines that end quoted": _repeated("\n>", "a"),
    "attributions": _repeated("On Monday, Ann wrote:\n"),
    "digits": _repeated("7"),
    "digits and spaces": _repeated("4 "),
    "plus signs": _repeated("+1 "),
    "at signs": _repeated("@"),
    "addresses": _repeated("a@b.example, "),
    "commas": _repeated(","),
    "quotes": _repeated('"'),
    "quoted pairs": _repeated('\\"'),
    "open parentheses": _repeated("("),
    "parentheses": _repeated("()"),
    "less than": _repeated("<"),
    "greater than": _repeated(">"),
    "brackets": _repeated("<>"),
    "Message-IDs": _repeated("<a@b> "),
    "encoded words": _repeated("=?UTF-8?Q?=C3=BC?= "),
    "encoded words that do not end": _repeated("=?UTF-8?B?"),
    "header lines": _repeated("a: b\r\n"),
    "folded header lines": _repeated("\r\n b", "a: b"),
    "links": _repeated("https://a.example/b "),
    "a link without end": _repeated("/(a)", "https://a.example"),
    "colons": _repeated("http:"),
    "open JSON": _repeated("["),
    "ampersands": _repeated("a=b&"),
    "dots": _repeated("a.", "a@"),
    "combining marks": _repeated("\u0301", "e"),
    "letters with marks": _repeated("e\u0323\u0301"),
    "ideographs": _repeated("\u8ba2\u5355"),
    "faces": _repeated("\U0001f468\u200d\U0001f469\u200d"),
    "direction marks": _repeated("\u202e"),
    "full-width digits": _repeated("\uff11"),
}
