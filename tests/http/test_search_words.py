"""What people look for is found in every script, in mid-text and at the end of numbers."""

from collections.abc import Mapping

import pytest
from whole_house import ChannelPlan, House, KeyPlan, open_house, url_of

from store.database import connect
from worker.background.consumers import drain_consumer
from worker.background.search_index import search_consumer

_CHANNELS = (ChannelPlan(name="sms", provider="generic", kind="sms", own_address="+14155550199"),)
_KEYS = {"reader": KeyPlan(scopes=("conversations:read", "conversations:write"), agent="Ann")}
_SAID: Mapping[str, str] = {
    "+14155550150": "Dzień dobry, Łukasz Wójcik",
    "+14155550151": "Søren Ørsted her, Đorđe også",
    "+14155550212": "ışık faturası",
    "+14155550152": "请问我的订单什么时候发货",
    "+14155550213": "注文した商品が届きません。ｱﾌﾟﾘ",
    "+14155550158": "สินค้าของฉันอยู่ที่ไหน",
    "+14155550160": "온라인상품주문을 취소해 주세요",
    "+14155550161": "ສິນຄ້າຂອງຂ້ອຍຢູ່ໃສ",
    "+14155550162": "ទំនិញរបស់ខ្ញុំនៅឯណា",
    "+14155550163": "ကျွန်တော့်ပစ္စည်းဘယ်မှာလဲ",
    "+14155550164": "मेरा ऑर्डर कहाँ है",
    "+14155550165": "أَيْنَ طَلَبِي",
    "+14155550167": "رقمي ٠٦ ٥٥٤٤ ٣٣٢٢",
    "+14155550168": "电话 ０９０ー７７６６ー８８９９",
    "+14155550169": "کجاست یک سفارش",
    "+14155550170": "นัด ๒๕๖๙ ครับ",
    "+14155550166": "Cafe\u0301 on the co\u00adrner, call +31 6 1234 9876",
}


async def _fill(house: House) -> None:
    url = url_of(house.channels["sms"])
    for number, body in _SAID.items():
        fields = {"from": number, "to": "+14155550199", "provider_message_id": number, "body": body}
        assert (await house.client.post(url, json={"type": "sms", **fields})).status_code == 200
    await house.work()
    async with await connect(house.database_url, "tests") as conn:
        await drain_consumer(conn, search_consumer())


async def _search(house: House, text: str) -> dict[str, list[str]]:
    """Return who is found, each with what is marked."""
    answer = await house.client.get(
        "/api/conversations",
        params={"q": text},
        headers={"authorization": "Bearer inlet_test_reader"},
    )
    return {
        item["participants"][0]["address"]: [
            item["match"]["snippet"][start:end] for start, end in item["match"]["highlights"]
        ]
        for item in answer.json()["items"]
    }


async def test_what_was_said_is_found_and_marked(database_url: str) -> None:
    async with open_house(database_url, _CHANNELS, _KEYS) as house:
        await _fill(house)
        for text, number, marked in (
            ("lukasz", "+14155550150", ["Łukasz"]),
            ("ŁUKASZ wojcik", "+14155550150", ["Łukasz", "Wójcik"]),
            ("soren", "+14155550151", ["Søren"]),
            ("orsted", "+14155550151", ["Ørsted"]),
            ("dorde", "+14155550151", ["Đorđe"]),
            ("isik", "+14155550212", ["ışık"]),
            ("订单", "+14155550152", ["订单"]),
            ("什么时候", "+14155550152", ["什么时候"]),
            ("单", "+14155550152", ["单"]),
            ("商品", "+14155550213", ["商品"]),
            ("届き", "+14155550213", ["届き"]),
            ("アプリ", "+14155550213", ["ｱﾌﾟﾘ"]),
            ("ของฉัน", "+14155550158", ["ของฉัน"]),
            ("주문", "+14155550160", ["주문"]),
            ("상품주문 취소", "+14155550160", ["상품주문", "취소"]),
            ("ຂອງຂ້ອຍ", "+14155550161", ["ຂອງຂ້ອຍ"]),
            ("របស់ខ្ញុំ", "+14155550162", ["របស់ខ្ញុំ"]),
            ("ပစ္စည်း", "+14155550163", ["ပစ္စည်း"]),
            ("ऑर्डर", "+14155550164", ["ऑर्डर"]),
            ("طلبي", "+14155550165", ["طَلَبِي"]),
            ("cafe corner", "+14155550166", ["Cafe\u0301", "co\u00adrner"]),
            ("9876", "+14155550166", ["+31 6 1234 9876"]),
            ("3322", "+14155550167", ["٠٦ ٥٥٤٤ ٣٣٢٢"]),
            ("0655443322", "+14155550167", ["٠٦ ٥٥٤٤ ٣٣٢٢"]),
            ("٣٣٢٢", "+14155550167", ["٠٦ ٥٥٤٤ ٣٣٢٢"]),
            ("8899", "+14155550168", ["０９０ー７７６６ー８８９９"]),
            ("كجاست يك", "+14155550169", ["کجاست", "یک"]),
            ("2569", "+14155550170", ["๒๕๖๙"]),
            ("0213", "+14155550213", []),
            ("555-0213", "+14155550213", []),
            ("213", "+14155550213", []),
        ):
            assert await _search(house, text) == {number: marked}, text


@pytest.mark.parametrize("text", ["单订", "商届", "ดขอ", "0151 订单", "1502", "श"])
async def test_what_nobody_said_is_not_found(database_url: str, text: str) -> None:
    async with open_house(database_url, _CHANNELS, _KEYS) as house:
        await _fill(house)
        assert await _search(house, text) == {}
