"""Trees to value: the worked example of `domain.md` §7.2, and random ones."""

from __future__ import annotations

from hypothesis import strategies as st

from workflows import packs
from workflows.packs import MILLION
from workflows.valuations.value import DAY_SECONDS, Inputs

AS_OF = 1_795_363_200

EXAMPLE = Inputs(
    tree="1",
    as_of=AS_OF,
    crown_a_cm=420,
    crown_b_cm=360,
    health="B",
    seasons_dry_g=(1_500, 1_600, 1_700),
    band_fen_per_kg=800_000,
    cultivar_ppm=MILLION,
    altitude_ppm=MILLION,
    index_ppm=MILLION,
    right_years=40,
    share_ppm=MILLION,
    title_class="A",
    accuracy_cm=300,
    surveyed_at=AS_OF - 90 * DAY_SECONDS,
    second_appraiser=False,
    attested=True,
)


def trees() -> st.SearchStrategy[Inputs]:
    """Any tree that a survey could describe."""
    return st.builds(
        Inputs,
        tree=st.just("1"),
        as_of=st.just(AS_OF),
        crown_a_cm=st.integers(0, 900),
        crown_b_cm=st.integers(0, 900),
        health=st.sampled_from("ABCD"),
        seasons_dry_g=st.lists(st.integers(0, 8_000), max_size=7).map(tuple),
        band_fen_per_kg=st.sampled_from([band.price_fen_per_kg for band in packs.load("dancong").age_bands]),
        cultivar_ppm=st.integers(700_000, 1_300_000),
        altitude_ppm=st.integers(700_000, 1_300_000),
        index_ppm=st.integers(300_000, 2_000_000),
        right_years=st.integers(0, 70),
        share_ppm=st.integers(0, MILLION),
        title_class=st.sampled_from("ABC"),
        accuracy_cm=st.integers(0, 500),
        surveyed_at=st.integers(0, 400).map(lambda days: AS_OF - days * DAY_SECONDS),
        second_appraiser=st.booleans(),
        attested=st.booleans(),
    )
