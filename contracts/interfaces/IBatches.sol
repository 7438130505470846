// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";

enum BatchState {
    NONE,
    HELD, // beyond the season's cap: nobody holds any of it until an auditor decides
    REJECTED, // an auditor did not believe the pick
    LEAF, // 鲜叶
    TEA // 毛茶, also a blend
}

enum BatchQuality {
    UNTESTED,
    PASSED,
    FAILED
}

enum SaleState {
    NONE,
    OFFERED,
    CONFIRMED,
    WITHDRAWN
}

enum LotState {
    NONE,
    REQUESTED,
    REVIEWED, // by the operator; the indication's authority is still to confirm
    APPROVED,
    REJECTED,
    ISSUED
}

/// What a tree may yield in a season, as an authority or an appraiser states it, and what was picked. One slot.
struct Season {
    uint64 potential; // grams of dry tea
    uint64 picked; // grams of fresh leaf, without held and rejected picks
    uint64 opensAt; // UTC seconds; the first of the picking window
    uint64 closesAt; // UTC seconds; the last of the picking window
}

/// A batch of leaf or tea. Weights in grams, instants in UTC seconds.
/// Of LEAF and TEA: weight = Σ holdings + processed + coded + consumed. Three slots.
struct Batch {
    uint64 maker; // party id of the picker or the maker of the tea
    uint64 weight; // when it came to be
    uint64 madeAt;
    uint16 season; // year; zero for a blend of several
    BatchState state;
    BatchQuality quality;
    uint8 restraints; // bit set of `Restraint`: what its trees were under when picked. COURT: see CC 412
    bool indicated; // every tree had its geographical indication when picked
    bool recalled;
    uint64 processed; // went into other batches
    uint64 coded; // went into lots of codes
    uint64 consumed; // was used up or destroyed without codes
    uint256 origin; // of a pick its tree; of tea keccak256(abi.encode(parents, weights))
}

/// A sale of part of a batch, which moves weight once both have signed.
struct Sale {
    uint64 seller; // party id
    uint64 buyer; // party id
    uint64 weight; // grams
    SaleState state;
    bool ordinaryCourse; // at a reasonable price in the ordinary course of business: frees of a floating charge (CC 404)
    uint256 batch;
}

/// A lot of codes for one firm's tea: `count` packages of `unitWeight` grams.
struct Lot {
    uint64 firm; // party id
    uint32 count;
    uint64 unitWeight; // grams
    LotState state;
    bool indicated; // sold under the geographical indication
    uint256 batch;
    bytes32 root; // Merkle root of the salted codes; zero until they are issued
}

struct StatePotential {
    uint256 tree;
    uint16 season;
    uint64 potential;
    uint64 opensAt;
    uint64 closesAt;
    bytes32 evidence;
}

struct PickLeaf {
    uint256 tree;
    uint16 season;
    uint64 weight;
    bytes32 evidence;
}

struct DecidePick {
    uint256 batch;
    bool released;
    bytes32 evidence;
}

struct MakeTea {
    uint256[] parents;
    uint64[] weights;
    uint64 weight;
    bytes32 evidence;
}

struct InspectBatch {
    uint256 batch;
    bool passed;
    bytes32 evidence;
}

struct RecallBatches {
    uint256[] batches;
    bytes32 evidence;
}

struct ConsumeBatch {
    uint256 batch;
    uint64 weight;
    bytes32 evidence;
}

struct OfferSale {
    uint256 batch;
    uint64 buyer;
    uint64 weight;
    bool ordinaryCourse;
    bytes32 evidence;
}

struct ConfirmSale {
    uint256 sale;
    bytes32 evidence;
}

struct WithdrawSale {
    uint256 sale;
}

struct RequestCodes {
    uint256 batch;
    uint32 count;
    uint64 unitWeight;
    bool indicated;
    bytes32 evidence;
}

struct ReviewCodes {
    uint256 lot;
    bool approved;
    bytes32 evidence;
}

struct IssueCodes {
    uint256 lot;
    bytes32 root;
    bytes32 evidence;
}

/// @title Batches: from the picked leaf to the coded package, by weight (批次溯源)
/// @notice No act makes weight: a pick stays under the tree's cap for the season, tea weighs at most what the best process leaves, a sale
/// moves what the seller holds, and codes cover at most what the firm holds (domain §2.2).
/// @dev Batches, sales and lots are named by the digest of the act that made them, as uint256.
/// @dev Warning: the ledger weighs nothing. A pick under the cap may still be another tree's leaf; the cap bounds the lie.
interface IBatches is IActs {
    /// @notice The potential and picking window of the tree's season now stand so.
    event PotentialStated(
        uint256 indexed tree,
        uint16 indexed season,
        uint64 indexed actor,
        uint64 potential,
        uint64 opensAt,
        uint64 closesAt,
        bytes32 evidence
    );

    /// @notice So much leaf of the season now counts against the tree's cap.
    event SeasonPicked(uint256 indexed tree, uint16 indexed season, uint64 picked);

    /// @notice Leaf was picked. HELD: it goes beyond the cap, and an auditor has a case to decide.
    event LeafPicked(
        uint256 indexed batch,
        uint256 indexed tree,
        uint64 indexed maker,
        uint16 season,
        uint64 weight,
        BatchState state,
        uint8 restraints,
        bool indicated,
        bytes32 evidence,
        uint64 madeAt
    );

    /// @notice An auditor released (LEAF) or rejected a held pick.
    event PickDecided(uint256 indexed batch, uint64 indexed actor, BatchState state, bytes32 evidence);

    /// @notice Tea was made of the inputs that the `InputUsed` of the same transaction name.
    event TeaMade(
        uint256 indexed batch,
        uint64 indexed maker,
        uint256 origin,
        uint16 season,
        uint64 weight,
        uint8 restraints,
        bool indicated,
        bytes32 evidence,
        uint64 madeAt
    );

    /// @notice `weight` grams of `parent` went into `batch`.
    event InputUsed(uint256 indexed batch, uint256 indexed parent, uint64 weight);

    /// @notice What has left the batch so far, in grams.
    event WeightUsed(uint256 indexed batch, uint64 indexed actor, uint64 processed, uint64 coded, uint64 consumed);

    /// @notice The party now holds `weight` grams of the batch.
    event HoldingChanged(uint256 indexed batch, uint64 indexed party, uint64 weight);

    /// @notice A batch was inspected. `evidence` is the report.
    event BatchInspected(uint256 indexed batch, uint64 indexed actor, BatchQuality quality, bytes32 evidence);

    /// @notice A batch was recalled.
    event BatchRecalled(uint256 indexed batch, uint64 indexed actor, bool recalled, bytes32 evidence);

    /// @notice A holder used up or destroyed weight without codes.
    event BatchConsumed(uint256 indexed batch, uint64 indexed actor, uint64 weight, bytes32 evidence);

    /// @notice A sale was offered. `evidence` is the delivery note.
    event SaleOffered(
        uint256 indexed sale,
        uint256 indexed batch,
        uint64 indexed seller,
        uint64 buyer,
        uint64 weight,
        bool ordinaryCourse,
        bytes32 evidence
    );

    /// @notice The buyer confirmed the sale, or the seller withdrew it (then without evidence).
    event SaleConcluded(uint256 indexed sale, uint64 indexed actor, SaleState state, bytes32 evidence);

    /// @notice A firm asked for codes; their weight is set aside.
    event CodesRequested(
        uint256 indexed lot,
        uint256 indexed batch,
        uint64 indexed firm,
        uint32 count,
        uint64 unitWeight,
        bool indicated,
        bytes32 evidence
    );

    /// @notice A reviewer decided; REJECTED gives the weight back.
    event CodesReviewed(uint256 indexed lot, uint64 indexed actor, LotState state, bytes32 evidence);

    /// @notice The codes under `root` are issued.
    event CodesIssued(uint256 indexed lot, uint64 indexed actor, LotState state, bytes32 root, bytes32 evidence);

    /// @notice There is no batch {batch}.
    /// @custom:zh 批次 {batch} 不存在。
    error NoSuchBatch(uint256 batch);

    /// @notice There is no sale {sale}.
    /// @custom:zh 销售 {sale} 不存在。
    error NoSuchSale(uint256 sale);

    /// @notice There is no lot of codes {lot}.
    /// @custom:zh 码批 {lot} 不存在。
    error NoSuchLot(uint256 lot);

    /// @notice A weight of {weight} g is out of range: 1 g to {most} g.
    /// @custom:zh 重量 {weight} 克超出范围：应为 1 至 {most} 克。
    error WeightUnfit(uint256 weight, uint256 most);

    /// @notice A picking window from {opensAt} to {closesAt} (UTC seconds) is none: it must end after it begins and within {most} seconds.
    /// @custom:zh 采摘期 {opensAt} 至 {closesAt}（UTC 秒）无效：须先始后终，且不超过 {most} 秒。
    error WindowUnfit(uint64 opensAt, uint64 closesAt, uint64 most);

    /// @notice Nobody has stated what tree {tree} may yield in season {season}. Ask the agriculture bureau or an appraiser.
    /// @custom:zh 尚无人核定茶树 {tree} 在 {season} 产季的产量潜力，请向农业农村局或评估师申请。
    error PotentialUnknown(uint256 tree, uint16 season);

    /// @notice Season {season} of tree {tree} is picked from {opensAt} to {closesAt} (UTC seconds).
    /// @custom:zh 茶树 {tree} 的 {season} 产季采摘期为 {opensAt} 至 {closesAt}（UTC 秒）。
    error PickingClosed(uint256 tree, uint16 season, uint64 opensAt, uint64 closesAt);

    /// @notice Batch {batch} stands at {state} and cannot be used so.
    /// @custom:zh 批次 {batch} 的状态为 {state}，不能如此使用。
    error BatchNotReady(uint256 batch, BatchState state);

    /// @notice Batch {batch} failed its inspection and may only be destroyed.
    /// @custom:zh 批次 {batch} 检验不合格，只能销毁。
    error BatchFailed(uint256 batch);

    /// @notice Batch {batch} was recalled and may only be destroyed.
    /// @custom:zh 批次 {batch} 已被召回，只能销毁。
    error BatchIsRecalled(uint256 batch);

    /// @notice Batch {batch} has not passed an inspection; its quality is {quality}.
    /// @custom:zh 批次 {batch} 尚未检验合格，目前为 {quality}。
    error NotPassed(uint256 batch, BatchQuality quality);

    /// @notice Party {party} made batch {batch} or gains by it and cannot decide on it. Another must.
    /// @custom:zh 参与方 {party} 是批次 {batch} 的制作方或利益相关方，不得就其作出决定，应由他人决定。
    error MakerCannotDecide(uint256 batch, uint64 party);

    /// @notice Party {party} did not make batch {batch}; only its maker or an authority recalls it.
    /// @custom:zh 参与方 {party} 不是批次 {batch} 的制作方；召回只能由制作方或主管部门作出。
    error NotMaker(uint256 batch, uint64 party);

    /// @notice Party {party} holds {held} g of batch {batch}, and this act needs {asked} g.
    /// @custom:zh 参与方 {party} 持有批次 {batch} 的 {held} 克，而本行为需要 {asked} 克。
    error HoldingShort(uint256 batch, uint64 party, uint256 asked, uint64 held);

    /// @notice These {count} inputs are doubled, without weight, or too many: name 1 to {most} batches once each, with a weight each.
    /// @custom:zh 这 {count} 项投料有重复、无重量或过多：应为 1 至 {most} 个批次，各一次并各有重量。
    error InputsMalformed(uint256 count, uint256 most);

    /// @notice {weight} g of tea cannot come of these inputs; at most {most} g can, by the ratio of leaf to tea of this ledger.
    /// @custom:zh 这些投料不可能制成 {weight} 克茶，按本账本的鲜叶与成茶之比至多 {most} 克。
    error YieldImpossible(uint64 weight, uint256 most);

    /// @notice Party {party} cannot buy from itself.
    /// @custom:zh 参与方 {party} 不能向自己购买。
    error SaleToSelf(uint64 party);

    /// @notice Sale {sale} stands at {state}; only an offered one can be concluded.
    /// @custom:zh 销售 {sale} 的状态为 {state}，只有已提出的才能办结。
    error SaleNotOpen(uint256 sale, SaleState state);

    /// @notice Sale {sale} is not for party {party} to conclude.
    /// @custom:zh 销售 {sale} 不应由参与方 {party} 办结。
    error NotSaleParty(uint256 sale, uint64 party);

    /// @notice Party {party} holds {held} g of batch {batch} and asks codes for {asked} g. Codes never exceed the confirmed weight.
    /// @custom:zh 参与方 {party} 持有批次 {batch} 的 {held} 克，却申请 {asked} 克的标识码。码重不得超过已确认的重量。
    error OverCoding(uint256 batch, uint64 party, uint256 asked, uint64 held);

    /// @notice Not every tree of batch {batch} had the geographical indication when it was picked.
    /// @custom:zh 批次 {batch} 并非全部采自采摘时已准予使用地理标志的茶树。
    error NotIndicated(uint256 batch);

    /// @notice Leaf of batch {batch} was picked under restraint (bit set {restraints}), which bars the geographical indication.
    /// @custom:zh 批次 {batch} 含有限制期间（位集合 {restraints}）采摘的鲜叶，不得使用地理标志。
    error FruitsRestrained(uint256 batch, uint8 restraints);

    /// @notice Lot {lot} stands at {state}, and this act needs {needed}.
    /// @custom:zh 码批 {lot} 的状态为 {state}，本行为需要 {needed}。
    error LotNotReady(uint256 lot, LotState state, LotState needed);

    /// @notice Lot {lot} was not requested by party {party}.
    /// @custom:zh 码批 {lot} 不是由参与方 {party} 申请的。
    error NotLotFirm(uint256 lot, uint64 party);

    /// @notice Codes of lot {lot} need a Merkle root.
    /// @custom:zh 码批 {lot} 须有默克尔根。
    error RootMissing(uint256 lot);

    /// @notice The agriculture bureau or an appraiser, who does not own the tree, states what it may yield in a season and when it is picked; again: restates it.
    /// @custom:zh 农业农村局或评估师核定茶树某产季的产量潜力与采摘期。
    function statePotential(StatePotential calldata act, Auth calldata auth) external;

    /// @notice The farmer who owns a registered, living tree records picked leaf, within the picking window. Beyond the season's cap the pick is held.
    /// @custom:zh 茶农登记所采鲜叶；超过产季上限的采摘予以暂扣，待审计处理。
    function pick(PickLeaf calldata act, Auth calldata auth) external returns (uint256 batch);

    /// @notice An auditor releases or rejects a held pick.
    /// @custom:zh 审计方对暂扣的采摘予以放行或驳回。
    function decidePick(DecidePick calldata act, Auth calldata auth) external;

    /// @notice A farmer or firm makes tea of leaf, or a blend of batches, that it holds.
    /// @custom:zh 以所持鲜叶制茶，或以所持批次拼配。
    function make(MakeTea calldata act, Auth calldata auth) external returns (uint256 batch);

    /// @notice An inspector who did not make the batch reports whether it passed; again: a new inspection.
    /// @custom:zh 检验机构登记检验结论。
    function inspect(InspectBatch calldata act, Auth calldata auth) external;

    /// @notice The maker, the agriculture bureau or a regulator recalls batches, such as one and all made of it.
    /// @custom:zh 召回一个或多个批次。
    function recall(RecallBatches calldata act, Auth calldata auth) external;

    /// @notice A holder records what it used up, gave as samples or destroyed.
    /// @custom:zh 登记自用、留样或销毁的重量。
    function consume(ConsumeBatch calldata act, Auth calldata auth) external;

    /// @notice A holder offers weight to another party, with the delivery note.
    /// @custom:zh 持有方提出销售，附交货单。
    function offerSale(OfferSale calldata act, Auth calldata auth) external returns (uint256 sale);

    /// @notice The buyer confirms a sale, and the weight moves.
    /// @custom:zh 买方确认销售，重量随之转移。
    function confirmSale(ConfirmSale calldata act, Auth calldata auth) external;

    /// @notice The seller withdraws a sale that is not confirmed.
    /// @custom:zh 卖方撤回尚未确认的销售。
    function withdrawSale(WithdrawSale calldata act, Auth calldata auth) external;

    /// @notice A firm requests codes for tea it holds and that passed inspection; their weight is set aside.
    /// @custom:zh 企业就所持检验合格的茶申请标识码，重量随即预留。
    function requestCodes(RequestCodes calldata act, Auth calldata auth) external returns (uint256 lot);

    /// @notice The operator reviews a request; where the indication is claimed its authority confirms after it.
    /// @custom:zh 运营方审核标识码申请；使用地理标志的，再由主管部门确认。
    function reviewCodes(ReviewCodes calldata act, Auth calldata auth) external;

    /// @notice The firm issues the approved codes by their Merkle root.
    /// @custom:zh 企业以默克尔根发放经批准的标识码。
    function issueCodes(IssueCodes calldata act, Auth calldata auth) external;

    /// @notice Batch `id`; reverts with `NoSuchBatch`.
    function batch(uint256 id) external view returns (Batch memory);

    /// @notice Grams of `batch` that `party` holds.
    function holding(uint256 batch, uint64 party) external view returns (uint64 grams);

    /// @notice The season of a tree; all zero when nobody stated it.
    function season(uint256 tree, uint16 year) external view returns (Season memory);

    /// @notice Grams of fresh leaf that may be picked of a tree in a season: its potential times the ratio that this ledger was deployed with.
    function capOf(uint256 tree, uint16 year) external view returns (uint64 grams);

    /// @notice Sale `id`; reverts with `NoSuchSale`.
    function sale(uint256 id) external view returns (Sale memory);

    /// @notice Lot `id`; reverts with `NoSuchLot`.
    function lot(uint256 id) external view returns (Lot memory);

    /// @notice How many batches were ever made.
    function batchCount() external view returns (uint64);

    /// @notice How many sales were ever offered.
    function saleCount() external view returns (uint64);

    /// @notice How many lots of codes were ever requested.
    function lotCount() external view returns (uint64);
}
