// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {ICases} from "./interfaces/ICases.sol";

/// @dev What an act may be about at once.
library Cases {
    uint256 internal constant MOST = 200;

    /// Two lists of an act about `length` cases; returns the length of both.
    function requireFit(uint256 length, uint256 other) internal pure returns (uint256) {
        require(length != 0 && length <= MOST && length == other, ICases.CasesUnfit(length, MOST));
        return length;
    }
}
