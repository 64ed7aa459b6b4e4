"""What operators see of reconciliations over HTTP: of each channel, and among the checks."""

from ops_house import KEY, Json, ask, get, let_a_worker_report
from whole_house import ChannelPlan, House, KeyPlan, open_house

from store.database import connect

_CHANNELS = tuple(
    ChannelPlan(name=name, provider="generic", kind="sms", own_address=f"+1415555019{number}")
    for number, name in enumerate(("texts", "others", "signed"))
)
_KEYS = {KEY: KeyPlan(scopes=("operator", "installation:read"))}


async def _check(house: House) -> Json:
    checks = (await ask(house, "GET", "/health")).json()["checks"]
    [found] = [check for check in checks if check["name"] == "reconciliation"]
    return found


async def test_channels_and_health_show_what_was_asked_for(database_url: str) -> None:
    """One whose provider refused is a warning, unless it is switched off or nobody asks again."""
    async with open_house(database_url, _CHANNELS, _KEYS) as house:
        await let_a_worker_report(database_url)
        assert (await _check(house))["state"] == "ok"
        async with await connect(database_url, "tests") as conn:
            await conn.execute(
                b"INSERT INTO reconciliations (customer_id, channel_id, every_minutes, ended_at,"
                b" new_count, error_class, detail)"
                b" SELECT 1, id, 15, now(), 2, 'credential_refused', 'refused'"
                b" FROM channels WHERE name IN ('others', 'texts')"
            )
            await conn.execute(
                b"UPDATE reconciliations SET every_minutes = NULL WHERE channel_id = %s",
                (house.channels["others"].id,),
            )
            found = {item["name"]: item for item in (await get(house, "/channels"))["items"]}
            assert found["signed"]["reconciliation"] is None
            assert found["others"]["reconciliation"]["every_minutes"] is None
            told = found["texts"]["reconciliation"]
            assert (told["every_minutes"], told["new"], told["failure"]) == (15, 2, "refused")
            assert told["ended_at"]
            check = await _check(house)
            assert (check["state"], check["value"]) == ("warn", 1)
            assert check["found"] == "1 of 1 channels could not be asked for"
            await conn.execute(b"UPDATE channels SET disabled_at = now()")
            check = await _check(house)
            assert check["state"] == "ok"
