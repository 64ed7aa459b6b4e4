"""What people write in a simulation: short and long, plain and HTML, in several alphabets."""

from random import Random

_SHORT = (
    "ok", "thanks!", "Thank you 🙏", "yes please", "👍", "On my way", "STOP", "no worries",
    "Still waiting…", "¡Gracias!", "Merci beaucoup", "Danke, passt!", "ありがとう", "شكرا",
    "😂😂", "👩‍👩‍👧‍👦 see you there", "Sounds good", "Call me when you can",
)  # fmt: skip
_QUESTIONS = (
    "Hi, is order {number} on its way yet?",
    "Could you move my appointment to {day}?",
    "The {item} arrived but the box was damaged.",
    "Do you still have the {item} in stock?",
    "I was charged twice for order {number}.",
    "What time do you open on {day}?",
    "Can somebody call me back about the {item}? 🙂",
    "Bonjour, ma commande {number} n'est pas arrivée.",
    "Können Sie die Rechnung zu Auftrag {number} noch einmal schicken?",
    "¿A qué hora llega el pedido {number}?",
    "注文番号{number}の配送状況を教えてください。",
    "Your driver left the {item} with my neighbour, that's fine.",
)
_MORE = (
    "I am at home all {day}.",
    "It is for my daughter's birthday, so it would be good to know.",
    "The reference on the letter is {number}.",
    "I tried the web site but it only shows an error.",
    "If it is easier, the {item} can go back and I take a refund.",
    "Please reply here, I cannot take calls at work.",
    "Last time this worked without a problem.",
)
_SUBJECTS = (
    "Order {number}", "Question about the {item}", "Appointment on {day}",
    "Invoice {number} missing", "Refund for the {item}", "Rückfrage zu Auftrag {number}",
    "Delivery on {day} 📦",
)  # fmt: skip
_ANSWERS = (
    "Great, thank you!", "Perfect 🙏", "That was quick, thanks a lot.",
    "Thanks. Can I still change the address for order {number}?",
    "OK, {day} works for me.", "Hm, it still says pending on my side.",
    "Merci, bonne journée !", "Super, danke!", "Understood. I will keep an eye on it.",
    "Could you also send me the invoice for order {number}?",
)  # fmt: skip
_ITEMS = ("kettle", "blue armchair", "bike pump", "desk lamp", "winter coat", "coffee grinder")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_SHORT_SHARE = 0.25


def text_message(rng: Random) -> str:
    """Write one SMS."""
    if rng.random() < _SHORT_SHARE:
        return rng.choice(_SHORT)
    return _sentences(rng, most=1)


def answer_text(rng: Random) -> str:
    """Write what somebody answers to a reply of ours."""
    return _filled(rng.choice(_ANSWERS), rng)


def mail_text(name: str, rng: Random) -> str:
    """Write the plain text of one e-mail."""
    return f"Hello,\n\n{_sentences(rng, most=4)}\n\nBest regards\n{name}\n"


def mail_html(name: str, rng: Random) -> str:
    """Write the HTML of one e-mail."""
    return (
        '<html><body style="font-family: sans-serif"><p>Hello,</p>'
        f"<p>{_sentences(rng, most=4)}</p><p>Best regards<br><b>{name}</b></p></body></html>"
    )


def mail_subject(rng: Random) -> str:
    """Write the subject of a new thread."""
    return _filled(rng.choice(_SUBJECTS), rng)


def _sentences(rng: Random, most: int) -> str:
    more = rng.sample(_MORE, k=rng.randint(0, most))
    return " ".join(_filled(question, rng) for question in (rng.choice(_QUESTIONS), *more))


def _filled(template: str, rng: Random) -> str:
    return template.format(
        number=rng.randint(10_000, 99_999), item=rng.choice(_ITEMS), day=rng.choice(_DAYS)
    )
