// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IBundle} from "./interfaces/IBundle.sol";

/// @dev The manual is `interfaces/IBundle.sol`.
contract Bundle is IBundle {
    uint256 private constant HEAD = 28;

    /// @inheritdoc IBundle
    function carry(bytes calldata calls) external {
        uint256 end = 0;
        while (end < calls.length) {
            uint256 start = end + HEAD;
            bytes28 head = bytes28(calls[end:start]);
            address to = address(bytes20(head));
            uint256 most = uint32(uint224(head) >> 32);
            end = start + uint32(uint224(head));
            // Whether it was executed says the act's event, and why not the contract when it is asked.
            to.call{gas: most}(calls[start:end]);
        }
    }
}
