"""Content → PDF/A-2u: embedded subset of Noto (SIL OFL), the same bytes for the same content, a QR to verify.

Content goes to the template as JSON in `sys.inputs` and is text there, whatever it holds: no markup, no code. The
profile refuses a character that no font draws, so that no name is ever printed with a hole in it.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn
import segno
import typst

from chain.errors import ChaqiError
from workflows.documents.contents import Document, shown

TEMPLATES = Path(__file__).parent / "templates"
PROFILE: typst.PDFStandard = "a-2u"
SEAL_SIZE = 119
"""Side of the square that a seal takes, in points: 42 mm, the size of a notary office's seal."""


class TextUndrawable(ChaqiError):
    """A character that the embedded fonts do not have."""

    status = 422
    en = "The document cannot be drawn: {reason}. Write the character another way, or extend the fonts."
    zh = "无法排印文书：{reason}。请改写该字符，或补充字体。"


@dataclass(frozen=True, slots=True)
class SealPlace:
    """Where the seal goes: page from 1, and its top left corner in points from the page's top left corner."""

    page: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Rendered:
    """An unsigned document."""

    pdf: bytes
    seal: SealPlace


def render(content: Document) -> Rendered:
    """The document; its date is the content's own. Raises `TextUnprintable`, `TextUndrawable`."""
    values = {**shown(content), "qr": qr(content.verify_url)}
    compiler = _compiler(content.template, {"content": json.dumps(values, ensure_ascii=False)})
    pdf = _pdf(compiler, content.issued_at)
    (place,) = json.loads(compiler.query("<seal>", field="value"))
    return Rendered(pdf, SealPlace(int(place["page"]), float(place["x"]), float(place["y"])))


def seal_drawing(office: str, label: str) -> bytes:
    """An office's round red seal as a one-page PDF of `SEAL_SIZE`; `label` stands below the star."""
    inputs = {"content": json.dumps({"office": office, "label": label}, ensure_ascii=False)}
    return _pdf(_compiler("seal", inputs), 0)


def qr(address: str) -> str:
    """A QR code as SVG."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", border=0, xmldecl=False)
    return drawn.getvalue().decode()


@cache
def _fonts() -> typst.Fonts:
    folder = Path(pylopdf_fonts_zh_cn.__file__).parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def _compiler(template: str, inputs: dict[str, str]) -> typst.Compiler:
    return typst.Compiler(
        input=TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs=inputs,
    )


def _pdf(compiler: typst.Compiler, dated: int) -> bytes:
    try:
        pdf = compiler.compile(format="pdf", pdf_standards=PROFILE, timestamp=dated)
    except typst.TypstError as failure:
        if "could not be displayed" in failure.message:
            raise TextUndrawable(reason=failure.message) from failure
        raise
    assert isinstance(pdf, bytes)
    return pdf
