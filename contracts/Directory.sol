// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IDirectory} from "./interfaces/IDirectory.sol";

/// @dev The manual is `interfaces/IDirectory.sol`.
contract Directory is IDirectory, AccessManaged {
    struct Entry {
        address current;
        uint32 version;
    }

    mapping(bytes32 name => Entry) public named;

    constructor(IAccessManager manager) AccessManaged(address(manager)) {}

    /// @inheritdoc IDirectory
    function name(bytes32 key, address current) external restricted {
        require(current.code.length != 0, NoContract(current));
        Entry memory entry = named[key];
        named[key] = Entry(current, entry.version + 1);
        emit Named(key, current, entry.current, entry.version + 1);
    }

    /// @inheritdoc IDirectory
    function read(address[] calldata targets, bytes[] calldata calls)
        external
        view
        returns (uint256 blockNumber, bytes[] memory answers)
    {
        require(targets.length == calls.length, LengthsDiffer(targets.length, calls.length));
        answers = new bytes[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            answers[i] = Address.functionStaticCall(targets[i], calls[i]);
        }
        return (block.number, answers);
    }
}
