"""How touches are packed as steps: in one number where it fits, which is faster.

Belongs here: choosing the widths. Doesn't belong here: packing (see dbt_project/macros/journeys).
"""

from __future__ import annotations

from typing import Any, TypeAlias

from orchestration.journeys.touches import Measured, Touches

Layout: TypeAlias = dict[str, Any]

STRUCT_CHANNEL_BITS = 20
WORD_BITS = 62
LONG_BITS = 126
YEAR = 366 * 86_400_000_000


def choose(
    touches: Touches, measured: Measured, channels: int, campaigns: int, *, keep: bool
) -> tuple[Layout, Layout]:
    """Layouts of the steps as sorted, and as they are afterwards (the same, or shorter).

    Keys decide the order at one instant, campaigns which click a visit tells; where steps are not
    kept, they go on as words after that. What is kept has room for touches that come later. Where
    one number cannot hold a step, steps are structs, which hold any.
    """
    channel_bits = max(channels, 1).bit_length() + keep
    first = measured.first_micros - YEAR * keep
    time_bits = max(measured.last_micros - first, 1).bit_length() + keep
    key_bits = max(measured.last_key - measured.first_key, 1).bit_length() + keep
    campaign_bits = max(campaigns, 1).bit_length() + keep
    flags = 7 if touches.has("is_anonymous") else 4
    word: Layout = {
        "kind": "word",
        "channel_bits": channel_bits,
        "word_bits": channel_bits + flags,
        "base": first,
    }
    word_fits = time_bits + 1 + word["word_bits"] <= WORD_BITS
    if not touches.has("touch_id") and not touches.has_clicks and word_fits:
        return word, word
    packed_bits = channel_bits + (9 + campaign_bits if touches.has_clicks else flags)
    if time_bits + 1 + key_bits + packed_bits > LONG_BITS:
        struct = {"kind": "struct", "channel_bits": max(channel_bits, STRUCT_CHANNEL_BITS)}
        return struct, struct
    long = {
        **word,
        "kind": "long",
        "word_bits": packed_bits,
        "key_bits": key_bits,
        "key_base": measured.first_key,
        "time_bits": time_bits,
    }
    return long, word if word_fits and not keep else long


def holds(layout: Layout, measured: Measured, channels: int, campaigns: int) -> bool:
    """Whether a layout has room for such touches."""
    if layout["kind"] == "struct":
        return channels < 2 ** layout["channel_bits"]
    last = 2 ** (layout.get("time_bits") or WORD_BITS - 1 - layout["word_bits"])
    campaign_bits = layout["word_bits"] - layout["channel_bits"] - 9
    return (
        measured.first_micros >= layout["base"]
        and measured.last_micros - layout["base"] < last
        and channels < 2 ** layout["channel_bits"]
        and (campaign_bits <= 0 or campaigns < 2**campaign_bits)
        and measured.first_key >= layout.get("key_base", 0)
        and measured.last_key - layout.get("key_base", 0) < 2 ** layout.get("key_bits", 63)
    )
