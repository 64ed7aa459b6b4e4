"""Where Inlet and a provider's own library judge a signed request differently: who is right."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One kind of difference: of which requests, and what each of the two says."""

    provider: str
    titles: frozenset[str]
    ours: Literal["accepted", "refused"]
    theirs: str
    right: Literal["Inlet", "library", "both"]
    why: str


def _differs(
    provider: str,
    titles: list[str],
    ours: Literal["accepted", "refused"],
    theirs: str,
    right: Literal["Inlet", "library", "both"],
    why: str,
) -> Difference:
    return Difference(
        provider=provider,
        titles=frozenset(titles),
        ours=ours,
        theirs=theirs,
        right=right,
        why=why,
    )


DIFFERENCES: Final[tuple[Difference, ...]] = (
    _differs("messagebird", ["no hash of the URL"], "refused", "raised KeyError", "Inlet",
        "a claim that a caller left out is an error in whoever called the library"),
    _differs("messagebird", ["a hash of the URL that is a number",
        "a hash of the body that is a number"], "refused", "raised TypeError", "Inlet",
        "a claim of another type is an error in whoever called the library"),
    _differs("messagebird", ["a hash of the body in capitals"], "accepted", "refused", "both",
        "MessageBird writes hashes in small letters; in capitals they are the same hash"),
    _differs("messagebird", ["signed with the port"], "accepted", "refused", "Inlet",
        "a proxy may leave out the port that MessageBird was told, and it names the same place"),
    _differs("messagebird", ["a minute after its end", "a minute before its beginning"],
        "accepted", "refused", "both",
        "the library allows a second for what clocks differ by, Inlet five minutes: mail that is"
        " refused is lost, and what comes twice is one event"),
    _differs("plivo", ["a GET beyond ASCII"], "accepted", "raised UnicodeEncodeError", "both",
        "the library reads each byte of the query as a letter, and cannot write some of them; what"
        " Plivo signs then nobody has seen"),
    _differs("plivo", ["signed with the port"], "accepted", "refused", "Inlet",
        "a proxy may leave out the port that Plivo was told, and it names the same place"),
    _differs("plivo", ["several signatures with blanks"], "accepted", "refused", "Inlet",
        "a list in a header may have blanks after its commas (RFC 9110 section 5.6.1)"),
    _differs("plivo", ["no signature"], "refused", "raised ValidationError", "Inlet",
        "a request without the header is an error in whoever called the library"),
    _differs("plivo", ["V2 and no signature"], "refused", "raised AttributeError", "Inlet",
        "a request without the header is an error in whoever called the library"),
    _differs("sinch", ["days old", "days ahead", "an empty time", "a time that is a word",
        "a time with a sign"], "refused", "accepted", "Inlet",
        "the library looks at no time: what was signed once is good for ever"),
    _differs("sinch", ["a body that is no UTF-8"], "accepted", "raised UnicodeDecodeError", "Inlet",
        "the library signs text; what Sinch signs are bytes"),
    _differs("sinch", ["a signature beyond ASCII"], "refused", "raised TypeError", "Inlet",
        "hmac.compare_digest takes no such text: an error in whoever called the library"),
    _differs("telnyx", ["a body that is no UTF-8"], "accepted", "raised UnicodeDecodeError",
        "Inlet", "the library makes text of the body; what Telnyx signs are bytes"),
    _differs("telnyx", ["a time with a sign"], "refused", "accepted", "both",
        "Telnyx writes digits alone; int() takes more than these"),
    _differs("telnyx", ["a time in milliseconds", "a time as RFC 3339"], "accepted", "refused",
        "both", "Telnyx writes seconds; another spelling of the time is signed all the same"),
    _differs("telnyx", ["a signature with blanks", "a signature with other signs in it"],
        "refused", "accepted", "Inlet",
        "b64decode leaves out what is no base64, so that one signature has many spellings"),
    _differs("twilio", ["no signature", "JSON without its hash"], "refused", "raised TypeError",
        "Inlet", "a request that lacks something is an error in whoever called the library"),
    _differs("twilio", ["JSON with its hash in capitals"], "accepted", "refused", "both",
        "Twilio writes the hash in small letters; in capitals it is the same hash"),
    _differs("twilio", ["a name and a port", "an IPv6 address and a port"], "accepted", "refused",
        "Inlet", "the library cuts the host at its first colon, which is none before the port"),
    _differs("twilio", ["a port that is none"], "accepted", "raised ValueError", "both",
        "nobody is reached at such a port; the URL is signed as it is written"),
    _differs("twilio", ["a scheme in capitals", "a question mark and no query"],
        "accepted", "refused", "Inlet",
        "the library writes the URL anew, so that it is another one than the one that was signed"),
    _differs("twilio", ["a shared key by which SHA-1 is chosen",
        "a token by which SHA-256 is chosen"], "refused", "accepted", "Inlet",
        "the library lets the header of the request choose the algorithm; here it is the secret's"),
    _differs("twilio", ["a shared key whose algorithm is not told"], "accepted", "refused", "both",
        "the header that Twilio sends with a shared key is not needed where the secret says so"),
    _differs("vonage", ["another body", "no hash of the body",
        "a hash of the body that is a number"], "refused", "accepted", "Inlet",
        "the library does not look at the hash: a token that was seen once vouches for any body"),
    _differs("vonage", ["days old", "no time"], "refused", "accepted", "Inlet",
        "the library looks at no age, and Vonage's tokens have no end"),
    _differs("vonage", ["an hour ahead"], "accepted", "refused", "both",
        "the library takes no time ahead of its own clock; Vonage's may be"),
    _differs("vonage", ["an end that is over"], "accepted", "refused", "both",
        "Vonage writes no end; its tokens are good for as long as it may post them again"),
)  # fmt: skip
