// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";

enum IndicationState {
    NONE,
    APPLIED, // 已申请
    GRANTED, // 准予使用
    SUSPENDED, // 暂停使用
    REVOKED, // 撤销
    EXPIRED // 逾期未年审
}

/// The right to sell a tree's tea under a geographical indication (地理标志). Two slots.
struct Indication {
    bytes32 origin; // keccak256(abi.encode(product, town)), whose text is in `TownListed` and `IndicationApplied`
    IndicationState state;
    uint64 decidedBy; // party id; zero before the first decision
    uint64 reviewDue; // UTC second by which a grant must be reviewed; zero without one
}

struct ListTown {
    string product;
    string town;
    bool listed;
}

struct ApplyForIndication {
    uint256 tree;
    string product;
    string town;
    bytes32 evidence;
}

struct DecideIndication {
    uint256 tree;
    IndicationState state;
    bytes32 evidence;
}

/// @title Indications: which trees' tea may bear a geographical indication (地理标志)
/// @notice The authority lists the towns of origin of a product, grants the indication tree by tree on a test report, and
/// reviews every grant within a year. A grant that nobody reviews in time stops counting by itself.
/// @dev Warning: an indication says where a tree stands and how its tea tested. It says nothing about age: "凤凰单丛" is no
/// claim of "古树".
interface IIndications is IActs {
    /// @notice Tea of `product` from `town` is inside the indication's area while `listed`.
    event TownListed(bytes32 indexed origin, uint64 indexed actor, string product, string town, bool listed);

    /// @notice The owner applied for the indication.
    event IndicationApplied(
        uint256 indexed tree, uint64 indexed actor, string product, string town, bytes32 origin, bytes32 evidence
    );

    /// @notice The authority decided: the indication of the tree stands so now. `evidence` is the licence or test report.
    event IndicationDecided(
        uint256 indexed tree, uint64 indexed actor, IndicationState state, uint64 reviewDue, bytes32 evidence
    );

    /// @notice Town {town} is not in the area of origin of {product}.
    /// @custom:zh {town} 不在“{product}”地理标志的产地范围内。
    error TownNotListed(string product, string town);

    /// @notice The area of origin {origin} of tree {tree} is no longer listed.
    /// @custom:zh 茶树 {tree} 的产地 {origin} 已不在地理标志产地范围内。
    error OriginNotListed(uint256 tree, bytes32 origin);

    /// @notice The indication of tree {tree} stands at {state} and cannot become {asked}.
    /// @custom:zh 茶树 {tree} 的地理标志状态为 {state}，不能变更为 {asked}。
    error IndicationNotReady(uint256 tree, IndicationState state, IndicationState asked);

    /// @notice The grant to tree {tree} is to be reviewed by {reviewDue} (UTC seconds) and has not expired before.
    /// @custom:zh 茶树 {tree} 的地理标志应于 {reviewDue}（UTC 秒）前年审，此前并未逾期。
    error ReviewNotDue(uint256 tree, uint64 reviewDue);

    /// @notice The authority puts a town on the list of origins of a product, or takes it off.
    /// @custom:zh 将乡镇列入或移出地理标志产地范围。
    function listTown(ListTown calldata act, Auth calldata auth) external returns (bytes32 origin);

    /// @notice The owner of a registered, living tree applies for the indication, on live evidence of its origin.
    /// @custom:zh 权利人为其茶树申请地理标志。
    function applyFor(ApplyForIndication calldata act, Auth calldata auth) external;

    /// @notice The authority decides: APPLIED may become GRANTED or NONE (refused); GRANTED may be granted again (yearly review), SUSPENDED, REVOKED or, once its review is overdue, EXPIRED; SUSPENDED may become GRANTED, REVOKED or EXPIRED.
    /// @custom:zh 地理标志主管部门作出决定：准予、年审、暂停、撤销或认定逾期。
    function decide(DecideIndication calldata act, Auth calldata auth) external;

    /// @notice The indication of `tree`; all zero when none was applied for.
    function indication(uint256 tree) external view returns (Indication memory);

    /// @notice Whether the indication of `tree` is granted now and its review not overdue.
    function granted(uint256 tree) external view returns (bool);

    /// @notice Whether an area of origin is listed.
    function listed(bytes32 origin) external view returns (bool);

    /// @notice The id of an area of origin: keccak256(abi.encode(product, town)).
    function originId(string calldata product, string calldata town) external pure returns (bytes32);
}
