// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {ICalendar} from "./interfaces/ICalendar.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {ILoans, LoanState} from "./interfaces/ILoans.sol";
import {IParties, Party, Status} from "./interfaces/IParties.sol";
import "./interfaces/ILoanApplications.sol";

/// @dev The manual is `interfaces/ILoanApplications.sol`.
contract LoanApplications is ILoanApplications, Acts {
    uint16 public constant REVIEW_WORKING_DAYS = 3;
    uint16 public constant APPROVAL_DAYS = 30;
    uint64 public constant FOUR_EYES_FEN = 50_000_000;
    uint32 private constant BORROWERS = Roles.FARMER | Roles.FIRM;

    bytes32 private constant APPOINT_OFFICER =
        keccak256("AppointOfficer(uint64 officer,bool appointed,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant APPLY_FOR_LOAN = keccak256(
        "ApplyForLoan(uint64 bank,uint8 product,uint64 amountFen,uint32 termDays,uint8 purpose,bytes32 consents,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REQUEST_INFORMATION =
        keccak256("RequestInformation(uint256 loan,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant PROVIDE_INFORMATION =
        keccak256("ProvideInformation(uint256 loan,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant DECIDE_LOAN = keccak256(
        "DecideLoan(uint256 loan,uint64 approvedFen,uint8 reason,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant WITHDRAW_APPLICATION =
        keccak256("WithdrawApplication(uint256 loan,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    ICalendar public immutable CALENDAR;
    ILoans public immutable LOANS;

    uint64 public applicationCount;
    mapping(uint64 bank => mapping(uint64 officer => bool)) private _officers;
    mapping(uint256 loan => Application) private _applications;

    constructor(IParties parties, IEvidence evidence, ICalendar calendar, ILoans loans)
        Acts("Chaqi LoanApplications")
    {
        PARTIES = parties;
        EVIDENCE = evidence;
        CALENDAR = calendar;
        LOANS = loans;
    }

    /* OFFICERS, APPLICATION, DECISION */

    /// @inheritdoc ILoanApplications
    function appointOfficer(AppointOfficer calldata act, Auth calldata auth) external {
        _accept(abi.encode(APPOINT_OFFICER, act), auth);
        uint64 bank = PARTIES.requireActor(auth.signer, Roles.BANK);
        if (act.appointed) _requireBank(act.officer);
        EVIDENCE.requireLive(act.evidence);
        _officers[bank][act.officer] = act.appointed;
        emit OfficerAppointed(bank, act.officer, act.appointed, act.evidence);
    }

    /// @inheritdoc ILoanApplications
    function submit(ApplyForLoan calldata act, Auth calldata auth) external returns (uint256 id) {
        id = uint256(_accept(abi.encode(APPLY_FOR_LOAN, act), auth));
        uint64 borrower = PARTIES.requireActor(auth.signer, BORROWERS);
        require(borrower != act.bank, NotABank(act.bank));
        _requireBank(act.bank);
        require(act.product != LoanProduct.NONE, LoanIncomplete("product"));
        require(act.amountFen != 0, LoanIncomplete("amountFen"));
        require(act.termDays != 0, LoanIncomplete("termDays"));
        require(act.purpose != LoanPurpose.NONE, LoanIncomplete("purpose"));
        EVIDENCE.requireLive(act.consents);
        EVIDENCE.requireLive(act.evidence);
        Application storage each = _applications[id];
        each.borrower = borrower;
        each.bank = act.bank;
        each.requestedFen = act.amountFen;
        each.termDays = act.termDays;
        each.state = ApplicationState.SUBMITTED;
        each.product = act.product;
        each.purpose = act.purpose;
        each.submittedAt = uint64(block.timestamp);
        each.reviewDueAt = CALENDAR.endOfWorkingDays(uint64(block.timestamp), REVIEW_WORKING_DAYS);
        each.consents = act.consents;
        ++applicationCount;
        _emitSubmitted(id, each, act.evidence);
    }

    /// @inheritdoc ILoanApplications
    function requestInformation(RequestInformation calldata act, Auth calldata auth) external {
        _accept(abi.encode(REQUEST_INFORMATION, act), auth);
        (uint64 actor, Application storage each) = _officerAt(act.loan, auth.signer, ApplicationState.SUBMITTED);
        EVIDENCE.requireLive(act.evidence);
        each.state = ApplicationState.INFO_REQUESTED;
        each.pausedAt = uint64(block.timestamp);
        emit ReviewClockChanged(act.loan, actor, each.state, each.pausedAt, each.reviewDueAt, act.evidence);
    }

    /// @inheritdoc ILoanApplications
    function provideInformation(ProvideInformation calldata act, Auth calldata auth) external {
        _accept(abi.encode(PROVIDE_INFORMATION, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, BORROWERS);
        Application storage each = _at(act.loan, ApplicationState.INFO_REQUESTED);
        require(actor == each.borrower, NotTheBorrower(act.loan, actor));
        EVIDENCE.requireLive(act.evidence);
        each.state = ApplicationState.SUBMITTED;
        each.reviewDueAt = _resumed(each.pausedAt, each.reviewDueAt);
        each.pausedAt = 0;
        emit ReviewClockChanged(act.loan, actor, each.state, 0, each.reviewDueAt, act.evidence);
    }

    /// @inheritdoc ILoanApplications
    function decide(DecideLoan calldata act, Auth calldata auth) external {
        _accept(abi.encode(DECIDE_LOAN, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.BANK);
        Application storage each = _application(act.loan);
        _requireOfficer(each.bank, actor);
        bool confirming = each.state == ApplicationState.CONFIRMING;
        bool open = confirming || each.state == ApplicationState.SUBMITTED;
        require(open, ApplicationNotReady(act.loan, each.state, ApplicationState.SUBMITTED));
        require(act.approvedFen <= each.requestedFen, LoanIncomplete("approvedFen"));
        require((act.approvedFen == 0) == (act.reason != DecisionReason.NONE), LoanIncomplete("reason"));
        EVIDENCE.requireLive(act.evidence);
        // A second officer who does not agree decides anew.
        bool second = confirming && act.approvedFen == each.approvedFen;
        require(!second || actor != each.firstOfficer, SecondOfficerNeeded(act.loan, actor));
        each.reason = act.reason;
        each.approvedFen = act.approvedFen;
        if (act.approvedFen > FOUR_EYES_FEN && !second) {
            each.firstOfficer = actor;
            each.state = ApplicationState.CONFIRMING;
        } else {
            each.firstOfficer = 0;
            _conclude(each, act.approvedFen == 0 ? ApplicationState.REJECTED : ApplicationState.APPROVED);
        }
        _emitDecided(act.loan, actor, each, act.evidence);
    }

    /// @inheritdoc ILoanApplications
    function withdraw(WithdrawApplication calldata act, Auth calldata auth) external {
        _accept(abi.encode(WITHDRAW_APPLICATION, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, BORROWERS);
        Application storage each = _application(act.loan);
        require(actor == each.borrower, NotTheBorrower(act.loan, actor));
        bool open = each.state != ApplicationState.REJECTED && each.state != ApplicationState.WITHDRAWN;
        require(open, ApplicationNotReady(act.loan, each.state, ApplicationState.APPROVED));
        LoanState state = LOANS.loan(act.loan).state;
        require(state <= LoanState.CONTRACTED, ILoans.LoanNotReady(act.loan, state, LoanState.CONTRACTED));
        EVIDENCE.requireLive(act.evidence);
        each.firstOfficer = 0;
        each.state = ApplicationState.WITHDRAWN;
        _emitDecided(act.loan, actor, each, act.evidence);
    }

    /* READS */

    /// @inheritdoc ILoanApplications
    function requireOfficer(uint256 id, uint64 party) external view {
        _requireOfficer(_application(id).bank, party);
    }

    /// @inheritdoc ILoanApplications
    function officer(uint64 bank, uint64 party) external view returns (bool) {
        return _officers[bank][party];
    }

    /// @inheritdoc ILoanApplications
    function application(uint256 id) external view returns (Application memory) {
        return _application(id);
    }

    /* RULES */

    function _application(uint256 id) private view returns (Application storage each) {
        each = _applications[id];
        require(each.state != ApplicationState.NONE, NoSuchLoan(id));
    }

    function _at(uint256 id, ApplicationState needed) private view returns (Application storage each) {
        each = _application(id);
        require(each.state == needed, ApplicationNotReady(id, each.state, needed));
    }

    function _officerAt(uint256 id, address signer, ApplicationState needed)
        private
        view
        returns (uint64 actor, Application storage each)
    {
        actor = PARTIES.requireActor(signer, Roles.BANK);
        each = _at(id, needed);
        _requireOfficer(each.bank, actor);
    }

    function _requireOfficer(uint64 bank, uint64 party) private view {
        require(party == bank || _officers[bank][party], NotAnOfficer(bank, party));
    }

    function _requireBank(uint64 id) private view {
        Party memory party = PARTIES.party(id);
        require(party.roles & Roles.BANK != 0 && party.status == Status.ACTIVE, NotABank(id));
    }

    /// The working days that were left when the clock stopped are left from now on; a review that was late stays so.
    function _resumed(uint64 pausedAt, uint64 dueAt) private view returns (uint64) {
        for (uint16 left = 1; left <= REVIEW_WORKING_DAYS && pausedAt <= dueAt; ++left) {
            if (CALENDAR.endOfWorkingDays(pausedAt, left) >= dueAt) {
                return CALENDAR.endOfWorkingDays(uint64(block.timestamp), left);
            }
        }
        return dueAt;
    }

    function _conclude(Application storage each, ApplicationState state) private {
        each.state = state;
        each.decidedAt = uint64(block.timestamp);
        if (state == ApplicationState.APPROVED) {
            each.approvalEndsAt = CALENDAR.endOfDays(uint64(block.timestamp), APPROVAL_DAYS);
        }
    }

    function _emitSubmitted(uint256 id, Application memory each, bytes32 evidence) private {
        emit LoanSubmitted(
            id,
            each.borrower,
            each.bank,
            each.requestedFen,
            each.termDays,
            each.state,
            each.product,
            each.purpose,
            each.submittedAt,
            each.reviewDueAt,
            each.consents,
            evidence
        );
    }

    function _emitDecided(uint256 id, uint64 actor, Application memory each, bytes32 evidence) private {
        emit LoanDecided(
            id,
            actor,
            each.state,
            each.reason,
            each.decidedAt,
            each.approvedFen,
            each.approvalEndsAt,
            each.firstOfficer,
            evidence
        );
    }
}
