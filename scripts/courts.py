"""Writes `workflows/filings/courts.csv`: 2,905 basic courts, allotted to provinces as their counties are.

Run as `python -m scripts.courts`. The numbers of county-level divisions are from knowledge; the allotment is synthetic.
"""

from __future__ import annotations

from scripts.world.quotas import largest_remainder
from workflows.filings.courts import FILE

COURTS = 2_905

COUNTIES = {
    (11, "北京"): 16, (12, "天津"): 16, (13, "河北"): 167, (14, "山西"): 117, (15, "内蒙古"): 103, (21, "辽宁"): 100,
    (22, "吉林"): 60, (23, "黑龙江"): 121, (31, "上海"): 16, (32, "江苏"): 95, (33, "浙江"): 90, (34, "安徽"): 104,
    (35, "福建"): 84, (36, "江西"): 100, (37, "山东"): 136, (41, "河南"): 157, (42, "湖北"): 103, (43, "湖南"): 122,
    (44, "广东"): 122, (45, "广西"): 111, (46, "海南"): 25, (50, "重庆"): 38, (51, "四川"): 183, (52, "贵州"): 88,
    (53, "云南"): 129, (54, "西藏"): 74, (61, "陕西"): 107, (62, "甘肃"): 86, (63, "青海"): 44, (64, "宁夏"): 22,
    (65, "新疆"): 107,
}  # fmt: skip


def text() -> str:
    """The content of the file."""
    counts = largest_remainder(list(COUNTIES.values()), COURTS)
    lines = [f"{code},{name},{count}" for (code, name), count in zip(COUNTIES, counts, strict=True)]
    return (
        "\n".join(["# SYNTHETIC: how many basic courts each province has here", "code,province,courts", *lines]) + "\n"
    )


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
