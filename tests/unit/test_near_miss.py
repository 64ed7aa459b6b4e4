"""Which texts a person has to read, since they may be opt-outs, and which are ordinary."""

import time

import pytest

from domain.near_miss import may_opt_out

_MAY = """
STOP PLEASE
please stop
Please stop!
stop it
Stop now
stop stop stop
STOP. Thank you
stop texting me
Stop texting
STOP TEXTING ME!!!
stop messaging me please
Please stop sending me messages
stop sending texts
stop sending me these texts
pls stop all messages
stop all texts now
Stop contacting me
stop spamming me
stop bothering me
quit texting me
quit it
please cease all text messages
I asked you to stop
I told you people to stop texting
Told you already to stop
I said STOP
I already replied stop 3 times
I replied STOP and you keep texting
don't text me
don't text me anymore
Don’t text me again
do not text me
Do not contact me
DO NOT CONTACT
please don't contact me again
do not message this number
don't send me any more texts
dont send me promotions
never text me again
I don't want these texts
I don't want to receive messages
I do not wish to receive text messages
I no longer wish to receive your messages
I no longer want updates
not interested in your offers
I don't want to be contacted
i dont want you texting me
I don't want to hear from you
no more texts
No more messages please
no more spam
please remove me from your list
Remove me
remove me please
Please remove my number
remove my number from your database
take me off your list
Take me off this text list
please take my number off your list
delete my number
Get me off these texts
put me on your do not text list
lose my number
leave me alone
unsubscribe me please
UNSUBSCRIBE ME
please unsubscribe
how do I unsubscribe?
I want to be unsubscribed
unsub
Unsuscribe
I want to opt out
opt me out please
opting out
opt out of texts
I'd like to opt out of these messages
cancel these texts
cancel text alerts
please end these text messages
turn off these texts
I revoke my consent
I withdraw my permission
you don't have my permission to text me
STOP?
unsubscribe?
arrêtez de m'envoyer des messages
Arrêtez vos textos svp
arrêtez de me texter
ne m'envoyez plus de messages
ne me contactez plus
je ne veux plus recevoir vos messages
je souhaite me désabonner
désinscription
retirez-moi de votre liste
deje de enviarme mensajes
dejen de mandarme mensajes
ya no me envíen más
no me escriban más
no más mensajes
no quiero recibir más mensajes
no quiero que me escriban
borren mi número de su lista
"""

_ORDINARY = """
when does the bus stop
Where is the next bus stop?
I can't stop laughing
can't stop texting you lol
we didn't stop at the store
The noise won't stop
It doesn't stop beeping
Did you stop sending invoices by mail?
why did you stop texting me?
When did the texts stop?
please don't stop texting me, I need the reminders
I'll stop by at 5
can I stop by tomorrow
Stop by any time
stop in the lobby and ask for Jo
how do I stop the timer on my oven?
please stop my order from shipping
please stop the delivery
stop payment on check 1042
Please stop charging my card
He told me to stop at the gate
the stop button is broken
non-stop flight at 9?
please cancel my order
Cancel my appointment please
please cancel
I need to cancel my reservation
Can I cancel?
Cancel?
cancel my subscription box for June
I want to cancel order 4421
cancel it please
end of the month
by the end of the day
at the end of the message it says 5pm
End?
when does it end
I want to quit smoking
I quit my job
the app quit by itself
please remove the gift wrap
remove the second item from my order
Please remove my dog from the booking
take me off the waiting list
take me off the waitlist, I found another
Can you delete my old address
can I opt out of the extended warranty
we opted out of insurance
is there an opt out form for the field trip
I clicked unsubscribe by mistake, add me back
Yes
yes please
ok thanks
thank you!
text me when it's ready
please text me the address
Send me a text
I didn't get your text
I don't text much, call me
don't call me, text me
don't text me back, I'm driving
please don't contact me by phone, text is better
don't text me before 9
I don't need a text when it's ready
you never text me back
They never sent me a message
you never send me my receipt
I don't want the blue one
I don't want to miss the delivery
I do not want to wait
not interested in the upgrade
no more questions
we have no more milk
I get no more messages from you, what is wrong?
no longer available?
I no longer live there
I don't have your number
what's my account number
my number has changed
This is my new number
my old number is not working
remove the hold on my account
Do not disturb sign is on the door
did you get my message
message me on whatsapp
contact me at ann@example.org
Who do I contact about a refund?
You have my permission to leave it at the door
I consent to the treatment
Reply STOP to unsubscribe
"Reply STOP to opt out" what does that mean
Liked “Hi Ann! Reply STOP to stop these texts”
Loved "Stop texting me lol"
Laughed at “please unsubscribe me”
où est l'arrêt de bus ?
J'arrête de travailler à 5h
il n'y a plus de pain
je ne veux plus de sucre
je veux recevoir ma commande
¿dónde está la parada?
no quiero ese color
ya no tengo hambre
para mañana por favor
quiero dar de baja mi línea de internet
no más preguntas
quiero recibir mensajes
la lista de precios por favor
Is the alto saxophone still for sale
Please leave it at the door
Leave a message after the beep
I'd like to take the 3pm slot
The update doesn't work
turn off the alerts on my thermostat
How much is shipping?
See you at 5
👍
"""


def _lines(table: str) -> list[str]:
    return table.strip().splitlines()


@pytest.mark.parametrize("written", _lines(_MAY))
def test_a_person_has_to_read_it(written: str) -> None:
    assert may_opt_out(written)
    assert may_opt_out(f"Hi there. {written}") or len(written.split()) < 5


@pytest.mark.parametrize("written", _lines(_ORDINARY))
def test_it_is_ordinary(written: str) -> None:
    assert not may_opt_out(written)


def test_there_are_enough_of_each() -> None:
    for table in (_MAY, _ORDINARY):
        assert len(set(_lines(table))) >= 60


@pytest.mark.parametrize(
    "written",
    [
        "Cancel\n\nSent from my iPhone",
        "Stop.\n-- \nAnn",
        "STOP! I have said it twice",
        "ＳＴＯＰ ＴＥＸＴＩＮＧ ＭＥ",
        "s\u0301top texting me",
        "don`t text me",
        "stop\u00a0texting\u00a0me",
    ],
)
def test_however_it_is_written(written: str) -> None:
    assert may_opt_out(written)


def test_a_long_text_is_read_no_further_than_a_text_can_be() -> None:
    assert not may_opt_out("a " * 1_500 + "stop texting me")
    began = time.process_time()
    may_opt_out("stop " * 100_000 + "text " * 100_000)
    assert time.process_time() - began < 1.0
