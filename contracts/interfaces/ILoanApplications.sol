// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";

enum ApplicationState {
    NONE,
    SUBMITTED, // 已申请, under review
    INFO_REQUESTED, // 待补充材料: the only state in which the clock of the review stands still
    CONFIRMING, // 待复核: approved by one officer, above the limit of four eyes
    APPROVED, // 已批准
    REJECTED, // 已拒绝
    WITHDRAWN // 已撤回, before any money was paid out
}

/// What secures a loan, and with it the least effect its liens must have before money moves (see `LegalEffect`).
enum LoanProduct {
    NONE,
    UNSECURED, // 信用贷款
    RECEIVABLE, // 应收账款质押: registered with 中登网, not a lien on a tree
    OPERATING_RIGHT, // 土地经营权融资担保 (土地承包法 47): liens at least OPPOSABLE
    TREE_MORTGAGE // 茶树抵押 (CC 402): liens CONSTITUTED
}

enum LoanPurpose {
    NONE,
    HARVEST, // 采摘制作
    TENDING, // 种植管护
    PURCHASE, // 收购流动资金
    EQUIPMENT, // 加工设备
    OTHER
}

/// Why an application was rejected; the words are in the decision, the borrower may ask for a human review (PIPL 24).
enum DecisionReason {
    NONE,
    AFFORDABILITY, // 偿债能力
    COLLATERAL, // 担保
    RECORD, // 信用记录
    PURPOSE, // 用途
    INCOMPLETE, // 材料
    OTHER
}

/// An application and its decision. Money in fen, instants in UTC seconds, zero: not yet.
struct Application {
    uint64 borrower; // party id
    uint64 bank; // party id
    uint64 requestedFen;
    uint32 termDays;
    ApplicationState state;
    LoanProduct product;
    LoanPurpose purpose;
    DecisionReason reason;
    uint64 submittedAt;
    uint64 reviewDueAt; // end of the three working days of review; a decision after it is late, not void
    uint64 pausedAt; // since when the clock of the review stands still
    uint64 decidedAt;
    uint64 approvedFen;
    uint64 approvalEndsAt;
    uint64 firstOfficer; // party id of the officer whose approval awaits a second one's
    bytes32 consents; // evidence id of the borrower's consents
}

struct AppointOfficer {
    uint64 officer;
    bool appointed;
    bytes32 evidence;
}

struct ApplyForLoan {
    uint64 bank;
    LoanProduct product;
    uint64 amountFen;
    uint32 termDays;
    LoanPurpose purpose;
    bytes32 consents;
    bytes32 evidence;
}

struct RequestInformation {
    uint256 loan;
    bytes32 evidence;
}

struct ProvideInformation {
    uint256 loan;
    bytes32 evidence;
}

struct DecideLoan {
    uint256 loan;
    uint64 approvedFen; // zero: rejected
    DecisionReason reason; // NONE on approval
    bytes32 evidence;
}

struct WithdrawApplication {
    uint256 loan;
    bytes32 evidence;
}

/// @title Loan applications: from the file to the decision (授信审批)
/// @notice The id of a loan is the digest of its application, here and in `Loans`.
/// @notice A bank is a party. Its officers are parties with the role BANK that the bank has appointed by its own act; the
/// bank or an officer signs for it. Where two officers are needed, the second signature is another party's than the first:
/// the ledger proves two keys, and the bank answers for their being two people.
interface ILoanApplications is IActs {
    /// @notice `officer` may, or may no longer, sign for `bank`.
    event OfficerAppointed(uint64 indexed bank, uint64 indexed officer, bool appointed, bytes32 evidence);

    /// @notice A borrower applied; the review is due at `reviewDueAt`.
    event LoanSubmitted(
        uint256 indexed loan,
        uint64 indexed borrower,
        uint64 bank,
        uint64 requestedFen,
        uint32 termDays,
        ApplicationState state,
        LoanProduct product,
        LoanPurpose purpose,
        uint64 submittedAt,
        uint64 reviewDueAt,
        bytes32 consents,
        bytes32 evidence
    );

    /// @notice The clock of the review stopped (`pausedAt`) or goes on (zero).
    event ReviewClockChanged(
        uint256 indexed loan, uint64 indexed actor, ApplicationState state, uint64 pausedAt, uint64 reviewDueAt, bytes32 evidence
    );

    /// @notice The application stands so after an officer's decision. Approved above the limit: `firstOfficer` awaits a second.
    event LoanDecided(
        uint256 indexed loan,
        uint64 indexed actor,
        ApplicationState state,
        DecisionReason reason,
        uint64 decidedAt,
        uint64 approvedFen,
        uint64 approvalEndsAt,
        uint64 firstOfficer,
        bytes32 evidence
    );

    /// @notice There is no loan {loan}. Submit an application first.
    /// @custom:zh 贷款 {loan} 不存在，请先申请。
    error NoSuchLoan(uint256 loan);

    /// @notice Application {loan} is in state {state}, and this act needs {needed}.
    /// @custom:zh 贷款申请 {loan} 的状态为 {state}，本行为需要 {needed}。
    error ApplicationNotReady(uint256 loan, ApplicationState state, ApplicationState needed);

    /// @notice Field {field} of the loan is missing or out of its range.
    /// @custom:zh 贷款字段 {field} 缺失或超出范围。
    error LoanIncomplete(string field);

    /// @notice Party {party} is not an active bank, and only one can lend or sign for one.
    /// @custom:zh 参与方 {party} 不是有效的银行，不能放贷或代表银行签署。
    error NotABank(uint64 party);

    /// @notice Party {party} does not sign for bank {bank}: neither the bank nor an officer it has appointed.
    /// @custom:zh 参与方 {party} 无权代表银行 {bank} 签署：既非该银行，也非其指定的经办人。
    error NotAnOfficer(uint64 bank, uint64 party);

    /// @notice Party {party} is not the borrower of loan {loan}.
    /// @custom:zh 参与方 {party} 不是贷款 {loan} 的借款人。
    error NotTheBorrower(uint256 loan, uint64 party);

    /// @notice Party {party} has already signed this for loan {loan}. A second officer must confirm it.
    /// @custom:zh 参与方 {party} 已就贷款 {loan} 签署该事项，须由另一经办人复核。
    error SecondOfficerNeeded(uint256 loan, uint64 party);

    /// @notice A bank appoints a party with the role BANK to sign for it, or ends the appointment.
    /// @custom:zh 银行指定或撤销经办人。
    function appointOfficer(AppointOfficer calldata act, Auth calldata auth) external;

    /// @notice A farmer or firm applies to a bank, with a complete file and live consents. The loan's id is the act's digest. The review is due in three working days.
    /// @custom:zh 茶农或企业申请贷款，审批期限为三个工作日。
    function submit(ApplyForLoan calldata act, Auth calldata auth) external returns (uint256 loan);

    /// @notice The bank asks for what is missing; the clock of the review stands still.
    /// @custom:zh 银行要求补充材料，审批计时中止。
    function requestInformation(RequestInformation calldata act, Auth calldata auth) external;

    /// @notice The borrower provides it; the working days that were left are left again.
    /// @custom:zh 借款人补充材料，审批计时继续。
    function provideInformation(ProvideInformation calldata act, Auth calldata auth) external;

    /// @notice An officer approves an amount, for 30 days, or rejects with a reason. Above ¥500,000 two officers sign the same words: the first signature proposes, the second approves.
    /// @custom:zh 经办人批准（有效期三十日）或说明理由拒绝；超过五十万元须两名经办人先后签署同一内容。
    function decide(DecideLoan calldata act, Auth calldata auth) external;

    /// @notice The borrower withdraws before any money is paid out.
    /// @custom:zh 借款人在放款前撤回。
    function withdraw(WithdrawApplication calldata act, Auth calldata auth) external;

    /// @notice Reverts with `NotAnOfficer` unless `party` signs for the bank of loan `id`.
    function requireOfficer(uint256 id, uint64 party) external view;

    /// @notice Whether `bank` has appointed `officer`.
    function officer(uint64 bank, uint64 officer) external view returns (bool);

    /// @notice The application `id`; reverts with `NoSuchLoan`.
    function application(uint256 id) external view returns (Application memory);

    /// @notice How many loans were ever applied for.
    function applicationCount() external view returns (uint64);
}
