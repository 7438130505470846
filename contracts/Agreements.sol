// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {AgreementAccount} from "./AgreementAccount.sol";
import {AgreementTerms} from "./AgreementTerms.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import "./interfaces/IAgreements.sol";
import {ICalendar} from "./interfaces/ICalendar.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {IParties, Status} from "./interfaces/IParties.sol";
import {AgreementEnding, IRemedies, Standing} from "./interfaces/IRemedies.sol";

/// @dev The manual is `interfaces/IAgreements.sol`.
contract Agreements is IAgreements, Acts {
    uint16 public constant OFFER_DAYS = 7;
    uint16 public constant DEPOSIT_WORKING_DAYS = 5;
    uint16 public constant PAYMENT_WORKING_DAYS = 5;
    uint64 public constant CLOCK_MARGIN = 5 minutes; // domain §10, 24

    bytes32 private constant WITHDRAW_OFFER =
        keccak256("WithdrawOffer(uint256 agreement,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant SIGN_AGREEMENT =
        keccak256("SignAgreement(uint256 agreement,bytes32 terms,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant CONFIRM_DEPOSIT = keccak256(
        "ConfirmDeposit(uint256 agreement,uint64 amount,uint64 receivedAt,bytes32 receipt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant LAPSE_AGREEMENT =
        keccak256("LapseAgreement(uint256 agreement,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant DELIVER_MILESTONE = keccak256(
        "DeliverMilestone(uint256 agreement,uint8 milestone,uint64 quantity,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant ACKNOWLEDGE_DELIVERY = keccak256(
        "AcknowledgeDelivery(uint256 agreement,uint8 milestone,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant INSPECT_DELIVERY = keccak256(
        "InspectDelivery(uint256 agreement,uint8 milestone,uint64 conforming,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant ACCEPT_DELIVERY = keccak256(
        "AcceptDelivery(uint256 agreement,uint8 milestone,uint64 quantity,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant DEEM_ACCEPTED =
        keccak256("DeemAccepted(uint256 agreement,uint8 milestone,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant WAIVE_REST =
        keccak256("WaiveRest(uint256 agreement,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant FIX_PRICE = keccak256(
        "FixPrice(uint256 agreement,uint64 unitPrice,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant RECORD_PAYMENT = keccak256(
        "RecordPayment(uint256 agreement,bool toSeller,uint64 amount,bytes32 receipt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant CLOSE_AGREEMENT =
        keccak256("CloseAgreement(uint256 agreement,address signer,uint256 nonce,uint256 deadline)");

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    ICalendar public immutable CALENDAR;
    IRemedies public immutable REMEDIES;

    uint64 public agreementCount;
    mapping(uint256 id => Agreement) private _agreements;
    mapping(uint256 id => mapping(uint8 number => Milestone)) private _milestones;
    mapping(bytes32 receipt => bool) public receiptUsed;

    constructor(IParties parties, IEvidence evidence, ICalendar calendar, IRemedies remedies) Acts("Chaqi Agreements") {
        PARTIES = parties;
        EVIDENCE = evidence;
        CALENDAR = calendar;
        REMEDIES = remedies;
    }

    /* FORMATION */

    /// @inheritdoc IAgreements
    function offer(OfferAgreement calldata act, Auth calldata auth) external returns (uint256 id) {
        id = uint256(_accept(AgreementTerms.encode(act), auth));
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.FARMER | Roles.FIRM | Roles.VILLAGE);
        require(act.counterparty != actor, SelfDealing(actor));
        _requireActive(act.counterparty);
        AgreementTerms.requireComplete(act);
        Agreement storage deal = _agreements[id];
        (deal.buyer, deal.seller) = act.asBuyer ? (actor, act.counterparty) : (act.counterparty, actor);
        deal.stage = AgreementStage.OFFERED;
        deal.offeredByBuyer = act.asBuyer;
        deal.priceFixed = act.formula == 0;
        deal.milestones = uint8(act.dueAt.length);
        deal.inspectionDays = act.inspectionDays;
        deal.graceDays = act.graceDays;
        deal.damagesBps = act.damagesBps;
        deal.terms = act.terms;
        deal.offerEndsAt = uint48(
            act.offerEndsAt == 0 ? CALENDAR.endOfDays(uint64(block.timestamp), OFFER_DAYS) : act.offerEndsAt
        );
        deal.secured = act.deposit != 0;
        deal.quantity = act.quantity;
        deal.unitPrice = act.unitPrice;
        deal.deposit = act.deposit;
        if (act.formula != 0) deal.formula = act.formula;
        ++agreementCount;
        AgreementTerms.emitOffered(id, deal, act);
        for (uint8 number = 0; number < deal.milestones; ++number) {
            Milestone storage part = _milestones[id][number];
            (part.dueAt, part.quantity) = (act.dueAt[number], act.quantities[number]);
            emit MilestonePlanned(id, number, part.dueAt, part.quantity);
        }
    }

    /// @inheritdoc IAgreements
    function withdraw(WithdrawOffer calldata act, Auth calldata auth) external {
        _accept(abi.encode(WITHDRAW_OFFER, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Agreement storage deal = _at(act.agreement, AgreementStage.OFFERED);
        uint64 offeror = deal.offeredByBuyer ? deal.buyer : deal.seller;
        require(actor == offeror, NotSide(act.agreement, actor));
        _setStage(act.agreement, deal, actor, AgreementStage.WITHDRAWN);
    }

    /// @inheritdoc IAgreements
    function sign(SignAgreement calldata act, Auth calldata auth) external {
        _accept(abi.encode(SIGN_AGREEMENT, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Agreement storage deal = _at(act.agreement, AgreementStage.OFFERED);
        (uint64 offeror, uint64 offeree) = deal.offeredByBuyer ? (deal.buyer, deal.seller) : (deal.seller, deal.buyer);
        (uint64 offerEndsAt, AgreementStage stage) =
            (deal.offerEndsAt, deal.secured ? AgreementStage.SIGNED : AgreementStage.ACTIVE);
        require(actor == offeree, NotSide(act.agreement, actor));
        require(act.terms == deal.terms, TermsDiffer(act.terms, deal.terms));
        require(block.timestamp <= offerEndsAt, OfferEnded(act.agreement, offerEndsAt));
        _requireActive(offeror);
        (deal.stage, deal.signedAt) = (stage, uint48(block.timestamp));
        emit AgreementSigned(act.agreement, actor, stage, uint64(block.timestamp));
    }

    /// @inheritdoc IAgreements
    function confirmDeposit(ConfirmDeposit calldata act, Auth calldata auth) external {
        _accept(abi.encode(CONFIRM_DEPOSIT, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.BANK);
        Agreement storage deal = _at(act.agreement, AgreementStage.SIGNED);
        _requireOpen(act.agreement);
        uint64 total = AgreementAccount.price(deal.quantity, deal.unitPrice);
        require(act.amount != 0 && act.amount <= total, AmountUnfit(act.amount, total));
        uint64 latest = CALENDAR.endOfWorkingDays(deal.signedAt, DEPOSIT_WORKING_DAYS);
        if (block.timestamp < latest) latest = uint64(block.timestamp);
        bool fit = act.receivedAt >= deal.signedAt && act.receivedAt <= latest;
        require(fit, InstantUnfit(act.receivedAt, deal.signedAt, latest));
        _useReceipt(act.receipt);
        EVIDENCE.requireLive(act.evidence);
        (deal.stage, deal.depositPaid) = (AgreementStage.ACTIVE, act.amount);
        emit DepositConfirmed(
            act.agreement,
            actor,
            AgreementStage.ACTIVE,
            act.amount,
            act.amount - AgreementAccount.depositBase(total, act.amount),
            act.receivedAt,
            act.receipt,
            act.evidence
        );
    }

    /// @inheritdoc IAgreements
    function lapse(LapseAgreement calldata act, Auth calldata auth) external {
        _accept(abi.encode(LAPSE_AGREEMENT, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Agreement storage deal = _at(act.agreement, AgreementStage.SIGNED);
        _requireSide(act.agreement, deal, actor);
        _requireOpen(act.agreement);
        uint64 dueAt = CALENDAR.endOfWorkingDays(deal.signedAt, DEPOSIT_WORKING_DAYS);
        require(block.timestamp > dueAt + CLOCK_MARGIN, DepositRunning(act.agreement, dueAt));
        _setStage(act.agreement, deal, actor, AgreementStage.LAPSED);
    }

    /* PERFORMANCE */

    /// @inheritdoc IAgreements
    function deliver(DeliverMilestone calldata act, Auth calldata auth) external {
        _accept(abi.encode(DELIVER_MILESTONE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Agreement storage deal = _at(act.agreement, AgreementStage.ACTIVE);
        require(actor == deal.seller, NotSide(act.agreement, actor));
        Milestone storage part = _milestone(act.agreement, deal, act.milestone);
        require(part.pending == 0, DeliveryPending(act.agreement, part.pending));
        uint64 most = part.quantity - part.accepted;
        require(act.quantity != 0 && act.quantity <= most, GramsUnfit(act.quantity, 1, most));
        EVIDENCE.requireLive(act.evidence);
        uint64 dueAt = _extended(part.dueAt, _requireOpen(act.agreement));
        part.pending = act.quantity;
        part.deliveredAt = uint64(block.timestamp);
        part.conforming = 0;
        part.inTime = block.timestamp <= CALENDAR.endOfDays(dueAt, deal.graceDays);
        part.proven = EVIDENCE.record(act.evidence).attester != actor;
        part.inspected = false;
        deal.pending += act.quantity;
        emit MilestoneDelivered(
            act.agreement,
            act.milestone,
            actor,
            act.quantity,
            uint64(block.timestamp),
            part.inTime,
            part.proven,
            deal.pending,
            act.evidence
        );
    }

    /// @inheritdoc IAgreements
    function acknowledge(AcknowledgeDelivery calldata act, Auth calldata auth) external {
        _accept(abi.encode(ACKNOWLEDGE_DELIVERY, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        (Agreement storage deal, Milestone storage part) = _delivered(act.agreement, act.milestone);
        require(actor == deal.buyer, NotSide(act.agreement, actor));
        part.proven = true;
        emit DeliveryAcknowledged(act.agreement, act.milestone, actor);
    }

    /// @inheritdoc IAgreements
    function inspect(InspectDelivery calldata act, Auth calldata auth) external {
        _accept(abi.encode(INSPECT_DELIVERY, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.INSPECTOR);
        (Agreement storage deal, Milestone storage part) = _delivered(act.agreement, act.milestone);
        _requireThird(act.agreement, deal, actor);
        require(act.conforming <= part.pending, GramsUnfit(act.conforming, 0, part.pending));
        EVIDENCE.requireLive(act.evidence);
        (part.conforming, part.inspected) = (act.conforming, true);
        emit DeliveryInspected(act.agreement, act.milestone, actor, act.conforming, act.evidence);
    }

    /// @inheritdoc IAgreements
    function accept(AcceptDelivery calldata act, Auth calldata auth) external {
        _accept(abi.encode(ACCEPT_DELIVERY, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        (Agreement storage deal, Milestone storage part) = _delivered(act.agreement, act.milestone);
        require(actor == deal.buyer, NotSide(act.agreement, actor));
        (uint64 least, uint64 most) = (part.conforming, part.pending);
        require(act.quantity >= least && act.quantity <= most, GramsUnfit(act.quantity, least, most));
        if (act.quantity < most) {
            uint64 endedAt = _inspectionEndsAt(deal, part);
            require(
                block.timestamp <= endedAt + CLOCK_MARGIN, InspectionOver(act.agreement, act.milestone, endedAt)
            );
        }
        EVIDENCE.requireLive(act.evidence);
        _conclude(act.agreement, act.milestone, actor, act.quantity, act.evidence);
    }

    /// @inheritdoc IAgreements
    function deem(DeemAccepted calldata act, Auth calldata auth) external {
        _accept(abi.encode(DEEM_ACCEPTED, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        (Agreement storage deal, Milestone storage part) = _delivered(act.agreement, act.milestone);
        require(actor == deal.seller, NotSide(act.agreement, actor));
        require(part.proven, DeliveryUnproven(act.agreement, act.milestone));
        uint64 endsAt = _inspectionEndsAt(deal, part);
        require(block.timestamp > endsAt + CLOCK_MARGIN, InspectionRunning(act.agreement, act.milestone, endsAt));
        uint64 quantity = part.inspected ? part.conforming : part.pending;
        _conclude(act.agreement, act.milestone, actor, quantity, 0);
    }

    /// @inheritdoc IAgreements
    function waive(WaiveRest calldata act, Auth calldata auth) external {
        _accept(abi.encode(WAIVE_REST, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Agreement storage deal = _at(act.agreement, AgreementStage.ACTIVE);
        require(actor == deal.buyer, NotSide(act.agreement, actor));
        _requireOpen(act.agreement);
        require(deal.pending == 0, DeliveryPending(act.agreement, deal.pending));
        require(deal.accepted != 0, NothingAccepted(act.agreement));
        EVIDENCE.requireLive(act.evidence);
        deal.acceptedAt = uint64(block.timestamp);
        _setStage(act.agreement, deal, actor, AgreementStage.ACCEPTED);
    }

    /* MONEY */

    /// @inheritdoc IAgreements
    function fixPrice(FixPrice calldata act, Auth calldata auth) external {
        _accept(abi.encode(FIX_PRICE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.APPRAISER);
        Agreement storage deal = _agreement(act.agreement);
        _requireThird(act.agreement, deal, actor);
        if (deal.stage != AgreementStage.ACCEPTED) _at(act.agreement, AgreementStage.ACTIVE);
        _requireOpen(act.agreement);
        require(!deal.priceFixed, PriceIsFixed(act.agreement));
        uint64 total = AgreementAccount.price(deal.quantity, act.unitPrice);
        require(total != 0, PriceUnfit(total, AgreementAccount.MOST));
        EVIDENCE.requireLive(act.evidence);
        (deal.priceFixed, deal.unitPrice) = (true, act.unitPrice);
        emit PriceSet(act.agreement, actor, true, act.unitPrice, total, act.evidence);
    }

    /// @inheritdoc IAgreements
    function recordPayment(RecordPayment calldata act, Auth calldata auth) external {
        _accept(abi.encode(RECORD_PAYMENT, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.BANK);
        Agreement storage deal = _agreement(act.agreement);
        Standing memory standing = REMEDIES.standing(act.agreement);
        bool performed = _requirePayable(act.agreement, deal, standing, act.toSeller);
        int64 owed = _balance(deal, standing);
        uint64 most = AgreementAccount.undisputed(act.toSeller ? owed : -owed, standing.frozen);
        require(act.amount != 0 && act.amount <= most, AmountUnfit(act.amount, most));
        _useReceipt(act.receipt);
        EVIDENCE.requireLive(act.evidence);
        if (act.toSeller) deal.paid += act.amount;
        else deal.refunded += act.amount;
        if (performed && standing.frozen == 0 && act.amount == most) {
            (deal.stage, deal.settledAt) = (AgreementStage.SETTLED, uint64(block.timestamp));
        }
        emit PaymentRecorded(
            act.agreement,
            actor,
            act.toSeller,
            act.amount,
            deal.paid,
            deal.refunded,
            deal.stage,
            deal.settledAt,
            act.receipt,
            act.evidence
        );
    }

    /// @inheritdoc IAgreements
    function close(CloseAgreement calldata act, Auth calldata auth) external {
        _accept(abi.encode(CLOSE_AGREEMENT, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Agreement storage deal = _agreement(act.agreement);
        _requireSide(act.agreement, deal, actor);
        Standing memory standing = REMEDIES.standing(act.agreement);
        _requirePayable(act.agreement, deal, standing, false);
        int64 owed = _balance(deal, standing);
        require(owed == 0 && standing.frozen == 0, NotBalanced(act.agreement, owed, standing.frozen));
        if (deal.settledAt == 0) deal.settledAt = uint64(block.timestamp);
        _setStage(act.agreement, deal, actor, AgreementStage.CLOSED);
    }

    /* READS */

    /// @inheritdoc IAgreements
    function agreement(uint256 id) external view returns (Agreement memory) {
        return _agreement(id);
    }

    /// @inheritdoc IAgreements
    function milestone(uint256 id, uint8 number) external view returns (Milestone memory) {
        return _milestones[id][number];
    }

    /// @inheritdoc IAgreements
    function balance(uint256 id) external view returns (int64) {
        return _balance(_agreement(id), REMEDIES.standing(id));
    }

    /// @inheritdoc IAgreements
    function due(uint256 id) external view returns (uint64 sellerDueAt, uint64 buyerDueAt) {
        Agreement storage deal = _agreement(id);
        Standing memory standing = REMEDIES.standing(id);
        if (standing.ending != AgreementEnding.NONE) return (0, 0);
        uint64 owed = AgreementAccount.undisputed(_balance(deal, standing), standing.frozen);
        if (deal.stage == AgreementStage.ACCEPTED && owed != 0) {
            buyerDueAt = _extended(CALENDAR.endOfWorkingDays(deal.acceptedAt, PAYMENT_WORKING_DAYS), standing);
        }
        if (deal.stage != AgreementStage.ACTIVE) return (0, buyerDueAt);
        for (uint8 number = 0; number < deal.milestones; ++number) {
            Milestone storage part = _milestones[id][number];
            if (part.accepted + part.pending < part.quantity) return (_extended(part.dueAt, standing), 0);
        }
    }

    /* RULES */

    function _agreement(uint256 id) private view returns (Agreement storage deal) {
        deal = _agreements[id];
        require(deal.stage != AgreementStage.NONE, NoSuchAgreement(id));
    }

    function _at(uint256 id, AgreementStage needed) private view returns (Agreement storage deal) {
        deal = _agreement(id);
        require(deal.stage == needed, StageUnfit(id, deal.stage, needed));
    }

    function _milestone(uint256 id, Agreement storage deal, uint8 number) private view returns (Milestone storage) {
        require(number < deal.milestones, NoSuchMilestone(id, number, deal.milestones));
        return _milestones[id][number];
    }

    /// Goods that wait to be judged.
    function _delivered(uint256 id, uint8 number)
        private
        view
        returns (Agreement storage deal, Milestone storage part)
    {
        deal = _at(id, AgreementStage.ACTIVE);
        part = _milestone(id, deal, number);
        require(part.pending != 0, NothingDelivered(id, number));
    }

    function _requireActive(uint64 party) private view {
        require(PARTIES.party(party).status == Status.ACTIVE, CounterpartyInactive(party));
    }

    function _requireSide(uint256 id, Agreement storage deal, uint64 party) private view {
        require(party == deal.buyer || party == deal.seller, NotSide(id, party));
    }

    function _requireThird(uint256 id, Agreement storage deal, uint64 party) private view {
        require(party != deal.buyer && party != deal.seller, StatedByParty(id, party));
    }

    function _requireOpen(uint256 id) private view returns (Standing memory standing) {
        standing = REMEDIES.standing(id);
        require(standing.ending == AgreementEnding.NONE, IRemedies.AgreementEnded(id, standing.ending));
    }

    /// Paying the seller begins with the first acceptance; giving back and closing once nothing more is to be performed.
    function _requirePayable(uint256 id, Agreement storage deal, Standing memory standing, bool toSeller)
        private
        view
        returns (bool performed)
    {
        AgreementStage stage = deal.stage;
        bool ended = standing.ending != AgreementEnding.NONE;
        bool signed = stage == AgreementStage.ACTIVE || (stage == AgreementStage.SIGNED && ended);
        bool accepted = stage == AgreementStage.ACCEPTED || stage == AgreementStage.SETTLED;
        require(signed || accepted, StageUnfit(id, stage, AgreementStage.ACCEPTED));
        performed = ended || (accepted && deal.priceFixed);
        require(performed || toSeller, StillPerforming(id));
    }

    function _conclude(uint256 id, uint8 number, uint64 actor, uint64 quantity, bytes32 evidence) private {
        Agreement storage deal = _agreements[id];
        Milestone storage part = _milestones[id][number];
        uint64 delivered = part.pending;
        part.pending = 0;
        part.accepted += quantity;
        if (part.inTime) part.acceptedInTime += quantity;
        deal.pending -= delivered;
        deal.accepted += quantity;
        if (deal.accepted == deal.quantity) {
            (deal.stage, deal.acceptedAt) = (AgreementStage.ACCEPTED, uint64(block.timestamp));
        }
        emit DeliveryConcluded(
            id,
            number,
            actor,
            part.accepted,
            part.acceptedInTime,
            delivered - quantity,
            evidence == 0,
            deal.accepted,
            deal.pending,
            deal.stage,
            deal.acceptedAt,
            evidence
        );
    }

    function _useReceipt(bytes32 receipt) private {
        require(receipt != 0, TermsUnfit("receipt"));
        require(!receiptUsed[receipt], PaymentReceiptUsed(receipt));
        receiptUsed[receipt] = true;
    }

    function _setStage(uint256 id, Agreement storage deal, uint64 actor, AgreementStage stage) private {
        deal.stage = stage;
        emit StageChanged(id, actor, stage, deal.acceptedAt, deal.settledAt);
    }

    function _inspectionEndsAt(Agreement storage deal, Milestone storage part) private view returns (uint64) {
        return CALENDAR.endOfDays(part.deliveredAt, deal.inspectionDays);
    }

    function _extended(uint64 dueAt, Standing memory standing) private view returns (uint64) {
        return standing.extensionDays == 0 ? dueAt : CALENDAR.endOfDays(dueAt, standing.extensionDays);
    }

    /// What the buyer owes: the price of what was accepted, with what remedies add, less what it paid and did not get
    /// back; negative: what the seller has to give back.
    function _balance(Agreement storage deal, Standing memory standing) private view returns (int64) {
        int64 earned = int64(AgreementAccount.price(deal.accepted, deal.unitPrice));
        return earned + standing.adjustment + int64(deal.refunded) - int64(deal.paid) - int64(deal.depositPaid);
    }
}
