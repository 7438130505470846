"""The papers: the same bytes again, what they say, and that content is text whatever it holds."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.programs import pdf_text, run
from tests.workflows.documents.samples import CERTIFICATE, DEED, EVIDENCE_RECEIPT, LIEN_SEARCH, SAMPLES, VERIFY
from workflows.documents.contents import AmountsDisagree, Document, NotYetAnchored, TextUnprintable
from workflows.documents.contents import EvidenceReceipt as ReceiptPaper
from workflows.documents.render import TextUndrawable, render, seal_drawing
from workflows.evidence.batches import Submission
from workflows.evidence.hashing import Digests

ATTEMPTS = (
    '#panic("ran")',
    "#emph[x] *bold* _it_ `raw` $x^2$ <label> @label // comment",
    '"); #read("/etc/passwd"); ("',
    '\\u{41} \\ #sys.inputs #include "deed.typ"',
    "= heading - item + item / term: x",
    '{"name": "x"}',
    "</script><b>&amp;",
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_the_same_content_gives_the_same_bytes_in_any_process(sample: Document) -> None:
    first = render(sample)
    assert render(sample) == first
    assert render(replace(sample, issued_at=sample.issued_at + 1)).pdf != first.pdf
    if sample is LIEN_SEARCH:
        again = (
            "from hashlib import sha256; from tests.workflows.documents.samples import LIEN_SEARCH; "
            "from workflows.documents.render import render; print(sha256(render(LIEN_SEARCH).pdf).hexdigest())"
        )
        other = subprocess.run([sys.executable, "-c", again], capture_output=True, text=True, check=True).stdout
        assert other.strip() == sha256(first.pdf).hexdigest()


def test_threads_render_side_by_side() -> None:
    alone = [render(sample) for sample in SAMPLES]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(render, SAMPLES * 4)) == alone * 4


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (
            DEED,
            [
                "（2026）粤潮凤证字第00001号",
                "贰万叁仟玖佰贰拾肆元贰角贰分",
                "4.35%",
                "2027年6月30日",
                "自愿接受人民法院强制执行",
            ],
        ),
        (CERTIFICATE, ["陈合成", "−¥3,000.00", "¥21,799.22", "2028年11月27日前", "异议部分成立"]),
        (LIEN_SEARCH, ["第4321块", "共2项有效担保权益", "¥23,924.22", "未登记", "第四百一十四条"]),
        (EVIDENCE_RECEIPT, ["申报材料.pdf", "182044字节", "第8个，共42个", "9f" * 32]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_paper_says_what_its_content_says(sample: Document, words: list[str]) -> None:
    text = pdf_text(render(sample).pdf)
    for word in [*words, VERIFY, sample.issuer]:
        assert word in text


def test_a_search_without_liens_says_so() -> None:
    assert "未见有效担保权益记录" in pdf_text(render(replace(LIEN_SEARCH, liens=())).pdf)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_markup_in_content_is_printed_not_run(attempt: str) -> None:
    text = pdf_text(render(replace(LIEN_SEARCH, subject=attempt)).pdf)
    assert "".join(attempt.split()) in text


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("#$*_`<>@\\/=-+[](){}\"'&;: \n茶树ab1"), max_size=60))
def test_any_text_of_markup_characters_is_content(text: str) -> None:
    deed = replace(DEED, penalty=text, acceleration=(text, text), acceptances=(text,))
    assert render(deed).pdf.startswith(b"%PDF")


@pytest.mark.parametrize("character", ["\u202e", "\u200b", "\x00", "\ue000", "\t"])
def test_what_prints_as_nothing_or_turns_the_line_is_refused(character: str) -> None:
    with pytest.raises(TextUnprintable, match=f"subject.*U\\+{ord(character):04X}"):
        render(replace(LIEN_SEARCH, subject=f"a{character}b"))


def test_no_name_is_printed_with_a_hole_in_it() -> None:
    with pytest.raises(TextUndrawable, match="🍵"):
        render(replace(LIEN_SEARCH, subject="🍵"))


def test_every_font_is_embedded_and_searchable() -> None:
    listed = run("pdffonts", "-", stdin=render(DEED).pdf).stdout.decode().splitlines()[2:]
    assert len(listed) == 2
    for line in listed:
        assert line.split()[-5:-2] == ["yes", "yes", "yes"]  # embedded, subset, with Unicode map


def test_the_seal_has_its_place_on_the_last_page() -> None:
    for sample in SAMPLES:
        place = render(sample).seal
        assert place.page >= 1
        assert 0 < place.x < 595 - 119
        assert 0 < place.y < 842 - 119


def test_a_seal_is_drawn_for_a_name_of_any_length() -> None:
    for office in ("茶", "潮州市凤凰公证处", "广东省潮州市饶平县新丰镇凤凰山茶区第一公证处（合成）"):
        assert seal_drawing(office, "合成测试") == seal_drawing(office, "合成测试")


def test_a_certificate_whose_total_is_not_its_sum_is_refused() -> None:
    with pytest.raises(AmountsDisagree):
        replace(CERTIFICATE, performed=0)


def test_a_pending_receipt_has_no_paper() -> None:
    pending = Submission(Digests(1, bytes(32), bytes(32)), bytes(32)).receipt()
    with pytest.raises(NotYetAnchored):
        ReceiptPaper.of(pending, "茶契", VERIFY)
