// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";
import {ICases} from "./ICases.sol";

enum ValuationState {
    NONE, // never valued
    CURRENT, // 有效
    AWAITING_SECOND, // 待第二评估师
    CHALLENGED // 异议中
}

/// The valuation of a tree, in one slot. Money in fen.
struct Valuation {
    uint48 value;
    uint48 stress; // what is left of it in the worst case of the model
    uint48 collateral; // what counts, before what the tree itself says: see `collateralValue`
    uint16 confidence; // basis points
    uint40 asOf; // valuation date, UTC seconds
    ValuationState state;
    uint48 appraiser; // party id of whoever found these figures
}

/// An open challenge; all zero when there is none.
struct Challenge {
    uint64 challenger; // party id
    uint64 answerBy; // last second of ten working days, UTC
}

struct PostValuation {
    uint256 tree;
    uint48 value;
    uint48 stress;
    uint16 confidence;
    uint40 asOf;
    bytes32 model;
    bytes32 inputs;
}

struct PostValuations {
    uint256[] trees;
    uint48[] values;
    uint48[] stresses;
    uint16[] confidences;
    uint40 asOf;
    bytes32 model;
    bytes32 inputs;
}

struct AppraiseAgain {
    uint256 tree;
    uint48 value;
    uint48 stress;
    uint16 confidence;
    uint40 asOf;
    bytes32 model;
    bytes32 inputs;
}

struct ChallengeValuation {
    uint256 tree;
    bytes32 evidence;
}

struct SettleChallenge {
    uint256 tree;
    uint48 value;
    uint48 stress;
    uint16 confidence;
    uint40 asOf;
    bytes32 model;
    bytes32 inputs;
    bytes32 evidence;
}

/// @title Valuations: what a registered tree is worth as collateral, who says so, and who disagrees
/// @notice One appraiser alone moves a value by at most a fifth, sets none above 500,000 yuan, and lets what counts as
/// collateral rise by at most a tenth in 30 days. Beyond that a second appraiser decides; until then the lower counts.
/// @dev `model` is the hash of the rule and its parameters, `inputs` the root over the salted inputs, of which each
/// appraiser keeps the plaintext: who has both computes the same figures to the fen (domain §7).
/// @dev Trust: an appraiser states figures; the contract cannot compute them. It holds them to what must follow from the
/// model (stress, confidence, collateral), to what was posted before, and to a second pair of eyes.
/// @dev Warning: figures are opinions, and count for nothing once the tree dies or is reported dead.
interface IValuations is IActs, ICases {
    /// @notice An appraiser valued the tree, which now stands so.
    /// @param model hash of the rule and its parameters
    /// @param inputs Merkle root over the salted inputs that were posted together
    event Valued(
        uint256 indexed tree,
        uint64 indexed appraiser,
        uint48 value,
        uint48 stress,
        uint48 collateral,
        uint16 confidence,
        uint40 asOf,
        ValuationState state,
        bytes32 model,
        bytes32 inputs
    );

    /// @notice The tree's valuation is challenged by `challenger` until it is answered, due by `answerBy`; zero: no more.
    event ChallengeChanged(
        uint256 indexed tree,
        uint64 indexed actor,
        ValuationState state,
        uint64 challenger,
        uint64 answerBy,
        bytes32 evidence
    );

    /// @notice Appraiser {party} owns tree {tree} and cannot value it.
    /// @custom:zh 评估师 {party} 是茶树 {tree} 的权利人，不得自行评估。
    error AppraiserIsOwner(uint256 tree, uint64 party);

    /// @notice Appraiser {party} found the present figures of tree {tree}; another appraiser must look at them.
    /// @custom:zh 茶树 {tree} 的现有估值由评估师 {party} 作出，须由另一名评估师复核。
    error SameAppraiser(uint256 tree, uint64 party);

    /// @notice Party {party} challenged the valuation of tree {tree} and cannot settle the challenge.
    /// @custom:zh 参与方 {party} 对茶树 {tree} 的估值提出了异议，不得自行处理该异议。
    error ChallengerCannotSettle(uint256 tree, uint64 party);

    /// @notice The valuation of tree {tree} stands at {state}, and this act needs {needed}.
    /// @custom:zh 茶树 {tree} 的估值状态为 {state}，本行为需要 {needed}。
    error ValuationNotReady(uint256 tree, ValuationState state, ValuationState needed);

    /// @notice A valuation date of {asOf} is not possible for tree {tree}: it lies from {earliest} to {latest} (UTC seconds).
    /// @custom:zh 茶树 {tree} 的估值基准日不能为 {asOf}，应在 {earliest} 至 {latest} 之间（UTC 秒）。
    error DateUnfit(uint256 tree, uint40 asOf, uint40 earliest, uint40 latest);

    /// @notice Under stress tree {tree} keeps at most {most} fen of its value; {stress} was stated.
    /// @custom:zh 茶树 {tree} 的压力值至多为 {most} 分，申报为 {stress} 分。
    error StressUnfit(uint256 tree, uint48 stress, uint48 most);

    /// @notice Confidence is at most {most} basis points; {confidence} was stated for tree {tree}.
    /// @custom:zh 置信度至多为 {most} 个基点，茶树 {tree} 申报为 {confidence}。
    error ConfidenceUnfit(uint256 tree, uint16 confidence, uint16 most);

    /// @notice A valuation names its {field}.
    /// @custom:zh 估值须注明 {field}。
    error ValuationIncomplete(string field);

    /// @notice An appraiser who is not the owner values a registered, living tree; later again, as it moves.
    /// @custom:zh 评估师对茶树估值。
    function post(PostValuation calldata act, Auth calldata auth) external;

    /// @notice The same for up to 200 trees at once: all or none.
    /// @custom:zh 评估师批量估值（至多 200 株）。
    function postMany(PostValuations calldata act, Auth calldata auth) external;

    /// @notice Another appraiser values the tree anew. Within a fifth of the present value: confirmed, and these figures count; otherwise they wait for yet another.
    /// @custom:zh 另一名评估师复核估值：与现值相差不超过五分之一的，予以确认；否则待再次复核。
    function appraiseAgain(AppraiseAgain calldata act, Auth calldata auth) external;

    /// @notice The owner or a bank challenges a valuation; it counts for nothing until an independent appraiser answers, within ten working days.
    /// @custom:zh 权利人或银行对估值提出异议；独立评估师应在十个工作日内答复，期间不计入担保价值。
    function challenge(ChallengeValuation calldata act, Auth calldata auth) external;

    /// @notice An appraiser who neither found the challenged figures nor challenged them nor owns the tree answers with its own.
    /// @custom:zh 独立评估师处理异议并给出估值。
    function settle(SettleChallenge calldata act, Auth calldata auth) external;

    /// @notice The valuation of `tree`; all zero when it was never valued.
    function valuation(uint256 tree) external view returns (Valuation memory);

    /// @notice The open challenge of `tree`'s valuation, if any.
    function challengeOf(uint256 tree) external view returns (Challenge memory);

    /// @notice What `tree` counts for now, in fen. Zero: not valued, challenged, older than 365 days, the tree not registered, not alive, of title class C, or owned by whoever valued it.
    function collateralValue(uint256 tree) external view returns (uint64 fen);

    /// @notice Whether the valuation of `tree` is older than 180 days and should be made anew.
    function isStale(uint256 tree) external view returns (bool);
}
