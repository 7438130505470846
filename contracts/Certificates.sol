// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Cases} from "./Cases.sol";
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
    uint256 public constant CASES_MOST = Cases.MOST;

    bytes32 private constant APPLY_FOR_CERTIFICATES = keccak256(
        "ApplyForCertificates(bytes32[] deeds,uint64[] principals,uint64[] interests,uint64[] penalties,uint64[] costs,uint64[] performed,uint64[] defaultedAt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant NOTIFY_DEBTORS = keccak256(
        "NotifyDebtors(bytes32[] certificates,uint8 method,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant RECORD_DELIVERIES = keccak256(
        "RecordDeliveries(bytes32[] certificates,uint64[] deliveredAt,uint16 windowDays,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant OBJECT_TO_CLAIM =
        keccak256("ObjectToClaim(bytes32 certificate,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant CONFIRM_CLAIM =
        keccak256("ConfirmClaim(bytes32 certificate,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant VERIFY_CLAIMS = keccak256(
        "VerifyClaims(bytes32[] certificates,uint64[] proven,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant ISSUE_CERTIFICATES = keccak256(
        "IssueCertificates(bytes32[] certificates,uint64[] principals,uint64[] interests,uint64[] penalties,uint64[] costs,uint64[] applyBy,bytes32[] documents,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
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
    function file(ApplyForCertificates calldata act, Auth calldata auth) external returns (bytes32 first) {
        first = _accept(_encodeApplications(act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        uint256 count = Cases.requireFit(act.deeds.length, act.principals.length);
        Cases.requireFit(act.interests.length, count);
        Cases.requireFit(act.penalties.length, count);
        Cases.requireFit(act.costs.length, count);
        Cases.requireFit(act.performed.length, count);
        Cases.requireFit(act.defaultedAt.length, count);
        EVIDENCE.requireLive(act.evidence);
        for (uint256 place = 0; place < count; ++place) {
            unchecked {
                _file(bytes32(uint256(first) + place), actor, act, place); // a digest stands for nothing nearby
            }
        }
        certificateCount += uint64(count);
    }

    /* VERIFICATION (核实) */

    /// @inheritdoc ICertificates
    function notify(NotifyDebtors calldata act, Auth calldata auth) external {
        bytes32 certificates = keccak256(abi.encodePacked(act.certificates));
        _accept(abi.encode(NOTIFY_DEBTORS, certificates, act.method, act.evidence), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY);
        uint256 count = Cases.requireFit(act.certificates.length, act.certificates.length);
        EVIDENCE.requireLive(act.evidence);
        for (uint256 place = 0; place < count; ++place) {
            bytes32 id = act.certificates[place];
            (Certificate storage it, Deed memory deed) = _ofNotary(id, actor);
            _requireState(id, it, CertificateState.APPLIED);
            require(act.method == deed.method, MethodNotAgreed(it.deed, deed.method, act.method));
            it.state = CertificateState.NOTIFIED;
            it.notifiedAt = uint64(block.timestamp);
            emit DebtorNotified(id, actor, CertificateState.NOTIFIED, act.method, it.notifiedAt, act.evidence);
        }
    }

    /// @inheritdoc ICertificates
    function recordDeliveries(RecordDeliveries calldata act, Auth calldata auth) external {
        bytes32 certificates = keccak256(abi.encodePacked(act.certificates));
        bytes32 deliveredAt = keccak256(abi.encodePacked(act.deliveredAt));
        _accept(abi.encode(RECORD_DELIVERIES, certificates, deliveredAt, act.windowDays, act.evidence), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY);
        uint256 count = Cases.requireFit(act.certificates.length, act.deliveredAt.length);
        EVIDENCE.requireLive(act.evidence);
        uint16 window = act.windowDays == 0 ? WINDOW_DAYS : act.windowDays;
        for (uint256 place = 0; place < count; ++place) {
            bytes32 id = act.certificates[place];
            uint64 instant = act.deliveredAt[place];
            (Certificate storage it,) = _ofNotary(id, actor);
            _requireState(id, it, CertificateState.NOTIFIED);
            bool fits = instant >= it.notifiedAt && instant <= block.timestamp;
            require(fits && it.deliveredAt == 0, ClaimIncomplete(it.deed, "deliveredAt"));
            it.deliveredAt = instant;
            it.windowEndsAt = CALENDAR.endOfDays(instant, window);
            emit DeliveryRecorded(id, actor, instant, it.windowEndsAt, act.evidence);
        }
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
    function verify(VerifyClaims calldata act, Auth calldata auth) external {
        bytes32 certificates = keccak256(abi.encodePacked(act.certificates));
        bytes32 proven = keccak256(abi.encodePacked(act.proven));
        _accept(abi.encode(VERIFY_CLAIMS, certificates, proven, act.evidence), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY);
        uint256 count = Cases.requireFit(act.certificates.length, act.proven.length);
        EVIDENCE.requireLive(act.evidence);
        for (uint256 place = 0; place < count; ++place) {
            _verify(act.certificates[place], actor, act.proven[place], act.evidence);
        }
    }

    /* DECISION */

    /// @inheritdoc ICertificates
    function issue(IssueCertificates calldata act, Auth calldata auth) external {
        _accept(_encodeIssues(act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY_OFFICE);
        uint256 count = Cases.requireFit(act.certificates.length, act.principals.length);
        Cases.requireFit(act.interests.length, count);
        Cases.requireFit(act.penalties.length, count);
        Cases.requireFit(act.costs.length, count);
        Cases.requireFit(act.applyBy.length, count);
        Cases.requireFit(act.documents.length, count);
        EVIDENCE.requireLive(act.evidence);
        for (uint256 place = 0; place < count; ++place) {
            _issue(actor, act, place);
        }
    }

    /// @inheritdoc ICertificates
    function refuse(RefuseCertificate calldata act, Auth calldata auth) external {
        _accept(abi.encode(REFUSE_CERTIFICATE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY_OFFICE);
        Certificate storage it = _ofOffice(act.certificate, actor);
        require(act.ground != RefusalGround.NONE, ClaimIncomplete(it.deed, "ground"));
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
        require(act.amount != 0 && fits, ClaimIncomplete(it.deed, "receivedAt"));
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

    function _ofNotary(bytes32 id, uint64 actor) private view returns (Certificate storage it, Deed memory deed) {
        it = _certificate(id);
        deed = DEEDS.deed(it.deed);
        require(deed.notary == actor, IDeeds.NotDeedNotary(it.deed, actor));
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
        require(amount != 0, ClaimIncomplete(deed, "principals"));
    }

    function _file(bytes32 id, uint64 actor, ApplyForCertificates calldata act, uint256 place) private {
        bytes32 deed = act.deeds[place];
        // Limitation is interrupted even while a deed is under review; nothing is certified meanwhile.
        Deed memory issued = DEEDS.deed(deed);
        require(issued.obligee == actor, NotCreditor(deed, actor));
        _requireIssued(deed, issued);
        bytes32 pending = certificateOf[deed];
        require(pending == 0, CertificatePending(deed, pending));
        uint64 defaultedAt = act.defaultedAt[place];
        bool fits = defaultedAt != 0 && defaultedAt <= block.timestamp;
        require(fits, ClaimIncomplete(deed, "defaultedAt"));
        Certificate storage it = _certificates[id];
        it.deed = deed;
        it.creditor = actor;
        it.principal = act.principals[place];
        it.interest = act.interests[place];
        it.penalty = act.penalties[place];
        it.costs = act.costs[place];
        it.performed = act.performed[place];
        it.appliedAt = uint64(block.timestamp);
        it.state = CertificateState.APPLIED;
        _requireEntitled(deed, it.principal, _total(it), issued.principal);
        certificateOf[deed] = id;
        _emitApplied(id, it, defaultedAt, act.evidence);
    }

    function _verify(bytes32 id, uint64 actor, uint64 proven, bytes32 evidence) private {
        (Certificate storage it,) = _ofNotary(id, actor);
        if (it.state == CertificateState.NOTIFIED) {
            require(it.deliveredAt != 0, NoticeUndelivered(id));
            require(block.timestamp > it.windowEndsAt, WindowRunning(id, it.windowEndsAt));
        } else {
            bool answered = it.state == CertificateState.OBJECTED || it.state == CertificateState.CONFIRMED;
            require(answered, CertificateNotReady(id, it.state, CertificateState.NOTIFIED));
        }
        uint64 claimed = _total(it);
        require(proven <= claimed, PaymentExceeds(id, proven, claimed));
        it.state = CertificateState.VERIFIED;
        it.proven = proven;
        emit ClaimVerified(id, actor, CertificateState.VERIFIED, proven, evidence);
    }

    function _issue(uint64 actor, IssueCertificates calldata act, uint256 place) private {
        bytes32 id = act.certificates[place];
        Certificate storage it = _ofOffice(id, actor);
        _requireState(id, it, CertificateState.VERIFIED);
        Deed memory deed = DEEDS.requireEnforceable(it.deed);
        uint64 owed = _total(it) - it.proven;
        bool covered = act.principals[place] <= it.principal && act.interests[place] <= it.interest
            && act.penalties[place] <= it.penalty && act.costs[place] <= it.costs;
        it.principal = act.principals[place];
        it.interest = act.interests[place];
        it.penalty = act.penalties[place];
        it.costs = act.costs[place];
        uint64 amount = _total(it);
        require(amount != 0 && amount <= owed && covered, BeyondClaim(id, amount, owed));
        _requireEntitled(it.deed, it.principal, amount, deed.principal);
        it.applyBy = act.applyBy[place];
        it.document = act.documents[place];
        require(it.applyBy > block.timestamp, ClaimIncomplete(it.deed, "applyBy"));
        require(it.document != 0, ClaimIncomplete(it.deed, "documents"));
        it.issuedAt = uint64(block.timestamp);
        it.state = CertificateState.ISSUED;
        _emitIssued(id, actor, it, act.evidence);
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

    /// The sum of a claim, at most the largest amount there is: what is more is beyond any deed.
    function _total(Certificate storage it) private view returns (uint64) {
        uint256 sum = uint256(it.principal) + it.interest + it.penalty + it.costs;
        return sum > type(uint64).max ? type(uint64).max : uint64(sum);
    }

    function _encodeApplications(ApplyForCertificates calldata act) private pure returns (bytes memory) {
        return bytes.concat(
            abi.encode(
                APPLY_FOR_CERTIFICATES,
                keccak256(abi.encodePacked(act.deeds)),
                keccak256(abi.encodePacked(act.principals)),
                keccak256(abi.encodePacked(act.interests))
            ),
            abi.encode(
                keccak256(abi.encodePacked(act.penalties)),
                keccak256(abi.encodePacked(act.costs)),
                keccak256(abi.encodePacked(act.performed)),
                keccak256(abi.encodePacked(act.defaultedAt)),
                act.evidence
            )
        );
    }

    function _encodeIssues(IssueCertificates calldata act) private pure returns (bytes memory) {
        return bytes.concat(
            abi.encode(
                ISSUE_CERTIFICATES,
                keccak256(abi.encodePacked(act.certificates)),
                keccak256(abi.encodePacked(act.principals)),
                keccak256(abi.encodePacked(act.interests))
            ),
            abi.encode(
                keccak256(abi.encodePacked(act.penalties)),
                keccak256(abi.encodePacked(act.costs)),
                keccak256(abi.encodePacked(act.applyBy)),
                keccak256(abi.encodePacked(act.documents)),
                act.evidence
            )
        );
    }

    function _emitApplied(bytes32 id, Certificate storage it, uint64 defaultedAt, bytes32 evidence) private {
        emit CertificateApplied(
            id,
            it.deed,
            it.creditor,
            it.principal,
            it.interest,
            it.penalty,
            it.costs,
            it.performed,
            defaultedAt,
            it.appliedAt,
            evidence
        );
    }

    function _emitIssued(bytes32 id, uint64 office, Certificate storage it, bytes32 evidence) private {
        emit CertificateIssued(
            id,
            office,
            CertificateState.ISSUED,
            it.principal,
            it.interest,
            it.penalty,
            it.costs,
            it.applyBy,
            it.issuedAt,
            it.document,
            evidence
        );
    }
}
