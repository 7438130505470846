// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";

/// What a programme pays for. One asset is funded once a year for the same measure, whichever programme pays.
enum Measure {
    NONE,
    ANCIENT_TREE, // 古树养护
    ECO_GARDEN, // 生态茶园改造
    ORGANIC, // 有机、绿色认证
    DISASTER // 灾后恢复
}

enum SubsidyBasis {
    NONE,
    TREE, // a rate for each registered tree; the asset is the tree's id
    AREA // a rate for each 0.01 mu of a registered plot; the asset is the plot's commitment
}

enum ClaimState {
    NONE,
    SUBMITTED, // 已申报，待审核
    NOTICE, // 公示中
    OBJECTED, // 公示有异议
    APPROVED, // 已批准，待支付
    PAID, // 已支付
    AUDITED, // 已审计
    REJECTED, // 不予补贴; may be submitted again
    CLAWED_BACK, // 责令退回
    RETURNED // 已退回
}

/// Why a claim is refused or money is asked back.
enum SubsidyGround {
    NONE,
    NOT_ENTITLED, // 非权利人
    NOT_ELIGIBLE, // 不符合政策条件
    AREA_OVERSTATED, // 面积不实
    DOUBLE_FUNDED, // 重复补贴
    RESTRAINED, // 受监管限制
    PAPERS_LACKING, // 材料不全
    OBJECTION_UPHELD, // 异议成立
    FALSE_STATEMENT, // 虚假申报
    MISUSED // 未按规定用途使用
}

/// A programme of one year. Money in fen, instants in UTC seconds.
/// `approvedFen` is approved and not yet paid; approved + paid - returned never exceeds the budget.
struct Programme {
    uint64 agency; // party id of the agriculture bureau that opened it
    uint16 year;
    Measure measure;
    SubsidyBasis basis;
    uint16 noticeDays;
    uint64 openedAt;
    uint64 closesAt; // last second for submissions
    uint64 rateFen; // for a tree, or for 0.01 mu
    uint64 budgetFen;
    uint64 approvedFen;
    uint64 paidFen;
    uint64 returnedFen;
}

/// A plot as the village (发包方) or the registry states it.
struct Plot {
    uint64 holder; // party id; zero: no such plot
    uint32 areaCmu; // 0.01 mu
}

/// Instants in UTC seconds, zero until they happen.
struct Claim {
    uint256 programme;
    bytes32 asset;
    uint64 subject; // party id of who is subsidised
    uint64 agent; // party id of who submitted for it; zero: itself
    uint32 quantity; // 1 tree, or 0.01 mu
    ClaimState state;
    SubsidyGround ground;
    uint64 amountFen;
    uint64 submittedAt;
    uint64 reviewDueAt; // end of the 20th working day
    uint64 reviewedAt; // later than `reviewDueAt`: the review was late
    uint64 noticeEndsAt;
    uint64 objectedAt; // when the open objection was made; zero: none is open
    uint64 decidedAt;
    uint64 paidAt;
    bytes32 voucher; // commitment to the payment voucher of the fiscal account
    bytes32 returnVoucher;
}

struct OpenProgramme {
    Measure measure;
    SubsidyBasis basis;
    uint16 year;
    uint64 rateFen;
    uint64 budgetFen;
    uint64 closesAt;
    uint16 noticeDays;
    bytes32 evidence;
}

struct RegisterPlot {
    bytes32 plot;
    uint64 holder;
    uint32 areaCmu;
    bytes32 evidence;
}

struct SubmitClaim {
    uint256 programme;
    uint64 subject;
    bytes32 asset;
    uint32 quantity;
    bytes32 mandate;
    bytes32 evidence;
}

struct PublishClaim {
    bytes32 claim;
    bytes32 evidence;
}

struct ObjectToClaim {
    bytes32 claim;
    bytes32 evidence;
}

struct ResolveClaimObjection {
    bytes32 claim;
    bool upheld;
    bytes32 evidence;
}

struct ApproveClaim {
    bytes32 claim;
    bytes32 evidence;
}

struct RejectClaim {
    bytes32 claim;
    SubsidyGround ground;
    bytes32 evidence;
}

struct PayClaim {
    bytes32 claim;
    bytes32 voucher;
    bytes32 evidence;
}

struct AuditClaim {
    bytes32 claim;
    bytes32 evidence;
}

struct ClawBackClaim {
    bytes32 claim;
    SubsidyGround ground;
    bytes32 evidence;
}

struct RecordReturn {
    bytes32 claim;
    bytes32 voucher;
    bytes32 evidence;
}

/// @title Subsidies: programmes of the agriculture bureau, and claims from submission to audit
/// @notice SUBMITTED → NOTICE → APPROVED → PAID → AUDITED; REJECTED with a ground before payment; after it CLAWED_BACK by
/// the bureau or an auditor, and RETURNED when the money is back. The claim's id is made of programme, subject, asset and
/// year, so none can be submitted twice; `liveClaim` keeps an asset from being funded twice for one measure and year,
/// by whomever and under whichever programme.
/// @dev Trust: plots and their holders are what the village or the registry states; the contract only compares.
/// @dev Warning: the ledger moves no money; it records the vouchers of the fiscal account.
interface ISubsidies is IActs {
    /// @notice The bureau opened a programme on the policy document that `evidence` holds.
    event ProgrammeOpened(
        uint256 indexed programme,
        uint64 indexed agency,
        Measure measure,
        SubsidyBasis basis,
        uint16 year,
        uint64 rateFen,
        uint64 budgetFen,
        uint64 openedAt,
        uint64 closesAt,
        uint16 noticeDays,
        bytes32 evidence
    );

    /// @notice Of the programme's budget so much is approved, paid and returned now.
    event BudgetMoved(
        uint256 indexed programme, uint64 indexed actor, uint64 approvedFen, uint64 paidFen, uint64 returnedFen
    );

    /// @notice The plot is now held by `holder` with this area.
    event PlotRegistered(
        bytes32 indexed plot, uint64 indexed actor, uint64 holder, uint32 areaCmu, bytes32 evidence
    );

    /// @notice A claim was submitted, for the first time or again after a rejection.
    event ClaimSubmitted(
        bytes32 indexed claim,
        uint256 indexed programme,
        uint64 indexed subject,
        uint64 agent,
        bytes32 asset,
        uint32 quantity,
        uint64 amountFen,
        uint64 submittedAt,
        uint64 reviewDueAt,
        bytes32 mandate,
        bytes32 evidence
    );

    /// @notice The claim is on public notice until `noticeEndsAt`.
    event ClaimPublished(
        bytes32 indexed claim,
        uint64 indexed actor,
        ClaimState state,
        uint64 reviewedAt,
        uint64 noticeEndsAt,
        uint64 objectedAt,
        bytes32 evidence
    );

    /// @notice Somebody objected while the notice ran.
    event ClaimObjected(
        bytes32 indexed claim, uint64 indexed actor, ClaimState state, uint64 objectedAt, bytes32 evidence
    );

    /// @notice The claim was approved, or rejected on `ground`.
    event ClaimDecided(
        bytes32 indexed claim,
        uint64 indexed actor,
        ClaimState state,
        SubsidyGround ground,
        uint64 reviewedAt,
        uint64 objectedAt,
        uint64 decidedAt,
        bytes32 evidence
    );

    /// @notice The fiscal account paid.
    event ClaimPaid(
        bytes32 indexed claim, uint64 indexed actor, ClaimState state, uint64 paidAt, bytes32 voucher, bytes32 evidence
    );

    /// @notice The paid claim was audited, or the money is asked back on `ground`.
    event ClaimExamined(
        bytes32 indexed claim, uint64 indexed actor, ClaimState state, SubsidyGround ground, bytes32 evidence
    );

    /// @notice The money is back on the fiscal account.
    event ClaimReturned(
        bytes32 indexed claim, uint64 indexed actor, ClaimState state, bytes32 returnVoucher, bytes32 evidence
    );

    /// @notice The measure `funding` of an asset and year is now claimed by `claim`; zero: by none.
    event FundingChanged(bytes32 indexed funding, bytes32 claim);

    /// @notice A programme cannot have this {field}.
    /// @custom:zh 补贴项目的 {field} 不符合要求。
    error ProgrammeUnfit(string field);

    /// @notice There is no programme {programme}.
    /// @custom:zh 补贴项目 {programme} 不存在。
    error NoSuchProgramme(uint256 programme);

    /// @notice Programme {programme} took claims until {closesAt} (UTC seconds).
    /// @custom:zh 补贴项目 {programme} 的申报已于 {closesAt}（UTC 秒）截止。
    error ProgrammeClosed(uint256 programme, uint64 closesAt);

    /// @notice Programme {programme} has {leftFen} fen left of its budget; {amountFen} fen are needed.
    /// @custom:zh 补贴项目 {programme} 的预算仅余 {leftFen} 分，需要 {amountFen} 分。
    error BudgetExhausted(uint256 programme, uint64 leftFen, uint256 amountFen);

    /// @notice Party {party} did not open programme {programme} and does not decide on its claims.
    /// @custom:zh 参与方 {party} 不是补贴项目 {programme} 的主管单位，不能作出决定。
    error NotAgency(uint256 programme, uint64 party);

    /// @notice A plot needs its {field}.
    /// @custom:zh 地块登记缺少 {field}。
    error PlotIncomplete(string field);

    /// @notice There is no plot {plot}. The village or the registry registers it first.
    /// @custom:zh 地块 {plot} 不存在，请先由村集体或登记机构登记。
    error NoSuchPlot(bytes32 plot);

    /// @notice Party {party} does not hold plot {plot}.
    /// @custom:zh 参与方 {party} 不是地块 {plot} 的承包人。
    error NotPlotHolder(bytes32 plot, uint64 party);

    /// @notice {claimed} (0.01 mu) are claimed and {registered} are registered for plot {plot}.
    /// @custom:zh 地块 {plot} 登记面积为 {registered}（0.01 亩），申报面积为 {claimed}。
    error AreaExceeded(bytes32 plot, uint32 claimed, uint32 registered);

    /// @notice A claim of quantity {quantity} cannot be made: one tree a claim, or at least 0.01 mu.
    /// @custom:zh 申报数量 {quantity} 不符合要求：每份申报限一棵茶树，或不少于 0.01 亩。
    error QuantityUnfit(uint32 quantity);

    /// @notice Party {agent} has no mandate (委托书) of party {subject}: it must be live evidence that party {subject} attested itself.
    /// @custom:zh 参与方 {agent} 没有参与方 {subject} 的委托书：须为参与方 {subject} 本人锚定的有效证据。
    error MandateMissing(uint64 subject, uint64 agent);

    /// @notice Claim {claim} was submitted before and is {state} now.
    /// @custom:zh 申报 {claim} 已提交过，目前为 {state}。
    error ClaimExists(bytes32 claim, ClaimState state);

    /// @notice Asset {asset} is funded already for measure {measure} of {year}, by claim {claim}.
    /// @custom:zh 资产 {asset} 在 {year} 年度的 {measure} 已由申报 {claim} 申领，不得重复补贴。
    error DoubleFunding(bytes32 asset, Measure measure, uint16 year, bytes32 claim);

    /// @notice There is no claim {claim}.
    /// @custom:zh 申报 {claim} 不存在。
    error NoSuchClaim(bytes32 claim);

    /// @notice Claim {claim} is {state}; this act needs {needed}.
    /// @custom:zh 申报 {claim} 目前为 {state}，本行为需要 {needed}。
    error ClaimNotReady(bytes32 claim, ClaimState state, ClaimState needed);

    /// @notice The public notice of claim {claim} runs until {endsAt} (UTC seconds).
    /// @custom:zh 申报 {claim} 的公示至 {endsAt}（UTC 秒）届满。
    error ClaimNoticeRunning(bytes32 claim, uint64 endsAt);

    /// @notice The public notice of claim {claim} ended at {endsAt} (UTC seconds).
    /// @custom:zh 申报 {claim} 的公示已于 {endsAt}（UTC 秒）届满。
    error ClaimNoticeOver(bytes32 claim, uint64 endsAt);

    /// @notice Party {party} is concerned by claim {claim} itself and cannot decide on it.
    /// @custom:zh 参与方 {party} 是申报 {claim} 的当事人，不能作出决定。
    error SubjectCannotDecide(bytes32 claim, uint64 party);

    /// @notice Party {party} opened programme {programme} and cannot audit it.
    /// @custom:zh 参与方 {party} 是补贴项目 {programme} 的主管单位，不能自行审计。
    error AuditorIsAgency(uint256 programme, uint64 party);

    /// @notice Claim {claim} cannot be refused or asked back without a ground.
    /// @custom:zh 对申报 {claim} 不予补贴或责令退回，须说明理由。
    error GroundMissing(bytes32 claim);

    /// @notice Voucher {voucher} is missing or was recorded before, for claim {claim}.
    /// @custom:zh 凭证 {voucher} 缺失，或已用于申报 {claim}。
    error VoucherUnfit(bytes32 voucher, bytes32 claim);

    /// @notice The agriculture bureau opens a programme on its policy document; from now on claims are taken.
    /// @custom:zh 农业农村局依据政策文件设立补贴项目。
    function openProgramme(OpenProgramme calldata act, Auth calldata auth) external returns (uint256 programme);

    /// @notice The village or the registry states who holds a plot and its area. Again: replaces what was stated.
    /// @custom:zh 村集体或登记机构登记地块承包人与面积。
    function registerPlot(RegisterPlot calldata act, Auth calldata auth) external;

    /// @notice A farmer, or its agent with a mandate, submits a claim. What can be compared on chain is compared now.
    /// @custom:zh 茶农或其代理人申报补贴。
    function submit(SubmitClaim calldata act, Auth calldata auth) external returns (bytes32 claim);

    /// @notice The bureau has reviewed the claim and puts it on public notice.
    /// @custom:zh 主管单位审核通过并开始公示。
    function publish(PublishClaim calldata act, Auth calldata auth) external;

    /// @notice Any party objects while the notice runs.
    /// @custom:zh 在公示期内提出异议。
    function object(ObjectToClaim calldata act, Auth calldata auth) external;

    /// @notice The bureau decides an objection: upheld rejects the claim, otherwise the notice goes on for the time it had left.
    /// @custom:zh 主管单位处理异议；异议不成立的，公示自提出异议时剩余的期限继续计算。
    function resolveObjection(ResolveClaimObjection calldata act, Auth calldata auth) external;

    /// @notice The bureau approves after the notice; the amount is set aside from the budget.
    /// @custom:zh 公示期满后主管单位批准，相应金额从预算中预留。
    function approve(ApproveClaim calldata act, Auth calldata auth) external;

    /// @notice The bureau rejects a claim that is not paid yet, on a ground.
    /// @custom:zh 主管单位说明理由，不予补贴。
    function reject(RejectClaim calldata act, Auth calldata auth) external;

    /// @notice The bureau records the fiscal account's payment. `voucher` commits to the voucher's number.
    /// @custom:zh 主管单位登记财政支付凭证。
    function pay(PayClaim calldata act, Auth calldata auth) external;

    /// @notice An auditor confirms a paid claim.
    /// @custom:zh 审计人员对已支付的申报完成审计。
    function audit(AuditClaim calldata act, Auth calldata auth) external;

    /// @notice The bureau or an auditor asks paid money back, on a ground.
    /// @custom:zh 主管单位或审计人员说明理由，责令退回补贴。
    function clawBack(ClawBackClaim calldata act, Auth calldata auth) external;

    /// @notice The bureau records that the money is back; it may be spent again, and the asset be funded again.
    /// @custom:zh 主管单位登记补贴款已退回。
    function recordReturn(RecordReturn calldata act, Auth calldata auth) external;

    /// @notice The programme `id`; reverts with `NoSuchProgramme`.
    function programme(uint256 id) external view returns (Programme memory);

    /// @notice The claim `id`; reverts with `NoSuchClaim`.
    function claim(bytes32 id) external view returns (Claim memory);

    /// @notice The plot `id`; all zero when none is registered.
    function plot(bytes32 id) external view returns (Plot memory);

    /// @notice The claim that funds a measure of an asset and year (`fundingId`); zero when none does.
    function liveClaim(bytes32 funding) external view returns (bytes32);

    /// @notice The claim that a payment or return voucher was recorded for; zero when none.
    function claimOfVoucher(bytes32 voucher) external view returns (bytes32);

    /// @notice keccak256(abi.encode(uint256 programme, uint64 subject, bytes32 asset, uint16 year)).
    function claimId(uint256 programme, uint64 subject, bytes32 asset, uint16 year) external pure returns (bytes32);

    /// @notice keccak256(abi.encode(uint8 measure, bytes32 asset, uint16 year)).
    function fundingId(Measure measure, bytes32 asset, uint16 year) external pure returns (bytes32);

    /// @notice How many programmes were ever opened.
    function programmeCount() external view returns (uint64);

    /// @notice How many claims were ever submitted.
    function claimCount() external view returns (uint64);

    /// @notice How many plots were ever registered.
    function plotCount() external view returns (uint64);
}
