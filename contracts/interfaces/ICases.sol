// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

/// @title Acts about many cases at once
/// @notice Lists of one length state them: member i of each list belongs to case i.
interface ICases {
    /// @notice An act is about 1 to {most} cases, in lists of the same length; {given} were given.
    /// @custom:zh 每次行为涉及 1 至 {most} 件且各列表长度一致，本次为 {given}。
    error CasesUnfit(uint256 given, uint256 most);
}
