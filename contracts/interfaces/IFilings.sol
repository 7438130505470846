// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";
import {ICases} from "./ICases.sol";

enum FilingState {
    NONE,
    PACKAGED, // 已组卷
    SUBMITTED, // 已提交
    RETURNED, // 退回补正
    NOT_ACCEPTED, // 不予受理
    FILED, // 已立案
    NOTIFIED, // 已发执行通知
    MEASURES, // 采取执行措施
    SUSPENDED, // 中止
    SETTLEMENT, // 执行和解
    CLOSED, // 结案
    WITHDRAWN // 撤回
}

/// What a court's gateway reports of a filing.
enum CourtReceipt {
    RETURNED, // 补正
    NOT_ACCEPTED, // 不予受理 (法释〔2018〕18号 5)
    FILED, // 立案 (执行工作规定 16)
    NOTIFIED, // 执行通知 (民诉法解释 480)
    MEASURES, // 执行措施
    SUSPENDED, // 中止 (民诉法 267)
    RESUMED, // 恢复
    SETTLEMENT // 执行和解 (民诉法 241)
}

/// How a court closed a case.
enum Closure {
    NONE,
    FULFILLED, // 执行完毕
    TERMINATED, // 终结执行 (民诉法 268)
    NO_PROPERTY, // 终结本次执行程序 (民诉法解释 517): again at any time
    NOT_ENFORCED, // 不予执行
    DISMISSED, // 驳回申请
    DUPLICATE // 销案: another court filed first (执行程序解释 2)
}

/// Why a court has jurisdiction (民诉法 235(2)).
enum JurisdictionBasis {
    NONE,
    DOMICILE, // 被执行人住所地
    PROPERTY // 被执行的财产所在地
}

/// An application for enforcement against one obligor. Money in fen, instants in UTC seconds.
struct Filing {
    bytes32 certificate;
    bytes32 deed;
    bytes32 obligor; // below 2^64 a party id, otherwise a salted commitment
    uint64 filer; // party id: the creditor or a lawyer
    uint64 gateway; // party id of the court's gateway, from the first receipt on; zero: none yet
    uint64 claimed; // fen
    uint64 recovered; // fen, through the court
    uint32 court; // code of the court
    JurisdictionBasis basis;
    FilingState state;
    FilingState resumeTo; // where a suspended or settled case goes on; NONE: it is neither
    Closure closure;
    uint64 submittedAt;
    uint64 filedAt; // as the court says
    bytes32 package; // hash of the package's manifest
}

struct PackageFilings {
    bytes32[] certificates;
    bytes32[] obligors;
    uint32[] courts;
    JurisdictionBasis basis;
    bytes32 evidence; // authority of the filer
}

struct SubmitFilings {
    bytes32[] filings;
    bytes32[] packages;
    uint64[] claimed;
    bytes32 statement; // evidence: ledgers of payments, not older than the newest payment reported on any of them
    bytes32 evidence;
}

struct WithdrawFiling {
    bytes32 filing;
    bytes32 evidence;
}

struct RecordReceipts {
    bytes32[] filings;
    CourtReceipt kind;
    uint64[] instants; // of the court's decisions
    bytes32[] caseNumbers; // salted commitments
    bytes32 evidence;
}

struct RecordRecoveries {
    bytes32[] filings;
    uint64[] amounts;
    bytes32 evidence;
}

struct CloseFilings {
    bytes32[] filings;
    Closure closure;
    bytes32 evidence;
}

struct CancelDuplicate {
    bytes32 filing;
    uint32 otherCourt;
    uint64 otherFiledAt;
    bytes32 evidence;
}

/// @title Filings: applications for enforcement at court (申请执行)
/// @notice One live filing per deed and obligor: the first to be submitted locks the others out (执行工作规定 13). What
/// happens at court is told by the court's gateway and by nobody else; nothing is enforced here. Lawyers and courts do this
/// by the hundred: most acts take lists of cases. All of a list is accepted or nothing is, and the error names the case
/// that does not fit.
interface IFilings is IActs, ICases {
    /// @notice A package against one obligor was opened.
    event FilingPackaged(
        bytes32 indexed filing,
        bytes32 indexed deed,
        uint64 indexed filer,
        bytes32 certificate,
        bytes32 obligor,
        uint32 court,
        JurisdictionBasis basis,
        bytes32 evidence
    );

    /// @notice The package was submitted to the court, for the first time or completed after a return.
    event FilingSubmitted(
        bytes32 indexed filing,
        uint64 indexed filer,
        FilingState state,
        uint64 claimed,
        uint64 submittedAt,
        bytes32 package,
        bytes32 statement,
        bytes32 evidence
    );

    /// @notice The filer withdrew what no court had filed.
    event FilingWithdrawn(bytes32 indexed filing, uint64 indexed filer, FilingState state, bytes32 evidence);

    /// @notice The court's gateway reported a step.
    event ReceiptRecorded(
        bytes32 indexed filing,
        uint64 indexed gateway,
        CourtReceipt kind,
        FilingState state,
        FilingState resumeTo,
        uint64 filedAt,
        uint64 instant,
        bytes32 caseNumber,
        bytes32 evidence
    );

    /// @notice Money was recovered through the court.
    event RecoveryRecorded(
        bytes32 indexed filing, uint64 indexed gateway, uint64 amount, uint64 recovered, bytes32 evidence
    );

    /// @notice The court closed the case; of a duplicate, `otherCourt` had filed at `otherFiledAt`.
    event FilingClosed(
        bytes32 indexed filing,
        uint64 indexed gateway,
        FilingState state,
        FilingState resumeTo,
        Closure closure,
        uint32 otherCourt,
        uint64 otherFiledAt,
        bytes32 evidence
    );

    /// @notice The filing that holds a deed's obligor is now `live`; zero: none does.
    event LiveFilingChanged(bytes32 indexed deed, bytes32 indexed obligor, bytes32 live);

    /// @notice There is no filing {filing}.
    /// @custom:zh 执行申请 {filing} 不存在。
    error FilingUnknown(bytes32 filing);

    /// @notice Field {field} of filing {filing} is missing or out of its range (not yet packaged: of the certificate of this id).
    /// @custom:zh 执行申请 {filing} 的字段 {field} 缺失或超出范围（尚未组卷的，为该执行证书编号）。
    error PackageIncomplete(bytes32 filing, string field);

    /// @notice Party {party} is neither the creditor of certificate {certificate} nor a lawyer.
    /// @custom:zh 参与方 {party} 既不是执行证书 {certificate} 的债权人，也不是律师。
    error FilerUnfit(bytes32 certificate, uint64 party);

    /// @notice Party {party} did not make filing {filing}.
    /// @custom:zh 执行申请 {filing} 不是由参与方 {party} 提出的。
    error NotFiler(bytes32 filing, uint64 party);

    /// @notice Filing {filing} is with the gateway of party {gateway}, not of party {party}.
    /// @custom:zh 执行申请 {filing} 由参与方 {gateway} 的法院网关办理，而非参与方 {party}。
    error NotFilingCourt(bytes32 filing, uint64 gateway, uint64 party);

    /// @notice Filing {filing} is in state {state}, and this act needs {needed} (or one like it).
    /// @custom:zh 执行申请 {filing} 的状态为 {state}，本行为需要 {needed}（或同类状态）。
    error FilingNotReady(bytes32 filing, FilingState state, FilingState needed);

    /// @notice Obligor {obligor} of deed {deed} is held by filing {live}: there is one live filing only (执行工作规定 13).
    /// @custom:zh 公证书 {deed} 的债务人 {obligor} 已有执行申请 {live}，同一债权只能有一个有效申请（执行工作规定 13）。
    error FilingIsLive(bytes32 deed, bytes32 obligor, bytes32 live);

    /// @notice {claimed} fen were claimed by filing {filing}, but {outstanding} fen are outstanding after reported payments and recoveries.
    /// @custom:zh 执行申请 {filing} 主张 {claimed} 分，而扣除已报告清偿与执行到位后，未清偿余额为 {outstanding} 分。
    error OverClaim(bytes32 filing, uint64 claimed, uint64 outstanding);

    /// @notice The statement is of {anchoredAt}, before the newest payment reported on the certificate of filing {filing} at {paidAt} (UTC seconds). Bring it up to date.
    /// @custom:zh 结算单锚定于 {anchoredAt}，早于执行申请 {filing} 所涉执行证书最近一次清偿报告 {paidAt}（UTC 秒），请更新结算单。
    error StatementStale(bytes32 filing, uint64 anchoredAt, uint64 paidAt);

    /// @notice Filing {filing} was filed at {filedAt}, not later than the other court at {otherFiledAt} (UTC seconds): this one stands.
    /// @custom:zh 执行申请 {filing} 立案于 {filedAt}，不晚于另一法院的 {otherFiledAt}（UTC 秒），本案继续。
    error EarlierFilingStands(bytes32 filing, uint64 filedAt, uint64 otherFiledAt);

    /// @notice The creditor, or a lawyer for it, opens packages, each against one obligor at the court that has jurisdiction.
    /// @custom:zh 债权人或其律师组卷，每卷就一名债务人向有管辖权的法院提出。
    /// @dev The first filing's id is the act's digest; each further one's is one more than that before it.
    function package(PackageFilings calldata act, Auth calldata auth) external returns (bytes32 first);

    /// @notice The filer submits packages, or submits them again after a return; each then holds its obligor.
    /// @custom:zh 申请人提交案卷，或在退回后补正再次提交；自此锁定各债务人。
    function submit(SubmitFilings calldata act, Auth calldata auth) external;

    /// @notice The filer withdraws what no court has filed.
    /// @custom:zh 申请人撤回尚未立案的申请。
    function withdraw(WithdrawFiling calldata act, Auth calldata auth) external;

    /// @notice The court's gateway reports one kind of step, of each of the cases.
    /// @custom:zh 法院网关登记各案同一类进展回执。
    function recordReceipts(RecordReceipts calldata act, Auth calldata auth) external;

    /// @notice The court's gateway reports money recovered, case by case.
    /// @custom:zh 法院网关逐案登记执行到位金额。
    function recordRecoveries(RecordRecoveries calldata act, Auth calldata auth) external;

    /// @notice The court's gateway reports cases that were closed in one way.
    /// @custom:zh 法院网关登记以同一方式结案的案件。
    function close(CloseFilings calldata act, Auth calldata auth) external;

    /// @notice The court's gateway withdraws a case that another court filed earlier (销案); seized property goes to that court.
    /// @custom:zh 法院网关因他院立案在先而销案，并移交已查封财产。
    function cancelDuplicate(CancelDuplicate calldata act, Auth calldata auth) external;

    /// @notice The filing `id`; reverts with `FilingUnknown`.
    function filing(bytes32 id) external view returns (Filing memory);

    /// @notice The filing that holds a deed's obligor; zero: none.
    function liveFiling(bytes32 deed, bytes32 obligor) external view returns (bytes32);

    /// @notice What may still be claimed on a certificate, in fen: outstanding less what courts recovered.
    function claimable(bytes32 certificate) external view returns (uint64);

    /// @notice How many filings there are.
    function filingCount() external view returns (uint64);
}
