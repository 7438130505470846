// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Cases} from "./Cases.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {ICalendar} from "./interfaces/ICalendar.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {INotaries, KeyWindow} from "./interfaces/INotaries.sol";
import {IParties, Party, Status} from "./interfaces/IParties.sol";
import "./interfaces/IDeeds.sol";

/// @dev The manual is `interfaces/IDeeds.sol`.
contract Deeds is IDeeds, Acts {
    uint16 public constant ISSUE_WORKING_DAYS = 15;
    uint256 public constant CASES_MOST = Cases.MOST;
    uint256 public constant OBLIGORS_MOST = 100;
    uint16 private constant BASIS_POINTS = 10_000;
    uint256 private constant DAYS_A_YEAR = 365;

    bytes32 private constant OPEN_DEED = keccak256(
        "OpenDeed(bytes32 number,uint64 notary,uint64 obligee,uint64[] obligors,bytes32 instrument,bytes32 securities,uint64 principal,uint16 rateBps,uint8 scope,uint8 method,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant VERIFY_IDENTITIES =
        keccak256("VerifyIdentities(bytes32 deed,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant ACCEPT_DEED =
        keccak256("AcceptDeed(bytes32 deed,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant AWAIT_MATERIALS = keccak256(
        "AwaitMaterials(bytes32 deed,bool awaited,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant INFORM_OBLIGOR = keccak256(
        "InformObligor(bytes32 deed,uint64 obligor,bytes32 session,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant SIGN_DEED = keccak256(
        "SignDeed(bytes32 deed,bytes32 instrument,bool acceptsEnforcement,bool acceptsVerification,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant PREPARE_DEEDS = keccak256(
        "PrepareDeeds(uint64 office,uint64 obligee,uint8 scope,uint8 method,uint16 rateBps,bytes32[] numbers,bytes32[] obligors,bytes32[] instruments,bytes32[] sessions,uint64[] principals,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REVIEW_DEEDS =
        keccak256("ReviewDeeds(bytes32[] deeds,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant ISSUE_DEEDS = keccak256(
        "IssueDeeds(bytes32[] deeds,bytes32[] documents,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant END_DEED =
        keccak256("EndDeed(bytes32 deed,uint8 ground,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant AMEND_DEED = keccak256(
        "AmendDeed(bytes32 deed,uint8 kind,bytes32 document,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REVOKE_DEED =
        keccak256("RevokeDeed(bytes32 deed,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant CONFIRM_DEED =
        keccak256("ConfirmDeed(bytes32 deed,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant FLAG_DEED =
        keccak256("FlagDeed(bytes32 deed,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    ICalendar public immutable CALENDAR;
    INotaries public immutable NOTARIES;

    uint64 public deedCount;
    mapping(bytes32 deed => Deed) private _deeds;
    mapping(bytes32 deed => mapping(bytes32 obligor => Standing)) private _standings;

    constructor(IParties parties, IEvidence evidence, ICalendar calendar, INotaries notaries) Acts("Chaqi Deeds") {
        PARTIES = parties;
        EVIDENCE = evidence;
        CALENDAR = calendar;
        NOTARIES = notaries;
    }

    /* APPLICATION TO ACCEPTANCE */

    /// @inheritdoc IDeeds
    function open(OpenDeed calldata act, Auth calldata auth) external returns (bytes32 id) {
        _accept(_encodeOpening(act), auth);
        uint64 office = PARTIES.requireActor(auth.signer, Roles.NOTARY_OFFICE);
        _requireComplete(act.number, act.instrument, act.principal, act.scope, act.method);
        NOTARIES.requireUnconflicted(act.notary, act.obligee);
        EVIDENCE.requireLive(act.evidence);
        id = _newId(office, act.number);
        _nameObligors(id, act);
        Deed storage it = _deeds[id];
        it.office = office;
        it.notary = act.notary;
        it.obligee = act.obligee;
        it.principal = act.principal;
        it.state = DeedState.APPLIED;
        it.scope = act.scope;
        it.method = act.method;
        it.obligors = uint8(act.obligors.length);
        it.rateBps = act.rateBps;
        it.instrument = act.instrument;
        _emitOpened(id, office, act);
    }

    /// @inheritdoc IDeeds
    function verifyIdentities(VerifyIdentities calldata act, Auth calldata auth) external {
        _accept(abi.encode(VERIFY_IDENTITIES, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY);
        Deed storage it = _ofNotary(act.deed, actor);
        _requireRunning(act.deed, it, DeedState.APPLIED);
        EVIDENCE.requireLive(act.evidence);
        it.state = DeedState.VERIFIED;
        emit DeedAdvanced(act.deed, actor, DeedState.VERIFIED, 0, act.evidence);
    }

    /// @inheritdoc IDeeds
    function accept(AcceptDeed calldata act, Auth calldata auth) external {
        _accept(abi.encode(ACCEPT_DEED, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY_OFFICE);
        Deed storage it = _ofOffice(act.deed, actor);
        _requireRunning(act.deed, it, DeedState.VERIFIED);
        EVIDENCE.requireLive(act.evidence);
        it.state = DeedState.ACCEPTED;
        it.issueBy = CALENDAR.endOfWorkingDays(uint64(block.timestamp), ISSUE_WORKING_DAYS);
        emit DeedAdvanced(act.deed, actor, DeedState.ACCEPTED, it.issueBy, act.evidence);
    }

    /// @inheritdoc IDeeds
    function awaitMaterials(AwaitMaterials calldata act, Auth calldata auth) external {
        _accept(abi.encode(AWAIT_MATERIALS, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY);
        Deed storage it = _ofNotary(act.deed, actor);
        require(it.state < DeedState.ISSUED, DeedFinished(act.deed, it.state));
        uint64 pausedAt = it.pausedAt;
        require(act.awaited == (pausedAt == 0), MaterialsPending(act.deed, pausedAt));
        EVIDENCE.requireLive(act.evidence);
        // What is left of the fifteen days runs on from now (公证法 30).
        if (!act.awaited && it.issueBy != 0) it.issueBy += uint64(block.timestamp) - pausedAt;
        it.pausedAt = act.awaited ? uint64(block.timestamp) : 0;
        emit MaterialsAwaited(act.deed, actor, it.pausedAt, it.issueBy, act.evidence);
    }

    /* LIVE SESSIONS AND SIGNATURES */

    /// @inheritdoc IDeeds
    function inform(InformObligor calldata act, Auth calldata auth) external {
        _accept(abi.encode(INFORM_OBLIGOR, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY);
        Deed storage it = _ofNotary(act.deed, actor);
        _requireRunning(act.deed, it, DeedState.ACCEPTED);
        bytes32 obligor = _key(act.obligor);
        Standing storage his = _standings[act.deed][obligor];
        require(his.named, NotDeedParty(act.deed, obligor));
        require(!his.informed, StepTaken(act.deed, obligor));
        EVIDENCE.requireLive(act.session);
        EVIDENCE.requireLive(act.evidence);
        his.informed = true;
        if (++it.informed == it.obligors) it.state = DeedState.INFORMED;
        it.notarisedAt = uint64(block.timestamp);
        emit ObligorInformed(
            act.deed, obligor, actor, it.informed, it.state, it.notarisedAt, act.session, act.evidence
        );
    }

    /// @inheritdoc IDeeds
    function sign(SignDeed calldata act, Auth calldata auth) external {
        _accept(abi.encode(SIGN_DEED, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Deed storage it = _deed(act.deed);
        _requireRunning(act.deed, it, DeedState.INFORMED);
        require(act.instrument == it.instrument, InstrumentDiffers(act.deed, it.instrument, act.instrument));
        bytes32 signatory = _key(actor);
        Standing storage his = _standings[act.deed][signatory];
        require(his.named || actor == it.obligee, NotDeedParty(act.deed, signatory));
        require(!his.signed, StepTaken(act.deed, signatory));
        bool accepts = act.acceptsEnforcement && act.acceptsVerification;
        require(accepts || !his.named, AcceptanceMissing(act.deed));
        his.signed = true;
        if (++it.signatures == it.obligors + 1) it.state = DeedState.SIGNED;
        emit DeedSigned(act.deed, signatory, it.signatures, it.state, act.instrument);
    }

    /// @inheritdoc IDeeds
    function prepare(PrepareDeeds calldata act, Auth calldata auth) external {
        _accept(_encodePreparation(act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY);
        uint256 count = Cases.requireFit(act.numbers.length, act.obligors.length);
        Cases.requireFit(act.instruments.length, count);
        Cases.requireFit(act.sessions.length, count);
        Cases.requireFit(act.principals.length, count);
        _requireOffice(act.office);
        NOTARIES.requireUnconflicted(actor, act.obligee);
        EVIDENCE.requireLive(act.evidence);
        uint64 issueBy = CALENDAR.endOfWorkingDays(uint64(block.timestamp), ISSUE_WORKING_DAYS);
        for (uint256 place = 0; place < count; ++place) {
            _prepare(act, place, actor, issueBy);
        }
    }

    /* REVIEW, ISSUE, END */

    /// @inheritdoc IDeeds
    function review(ReviewDeeds calldata act, Auth calldata auth) external {
        _accept(abi.encode(REVIEW_DEEDS, keccak256(abi.encodePacked(act.deeds)), act.evidence), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY | Roles.NOTARY_OFFICE);
        uint256 count = Cases.requireFit(act.deeds.length, act.deeds.length);
        EVIDENCE.requireLive(act.evidence);
        for (uint256 place = 0; place < count; ++place) {
            bytes32 id = act.deeds[place];
            Deed storage it = _deed(id);
            _requireRunning(id, it, DeedState.SIGNED);
            require(actor != it.notary, ReviewerIsNotary(id, actor));
            it.state = DeedState.REVIEWED;
            emit DeedReviewed(id, actor, DeedState.REVIEWED, act.evidence);
        }
    }

    /// @inheritdoc IDeeds
    function issue(IssueDeeds calldata act, Auth calldata auth) external {
        bytes32 documents = keccak256(abi.encodePacked(act.documents));
        _accept(abi.encode(ISSUE_DEEDS, keccak256(abi.encodePacked(act.deeds)), documents, act.evidence), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY_OFFICE);
        uint256 count = Cases.requireFit(act.deeds.length, act.documents.length);
        EVIDENCE.requireLive(act.evidence);
        for (uint256 place = 0; place < count; ++place) {
            bytes32 id = act.deeds[place];
            Deed storage it = _ofOffice(id, actor);
            _requireRunning(id, it, DeedState.REVIEWED);
            require(act.documents[place] != 0, DeedIncomplete("documents"));
            it.state = DeedState.ISSUED;
            it.issuedAt = uint64(block.timestamp);
            it.document = act.documents[place];
            emit DeedIssued(id, actor, DeedState.ISSUED, it.issuedAt, it.document, act.evidence);
        }
    }

    /// @inheritdoc IDeeds
    function end(EndDeed calldata act, Auth calldata auth) external {
        _accept(abi.encode(END_DEED, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY_OFFICE);
        Deed storage it = _ofOffice(act.deed, actor);
        require(it.state < DeedState.ISSUED, DeedFinished(act.deed, it.state));
        require(act.ground != EndGround.NONE, DeedIncomplete("ground"));
        EVIDENCE.requireLive(act.evidence);
        it.state = act.ground < EndGround.WITHDRAWN ? DeedState.REFUSED : DeedState.TERMINATED;
        emit DeedEnded(act.deed, actor, it.state, act.ground, act.evidence);
    }

    /* AFTER ISSUE */

    /// @inheritdoc IDeeds
    function amend(AmendDeed calldata act, Auth calldata auth) external {
        _accept(abi.encode(AMEND_DEED, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY_OFFICE);
        Deed storage it = _ofOffice(act.deed, actor);
        _requireState(act.deed, it, DeedState.ISSUED);
        require(act.document != 0, DeedIncomplete("document"));
        EVIDENCE.requireLive(act.evidence);
        it.document = act.document;
        emit DeedAmended(act.deed, actor, act.kind, ++it.amendments, act.document, act.evidence);
    }

    /// @inheritdoc IDeeds
    function revoke(RevokeDeed calldata act, Auth calldata auth) external {
        _accept(abi.encode(REVOKE_DEED, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY_OFFICE);
        Deed storage it = _ofOffice(act.deed, actor);
        _requireState(act.deed, it, DeedState.ISSUED);
        EVIDENCE.requireLive(act.evidence);
        it.state = DeedState.REVOKED;
        emit DeedRevoked(act.deed, actor, DeedState.REVOKED, act.evidence);
    }

    /// @inheritdoc IDeeds
    function confirm(ConfirmDeed calldata act, Auth calldata auth) external {
        _accept(abi.encode(CONFIRM_DEED, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY_OFFICE);
        Deed storage it = _ofOffice(act.deed, actor);
        _requireState(act.deed, it, DeedState.ISSUED);
        (bool doubtful,) = _doubtful(it);
        require(doubtful, NothingToConfirm(act.deed));
        EVIDENCE.requireLive(act.evidence);
        it.confirmedAt = uint64(block.timestamp);
        emit DeedConfirmed(act.deed, actor, it.confirmedAt, act.evidence);
    }

    /// @inheritdoc IDeeds
    function flag(FlagDeed calldata act, Auth calldata auth) external {
        _accept(abi.encode(FLAG_DEED, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.NOTARY_OFFICE | Roles.REGULATOR | Roles.AUDITOR);
        Deed storage it = _deed(act.deed);
        _requireState(act.deed, it, DeedState.ISSUED);
        require(!it.flagged, StepTaken(act.deed, _key(actor)));
        EVIDENCE.requireLive(act.evidence);
        it.flagged = true;
        emit DeedFlagged(act.deed, actor, true, act.evidence);
    }

    /* READS */

    /// @inheritdoc IDeeds
    function deed(bytes32 id) external view returns (Deed memory) {
        return _deed(id);
    }

    /// @inheritdoc IDeeds
    function standing(bytes32 id, bytes32 obligor) external view returns (Standing memory) {
        return _standings[id][obligor];
    }

    /// @inheritdoc IDeeds
    function requireEnforceable(bytes32 id) external view returns (Deed memory) {
        Deed storage it = _deed(id);
        _requireState(id, it, DeedState.ISSUED);
        (bool doubtful, KeyWindow memory window) = _doubtful(it);
        require(!doubtful, ReviewRequired(id, window.from, window.until));
        return it;
    }

    /// @inheritdoc IDeeds
    function entitlement(bytes32 id, uint64 instant) external view returns (uint64) {
        Deed storage it = _deed(id);
        uint256 elapsed = instant > it.notarisedAt ? (instant - it.notarisedAt) / 1 days : 0;
        uint256 accrued = uint256(it.principal) * it.rateBps * elapsed / (BASIS_POINTS * DAYS_A_YEAR);
        uint256 entitled = it.principal + accrued;
        return entitled > type(uint64).max ? type(uint64).max : uint64(entitled);
    }

    /// @inheritdoc IDeeds
    function deedId(uint64 office, bytes32 number) public pure returns (bytes32) {
        return keccak256(abi.encode(office, number));
    }

    /* RULES */

    function _deed(bytes32 id) private view returns (Deed storage it) {
        it = _deeds[id];
        require(it.state != DeedState.NONE, NoSuchDeed(id));
    }

    function _ofNotary(bytes32 id, uint64 actor) private view returns (Deed storage it) {
        it = _deed(id);
        require(it.notary == actor, NotDeedNotary(id, actor));
    }

    function _ofOffice(bytes32 id, uint64 actor) private view returns (Deed storage it) {
        it = _deed(id);
        require(it.office == actor, NotDeedOffice(id, actor));
    }

    function _requireState(bytes32 id, Deed storage it, DeedState needed) private view {
        require(it.state == needed, DeedNotReady(id, it.state, needed));
    }

    function _requireRunning(bytes32 id, Deed storage it, DeedState needed) private view {
        _requireState(id, it, needed);
        require(it.pausedAt == 0, MaterialsPending(id, it.pausedAt));
    }

    function _requireOffice(uint64 id) private view {
        Party memory party = PARTIES.party(id);
        bool active = party.status == Status.ACTIVE;
        require(active && party.roles & Roles.NOTARY_OFFICE != 0, INotaries.PartyUnfit(id, Roles.NOTARY_OFFICE));
    }

    function _requireComplete(
        bytes32 number,
        bytes32 instrument,
        uint64 principal,
        DeedScope scope,
        ServiceMethod method
    ) private pure {
        require(number != 0, DeedIncomplete("number"));
        require(instrument != 0, DeedIncomplete("instrument"));
        require(principal != 0, DeedIncomplete("principal"));
        require(scope != DeedScope.NONE, DeedIncomplete("scope"));
        require(method != ServiceMethod.NONE, DeedIncomplete("method"));
    }

    /// Whether the deed was made with a key that may have been in other hands, and the office has not spoken since.
    function _doubtful(Deed storage it) private view returns (bool, KeyWindow memory window) {
        window = NOTARIES.keyWindow(it.notary);
        bool within = window.from != 0 && it.notarisedAt >= window.from && it.notarisedAt <= window.until;
        return (within && it.confirmedAt < window.until, window);
    }

    function _newId(uint64 office, bytes32 number) private returns (bytes32 id) {
        id = deedId(office, number);
        require(_deeds[id].state == DeedState.NONE, NumberTaken(number, id));
        ++deedCount;
    }

    function _key(uint64 party) private pure returns (bytes32) {
        return bytes32(uint256(party));
    }

    function _nameObligors(bytes32 id, OpenDeed calldata act) private {
        uint256 count = act.obligors.length;
        require(count != 0 && count <= OBLIGORS_MOST, DeedIncomplete("obligors"));
        for (uint256 place = 0; place < count; ++place) {
            uint64 obligor = act.obligors[place];
            require(obligor != act.obligee, DeedIncomplete("obligors"));
            NOTARIES.requireUnconflicted(act.notary, obligor);
            bytes32 key = _key(obligor);
            require(!_standings[id][key].named, StepTaken(id, key));
            _standings[id][key].named = true;
            emit ObligorNamed(id, key);
        }
    }

    function _prepare(PrepareDeeds calldata act, uint256 place, uint64 notary, uint64 issueBy) private {
        bytes32 number = act.numbers[place];
        bytes32 obligor = act.obligors[place];
        uint64 principal = act.principals[place];
        _requireComplete(number, act.instruments[place], principal, act.scope, act.method);
        require(uint256(obligor) > type(uint64).max, DeedIncomplete("obligors"));
        require(act.sessions[place] != 0, DeedIncomplete("sessions"));
        bytes32 id = _newId(act.office, number);
        Deed storage it = _deeds[id];
        it.office = act.office;
        it.notary = notary;
        it.obligee = act.obligee;
        it.principal = principal;
        it.issueBy = issueBy;
        it.notarisedAt = uint64(block.timestamp);
        it.state = DeedState.SIGNED;
        it.scope = act.scope;
        it.method = act.method;
        it.obligors = 1;
        it.informed = 1;
        it.signatures = 2;
        it.rateBps = act.rateBps;
        it.instrument = act.instruments[place];
        _standings[id][obligor] = Standing(true, true, true);
        emit DeedPrepared(
            id,
            notary,
            act.office,
            act.obligee,
            obligor,
            number,
            it.instrument,
            act.sessions[place],
            principal,
            act.rateBps,
            act.scope,
            act.method,
            issueBy,
            it.notarisedAt,
            act.evidence
        );
    }

    function _encodeOpening(OpenDeed calldata act) private pure returns (bytes memory) {
        return bytes.concat(
            abi.encode(
                OPEN_DEED,
                act.number,
                act.notary,
                act.obligee,
                keccak256(abi.encodePacked(act.obligors)),
                act.instrument,
                act.securities
            ),
            abi.encode(act.principal, act.rateBps, act.scope, act.method, act.evidence)
        );
    }

    function _encodePreparation(PrepareDeeds calldata act) private pure returns (bytes memory) {
        return bytes.concat(
            abi.encode(PREPARE_DEEDS, act.office, act.obligee, act.scope, act.method, act.rateBps),
            abi.encode(
                keccak256(abi.encodePacked(act.numbers)),
                keccak256(abi.encodePacked(act.obligors)),
                keccak256(abi.encodePacked(act.instruments)),
                keccak256(abi.encodePacked(act.sessions)),
                keccak256(abi.encodePacked(act.principals)),
                act.evidence
            )
        );
    }

    function _emitOpened(bytes32 id, uint64 office, OpenDeed calldata act) private {
        emit DeedOpened(
            id,
            office,
            act.notary,
            act.obligee,
            uint8(act.obligors.length),
            act.number,
            act.instrument,
            act.securities,
            act.principal,
            act.rateBps,
            act.scope,
            act.method,
            act.evidence
        );
    }
}
