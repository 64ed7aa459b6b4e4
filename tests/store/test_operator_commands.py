"""The operators' commands on a real database: what they print, and how they end."""

from collections.abc import Callable
from typing import Any

import pytest
from command_line import SECRET_KEY, Ended, Inlet, refused
from conftest import OpenConnection
from operator_samples import fail_all, queued, settle_all, store_channel, store_event

from domain.api_key import hash_key
from domain.channel import Channel
from domain.sealing import Sealer
from store.api_keys import find_key
from store.channels import StoredChannel, find_channel
from store.database import Connection

NO_ID = "01930000-0000-7000-8000-00000000ffff"


@pytest.fixture
def conn_run(open_owner_connection: OpenConnection, run: Callable[..., Any]) -> Callable[..., Any]:
    """Run `function(conn, *arguments)` on the database the commands use, as its owner."""

    def run_function(function: Callable[..., Any], *arguments: Any) -> Any:
        async def on_a_connection() -> Any:
            async with open_owner_connection() as conn:
                return await function(conn, *arguments)

        return run(on_a_connection)

    return run_function


def _add(inlet: Inlet, **changed: str) -> Ended:
    options = {
        "provider": "generic",
        "kind": "sms",
        "address": "(415) 555-0199",
        "name": "Support",
    } | changed
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return inlet("channel", "add", "--json", *words)


def test_an_added_channel_has_a_canonical_address_a_url_and_a_secret(
    inlet: Inlet, conn_run: Callable[..., Any]
) -> None:
    added = _add(inlet).json
    stored = conn_run(find_channel, 1, "Support")
    assert stored.channel.own_address == added["own_address"] == "+14155550199"
    assert stored.channel.signature_mode == "enforce"
    assert added["webhook_url"] == f"https://inlet.example/webhooks/generic/{stored.channel.token}"
    assert stored.open(Sealer(SECRET_KEY)).secrets == (added["secret"],)
    assert inlet("channel", "show", "Support").out.count(added["webhook_url"]) == 1
    assert "whsec_" not in inlet("channel", "show", "Support", "--json").out


def test_how_a_channel_is_watched_can_be_changed(inlet: Inlet) -> None:
    _add(inlet)
    strict = inlet("channel", "watch", "Support", "--silence-minutes", "90", "--json").json
    assert strict == {
        "channel": "Support",
        "signature_mode": "enforce",
        "silence_minutes": 90,
        "reconcile_minutes": None,
    }
    lax = inlet(
        *("channel", "watch", "Support", "--mode", "report"),
        *("--silence-minutes", "0", "--json"),
    ).json
    assert (lax["signature_mode"], lax["silence_minutes"]) == ("report", None)
    refused(inlet("channel", "watch", "Support"), "say what to change")
    _add(inlet, name="Open", mode="off")
    refused(inlet("channel", "watch", "Open", "--mode", "enforce"), "has no secret yet")


def test_given_secrets_are_kept_newest_first_and_not_printed(
    inlet: Inlet, conn_run: Callable[..., Any]
) -> None:
    ended = inlet(
        *("channel", "add", "--provider", "twilio", "--kind", "sms", "--address", "72345"),
        *("--name", "Short code", "--secret", "new token", "--secret", "old token"),
    )
    stored = conn_run(find_channel, 1, "Short code")
    assert stored.open(Sealer(SECRET_KEY)).secrets == ("new token", "old token")
    assert "token" not in ended.out


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"provider": "pigeon"}, "--provider must be one of: bandwidth, bird, brevo, "),
        ({"provider": "twilio", "kind": "email"}, "channels of kind sms only"),
        ({"provider": "twilio"}, "--secret must be given"),
        ({"address": "+1555"}, "--address must be a phone number"),
        ({"kind": "email", "address": "nobody"}, "--address must be an e-mail address"),
        ({"region": "XX"}, "--region must be"),
        ({"name": " "}, "--name must be"),
        ({"secret": " "}, "--secret must not be empty"),
        ({"customer": "nobody"}, "no customer has this name"),
    ],
)
def test_a_channel_that_could_not_work_is_refused(
    inlet: Inlet, changed: dict[str, str], words: str
) -> None:
    refused(_add(inlet, **changed), words)
    assert inlet("channel", "list", "--json").json == {"items": []}


def test_a_taken_name_isrefused(inlet: Inlet) -> None:
    _add(inlet)
    refused(_add(inlet), "a channel has this name already")


@pytest.mark.parametrize("address", ["72345", "ACME Bank", "whatsapp:+14155550100"])
def test_handles_can_be_own_addresses(inlet: Inlet, address: str) -> None:
    assert _add(inlet, address=address).json["own_address"] == address


def test_wrong_usage_ends_with_two(inlet: Inlet) -> None:
    assert inlet("channel", "add", "--kind", "fax").code == 2
    assert inlet("key", "add", "--name", "ops", "--scope", "everything").code == 2
    assert inlet("key", "add", "--name", "ops").code == 2
    assert inlet("agent", "add", "--name", "Mia", "--role", "boss").code == 2
    assert inlet("simulate", "--duplicates", "1").code == 2


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("channel", "list"), "No channels yet"),
        (("key", "list"), "No keys yet"),
        (("agent", "list"), "No agents yet"),
        (("events", "list"), "No events match."),
        (("dead", "list"), "No dead letters."),
        (("quarantine", "list"), "No refused deliveries match."),
        (("jobs", "list"), "No jobs match."),
    ],
)
def test_an_empty_listing_says_so_and_is_empty_json(
    inlet: Inlet, arguments: tuple[str, ...], line: str
) -> None:
    ended = inlet(*arguments)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(line)
    assert inlet(*arguments, "--json").json == {"items": []}


def test_a_new_key_works_until_it_is_revoked(inlet: Inlet, conn_run: Callable[..., Any]) -> None:
    key = inlet("key", "add", "--name", "ops", "--scope", "events:read").out.strip()
    found = conn_run(find_key, hash_key(key))
    assert (found.name, found.scopes) == ("ops", frozenset({"events:read"}))
    (listed,) = inlet("key", "list", "--json").json["items"]
    assert (listed["id"], listed["revoked_at"]) == (found.id, None)
    assert key not in inlet("key", "list").out
    assert inlet("key", "revoke", found.id).code == 0
    assert conn_run(find_key, hash_key(key)) is None
    refused(inlet("key", "revoke", NO_ID), "no key has this id")


def test_an_agent_and_their_key(inlet: Inlet, conn_run: Callable[..., Any]) -> None:
    mia = inlet("agent", "add", "--name", "Mia", "--json").json
    assert (mia["name"], mia["role"], mia["disabled_at"]) == ("Mia", "agent", None)
    arguments = ("--name", "laptop", "--agent", "Mia", "--expires", "2094-01-31")
    made = inlet("key", "add", *arguments, "--json").json
    assert made["scopes"] == ["conversations:read", "conversations:write", "messages:write"]
    assert made["expires_at"] == "2094-01-31T00:00:00.000000Z"
    found = conn_run(find_key, hash_key(made["key"]))
    assert (found.agent_id, found.allows("audit:read")) == (mia["id"], False)
    assert "Mia" in inlet("key", "list").out
    assert inlet("agent", "set", "Mia", "--name", "Maya", "--role", "lead").code == 0
    assert inlet("agent", "set", "Maya", "--disable").code == 0
    assert conn_run(find_key, hash_key(made["key"])) is None
    assert inlet("agent", "set", mia["id"], "--enable", "--json").json["disabled_at"] is None
    assert inlet("agent", "list", "--json").json["items"][0]["name"] == "Maya"


def test_agents_that_cannot_be_are_told(inlet: Inlet) -> None:
    inlet("agent", "add", "--name", "Ada", "--role", "admin")
    refused(inlet("agent", "add", "--name", "Ada"), "another agent has this name")
    refused(inlet("agent", "add", "--name", " "), "name must be one line")
    refused(inlet("agent", "set", "Ada", "--disable"), "this is the last admin")
    refused(inlet("agent", "set", "Bob", "--disable"), "no agent has this name or id")
    refused(inlet("key", "add", "--name", "x", "--agent", "Bob"), "no agent has this name or id")
    past = ("--scope", "admin", "--expires", "2001-01-01")
    refused(inlet("key", "add", "--name", "x", *past), "expires_at must be")
    more = ("--agent", "Bea", "--scope", "audit:read")
    inlet("agent", "add", "--name", "Bea", "--role", "analyst")
    refused(inlet("key", "add", "--name", "x", *more), "scopes must be within")


async def _one_settled_one_dead(conn: Connection) -> tuple[str, str]:
    channel = await store_channel(conn, "support")
    settled = await store_event(conn, channel, 1)
    await settle_all(conn)
    dead = await store_event(conn, channel, 2)
    await fail_all(conn)
    return settled, dead


def test_events_are_listed_and_shown(inlet: Inlet, conn_run: Callable[..., Any]) -> None:
    settled, dead = conn_run(_one_settled_one_dead)
    items = inlet("events", "list", "--channel", "support", "--json").json["items"]
    assert [(item["event_id"], item["status"]) for item in items] == [
        (dead, "dead_letter"),
        (settled, "processed"),
    ]
    assert items[0]["received_at"] == "2024-11-01T14:00:02.000000Z"
    assert settled in inlet("events", "list", "--status", "processed").out
    shown = inlet("events", "show", settled, "--json").json
    assert (shown["body"], shown["headers"]) == ('{"number": 1}', {"user-agent": "test"})
    assert '{"number": 1}' in inlet("events", "show", settled).out
    refused(inlet("events", "show", NO_ID), "no event has this id")
    refused(inlet("events", "show", "abc"), "an event id is a UUID")
    refused(inlet("events", "list", "--channel", "nope"), "no channel has this name or id")


async def _hostile_event(conn: Connection) -> str:
    channel = await store_channel(conn, "support")
    event = await store_event(conn, channel, 1)
    await conn.execute(
        "UPDATE inbound_events SET provider_message_id = %s, body = %s",
        ("id\x1b]0;owned\x07", "text \x1b[2J\nand \x9b and \u202e 👩‍👧".encode()),
    )
    return event


def test_what_others_sent_cannot_command_the_terminal(
    inlet: Inlet, conn_run: Callable[..., Any]
) -> None:
    event = conn_run(_hostile_event)
    for arguments in (("events", "list"), ("events", "show", event)):
        out = inlet(*arguments).out
        assert "id�]0;owned�" in out
        assert not set("\x1b\x07\x9b\u202e") & set(out)
    assert "\nand � and � 👩‍👧\n" in inlet("events", "show", event).out


def test_dead_letters_are_shown_and_retried(inlet: Inlet, conn_run: Callable[..., Any]) -> None:
    settled, dead = conn_run(_one_settled_one_dead)
    (letter,) = inlet("dead", "list", "--json").json["items"]
    assert (letter["event_id"], letter["error_class"]) == (dead, "unreadable")
    shown = inlet("dead", "show", dead)
    assert "from must say who sent the message" in shown.out
    assert inlet("dead", "show", dead, "--json").json["event"]["failures"][0]["attempt"] == 1
    refused(inlet("dead", "show", settled), "no dead letter has this event id")
    refused(inlet("dead", "retry"), "say which dead letters")
    refused(inlet("dead", "retry", dead, settled), "nothing was changed")
    assert conn_run(queued) == {}
    assert inlet("dead", "retry", "--all", "--class", "database", "--json").json == {"queued": 0}
    assert inlet("dead", "retry", dead).out == "Queued 1 again.\n"
    assert conn_run(queued) == {dead: 0}
    assert inlet("dead", "list", "--json").json == {"items": []}


def test_replay_takes_events_or_filters(inlet: Inlet, conn_run: Callable[..., Any]) -> None:
    settled, dead = conn_run(_one_settled_one_dead)
    refused(inlet("replay"), "say which events")
    refused(inlet("replay", settled, "--channel", "support"), "say which events")
    refused(inlet("replay", settled, NO_ID), "nothing was queued")
    assert conn_run(queued) == {}
    assert inlet("replay", settled, "--json").json == {"queued": 1}
    assert inlet("replay", settled).out.startswith("Nothing to do: ")
    refused(inlet("replay", settled, NO_ID), "nothing was queued")
    assert inlet("replay", dead).out == "Queued 1 again.\n"
    assert conn_run(queued) == {settled: 0, dead: 0}


def test_simulate_never_picks_a_real_channel(inlet: Inlet) -> None:
    _add(inlet)
    refused(inlet("simulate", "--count", "1"), "name channels with --channel")
    refused(inlet("simulate", "--provider", "postmark"), "no channel of this provider")
    refused(inlet("simulate", "--count", "1", "--duration", "1"), "--count or --duration")
    refused(inlet("simulate", "--provider", "all", "--provider", "twilio"), "name no others")
    refused(inlet("simulate", "--provider", "all", "--channel", "real"), "name no others")


def test_simulate_posts_no_mail_that_nobody_can_fetch(inlet: Inlet) -> None:
    channel = ("--provider", "resend", "--kind", "email", "--name", "res", "--secret", "whsec_eA==")
    inlet("channel", "add", *channel, "--address", "res@example.com")
    refused(inlet("simulate", "--channel", "res", "--count", "1"), "keeps what a mail says")


def test_a_channel_without_a_server_is_told(inlet: Inlet) -> None:
    _add(inlet)
    refused(
        inlet("channel", "test", "Support", "--url", "http://127.0.0.1:9"),
        "no server answers there",
    )


def test_a_wrong_secret_key_is_told(inlet: Inlet, monkeypatch: pytest.MonkeyPatch) -> None:
    _add(inlet)
    monkeypatch.setenv("SECRET_KEY", "another key of some length")
    refused(inlet("channel", "test", "Support"), "SECRET_KEY does not open")


def test_a_database_without_schema_is_told(
    inlet: Inlet, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    refused(inlet("events", "list"), "run `inlet migrate apply`")


def test_a_database_that_is_away_is_told(inlet: Inlet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    refused(inlet("dead", "list"), "database: ")


def _opened(conn_run: Callable[..., Any]) -> Channel:
    stored: StoredChannel = conn_run(find_channel, 1, "support")
    return stored.open(Sealer(SECRET_KEY))


_SENDING_SMS = (
    "channel", "add", "--kind", "sms", "--address", "+14155550199", "--name", "support",
)  # fmt: skip


def test_a_channel_is_added_with_what_it_needs_to_send(inlet: Inlet) -> None:
    added = inlet(
        *_SENDING_SMS, "--provider", "twilio", "--secret", "token", "--account", "AC1",
        "--rate", "2.5", "--closed-policy", "new_after_idle", "--idle-hours", "48", "--json",
    ).json  # fmt: skip
    assert (added["account"], added["sends_per_second"]) == ("AC1", 2.5)
    assert (added["closed_policy"], added["idle_hours"]) == ("new_after_idle", 48)
    assert added["cannot_send"] is None


def test_new_secrets_leave_the_credential_as_it_is(
    inlet: Inlet, conn_run: Callable[..., Any]
) -> None:
    inlet(*_SENDING_SMS, "--provider", "twilio", "--secret", "token", "--account", "AC1")
    assert _opened(conn_run).credential == "token"
    rotated = inlet("channel", "secret", "support", "--secret", "new token", "--keep")
    assert "sends with the credential of before" in rotated.out
    channel = _opened(conn_run)
    assert (channel.secrets, channel.credential) == (("new token", "token"), "token")


def test_a_new_credential_leaves_the_secrets_as_they_are(
    inlet: Inlet, conn_run: Callable[..., Any]
) -> None:
    inlet(
        *_SENDING_SMS, "--provider", "twilio", "--secret", "token", "--account", "AC1",
        "--credential", "key",
    )  # fmt: skip
    assert _opened(conn_run).credential == "key"
    changed = inlet("channel", "credential", "support", "--credential", "new key", "--json").json
    assert changed == {"channel": "support", "has_credential": True}
    channel = _opened(conn_run)
    assert (channel.secrets, channel.credential) == (("token",), "new key")
    inlet("channel", "credential", "support", "--credential", "")
    shown = inlet("channel", "show", "support", "--json").json
    assert (shown["has_secrets"], shown["has_credential"]) == (True, False)
    assert shown["cannot_send"] == "it has no credential: the account's auth token"


def test_what_was_added_without_it_says_what_is_missing_and_can_be_set(
    inlet: Inlet,
) -> None:
    added = inlet(*_SENDING_SMS, "--provider", "generic", "--json").json
    assert added["cannot_send"] == "it has no send URL"
    url = "https://gate.example/out"
    changed = inlet("channel", "set", "support", "--send-url", url, "--json").json
    assert (changed["send_url"], changed["cannot_send"]) == (url, None)
    assert changed["sends_per_second"] == 10
    again = inlet("channel", "set", "support", "--rate", "1", "--json").json
    assert (again["send_url"], again["sends_per_second"]) == (url, 1)
    cleared = inlet("channel", "set", "support", "--send-url", "", "--json").json
    assert cleared["send_url"] is None
    assert inlet("channel", "show", "support", "--json").json == cleared


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((), "say what to change"),
        (("--send-url", "gate.example"), "--send-url must be"),
        (("--send-url", "ftp://gate.example"), "--send-url must be"),
        (("--idle-hours", "3"), "--idle-hours belongs to"),
        (("--closed-policy", "new_after_idle"), "--idle-hours belongs to"),
    ],
)
def test_what_cannot_be_set_is_one_clear_line(
    inlet: Inlet,
    given: tuple[str, ...],
    says: str,
) -> None:
    inlet(*_SENDING_SMS, "--provider", "generic")
    ended = inlet("channel", "set", "support", *given)
    assert ended.code == 1
    assert says in ended.err
    assert len(ended.err.splitlines()) == 1
