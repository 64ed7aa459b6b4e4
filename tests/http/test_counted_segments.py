"""What a text takes is told by the API, to whoever may read."""

from contract import check_response
from whole_house import KeyPlan, bearer, open_house

_KEYS = {"reader": KeyPlan()}


async def test_what_a_text_takes_is_counted(database_url: str) -> None:
    async with open_house(database_url, (), _KEYS) as house:
        counts: tuple[tuple[str, tuple[object, ...]], ...] = (
            ("Hello €", ("gsm_7", 7, 8, 1, 152, [])),
            ("Grüß ç👋" + "a" * 64, ("ucs_2", 71, 72, 2, 62, ["ç", "👋"])),
            ("", ("gsm_7", 0, 0, 0, 160, [])),
        )
        for text, told in counts:
            answer = await house.client.post(
                "/api/text-segments", json={"text": text}, headers=bearer("reader")
            )
            check_response(answer)
            assert answer.status_code == 200
            names = (
                "encoding", "characters", "units", "segments", "units_left", "beyond_gsm",
            )  # fmt: skip
            assert answer.json() == dict(zip(names, told, strict=True))


async def test_what_is_no_text_is_refused(database_url: str) -> None:
    async with open_house(database_url, (), _KEYS) as house:
        for body, status in (({}, 422), ({"text": 1}, 422), ({"text": "a", "more": 1}, 422)):
            answer = await house.client.post(
                "/api/text-segments", json=body, headers=bearer("reader")
            )
            check_response(answer)
            assert answer.status_code == status
