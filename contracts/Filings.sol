// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Cases} from "./Cases.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {Certificate, ICertificates} from "./interfaces/ICertificates.sol";
import {IDeeds} from "./interfaces/IDeeds.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {IParties} from "./interfaces/IParties.sol";
import "./interfaces/IFilings.sol";

/// @dev The manual is `interfaces/IFilings.sol`.
contract Filings is IFilings, Acts {
    uint256 public constant CASES_MOST = Cases.MOST;

    bytes32 private constant PACKAGE_FILINGS = keccak256(
        "PackageFilings(bytes32[] certificates,bytes32[] obligors,uint32[] courts,uint8 basis,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant SUBMIT_FILINGS = keccak256(
        "SubmitFilings(bytes32[] filings,bytes32[] packages,uint64[] claimed,bytes32 statement,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant WITHDRAW_FILING =
        keccak256("WithdrawFiling(bytes32 filing,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant RECORD_RECEIPTS = keccak256(
        "RecordReceipts(bytes32[] filings,uint8 kind,uint64[] instants,bytes32[] caseNumbers,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant RECORD_RECOVERIES = keccak256(
        "RecordRecoveries(bytes32[] filings,uint64[] amounts,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant CLOSE_FILINGS = keccak256(
        "CloseFilings(bytes32[] filings,uint8 closure,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
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
    function package(PackageFilings calldata act, Auth calldata auth) external returns (bytes32 first) {
        first = _accept(_encodePackages(act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        uint256 count = Cases.requireFit(act.certificates.length, act.obligors.length);
        Cases.requireFit(act.courts.length, count);
        EVIDENCE.requireLive(act.evidence);
        bool lawyer = PARTIES.party(actor).roles & Roles.LAWYER != 0;
        for (uint256 place = 0; place < count; ++place) {
            bytes32 id;
            unchecked {
                id = bytes32(uint256(first) + place); // a digest stands for nothing nearby
            }
            _package(id, actor, lawyer, act, place);
        }
        filingCount += uint64(count);
    }

    /// @inheritdoc IFilings
    function submit(SubmitFilings calldata act, Auth calldata auth) external {
        _accept(_encodeSubmissions(act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        uint256 count = Cases.requireFit(act.filings.length, act.packages.length);
        Cases.requireFit(act.claimed.length, count);
        EVIDENCE.requireLive(act.statement);
        EVIDENCE.requireLive(act.evidence);
        uint64 anchoredAt = EVIDENCE.record(act.statement).anchoredAt;
        for (uint256 place = 0; place < count; ++place) {
            _submit(actor, anchoredAt, act, place);
        }
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
    function recordReceipts(RecordReceipts calldata act, Auth calldata auth) external {
        _accept(_encodeReceipts(act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.COURT_GW);
        uint256 count = Cases.requireFit(act.filings.length, act.instants.length);
        Cases.requireFit(act.caseNumbers.length, count);
        EVIDENCE.requireLive(act.evidence);
        for (uint256 place = 0; place < count; ++place) {
            _recordReceipt(actor, act, place);
        }
    }

    /// @inheritdoc IFilings
    function recordRecoveries(RecordRecoveries calldata act, Auth calldata auth) external {
        bytes32 filings = keccak256(abi.encodePacked(act.filings));
        bytes32 amounts = keccak256(abi.encodePacked(act.amounts));
        _accept(abi.encode(RECORD_RECOVERIES, filings, amounts, act.evidence), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.COURT_GW);
        uint256 count = Cases.requireFit(act.filings.length, act.amounts.length);
        EVIDENCE.requireLive(act.evidence);
        for (uint256 place = 0; place < count; ++place) {
            bytes32 id = act.filings[place];
            uint64 amount = act.amounts[place];
            Filing storage it = _ofCourt(id, actor);
            _requireAtCourt(id, it);
            uint64 open = it.claimed - it.recovered;
            require(amount != 0 && amount <= open, OverClaim(id, amount, open));
            it.recovered += amount;
            _recovered[it.certificate] += amount;
            emit RecoveryRecorded(id, actor, amount, it.recovered, act.evidence);
        }
    }

    /// @inheritdoc IFilings
    function close(CloseFilings calldata act, Auth calldata auth) external {
        bytes32 filings = keccak256(abi.encodePacked(act.filings));
        _accept(abi.encode(CLOSE_FILINGS, filings, act.closure, act.evidence), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.COURT_GW);
        uint256 count = Cases.requireFit(act.filings.length, act.filings.length);
        EVIDENCE.requireLive(act.evidence);
        bool fit = act.closure != Closure.NONE && act.closure != Closure.DUPLICATE;
        // After these the creditor may apply again; a debt that is paid or barred stays held for ever.
        bool again = act.closure == Closure.TERMINATED || act.closure == Closure.NO_PROPERTY
            || act.closure == Closure.DISMISSED;
        for (uint256 place = 0; place < count; ++place) {
            bytes32 id = act.filings[place];
            Filing storage it = _ofCourt(id, actor);
            _requireAtCourt(id, it);
            require(fit, PackageIncomplete(id, "closure"));
            if (again) _hold(it, 0);
            _close(id, it, actor, act.closure, 0, 0, act.evidence);
        }
    }

    /// @inheritdoc IFilings
    function cancelDuplicate(CancelDuplicate calldata act, Auth calldata auth) external {
        _accept(abi.encode(CANCEL_DUPLICATE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.COURT_GW);
        Filing storage it = _ofCourt(act.filing, actor);
        _requireAtCourt(act.filing, it);
        require(act.otherCourt != 0 && act.otherCourt != it.court, PackageIncomplete(act.filing, "otherCourt"));
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

    function _package(bytes32 id, uint64 actor, bool lawyer, PackageFilings calldata act, uint256 place) private {
        bytes32 certificate = act.certificates[place];
        bytes32 obligor = act.obligors[place];
        Certificate memory issued = CERTIFICATES.requireEnforceable(certificate);
        require(lawyer || actor == issued.creditor, FilerUnfit(certificate, actor));
        bool named = DEEDS.standing(issued.deed, obligor).named;
        require(named, IDeeds.NotDeedParty(issued.deed, obligor));
        require(act.courts[place] != 0, PackageIncomplete(certificate, "courts"));
        require(act.basis != JurisdictionBasis.NONE, PackageIncomplete(certificate, "basis"));
        Filing storage it = _filings[id];
        it.certificate = certificate;
        it.deed = issued.deed;
        it.obligor = obligor;
        it.filer = actor;
        it.court = act.courts[place];
        it.basis = act.basis;
        it.state = FilingState.PACKAGED;
        emit FilingPackaged(id, it.deed, actor, certificate, obligor, it.court, act.basis, act.evidence);
    }

    function _submit(uint64 actor, uint64 anchoredAt, SubmitFilings calldata act, uint256 place) private {
        bytes32 id = act.filings[place];
        Filing storage it = _ofFiler(id, actor);
        bool fresh = it.state == FilingState.PACKAGED;
        bool ready = fresh || it.state == FilingState.RETURNED;
        require(ready, FilingNotReady(id, it.state, FilingState.PACKAGED));
        uint64 paidAt = CERTIFICATES.requireEnforceable(it.certificate).paidAt;
        it.package = act.packages[place];
        require(it.package != 0, PackageIncomplete(id, "packages"));
        it.claimed = act.claimed[place];
        uint64 most = claimable(it.certificate);
        require(it.claimed != 0 && it.claimed <= most, OverClaim(id, it.claimed, most));
        require(anchoredAt >= paidAt, StatementStale(id, anchoredAt, paidAt));
        if (fresh) {
            bytes32 live = liveFiling[it.deed][it.obligor];
            require(live == 0, FilingIsLive(it.deed, it.obligor, live));
            _hold(it, id);
        }
        it.state = FilingState.SUBMITTED;
        it.submittedAt = uint64(block.timestamp);
        emit FilingSubmitted(
            id,
            actor,
            FilingState.SUBMITTED,
            it.claimed,
            it.submittedAt,
            it.package,
            act.statement,
            act.evidence
        );
    }

    function _recordReceipt(uint64 actor, RecordReceipts calldata act, uint256 place) private {
        bytes32 id = act.filings[place];
        uint64 instant = act.instants[place];
        bytes32 caseNumber = act.caseNumbers[place];
        Filing storage it = _ofCourt(id, actor);
        FilingState next = _next(id, it, act.kind);
        require(instant != 0 && instant <= block.timestamp, PackageIncomplete(id, "instants"));
        bool filed = act.kind == CourtReceipt.FILED;
        require(!filed || caseNumber != 0, PackageIncomplete(id, "caseNumbers"));
        bool rests = act.kind == CourtReceipt.SUSPENDED || act.kind == CourtReceipt.SETTLEMENT;
        // A suspended case that is settled goes on, on breach, where it was before both.
        if (!rests) it.resumeTo = FilingState.NONE;
        else if (it.resumeTo == FilingState.NONE) it.resumeTo = it.state;
        if (filed) it.filedAt = instant;
        if (act.kind == CourtReceipt.NOT_ACCEPTED) _hold(it, 0);
        it.state = next;
        it.gateway = actor;
        emit ReceiptRecorded(
            id, actor, act.kind, next, it.resumeTo, it.filedAt, instant, caseNumber, act.evidence
        );
    }

    function _encodePackages(PackageFilings calldata act) private pure returns (bytes memory) {
        return abi.encode(
            PACKAGE_FILINGS,
            keccak256(abi.encodePacked(act.certificates)),
            keccak256(abi.encodePacked(act.obligors)),
            keccak256(abi.encodePacked(act.courts)),
            act.basis,
            act.evidence
        );
    }

    function _encodeSubmissions(SubmitFilings calldata act) private pure returns (bytes memory) {
        return abi.encode(
            SUBMIT_FILINGS,
            keccak256(abi.encodePacked(act.filings)),
            keccak256(abi.encodePacked(act.packages)),
            keccak256(abi.encodePacked(act.claimed)),
            act.statement,
            act.evidence
        );
    }

    function _encodeReceipts(RecordReceipts calldata act) private pure returns (bytes memory) {
        return abi.encode(
            RECORD_RECEIPTS,
            keccak256(abi.encodePacked(act.filings)),
            act.kind,
            keccak256(abi.encodePacked(act.instants)),
            keccak256(abi.encodePacked(act.caseNumbers)),
            act.evidence
        );
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
