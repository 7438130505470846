// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {Life, TitleClass, Tree} from "./interfaces/ITrees.sol";

/// @dev The public card of a tree as ERC-721 metadata: a self-contained data URI, nothing personal in it.
library TreeCard {
    using Strings for uint256;

    function uri(uint256 id, Tree memory twin) internal pure returns (string memory) {
        bytes memory json = abi.encodePacked(
            '{"name":"Ancient tea tree ',
            id.toHexString(32),
            '","description":"Digital twin of an ancient Phoenix Dancong tea tree. Title moves only by a registry receipt.","attributes":[',
            _trait("age (years)", uint256(twin.ageYears).toString()),
            ",",
            _trait("protection level", uint256(twin.protection).toString()),
            ",",
            _trait("title class", _titleClass(twin.titleClass)),
            ",",
            _trait("life", _life(twin.life)),
            "]}"
        );
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    function _trait(string memory key, string memory value) private pure returns (bytes memory) {
        return abi.encodePacked('{"trait_type":"', key, '","value":"', value, '"}');
    }

    function _titleClass(TitleClass class) private pure returns (string memory) {
        if (class == TitleClass.A) return "A";
        return class == TitleClass.B ? "B" : "C";
    }

    function _life(Life life) private pure returns (string memory) {
        if (life == Life.ALIVE) return "alive";
        if (life == Life.REPORTED_DEAD) return "reported dead";
        return life == Life.DEAD ? "dead" : "lost";
    }
}
