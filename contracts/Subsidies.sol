// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {ICalendar} from "./interfaces/ICalendar.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {IParties, Party, Status} from "./interfaces/IParties.sol";
import {Hold, ITrees, Life, Restraint, Title, Tree} from "./interfaces/ITrees.sol";
import "./interfaces/ISubsidies.sol";

/// @dev The manual is `interfaces/ISubsidies.sol`.
contract Subsidies is ISubsidies, Acts {
    uint16 public constant REVIEW_WORKING_DAYS = 20;
    uint16 public constant NOTICE_DAYS_LEAST = 7;
    uint16 private constant NOTICE_DAYS_MOST = 90;

    bytes32 private constant OPEN_PROGRAMME = keccak256(
        "OpenProgramme(uint8 measure,uint8 basis,uint16 year,uint64 rateFen,uint64 budgetFen,uint64 closesAt,uint16 noticeDays,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REGISTER_PLOT = keccak256(
        "RegisterPlot(bytes32 plot,uint64 holder,uint32 areaCmu,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant SUBMIT_CLAIM = keccak256(
        "SubmitClaim(uint256 programme,uint64 subject,bytes32 asset,uint32 quantity,bytes32 mandate,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant PUBLISH_CLAIM =
        keccak256("PublishClaim(bytes32 claim,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant OBJECT_TO_CLAIM =
        keccak256("ObjectToClaim(bytes32 claim,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant RESOLVE_CLAIM_OBJECTION = keccak256(
        "ResolveClaimObjection(bytes32 claim,bool upheld,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant APPROVE_CLAIM =
        keccak256("ApproveClaim(bytes32 claim,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant REJECT_CLAIM = keccak256(
        "RejectClaim(bytes32 claim,uint8 ground,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant PAY_CLAIM = keccak256(
        "PayClaim(bytes32 claim,bytes32 voucher,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant AUDIT_CLAIM =
        keccak256("AuditClaim(bytes32 claim,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant CLAW_BACK_CLAIM = keccak256(
        "ClawBackClaim(bytes32 claim,uint8 ground,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant RECORD_RETURN = keccak256(
        "RecordReturn(bytes32 claim,bytes32 voucher,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    ICalendar public immutable CALENDAR;
    ITrees public immutable TREES;

    uint64 public programmeCount;
    uint64 public claimCount;
    uint64 public plotCount;
    mapping(uint256 programme => Programme) private _programmes;
    mapping(bytes32 plot => Plot) private _plots;
    mapping(bytes32 claim => Claim) private _claims;
    /// @inheritdoc ISubsidies
    mapping(bytes32 funding => bytes32 claim) public liveClaim;
    /// @inheritdoc ISubsidies
    mapping(bytes32 voucher => bytes32 claim) public claimOfVoucher;

    constructor(IParties parties, IEvidence evidence, ICalendar calendar, ITrees trees) Acts("Chaqi Subsidies") {
        PARTIES = parties;
        EVIDENCE = evidence;
        CALENDAR = calendar;
        TREES = trees;
    }

    /* PROGRAMMES AND PLOTS */

    /// @inheritdoc ISubsidies
    function openProgramme(OpenProgramme calldata act, Auth calldata auth) external returns (uint256 id) {
        id = uint256(_accept(abi.encode(OPEN_PROGRAMME, act), auth));
        uint64 agency = PARTIES.requireActor(auth.signer, Roles.AGRI);
        require(act.measure != Measure.NONE, ProgrammeUnfit("measure"));
        require(act.basis != SubsidyBasis.NONE, ProgrammeUnfit("basis"));
        require(act.year >= 2000 && act.year < 2200, ProgrammeUnfit("year"));
        require(act.rateFen != 0, ProgrammeUnfit("rateFen"));
        require(act.budgetFen >= act.rateFen, ProgrammeUnfit("budgetFen"));
        require(act.closesAt >= block.timestamp, ProgrammeUnfit("closesAt"));
        bool noticeFits = act.noticeDays >= NOTICE_DAYS_LEAST && act.noticeDays <= NOTICE_DAYS_MOST;
        require(noticeFits, ProgrammeUnfit("noticeDays"));
        EVIDENCE.requireLive(act.evidence);
        Programme storage opened = _programmes[id];
        opened.agency = agency;
        opened.year = act.year;
        opened.measure = act.measure;
        opened.basis = act.basis;
        opened.noticeDays = act.noticeDays;
        opened.openedAt = uint64(block.timestamp);
        opened.closesAt = act.closesAt;
        opened.rateFen = act.rateFen;
        opened.budgetFen = act.budgetFen;
        ++programmeCount;
        _emitOpened(id, agency, act);
    }

    /// @inheritdoc ISubsidies
    function registerPlot(RegisterPlot calldata act, Auth calldata auth) external {
        _accept(abi.encode(REGISTER_PLOT, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.VILLAGE | Roles.REGISTRY);
        require(act.plot != 0, PlotIncomplete("plot"));
        require(act.areaCmu != 0, PlotIncomplete("areaCmu"));
        PARTIES.party(act.holder);
        EVIDENCE.requireLive(act.evidence);
        if (_plots[act.plot].holder == 0) ++plotCount;
        _plots[act.plot] = Plot(act.holder, act.areaCmu);
        emit PlotRegistered(act.plot, actor, act.holder, act.areaCmu, act.evidence);
    }

    /* CLAIMS */

    /// @inheritdoc ISubsidies
    function submit(SubmitClaim calldata act, Auth calldata auth) external returns (bytes32 id) {
        _accept(abi.encode(SUBMIT_CLAIM, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Programme storage funder = _programme(act.programme);
        require(block.timestamp <= funder.closesAt, ProgrammeClosed(act.programme, funder.closesAt));
        if (actor != act.subject) _requireMandate(act.subject, actor, act.mandate);
        EVIDENCE.requireLive(act.evidence);
        _requireEligible(funder.basis, act.subject, act.asset, act.quantity);
        uint256 amount = uint256(funder.rateFen) * act.quantity;
        require(amount <= funder.budgetFen, BudgetExhausted(act.programme, _left(funder), amount));

        id = claimId(act.programme, act.subject, act.asset, funder.year);
        Claim storage made = _claims[id];
        bool anew = made.state == ClaimState.NONE || made.state == ClaimState.REJECTED;
        require(anew, ClaimExists(id, made.state));
        bytes32 funding = fundingId(funder.measure, act.asset, funder.year);
        bytes32 other = liveClaim[funding];
        require(other == 0, DoubleFunding(act.asset, funder.measure, funder.year, other));
        _setFunding(funding, id);

        if (made.state == ClaimState.NONE) ++claimCount;
        made.programme = act.programme;
        made.asset = act.asset;
        made.subject = act.subject;
        made.agent = actor == act.subject ? 0 : actor;
        made.quantity = act.quantity;
        made.state = ClaimState.SUBMITTED;
        made.ground = SubsidyGround.NONE;
        made.amountFen = uint64(amount);
        made.submittedAt = uint64(block.timestamp);
        made.reviewDueAt = CALENDAR.endOfWorkingDays(uint64(block.timestamp), REVIEW_WORKING_DAYS);
        made.reviewedAt = 0;
        made.noticeEndsAt = 0;
        made.objectedAt = 0;
        made.decidedAt = 0;
        _emitSubmitted(id, made, act);
    }

    /// @inheritdoc ISubsidies
    function publish(PublishClaim calldata act, Auth calldata auth) external {
        _accept(abi.encode(PUBLISH_CLAIM, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.AGRI);
        (Claim storage about, Programme storage funder) = _decided(act.claim, actor, ClaimState.SUBMITTED);
        EVIDENCE.requireLive(act.evidence);
        about.reviewedAt = uint64(block.timestamp);
        about.noticeEndsAt = CALENDAR.endOfDays(uint64(block.timestamp), funder.noticeDays);
        _setPublished(act.claim, about, actor, act.evidence);
    }

    /// @inheritdoc ISubsidies
    function object(ObjectToClaim calldata act, Auth calldata auth) external {
        _accept(abi.encode(OBJECT_TO_CLAIM, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Claim storage about = _atState(act.claim, ClaimState.NOTICE);
        require(block.timestamp <= about.noticeEndsAt, ClaimNoticeOver(act.claim, about.noticeEndsAt));
        EVIDENCE.requireLive(act.evidence);
        about.state = ClaimState.OBJECTED;
        about.objectedAt = uint64(block.timestamp);
        emit ClaimObjected(act.claim, actor, ClaimState.OBJECTED, uint64(block.timestamp), act.evidence);
    }

    /// @inheritdoc ISubsidies
    function resolveObjection(ResolveClaimObjection calldata act, Auth calldata auth) external {
        _accept(abi.encode(RESOLVE_CLAIM_OBJECTION, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.AGRI);
        (Claim storage about, Programme storage funder) = _decided(act.claim, actor, ClaimState.OBJECTED);
        EVIDENCE.requireLive(act.evidence);
        // What was left of the notice when it was interrupted runs from now on.
        if (!act.upheld) about.noticeEndsAt += uint64(block.timestamp) - about.objectedAt;
        about.objectedAt = 0;
        if (act.upheld) {
            _setRejected(act.claim, about, funder, actor, SubsidyGround.OBJECTION_UPHELD, act.evidence);
        } else {
            _setPublished(act.claim, about, actor, act.evidence);
        }
    }

    /// @inheritdoc ISubsidies
    function approve(ApproveClaim calldata act, Auth calldata auth) external {
        _accept(abi.encode(APPROVE_CLAIM, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.AGRI);
        (Claim storage about, Programme storage funder) = _decided(act.claim, actor, ClaimState.NOTICE);
        require(block.timestamp > about.noticeEndsAt, ClaimNoticeRunning(act.claim, about.noticeEndsAt));
        EVIDENCE.requireLive(act.evidence);
        // Trees die and change hands while a notice runs.
        _requireEligible(funder.basis, about.subject, about.asset, about.quantity);
        uint64 left = _left(funder);
        require(about.amountFen <= left, BudgetExhausted(about.programme, left, about.amountFen));
        funder.approvedFen += about.amountFen;
        _emitBudget(about.programme, funder, actor);
        about.decidedAt = uint64(block.timestamp);
        about.state = ClaimState.APPROVED;
        _emitDecided(act.claim, about, actor, act.evidence);
    }

    /// @inheritdoc ISubsidies
    function reject(RejectClaim calldata act, Auth calldata auth) external {
        _accept(abi.encode(REJECT_CLAIM, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.AGRI);
        ClaimState state = _claim(act.claim).state;
        bool open = state == ClaimState.SUBMITTED || state == ClaimState.NOTICE || state == ClaimState.APPROVED;
        (Claim storage about, Programme storage funder) =
            _decided(act.claim, actor, open ? state : ClaimState.SUBMITTED);
        require(act.ground != SubsidyGround.NONE, GroundMissing(act.claim));
        EVIDENCE.requireLive(act.evidence);
        if (state == ClaimState.SUBMITTED) about.reviewedAt = uint64(block.timestamp);
        if (state == ClaimState.APPROVED) {
            funder.approvedFen -= about.amountFen;
            _emitBudget(about.programme, funder, actor);
        }
        _setRejected(act.claim, about, funder, actor, act.ground, act.evidence);
    }

    /* MONEY */

    /// @inheritdoc ISubsidies
    function pay(PayClaim calldata act, Auth calldata auth) external {
        _accept(abi.encode(PAY_CLAIM, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.AGRI);
        (Claim storage about, Programme storage funder) = _decided(act.claim, actor, ClaimState.APPROVED);
        _useVoucher(act.voucher, act.claim);
        EVIDENCE.requireLive(act.evidence);
        funder.approvedFen -= about.amountFen;
        funder.paidFen += about.amountFen;
        _emitBudget(about.programme, funder, actor);
        about.paidAt = uint64(block.timestamp);
        about.voucher = act.voucher;
        about.state = ClaimState.PAID;
        emit ClaimPaid(act.claim, actor, ClaimState.PAID, uint64(block.timestamp), act.voucher, act.evidence);
    }

    /// @inheritdoc ISubsidies
    function audit(AuditClaim calldata act, Auth calldata auth) external {
        _accept(abi.encode(AUDIT_CLAIM, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.AUDITOR);
        Claim storage about = _atState(act.claim, ClaimState.PAID);
        _requireImpartial(act.claim, about, actor);
        require(actor != _programmes[about.programme].agency, AuditorIsAgency(about.programme, actor));
        EVIDENCE.requireLive(act.evidence);
        about.state = ClaimState.AUDITED;
        emit ClaimExamined(act.claim, actor, ClaimState.AUDITED, SubsidyGround.NONE, act.evidence);
    }

    /// @inheritdoc ISubsidies
    function clawBack(ClawBackClaim calldata act, Auth calldata auth) external {
        _accept(abi.encode(CLAW_BACK_CLAIM, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.AGRI | Roles.AUDITOR);
        Claim storage about = _claim(act.claim);
        if (about.state != ClaimState.AUDITED) _atState(act.claim, ClaimState.PAID);
        _requireImpartial(act.claim, about, actor);
        if (PARTIES.party(actor).roles & Roles.AUDITOR == 0) _requireAgency(about.programme, actor);
        require(act.ground != SubsidyGround.NONE, GroundMissing(act.claim));
        EVIDENCE.requireLive(act.evidence);
        about.state = ClaimState.CLAWED_BACK;
        about.ground = act.ground;
        emit ClaimExamined(act.claim, actor, ClaimState.CLAWED_BACK, act.ground, act.evidence);
    }

    /// @inheritdoc ISubsidies
    function recordReturn(RecordReturn calldata act, Auth calldata auth) external {
        _accept(abi.encode(RECORD_RETURN, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.AGRI);
        (Claim storage about, Programme storage funder) = _decided(act.claim, actor, ClaimState.CLAWED_BACK);
        _useVoucher(act.voucher, act.claim);
        EVIDENCE.requireLive(act.evidence);
        funder.returnedFen += about.amountFen;
        _emitBudget(about.programme, funder, actor);
        _setFunding(fundingId(funder.measure, about.asset, funder.year), 0);
        about.returnVoucher = act.voucher;
        about.state = ClaimState.RETURNED;
        emit ClaimReturned(act.claim, actor, ClaimState.RETURNED, act.voucher, act.evidence);
    }

    /* READS */

    /// @inheritdoc ISubsidies
    function programme(uint256 id) external view returns (Programme memory) {
        return _programme(id);
    }

    /// @inheritdoc ISubsidies
    function claim(bytes32 id) external view returns (Claim memory) {
        return _claim(id);
    }

    /// @inheritdoc ISubsidies
    function plot(bytes32 id) external view returns (Plot memory) {
        return _plots[id];
    }

    /// @inheritdoc ISubsidies
    function claimId(uint256 of_, uint64 subject, bytes32 asset, uint16 year) public pure returns (bytes32) {
        return keccak256(abi.encode(of_, subject, asset, year));
    }

    /// @inheritdoc ISubsidies
    function fundingId(Measure measure, bytes32 asset, uint16 year) public pure returns (bytes32) {
        return keccak256(abi.encode(measure, asset, year));
    }

    /* RULES */

    function _programme(uint256 id) private view returns (Programme storage found) {
        found = _programmes[id];
        require(found.agency != 0, NoSuchProgramme(id));
    }

    function _claim(bytes32 id) private view returns (Claim storage found) {
        found = _claims[id];
        require(found.state != ClaimState.NONE, NoSuchClaim(id));
    }

    function _atState(bytes32 id, ClaimState needed) private view returns (Claim storage found) {
        found = _claim(id);
        require(found.state == needed, ClaimNotReady(id, found.state, needed));
    }

    /// The claim in the state needed and its programme, for the bureau that decides on it.
    function _decided(bytes32 id, uint64 actor, ClaimState needed)
        private
        view
        returns (Claim storage about, Programme storage funder)
    {
        about = _atState(id, needed);
        _requireImpartial(id, about, actor);
        funder = _requireAgency(about.programme, actor);
    }

    function _requireAgency(uint256 id, uint64 actor) private view returns (Programme storage funder) {
        funder = _programmes[id];
        require(actor == funder.agency, NotAgency(id, actor));
    }

    function _requireImpartial(bytes32 id, Claim storage about, uint64 actor) private view {
        require(actor != about.subject && actor != about.agent, SubjectCannotDecide(id, actor));
    }

    function _requireMandate(uint64 subject, uint64 agent, bytes32 mandate) private view {
        require(EVIDENCE.record(mandate).attester == subject, MandateMissing(subject, agent));
        EVIDENCE.requireLive(mandate);
    }

    function _requireEligible(SubsidyBasis basis, uint64 subject, bytes32 asset, uint32 quantity) private view {
        Party memory farmer = PARTIES.party(subject);
        require(farmer.status != Status.REVOKED, IParties.PartyRevoked(subject));
        require(farmer.status == Status.ACTIVE, IParties.PartySuspended(subject));
        require(farmer.roles & Roles.FARMER != 0, IParties.RoleMissing(subject, farmer.roles, Roles.FARMER));
        if (basis == SubsidyBasis.TREE) {
            require(quantity == 1, QuantityUnfit(quantity));
            uint256 id = uint256(asset);
            Tree memory twin = TREES.tree(id);
            bool registered = twin.title == Title.REGISTERED;
            require(registered, ITrees.TitleNotReady(id, twin.title, Title.REGISTERED));
            require(twin.owner == subject, ITrees.NotOwner(id, subject));
            require(twin.life == Life.ALIVE, ITrees.LifeNotReady(id, twin.life, Life.ALIVE));
            Hold memory limit = TREES.hold(id, Restraint.COMPLIANCE);
            bool free = limit.issuer == 0 || (limit.expiresAt != 0 && limit.expiresAt <= block.timestamp);
            require(free, ITrees.TreeRestrained(id, Restraint.COMPLIANCE, limit.issuer, limit.expiresAt));
        } else {
            require(quantity != 0, QuantityUnfit(quantity));
            Plot memory land = _plots[asset];
            require(land.holder != 0, NoSuchPlot(asset));
            require(land.holder == subject, NotPlotHolder(asset, subject));
            require(quantity <= land.areaCmu, AreaExceeded(asset, quantity, land.areaCmu));
        }
    }

    function _left(Programme storage funder) private view returns (uint64) {
        return funder.budgetFen + funder.returnedFen - funder.paidFen - funder.approvedFen;
    }

    function _useVoucher(bytes32 voucher, bytes32 id) private {
        bytes32 used = claimOfVoucher[voucher];
        require(voucher != 0 && used == 0, VoucherUnfit(voucher, used));
        claimOfVoucher[voucher] = id;
    }

    function _setFunding(bytes32 funding, bytes32 id) private {
        liveClaim[funding] = id;
        emit FundingChanged(funding, id);
    }

    function _setPublished(bytes32 id, Claim storage about, uint64 actor, bytes32 evidence) private {
        about.state = ClaimState.NOTICE;
        emit ClaimPublished(
            id, actor, ClaimState.NOTICE, about.reviewedAt, about.noticeEndsAt, about.objectedAt, evidence
        );
    }

    function _setRejected(
        bytes32 id,
        Claim storage about,
        Programme storage funder,
        uint64 actor,
        SubsidyGround ground,
        bytes32 evidence
    ) private {
        _setFunding(fundingId(funder.measure, about.asset, funder.year), 0);
        about.state = ClaimState.REJECTED;
        about.ground = ground;
        about.decidedAt = uint64(block.timestamp);
        _emitDecided(id, about, actor, evidence);
    }

    /* EVENTS */

    function _emitOpened(uint256 id, uint64 agency, OpenProgramme calldata act) private {
        emit ProgrammeOpened(
            id,
            agency,
            act.measure,
            act.basis,
            act.year,
            act.rateFen,
            act.budgetFen,
            uint64(block.timestamp),
            act.closesAt,
            act.noticeDays,
            act.evidence
        );
    }

    function _emitSubmitted(bytes32 id, Claim storage made, SubmitClaim calldata act) private {
        emit ClaimSubmitted(
            id,
            act.programme,
            act.subject,
            made.agent,
            act.asset,
            act.quantity,
            made.amountFen,
            uint64(block.timestamp),
            made.reviewDueAt,
            act.mandate,
            act.evidence
        );
    }

    function _emitDecided(bytes32 id, Claim storage about, uint64 actor, bytes32 evidence) private {
        emit ClaimDecided(
            id,
            actor,
            about.state,
            about.ground,
            about.reviewedAt,
            about.objectedAt,
            about.decidedAt,
            evidence
        );
    }

    function _emitBudget(uint256 id, Programme storage funder, uint64 actor) private {
        emit BudgetMoved(id, actor, funder.approvedFen, funder.paidFen, funder.returnedFen);
    }
}
