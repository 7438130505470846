// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {ICalendar} from "./interfaces/ICalendar.sol";
import {Deed, DeedState, IDeeds} from "./interfaces/IDeeds.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {IParties} from "./interfaces/IParties.sol";
import "./interfaces/ICertificates.sol";

/// @dev The manual is `interfaces/ICertificates.sol`.
contract Certificates is ICertificates, Acts {
    uint16 public constant WINDOW_DAYS = 7;
    uint16 public constant REPORT_WORKING_DAYS = 2;

    bytes32 private constant APPLY_FOR_CERTIFICATE = keccak256(
        "ApplyForCertificate(bytes32 deed,uint64 principal,uint64 interest,uint64 penalty,uint64 costs,uint64 performed,uint64 defaultedAt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant NOTIFY_DEBTOR = keccak256(
        "NotifyDebtor(bytes32 certificate,uint8 method,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant RECORD_DELIVERY = keccak256(
        "RecordDelivery(bytes32 certificate,uint64 deliveredAt,uint16 windowDays,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant OBJECT_TO_CLAIM =
        keccak256("ObjectToClaim(bytes32 certificate,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant CONFIRM_CLAIM =
        keccak256("ConfirmClaim(bytes32 certificate,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant VERIFY_CLAIM = keccak256(
        "VerifyClaim(bytes32 certificate,uint64 proven,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant ISSUE_CERTIFICATE = keccak256(
        "IssueCertificate(bytes32 certificate,uint64 principal,uint64 interest,uint64 penalty,uint64 costs,uint64 applyBy,bytes32 document,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REFUSE_CERTIFICATE = keccak256(
        "RefuseCertificate(bytes32 certificate,uint8 ground,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant WITHDRAW_APPLICATION =
        keccak256("WithdrawApplication(bytes32 certificate,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant REPORT_PAYMENT = keccak256(
        "ReportPayment(bytes32 certificate,uint64 amount,uint64 receivedAt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    ICalendar public immutable CALENDAR;
    IDeeds public immutable DEEDS;

    uint64 public certificateCount;
    mapping(bytes32 certificate => Certificate) private _certificates;
    mapping(bytes32 deed => bytes32) public certificateOf;

    constructor(IParties parties, IEvidence evidence, ICalendar calendar, IDeeds deeds) Acts("Chaqi Certificates") {
        PARTIES = parties;
        EVIDENCE = evidence;
        CALENDAR = calendar;
        DEEDS = deeds;
    }

    /* CLAIM */

    /// @inheritdoc ICertificates
    function file(ApplyForCertificate calldata act, Auth calldata auth) external returns (bytes32 id) {
        id = _accept(abi.encode(APPLY_FOR_CERTIFICATE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        // Limitation is interrupted even while a deed is under review; nothing is certified meanwhile.
        Deed memory deed = DEEDS.deed(act.deed);
        require(deed.obligee == actor, NotCreditor(act.deed, actor));
        _requireIssued(act.deed, deed);
        bytes32 pending = certificateOf[act.deed];
        require(pending == 0, CertificatePending(act.deed, pending));
        require(act.defaultedAt != 0 && act.defaultedAt <= block.timestamp, ClaimIncomplete("defaultedAt"));
        _requireEntitled(
            act.deed, act.principal, _sum(act.principal, act.interest, act.penalty, act.costs), deed.principal
        );
        EVIDENCE.requireLive(act.evidence);
        Certificate storage it = _certificates[id];
        it.deed = act.deed;
        it.creditor = actor;
        it.principal = act.principal;
        it.interest = act.interest;
        it.penalty = act.penalty;
        it.costs = act.costs;
        it.performed = act.performed;
        it.appliedAt = uint64(block.timestamp);
        it.state = CertificateState.APPLIED;
        certificateOf[act.deed] = id;
        ++certificateCount;
        _emitApplied(id, actor, act);
    }

    /* VERIFICATION (核实) */

    /// @inheritdoc ICertificates
    function notify(NotifyDebtor calldata act, Auth calldata auth) external {
        _accept(abi.encode(NOTIFY_DEBTOR, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY);
        Certificate storage it = _ofNotary(act.certificate, actor);
        _requireState(act.certificate, it, CertificateState.APPLIED);
        Deed memory deed = DEEDS.deed(it.deed);
        require(act.method == deed.method, MethodNotAgreed(deed.method, act.method));
        EVIDENCE.requireLive(act.evidence);
        it.state = CertificateState.NOTIFIED;
        it.notifiedAt = uint64(block.timestamp);
        emit DebtorNotified(
            act.certificate, actor, CertificateState.NOTIFIED, act.method, it.notifiedAt, act.evidence
        );
    }

    /// @inheritdoc ICertificates
    function recordDelivery(RecordDelivery calldata act, Auth calldata auth) external {
        _accept(abi.encode(RECORD_DELIVERY, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY);
        Certificate storage it = _ofNotary(act.certificate, actor);
        _requireState(act.certificate, it, CertificateState.NOTIFIED);
        bool fits = act.deliveredAt >= it.notifiedAt && act.deliveredAt <= block.timestamp;
        require(fits && it.deliveredAt == 0, ClaimIncomplete("deliveredAt"));
        EVIDENCE.requireLive(act.evidence);
        it.deliveredAt = act.deliveredAt;
        it.windowEndsAt = CALENDAR.endOfDays(act.deliveredAt, act.windowDays == 0 ? WINDOW_DAYS : act.windowDays);
        emit DeliveryRecorded(act.certificate, actor, it.deliveredAt, it.windowEndsAt, act.evidence);
    }

    /// @inheritdoc ICertificates
    function object(ObjectToClaim calldata act, Auth calldata auth) external {
        _accept(abi.encode(OBJECT_TO_CLAIM, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Certificate storage it = _ofDebtor(act.certificate, actor);
        _requireState(act.certificate, it, CertificateState.NOTIFIED);
        bool open = it.windowEndsAt == 0 || block.timestamp <= it.windowEndsAt;
        require(open, WindowOver(act.certificate, it.windowEndsAt));
        EVIDENCE.requireLive(act.evidence);
        it.state = CertificateState.OBJECTED;
        emit DebtorAnswered(act.certificate, actor, CertificateState.OBJECTED, act.evidence);
    }

    /// @inheritdoc ICertificates
    function confirm(ConfirmClaim calldata act, Auth calldata auth) external {
        _accept(abi.encode(CONFIRM_CLAIM, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Certificate storage it = _ofDebtor(act.certificate, actor);
        _requireState(act.certificate, it, CertificateState.NOTIFIED);
        it.state = CertificateState.CONFIRMED;
        emit DebtorAnswered(act.certificate, actor, CertificateState.CONFIRMED, 0);
    }

    /// @inheritdoc ICertificates
    function verify(VerifyClaim calldata act, Auth calldata auth) external {
        _accept(abi.encode(VERIFY_CLAIM, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY);
        Certificate storage it = _ofNotary(act.certificate, actor);
        if (it.state == CertificateState.NOTIFIED) {
            require(it.deliveredAt != 0, NoticeUndelivered(act.certificate));
            require(block.timestamp > it.windowEndsAt, WindowRunning(act.certificate, it.windowEndsAt));
        } else {
            bool answered = it.state == CertificateState.OBJECTED || it.state == CertificateState.CONFIRMED;
            require(answered, CertificateNotReady(act.certificate, it.state, CertificateState.NOTIFIED));
        }
        uint64 claimed = _total(it);
        require(act.proven <= claimed, PaymentExceeds(act.certificate, act.proven, claimed));
        EVIDENCE.requireLive(act.evidence);
        it.state = CertificateState.VERIFIED;
        it.proven = act.proven;
        emit ClaimVerified(act.certificate, actor, CertificateState.VERIFIED, act.proven, act.evidence);
    }

    /* DECISION */

    /// @inheritdoc ICertificates
    function issue(IssueCertificate calldata act, Auth calldata auth) external {
        _accept(abi.encode(ISSUE_CERTIFICATE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY_OFFICE);
        Certificate storage it = _ofOffice(act.certificate, actor);
        _requireState(act.certificate, it, CertificateState.VERIFIED);
        Deed memory deed = DEEDS.requireEnforceable(it.deed);
        uint64 amount = _sum(act.principal, act.interest, act.penalty, act.costs);
        uint64 owed = _total(it) - it.proven;
        bool covered = act.principal <= it.principal && act.interest <= it.interest && act.penalty <= it.penalty
            && act.costs <= it.costs;
        require(amount != 0 && amount <= owed && covered, BeyondClaim(amount, owed));
        _requireEntitled(it.deed, act.principal, amount, deed.principal);
        require(act.applyBy > block.timestamp, ClaimIncomplete("applyBy"));
        require(act.document != 0, ClaimIncomplete("document"));
        EVIDENCE.requireLive(act.evidence);
        it.principal = act.principal;
        it.interest = act.interest;
        it.penalty = act.penalty;
        it.costs = act.costs;
        it.applyBy = act.applyBy;
        it.issuedAt = uint64(block.timestamp);
        it.document = act.document;
        it.state = CertificateState.ISSUED;
        _emitIssued(actor, act);
    }

    /// @inheritdoc ICertificates
    function refuse(RefuseCertificate calldata act, Auth calldata auth) external {
        _accept(abi.encode(REFUSE_CERTIFICATE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY_OFFICE);
        Certificate storage it = _ofOffice(act.certificate, actor);
        require(act.ground != RefusalGround.NONE, ClaimIncomplete("ground"));
        EVIDENCE.requireLive(act.evidence);
        _end(act.certificate, it, actor, CertificateState.REFUSED, act.ground, act.evidence);
    }

    /// @inheritdoc ICertificates
    function withdraw(WithdrawApplication calldata act, Auth calldata auth) external {
        _accept(abi.encode(WITHDRAW_APPLICATION, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Certificate storage it = _ofCreditor(act.certificate, actor);
        _end(act.certificate, it, actor, CertificateState.WITHDRAWN, RefusalGround.NONE, 0);
    }

    /// @inheritdoc ICertificates
    function reportPayment(ReportPayment calldata act, Auth calldata auth) external {
        _accept(abi.encode(REPORT_PAYMENT, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Certificate storage it = _ofCreditor(act.certificate, actor);
        _requireState(act.certificate, it, CertificateState.ISSUED);
        uint64 open = _total(it) - it.paid;
        require(act.amount <= open, PaymentExceeds(act.certificate, act.amount, open));
        bool fits = act.receivedAt != 0 && act.receivedAt <= block.timestamp;
        require(act.amount != 0 && fits, ClaimIncomplete("receivedAt"));
        EVIDENCE.requireLive(act.evidence);
        it.paid += act.amount;
        it.paidAt = uint64(block.timestamp);
        if (act.amount == open) delete certificateOf[it.deed]; // a later default is a claim of its own
        // A late report is told, and taken all the same: the payment happened.
        bool late = block.timestamp > CALENDAR.endOfWorkingDays(act.receivedAt, REPORT_WORKING_DAYS);
        emit PaymentReported(
            act.certificate, actor, act.amount, it.paid, it.paidAt, act.receivedAt, late, act.evidence
        );
    }

    /* READS */

    /// @inheritdoc ICertificates
    function certificate(bytes32 id) external view returns (Certificate memory) {
        return _certificate(id);
    }

    /// @inheritdoc ICertificates
    function outstanding(bytes32 id) external view returns (uint64) {
        Certificate storage it = _certificate(id);
        return it.state == CertificateState.ISSUED ? _total(it) - it.paid : 0;
    }

    /// @inheritdoc ICertificates
    function requireEnforceable(bytes32 id) external view returns (Certificate memory) {
        Certificate storage it = _certificate(id);
        _requireState(id, it, CertificateState.ISSUED);
        DEEDS.requireEnforceable(it.deed);
        return it;
    }

    /* RULES */

    function _certificate(bytes32 id) private view returns (Certificate storage it) {
        it = _certificates[id];
        require(it.state != CertificateState.NONE, NoSuchCertificate(id));
    }

    function _ofNotary(bytes32 id, uint64 actor) private view returns (Certificate storage it) {
        it = _certificate(id);
        require(DEEDS.deed(it.deed).notary == actor, IDeeds.NotDeedNotary(it.deed, actor));
    }

    function _ofOffice(bytes32 id, uint64 actor) private view returns (Certificate storage it) {
        it = _certificate(id);
        require(DEEDS.deed(it.deed).office == actor, IDeeds.NotDeedOffice(it.deed, actor));
    }

    function _ofCreditor(bytes32 id, uint64 actor) private view returns (Certificate storage it) {
        it = _certificate(id);
        require(it.creditor == actor, NotCreditor(it.deed, actor));
    }

    /// An obligor with a wallet speaks for himself, and for the others the notary who asked them.
    function _ofDebtor(bytes32 id, uint64 actor) private view returns (Certificate storage it) {
        it = _certificate(id);
        bytes32 key = bytes32(uint256(actor));
        bool fit = DEEDS.standing(it.deed, key).named || DEEDS.deed(it.deed).notary == actor;
        require(fit, IDeeds.NotDeedParty(it.deed, key));
    }

    function _requireState(bytes32 id, Certificate storage it, CertificateState needed) private view {
        require(it.state == needed, CertificateNotReady(id, it.state, needed));
    }

    function _requireIssued(bytes32 id, Deed memory deed) private pure {
        require(deed.state == DeedState.ISSUED, IDeeds.DeedNotReady(id, deed.state, DeedState.ISSUED));
    }

    function _requireEntitled(bytes32 deed, uint64 principal, uint64 amount, uint64 most) private view {
        require(principal <= most, BeyondDeed(deed, principal, most));
        uint64 entitled = DEEDS.entitlement(deed, uint64(block.timestamp));
        require(amount <= entitled, BeyondDeed(deed, amount, entitled));
        require(amount != 0, ClaimIncomplete("principal"));
    }

    function _end(
        bytes32 id,
        Certificate storage it,
        uint64 actor,
        CertificateState state,
        RefusalGround ground,
        bytes32 evidence
    ) private {
        bool open = it.state < CertificateState.ISSUED;
        require(open, CertificateNotReady(id, it.state, CertificateState.APPLIED));
        it.state = state;
        delete certificateOf[it.deed];
        emit CertificateEnded(id, actor, state, ground, evidence);
    }

    function _total(Certificate storage it) private view returns (uint64) {
        return _sum(it.principal, it.interest, it.penalty, it.costs);
    }

    /// The sum of a claim, at most the largest amount there is: what is more is beyond any deed.
    function _sum(uint64 principal, uint64 interest, uint64 penalty, uint64 costs) private pure returns (uint64) {
        uint256 sum = uint256(principal) + interest + penalty + costs;
        return sum > type(uint64).max ? type(uint64).max : uint64(sum);
    }

    function _emitApplied(bytes32 id, uint64 creditor, ApplyForCertificate calldata act) private {
        emit CertificateApplied(
            id,
            act.deed,
            creditor,
            act.principal,
            act.interest,
            act.penalty,
            act.costs,
            act.performed,
            act.defaultedAt,
            uint64(block.timestamp),
            act.evidence
        );
    }

    function _emitIssued(uint64 office, IssueCertificate calldata act) private {
        emit CertificateIssued(
            act.certificate,
            office,
            CertificateState.ISSUED,
            act.principal,
            act.interest,
            act.penalty,
            act.costs,
            act.applyBy,
            uint64(block.timestamp),
            act.document,
            act.evidence
        );
    }
}
