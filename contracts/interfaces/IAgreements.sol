// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";

/// How far an agreement has come. What went wrong on the way stands in `Remedies`.
enum AgreementStage {
    NONE,
    OFFERED, // 要约
    WITHDRAWN, // 要约撤回
    SIGNED, // 已签署，待定金
    LAPSED, // 定金逾期未付，未生效
    ACTIVE, // 履行中
    ACCEPTED, // 全部验收，待付款
    SETTLED, // 价款两清
    CLOSED // 了结
}

/// What both parties signed and what was done since. Weights in grams, money in fen, instants in UTC seconds.
struct Agreement {
    uint64 buyer; // party id
    uint64 seller; // party id
    uint48 offerEndsAt;
    uint48 signedAt;
    AgreementStage stage;
    bool offeredByBuyer;
    bool secured; // by a deposit, which is to be paid before anything else
    bool priceFixed; // false while a formula is still to give the price
    bytes32 terms; // salted commitment to the whole document
    uint64 quantity; // of all milestones
    uint64 unitPrice; // fen per kilogram
    uint64 deposit; // 定金 as agreed
    uint64 depositPaid; // as received, which prevails (CC 586)
    uint64 paid; // to the seller, besides the deposit
    uint64 refunded; // to the buyer
    uint64 accepted; // grams accepted
    uint64 pending; // grams delivered and not yet accepted or rejected
    uint64 acceptedAt; // when performance was complete
    uint64 settledAt; // when nothing was owed any more
    uint8 milestones;
    uint8 inspectionDays; // from delivery; silence beyond them is acceptance (CC 621)
    uint8 graceDays; // after a due day
    uint16 damagesBps; // liquidated damages (违约金) on the value not performed
    bytes32 formula; // commitment to the formula that gives the price; zero: the price is fixed
}

/// One delivery that was promised: so much by a day.
struct Milestone {
    uint64 dueAt;
    uint64 quantity;
    uint64 accepted;
    uint64 acceptedInTime; // of `accepted`, what was delivered by due day and grace
    uint64 pending; // delivered, neither accepted nor rejected
    uint64 deliveredAt; // of the last delivery
    uint64 conforming; // grams that the inspector found to conform
    bool inTime; // whether the last delivery came by due day and grace
    bool proven; // by the buyer's word or by evidence of somebody other than the seller
    bool inspected;
}

struct OfferAgreement {
    uint64 counterparty;
    bool asBuyer; // the signer offers to buy
    bytes32 terms;
    uint64 quantity;
    uint64 unitPrice;
    bytes32 formula;
    uint64 total; // fen: quantity times price
    uint64 deposit;
    uint16 damagesBps;
    uint8 inspectionDays;
    uint8 graceDays;
    uint64 offerEndsAt;
    uint64[] dueAt;
    uint64[] quantities;
}

struct WithdrawOffer {
    uint256 agreement;
}

struct SignAgreement {
    uint256 agreement;
    bytes32 terms;
}

struct ConfirmDeposit {
    uint256 agreement;
    uint64 amount;
    uint64 receivedAt;
    bytes32 receipt;
    bytes32 evidence;
}

struct LapseAgreement {
    uint256 agreement;
}

struct DeliverMilestone {
    uint256 agreement;
    uint8 milestone;
    uint64 quantity;
    bytes32 evidence;
}

struct AcknowledgeDelivery {
    uint256 agreement;
    uint8 milestone;
}

struct InspectDelivery {
    uint256 agreement;
    uint8 milestone;
    uint64 conforming;
    bytes32 evidence;
}

struct AcceptDelivery {
    uint256 agreement;
    uint8 milestone;
    uint64 quantity;
    bytes32 evidence;
}

struct DeemAccepted {
    uint256 agreement;
    uint8 milestone;
}

struct WaiveRest {
    uint256 agreement;
    bytes32 evidence;
}

struct FixPrice {
    uint256 agreement;
    uint64 unitPrice;
    bytes32 evidence;
}

struct RecordPayment {
    uint256 agreement;
    bool toSeller;
    uint64 amount;
    bytes32 receipt;
    bytes32 evidence;
}

struct CloseAgreement {
    uint256 agreement;
}

/// @title Agreements: purchase agreements followed from offer to settlement (智能履约, domain §2.3)
/// @notice Buyer and seller sign the same terms by wallet; the seller delivers by milestones, the buyer accepts or
/// rejects by weight, the bank states what was paid. What went wrong is the matter of `IRemedies`.
/// The id of an agreement is the digest of the act that offered it.
/// @dev Money stays in bank accounts; the bank's word about it is recorded. What one owes the other is `balance`.
/// @dev Warning: limits that turn one party's silence against it count five minutes later than they fall, because clocks
/// differ (domain §10, 24). What comes within these minutes still counts.
interface IAgreements is IActs {
    /// @notice An agreement was offered by one party to the other.
    event AgreementOffered(
        uint256 indexed agreement,
        uint64 indexed buyer,
        uint64 indexed seller,
        bool offeredByBuyer,
        bool priceFixed,
        bytes32 terms,
        uint64 quantity,
        uint64 unitPrice,
        bytes32 formula,
        uint64 total,
        uint64 deposit,
        uint16 damagesBps,
        uint8 milestones,
        uint8 inspectionDays,
        uint8 graceDays,
        uint64 offerEndsAt
    );

    /// @notice A delivery is promised: `quantity` grams by `dueAt`.
    event MilestonePlanned(uint256 indexed agreement, uint8 indexed milestone, uint64 dueAt, uint64 quantity);

    /// @notice The agreement moved on to `stage` by the word of `actor`.
    event StageChanged(
        uint256 indexed agreement, uint64 indexed actor, AgreementStage stage, uint64 acceptedAt, uint64 settledAt
    );

    /// @notice The counterparty signed the same terms.
    event AgreementSigned(uint256 indexed agreement, uint64 actor, AgreementStage stage, uint64 signedAt);

    /// @notice The bank received the deposit (定金). Of `depositPaid`, `prepayment` is beyond 20 % of the price and no
    /// deposit in law (CC 586).
    event DepositConfirmed(
        uint256 indexed agreement,
        uint64 indexed actor,
        AgreementStage stage,
        uint64 depositPaid,
        uint64 prepayment,
        uint64 receivedAt,
        bytes32 receipt,
        bytes32 evidence
    );

    /// @notice The seller delivered for a milestone; `pendingOverall` grams await acceptance in the whole agreement.
    event MilestoneDelivered(
        uint256 indexed agreement,
        uint8 indexed milestone,
        uint64 indexed actor,
        uint64 pending,
        uint64 deliveredAt,
        bool inTime,
        bool proven,
        uint64 pendingOverall,
        bytes32 evidence
    );

    /// @notice The buyer confirmed to have received the delivery.
    event DeliveryAcknowledged(uint256 indexed agreement, uint8 indexed milestone, uint64 indexed actor);

    /// @notice An inspector found so many grams of the delivery to conform.
    event DeliveryInspected(
        uint256 indexed agreement, uint8 indexed milestone, uint64 indexed actor, uint64 conforming, bytes32 evidence
    );

    /// @notice A delivery was accepted up to `rejected` grams; `deemed`: by the buyer's silence. `accepted` and
    /// `acceptedInTime` are of the milestone, `acceptedOverall` and `pendingOverall` of the agreement.
    event DeliveryConcluded(
        uint256 indexed agreement,
        uint8 indexed milestone,
        uint64 indexed actor,
        uint64 accepted,
        uint64 acceptedInTime,
        uint64 rejected,
        bool deemed,
        uint64 acceptedOverall,
        uint64 pendingOverall,
        AgreementStage stage,
        uint64 acceptedAt,
        bytes32 evidence
    );

    /// @notice The formula gave the price.
    event PriceSet(
        uint256 indexed agreement, uint64 indexed actor, bool priceFixed, uint64 unitPrice, uint64 total, bytes32 evidence
    );

    /// @notice The bank paid `amount` to the seller or back to the buyer; in all now `paid` and `refunded`.
    event PaymentRecorded(
        uint256 indexed agreement,
        uint64 indexed actor,
        bool toSeller,
        uint64 amount,
        uint64 paid,
        uint64 refunded,
        AgreementStage stage,
        uint64 settledAt,
        bytes32 receipt,
        bytes32 evidence
    );

    /// @notice There is no agreement {agreement}.
    /// @custom:zh 协议 {agreement} 不存在。
    error NoSuchAgreement(uint256 agreement);

    /// @notice Agreement {agreement} has no milestone {milestone}; it has {milestones}, from 0.
    /// @custom:zh 协议 {agreement} 没有第 {milestone} 期交付；共 {milestones} 期，自 0 起。
    error NoSuchMilestone(uint256 agreement, uint8 milestone, uint8 milestones);

    /// @notice Agreement {agreement} is at stage {stage}, and this act needs {needed}.
    /// @custom:zh 协议 {agreement} 处于 {stage} 阶段，本行为需要 {needed}。
    error StageUnfit(uint256 agreement, AgreementStage stage, AgreementStage needed);

    /// @notice Field {field} of the terms is missing or out of its range.
    /// @custom:zh 条款字段 {field} 缺失或超出范围。
    error TermsUnfit(string field);

    /// @notice A price of {price} fen for the whole is not possible; from 1 to {most} fen are.
    /// @custom:zh 总价 {price} 分不符合要求，应在 1 至 {most} 分之间。
    error PriceUnfit(uint256 price, uint64 most);

    /// @notice The terms say {total} fen in total, and quantity times price is {computed}.
    /// @custom:zh 条款总价为 {total} 分，而数量乘以单价为 {computed} 分。
    error TotalDiffers(uint64 total, uint64 computed);

    /// @notice Party {party} cannot agree with itself.
    /// @custom:zh 参与方 {party} 不能与自己订立协议。
    error SelfDealing(uint64 party);

    /// @notice Party {party}, the other side, is not active; nothing can be agreed with it now.
    /// @custom:zh 对方参与方 {party} 并非有效状态，现不能与其订立协议。
    error CounterpartyInactive(uint64 party);

    /// @notice The terms signed, {signed}, are not those offered, {offered}.
    /// @custom:zh 签署的条款 {signed} 与要约条款 {offered} 不一致。
    error TermsDiffer(bytes32 signed, bytes32 offered);

    /// @notice The offer of agreement {agreement} ended at {offerEndsAt} (UTC seconds).
    /// @custom:zh 协议 {agreement} 的要约已于 {offerEndsAt}（UTC 秒）失效。
    error OfferEnded(uint256 agreement, uint64 offerEndsAt);

    /// @notice Party {party} is not the side of agreement {agreement} that may do this.
    /// @custom:zh 参与方 {party} 不是协议 {agreement} 中可为此行为的当事人。
    error NotSide(uint256 agreement, uint64 party);

    /// @notice Party {party} is a side of agreement {agreement} and cannot state this fact; another must.
    /// @custom:zh 参与方 {party} 是协议 {agreement} 的当事人，不得自行认定该事实。
    error StatedByParty(uint256 agreement, uint64 party);

    /// @notice Instant {instant} must lie between {earliest} and {latest} (UTC seconds).
    /// @custom:zh 时间 {instant} 应在 {earliest} 与 {latest}（UTC 秒）之间。
    error InstantUnfit(uint64 instant, uint64 earliest, uint64 latest);

    /// @notice The deposit of agreement {agreement} may still be paid until {dueAt} (UTC seconds).
    /// @custom:zh 协议 {agreement} 的定金仍可在 {dueAt}（UTC 秒）之前支付。
    error DepositRunning(uint256 agreement, uint64 dueAt);

    /// @notice A quantity of {quantity} g is not possible; from {least} to {most} g are.
    /// @custom:zh 数量 {quantity} 克不符合要求，应在 {least} 至 {most} 克之间。
    error GramsUnfit(uint64 quantity, uint64 least, uint64 most);

    /// @notice {pending} g of agreement {agreement} are delivered and neither accepted nor rejected yet.
    /// @custom:zh 协议 {agreement} 尚有 {pending} 克已交付而未验收。
    error DeliveryPending(uint256 agreement, uint64 pending);

    /// @notice Nothing is delivered for milestone {milestone} of agreement {agreement} that could be judged.
    /// @custom:zh 协议 {agreement} 第 {milestone} 期没有待验收的交付。
    error NothingDelivered(uint256 agreement, uint8 milestone);

    /// @notice Nothing of agreement {agreement} was accepted; end it by consent instead.
    /// @custom:zh 协议 {agreement} 尚未验收任何货物，应协商解除。
    error NothingAccepted(uint256 agreement);

    /// @notice The inspection period of milestone {milestone} of agreement {agreement} ended at {endedAt} (UTC seconds): goods not objected to conform (CC 621).
    /// @custom:zh 协议 {agreement} 第 {milestone} 期检验期已于 {endedAt}（UTC 秒）届满，未提异议视为合格（民法典 621）。
    error InspectionOver(uint256 agreement, uint8 milestone, uint64 endedAt);

    /// @notice The buyer may inspect milestone {milestone} of agreement {agreement} until {endsAt} (UTC seconds).
    /// @custom:zh 买方可在 {endsAt}（UTC 秒）之前检验协议 {agreement} 第 {milestone} 期。
    error InspectionRunning(uint256 agreement, uint8 milestone, uint64 endsAt);

    /// @notice Only the seller says that milestone {milestone} of agreement {agreement} was delivered; the buyer or a third party must too.
    /// @custom:zh 协议 {agreement} 第 {milestone} 期仅有卖方自称已交付，须有买方确认或第三方凭证。
    error DeliveryUnproven(uint256 agreement, uint8 milestone);

    /// @notice The price of agreement {agreement} is fixed already.
    /// @custom:zh 协议 {agreement} 的价格已经确定。
    error PriceIsFixed(uint256 agreement);

    /// @notice An amount of {amount} fen is not possible now; from 1 to {most} fen are.
    /// @custom:zh 金额 {amount} 分不符合要求，现应在 1 至 {most} 分之间。
    error AmountUnfit(uint64 amount, uint64 most);

    /// @notice Receipt {receipt} was recorded before.
    /// @custom:zh 回单 {receipt} 已登记过。
    error PaymentReceiptUsed(bytes32 receipt);

    /// @notice Agreement {agreement} is still to be performed.
    /// @custom:zh 协议 {agreement} 尚在履行。
    error StillPerforming(uint256 agreement);

    /// @notice Agreement {agreement} is not balanced: the buyer owes {balance} fen (negative: the seller), and {frozen} fen are in dispute.
    /// @custom:zh 协议 {agreement} 尚未两清：买方欠 {balance} 分（负数为卖方应退），争议冻结 {frozen} 分。
    error NotBalanced(uint256 agreement, int64 balance, uint64 frozen);

    /// @notice Buyer or seller offers an agreement; `terms` commits to the document, and the milestones add up to the quantity. An offer without an end stands for 7 days.
    /// @custom:zh 发出采购协议要约。
    function offer(OfferAgreement calldata act, Auth calldata auth) external returns (uint256 agreement);

    /// @notice Who offered withdraws the offer before it is signed (CC 475, 476).
    /// @custom:zh 撤回要约。
    function withdraw(WithdrawOffer calldata act, Auth calldata auth) external;

    /// @notice The counterparty signs the same terms, while both are active. A later suspension does not undo it.
    /// @custom:zh 对方签署同一条款。
    function sign(SignAgreement calldata act, Auth calldata auth) external;

    /// @notice A bank states that the deposit (定金) was received within 5 working days of signing. What was paid prevails over what was agreed.
    /// @custom:zh 银行确认收到定金。
    function confirmDeposit(ConfirmDeposit calldata act, Auth calldata auth) external;

    /// @notice Either party states that no deposit came within 5 working days: the agreement never takes effect.
    /// @custom:zh 定金逾期未付，协议失效。
    function lapse(LapseAgreement calldata act, Auth calldata auth) external;

    /// @notice The seller delivers grams for a milestone, on evidence of weight and handing over.
    /// @custom:zh 卖方交付。
    function deliver(DeliverMilestone calldata act, Auth calldata auth) external;

    /// @notice The buyer confirms to have received the delivery.
    /// @custom:zh 买方确认收货。
    function acknowledge(AcknowledgeDelivery calldata act, Auth calldata auth) external;

    /// @notice An inspector, who is no side of the agreement, states how many grams conform.
    /// @custom:zh 检验机构出具检验结果。
    function inspect(InspectDelivery calldata act, Auth calldata auth) external;

    /// @notice The buyer accepts so many grams and rejects the rest of the delivery, within the inspection period; not fewer than an inspector found to conform.
    /// @custom:zh 买方验收（可部分拒收）。
    function accept(AcceptDelivery calldata act, Auth calldata auth) external;

    /// @notice The seller states that the inspection period passed in silence: what was proved to be delivered counts as accepted (CC 621), as far as no inspector objected.
    /// @custom:zh 检验期内未提异议，视为合格。
    function deem(DeemAccepted calldata act, Auth calldata auth) external;

    /// @notice The buyer takes what was accepted for the whole; nothing more is to be delivered (CC 575).
    /// @custom:zh 买方免除余量交付。
    function waive(WaiveRest calldata act, Auth calldata auth) external;

    /// @notice An appraiser, who is no side of the agreement, states the price per kilogram that the formula gives.
    /// @custom:zh 评估师按公式确定价格。
    function fixPrice(FixPrice calldata act, Auth calldata auth) external;

    /// @notice A bank states a payment to the seller, or back to the buyer once performance is over; each receipt once, and never more than is owed and not in dispute.
    /// @custom:zh 银行登记付款或退款。
    function recordPayment(RecordPayment calldata act, Auth calldata auth) external;

    /// @notice Either party closes the agreement once nothing is owed.
    /// @custom:zh 了结协议。
    function close(CloseAgreement calldata act, Auth calldata auth) external;

    /// @notice The agreement; reverts with `NoSuchAgreement`.
    function agreement(uint256 id) external view returns (Agreement memory);

    /// @notice Milestone `number` of the agreement, from 0; all zero where there is none.
    function milestone(uint256 id, uint8 number) external view returns (Milestone memory);

    /// @notice What the buyer owes the seller now, in fen; negative: what the seller has to give back.
    function balance(uint256 id) external view returns (int64);

    /// @notice Since when each side is late or when it will be: the instant on which its next performance is due, with extensions and without grace. Zero: nothing is due from it.
    function due(uint256 id) external view returns (uint64 sellerDueAt, uint64 buyerDueAt);

    /// @notice Whether a bank's receipt was recorded.
    function receiptUsed(bytes32 receipt) external view returns (bool);

    /// @notice How many agreements were ever offered.
    function agreementCount() external view returns (uint64);
}
