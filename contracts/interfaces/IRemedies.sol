// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";

/// How an agreement ended before it was performed.
enum AgreementEnding {
    NONE,
    MUTUAL, // 协商解除
    FORCE_MAJEURE, // 不可抗力解除
    BUYER_DEFAULT, // 买方违约
    SELLER_DEFAULT // 卖方违约
}

/// What the innocent party claims; one of them, never both (CC 588).
enum Sanction {
    NONE, // 不主张
    DEPOSIT, // 定金罚则
    DAMAGES // 违约金
}

/// What `Agreements` has to know of an agreement's troubles: one slot.
struct Standing {
    AgreementEnding ending;
    bool suspended; // a notice of force majeure awaits its decision
    uint16 extensionDays; // granted on force majeure
    uint64 frozen; // fen in dispute
    uint64 claimant; // party that raised the open dispute; zero: none is open
    int64 adjustment; // fen that the buyer owes more; negative: less
}

/// The rest of it. Instants in UTC seconds, parties by id.
struct Remedy {
    uint64 disputedAt; // of the open dispute
    uint64 affected; // party hit by force majeure, of the last notice
    uint64 occurredAt;
    uint64 noticedBy; // party that gave the last notice to cure
    uint64 lateSince; // due instant that the notice is about
    uint64 cureEndsAt;
    uint64 consentedBy; // party that consented to end the agreement; zero: none
    uint64 penalty; // fen that the defaulting party loses
    uint64 endedAt;
    Sanction sanction;
    bool purposeDefeated; // the penalty is not reduced to the part that was not performed
}

struct RaiseDispute {
    uint256 agreement;
    uint64 amount;
    bytes32 evidence;
}

struct ResolveDispute {
    uint256 agreement;
    uint64 awarded;
    bytes32 evidence;
}

struct NotifyForceMajeure {
    uint256 agreement;
    uint64 occurredAt;
    bytes32 evidence;
}

struct DecideForceMajeure {
    uint256 agreement;
    bool terminates;
    uint16 extensionDays;
    bytes32 evidence;
}

struct NoticeCure {
    uint256 agreement;
    uint16 cureDays;
    bytes32 evidence;
}

struct DeclareDefault {
    uint256 agreement;
    Sanction sanction;
    bool purposeDefeated;
    bytes32 evidence;
}

struct ConsentToTermination {
    uint256 agreement;
    bool consents;
    bytes32 evidence;
}

/// @title Remedies: what follows when an agreement is not performed as agreed (争议、不可抗力、违约、解除)
/// @notice Dispute, force majeure, cure and default, and ending by consent. A person decides each of them; the contract
/// computes what follows: the deposit rule (定金罚则) on at most 20 % of the price and pro rata to what was not performed
/// (CC 586, 587; 合同编通则解释 67, 68), or liquidated damages, never both (CC 588).
/// @dev Agreements reads `standing`; nothing here writes there.
interface IRemedies is IActs {
    /// @notice The dispute over the agreement now stands so: `frozen` fen raised by `claimant` at `disputedAt`; all zero:
    /// resolved. `adjustment` is what the buyer owes more in all.
    event DisputeChanged(
        uint256 indexed agreement,
        uint64 indexed actor,
        uint64 claimant,
        uint64 frozen,
        uint64 disputedAt,
        int64 adjustment,
        bytes32 evidence
    );

    /// @notice Force majeure was notified, or decided on, and now stands so.
    event ForceMajeureChanged(
        uint256 indexed agreement,
        uint64 indexed actor,
        uint64 affected,
        uint64 occurredAt,
        bool suspended,
        uint16 extensionDays,
        AgreementEnding ending,
        uint64 endedAt,
        bytes32 evidence
    );

    /// @notice `noticedBy` asks the other side to perform by `cureEndsAt` what was due at `lateSince`.
    event CureNoticed(
        uint256 indexed agreement, uint64 indexed noticedBy, uint64 lateSince, uint64 cureEndsAt, bytes32 evidence
    );

    /// @notice The innocent party declared the other side in default; it loses `penalty` fen.
    event DefaultDeclared(
        uint256 indexed agreement,
        uint64 indexed actor,
        AgreementEnding ending,
        Sanction sanction,
        bool purposeDefeated,
        uint64 penalty,
        int64 adjustment,
        uint64 endedAt,
        bytes32 evidence
    );

    /// @notice A party consented to end the agreement, or took its consent back; with both, it is ended.
    event TerminationConsented(
        uint256 indexed agreement,
        uint64 indexed actor,
        uint64 consentedBy,
        AgreementEnding ending,
        uint64 endedAt,
        bytes32 evidence
    );

    /// @notice Agreement {agreement} has ended: {ending}.
    /// @custom:zh 协议 {agreement} 已终止：{ending}。
    error AgreementEnded(uint256 agreement, AgreementEnding ending);

    /// @notice Party {party} has raised a dispute over agreement {agreement} already; resolve that one first.
    /// @custom:zh 参与方 {party} 已就协议 {agreement} 提起争议，请先处理。
    error DisputeOpen(uint256 agreement, uint64 party);

    /// @notice No dispute over agreement {agreement} is open.
    /// @custom:zh 协议 {agreement} 没有未决争议。
    error NoDispute(uint256 agreement);

    /// @notice Party {party} may award from {least} to {most} fen here, not {awarded}: who raised the dispute may drop it, the other side may concede it, a mediator decides.
    /// @custom:zh 参与方 {party} 可裁定 {least} 至 {most} 分，而非 {awarded} 分：提出方可撤回，对方可认可，调解人可裁定。
    error AwardUnfit(uint64 party, uint64 awarded, uint64 least, uint64 most);

    /// @notice Party {party} has no say in this over agreement {agreement}.
    /// @custom:zh 参与方 {party} 无权就协议 {agreement} 作此决定。
    error NoSay(uint256 agreement, uint64 party);

    /// @notice A notice of force majeure over agreement {agreement} awaits its decision.
    /// @custom:zh 协议 {agreement} 的不可抗力通知尚待处理。
    error AgreementSuspended(uint256 agreement);

    /// @notice No notice of force majeure over agreement {agreement} awaits a decision.
    /// @custom:zh 协议 {agreement} 没有待处理的不可抗力通知。
    error NotSuspended(uint256 agreement);

    /// @notice Party {party} was late already, since {dueAt} (UTC seconds), when it happened: force majeure excuses nothing any more (CC 590).
    /// @custom:zh 参与方 {party} 自 {dueAt}（UTC 秒）起已迟延履行，其后发生的不可抗力不免除责任（民法典 590）。
    error AlreadyLate(uint64 party, uint64 dueAt);

    /// @notice {given} days are not possible; from {least} to {most} are.
    /// @custom:zh 期限 {given} 日不符合要求，应在 {least} 至 {most} 日之间。
    error PeriodUnfit(uint16 given, uint16 least, uint16 most);

    /// @notice The other side of agreement {agreement} is not late: nothing fell due before now, grace included (due at {dueAt}, UTC seconds; 0: nothing).
    /// @custom:zh 协议 {agreement} 对方并未迟延：宽限期内没有到期义务（到期 {dueAt}，UTC 秒；0 表示无）。
    error NotLate(uint256 agreement, uint64 dueAt);

    /// @notice Party {party} gave no notice to cure what agreement {agreement} has been late with since {lateSince} (UTC seconds).
    /// @custom:zh 参与方 {party} 尚未就协议 {agreement} 自 {lateSince}（UTC 秒）起的迟延发出催告。
    error CureNotNoticed(uint256 agreement, uint64 party, uint64 lateSince);

    /// @notice The other side of agreement {agreement} may cure until {cureEndsAt} (UTC seconds).
    /// @custom:zh 协议 {agreement} 对方可在 {cureEndsAt}（UTC 秒）之前补救。
    error CureRunning(uint256 agreement, uint64 cureEndsAt);

    /// @notice Sanction {sanction} was not agreed, or its deposit not paid, in agreement {agreement}.
    /// @custom:zh 协议 {agreement} 未约定 {sanction}，或定金未付。
    error SanctionUnfit(uint256 agreement, Sanction sanction);

    /// @notice The consent of party {party} to end agreement {agreement} stands so already.
    /// @custom:zh 参与方 {party} 对解除协议 {agreement} 的意思表示已如此登记。
    error ConsentUnchanged(uint256 agreement, uint64 party);

    /// @notice Buyer or seller disputes an amount; only this amount is frozen, and the rest goes on.
    /// @custom:zh 提起争议，仅冻结争议金额。
    function raiseDispute(RaiseDispute calldata act, Auth calldata auth) external;

    /// @notice A dispute is dropped by who raised it, conceded by the other side, or decided by a mediator (village or agriculture bureau) who is no side.
    /// @custom:zh 处理争议（撤回、认可或调解裁定）。
    function resolveDispute(ResolveDispute calldata act, Auth calldata auth) external;

    /// @notice The affected party notifies force majeure within 15 days, unless it was late already (CC 590). Deadlines against it stand still.
    /// @custom:zh 通知不可抗力。
    function notifyForceMajeure(NotifyForceMajeure calldata act, Auth calldata auth) external;

    /// @notice The other side or a mediator decides on the proof: so many more days (none: not proved), or the end of the agreement.
    /// @custom:zh 处理不可抗力通知（延期、不予认可或解除）。
    function decideForceMajeure(DecideForceMajeure calldata act, Auth calldata auth) external;

    /// @notice The innocent party asks the late one to perform within some days (CC 563).
    /// @custom:zh 催告履行。
    function noticeCure(NoticeCure calldata act, Auth calldata auth) external;

    /// @notice The innocent party declares default after the time to cure passed, and chooses deposit rule or liquidated damages (CC 588). Where the purpose is defeated the deposit rule is not reduced to the unperformed part.
    /// @custom:zh 认定违约并选择定金罚则或违约金。
    function declareDefault(DeclareDefault calldata act, Auth calldata auth) external;

    /// @notice Buyer or seller consents to end the agreement without penalty, or takes the consent back; ended when both consent (CC 562).
    /// @custom:zh 协商解除协议。
    function consentToTermination(ConsentToTermination calldata act, Auth calldata auth) external;

    /// @notice What Agreements has to know; all zero where nothing went wrong.
    function standing(uint256 agreement) external view returns (Standing memory);

    /// @notice The rest of it; all zero where nothing went wrong.
    function remedy(uint256 agreement) external view returns (Remedy memory);
}
