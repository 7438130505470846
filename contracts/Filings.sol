// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {Certificate, ICertificates} from "./interfaces/ICertificates.sol";
import {IDeeds} from "./interfaces/IDeeds.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {IParties} from "./interfaces/IParties.sol";
import "./interfaces/IFilings.sol";

/// @dev The manual is `interfaces/IFilings.sol`.
contract Filings is IFilings, Acts {
    bytes32 private constant PACKAGE_FILING = keccak256(
        "PackageFiling(bytes32 certificate,bytes32 obligor,uint32 court,uint8 basis,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant SUBMIT_FILING = keccak256(
        "SubmitFiling(bytes32 filing,bytes32 package,uint64 claimed,bytes32 statement,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant WITHDRAW_FILING =
        keccak256("WithdrawFiling(bytes32 filing,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant RECORD_RECEIPT = keccak256(
        "RecordReceipt(bytes32 filing,uint8 kind,uint64 instant,bytes32 caseNumber,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant RECORD_RECOVERY = keccak256(
        "RecordRecovery(bytes32 filing,uint64 amount,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant CLOSE_FILING = keccak256(
        "CloseFiling(bytes32 filing,uint8 closure,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant CANCEL_DUPLICATE = keccak256(
        "CancelDuplicate(bytes32 filing,uint32 otherCourt,uint64 otherFiledAt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    IDeeds public immutable DEEDS;
    ICertificates public immutable CERTIFICATES;

    uint64 public filingCount;
    mapping(bytes32 filing => Filing) private _filings;
    mapping(bytes32 deed => mapping(bytes32 obligor => bytes32)) public liveFiling;
    mapping(bytes32 certificate => uint64) private _recovered;

    constructor(IParties parties, IEvidence evidence, IDeeds deeds, ICertificates certificates) Acts("Chaqi Filings") {
        PARTIES = parties;
        EVIDENCE = evidence;
        DEEDS = deeds;
        CERTIFICATES = certificates;
    }

    /* THE FILER */

    /// @inheritdoc IFilings
    function package(PackageFiling calldata act, Auth calldata auth) external returns (bytes32 id) {
        id = _accept(abi.encode(PACKAGE_FILING, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Certificate memory certificate = CERTIFICATES.requireEnforceable(act.certificate);
        bool fit = actor == certificate.creditor || PARTIES.party(actor).roles & Roles.LAWYER != 0;
        require(fit, FilerUnfit(act.certificate, actor));
        bool named = DEEDS.standing(certificate.deed, act.obligor).named;
        require(named, IDeeds.NotDeedParty(certificate.deed, act.obligor));
        require(act.court != 0, PackageIncomplete("court"));
        require(act.basis != JurisdictionBasis.NONE, PackageIncomplete("basis"));
        EVIDENCE.requireLive(act.evidence);
        Filing storage it = _filings[id];
        it.certificate = act.certificate;
        it.deed = certificate.deed;
        it.obligor = act.obligor;
        it.filer = actor;
        it.court = act.court;
        it.basis = act.basis;
        it.state = FilingState.PACKAGED;
        ++filingCount;
        emit FilingPackaged(
            id, it.deed, actor, act.certificate, act.obligor, act.court, act.basis, act.evidence
        );
    }

    /// @inheritdoc IFilings
    function submit(SubmitFiling calldata act, Auth calldata auth) external {
        _accept(abi.encode(SUBMIT_FILING, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Filing storage it = _ofFiler(act.filing, actor);
        bool fresh = it.state == FilingState.PACKAGED;
        bool ready = fresh || it.state == FilingState.RETURNED;
        require(ready, FilingNotReady(act.filing, it.state, FilingState.PACKAGED));
        Certificate memory certificate = CERTIFICATES.requireEnforceable(it.certificate);
        require(act.package != 0, PackageIncomplete("package"));
        uint64 most = claimable(it.certificate);
        require(act.claimed != 0 && act.claimed <= most, OverClaim(act.claimed, most));
        EVIDENCE.requireLive(act.statement);
        uint64 anchoredAt = EVIDENCE.record(act.statement).anchoredAt;
        require(anchoredAt >= certificate.paidAt, StatementStale(anchoredAt, certificate.paidAt));
        EVIDENCE.requireLive(act.evidence);
        if (fresh) {
            bytes32 live = liveFiling[it.deed][it.obligor];
            require(live == 0, FilingIsLive(it.deed, it.obligor, live));
            _hold(it, act.filing);
        }
        it.package = act.package;
        it.claimed = act.claimed;
        it.state = FilingState.SUBMITTED;
        it.submittedAt = uint64(block.timestamp);
        emit FilingSubmitted(
            act.filing,
            actor,
            FilingState.SUBMITTED,
            act.claimed,
            it.submittedAt,
            act.package,
            act.statement,
            act.evidence
        );
    }

    /// @inheritdoc IFilings
    function withdraw(WithdrawFiling calldata act, Auth calldata auth) external {
        _accept(abi.encode(WITHDRAW_FILING, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Filing storage it = _ofFiler(act.filing, actor);
        bool ready = it.state >= FilingState.PACKAGED && it.state <= FilingState.RETURNED;
        require(ready, FilingNotReady(act.filing, it.state, FilingState.SUBMITTED));
        EVIDENCE.requireLive(act.evidence);
        if (it.state != FilingState.PACKAGED) _hold(it, 0);
        it.state = FilingState.WITHDRAWN;
        emit FilingWithdrawn(act.filing, actor, FilingState.WITHDRAWN, act.evidence);
    }

    /* THE COURT */

    /// @inheritdoc IFilings
    function recordReceipt(RecordReceipt calldata act, Auth calldata auth) external {
        _accept(abi.encode(RECORD_RECEIPT, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.COURT_GW);
        Filing storage it = _ofCourt(act.filing, actor);
        FilingState next = _next(act.filing, it, act.kind);
        require(act.instant != 0 && act.instant <= block.timestamp, PackageIncomplete("instant"));
        require(act.kind != CourtReceipt.FILED || act.caseNumber != 0, PackageIncomplete("caseNumber"));
        EVIDENCE.requireLive(act.evidence);
        bool rests = act.kind == CourtReceipt.SUSPENDED || act.kind == CourtReceipt.SETTLEMENT;
        // A suspended case that is settled goes on, on breach, where it was before both.
        if (!rests) it.resumeTo = FilingState.NONE;
        else if (it.resumeTo == FilingState.NONE) it.resumeTo = it.state;
        if (act.kind == CourtReceipt.FILED) it.filedAt = act.instant;
        if (act.kind == CourtReceipt.NOT_ACCEPTED) _hold(it, 0);
        it.state = next;
        it.gateway = actor;
        emit ReceiptRecorded(
            act.filing,
            actor,
            act.kind,
            next,
            it.resumeTo,
            it.filedAt,
            act.instant,
            act.caseNumber,
            act.evidence
        );
    }

    /// @inheritdoc IFilings
    function recordRecovery(RecordRecovery calldata act, Auth calldata auth) external {
        _accept(abi.encode(RECORD_RECOVERY, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.COURT_GW);
        Filing storage it = _ofCourt(act.filing, actor);
        _requireAtCourt(act.filing, it);
        uint64 open = it.claimed - it.recovered;
        require(act.amount != 0 && act.amount <= open, OverClaim(act.amount, open));
        EVIDENCE.requireLive(act.evidence);
        it.recovered += act.amount;
        _recovered[it.certificate] += act.amount;
        emit RecoveryRecorded(act.filing, actor, act.amount, it.recovered, act.evidence);
    }

    /// @inheritdoc IFilings
    function close(CloseFiling calldata act, Auth calldata auth) external {
        _accept(abi.encode(CLOSE_FILING, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.COURT_GW);
        Filing storage it = _ofCourt(act.filing, actor);
        _requireAtCourt(act.filing, it);
        bool fit = act.closure != Closure.NONE && act.closure != Closure.DUPLICATE;
        require(fit, PackageIncomplete("closure"));
        EVIDENCE.requireLive(act.evidence);
        // After these the creditor may apply again; a debt that is paid or barred stays held for ever.
        bool again = act.closure == Closure.TERMINATED || act.closure == Closure.NO_PROPERTY
            || act.closure == Closure.DISMISSED;
        if (again) _hold(it, 0);
        _close(act.filing, it, actor, act.closure, 0, 0, act.evidence);
    }

    /// @inheritdoc IFilings
    function cancelDuplicate(CancelDuplicate calldata act, Auth calldata auth) external {
        _accept(abi.encode(CANCEL_DUPLICATE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.COURT_GW);
        Filing storage it = _ofCourt(act.filing, actor);
        _requireAtCourt(act.filing, it);
        require(act.otherCourt != 0 && act.otherCourt != it.court, PackageIncomplete("otherCourt"));
        bool earlier = act.otherFiledAt != 0 && act.otherFiledAt < it.filedAt;
        require(earlier, EarlierFilingStands(act.filing, it.filedAt, act.otherFiledAt));
        EVIDENCE.requireLive(act.evidence);
        _close(act.filing, it, actor, Closure.DUPLICATE, act.otherCourt, act.otherFiledAt, act.evidence);
    }

    /* READS */

    /// @inheritdoc IFilings
    function filing(bytes32 id) external view returns (Filing memory) {
        return _filing(id);
    }

    /// @inheritdoc IFilings
    function claimable(bytes32 certificate) public view returns (uint64) {
        uint64 open = CERTIFICATES.outstanding(certificate);
        uint64 recovered = _recovered[certificate];
        return open > recovered ? open - recovered : 0;
    }

    /* RULES */

    function _filing(bytes32 id) private view returns (Filing storage it) {
        it = _filings[id];
        require(it.state != FilingState.NONE, FilingUnknown(id));
    }

    function _ofFiler(bytes32 id, uint64 actor) private view returns (Filing storage it) {
        it = _filing(id);
        require(it.filer == actor, NotFiler(id, actor));
    }

    function _ofCourt(bytes32 id, uint64 actor) private view returns (Filing storage it) {
        it = _filing(id);
        require(it.gateway == 0 || it.gateway == actor, NotFilingCourt(id, it.gateway, actor));
    }

    function _requireAtCourt(bytes32 id, Filing storage it) private view {
        bool atCourt = it.state >= FilingState.FILED && it.state <= FilingState.SETTLEMENT;
        require(atCourt, FilingNotReady(id, it.state, FilingState.FILED));
    }

    /// The state that a receipt leads to; refuses one that does not follow from where the case stands.
    function _next(bytes32 id, Filing storage it, CourtReceipt kind) private view returns (FilingState) {
        FilingState state = it.state;
        if (kind <= CourtReceipt.FILED) {
            require(state == FilingState.SUBMITTED, FilingNotReady(id, state, FilingState.SUBMITTED));
            if (kind == CourtReceipt.RETURNED) return FilingState.RETURNED;
            return kind == CourtReceipt.FILED ? FilingState.FILED : FilingState.NOT_ACCEPTED;
        }
        if (kind == CourtReceipt.NOTIFIED) {
            require(state == FilingState.FILED, FilingNotReady(id, state, FilingState.FILED));
            return FilingState.NOTIFIED;
        }
        if (kind == CourtReceipt.RESUMED) {
            bool rests = state == FilingState.SUSPENDED || state == FilingState.SETTLEMENT;
            require(rests, FilingNotReady(id, state, FilingState.SUSPENDED));
            return it.resumeTo;
        }
        if (kind == CourtReceipt.MEASURES) {
            // Measures may be taken at once with the notice (民诉法 251), never before it is sent.
            bool noticed = state == FilingState.NOTIFIED || state == FilingState.MEASURES;
            require(noticed, FilingNotReady(id, state, FilingState.NOTIFIED));
            return FilingState.MEASURES;
        }
        bool runs = state >= FilingState.FILED && state <= FilingState.SUSPENDED;
        bool again = kind == CourtReceipt.SUSPENDED && state == FilingState.SUSPENDED;
        require(runs && !again, FilingNotReady(id, state, FilingState.MEASURES));
        return kind == CourtReceipt.SUSPENDED ? FilingState.SUSPENDED : FilingState.SETTLEMENT;
    }

    function _hold(Filing storage it, bytes32 live) private {
        liveFiling[it.deed][it.obligor] = live;
        emit LiveFilingChanged(it.deed, it.obligor, live);
    }

    function _close(
        bytes32 id,
        Filing storage it,
        uint64 actor,
        Closure closure,
        uint32 otherCourt,
        uint64 otherFiledAt,
        bytes32 evidence
    ) private {
        it.state = FilingState.CLOSED;
        it.resumeTo = FilingState.NONE;
        it.closure = closure;
        emit FilingClosed(
            id, actor, FilingState.CLOSED, FilingState.NONE, closure, otherCourt, otherFiledAt, evidence
        );
    }
}
