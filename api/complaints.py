"""What is wrong with a request, as pydantic found it, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

CHINESE: Final[dict[str, str]] = {
    "missing": "缺失",
    "extra_forbidden": "此处没有该项",
    "json_invalid": "不是有效的 JSON",
    "model_attributes_type": "应为对象",
    "model_type": "应为对象",
    "dict_type": "应为对象",
    "list_type": "应为列表",
    "string_type": "应为文本",
    "string_unicode": "不是有效的 Unicode 文本",
    "string_too_short": "至少应有 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "string_pattern_mismatch": "格式应符合 {pattern}",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数，不带小数",
    "int_parsing_size": "整数过大",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不得小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不得大于 {le}",
    "literal_error": "应为以下之一：{expected}",
    "enum": "应为以下之一：{expected}",
}
"""Words for a kind of failure, over the values pydantic gives with it."""


def complaint(failure: Mapping[str, Any]) -> tuple[str, str]:
    """One failure in English and Chinese."""
    values = {name: str(value).replace(" or ", "、") for name, value in failure.get("ctx", {}).items()}
    words = CHINESE.get(failure["type"])
    return failure["msg"], words.format(**values) if words else f"不符合要求（{failure['type']}）"


def complaints(failures: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """All failures with their places: `problems` in English, `problems_zh` in Chinese; both bounded."""
    said = [(".".join(str(step) for step in one["loc"]), *complaint(one)) for one in failures]
    return {
        "problems": "; ".join(f"{place}: {en}" for place, en, _ in said)[:1000],
        "problems_zh": "；".join(f"{place}：{zh}" for place, _, zh in said)[:1000],
    }
