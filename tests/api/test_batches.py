"""Batches from the tree to the code through the API: cards, holdings, trace, codes, the page of a phone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from api.codes import _steps
from tests.harvests import PRODUCT, TOWN, YEAR, Farm, farm
from tests.stack import Stack
from workflows.batches.registry import MOST_GUESSES
from workflows.evidence.tree import Path


@dataclass
class Harvest:
    """Two trees, one old and indicated, one grafted young; their tea, blended, sold and coded."""

    farm: Farm
    old: str
    grafted: str
    picks: list[str]
    tea: list[str]
    blend: str
    sale: str
    lot: str
    codes: dict[str, Any]

    def get(self, path: str, status: int = 200, **params: Any) -> Any:
        answer = self.farm.stack.client.get(path, params=params)
        assert answer.status_code == status, answer.text
        return answer.json()

    def code(self, number: int) -> str:
        code: str = self.codes["packages"][number - 1]["code"]
        return code

    def scratch(self, number: int) -> str:
        scratch: str = self.codes["packages"][number - 1]["scratch"]
        return scratch

    def scan(self, number: int, **body: str) -> Any:
        answer = self.farm.stack.client.post(f"/v1/codes/{self.code(number)}/scans", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def harvest(stack: Stack) -> Harvest:
    field = farm(stack)
    old, grafted = field.trees({}, {"cultivar": "鸭屎香", "ageYears": 210, "graftYear": 1996})
    field.act("forestry", "Trees.recognise", tree=int(old), level=1, ageYears=610)
    stack.act("indications", "Indications.listTown", product=PRODUCT, town=TOWN, listed=True)
    for tree in (old, grafted):
        field.act("farmer", "Indications.applyFor", tree=int(tree), product=PRODUCT, town=TOWN)
        field.act("indications", "Indications.decide", tree=int(tree), state="GRANTED")
    picks = [field.pick(old, 7_600), field.pick(grafted, 3_800)]
    tea = [field.tea({picks[0]: 7_600}, 2_000), field.tea({picks[1]: 3_800}, 1_000)]
    blend = field.tea({tea[0]: 1_500, tea[1]: 500}, 2_000)
    field.act("inspector", "Batches.inspect", batch=int(blend), passed=True)
    sale = field.sell(blend, 1_500)
    lot = field.approved(blend, 12, 100, indicated=True)
    return Harvest(field, old, grafted, picks, tea, blend, sale, lot, field.issue(lot))


class TestBatch:
    def test_shows_its_weight_and_where_it_is(self, harvest: Harvest) -> None:
        card = harvest.get(f"/v1/batches/{harvest.blend}")
        assert (card["state"], card["quality"], card["season"], card["weight"]) == ("TEA", "PASSED", YEAR, 2_000)
        assert (card["processed"], card["coded"], card["consumed"]) == (0, 1_200, 0)
        ids = harvest.farm.stack.party_ids
        holders = [{"party": ids["farmer"], "weight": 500}, {"party": ids["firm"], "weight": 300}]
        assert card["holdings"] == sorted(holders, key=lambda one: one["party"])
        inputs = [{"parent": harvest.tea[0], "weight": 1_500}, {"parent": harvest.tea[1], "weight": 500}]
        assert card["inputs"] == sorted(inputs, key=lambda one: str(one["parent"]))
        assert harvest.get(f"/v1/batches/{harvest.tea[0]}")["used_in"] == [{"batch": harvest.blend, "weight": 1_500}]

    def test_tells_its_history_and_events(self, harvest: Harvest) -> None:
        history = harvest.get(f"/v1/batches/{harvest.blend}/history")["items"]
        assert [version["quality"] for version in history][:2] == ["UNTESTED", "PASSED"]
        events = harvest.get(f"/v1/batches/{harvest.blend}/events")["items"]
        assert [event["event"] for event in events][:5] == [
            "Acted",  # the act that made it: its digest is the batch's id
            "InputUsed",
            "InputUsed",
            "TeaMade",
            "HoldingChanged",
        ]
        assert events == harvest.get("/v1/events", batch=harvest.blend)["items"]

    def test_is_found_by_tree_maker_and_state(self, harvest: Harvest) -> None:
        found = harvest.get("/v1/batches", tree=harvest.old, state="LEAF", season=YEAR)
        assert [item["id"] for item in found["items"]] == [harvest.picks[0]]
        mine = harvest.get("/v1/batches", maker=harvest.farm.stack.party_ids["farmer"], quality="PASSED")
        assert harvest.blend in [item["id"] for item in mine["items"]]

    def test_stood_otherwise_before(self, harvest: Harvest) -> None:
        first = harvest.get(f"/v1/batches/{harvest.blend}/history")["items"][0]["since_block"]
        before = harvest.get(f"/v1/batches/{harvest.blend}", as_of=str(first))
        assert (before["quality"], before["coded"]) == ("UNTESTED", 0)
        harvest.get(f"/v1/batches/{harvest.blend}", status=404, as_of=str(first - 1))


class TestLists:
    def test_of_holdings_leave_out_who_holds_nothing(self, harvest: Harvest) -> None:
        found = harvest.get("/v1/holdings", batch=harvest.picks[0])
        assert (found["items"], found["total"]) == ([], 0)
        found = harvest.get("/v1/holdings", batch=harvest.blend, limit=1)
        assert (len(found["items"]), found["total"]) == (1, 2)
        rest = harvest.get("/v1/holdings", batch=harvest.blend, limit=1, cursor=found["next"])
        assert {one["weight"] for one in found["items"] + rest["items"]} == {300, 500}
        assert rest["next"] is None

    def test_of_seasons_show_cap_and_picked(self, harvest: Harvest) -> None:
        (season,) = harvest.get("/v1/seasons", tree=harvest.old, season=YEAR)["items"]
        assert (season["potential"], season["cap"], season["picked"]) == (2_300, 14_950, 7_600)

    def test_of_holdings_and_seasons_are_files_too(self, harvest: Harvest) -> None:
        client = harvest.farm.stack.client
        holdings = client.get("/v1/holdings/export", params={"batch": harvest.blend}).text.lstrip("\ufeff").splitlines()
        assert holdings[0] == "batch,party,weight" and len(holdings) == 3
        seasons = client.get("/v1/seasons/export", params={"tree": harvest.old}).text.lstrip("\ufeff").splitlines()
        assert seasons[0].startswith("tree,season,potential,cap,picked") and "14950" in seasons[1]

    def test_of_sales_record_the_ordinary_course(self, harvest: Harvest) -> None:
        (sale,) = harvest.get("/v1/sales", batch=harvest.blend)["items"]
        assert (sale["id"], sale["state"], sale["weight"]) == (harvest.sale, "CONFIRMED", 1_500)
        assert sale["ordinary_course"] and sale["concluded_at"] >= sale["offered_at"] > 0

    def test_of_indications_show_tree_and_town(self, harvest: Harvest) -> None:
        found = harvest.get(f"/v1/indications/{harvest.old}")
        assert (found["state"], found["town"], found["in_force"]) == ("GRANTED", TOWN, True)
        towns = harvest.get("/v1/origins", product=PRODUCT, listed=True)["items"]
        assert [(town["id"], town["town"]) for town in towns] == [(found["origin"], TOWN)]

    def test_of_lots_hold_the_root(self, harvest: Harvest) -> None:
        (lot,) = harvest.get("/v1/lots", batch=harvest.blend, state="ISSUED")["items"]
        assert (lot["id"], lot["root"], lot["count"]) == (harvest.lot, harvest.codes["root"], 12)


class TestTrace:
    def test_leads_back_to_the_trees_by_weight(self, harvest: Harvest) -> None:
        trace = harvest.get(f"/v1/batches/{harvest.blend}/trace")
        assert {tree["id"]: tree["share_ppm"] for tree in trace["trees"]} == {
            harvest.old: 750_000,
            harvest.grafted: 250_000,
        }
        assert {pick["batch"] for pick in trace["picks"]} == set(harvest.picks)
        assert {making["batch"] for making in trace["makings"]} == {*harvest.tea, harvest.blend}
        assert [sale["seller"]["roles"] for sale in trace["sales"]] == [["FARMER"]]

    def test_does_not_sell_a_grafted_young_cultivar_as_200_years_old(self, harvest: Harvest) -> None:
        trace = harvest.get(f"/v1/batches/{harvest.tea[1]}/trace", years=200)
        (tree,) = trace["trees"]
        assert (tree["cultivar"], tree["age_years"], tree["graft_year"]) == ("鸭屎香", 210, 1996)
        assert tree["cultivar_years"] == YEAR - 1996
        claims = {claim["claim"]: claim["holds"] for claim in trace["claims"]}
        assert claims == {"ANCIENT": False, "AGED": False, "SINGLE_TREE": True, "INDICATION": True}
        (warning,) = trace["warnings"]
        assert warning["code"] == "GRAFTED" and "1996" in warning["zh"] and "30 年" in warning["zh"]

    def test_goes_down_too_for_a_recall(self, harvest: Harvest) -> None:
        found = harvest.get(f"/v1/batches/{harvest.picks[1]}/descendants")
        assert found["batches"] == [harvest.picks[1], harvest.tea[1], harvest.blend]


class TestCodes:
    def test_are_made_for_the_firm_that_asked_and_told_once(self, harvest: Harvest) -> None:
        client, stack = harvest.farm.stack.client, harvest.farm.stack
        path = f"/v1/lots/{harvest.lot}/codes"
        assert client.post(path).status_code == 401
        assert client.post(path, headers=stack.sign_in("farmer")).json()["code"] == "NotYours"
        assert client.post(path, headers=stack.sign_in("firm")).json()["code"] == "LotNotApproved"
        assert len({one["code"] for one in harvest.codes["packages"]}) == 12

    def test_show_where_the_tea_is_from_and_prove_it(self, harvest: Harvest) -> None:
        found = harvest.get(f"/v1/codes/{harvest.code(1)}")
        assert (found["weight"], found["number"], found["lot"]["id"]) == (100, 1, harvest.lot)
        assert {tree["share_ppm"] for tree in found["trace"]["trees"]} == {250_000, 750_000}
        assert [warning["code"] for warning in found["warnings"]] == ["GRAFTED"]
        proof = found["proof"]
        path = Path(tuple(bytes.fromhex(one[2:]) for one in proof["path"]), proof["sides"])
        assert "0x" + path.root_of(bytes.fromhex(proof["leaf"][2:])).hex() == harvest.codes["root"] == proof["root"]

    def test_count_their_scans_but_not_their_readings(self, harvest: Harvest) -> None:
        assert harvest.get(f"/v1/codes/{harvest.code(2)}")["scans"] == 0
        harvest.scan(2, area="44")
        found = harvest.scan(2, area="31")
        assert (found["scans"], found["first_scan_area"]) == (2, "44")

    def test_are_opened_once(self, harvest: Harvest) -> None:
        first, second = (harvest.scan(3, scratch=harvest.scratch(3).lower()) for _ in range(2))
        assert (first["scratch"]["verdict"], second["scratch"]["verdict"]) == ("NOW", "BEFORE")
        assert "OPENED_BEFORE" not in [warning["code"] for warning in first["warnings"]]
        assert "OPENED_BEFORE" in [warning["code"] for warning in second["warnings"]]
        for _ in range(MOST_GUESSES):
            assert harvest.scan(4, scratch="no")["scratch"]["verdict"] == "WRONG"
        assert harvest.scan(4, scratch=harvest.scratch(4))["scratch"]["verdict"] == "LOCKED"

    def test_that_nobody_issued_are_unknown(self, harvest: Harvest) -> None:
        for code in ("0000-0000-0000-0000", "not a code"):
            assert harvest.get(f"/v1/codes/{code}", status=404)["code"] == "CodeUnknown"
        lot = harvest.farm.approved(harvest.blend, 1, 100)
        made = harvest.farm.codes(lot)["packages"][0]["code"]
        assert harvest.get(f"/v1/codes/{made}", status=404)["code"] == "CodeUnknown", "made, but not issued"


class TestFrozenTree:
    """A freeze bars the indication, not the harvest; who scans the tea is told of the mortgagee (CC 412)."""

    def test_is_harvested_and_its_fruits_are_marked_down_to_the_package(self, harvest: Harvest) -> None:
        field, stack = harvest.farm, harvest.farm.stack
        (tree,) = field.trees({})
        field.act("farmer", "Indications.applyFor", tree=int(tree), product=PRODUCT, town=TOWN)
        field.act("indications", "Indications.decide", tree=int(tree), state="GRANTED")
        field.act("court", "Trees.restrain", tree=int(tree), kind="COURT", expiresAt=stack.now() + 86_400)
        leaf = field.pick(tree, 3_800)
        assert harvest.get(f"/v1/batches/{leaf}")["restraints"] == ["COURT"]
        tea = field.tea({leaf: 3_800}, 1_000)
        field.act("inspector", "Batches.inspect", batch=int(tea), passed=True)
        field.sell(tea, 1_000)

        signed = stack.sign(
            "firm",
            "Batches.requestCodes",
            evidence=field.evidence,
            batch=int(tea),
            count=1,
            unitWeight=100,
            indicated=True,
        )
        problem = stack.client.post("/v1/acts", json=signed.json()).json()
        assert (problem["code"], problem["values"]) == ("FruitsRestrained", {"batch": tea, "restraints": 1})
        code = field.issue(field.approved(tea, 1, 100))["packages"][0]["code"]
        assert [one["code"] for one in harvest.get(f"/v1/codes/{code}")["warnings"]] == ["SEIZED"]


class TestPage:
    def test_tells_a_phone_in_chinese_first(self, harvest: Harvest) -> None:
        client = harvest.farm.stack.client
        page = client.get(f"/t/{harvest.code(5)}")
        assert page.status_code == 200 and "width=device-width" in page.text
        for words in ("宋种", "鸭屎香", "75 %", "1996", "品种 30 年", "地理标志", "拼配", "检验合格", "100 克"):
            assert words in page.text
        assert page.text.index("从枝头到包装") < page.text.index("From the tree to the package")
        assert not re.search(r"""(?:src|href)=["']https?://""", page.text)
        assert ">2</b>扫码次数" in client.get(f"/t/{harvest.code(5)}").text

    def test_tells_of_picks_makings_and_sales_in_the_order_of_time(self) -> None:
        made, blended = ({"made_at": at, "batch": str(at)} for at in (2, 4))
        trace = {"picks": [{"picked_at": 1}], "makings": [blended, made], "sales": [{"confirmed_at": 3}]}
        assert [(at, kind) for at, kind, _ in _steps(trace)] == [(1, "pick"), (2, "make"), (3, "sale"), (4, "make")]

    def test_checks_the_scratch_code_without_a_script(self, harvest: Harvest) -> None:
        client = harvest.farm.stack.client
        form = {"scratch": harvest.scratch(6), "area": "44"}
        assert "此包装首次验证" in client.post(f"/t/{harvest.code(6)}", data=form).text
        assert "此前已被验证" in client.post(f"/t/{harvest.code(6)}", data=form).text

    def test_says_when_there_is_no_such_code(self, harvest: Harvest) -> None:
        page = harvest.farm.stack.client.get("/t/<script>")
        assert page.status_code == 404 and "查无此码" in page.text and "<script>" not in page.text


class TestAfterwards:
    """What befalls trees and tea later reaches packages that were sold; last in this file, because it changes them."""

    def test_a_suspended_indication_is_told(self, harvest: Harvest) -> None:
        harvest.farm.act("indications", "Indications.decide", tree=int(harvest.old), state="SUSPENDED")
        assert "INDICATION_LOST" in [one["code"] for one in harvest.get(f"/v1/codes/{harvest.code(1)}")["warnings"]]

    def test_a_recall_of_what_it_was_made_of_is_told_first(self, harvest: Harvest) -> None:
        harvest.farm.act("inspector", "Batches.inspect", batch=int(harvest.tea[0]), passed=False)
        reached = harvest.get(f"/v1/batches/{harvest.tea[0]}/descendants")["batches"]
        assert reached == [harvest.tea[0], harvest.blend]
        harvest.farm.act("agri", "Batches.recall", batches=[int(one) for one in reached])
        warnings = [one["code"] for one in harvest.get(f"/v1/codes/{harvest.code(1)}")["warnings"]]
        assert warnings[:2] == ["RECALLED", "FAILED"]
        page = harvest.farm.stack.client.get(f"/t/{harvest.code(1)}").text
        assert page.index("请勿饮用") < page.index("可以如何称呼")

    def test_mirror_and_storage_agree(self, harvest: Harvest) -> None:
        from indexer.deployed import storage
        from indexer.projection import discover
        from indexer.reconcile import reconcile
        from indexer.store import open_mirror

        stack = harvest.farm.stack
        ours = ("batches", "holdings", "seasons", "sales", "lots", "indications", "origins")
        engine = open_mirror(stack.settings.mirror_url)
        found = reconcile(engine, storage(stack.deployment, stack.rpc), [one for one in discover() if one.name in ours])
        engine.dispose()
        assert found.differences == []
        assert all(found.rows[name] for name in ours)
