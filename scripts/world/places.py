"""Villages, hamlets and gardens of the synthetic world, inside 23.86-24.02° N, 116.58-116.75° E.

Village names and the share of 乌岽 and 凤西 follow `domain.md` 6.2; which hamlet belongs to which of the
two, and every coordinate, is invented.
"""

from __future__ import annotations

from typing import NamedTuple

from scripts.world.draws import Draws

SOUTH_E7, NORTH_E7 = 238_600_000, 240_200_000
WEST_E7, EAST_E7 = 1_165_800_000, 1_167_500_000

# Length of 1e-7 degree on the WGS84 ellipsoid at 23.94° N; 0.06 % off at the ends of the box.
LAT_E7_M, LON_E7_M = 0.011_075_7, 0.010_179_8

# A hamlet is a square of plots; the largest garden (120 trees, 11 x 11, 3.4 m apart) fits into one plot
# with 2 m to spare on each side, so trees of different gardens are at least 4 m apart.
PLOTS_A_SIDE = 30
PLOT_M = 42.0
MARGIN_M = 2.25
WOBBLE_M = 0.2
PITCH_M = (2.5, 3.4)


class Hamlet(NamedTuple):
    """A group of gardens: its centre, and how many of a thousand trees stand there."""

    village: str
    name: str
    code: str
    lat_e7: int
    lon_e7: int
    permille: int


HAMLETS = (
    Hamlet("乌岽", "李仔坪", "WD", 239_450_000, 1_166_650_000, 140),
    Hamlet("乌岽", "狮头脚", "WD", 239_600_000, 1_166_600_000, 130),
    Hamlet("乌岽", "字茅", "WD", 239_500_000, 1_166_450_000, 130),
    Hamlet("凤西", "大庵", "FX", 239_250_000, 1_166_500_000, 100),
    Hamlet("凤西", "坪坑头", "FX", 239_300_000, 1_166_300_000, 100),
    Hamlet("凤西", "二茅", "FX", 239_150_000, 1_166_350_000, 100),
    Hamlet("凤溪", "凤溪", "FI", 239_050_000, 1_166_900_000, 60),
    Hamlet("凤东", "凤东", "FD", 239_250_000, 1_167_000_000, 50),
    Hamlet("东郊", "东郊", "DJ", 238_950_000, 1_166_700_000, 40),
    Hamlet("石古坪", "石古坪", "SG", 239_750_000, 1_166_900_000, 50),
    Hamlet("官头輋", "官头輋", "GT", 239_850_000, 1_166_500_000, 30),
    Hamlet("老君溜", "老君溜", "LJ", 238_800_000, 1_167_000_000, 20),
    Hamlet("超苟", "超苟", "CG", 239_900_000, 1_166_200_000, 20),
    Hamlet("椿堀", "椿堀", "CK", 238_800_000, 1_166_400_000, 30),
)

VILLAGES = tuple(dict.fromkeys(hamlet.village for hamlet in HAMLETS))


class Garden(NamedTuple):
    """A clump of trees of one owner: its south-west corner, the pitch of its rows, and its altitude."""

    hamlet: Hamlet
    plot: int
    trees: int
    pitch_m: float
    north_m: float
    east_m: float
    altitude_m: float


def garden(draws: Draws, hamlet: Hamlet, plot: int, trees: int) -> Garden:
    """The garden on a plot of a hamlet, for up to 120 trees."""
    pitch = draws.between("pitch", *PITCH_M)
    free_m = PLOT_M - 2 * MARGIN_M - pitch * (_columns(trees) - 1)
    row, column = divmod(plot, PLOTS_A_SIDE)
    corner_m = -PLOT_M * PLOTS_A_SIDE / 2 + MARGIN_M
    return Garden(
        hamlet,
        plot,
        trees,
        pitch,
        north_m=corner_m + row * PLOT_M + draws.between("north", 0, free_m),
        east_m=corner_m + column * PLOT_M + draws.between("east", 0, free_m),
        altitude_m=min(max(draws.normal("altitude", 980, 140), 600), 1_300),
    )


def standing(draws: Draws, where: Garden, place: int) -> tuple[int, int]:
    """Latitude and longitude, in 1e-7 degree, of the tree at a place (from 0) of a garden.

    Trees of a garden stand at least 2 m apart, and each at most 4 m from its nearest neighbour.
    """
    row, column = divmod(place, _columns(where.trees))
    north_m = where.north_m + row * where.pitch_m + draws.between("north", -WOBBLE_M, WOBBLE_M)
    east_m = where.east_m + column * where.pitch_m + draws.between("east", -WOBBLE_M, WOBBLE_M)
    return where.hamlet.lat_e7 + round(north_m / LAT_E7_M), where.hamlet.lon_e7 + round(east_m / LON_E7_M)


def _columns(trees: int) -> int:
    return next(columns for columns in range(1, trees + 1) if columns * columns >= trees)
