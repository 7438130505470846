// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

/// @title Bundle: many acts in one transaction
/// @notice Anybody may send one. An act is authorized by its own signature, so it does not matter who brings it, and
/// this contract has no right of its own. It keeps nothing.
/// @dev Trust: none is needed and none may be given. Enrolled as a party, or given a role, it would act for everybody.
interface IBundle {
    /// @notice Makes the calls in this order. One that fails changes nothing and leaves the others alone: it can be
    /// brought again. The `Acted` of an act says that it was executed; this function says nothing.
    /// @dev Packed, because an envelope in words would be a third of the whole. A call gets at most 63 of 64 parts of the
    /// gas that is left (EIP-150): send more than the sum. A call to an address without code does nothing. Reverts only
    /// when the last call is cut off.
    /// @custom:zh 按顺序执行各调用。失败的调用不产生任何变化，也不影响其他调用，可再次提交。
    /// @param calls one directly after the other: contract (20 bytes), the most gas it may use (4 bytes, big-endian),
    /// length of the call (4 bytes, big-endian), the call: an act with its authorization
    function carry(bytes calldata calls) external;
}
