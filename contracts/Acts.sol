// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IActs, Auth, CancelAct} from "./interfaces/IActs.sol";

/// @dev Shared base of every business contract: checks an act's authorization and uses up its nonce.
abstract contract Acts is IActs, EIP712 {
    bytes32 private constant CANCEL_ACT =
        keccak256("CancelAct(bytes32 act,address signer,uint256 nonce,uint256 deadline)");

    /// One bit a nonce, 256 nonces a word, so that neighbouring nonces share a storage slot.
    mapping(address signer => mapping(uint256 word => uint256 bits)) private _usedNonces;

    constructor(string memory domainName) EIP712(domainName, "1") {}

    /// @inheritdoc IActs
    function cancel(CancelAct calldata act, Auth calldata auth) external {
        _accept(abi.encode(CANCEL_ACT, act), auth);
    }

    /// @inheritdoc IActs
    function nonceUsed(address signer, uint256 nonce) public view returns (bool) {
        return _usedNonces[signer][nonce >> 8] & (1 << (nonce & 0xff)) != 0;
    }

    /// Accepts the act whose type hash and members are `encoded`, or reverts; `auth.signer` may then be trusted.
    /// Returns the act's digest, which no other act has: the id of what the act creates, where nothing else decides it.
    function _accept(bytes memory encoded, Auth calldata auth) internal returns (bytes32 act) {
        require(block.timestamp <= auth.deadline, ActExpired(auth.deadline, block.timestamp));
        act = _hashTypedDataV4(
            keccak256(bytes.concat(encoded, abi.encode(auth.signer, auth.nonce, auth.deadline)))
        );
        bool sentBySigner = msg.sender == auth.signer && auth.signature.length == 0;
        if (!sentBySigner) _checkSignature(act, auth);

        uint256 bit = 1 << (auth.nonce & 0xff);
        uint256 bits = _usedNonces[auth.signer][auth.nonce >> 8];
        require(bits & bit == 0, ActReplayed(auth.signer, auth.nonce));
        _usedNonces[auth.signer][auth.nonce >> 8] = bits | bit;
        emit Acted(act, auth.signer, auth.nonce, msg.sender);
    }

    function _checkSignature(bytes32 act, Auth calldata auth) private view {
        if (auth.signer.code.length != 0) {
            if (SignatureChecker.isValidERC1271SignatureNow(auth.signer, act, auth.signature)) return;
        } else {
            (address recovered, ECDSA.RecoverError fault, bytes32 value) = ECDSA.tryRecover(act, auth.signature);
            require(fault != ECDSA.RecoverError.InvalidSignatureS, SignatureMalleable(value));
            if (fault == ECDSA.RecoverError.NoError && recovered == auth.signer) return;
        }
        revert SignatureInvalid(auth.signer, act);
    }
}
