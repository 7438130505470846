// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";
import {LegalEffect} from "./ILiens.sol";
import {LoanProduct} from "./ILoanApplications.sol";

enum LoanState {
    NONE, // no contract yet: see `ILoanApplications`
    CONTRACTED, // 已签约
    REPAYING, // 还款中
    DEFAULTED, // 已宣布提前到期
    SETTLED, // 已结清
    WRITTEN_OFF // 已核销: the bank's books; the debt is still owed
}

/// What a payment goes to first.
enum AllocationOrder {
    STATUTORY, // 实现债权的费用、利息、主债务 (CC 561)
    PRINCIPAL_FIRST // as agreed: principal, interest, costs
}

enum DefaultTrigger {
    NONE,
    OVERDUE, // 逾期
    BREACH // 担保不足, a margin call that was not cured
}

/// A loan from contract to its end. Instants in UTC seconds, zero: not yet.
struct Loan {
    uint64 borrower; // party id
    uint64 bank; // party id
    LoanProduct product;
    LoanState state;
    DefaultTrigger trigger;
    uint16 schedule; // version of the schedule in force, from 1; every restructuring makes the next
    uint64 firstOfficer; // party id of the officer whose call of the debt awaits a second one's
    uint64 demandedAt; // when performance was last demanded (CC 195)
    uint64 restructuringOfferedAt;
    uint64 defaultedAt;
    bytes32 offer; // hash of the terms the bank has signed and the borrower has not
}

/// What both signed. Rates in ppm a year, LTV in basis points.
struct Terms {
    uint64 principalFen;
    uint32 ratePpm;
    uint32 allInPpm; // interest and fees, annualised
    AllocationOrder order;
    LegalEffect requiredEffect; // of every lien before disbursement; NONE: no security, no margin ladder
    uint16 openingLtvBps;
    uint16 warnLtvBps;
    uint16 callLtvBps;
    uint16 breachLtvBps;
    uint16 cureWorkingDays;
    uint16 accelerateAfterDays; // days past due from which the whole debt may be called
    bytes32 scheduleRoot; // commitment to the whole schedule, with interest and principal of each instalment
}

/// The money of a loan in fen. Conserved: principal disbursed + costs charged + interest accrued = paid + owed.
struct Account {
    uint64 principalFen; // owed
    uint64 costsFen; // enforcement costs owed
    uint64 interestPaidFen;
    uint64 paidFen; // all payments
    uint64 chargedCostsFen; // all enforcement costs ever charged
    uint64 coveredFen; // paid to interest and principal under the schedule in force
    uint96 accrued; // interest since disbursement up to `accruedDay`, in fen × ppm × days
    uint32 accruedDay; // day in Shanghai, from 1970-01-01
}

/// One due date. `totalFen` is the sum of the schedule's amounts up to this one.
struct Instalment {
    uint64 dueAt;
    uint64 amountFen; // interest and principal
    uint64 totalFen;
}

/// One receipt of the bank.
struct Payment {
    uint256 loan;
    uint64 amountFen;
    uint64 paidAt; // value date
}

/// The terms, signed in the same words by the bank and then by the borrower; only the evidence may differ.
struct AgreeLoan {
    uint256 loan;
    uint64 principalFen;
    uint32 ratePpm;
    uint32 allInPpm;
    AllocationOrder order;
    LegalEffect requiredEffect;
    uint16 openingLtvBps;
    uint16 warnLtvBps;
    uint16 callLtvBps;
    uint16 breachLtvBps;
    uint16 cureWorkingDays;
    uint16 accelerateAfterDays;
    bytes32 scheduleRoot;
    uint64[] dueAt;
    uint64[] amountFen;
    bytes32 evidence;
}

struct DisburseLoan {
    uint256 loan;
    bytes32 receipt;
    bytes32 evidence;
}

struct PostPayment {
    uint256 loan;
    uint64 amountFen;
    uint64 paidAt;
    bytes32 receipt;
    bytes32 evidence;
}

struct ChargeCosts {
    uint256 loan;
    uint64 amountFen;
    bytes32 evidence;
}

struct DemandPayment {
    uint256 loan;
    bytes32 evidence;
}

/// A new schedule (展期), signed in the same words by the bank and then by the borrower; only the evidence may differ.
struct RestructureLoan {
    uint256 loan;
    uint32 ratePpm;
    uint32 allInPpm;
    bytes32 scheduleRoot;
    uint64[] dueAt;
    uint64[] amountFen;
    bytes32 evidence;
}

struct AccelerateLoan {
    uint256 loan;
    DefaultTrigger trigger;
    bytes32 evidence;
}

struct SettleLoan {
    uint256 loan;
    bytes32 evidence;
}

struct WriteOffLoan {
    uint256 loan;
    bytes32 evidence;
}

/// @title Loans: credit from contract to settlement (金融授信)
/// @notice The debt of a loan: both sign its terms, the bank pays out and posts what is paid, two officers call it due.
/// @notice Interest: principal of each day × rate ÷ 365, days of Asia/Shanghai, the day of disbursement counted and the day
/// of payment not. It is summed exactly and rounded down to the fen, in the debtor's favour, whenever it is stated.
/// @dev Nothing here moves title to anything: default makes the debt due and no more (CC 401).
interface ILoans is IActs {
    /// @notice The bank has signed terms, or a new schedule; `offer` is their hash and the borrower's signature is missing.
    event TermsOffered(
        uint256 indexed loan, uint64 indexed actor, bytes32 offer, uint64 restructuringOfferedAt, bytes32 evidence
    );

    /// @notice Both have signed these terms; the loan now follows `schedule`.
    event TermsAgreed(
        uint256 indexed loan,
        uint64 indexed actor,
        LoanState state,
        uint16 schedule,
        bytes32 offer,
        uint64 agreedFen,
        uint32 ratePpm,
        uint32 allInPpm,
        AllocationOrder order,
        LegalEffect requiredEffect,
        uint16 openingLtvBps,
        uint16 warnLtvBps,
        uint16 callLtvBps,
        uint16 breachLtvBps,
        uint16 cureWorkingDays,
        uint16 accelerateAfterDays,
        bytes32 scheduleRoot,
        bytes32 evidence
    );

    /// @notice Instalment `place`, from 0, of a schedule.
    event InstalmentSet(
        uint256 indexed loan, uint16 indexed schedule, uint16 place, uint64 dueAt, uint64 amountFen, uint64 totalFen
    );

    /// @notice The money was paid out, on the bank's `receipt` (a salted commitment).
    event LoanDisbursed(uint256 indexed loan, uint64 indexed actor, uint64 amountFen, bytes32 receipt, bytes32 evidence);

    /// @notice A payment was posted and went to costs, interest and principal so.
    event PaymentPosted(
        uint256 indexed loan,
        bytes32 indexed receipt,
        uint64 indexed actor,
        uint64 amountFen,
        uint64 paidAt,
        uint64 toCostsFen,
        uint64 toInterestFen,
        uint64 toPrincipalFen,
        bytes32 evidence
    );

    /// @notice The money of the loan now stands so.
    event AccountChanged(
        uint256 indexed loan,
        uint64 indexed actor,
        uint64 principalFen,
        uint64 costsFen,
        uint64 interestPaidFen,
        uint64 paidFen,
        uint64 chargedCostsFen,
        uint64 coveredFen,
        uint96 accrued,
        uint32 accruedDay
    );

    /// @notice Costs of enforcement were charged.
    event CostsCharged(uint256 indexed loan, uint64 indexed actor, uint64 amountFen, bytes32 evidence);

    /// @notice The bank demanded performance.
    event PaymentDemanded(uint256 indexed loan, uint64 indexed actor, uint64 demandedAt, bytes32 evidence);

    /// @notice One officer calls the whole debt due; a second one must confirm.
    event AccelerationProposed(
        uint256 indexed loan, uint64 indexed actor, DefaultTrigger trigger, uint64 firstOfficer, bytes32 evidence
    );

    /// @notice The loan is now in `state`: contracted and repaying, in default, at its end.
    event LoanStateChanged(
        uint256 indexed loan,
        uint64 indexed actor,
        LoanState state,
        uint64 firstOfficer,
        uint64 defaultedAt,
        DefaultTrigger trigger,
        bytes32 evidence
    );

    /// @notice Loan {loan} is in state {state}, and this act needs {needed}.
    /// @custom:zh 贷款 {loan} 的状态为 {state}，本行为需要 {needed}。
    error LoanNotReady(uint256 loan, LoanState state, LoanState needed);

    /// @notice Loan {loan} is in state {state}, in which nothing is owed under it.
    /// @custom:zh 贷款 {loan} 的状态为 {state}，不存在未清偿债务。
    error NothingOwed(uint256 loan, LoanState state);

    /// @notice The approval of loan {loan} was valid until {approvalEndsAt} (UTC seconds). Apply again.
    /// @custom:zh 贷款 {loan} 的批准有效期至 {approvalEndsAt}（UTC 秒），请重新申请。
    error ApprovalLapsed(uint256 loan, uint64 approvalEndsAt);

    /// @notice What is signed for loan {loan} hashes to {signed}, and the bank has signed {offered} (zero: nothing).
    /// @custom:zh 贷款 {loan} 所签条款的摘要为 {signed}，银行签署的为 {offered}（零表示尚未签署）。
    error LoanTermsDiffer(uint256 loan, bytes32 offered, bytes32 signed);

    /// @notice The first instalment of loan {loan} was due at {dueAt} (UTC seconds), before the money was paid out.
    /// @custom:zh 贷款 {loan} 的首期应于 {dueAt}（UTC 秒）到期，早于放款。
    error ScheduleOvertaken(uint256 loan, uint64 dueAt);

    /// @notice Receipt {receipt} was posted before. A payment counts once.
    /// @custom:zh 回单 {receipt} 已入账，同一笔还款只计一次。
    error PaymentAlreadyPosted(bytes32 receipt);

    /// @notice A payment of {paidAt} (UTC seconds) cannot be posted: the account stands at day {accruedDay}, and today is the last.
    /// @custom:zh {paidAt}（UTC 秒）的还款不能入账：账户已计息至第 {accruedDay} 日，且不得晚于今天。
    error PaymentDateUnfit(uint64 paidAt, uint32 accruedDay);

    /// @notice A payment of {amountFen} fen exceeds the {owedFen} fen owed. Return the rest to the payer.
    /// @custom:zh 还款 {amountFen} 分超过所欠的 {owedFen} 分，余款请退还付款人。
    error PaymentExceedsDebt(uint64 amountFen, uint64 owedFen);

    /// @notice Nothing is overdue and nothing breached under loan {loan}: there is nothing to demand.
    /// @custom:zh 贷款 {loan} 既无逾期也无违约，不存在可催告事项。
    error NothingToDemand(uint256 loan);

    /// @notice Loan {loan} cannot be called due for {trigger}: its condition does not hold now.
    /// @custom:zh 贷款 {loan} 不能以 {trigger} 为由提前到期：条件目前不成立。
    error TriggerNotMet(uint256 loan, DefaultTrigger trigger);

    /// @notice Performance of loan {loan} was not demanded since {since} (UTC seconds). Serve a demand first.
    /// @custom:zh 自 {since}（UTC 秒）以来未就贷款 {loan} 催告，请先催告。
    error DemandMissing(uint256 loan, uint64 since);

    /// @notice The borrower of loan {loan} was offered no restructuring since {since} (UTC seconds). Offer one first.
    /// @custom:zh 自 {since}（UTC 秒）以来未向贷款 {loan} 的借款人提出展期方案，请先提出。
    error RestructuringNotOffered(uint256 loan, uint64 since);

    /// @notice {owedFen} fen are still owed under loan {loan}.
    /// @custom:zh 贷款 {loan} 仍欠 {owedFen} 分。
    error DebtRemains(uint256 loan, uint64 owedFen);

    /// @notice The bank, then the borrower sign the same terms.
    /// @custom:zh 银行与借款人先后签署同一合同条款。
    function agree(AgreeLoan calldata act, Auth calldata auth) external;

    /// @notice The bank pays out, once every lien has the effect the terms require and the opening LTV holds.
    /// @custom:zh 担保达到所需法律效力且初始抵押率符合约定后，银行放款。
    function disburse(DisburseLoan calldata act, Auth calldata auth) external;

    /// @notice The bank posts a payment on its receipt: to enforcement costs, interest, principal (CC 561) unless agreed otherwise. Commit to a receipt's number with one salt a loan, so that the same receipt is the same commitment.
    /// @custom:zh 银行凭回单登记还款，依次抵充费用、利息、本金（民法典 561），另有约定的除外。
    function postPayment(PostPayment calldata act, Auth calldata auth) external;

    /// @notice The bank charges the costs of enforcing a defaulted loan.
    /// @custom:zh 银行登记违约贷款的实现债权费用。
    function chargeCosts(ChargeCosts calldata act, Auth calldata auth) external;

    /// @notice The bank demands performance of what is overdue or breached; limitation is interrupted (CC 195).
    /// @custom:zh 银行催告履行（诉讼时效中断，民法典 195）。
    function demand(DemandPayment calldata act, Auth calldata auth) external;

    /// @notice The bank offers, then the borrower accepts a new schedule and rate. Terms of a deed need its supplement.
    /// @custom:zh 银行提出、借款人接受新的还款计划（展期）。
    function restructure(RestructureLoan calldata act, Auth calldata auth) external;

    /// @notice Two officers call the whole debt due, after a demand and an offer to restructure, on days past due or an uncured breach. The first signature proposes; with the second, in the same words, the loan is in default.
    /// @custom:zh 经催告并提出展期方案后，两名经办人先后以逾期或未补足担保为由宣布提前到期，第二人签署后贷款违约。
    function accelerate(AccelerateLoan calldata act, Auth calldata auth) external;

    /// @notice The bank states that nothing is owed any more; liens may be discharged.
    /// @custom:zh 银行确认结清，可以注销担保。
    function settle(SettleLoan calldata act, Auth calldata auth) external;

    /// @notice The bank writes a defaulted loan off its books; the debt is still owed.
    /// @custom:zh 银行核销违约贷款，债权仍然存在。
    function writeOff(WriteOffLoan calldata act, Auth calldata auth) external;

    /// @notice The loan `id`; zeros before its contract.
    function loan(uint256 id) external view returns (Loan memory);

    /// @notice The terms both signed; zeros before that.
    function terms(uint256 id) external view returns (Terms memory);

    /// @notice The money of `id` as of its last change.
    function account(uint256 id) external view returns (Account memory);

    /// @notice Instalment `place` of a schedule; zeros where there is none.
    function instalment(uint256 id, uint16 schedule, uint16 place) external view returns (Instalment memory);

    /// @notice The payment posted on `receipt`; zeros: none.
    function payment(bytes32 receipt) external view returns (Payment memory);

    /// @notice Costs, interest of today included, and principal owed now, in fen.
    function outstanding(uint256 id) external view returns (uint64);

    /// @notice What is overdue now, in fen, since which due date (a day off rolls on, CC 203), and for how many days.
    function arrears(uint256 id) external view returns (uint64 overdueFen, uint64 since, uint32 daysPastDue);
}
