// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";
import {ICases} from "./ICases.sol";
import {ServiceMethod} from "./IDeeds.sol";

enum CertificateState {
    NONE,
    APPLIED, // 已申请: interrupts limitation (法释〔2018〕18号 9)
    NOTIFIED, // 核实中: the debtor was notified by the agreed method
    OBJECTED, // 债务人提出异议
    CONFIRMED, // 债务人确认
    VERIFIED, // 核实完毕
    ISSUED, // 已出具
    REFUSED, // 不予出具: the parties may sue (法释〔2018〕18号 8)
    WITHDRAWN // 撤回
}

/// Why a certificate is refused (公证协会指导意见 2008).
enum RefusalGround {
    NONE,
    CREDITOR_UNPROVEN, // 债权人不能证明
    DEBT_DEFEATED, // 债务人提出充分相反证据
    UNVERIFIABLE, // 无法在期限内核实
    SUIT_ACCEPTED, // 已就同一债务起诉并受理
    DEED_UNFIT // 公证书不具备执行条件
}

/// What a creditor claims, then what is certified, item by item. Money in fen, instants in UTC seconds.
struct Certificate {
    bytes32 deed;
    uint64 creditor; // party id
    uint64 principal;
    uint64 interest;
    uint64 penalty;
    uint64 costs;
    uint64 performed; // what the debtor had paid before the application; deducted from the items already
    uint64 proven; // payments proven in the verification, to be deducted from the items
    uint64 paid; // payments reported since the issue
    uint64 appliedAt;
    uint64 notifiedAt;
    uint64 deliveredAt; // receipt, or deemed receipt, of the notice; zero: not proven
    uint64 windowEndsAt; // the debtor may object before
    uint64 issuedAt;
    uint64 applyBy; // last instant for an application for enforcement, as certified
    uint64 paidAt; // of the newest payment reported
    CertificateState state;
    bytes32 document; // commitment to the certificate's text
}

struct ApplyForCertificates {
    bytes32[] deeds;
    uint64[] principals;
    uint64[] interests;
    uint64[] penalties;
    uint64[] costs;
    uint64[] performed;
    uint64[] defaultedAt;
    bytes32 evidence; // Merkle root over statements, ledgers, proofs of the creditor's own performance
}

struct NotifyDebtors {
    bytes32[] certificates;
    ServiceMethod method;
    bytes32 evidence;
}

struct RecordDeliveries {
    bytes32[] certificates;
    uint64[] deliveredAt;
    uint16 windowDays; // zero: the default
    bytes32 evidence;
}

struct ObjectToClaim {
    bytes32 certificate;
    bytes32 evidence;
}

struct ConfirmClaim {
    bytes32 certificate;
}

struct VerifyClaims {
    bytes32[] certificates;
    uint64[] proven;
    bytes32 evidence;
}

struct IssueCertificates {
    bytes32[] certificates;
    uint64[] principals;
    uint64[] interests;
    uint64[] penalties;
    uint64[] costs;
    uint64[] applyBy;
    bytes32[] documents;
    bytes32 evidence;
}

struct RefuseCertificate {
    bytes32 certificate;
    RefusalGround ground;
    bytes32 evidence;
}

struct WithdrawApplication {
    bytes32 certificate;
}

struct ReportPayment {
    bytes32 certificate;
    uint64 amount;
    uint64 receivedAt;
    bytes32 evidence;
}

/// @title Certificates of enforcement (执行证书)
/// @notice On default a creditor states a claim; the notary verifies it with the debtor (核实) and the office certifies
/// what is still owed, never more than the deed entitles to nor than the claim less every proven payment. Pauses while
/// the deed is under review, and ends with its revocation. Banks, notaries and offices do this by the hundred: most acts
/// take lists of cases. All of a list is accepted or nothing is, and the error names the case that does not fit.
interface ICertificates is IActs, ICases {
    /// @notice A creditor applied for a certificate; limitation is interrupted at `appliedAt`.
    event CertificateApplied(
        bytes32 indexed certificate,
        bytes32 indexed deed,
        uint64 indexed creditor,
        uint64 principal,
        uint64 interest,
        uint64 penalty,
        uint64 costs,
        uint64 performed,
        uint64 defaultedAt,
        uint64 appliedAt,
        bytes32 evidence
    );

    /// @notice The debtor was notified by the agreed method.
    event DebtorNotified(
        bytes32 indexed certificate,
        uint64 indexed notary,
        CertificateState state,
        ServiceMethod method,
        uint64 notifiedAt,
        bytes32 evidence
    );

    /// @notice The notice was received, or is deemed so; the debtor may object until `windowEndsAt`.
    event DeliveryRecorded(
        bytes32 indexed certificate, uint64 indexed notary, uint64 deliveredAt, uint64 windowEndsAt, bytes32 evidence
    );

    /// @notice The debtor objected, or confirmed the claim.
    event DebtorAnswered(
        bytes32 indexed certificate, uint64 indexed actor, CertificateState state, bytes32 evidence
    );

    /// @notice The notary verified the claim; `proven` of it was paid.
    event ClaimVerified(
        bytes32 indexed certificate, uint64 indexed notary, CertificateState state, uint64 proven, bytes32 evidence
    );

    /// @notice The certificate was issued over these items.
    event CertificateIssued(
        bytes32 indexed certificate,
        uint64 indexed office,
        CertificateState state,
        uint64 principal,
        uint64 interest,
        uint64 penalty,
        uint64 costs,
        uint64 applyBy,
        uint64 issuedAt,
        bytes32 document,
        bytes32 evidence
    );

    /// @notice The certificate was refused, or its application withdrawn (ground NONE).
    event CertificateEnded(
        bytes32 indexed certificate,
        uint64 indexed actor,
        CertificateState state,
        RefusalGround ground,
        bytes32 evidence
    );

    /// @notice A payment after the issue was reported; `late`: more than two working days after its receipt.
    event PaymentReported(
        bytes32 indexed certificate,
        uint64 indexed creditor,
        uint64 amount,
        uint64 paid,
        uint64 paidAt,
        uint64 receivedAt,
        bool late,
        bytes32 evidence
    );

    /// @notice There is no certificate {certificate}.
    /// @custom:zh 执行证书 {certificate} 不存在。
    error NoSuchCertificate(bytes32 certificate);

    /// @notice Deed {deed} has certificate {certificate} in force or in procedure already.
    /// @custom:zh 公证书 {deed} 已有办理中或有效的执行证书 {certificate}。
    error CertificatePending(bytes32 deed, bytes32 certificate);

    /// @notice Certificate {certificate} is in state {state}, and this act needs {needed}.
    /// @custom:zh 执行证书 {certificate} 的状态为 {state}，本行为需要 {needed}。
    error CertificateNotReady(bytes32 certificate, CertificateState state, CertificateState needed);

    /// @notice Field {field} of the certificate on deed {deed} is missing or out of its range.
    /// @custom:zh 公证书 {deed} 的执行证书字段 {field} 缺失或超出范围。
    error ClaimIncomplete(bytes32 deed, string field);

    /// @notice Party {party} is not the creditor of deed {deed}.
    /// @custom:zh 参与方 {party} 不是公证书 {deed} 的债权人。
    error NotCreditor(bytes32 deed, uint64 party);

    /// @notice A claim of {claimed} fen is more than deed {deed} entitles to, {entitled} fen.
    /// @custom:zh 主张金额 {claimed} 分超过公证书 {deed} 确定的债权 {entitled} 分。
    error BeyondDeed(bytes32 deed, uint64 claimed, uint64 entitled);

    /// @notice {amount} fen cannot be certified by certificate {certificate}: {owed} fen of the claim are owed after proven payments.
    /// @custom:zh 执行证书 {certificate} 不能出具 {amount} 分：扣除已证明的清偿后，主张余额为 {owed} 分。
    error BeyondClaim(bytes32 certificate, uint64 amount, uint64 owed);

    /// @notice Deed {deed} agrees on notice by {agreed}, not by {method}.
    /// @custom:zh 公证书 {deed} 约定的核实方式为 {agreed}，而非 {method}。
    error MethodNotAgreed(bytes32 deed, ServiceMethod agreed, ServiceMethod method);

    /// @notice Receipt of the notice of certificate {certificate} is not proven; silence means nothing without it.
    /// @custom:zh 执行证书 {certificate} 的核实通知未证明已送达；未送达的，沉默不产生效果。
    error NoticeUndelivered(bytes32 certificate);

    /// @notice The window of certificate {certificate} runs until {windowEndsAt} (UTC seconds).
    /// @custom:zh 执行证书 {certificate} 的核实期限至 {windowEndsAt}（UTC 秒）届满。
    error WindowRunning(bytes32 certificate, uint64 windowEndsAt);

    /// @notice The window of certificate {certificate} ended at {windowEndsAt} (UTC seconds).
    /// @custom:zh 执行证书 {certificate} 的核实期限已于 {windowEndsAt}（UTC 秒）届满。
    error WindowOver(bytes32 certificate, uint64 windowEndsAt);

    /// @notice Only {outstanding} fen of certificate {certificate} are outstanding; {amount} fen cannot have been paid on it.
    /// @custom:zh 执行证书 {certificate} 未清偿余额为 {outstanding} 分，不能登记清偿 {amount} 分。
    error PaymentExceeds(bytes32 certificate, uint64 amount, uint64 outstanding);

    /// @notice The obligee of issued deeds claims what is owed on each, item by item.
    /// @custom:zh 债权人就已出具的各份公证书申请执行证书，逐项列明金额。
    /// @dev The first certificate's id is the act's digest; each further one's is one more than that before it.
    function file(ApplyForCertificates calldata act, Auth calldata auth) external returns (bytes32 first);

    /// @notice The deeds' notary notifies the debtors by the method the deeds agree on.
    /// @custom:zh 公证员按约定方式向各债务人核实。
    function notify(NotifyDebtors calldata act, Auth calldata auth) external;

    /// @notice The notary records proof that notices were received, or are deemed so; each window for objections runs from then.
    /// @custom:zh 公证员登记各件送达（或视为送达）证明，核实期限自此起算。
    function recordDeliveries(RecordDeliveries calldata act, Auth calldata auth) external;

    /// @notice An obligor objects with evidence inside the window; for an obligor without a wallet the notary records it.
    /// @custom:zh 债务人在核实期限内提出异议；无钱包的债务人由公证员代为登记。
    function object(ObjectToClaim calldata act, Auth calldata auth) external;

    /// @notice An obligor confirms the claim.
    /// @custom:zh 债务人确认债权人的主张。
    function confirm(ConfirmClaim calldata act, Auth calldata auth) external;

    /// @notice The notary concludes on claims: each after an objection or a confirmation, or after the window of a delivered notice; proven payments are to be deducted.
    /// @custom:zh 公证员核实完毕各件：在异议或确认之后，或送达后期限届满；已证明的清偿应予扣除。
    function verify(VerifyClaims calldata act, Auth calldata auth) external;

    /// @notice The office issues certificates, each over what is still owed.
    /// @custom:zh 公证处就各件尚欠金额出具执行证书。
    function issue(IssueCertificates calldata act, Auth calldata auth) external;

    /// @notice The office refuses a certificate on a ground.
    /// @custom:zh 公证处不予出具执行证书并说明理由。
    function refuse(RefuseCertificate calldata act, Auth calldata auth) external;

    /// @notice The creditor withdraws an application that was not decided yet.
    /// @custom:zh 债权人撤回尚未决定的申请。
    function withdraw(WithdrawApplication calldata act, Auth calldata auth) external;

    /// @notice The creditor reports a payment received after the issue, within two working days.
    /// @custom:zh 债权人在两个工作日内报告出具后收到的清偿。
    function reportPayment(ReportPayment calldata act, Auth calldata auth) external;

    /// @notice The certificate `id`; reverts with `NoSuchCertificate`.
    function certificate(bytes32 id) external view returns (Certificate memory);

    /// @notice The certificate of a deed that is in procedure or in force; zero: none.
    function certificateOf(bytes32 deed) external view returns (bytes32);

    /// @notice What is still outstanding on an issued certificate after reported payments, in fen.
    function outstanding(bytes32 id) external view returns (uint64);

    /// @notice Reverts unless the certificate is issued and its deed enforceable.
    function requireEnforceable(bytes32 id) external view returns (Certificate memory);

    /// @notice How many certificates were ever applied for.
    function certificateCount() external view returns (uint64);
}
