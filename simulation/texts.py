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


def text_message(dice: Random) -> str:
    """Write one SMS."""
    if dice.random() < _SHORT_SHARE:
        return dice.choice(_SHORT)
    return _sentences(dice, most=1)


def answer_text(dice: Random) -> str:
    """Write what somebody answers to a reply of ours."""
    return _filled(dice.choice(_ANSWERS), dice)


def mail_text(name: str, dice: Random) -> str:
    """Write the plain text of one e-mail."""
    return f"Hello,\n\n{_sentences(dice, most=4)}\n\nBest regards\n{name}\n"


def mail_html(name: str, dice: Random) -> str:
    """Write the HTML of one e-mail."""
    return (
        '<html><body style="font-family: sans-serif"><p>Hello,</p>'
        f"<p>{_sentences(dice, most=4)}</p><p>Best regards<br><b>{name}</b></p></body></html>"
    )


def mail_subject(dice: Random) -> str:
    """Write the subject of a new thread."""
    return _filled(dice.choice(_SUBJECTS), dice)


def _sentences(dice: Random, most: int) -> str:
    more = dice.sample(_MORE, k=dice.randint(0, most))
    return " ".join(_filled(one, dice) for one in (dice.choice(_QUESTIONS), *more))


def _filled(template: str, dice: Random) -> str:
    return template.format(
        number=dice.randint(10_000, 99_999), item=dice.choice(_ITEMS), day=dice.choice(_DAYS)
    )
