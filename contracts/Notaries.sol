// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {IParties, Party, Status} from "./interfaces/IParties.sol";
import "./interfaces/INotaries.sol";

/// @dev The manual is `interfaces/INotaries.sol`.
contract Notaries is INotaries, Acts {
    bytes32 private constant DECLARE_CONFLICT = keccak256(
        "DeclareConflict(uint64 notary,uint64 party,bool conflicted,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REPORT_KEY = keccak256(
        "ReportKey(uint64 notary,uint64 invalidFrom,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;

    mapping(uint64 notary => KeyWindow) private _keyWindows;
    mapping(uint64 notary => mapping(uint64 party => bool)) public conflicted;

    constructor(IParties parties, IEvidence evidence) Acts("Chaqi Notaries") {
        PARTIES = parties;
        EVIDENCE = evidence;
    }

    /// @inheritdoc INotaries
    function declareConflict(DeclareConflict calldata act, Auth calldata auth) external {
        _accept(abi.encode(DECLARE_CONFLICT, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY | Roles.NOTARY_OFFICE);
        _notary(act.notary);
        PARTIES.party(act.party);
        EVIDENCE.requireLive(act.evidence);
        conflicted[act.notary][act.party] = act.conflicted;
        emit ConflictDeclared(act.notary, act.party, act.conflicted, actor, act.evidence);
    }

    /// @inheritdoc INotaries
    function reportKey(ReportKey calldata act, Auth calldata auth) external {
        _accept(abi.encode(REPORT_KEY, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        if (actor != act.notary) PARTIES.requireActor(auth.signer, Roles.NOTARY_OFFICE | Roles.REGULATOR);
        _notary(act.notary);
        uint64 instant = uint64(block.timestamp);
        require(act.invalidFrom != 0 && act.invalidFrom <= instant, InvalidityUnfit(act.invalidFrom, instant));
        EVIDENCE.requireLive(act.evidence);
        KeyWindow storage window = _keyWindows[act.notary];
        // A later report widens the window; it never makes good what an earlier one put in doubt.
        if (window.from == 0 || act.invalidFrom < window.from) window.from = act.invalidFrom;
        window.until = instant;
        emit KeyReported(act.notary, actor, window.from, window.until, act.evidence);
    }

    /// @inheritdoc INotaries
    function keyWindow(uint64 notary) external view returns (KeyWindow memory) {
        return _keyWindows[notary];
    }

    /// @inheritdoc INotaries
    function requireUnconflicted(uint64 notary, uint64 party) external view {
        require(_notary(notary).status == Status.ACTIVE, PartyUnfit(notary, Roles.NOTARY));
        PARTIES.party(party);
        require(notary != party && !conflicted[notary][party], ConflictOfInterest(notary, party));
    }

    function _notary(uint64 id) private view returns (Party memory notary) {
        notary = PARTIES.party(id);
        require(notary.roles & Roles.NOTARY != 0, PartyUnfit(id, Roles.NOTARY));
    }
}
