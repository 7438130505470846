// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import "./interfaces/ITrees.sol";

/// @dev What every ERC-721 reader asks and no wallet may do: the token of a tree is read, never sent or approved.
abstract contract TreeToken is ITrees {
    function ownerOf(uint256 id) public view virtual returns (address);

    function name() external pure returns (string memory) {
        return "Chaqi ancient tea trees";
    }

    function symbol() external pure returns (string memory) {
        return "TREE";
    }

    function getApproved(uint256 id) external view returns (address) {
        ownerOf(id);
        return address(0);
    }

    function isApprovedForAll(address, address) external pure returns (bool) {
        return false;
    }

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == type(IERC165).interfaceId || id == type(IERC721).interfaceId
            || id == type(IERC721Metadata).interfaceId;
    }

    function approve(address, uint256 id) external pure {
        revert NoForeclosure(id);
    }

    function setApprovalForAll(address, bool) external pure {
        revert NoForeclosure(0);
    }

    function transferFrom(address, address, uint256 id) external pure {
        revert NoForeclosure(id);
    }

    function safeTransferFrom(address, address, uint256 id) external pure {
        revert NoForeclosure(id);
    }

    function safeTransferFrom(address, address, uint256 id, bytes calldata) external pure {
        revert NoForeclosure(id);
    }
}
