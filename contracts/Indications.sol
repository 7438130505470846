// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import "./interfaces/IIndications.sol";
import {IParties} from "./interfaces/IParties.sol";
import {ITrees, Life, Title, Tree} from "./interfaces/ITrees.sol";

/// @dev The manual is `interfaces/IIndications.sol`.
contract Indications is IIndications, Acts {
    uint64 public constant REVIEW_PERIOD = 365 days;

    bytes32 private constant LIST_TOWN =
        keccak256("ListTown(string product,string town,bool listed,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant APPLY_FOR_INDICATION = keccak256(
        "ApplyForIndication(uint256 tree,string product,string town,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant DECIDE_INDICATION = keccak256(
        "DecideIndication(uint256 tree,uint8 state,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    ITrees public immutable TREES;

    mapping(bytes32 origin => bool) public listed;
    mapping(uint256 tree => Indication) private _indications;

    constructor(IParties parties, IEvidence evidence, ITrees trees) Acts("Chaqi Indications") {
        PARTIES = parties;
        EVIDENCE = evidence;
        TREES = trees;
    }

    /// @inheritdoc IIndications
    function listTown(ListTown calldata act, Auth calldata auth) external returns (bytes32 origin) {
        _accept(
            abi.encode(LIST_TOWN, keccak256(bytes(act.product)), keccak256(bytes(act.town)), act.listed), auth
        );
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.GI_AUTH);
        require(bytes(act.product).length != 0 && bytes(act.product).length <= 64, ITrees.FilingIncomplete("product"));
        require(bytes(act.town).length != 0 && bytes(act.town).length <= 64, ITrees.FilingIncomplete("town"));
        origin = originId(act.product, act.town);
        listed[origin] = act.listed;
        emit TownListed(origin, actor, act.product, act.town, act.listed);
    }

    /// @inheritdoc IIndications
    function applyFor(ApplyForIndication calldata act, Auth calldata auth) external {
        _accept(
            abi.encode(
                APPLY_FOR_INDICATION,
                act.tree,
                keccak256(bytes(act.product)),
                keccak256(bytes(act.town)),
                act.evidence
            ),
            auth
        );
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.FARMER | Roles.FIRM | Roles.VILLAGE);
        require(_standing(act.tree).owner == actor, ITrees.NotOwner(act.tree, actor));
        Indication storage current = _indications[act.tree];
        bool open = current.state == IndicationState.NONE || current.state == IndicationState.REVOKED
            || current.state == IndicationState.EXPIRED;
        require(open, IndicationNotReady(act.tree, current.state, IndicationState.APPLIED));
        bytes32 origin = originId(act.product, act.town);
        require(listed[origin], TownNotListed(act.product, act.town));
        EVIDENCE.requireLive(act.evidence);
        current.state = IndicationState.APPLIED;
        current.origin = origin;
        current.decidedBy = 0;
        current.reviewDue = 0;
        emit IndicationApplied(act.tree, actor, act.product, act.town, origin, act.evidence);
    }

    /// @inheritdoc IIndications
    function decide(DecideIndication calldata act, Auth calldata auth) external {
        _accept(abi.encode(DECIDE_INDICATION, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.GI_AUTH);
        Indication storage current = _indications[act.tree];
        require(_leads(current.state, act.state), IndicationNotReady(act.tree, current.state, act.state));
        EVIDENCE.requireLive(act.evidence);
        if (act.state == IndicationState.GRANTED) {
            require(_standing(act.tree).owner != actor, ITrees.OwnerCannotDecide(act.tree, actor));
            require(listed[current.origin], OriginNotListed(act.tree, current.origin));
            current.reviewDue = uint64(block.timestamp) + REVIEW_PERIOD;
        }
        if (act.state == IndicationState.EXPIRED) {
            require(block.timestamp > current.reviewDue, ReviewNotDue(act.tree, current.reviewDue));
        }
        current.state = act.state;
        current.decidedBy = actor;
        emit IndicationDecided(act.tree, actor, act.state, current.reviewDue, act.evidence);
    }

    /// @inheritdoc IIndications
    function indication(uint256 tree) external view returns (Indication memory) {
        return _indications[tree];
    }

    /// @inheritdoc IIndications
    function granted(uint256 tree) external view returns (bool) {
        Indication storage current = _indications[tree];
        return current.state == IndicationState.GRANTED && block.timestamp <= current.reviewDue;
    }

    /// @inheritdoc IIndications
    function originId(string calldata product, string calldata town) public pure returns (bytes32) {
        return keccak256(abi.encode(product, town));
    }

    function _standing(uint256 id) private view returns (Tree memory twin) {
        twin = TREES.tree(id);
        require(twin.title == Title.REGISTERED, ITrees.TitleNotReady(id, twin.title, Title.REGISTERED));
        require(twin.life == Life.ALIVE, ITrees.LifeNotReady(id, twin.life, Life.ALIVE));
    }

    function _leads(IndicationState from, IndicationState to) private pure returns (bool) {
        if (from == IndicationState.APPLIED) return to == IndicationState.GRANTED || to == IndicationState.NONE;
        if (from == IndicationState.GRANTED) return uint8(to) >= uint8(IndicationState.GRANTED);
        return from == IndicationState.SUSPENDED && to != IndicationState.SUSPENDED
            && uint8(to) >= uint8(IndicationState.GRANTED);
    }
}
