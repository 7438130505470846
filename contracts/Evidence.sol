// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Auth} from "./interfaces/IActs.sol";
import {IParties} from "./interfaces/IParties.sol";
import "./interfaces/IEvidence.sol";

/// @dev The manual is `interfaces/IEvidence.sol`.
contract Evidence is IEvidence, Acts {
    uint8 public constant SCHEME = 1;

    bytes32 private constant ANCHOR_EVIDENCE = keccak256(
        "AnchorEvidence(bytes32 root,uint32 count,uint8 scheme,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REVOKE_EVIDENCE =
        keccak256("RevokeEvidence(bytes32 evidence,string reason,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant REVOKE_LEAF =
        keccak256("RevokeLeaf(bytes32 evidence,bytes32 leaf,string reason,address signer,uint256 nonce,uint256 deadline)");

    IParties public immutable PARTIES;

    uint64 public evidenceCount;
    mapping(bytes32 evidence => Record) private _records;
    mapping(bytes32 evidence => mapping(bytes32 leaf => uint64)) public leafRevokedAt;

    constructor(IParties parties) Acts("Chaqi Evidence") {
        PARTIES = parties;
    }

    /// @inheritdoc IEvidence
    function anchor(AnchorEvidence calldata act, Auth calldata auth) external returns (bytes32 evidence) {
        _accept(abi.encode(ANCHOR_EVIDENCE, act), auth);
        uint64 attester = PARTIES.requireActor(auth.signer, 0);
        require(act.root != 0 && act.count != 0, BatchEmpty(act.root, act.count));
        require(act.scheme == SCHEME, SchemeUnknown(act.scheme));
        evidence = _id(attester, act.root);
        Record storage current = _records[evidence];
        require(current.attester == 0, AlreadyAnchored(evidence, current.anchoredAt));
        uint64 instant = uint64(block.timestamp);
        _records[evidence] = Record(attester, instant, act.count, act.scheme, 0);
        ++evidenceCount;
        emit Anchored(evidence, attester, act.root, act.count, act.scheme, instant);
    }

    /// @inheritdoc IEvidence
    function revokeRoot(RevokeEvidence calldata act, Auth calldata auth) external {
        _accept(abi.encode(REVOKE_EVIDENCE, act.evidence, keccak256(bytes(act.reason))), auth);
        uint64 attester = _requireAttester(act.evidence, auth.signer);
        uint64 instant = uint64(block.timestamp);
        _records[act.evidence].revokedAt = instant;
        emit EvidenceRevoked(act.evidence, attester, instant, act.reason);
    }

    /// @inheritdoc IEvidence
    function revokeLeaf(RevokeLeaf calldata act, Auth calldata auth) external {
        _accept(abi.encode(REVOKE_LEAF, act.evidence, act.leaf, keccak256(bytes(act.reason))), auth);
        uint64 attester = _requireAttester(act.evidence, auth.signer);
        uint64 before = leafRevokedAt[act.evidence][act.leaf];
        require(before == 0, LeafAlreadyRevoked(act.leaf, before));
        uint64 instant = uint64(block.timestamp);
        leafRevokedAt[act.evidence][act.leaf] = instant;
        emit LeafRevoked(act.evidence, attester, act.leaf, instant, act.reason);
    }

    /// @inheritdoc IEvidence
    function requireLive(bytes32 evidence) public view {
        Record storage current = _records[evidence];
        require(current.attester != 0, EvidenceUnknown(evidence));
        require(current.revokedAt == 0, EvidenceIsRevoked(evidence, current.revokedAt));
    }

    /// @inheritdoc IEvidence
    function record(bytes32 evidence) external view returns (Record memory) {
        return _records[evidence];
    }

    /// @inheritdoc IEvidence
    function verify(bytes32 evidence, Document calldata document, bytes32[] calldata path, uint256 sides)
        external
        view
        returns (bool)
    {
        Record storage current = _records[evidence];
        if (current.attester == 0 || current.revokedAt != 0) return false;
        bytes32 node = sha256(
            abi.encodePacked(
                hex"00", "chaqi-evidence-v1", hex"00", document.salt, document.sha256Digest, document.sm3Digest
            )
        );
        if (leafRevokedAt[evidence][node] != 0) return false;
        for (uint256 level = 0; level < path.length; ++level) {
            bool right = sides & (1 << level) != 0;
            node = sha256(right ? abi.encodePacked(node, path[level]) : abi.encodePacked(path[level], node));
        }
        return _id(current.attester, node) == evidence;
    }

    function _requireAttester(bytes32 evidence, address signer) private view returns (uint64 attester) {
        uint64 actor = PARTIES.requireActor(signer, 0);
        requireLive(evidence);
        attester = _records[evidence].attester;
        require(attester == actor, NotAttester(attester, actor));
    }

    /// The id commits to the root, so the root needs no slot of its own.
    function _id(uint64 attester, bytes32 root) private pure returns (bytes32) {
        return keccak256(abi.encode(attester, root));
    }
}
