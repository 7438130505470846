// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {LoanAccounts} from "./LoanAccounts.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {ICalendar} from "./interfaces/ICalendar.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {LegalEffect} from "./interfaces/ILiens.sol";
import {Application, ApplicationState, ILoanApplications, LoanProduct} from "./interfaces/ILoanApplications.sol";
import {IMargins} from "./interfaces/IMargins.sol";
import {IParties} from "./interfaces/IParties.sol";
import "./interfaces/ILoans.sol";

/// @dev The manual is `interfaces/ILoans.sol`.
contract Loans is ILoans, Acts {
    using LoanAccounts for Account;

    uint32 private constant RATE_MAX_PPM = 240_000; // the industry's ceiling for licensed lenders
    uint16 private constant OPENING_LTV_MAX_BPS = 7_000;
    uint16 private constant INSTALMENTS_MAX = 120;
    uint32 private constant BORROWERS = Roles.FARMER | Roles.FIRM;

    bytes32 private constant AGREE_LOAN = keccak256(
        "AgreeLoan(uint256 loan,uint64 principalFen,uint32 ratePpm,uint32 allInPpm,uint8 order,uint8 requiredEffect,uint16 openingLtvBps,uint16 warnLtvBps,uint16 callLtvBps,uint16 breachLtvBps,uint16 cureWorkingDays,uint16 accelerateAfterDays,bytes32 scheduleRoot,uint64[] dueAt,uint64[] amountFen,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant DISBURSE_LOAN = keccak256(
        "DisburseLoan(uint256 loan,bytes32 receipt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant POST_PAYMENT = keccak256(
        "PostPayment(uint256 loan,uint64 amountFen,uint64 paidAt,bytes32 receipt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant CHARGE_COSTS = keccak256(
        "ChargeCosts(uint256 loan,uint64 amountFen,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant DEMAND_PAYMENT =
        keccak256("DemandPayment(uint256 loan,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant RESTRUCTURE_LOAN = keccak256(
        "RestructureLoan(uint256 loan,uint32 ratePpm,uint32 allInPpm,bytes32 scheduleRoot,uint64[] dueAt,uint64[] amountFen,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant ACCELERATE_LOAN = keccak256(
        "AccelerateLoan(uint256 loan,uint8 trigger,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant SETTLE_LOAN =
        keccak256("SettleLoan(uint256 loan,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant WRITE_OFF_LOAN =
        keccak256("WriteOffLoan(uint256 loan,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    ICalendar public immutable CALENDAR;
    ILoanApplications public immutable APPLICATIONS;
    IMargins public immutable MARGINS;

    mapping(uint256 loan => Loan) private _loans;
    mapping(uint256 loan => Terms) private _terms;
    mapping(uint256 loan => Account) private _accounts;
    mapping(uint256 loan => mapping(uint16 schedule => Instalment[])) private _schedules;
    mapping(bytes32 receipt => Payment) private _payments;

    constructor(
        IParties parties,
        IEvidence evidence,
        ICalendar calendar,
        ILoanApplications applications,
        IMargins margins
    ) Acts("Chaqi Loans") {
        PARTIES = parties;
        EVIDENCE = evidence;
        CALENDAR = calendar;
        APPLICATIONS = applications;
        MARGINS = margins;
    }

    /* CONTRACT AND MONEY */

    /// @inheritdoc ILoans
    function agree(AgreeLoan calldata act, Auth calldata auth) external {
        _accept(_encodeTerms(act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, BORROWERS | Roles.BANK);
        Application memory approved = _approved(act.loan);
        Loan storage each = _at(act.loan, LoanState.NONE);
        require(block.timestamp <= approved.approvalEndsAt, ApprovalLapsed(act.loan, approved.approvalEndsAt));
        EVIDENCE.requireLive(act.evidence);
        AgreeLoan memory signed = act;
        signed.evidence = 0;
        bytes32 offer = keccak256(abi.encode(signed));
        if (actor != approved.borrower) {
            APPLICATIONS.requireOfficer(act.loan, actor);
            _requireSound(approved, act);
            each.offer = offer;
            emit TermsOffered(act.loan, actor, offer, each.restructuringOfferedAt, act.evidence);
            return;
        }
        require(each.offer == offer, LoanTermsDiffer(act.loan, each.offer, offer));
        _terms[act.loan] = Terms(
            act.principalFen,
            act.ratePpm,
            act.allInPpm,
            act.order,
            act.requiredEffect,
            act.openingLtvBps,
            act.warnLtvBps,
            act.callLtvBps,
            act.breachLtvBps,
            act.cureWorkingDays,
            act.accelerateAfterDays,
            act.scheduleRoot
        );
        each.borrower = approved.borrower;
        each.bank = approved.bank;
        each.product = approved.product;
        each.state = LoanState.CONTRACTED;
        _setSchedule(act.loan, each, act.dueAt, act.amountFen);
        _emitAgreed(act.loan, actor, each, act.evidence);
    }

    /// @inheritdoc ILoans
    function disburse(DisburseLoan calldata act, Auth calldata auth) external {
        _accept(abi.encode(DISBURSE_LOAN, act), auth);
        (uint64 actor, Loan storage each) = _officerAt(act.loan, auth.signer, LoanState.CONTRACTED);
        require(act.receipt != 0, ILoanApplications.LoanIncomplete("receipt"));
        EVIDENCE.requireLive(_approved(act.loan).consents);
        EVIDENCE.requireLive(act.evidence);
        uint64 firstDue = _schedules[act.loan][each.schedule][0].dueAt;
        require(block.timestamp < firstDue, ScheduleOvertaken(act.loan, firstDue));
        MARGINS.requireSecured(act.loan);
        Account storage money = _accounts[act.loan];
        money.principalFen = _terms[act.loan].principalFen;
        money.accruedDay = LoanAccounts.dayOf(uint64(block.timestamp));
        emit LoanDisbursed(act.loan, actor, money.principalFen, act.receipt, act.evidence);
        _emitAccount(act.loan, actor);
        _setState(act.loan, each, actor, LoanState.REPAYING, act.evidence);
    }

    /// @inheritdoc ILoans
    function postPayment(PostPayment calldata act, Auth calldata auth) external {
        _accept(abi.encode(POST_PAYMENT, act), auth);
        (uint64 actor,) = _officerOwed(act.loan, auth.signer);
        require(act.receipt != 0, ILoanApplications.LoanIncomplete("receipt"));
        require(_payments[act.receipt].loan == 0, PaymentAlreadyPosted(act.receipt));
        require(act.amountFen != 0, ILoanApplications.LoanIncomplete("amountFen"));
        EVIDENCE.requireLive(act.evidence);
        uint32 day = LoanAccounts.dayOf(act.paidAt);
        Account memory money = _accounts[act.loan];
        bool fit = act.paidAt <= block.timestamp && day >= money.accruedDay;
        require(fit, PaymentDateUnfit(act.paidAt, money.accruedDay));
        Terms memory agreed = _terms[act.loan];
        uint64 interest = money.interestOwed(agreed.ratePpm, day);
        uint64 owed = money.costsFen + interest + money.principalFen;
        require(act.amountFen <= owed, PaymentExceedsDebt(act.amountFen, owed));
        (uint64 toCosts, uint64 toInterest, uint64 toPrincipal) = money.allocate(interest, agreed.order, act.amountFen);
        money.accrued = money.accruedUntil(agreed.ratePpm, day);
        money.accruedDay = day;
        money.costsFen -= toCosts;
        money.interestPaidFen += toInterest;
        money.principalFen -= toPrincipal;
        money.paidFen += act.amountFen;
        money.coveredFen += toInterest + toPrincipal;
        _accounts[act.loan] = money;
        _payments[act.receipt] = Payment(act.loan, act.amountFen, act.paidAt);
        emit PaymentPosted(
            act.loan, act.receipt, actor, act.amountFen, act.paidAt, toCosts, toInterest, toPrincipal, act.evidence
        );
        _emitAccount(act.loan, actor);
    }

    /// @inheritdoc ILoans
    function settle(SettleLoan calldata act, Auth calldata auth) external {
        _accept(abi.encode(SETTLE_LOAN, act), auth);
        (uint64 actor, Loan storage each) = _officerOwed(act.loan, auth.signer);
        uint64 owed = outstanding(act.loan);
        require(owed == 0, DebtRemains(act.loan, owed));
        EVIDENCE.requireLive(act.evidence);
        each.firstOfficer = 0;
        _setState(act.loan, each, actor, LoanState.SETTLED, act.evidence);
    }

    /* WHEN IT IS NOT PAID */

    /// @inheritdoc ILoans
    function demand(DemandPayment calldata act, Auth calldata auth) external {
        _accept(abi.encode(DEMAND_PAYMENT, act), auth);
        (uint64 actor, Loan storage each) = _officerOwed(act.loan, auth.signer);
        (uint64 overdueFen,,) = arrears(act.loan);
        require(overdueFen != 0 || MARGINS.margin(act.loan).breachedAt != 0, NothingToDemand(act.loan));
        EVIDENCE.requireLive(act.evidence);
        each.demandedAt = uint64(block.timestamp);
        emit PaymentDemanded(act.loan, actor, each.demandedAt, act.evidence);
    }

    /// @inheritdoc ILoans
    function restructure(RestructureLoan calldata act, Auth calldata auth) external {
        _accept(_encodeRestructuring(act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, BORROWERS | Roles.BANK);
        Loan storage each = _loans[act.loan];
        bool owed = each.state == LoanState.REPAYING || each.state == LoanState.DEFAULTED;
        require(owed, LoanNotReady(act.loan, each.state, LoanState.REPAYING));
        EVIDENCE.requireLive(act.evidence);
        RestructureLoan memory signed = act;
        signed.evidence = 0;
        bytes32 offer = keccak256(abi.encode(signed));
        if (actor != each.borrower) {
            APPLICATIONS.requireOfficer(act.loan, actor);
            _requireRate(act.ratePpm, act.allInPpm, act.scheduleRoot);
            _requireSchedule(act.dueAt, act.amountFen, outstanding(act.loan));
            each.offer = offer;
            each.restructuringOfferedAt = uint64(block.timestamp);
            emit TermsOffered(act.loan, actor, offer, each.restructuringOfferedAt, act.evidence);
            return;
        }
        require(each.offer == offer, LoanTermsDiffer(act.loan, each.offer, offer));
        require(block.timestamp < act.dueAt[0], ScheduleOvertaken(act.loan, act.dueAt[0]));
        Terms storage agreed = _terms[act.loan];
        Account memory money = _accounts[act.loan];
        uint32 today = LoanAccounts.dayOf(uint64(block.timestamp));
        money.accrued = money.accruedUntil(agreed.ratePpm, today);
        money.accruedDay = today;
        money.coveredFen = 0;
        _accounts[act.loan] = money;
        agreed.ratePpm = act.ratePpm;
        agreed.allInPpm = act.allInPpm;
        agreed.scheduleRoot = act.scheduleRoot;
        each.firstOfficer = 0;
        each.trigger = DefaultTrigger.NONE;
        each.defaultedAt = 0;
        _setSchedule(act.loan, each, act.dueAt, act.amountFen);
        _emitAccount(act.loan, actor);
        _setState(act.loan, each, actor, LoanState.REPAYING, act.evidence);
        _emitAgreed(act.loan, actor, each, act.evidence);
    }

    /// @inheritdoc ILoans
    function accelerate(AccelerateLoan calldata act, Auth calldata auth) external {
        _accept(abi.encode(ACCELERATE_LOAN, act), auth);
        (uint64 actor, Loan storage each) = _officerAt(act.loan, auth.signer, LoanState.REPAYING);
        _requireTrigger(act.loan, each, act.trigger);
        EVIDENCE.requireLive(act.evidence);
        if (each.firstOfficer == 0 || each.trigger != act.trigger) {
            each.trigger = act.trigger;
            each.firstOfficer = actor;
            emit AccelerationProposed(act.loan, actor, act.trigger, actor, act.evidence);
            return;
        }
        require(actor != each.firstOfficer, ILoanApplications.SecondOfficerNeeded(act.loan, actor));
        each.firstOfficer = 0;
        each.defaultedAt = uint64(block.timestamp);
        _setState(act.loan, each, actor, LoanState.DEFAULTED, act.evidence);
    }

    /// @inheritdoc ILoans
    function chargeCosts(ChargeCosts calldata act, Auth calldata auth) external {
        _accept(abi.encode(CHARGE_COSTS, act), auth);
        (uint64 actor, Loan storage each) = _officerOwed(act.loan, auth.signer);
        require(each.defaultedAt != 0, LoanNotReady(act.loan, each.state, LoanState.DEFAULTED));
        require(act.amountFen != 0, ILoanApplications.LoanIncomplete("amountFen"));
        EVIDENCE.requireLive(act.evidence);
        Account storage money = _accounts[act.loan];
        money.costsFen += act.amountFen;
        money.chargedCostsFen += act.amountFen;
        emit CostsCharged(act.loan, actor, act.amountFen, act.evidence);
        _emitAccount(act.loan, actor);
    }

    /// @inheritdoc ILoans
    function writeOff(WriteOffLoan calldata act, Auth calldata auth) external {
        _accept(abi.encode(WRITE_OFF_LOAN, act), auth);
        (uint64 actor, Loan storage each) = _officerAt(act.loan, auth.signer, LoanState.DEFAULTED);
        EVIDENCE.requireLive(act.evidence);
        _setState(act.loan, each, actor, LoanState.WRITTEN_OFF, act.evidence);
    }

    /* READS */

    /// @inheritdoc ILoans
    function loan(uint256 id) external view returns (Loan memory) {
        return _loans[id];
    }

    /// @inheritdoc ILoans
    function terms(uint256 id) external view returns (Terms memory) {
        return _terms[id];
    }

    /// @inheritdoc ILoans
    function account(uint256 id) external view returns (Account memory) {
        return _accounts[id];
    }

    /// @inheritdoc ILoans
    function instalment(uint256 id, uint16 schedule, uint16 place) external view returns (Instalment memory found) {
        Instalment[] storage all = _schedules[id][schedule];
        if (place < all.length) found = all[place];
    }

    /// @inheritdoc ILoans
    function payment(bytes32 receipt) external view returns (Payment memory) {
        return _payments[receipt];
    }

    /// @inheritdoc ILoans
    function outstanding(uint256 id) public view returns (uint64) {
        Account memory money = _accounts[id];
        uint32 today = LoanAccounts.dayOf(uint64(block.timestamp));
        return money.costsFen + money.principalFen + money.interestOwed(_terms[id].ratePpm, today);
    }

    /// @inheritdoc ILoans
    function arrears(uint256 id) public view returns (uint64 overdueFen, uint64 since, uint32 daysPastDue) {
        Account memory money = _accounts[id];
        Instalment[] storage all = _schedules[id][_loans[id].schedule];
        uint64 owed = outstanding(id) - money.costsFen;
        if (owed == 0) return (0, 0, 0);
        uint64 dueFen;
        for (uint256 place = 0; place < all.length; ++place) {
            Instalment memory each = all[place];
            // After the last due date whatever is left is due, also interest that late payments made.
            bool last = place == all.length - 1;
            if (!last && each.totalFen <= money.coveredFen) continue;
            uint64 due = CALENDAR.endOfDays(each.dueAt, 0);
            if (due >= block.timestamp) break;
            if (since == 0) since = due;
            dueFen = last ? owed : each.totalFen - money.coveredFen;
        }
        if (since == 0) return (0, 0, 0);
        daysPastDue = LoanAccounts.dayOf(uint64(block.timestamp)) - LoanAccounts.dayOf(since);
        overdueFen = dueFen < owed ? dueFen : owed;
    }

    /* RULES */

    /// The application of a loan, which is approved and not withdrawn.
    function _approved(uint256 id) private view returns (Application memory found) {
        found = APPLICATIONS.application(id);
        bool approved = found.state == ApplicationState.APPROVED;
        require(approved, ILoanApplications.ApplicationNotReady(id, found.state, ApplicationState.APPROVED));
    }

    function _at(uint256 id, LoanState needed) private view returns (Loan storage each) {
        each = _loans[id];
        require(each.state == needed, LoanNotReady(id, each.state, needed));
    }

    function _officerAt(uint256 id, address signer, LoanState needed)
        private
        view
        returns (uint64 actor, Loan storage each)
    {
        actor = PARTIES.requireActor(signer, Roles.BANK);
        each = _at(id, needed);
        APPLICATIONS.requireOfficer(id, actor);
    }

    function _officerOwed(uint256 id, address signer) private view returns (uint64 actor, Loan storage each) {
        actor = PARTIES.requireActor(signer, Roles.BANK);
        each = _loans[id];
        bool owed = each.state == LoanState.REPAYING || each.state == LoanState.DEFAULTED
            || each.state == LoanState.WRITTEN_OFF;
        require(owed, NothingOwed(id, each.state));
        APPLICATIONS.requireOfficer(id, actor);
    }

    function _requireRate(uint32 ratePpm, uint32 allInPpm, bytes32 scheduleRoot) private pure {
        require(ratePpm != 0 && ratePpm <= RATE_MAX_PPM, ILoanApplications.LoanIncomplete("ratePpm"));
        require(allInPpm >= ratePpm && allInPpm <= RATE_MAX_PPM, ILoanApplications.LoanIncomplete("allInPpm"));
        require(scheduleRoot != 0, ILoanApplications.LoanIncomplete("scheduleRoot"));
    }

    function _requireSchedule(uint64[] calldata dueAt, uint64[] calldata amountFen, uint64 owedFen) private view {
        require(dueAt.length != 0 && dueAt.length <= INSTALMENTS_MAX, ILoanApplications.LoanIncomplete("dueAt"));
        require(dueAt.length == amountFen.length, ILoanApplications.LoanIncomplete("amountFen"));
        uint64 previous = uint64(block.timestamp);
        uint64 total;
        for (uint256 place = 0; place < dueAt.length; ++place) {
            require(dueAt[place] > previous, ILoanApplications.LoanIncomplete("dueAt"));
            require(amountFen[place] != 0, ILoanApplications.LoanIncomplete("amountFen"));
            previous = dueAt[place];
            total += amountFen[place];
        }
        require(total >= owedFen, ILoanApplications.LoanIncomplete("amountFen"));
    }

    function _requireSound(Application memory approved, AgreeLoan calldata act) private view {
        require(act.principalFen != 0 && act.principalFen <= approved.approvedFen, ILoanApplications.LoanIncomplete("principalFen"));
        require(act.accelerateAfterDays != 0, ILoanApplications.LoanIncomplete("accelerateAfterDays"));
        require(act.requiredEffect >= _leastEffect(approved.product), ILoanApplications.LoanIncomplete("requiredEffect"));
        _requireRate(act.ratePpm, act.allInPpm, act.scheduleRoot);
        _requireSchedule(act.dueAt, act.amountFen, act.principalFen);
        if (act.requiredEffect == LegalEffect.NONE) {
            bool none = act.openingLtvBps | act.warnLtvBps | act.callLtvBps | act.breachLtvBps | act.cureWorkingDays == 0;
            require(none, ILoanApplications.LoanIncomplete("openingLtvBps"));
            return;
        }
        require(act.openingLtvBps != 0 && act.openingLtvBps <= OPENING_LTV_MAX_BPS, ILoanApplications.LoanIncomplete("openingLtvBps"));
        require(act.warnLtvBps > act.openingLtvBps, ILoanApplications.LoanIncomplete("warnLtvBps"));
        require(act.callLtvBps > act.warnLtvBps, ILoanApplications.LoanIncomplete("callLtvBps"));
        require(act.breachLtvBps >= act.callLtvBps, ILoanApplications.LoanIncomplete("breachLtvBps"));
        require(act.cureWorkingDays != 0, ILoanApplications.LoanIncomplete("cureWorkingDays"));
    }

    function _leastEffect(LoanProduct product) private pure returns (LegalEffect) {
        if (product == LoanProduct.TREE_MORTGAGE) return LegalEffect.CONSTITUTED;
        return product == LoanProduct.OPERATING_RIGHT ? LegalEffect.OPPOSABLE : LegalEffect.NONE;
    }

    /// The condition holds now, and since it does the debtor was warned and offered another way.
    function _requireTrigger(uint256 id, Loan storage each, DefaultTrigger trigger) private view {
        uint64 since;
        if (trigger == DefaultTrigger.OVERDUE) {
            uint32 daysPastDue;
            (, since, daysPastDue) = arrears(id);
            if (daysPastDue < _terms[id].accelerateAfterDays) since = 0;
        } else if (trigger == DefaultTrigger.BREACH) {
            since = MARGINS.margin(id).breachedAt;
        }
        require(since != 0, TriggerNotMet(id, trigger));
        require(each.demandedAt >= since, DemandMissing(id, since));
        require(each.restructuringOfferedAt >= since, RestructuringNotOffered(id, since));
    }

    function _setSchedule(uint256 id, Loan storage each, uint64[] calldata dueAt, uint64[] calldata amountFen) private {
        uint16 schedule = ++each.schedule;
        each.offer = 0;
        Instalment[] storage all = _schedules[id][schedule];
        uint64 totalFen;
        for (uint16 place = 0; place < dueAt.length; ++place) {
            totalFen += amountFen[place];
            all.push(Instalment(dueAt[place], amountFen[place], totalFen));
            emit InstalmentSet(id, schedule, place, dueAt[place], amountFen[place], totalFen);
        }
    }

    function _setState(uint256 id, Loan storage each, uint64 actor, LoanState state, bytes32 evidence) private {
        each.state = state;
        emit LoanStateChanged(id, actor, state, each.firstOfficer, each.defaultedAt, each.trigger, evidence);
    }

    function _emitAgreed(uint256 id, uint64 actor, Loan storage each, bytes32 evidence) private {
        Terms memory agreed = _terms[id];
        emit TermsAgreed(
            id,
            actor,
            each.state,
            each.schedule,
            each.offer,
            agreed.principalFen,
            agreed.ratePpm,
            agreed.allInPpm,
            agreed.order,
            agreed.requiredEffect,
            agreed.openingLtvBps,
            agreed.warnLtvBps,
            agreed.callLtvBps,
            agreed.breachLtvBps,
            agreed.cureWorkingDays,
            agreed.accelerateAfterDays,
            agreed.scheduleRoot,
            evidence
        );
    }

    function _emitAccount(uint256 id, uint64 actor) private {
        Account memory money = _accounts[id];
        emit AccountChanged(
            id,
            actor,
            money.principalFen,
            money.costsFen,
            money.interestPaidFen,
            money.paidFen,
            money.chargedCostsFen,
            money.coveredFen,
            money.accrued,
            money.accruedDay
        );
    }

    function _encodeTerms(AgreeLoan calldata act) private pure returns (bytes memory) {
        return bytes.concat(
            abi.encode(AGREE_LOAN, act.loan, act.principalFen, act.ratePpm, act.allInPpm, act.order, act.requiredEffect),
            abi.encode(act.openingLtvBps, act.warnLtvBps, act.callLtvBps, act.breachLtvBps),
            abi.encode(act.cureWorkingDays, act.accelerateAfterDays, act.scheduleRoot),
            abi.encode(keccak256(abi.encodePacked(act.dueAt)), keccak256(abi.encodePacked(act.amountFen)), act.evidence)
        );
    }

    function _encodeRestructuring(RestructureLoan calldata act) private pure returns (bytes memory) {
        return bytes.concat(
            abi.encode(RESTRUCTURE_LOAN, act.loan, act.ratePpm, act.allInPpm, act.scheduleRoot),
            abi.encode(keccak256(abi.encodePacked(act.dueAt)), keccak256(abi.encodePacked(act.amountFen)), act.evidence)
        );
    }
}
