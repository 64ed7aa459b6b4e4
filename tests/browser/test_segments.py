"""The page and the API count segments alike, whatever the text."""

from random import Random

from browser.desks import Customer
from domain.text_segments import count_segments

_COUNT = """async (texts) => {
  const place = document.querySelector("script[type=module]").src;
  const { segments } = await import(new URL("segments.js", place).href);
  return texts.map((text) => {
    const { characters, segments: count, alphabet, left, beyond } = segments(text);
    return [characters, count, alphabet === "GSM-7" ? "gsm_7" : "ucs_2", left, beyond];
  });
}"""
_PIECES = (
    "a",
    "é",
    "€",
    "\f",
    "[",
    "`",
    "ы",
    "👋",
    "👩‍👩‍👧‍👦",
    "\n",
    "ç",
    "Hello you ",
    "ﬁ",
    "\u200b",
)


def _texts() -> list[str]:
    rng = Random(7)  # noqa: S311  # texts, no secrets
    texts = ["", *("a" * length for length in (152, 153, 159, 160, 161, 306, 307))]
    texts += ["ы" * length for length in (66, 67, 69, 70, 71, 134, 135)]
    for _ in range(600):
        pieces = rng.sample(_PIECES, k=rng.randint(1, 4))
        texts.append("".join(rng.choices(pieces, k=rng.randint(1, 330))))
    return texts


async def test_the_page_counts_as_the_api_does(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor")
    texts = _texts()
    expected: list[list[object]] = []
    for text in texts:
        counted = count_segments(text)
        beyond = next(iter(counted.beyond_gsm), "")
        counts = [counted.characters, counted.segments, counted.encoding, counted.units_left]
        expected.append([*counts, beyond])
    assert await page.evaluate(_COUNT, texts) == expected
