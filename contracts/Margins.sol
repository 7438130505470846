// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {ICalendar} from "./interfaces/ICalendar.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {ILiens, LegalEffect, Lien} from "./interfaces/ILiens.sol";
import {ILoanApplications} from "./interfaces/ILoanApplications.sol";
import {ILoans, LoanState, Terms} from "./interfaces/ILoans.sol";
import {IParties} from "./interfaces/IParties.sol";
import "./interfaces/IMargins.sol";

/// @dev The manual is `interfaces/IMargins.sol`.
contract Margins is IMargins, Acts {
    uint256 private constant BPS = 10_000;

    bytes32 private constant OBSERVE_MARGIN =
        keccak256("ObserveMargin(uint256 loan,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant CALL_MARGIN =
        keccak256("CallMargin(uint256 loan,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant CURE_MARGIN =
        keccak256("CureMargin(uint256 loan,uint8 basis,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant BREACH_MARGIN =
        keccak256("BreachMargin(uint256 loan,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    ICalendar public immutable CALENDAR;
    ILoanApplications public immutable APPLICATIONS;
    ILoans public immutable LOANS;
    ILiens public immutable LIENS;

    mapping(uint256 loan => Margin) private _margins;

    constructor(
        IParties parties,
        IEvidence evidence,
        ICalendar calendar,
        ILoanApplications applications,
        ILoans loans,
        ILiens liens
    ) Acts("Chaqi Margins") {
        PARTIES = parties;
        EVIDENCE = evidence;
        CALENDAR = calendar;
        APPLICATIONS = applications;
        LOANS = loans;
        LIENS = liens;
    }

    /// @inheritdoc IMargins
    function observe(ObserveMargin calldata act, Auth calldata auth) external {
        _accept(abi.encode(OBSERVE_MARGIN, act), auth);
        (uint64 actor, Terms memory agreed) = _authorise(auth.signer, act.loan, act.evidence);
        Margin storage place = _margins[act.loan];
        MarginState state = _exceeds(act.loan, agreed.warnLtvBps, true) ? MarginState.WARN : MarginState.OK;
        bool free = place.state != MarginState.CALL && place.state != MarginState.BREACHED && place.state != state;
        require(free, MarginNotReady(act.loan, place.state));
        place.state = state;
        place.calledAt = 0;
        place.cureEndsAt = 0;
        _record(act.loan, place, actor, act.evidence);
    }

    /// @inheritdoc IMargins
    function call(CallMargin calldata act, Auth calldata auth) external {
        _accept(abi.encode(CALL_MARGIN, act), auth);
        (uint64 actor, Terms memory agreed) = _authorise(auth.signer, act.loan, act.evidence);
        Margin storage place = _margins[act.loan];
        bool free = place.state != MarginState.CALL && place.state != MarginState.BREACHED;
        require(free, MarginNotReady(act.loan, place.state));
        bool reached = _exceeds(act.loan, agreed.callLtvBps, true);
        require(reached, LtvNotReached(act.loan, ltv(act.loan), agreed.callLtvBps));
        place.state = MarginState.CALL;
        place.calledAt = uint64(block.timestamp);
        place.cureEndsAt = CALENDAR.endOfWorkingDays(uint64(block.timestamp), agreed.cureWorkingDays);
        _record(act.loan, place, actor, act.evidence);
    }

    /// @inheritdoc IMargins
    function cure(CureMargin calldata act, Auth calldata auth) external {
        _accept(abi.encode(CURE_MARGIN, act), auth);
        (uint64 actor, Terms memory agreed) = _authorise(auth.signer, act.loan, act.evidence);
        Margin storage place = _margins[act.loan];
        bool called = place.state == MarginState.CALL || place.state == MarginState.BREACHED;
        require(called, MarginNotReady(act.loan, place.state));
        bool cured = act.basis == CureBasis.GUARANTEE || !_exceeds(act.loan, agreed.callLtvBps, true);
        require(cured, NotCured(act.loan, ltv(act.loan), agreed.callLtvBps));
        place.state = MarginState.CURED;
        place.cureEndsAt = 0;
        place.breachedAt = 0;
        _record(act.loan, place, actor, act.evidence);
    }

    /// @inheritdoc IMargins
    function breach(BreachMargin calldata act, Auth calldata auth) external {
        _accept(abi.encode(BREACH_MARGIN, act), auth);
        (uint64 actor, Terms memory agreed) = _authorise(auth.signer, act.loan, act.evidence);
        Margin storage place = _margins[act.loan];
        require(place.state == MarginState.CALL, MarginNotReady(act.loan, place.state));
        require(block.timestamp > place.cureEndsAt, MarginCureRunning(act.loan, place.cureEndsAt));
        bool reached = _exceeds(act.loan, agreed.breachLtvBps, false);
        require(reached, LtvNotReached(act.loan, ltv(act.loan), agreed.breachLtvBps));
        place.state = MarginState.BREACHED;
        place.breachedAt = uint64(block.timestamp);
        _record(act.loan, place, actor, act.evidence);
    }

    /// @inheritdoc IMargins
    function requireSecured(uint256 loan) external view {
        Terms memory agreed = LOANS.terms(loan);
        if (agreed.requiredEffect == LegalEffect.NONE) return;
        uint64 bank = LOANS.loan(loan).bank;
        uint256[] memory liens = LIENS.liensOf(loan);
        require(liens.length != 0, LienMissing(loan));
        for (uint256 place = 0; place < liens.length; ++place) {
            Lien memory each = LIENS.lien(liens[place]);
            require(each.holder == bank, LienMissing(loan));
            bool enough = each.effect >= agreed.requiredEffect;
            require(enough, LienIneffective(loan, liens[place], each.effect, agreed.requiredEffect));
        }
        uint64 cover = LIENS.coverOf(loan);
        bool held = agreed.principalFen * BPS <= agreed.openingLtvBps * uint256(cover);
        require(held, CoverTooSmall(loan, agreed.principalFen, cover, agreed.openingLtvBps));
    }

    /// @inheritdoc IMargins
    function margin(uint256 loan) external view returns (Margin memory) {
        return _margins[loan];
    }

    /// @inheritdoc IMargins
    function ltv(uint256 loan) public view returns (uint32) {
        uint256 owed = LOANS.outstanding(loan);
        uint256 cover = LIENS.coverOf(loan);
        if (owed == 0) return 0;
        if (cover == 0) return type(uint32).max;
        uint256 bps = (owed * BPS + cover / 2) / cover;
        return bps < type(uint32).max ? uint32(bps) : type(uint32).max;
    }

    function _authorise(address signer, uint256 loan, bytes32 evidence)
        private
        view
        returns (uint64 actor, Terms memory agreed)
    {
        actor = PARTIES.requireActor(signer, Roles.BANK);
        APPLICATIONS.requireOfficer(loan, actor);
        LoanState state = LOANS.loan(loan).state;
        agreed = LOANS.terms(loan);
        require(state == LoanState.REPAYING && agreed.requiredEffect != LegalEffect.NONE, NoMargin(loan));
        EVIDENCE.requireLive(evidence);
    }

    /// Whether the LTV is beyond a level, `reached` counting as beyond; exact where `ltv` is rounded.
    function _exceeds(uint256 loan, uint16 levelBps, bool reached) private view returns (bool) {
        uint256 owed = LOANS.outstanding(loan) * BPS;
        uint256 level = levelBps * uint256(LIENS.coverOf(loan));
        return owed != 0 && (reached ? owed >= level : owed > level);
    }

    function _record(uint256 loan, Margin storage place, uint64 actor, bytes32 evidence) private {
        place.ltvBps = ltv(loan);
        emit MarginChanged(
            loan, actor, place.state, place.ltvBps, place.calledAt, place.cureEndsAt, place.breachedAt, evidence
        );
    }
}
