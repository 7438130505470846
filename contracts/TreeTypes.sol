// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

// The EIP-712 types of the acts on trees.

bytes32 constant FILE_TREE = keccak256(
    "FileTree(string tag,string village,string cultivar,string geoCell,uint8 titleClass,uint16 ageYears,uint8 ageMethod,uint16 graftYear,bytes32 attributes,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
);
bytes32 constant SURVEY_TREE = keccak256(
    "SurveyTree(uint256 tree,uint16 girthCm,uint16 heightCm,uint16 crownACm,uint16 crownBCm,uint8 health,uint16 accuracyCm,bytes32 attributes,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
);
bytes32 constant POST_NOTICE =
    keccak256("PostNotice(uint256 tree,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
bytes32 constant OBJECT_TO_TREE =
    keccak256("ObjectToTree(uint256 tree,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
bytes32 constant RESOLVE_OBJECTION = keccak256(
    "ResolveObjection(uint256 tree,bool upheld,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
);
bytes32 constant REGISTER_TREE =
    keccak256("RegisterTree(uint256 tree,bytes32 certificate,address signer,uint256 nonce,uint256 deadline)");
bytes32 constant RECOGNISE_TREE = keccak256(
    "RecogniseTree(uint256 tree,uint8 level,uint16 ageYears,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
);
bytes32 constant RESTRAIN_TREE = keccak256(
    "RestrainTree(uint256 tree,uint8 kind,uint64 expiresAt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
);
bytes32 constant LIFT_RESTRAINT =
    keccak256("LiftRestraint(uint256 tree,uint8 kind,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
bytes32 constant REPORT_DEATH =
    keccak256("ReportDeath(uint256 tree,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
bytes32 constant CONCLUDE_DEATH_REPORT = keccak256(
    "ConcludeDeathReport(uint256 tree,uint8 finding,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
);
bytes32 constant OFFER_TRANSFER =
    keccak256("OfferTransfer(uint256 tree,uint64 to,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
bytes32 constant ACCEPT_TRANSFER =
    keccak256("AcceptTransfer(uint256 tree,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
bytes32 constant RECORD_TRANSFER = keccak256(
    "RecordTransfer(uint256 tree,uint64 to,uint8 basis,bytes32 receipt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
);
