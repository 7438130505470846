// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";

/// What the ledger keeps of a batch of documents: one slot.
struct Record {
    uint64 attester; // party id; zero when nothing was anchored under this id
    uint64 anchoredAt; // block time, UTC seconds
    uint32 count; // leaves in the batch
    uint8 scheme; // how leaves and tree are hashed; see `verify`
    uint64 revokedAt; // UTC seconds; zero while live
}

/// The inputs of a leaf under scheme 1.
struct Document {
    bytes32 salt;
    bytes32 sha256Digest;
    bytes32 sm3Digest;
}

struct AnchorEvidence {
    bytes32 root;
    uint32 count;
    uint8 scheme;
}

struct RevokeEvidence {
    bytes32 evidence;
    string reason;
}

struct RevokeLeaf {
    bytes32 evidence;
    bytes32 leaf;
    string reason;
}

/// @title Evidence: that a batch of documents existed at a block, attested by a party
/// @notice Recorded per (attester, Merkle root), so nobody can front-run another's anchor.
/// The id is `keccak256(abi.encode(uint64 attester, bytes32 root))`.
/// @dev Warning: anchoring proves integrity after the anchor, not truth before it (在线诉讼规则 16, 18).
/// @dev Warning: `reason` must name a rule or a case number, never a person.
interface IEvidence is IActs {
    /// @notice `attester` anchored `count` documents under `root`.
    event Anchored(
        bytes32 indexed evidence, uint64 indexed attester, bytes32 root, uint32 count, uint8 scheme, uint64 anchoredAt
    );

    /// @notice The whole batch was revoked by its attester.
    event EvidenceRevoked(bytes32 indexed evidence, uint64 indexed attester, uint64 revokedAt, string reason);

    /// @notice One document of the batch was revoked by the attester.
    event LeafRevoked(
        bytes32 indexed evidence, uint64 indexed attester, bytes32 indexed leaf, uint64 revokedAt, string reason
    );

    /// @notice Evidence {evidence} was anchored before, at {anchoredAt} (UTC seconds).
    /// @custom:zh 证据 {evidence} 已于 {anchoredAt}（UTC 秒）锚定。
    error AlreadyAnchored(bytes32 evidence, uint64 anchoredAt);

    /// @notice There is no evidence {evidence}. Anchor the document first.
    /// @custom:zh 证据 {evidence} 不存在，请先锚定文件。
    error EvidenceUnknown(bytes32 evidence);

    /// @notice Evidence {evidence} was revoked at {revokedAt} (UTC seconds) and cannot be relied on.
    /// @custom:zh 证据 {evidence} 已于 {revokedAt}（UTC 秒）撤销，不能再作为依据。
    error EvidenceIsRevoked(bytes32 evidence, uint64 revokedAt);

    /// @notice Leaf {leaf} was revoked before, at {revokedAt} (UTC seconds).
    /// @custom:zh 叶子 {leaf} 已于 {revokedAt}（UTC 秒）撤销。
    error LeafAlreadyRevoked(bytes32 leaf, uint64 revokedAt);

    /// @notice Party {party} did not attest this evidence; party {attester} did, and only it can revoke.
    /// @custom:zh 该证据由参与方 {attester} 出具，参与方 {party} 无权撤销。
    error NotAttester(uint64 attester, uint64 party);

    /// @notice A batch needs a root and at least one document (root {root}, count {count}).
    /// @custom:zh 批次必须有默克尔根与至少一份文件（根 {root}，数量 {count}）。
    error BatchEmpty(bytes32 root, uint32 count);

    /// @notice Hashing scheme {scheme} is not known here; use 1.
    /// @custom:zh 未知的哈希方案 {scheme}，请使用 1。
    error SchemeUnknown(uint8 scheme);

    /// @notice The signer attests that the documents under a Merkle root exist now.
    /// @custom:zh 锚定一批文件的默克尔根。
    function anchor(AnchorEvidence calldata act, Auth calldata auth) external returns (bytes32 evidence);

    /// @notice The attester revokes a whole batch.
    /// @custom:zh 撤销整批证据。
    function revokeRoot(RevokeEvidence calldata act, Auth calldata auth) external;

    /// @notice The attester revokes one document of a batch.
    /// @custom:zh 撤销批次中的一份文件。
    function revokeLeaf(RevokeLeaf calldata act, Auth calldata auth) external;

    /// @notice Reverts unless `evidence` is anchored and not revoked.
    function requireLive(bytes32 evidence) external view;

    /// @notice The record of `evidence`; all zero when there is none.
    function record(bytes32 evidence) external view returns (Record memory);

    /// @notice When `leaf` of `evidence` was revoked, in UTC seconds; zero when it was not.
    function leafRevokedAt(bytes32 evidence, bytes32 leaf) external view returns (uint64);

    /// @notice How many batches were ever anchored.
    function evidenceCount() external view returns (uint64);

    /// @notice Whether `document` is a live leaf of live `evidence`.
    /// @dev Scheme 1: leaf = SHA-256(0x00 ‖ "chaqi-evidence-v1" ‖ 0x00 ‖ salt ‖ SHA-256(document) ‖ SM3(document));
    /// node = SHA-256(left ‖ right). The prefix keeps an inner node from passing as a leaf.
    /// @param path siblings from the leaf up
    /// @param sides bit i set: sibling i stands on the right
    function verify(bytes32 evidence, Document calldata document, bytes32[] calldata path, uint256 sides)
        external
        view
        returns (bool);
}
