"""How mail programs introduce what they quote, in the languages that they speak. Words alone.

English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Czech, Swedish, Danish,
Norwegian, Finnish, Turkish, Russian, Ukrainian, Japanese, Chinese and Korean.
"""

from collections.abc import Mapping
from typing import Literal

Label = Literal["from", "date", "to", "subject"]

# "On Monday, Ann wrote:"
WROTE = (
    "wrote", "writes", "schrieb", "schreibt", "a écrit", "escribió", "ha scritto", "scrisse",
    "escreveu", "schreef", "geschreven", "napisał", "nadesłał", "napsal", "odesílatel",
    "skrev", "kirjoitti", "yazdı", "написал", "пишет", "написав", "пише",
    "写道", "寫道", "のメール", "님이 작성",
)  # fmt: skip
# What such a line begins with, where that is no date and no name.
ON = ("on", "am", "le", "el", "il", "em", "op", "dnia", "w dniu", "dne", "den", "på", "в")
# "-----Original Message-----"
ORIGINAL = (
    "original message", "original-nachricht", "ursprüngliche nachricht", "message d'origine",
    "message original", "mensaje original", "messaggio originale", "mensagem original",
    "oorspronkelijk bericht", "origineel bericht", "oryginalna wiadomość", "wiadomość oryginalna",
    "původní zpráva", "ursprungligt meddelande", "originalmeddelande", "oprindelig meddelelse",
    "oprindelig besked", "opprinnelig melding", "alkuperäinen viesti", "orijinal mesaj",
    "özgün ileti",
    "исходное сообщение", "оригинальное сообщение", "元のメッセージ", "原始邮件", "原始郵件",
    "원본 메시지",
)  # fmt: skip
# What somebody forwards is what they want to show: no history, whatever it looks like.
FORWARDED = (
    "forwarded message", "begin forwarded message", "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht", "message transféré", "message transmis",
    "début du message réexpédié", "mensaje reenviado", "inicio del mensaje reenviado",
    "messaggio inoltrato", "inizio messaggio inoltrato", "mensagem encaminhada",
    "início da mensagem reencaminhada", "doorgestuurd bericht", "begin doorgestuurd bericht",
    "przekazana wiadomość", "wiadomość przekazana", "přeposlaná zpráva",
    "vidarebefordrat meddelande", "videresendt meddelelse", "videresendt besked",
    "videresendt melding", "välitetty viesti", "iletilmiş mesaj",
    "пересылаемое сообщение", "転送されたメッセージ", "转发的邮件", "转发邮件", "전달된 메시지",
)  # fmt: skip
# The head that Outlook puts above what it quotes.
LABELS: Mapping[str, Label] = {
    **dict.fromkeys((
        "from", "von", "de", "da", "van", "od", "från", "fra", "lähettäjä", "kimden", "от", "від",
        "差出人", "发件人", "寄件者", "보낸 사람",
    ), "from"),
    **dict.fromkeys((
        "sent", "date", "gesendet", "datum", "envoyé", "enviado", "enviado el", "fecha", "inviato",
        "data", "enviada em", "enviado em", "verzonden", "wysłano", "odesláno", "skickat", "sendt",
        "dato", "lähetetty", "päivämäärä", "gönderildi", "gönderilme tarihi", "tarih",
        "отправлено", "дата", "надіслано", "送信日時", "日付", "发送时间", "日期", "寄件日期",
        "보낸 날짜", "날짜",
    ), "date"),
    **dict.fromkeys((
        "to", "an", "à", "para", "a", "aan", "do", "komu", "till", "til", "vastaanottaja", "kime",
        "кому", "宛先", "收件人", "收件者", "받는 사람",
    ), "to"),
    **dict.fromkeys((
        "subject", "betreff", "objet", "asunto", "oggetto", "assunto", "onderwerp", "temat",
        "předmět", "ämne", "emne", "aihe", "konu", "тема", "件名", "主题", "主旨", "제목",
    ), "subject"),
}  # fmt: skip
