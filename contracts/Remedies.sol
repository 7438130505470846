// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {AgreementAccount} from "./AgreementAccount.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {Agreement, AgreementStage, IAgreements} from "./interfaces/IAgreements.sol";
import {ICalendar} from "./interfaces/ICalendar.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {IParties} from "./interfaces/IParties.sol";
import "./interfaces/IRemedies.sol";

/// @dev The manual is `interfaces/IRemedies.sol`.
contract Remedies is IRemedies, Acts {
    uint64 public constant NOTICE_PERIOD = 15 days; // from the occurrence to its notice (CC 590) [A]
    uint16 public constant EXTENSION_DAYS_MOST = 365;
    uint16 public constant CURE_DAYS_LEAST = 3;
    uint16 public constant CURE_DAYS_MOST = 60;
    uint64 public constant CLOCK_MARGIN = 5 minutes; // domain §10, 24
    uint256 private constant BPS = 10_000;

    bytes32 private constant RAISE_DISPUTE = keccak256(
        "RaiseDispute(uint256 agreement,uint64 amount,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant RESOLVE_DISPUTE = keccak256(
        "ResolveDispute(uint256 agreement,uint64 awarded,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant NOTIFY_FORCE_MAJEURE = keccak256(
        "NotifyForceMajeure(uint256 agreement,uint64 occurredAt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant DECIDE_FORCE_MAJEURE = keccak256(
        "DecideForceMajeure(uint256 agreement,bool terminates,uint16 extensionDays,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant NOTICE_CURE = keccak256(
        "NoticeCure(uint256 agreement,uint16 cureDays,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant DECLARE_DEFAULT = keccak256(
        "DeclareDefault(uint256 agreement,uint8 sanction,bool purposeDefeated,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant CONSENT_TO_TERMINATION = keccak256(
        "ConsentToTermination(uint256 agreement,bool consents,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    ICalendar public immutable CALENDAR;
    IAgreements public immutable AGREEMENTS;

    mapping(uint256 agreement => Standing) private _standings;
    mapping(uint256 agreement => Remedy) private _remedies;

    constructor(IParties parties, IEvidence evidence, ICalendar calendar, IAgreements agreements)
        Acts("Chaqi Remedies")
    {
        PARTIES = parties;
        EVIDENCE = evidence;
        CALENDAR = calendar;
        AGREEMENTS = agreements;
    }

    /* DISPUTE */

    /// @inheritdoc IRemedies
    function raiseDispute(RaiseDispute calldata act, Auth calldata auth) external {
        _accept(abi.encode(RAISE_DISPUTE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Agreement memory deal = _underWay(act.agreement, AgreementStage.SETTLED);
        _requireSide(act.agreement, deal, actor);
        Standing storage standing = _standings[act.agreement];
        require(standing.claimant == 0, DisputeOpen(act.agreement, standing.claimant));
        uint64 most = AgreementAccount.price(deal.quantity, deal.unitPrice);
        require(act.amount != 0 && act.amount <= most, IAgreements.AmountUnfit(act.amount, most));
        EVIDENCE.requireLive(act.evidence);
        (standing.claimant, standing.frozen) = (actor, act.amount);
        _setDispute(act.agreement, standing, actor, uint64(block.timestamp), act.evidence);
    }

    /// @inheritdoc IRemedies
    function resolveDispute(ResolveDispute calldata act, Auth calldata auth) external {
        _accept(abi.encode(RESOLVE_DISPUTE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Agreement memory deal = AGREEMENTS.agreement(act.agreement);
        Standing storage standing = _standings[act.agreement];
        require(standing.claimant != 0, NoDispute(act.agreement));
        (uint64 least, uint64 most) = (0, standing.frozen);
        if (actor == standing.claimant) most = 0;
        else if (_isSide(deal, actor)) least = most;
        else _requireMediator(act.agreement, actor);
        require(act.awarded >= least && act.awarded <= most, AwardUnfit(actor, act.awarded, least, most));
        EVIDENCE.requireLive(act.evidence);
        if (standing.claimant == deal.buyer) standing.adjustment -= int64(act.awarded);
        else standing.adjustment += int64(act.awarded);
        (standing.claimant, standing.frozen) = (0, 0);
        _setDispute(act.agreement, standing, actor, 0, act.evidence);
    }

    /* FORCE MAJEURE */

    /// @inheritdoc IRemedies
    function notifyForceMajeure(NotifyForceMajeure calldata act, Auth calldata auth) external {
        _accept(abi.encode(NOTIFY_FORCE_MAJEURE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Agreement memory deal = _open(act.agreement);
        _requireSide(act.agreement, deal, actor);
        Standing storage standing = _standings[act.agreement];
        require(!standing.suspended, AgreementSuspended(act.agreement));
        (uint64 latest, uint64 earliest) = (uint64(block.timestamp), uint64(block.timestamp) - NOTICE_PERIOD);
        bool fit = act.occurredAt >= earliest && act.occurredAt <= latest;
        require(fit, IAgreements.InstantUnfit(act.occurredAt, earliest, latest));
        uint64 dueAt = _dueFrom(act.agreement, deal, actor);
        require(dueAt == 0 || act.occurredAt <= CALENDAR.endOfDays(dueAt, 0), AlreadyLate(actor, dueAt));
        EVIDENCE.requireLive(act.evidence);
        Remedy storage remedy_ = _remedies[act.agreement];
        (remedy_.affected, remedy_.occurredAt) = (actor, act.occurredAt);
        standing.suspended = true;
        _emitForceMajeure(act.agreement, actor, act.evidence);
    }

    /// @inheritdoc IRemedies
    function decideForceMajeure(DecideForceMajeure calldata act, Auth calldata auth) external {
        _accept(abi.encode(DECIDE_FORCE_MAJEURE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Agreement memory deal = _open(act.agreement);
        Standing storage standing = _standings[act.agreement];
        require(standing.suspended, NotSuspended(act.agreement));
        if (_isSide(deal, actor)) require(actor != _remedies[act.agreement].affected, NoSay(act.agreement, actor));
        else _requireMediator(act.agreement, actor);
        require(act.extensionDays <= EXTENSION_DAYS_MOST, PeriodUnfit(act.extensionDays, 0, EXTENSION_DAYS_MOST));
        EVIDENCE.requireLive(act.evidence);
        standing.suspended = false;
        if (act.terminates) _end(act.agreement, deal, AgreementEnding.FORCE_MAJEURE);
        else standing.extensionDays += act.extensionDays;
        _emitForceMajeure(act.agreement, actor, act.evidence);
    }

    /* DEFAULT */

    /// @inheritdoc IRemedies
    function noticeCure(NoticeCure calldata act, Auth calldata auth) external {
        _accept(abi.encode(NOTICE_CURE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Agreement memory deal = _open(act.agreement);
        uint64 lateSince = _requireOtherLate(act.agreement, deal, actor);
        bool fit = act.cureDays >= CURE_DAYS_LEAST && act.cureDays <= CURE_DAYS_MOST;
        require(fit, PeriodUnfit(act.cureDays, CURE_DAYS_LEAST, CURE_DAYS_MOST));
        EVIDENCE.requireLive(act.evidence);
        uint64 cureEndsAt = CALENDAR.endOfDays(uint64(block.timestamp), act.cureDays);
        Remedy storage remedy_ = _remedies[act.agreement];
        (remedy_.noticedBy, remedy_.lateSince, remedy_.cureEndsAt) = (actor, lateSince, cureEndsAt);
        emit CureNoticed(act.agreement, actor, lateSince, cureEndsAt, act.evidence);
    }

    /// @inheritdoc IRemedies
    function declareDefault(DeclareDefault calldata act, Auth calldata auth) external {
        _accept(abi.encode(DECLARE_DEFAULT, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Agreement memory deal = _open(act.agreement);
        uint64 lateSince = _requireOtherLate(act.agreement, deal, actor);
        Remedy storage remedy_ = _remedies[act.agreement];
        bool noticed = remedy_.noticedBy == actor && remedy_.lateSince == lateSince;
        require(noticed, CureNotNoticed(act.agreement, actor, lateSince));
        uint64 cureEndsAt = remedy_.cureEndsAt;
        require(block.timestamp > cureEndsAt + CLOCK_MARGIN, CureRunning(act.agreement, cureEndsAt));
        EVIDENCE.requireLive(act.evidence);
        bool byBuyer = actor == deal.seller;
        uint64 penalty = _penalty(act, deal, byBuyer);
        (remedy_.sanction, remedy_.purposeDefeated, remedy_.penalty) = (act.sanction, act.purposeDefeated, penalty);
        Standing storage standing = _standings[act.agreement];
        standing.adjustment += byBuyer ? int64(penalty) : -int64(penalty);
        _end(act.agreement, deal, byBuyer ? AgreementEnding.BUYER_DEFAULT : AgreementEnding.SELLER_DEFAULT);
        emit DefaultDeclared(
            act.agreement,
            actor,
            standing.ending,
            act.sanction,
            act.purposeDefeated,
            penalty,
            standing.adjustment,
            remedy_.endedAt,
            act.evidence
        );
    }

    /* CONSENT */

    /// @inheritdoc IRemedies
    function consentToTermination(ConsentToTermination calldata act, Auth calldata auth) external {
        _accept(abi.encode(CONSENT_TO_TERMINATION, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Agreement memory deal = AGREEMENTS.agreement(act.agreement);
        if (deal.stage != AgreementStage.SIGNED) deal = _underWay(act.agreement, AgreementStage.ACCEPTED);
        Standing storage standing = _requireOpen(act.agreement);
        _requireSide(act.agreement, deal, actor);
        Remedy storage remedy_ = _remedies[act.agreement];
        uint64 before = remedy_.consentedBy;
        require(act.consents != (before == actor), ConsentUnchanged(act.agreement, actor));
        EVIDENCE.requireLive(act.evidence);
        if (act.consents && before != 0) _end(act.agreement, deal, AgreementEnding.MUTUAL);
        else remedy_.consentedBy = act.consents ? actor : 0;
        emit TerminationConsented(
            act.agreement, actor, remedy_.consentedBy, standing.ending, remedy_.endedAt, act.evidence
        );
    }

    /* READS */

    /// @inheritdoc IRemedies
    function standing(uint256 agreement) external view returns (Standing memory) {
        return _standings[agreement];
    }

    /// @inheritdoc IRemedies
    function remedy(uint256 agreement) external view returns (Remedy memory) {
        return _remedies[agreement];
    }

    /* RULES */

    /// An agreement that is being performed or was, up to a stage.
    function _underWay(uint256 id, AgreementStage last) private view returns (Agreement memory deal) {
        deal = AGREEMENTS.agreement(id);
        bool fit = deal.stage >= AgreementStage.ACTIVE && deal.stage <= last;
        require(fit, IAgreements.StageUnfit(id, deal.stage, AgreementStage.ACTIVE));
    }

    /// An agreement that is being performed and has not ended.
    function _open(uint256 id) private view returns (Agreement memory) {
        _requireOpen(id);
        return _underWay(id, AgreementStage.ACCEPTED);
    }

    function _requireOpen(uint256 id) private view returns (Standing storage standing_) {
        standing_ = _standings[id];
        require(standing_.ending == AgreementEnding.NONE, AgreementEnded(id, standing_.ending));
    }

    function _isSide(Agreement memory deal, uint64 party) private pure returns (bool) {
        return party == deal.buyer || party == deal.seller;
    }

    function _requireSide(uint256 id, Agreement memory deal, uint64 party) private pure {
        require(_isSide(deal, party), IAgreements.NotSide(id, party));
    }

    function _requireMediator(uint256 id, uint64 party) private view {
        require(PARTIES.party(party).roles & (Roles.VILLAGE | Roles.AGRI) != 0, NoSay(id, party));
    }

    /// When the next performance of a side is due; zero: none is.
    function _dueFrom(uint256 id, Agreement memory deal, uint64 party) private view returns (uint64) {
        (uint64 sellerDueAt, uint64 buyerDueAt) = AGREEMENTS.due(id);
        return party == deal.seller ? sellerDueAt : buyerDueAt;
    }

    /// Since when the side other than `actor` is late; grace is over, and no force majeure is pending.
    function _requireOtherLate(uint256 id, Agreement memory deal, uint64 actor)
        private
        view
        returns (uint64 dueAt)
    {
        _requireSide(id, deal, actor);
        require(!_standings[id].suspended, AgreementSuspended(id));
        (uint64 other, uint16 grace) = actor == deal.buyer ? (deal.seller, deal.graceDays) : (deal.buyer, 0);
        dueAt = _dueFrom(id, deal, other);
        bool late = dueAt != 0 && block.timestamp > CALENDAR.endOfDays(dueAt, grace) + CLOCK_MARGIN;
        require(late, NotLate(id, dueAt));
    }

    /// 定金 pro rata to what was not performed, whole where the purpose is defeated (解释 68); or 违约金 on it. The buyer
    /// performs by paying for what was accepted, the seller by delivering what was accepted.
    function _penalty(DeclareDefault calldata act, Agreement memory deal, bool byBuyer)
        private
        pure
        returns (uint64)
    {
        if (act.sanction == Sanction.NONE) return 0;
        uint64 total = AgreementAccount.price(deal.quantity, deal.unitPrice);
        uint64 earned = AgreementAccount.price(deal.accepted, deal.unitPrice);
        uint256 whole = byBuyer ? earned : total;
        uint256 open = whole - (byBuyer ? (deal.paid < earned ? deal.paid : earned) : earned);
        if (act.sanction == Sanction.DAMAGES) {
            require(deal.damagesBps != 0, SanctionUnfit(act.agreement, act.sanction));
            return uint64(open * deal.damagesBps / BPS);
        }
        require(deal.depositPaid != 0, SanctionUnfit(act.agreement, act.sanction));
        uint64 base = AgreementAccount.depositBase(total, deal.depositPaid);
        return act.purposeDefeated ? base : uint64(base * open / whole);
    }

    function _end(uint256 id, Agreement memory deal, AgreementEnding ending) private {
        require(deal.pending == 0, IAgreements.DeliveryPending(id, deal.pending));
        _standings[id].ending = ending;
        _remedies[id].endedAt = uint64(block.timestamp);
    }

    function _setDispute(uint256 id, Standing storage standing_, uint64 actor, uint64 disputedAt, bytes32 evidence)
        private
    {
        _remedies[id].disputedAt = disputedAt;
        emit DisputeChanged(
            id, actor, standing_.claimant, standing_.frozen, disputedAt, standing_.adjustment, evidence
        );
    }

    function _emitForceMajeure(uint256 id, uint64 actor, bytes32 evidence) private {
        Standing storage standing_ = _standings[id];
        Remedy storage remedy_ = _remedies[id];
        emit ForceMajeureChanged(
            id,
            actor,
            remedy_.affected,
            remedy_.occurredAt,
            standing_.suspended,
            standing_.extensionDays,
            standing_.ending,
            remedy_.endedAt,
            evidence
        );
    }
}
