"""One line of an order by WhatsApp, for those providers that keep WhatsApp's own names of it."""

from domain.shaped_text import OrderedItem
from domain.tolerant_json import fields_of


def ordered_item(item: object) -> OrderedItem:
    """Read an item; everything of it may be missing."""
    fields = fields_of(item)
    return OrderedItem(
        name=fields.get("product_retailer_id"),
        quantity=fields.get("quantity"),
        price=fields.get("item_price"),
        currency=fields.get("currency"),
    )
