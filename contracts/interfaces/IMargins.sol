// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";
import {LegalEffect} from "./ILiens.sol";

/// Where a secured loan stands on the ladder, as the bank has recorded it; nothing moves by itself.
enum MarginState {
    OK,
    WARN, // 预警
    CALL, // 已通知补足
    CURED, // 已补足
    BREACHED // 期满未补足
}

/// How a call was cured.
enum CureBasis {
    COVER, // more collateral, or less debt: the measured LTV is below the call
    GUARANTEE // a guarantee that the bank accepts
}

/// A loan's place on the ladder. Instants in UTC seconds, zero: none.
struct Margin {
    MarginState state;
    uint32 ltvBps; // as measured when the state was recorded
    uint64 calledAt;
    uint64 cureEndsAt;
    uint64 breachedAt;
}

struct ObserveMargin {
    uint256 loan;
    bytes32 evidence;
}

struct CallMargin {
    uint256 loan;
    bytes32 evidence;
}

struct CureMargin {
    uint256 loan;
    CureBasis basis;
    bytes32 evidence;
}

struct BreachMargin {
    uint256 loan;
    bytes32 evidence;
}

/// @title Margins: what a bank may do when the cover of a loan falls, one signed step after the other (domain §7.3)
/// @notice LTV is what is owed ÷ the cover of the loan's liens, computed here at the moment of the act. A call on a fall of
/// prices is contractual only (CC 408 speaks of the mortgagor's conduct): its levels are terms that both signed, it gives
/// notice and working days to cure, and a person signs each step.
interface IMargins is IActs {
    /// @notice The loan now stands so on the ladder.
    event MarginChanged(
        uint256 indexed loan,
        uint64 indexed actor,
        MarginState state,
        uint32 ltvBps,
        uint64 calledAt,
        uint64 cureEndsAt,
        uint64 breachedAt,
        bytes32 evidence
    );

    /// @notice Loan {loan} is unsecured or not being repaid: it has no ladder.
    /// @custom:zh 贷款 {loan} 无担保或不在还款中，不适用追加担保规则。
    error NoMargin(uint256 loan);

    /// @notice Loan {loan} stands at {state} on the ladder, from where this step does not lead.
    /// @custom:zh 贷款 {loan} 的担保状态为 {state}，不能采取此步骤。
    error MarginNotReady(uint256 loan, MarginState state);

    /// @notice The LTV of loan {loan} is {ltvBps} bps, and this step needs it beyond {levelBps} bps.
    /// @custom:zh 贷款 {loan} 的抵押率为 {ltvBps} 个基点，采取此步骤须超过 {levelBps} 个基点。
    error LtvNotReached(uint256 loan, uint32 ltvBps, uint16 levelBps);

    /// @notice The LTV of loan {loan} is still {ltvBps} bps, not below {levelBps} bps: the call is not cured.
    /// @custom:zh 贷款 {loan} 的抵押率仍为 {ltvBps} 个基点，未低于 {levelBps} 个基点，尚未补足。
    error NotCured(uint256 loan, uint32 ltvBps, uint16 levelBps);

    /// @notice The borrower of loan {loan} may cure until {cureEndsAt} (UTC seconds).
    /// @custom:zh 贷款 {loan} 的借款人可在 {cureEndsAt}（UTC 秒）之前补足。
    error MarginCureRunning(uint256 loan, uint64 cureEndsAt);

    /// @notice Loan {loan} needs a live lien of its bank, and there is none.
    /// @custom:zh 贷款 {loan} 需要以贷款银行为权利人的有效担保，目前没有。
    error LienMissing(uint256 loan);

    /// @notice Lien {lien} of loan {loan} has effect {effect}, and the product needs {needed} before money is paid out.
    /// @custom:zh 贷款 {loan} 的担保 {lien} 的法律效力为 {effect}，放款前须达到 {needed}。
    error LienIneffective(uint256 loan, uint256 lien, LegalEffect effect, LegalEffect needed);

    /// @notice Loan {loan} of {principalFen} fen over a cover of {coverFen} fen exceeds the opening LTV of {openingLtvBps} bps.
    /// @custom:zh 贷款 {loan} 本金 {principalFen} 分，担保价值 {coverFen} 分，超过 {openingLtvBps} 个基点的初始抵押率。
    error CoverTooSmall(uint256 loan, uint64 principalFen, uint64 coverFen, uint16 openingLtvBps);

    /// @notice The bank records that the measured LTV has reached the warning level, or is below it again.
    /// @custom:zh 银行登记抵押率进入或解除预警。
    function observe(ObserveMargin calldata act, Auth calldata auth) external;

    /// @notice The bank calls for more cover, on evidence of its notice to the borrower; the working days to cure begin.
    /// @custom:zh 银行通知追加担保，补足期开始计算。
    function call(CallMargin calldata act, Auth calldata auth) external;

    /// @notice The bank records that a call, or a breach before default, was cured: by cover, or by a guarantee it accepts.
    /// @custom:zh 银行登记已补足担保。
    function cure(CureMargin calldata act, Auth calldata auth) external;

    /// @notice The bank records that the cure has lapsed with the LTV beyond the agreed level.
    /// @custom:zh 银行登记补足期满且抵押率超过约定水平。
    function breach(BreachMargin calldata act, Auth calldata auth) external;

    /// @notice Reverts with `LienMissing`, `LienIneffective` or `CoverTooSmall` unless the liens of `loan` have the effect its terms require and its principal is within the opening LTV.
    function requireSecured(uint256 loan) external view;

    /// @notice Where `loan` stands, as recorded.
    function margin(uint256 loan) external view returns (Margin memory);

    /// @notice The LTV of `loan` now, in basis points to the nearest; the largest number where nothing covers it.
    function ltv(uint256 loan) external view returns (uint32);
}
