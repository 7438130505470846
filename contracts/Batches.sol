// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import "./interfaces/IBatches.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {IIndications} from "./interfaces/IIndications.sol";
import {IParties} from "./interfaces/IParties.sol";
import {Hold, ITrees, Life, Restraint, Title, Tree} from "./interfaces/ITrees.sol";

/// @dev The manual is `interfaces/IBatches.sol`.
contract Batches is IBatches, Acts {
    uint64 public constant MOST_WEIGHT = 1e12; // a million tonnes: no sum of weights can overflow
    uint64 public constant LONGEST_WINDOW = 366 days;
    uint256 public constant MOST_INPUTS = 32;
    uint256 private constant MILLION = 1_000_000;

    bytes32 private constant STATE_POTENTIAL = keccak256(
        "StatePotential(uint256 tree,uint16 season,uint64 potential,uint64 opensAt,uint64 closesAt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant PICK_LEAF = keccak256(
        "PickLeaf(uint256 tree,uint16 season,uint64 weight,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant DECIDE_PICK = keccak256(
        "DecidePick(uint256 batch,bool released,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant MAKE_TEA = keccak256(
        "MakeTea(uint256[] parents,uint64[] weights,uint64 weight,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant INSPECT_BATCH = keccak256(
        "InspectBatch(uint256 batch,bool passed,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant RECALL_BATCHES =
        keccak256("RecallBatches(uint256[] batches,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant CONSUME_BATCH = keccak256(
        "ConsumeBatch(uint256 batch,uint64 weight,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant OFFER_SALE = keccak256(
        "OfferSale(uint256 batch,uint64 buyer,uint64 weight,bool ordinaryCourse,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant CONFIRM_SALE =
        keccak256("ConfirmSale(uint256 sale,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant WITHDRAW_SALE =
        keccak256("WithdrawSale(uint256 sale,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant REQUEST_CODES = keccak256(
        "RequestCodes(uint256 batch,uint32 count,uint64 unitWeight,bool indicated,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REVIEW_CODES = keccak256(
        "ReviewCodes(uint256 lot,bool approved,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant ISSUE_CODES = keccak256(
        "IssueCodes(uint256 lot,bytes32 root,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    ITrees public immutable TREES;
    IIndications public immutable INDICATIONS;
    uint256 private immutable CAP_PPM; // most leaf in a season to its potential of tea
    uint256 private immutable LEAF_PER_TEA_PPM; // least leaf to the tea that is made of it

    uint64 public batchCount;
    uint64 public saleCount;
    uint64 public lotCount;
    mapping(uint256 tree => mapping(uint16 year => Season)) private _seasons;
    mapping(uint256 batch => Batch) private _batches;
    mapping(uint256 sale => Sale) private _sales;
    mapping(uint256 lot => Lot) private _lots;

    /// @inheritdoc IBatches
    mapping(uint256 batch => mapping(uint64 party => uint64 grams)) public holding;

    constructor(
        IParties parties,
        IEvidence evidence,
        ITrees trees,
        IIndications indications,
        uint256 seasonCapPpm,
        uint256 leafPerTeaPpm
    ) Acts("Chaqi Batches") {
        PARTIES = parties;
        EVIDENCE = evidence;
        TREES = trees;
        INDICATIONS = indications;
        CAP_PPM = seasonCapPpm;
        LEAF_PER_TEA_PPM = leafPerTeaPpm;
    }

    /* HARVEST */

    /// @inheritdoc IBatches
    function statePotential(StatePotential calldata act, Auth calldata auth) external {
        _accept(abi.encode(STATE_POTENTIAL, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.AGRI | Roles.APPRAISER);
        require(_standing(act.tree).owner != actor, ITrees.OwnerCannotDecide(act.tree, actor));
        _requireWeight(act.potential);
        bool fit = act.opensAt < act.closesAt && act.closesAt - act.opensAt <= LONGEST_WINDOW;
        require(fit, WindowUnfit(act.opensAt, act.closesAt, LONGEST_WINDOW));
        EVIDENCE.requireLive(act.evidence);
        Season storage current = _seasons[act.tree][act.season];
        current.potential = act.potential;
        current.opensAt = act.opensAt;
        current.closesAt = act.closesAt;
        emit PotentialStated(
            act.tree, act.season, actor, act.potential, act.opensAt, act.closesAt, act.evidence
        );
    }

    /// @inheritdoc IBatches
    function pick(PickLeaf calldata act, Auth calldata auth) external returns (uint256 id) {
        id = uint256(_accept(abi.encode(PICK_LEAF, act), auth));
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.FARMER);
        require(_standing(act.tree).owner == actor, ITrees.NotOwner(act.tree, actor));
        _requireWeight(act.weight);
        Season storage current = _seasons[act.tree][act.season];
        require(current.potential != 0, PotentialUnknown(act.tree, act.season));
        bool open = block.timestamp >= current.opensAt && block.timestamp <= current.closesAt;
        require(open, PickingClosed(act.tree, act.season, current.opensAt, current.closesAt));
        EVIDENCE.requireLive(act.evidence);
        bool held = uint256(current.picked) + act.weight > _cap(current);
        Batch storage leaf = _batches[id];
        leaf.maker = actor;
        leaf.weight = act.weight;
        leaf.madeAt = uint64(block.timestamp);
        leaf.season = act.season;
        leaf.state = held ? BatchState.HELD : BatchState.LEAF;
        leaf.restraints = _restraintsOf(act.tree);
        leaf.indicated = INDICATIONS.granted(act.tree);
        leaf.origin = act.tree;
        ++batchCount;
        emit LeafPicked(
            id,
            act.tree,
            actor,
            act.season,
            act.weight,
            leaf.state,
            leaf.restraints,
            leaf.indicated,
            act.evidence,
            uint64(block.timestamp)
        );
        if (!held) _count(id, leaf);
    }

    /// @inheritdoc IBatches
    function decidePick(DecidePick calldata act, Auth calldata auth) external {
        _accept(abi.encode(DECIDE_PICK, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.AUDITOR);
        Batch storage leaf = _batch(act.batch);
        require(leaf.state == BatchState.HELD, BatchNotReady(act.batch, leaf.state));
        require(leaf.maker != actor, MakerCannotDecide(act.batch, actor));
        EVIDENCE.requireLive(act.evidence);
        leaf.state = act.released ? BatchState.LEAF : BatchState.REJECTED;
        emit PickDecided(act.batch, actor, leaf.state, act.evidence);
        if (act.released) _count(act.batch, leaf);
    }

    /* TEA */

    /// @inheritdoc IBatches
    function make(MakeTea calldata act, Auth calldata auth) external returns (uint256 id) {
        id = uint256(
            _accept(
                abi.encode(
                    MAKE_TEA,
                    keccak256(abi.encodePacked(act.parents)),
                    keccak256(abi.encodePacked(act.weights)),
                    act.weight,
                    act.evidence
                ),
                auth
            )
        );
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.FARMER | Roles.FIRM);
        _requireInputs(act.parents, act.weights);
        EVIDENCE.requireLive(act.evidence);
        Batch memory tea;
        tea.maker = actor;
        tea.weight = act.weight;
        tea.madeAt = uint64(block.timestamp);
        tea.state = BatchState.TEA;
        tea.indicated = true;
        tea.origin = uint256(keccak256(abi.encode(act.parents, act.weights)));
        uint256 most = _useInputs(id, actor, act, tea);
        require(act.weight != 0 && act.weight <= most, YieldImpossible(act.weight, most));
        _batches[id] = tea;
        ++batchCount;
        emit TeaMade(
            id,
            actor,
            tea.origin,
            tea.season,
            tea.weight,
            tea.restraints,
            tea.indicated,
            act.evidence,
            tea.madeAt
        );
        _setHolding(id, actor, act.weight);
    }

    /// @inheritdoc IBatches
    function inspect(InspectBatch calldata act, Auth calldata auth) external {
        _accept(abi.encode(INSPECT_BATCH, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.INSPECTOR);
        Batch storage current = _grown(act.batch);
        require(current.maker != actor, MakerCannotDecide(act.batch, actor));
        require(!current.recalled, BatchIsRecalled(act.batch));
        EVIDENCE.requireLive(act.evidence);
        current.quality = act.passed ? BatchQuality.PASSED : BatchQuality.FAILED;
        emit BatchInspected(act.batch, actor, current.quality, act.evidence);
    }

    /// @inheritdoc IBatches
    function recall(RecallBatches calldata act, Auth calldata auth) external {
        _accept(abi.encode(RECALL_BATCHES, keccak256(abi.encodePacked(act.batches)), act.evidence), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.FARMER | Roles.FIRM | Roles.AGRI | Roles.REGULATOR);
        EVIDENCE.requireLive(act.evidence);
        bool authority = PARTIES.party(actor).roles & (Roles.AGRI | Roles.REGULATOR) != 0;
        for (uint256 place = 0; place < act.batches.length; ++place) {
            uint256 id = act.batches[place];
            Batch storage current = _grown(id);
            require(authority || current.maker == actor, NotMaker(id, actor));
            require(!current.recalled, BatchIsRecalled(id));
            current.recalled = true;
            emit BatchRecalled(id, actor, true, act.evidence);
        }
    }

    /// @inheritdoc IBatches
    function consume(ConsumeBatch calldata act, Auth calldata auth) external {
        _accept(abi.encode(CONSUME_BATCH, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Batch storage current = _grown(act.batch);
        _requireWeight(act.weight);
        EVIDENCE.requireLive(act.evidence);
        _take(act.batch, actor, act.weight);
        current.consumed += act.weight;
        emit BatchConsumed(act.batch, actor, act.weight, act.evidence);
        _emitUsed(act.batch, actor, current);
    }

    /* SALES */

    /// @inheritdoc IBatches
    function offerSale(OfferSale calldata act, Auth calldata auth) external returns (uint256 id) {
        id = uint256(_accept(abi.encode(OFFER_SALE, act), auth));
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        _usable(act.batch);
        _requireWeight(act.weight);
        require(act.buyer != actor, SaleToSelf(actor));
        PARTIES.party(act.buyer);
        uint64 held = holding[act.batch][actor];
        require(act.weight <= held, HoldingShort(act.batch, actor, act.weight, held));
        EVIDENCE.requireLive(act.evidence);
        _sales[id] = Sale(actor, act.buyer, act.weight, SaleState.OFFERED, act.ordinaryCourse, act.batch);
        ++saleCount;
        emit SaleOffered(id, act.batch, actor, act.buyer, act.weight, act.ordinaryCourse, act.evidence);
    }

    /// @inheritdoc IBatches
    function confirmSale(ConfirmSale calldata act, Auth calldata auth) external {
        _accept(abi.encode(CONFIRM_SALE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Sale storage current = _openSale(act.sale);
        require(current.buyer == actor, NotSaleParty(act.sale, actor));
        _usable(current.batch);
        EVIDENCE.requireLive(act.evidence);
        current.state = SaleState.CONFIRMED;
        emit SaleConcluded(act.sale, actor, SaleState.CONFIRMED, act.evidence);
        _take(current.batch, current.seller, current.weight);
        _setHolding(current.batch, actor, holding[current.batch][actor] + current.weight);
    }

    /// @inheritdoc IBatches
    function withdrawSale(WithdrawSale calldata act, Auth calldata auth) external {
        _accept(abi.encode(WITHDRAW_SALE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Sale storage current = _openSale(act.sale);
        require(current.seller == actor, NotSaleParty(act.sale, actor));
        current.state = SaleState.WITHDRAWN;
        emit SaleConcluded(act.sale, actor, SaleState.WITHDRAWN, 0);
    }

    /* CODES */

    /// @inheritdoc IBatches
    function requestCodes(RequestCodes calldata act, Auth calldata auth) external returns (uint256 id) {
        id = uint256(_accept(abi.encode(REQUEST_CODES, act), auth));
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.FIRM);
        Batch storage current = _usable(act.batch);
        require(current.state == BatchState.TEA, BatchNotReady(act.batch, current.state));
        require(current.quality == BatchQuality.PASSED, NotPassed(act.batch, current.quality));
        if (act.indicated) {
            require(current.indicated, NotIndicated(act.batch));
            require(current.restraints == 0, FruitsRestrained(act.batch, current.restraints));
        }
        uint256 asked = uint256(act.count) * act.unitWeight;
        uint64 held = holding[act.batch][actor];
        require(asked <= held, OverCoding(act.batch, actor, asked, held));
        require(asked != 0, WeightUnfit(0, MOST_WEIGHT));
        EVIDENCE.requireLive(act.evidence);
        _lots[id] = Lot(actor, act.count, act.unitWeight, LotState.REQUESTED, act.indicated, act.batch, 0);
        ++lotCount;
        emit CodesRequested(id, act.batch, actor, act.count, act.unitWeight, act.indicated, act.evidence);
        _take(act.batch, actor, uint64(asked));
        current.coded += uint64(asked);
        _emitUsed(act.batch, actor, current);
    }

    /// @inheritdoc IBatches
    function reviewCodes(ReviewCodes calldata act, Auth calldata auth) external {
        _accept(abi.encode(REVIEW_CODES, act), auth);
        Lot storage current = _lots[act.lot];
        uint32 reviewer = current.state == LotState.REVIEWED ? Roles.GI_AUTH : Roles.OPERATOR;
        uint64 actor = PARTIES.requireActor(auth.signer, reviewer);
        _requireLot(act.lot);
        bool open = current.state == LotState.REQUESTED || current.state == LotState.REVIEWED;
        require(open, LotNotReady(act.lot, current.state, LotState.REQUESTED));
        require(current.firm != actor, MakerCannotDecide(current.batch, actor));
        EVIDENCE.requireLive(act.evidence);
        bool confirmed = current.state == LotState.REVIEWED || !current.indicated;
        current.state =
            !act.approved ? LotState.REJECTED : confirmed ? LotState.APPROVED : LotState.REVIEWED;
        emit CodesReviewed(act.lot, actor, current.state, act.evidence);
        if (!act.approved) _giveBack(actor, current);
    }

    /// @inheritdoc IBatches
    function issueCodes(IssueCodes calldata act, Auth calldata auth) external {
        _accept(abi.encode(ISSUE_CODES, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.FIRM);
        Lot storage current = _requireLot(act.lot);
        require(current.firm == actor, NotLotFirm(act.lot, actor));
        require(current.state == LotState.APPROVED, LotNotReady(act.lot, current.state, LotState.APPROVED));
        require(act.root != 0, RootMissing(act.lot));
        _usable(current.batch);
        EVIDENCE.requireLive(act.evidence);
        current.state = LotState.ISSUED;
        current.root = act.root;
        emit CodesIssued(act.lot, actor, LotState.ISSUED, act.root, act.evidence);
    }

    /* READS */

    /// @inheritdoc IBatches
    function batch(uint256 id) external view returns (Batch memory) {
        return _batch(id);
    }

    /// @inheritdoc IBatches
    function season(uint256 tree, uint16 year) external view returns (Season memory) {
        return _seasons[tree][year];
    }

    /// @inheritdoc IBatches
    function capOf(uint256 tree, uint16 year) external view returns (uint64) {
        return uint64(_cap(_seasons[tree][year]));
    }

    /// @inheritdoc IBatches
    function sale(uint256 id) external view returns (Sale memory) {
        require(_sales[id].state != SaleState.NONE, NoSuchSale(id));
        return _sales[id];
    }

    /// @inheritdoc IBatches
    function lot(uint256 id) external view returns (Lot memory) {
        return _requireLot(id);
    }

    /* RULES */

    function _standing(uint256 id) private view returns (Tree memory twin) {
        twin = TREES.tree(id);
        require(twin.title == Title.REGISTERED, ITrees.TitleNotReady(id, twin.title, Title.REGISTERED));
        require(twin.life == Life.ALIVE, ITrees.LifeNotReady(id, twin.life, Life.ALIVE));
    }

    function _batch(uint256 id) private view returns (Batch storage current) {
        current = _batches[id];
        require(current.state != BatchState.NONE, NoSuchBatch(id));
    }

    /// Leaf or tea that somebody may hold.
    function _grown(uint256 id) private view returns (Batch storage current) {
        current = _batch(id);
        bool grown = current.state == BatchState.LEAF || current.state == BatchState.TEA;
        require(grown, BatchNotReady(id, current.state));
    }

    /// What may go on its way to people.
    function _usable(uint256 id) private view returns (Batch storage current) {
        current = _grown(id);
        require(!current.recalled, BatchIsRecalled(id));
        require(current.quality != BatchQuality.FAILED, BatchFailed(id));
    }

    function _openSale(uint256 id) private view returns (Sale storage current) {
        current = _sales[id];
        require(current.state != SaleState.NONE, NoSuchSale(id));
        require(current.state == SaleState.OFFERED, SaleNotOpen(id, current.state));
    }

    function _requireLot(uint256 id) private view returns (Lot storage current) {
        current = _lots[id];
        require(current.state != LotState.NONE, NoSuchLot(id));
    }

    function _requireWeight(uint256 weight) private pure {
        require(weight != 0 && weight <= MOST_WEIGHT, WeightUnfit(weight, MOST_WEIGHT));
    }

    function _requireInputs(uint256[] calldata parents, uint64[] calldata weights) private pure {
        bool fit = parents.length != 0 && parents.length <= MOST_INPUTS && parents.length == weights.length;
        for (uint256 place = 0; fit && place < parents.length; ++place) {
            fit = weights[place] != 0;
            for (uint256 before = 0; fit && before < place; ++before) fit = parents[before] != parents[place];
        }
        require(fit, InputsMalformed(parents.length, MOST_INPUTS));
    }

    /// The potential is of dry tea, the cap of leaf.
    function _cap(Season storage current) private view returns (uint256) {
        return uint256(current.potential) * CAP_PPM / MILLION;
    }

    function _restraintsOf(uint256 tree) private view returns (uint8 restraints) {
        for (uint8 kind = 0; kind <= uint8(Restraint.COMPLIANCE); ++kind) {
            Hold memory current = TREES.hold(tree, Restraint(kind));
            bool open = current.expiresAt == 0 || block.timestamp < current.expiresAt;
            if (current.issuer != 0 && open) restraints |= uint8(1 << kind);
        }
    }

    /// Counts a pick against the season's cap and gives it to the picker.
    function _count(uint256 id, Batch storage leaf) private {
        Season storage current = _seasons[leaf.origin][leaf.season];
        current.picked += leaf.weight;
        emit SeasonPicked(leaf.origin, leaf.season, current.picked);
        _setHolding(id, leaf.maker, leaf.weight);
    }

    /// Takes the inputs and lets the tea inherit of them; returns the most that it may weigh.
    function _useInputs(uint256 id, uint64 actor, MakeTea calldata act, Batch memory tea)
        private
        returns (uint256 most)
    {
        uint256 leafWeight;
        for (uint256 place = 0; place < act.parents.length; ++place) {
            uint256 parent = act.parents[place];
            uint64 weight = act.weights[place];
            Batch storage input = _usable(parent);
            _take(parent, actor, weight);
            input.processed += weight;
            if (input.state == BatchState.LEAF) leafWeight += weight;
            else most += weight;
            tea.season = place == 0 || tea.season == input.season ? input.season : 0;
            tea.restraints |= input.restraints;
            tea.indicated = tea.indicated && input.indicated;
            emit InputUsed(id, parent, weight);
            _emitUsed(parent, actor, input);
        }
        most += leafWeight * MILLION / LEAF_PER_TEA_PPM;
    }

    function _take(uint256 id, uint64 party, uint64 weight) private {
        uint64 held = holding[id][party];
        require(weight <= held, HoldingShort(id, party, weight, held));
        _setHolding(id, party, held - weight);
    }

    function _giveBack(uint64 actor, Lot storage rejected) private {
        uint64 weight = rejected.count * rejected.unitWeight;
        Batch storage current = _batches[rejected.batch];
        current.coded -= weight;
        _emitUsed(rejected.batch, actor, current);
        _setHolding(rejected.batch, rejected.firm, holding[rejected.batch][rejected.firm] + weight);
    }

    function _setHolding(uint256 id, uint64 party, uint64 weight) private {
        holding[id][party] = weight;
        emit HoldingChanged(id, party, weight);
    }

    function _emitUsed(uint256 id, uint64 actor, Batch storage current) private {
        emit WeightUsed(id, actor, current.processed, current.coded, current.consumed);
    }
}
