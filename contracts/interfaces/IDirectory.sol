// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

/// @title Directory: which contracts are the current set
/// @notice A new version of a contract is a new deployment that the old one does not know about; this names it.
/// @dev Trust: `name` is guarded by `AccessManager` with an execution delay, so a change is seen before it counts.
interface IDirectory {
    /// @notice `name` now means `current`; it meant `previous` before (zero: nothing).
    event Named(bytes32 indexed name, address current, address previous, uint32 version);

    /// @notice {target} holds no contract and cannot be named.
    /// @custom:zh {target} 处没有合约，不能登记。
    error NoContract(address target);

    /// @notice {targets} targets were given with {calls} calls.
    /// @custom:zh 给出了 {targets} 个目标与 {calls} 个调用，数量不一致。
    error LengthsDiffer(uint256 targets, uint256 calls);

    /// @notice Names the current deployment of `name` (ASCII, right-padded with zeros).
    function name(bytes32 name, address current) external;

    /// @notice The current deployment of `name` and its version, counted from 1; zeros when there is none.
    function named(bytes32 name) external view returns (address current, uint32 version);

    /// @notice Reads many views in one call, so that all answers are of one block.
    /// @return blockNumber the block the answers are of
    /// @return answers the raw answers, in order; a refused call reverts the whole with its error
    function read(address[] calldata targets, bytes[] calldata calls)
        external
        view
        returns (uint256 blockNumber, bytes[] memory answers);
}
