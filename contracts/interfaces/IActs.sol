// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

/// The signer's authorization of one act. The signed EIP-712 struct is the act's own members followed by
/// `address signer, uint256 nonce, uint256 deadline`.
struct Auth {
    address signer; // the account that authorizes: a key, or a contract wallet (ERC-1271)
    uint256 nonce; // any number not used before by this signer here; order does not matter
    uint256 deadline; // last second (UTC) at which the act may be accepted
    bytes signature; // 65 bytes r,s,v or what the contract wallet expects; empty when the signer sends it itself
}

/// Withdraws a signed act before it is accepted: uses up the nonce of `auth`.
struct CancelAct {
    bytes32 act; // EIP-712 digest of the withdrawn act, for the reader
}

/// @title Typed acts: one act, one message a person can read, accepted once
/// @notice Every business function takes `(act, auth)` and accepts it sent by the signer or relayed by anybody.
interface IActs {
    /// @notice An act was accepted. The domain events that follow, up to the next act that the same transaction brings,
    /// say what it changed.
    /// @param act EIP-712 digest of the signed act, its identifier everywhere
    /// @param signer who authorized it
    /// @param nonce the signer's nonce, used up from now on
    /// @param caller who called: the signer itself, a relayer, or the bundle in which a relayer brought it
    event Acted(bytes32 indexed act, address indexed signer, uint256 nonce, address caller);

    /// @notice The act expired at {deadline} and it is {blockTime} now (UTC seconds). Sign it again with a later deadline.
    /// @custom:zh 该行为已于 {deadline} 过期，现在是 {blockTime}（UTC 秒）。请以更晚的截止时间重新签名。
    error ActExpired(uint256 deadline, uint256 blockTime);

    /// @notice Nonce {nonce} of {signer} was used before: this act was already accepted or cancelled.
    /// @custom:zh {signer} 的随机序号 {nonce} 已被使用：该行为已被接受或已撤回。
    error ActReplayed(address signer, uint256 nonce);

    /// @notice The signature is not that of {signer} over act {act}. Check the signer, the fields and the chain id.
    /// @custom:zh 签名与 {signer} 对行为 {act} 的签名不符。请检查签名人、字段与链号。
    error SignatureInvalid(address signer, bytes32 act);

    /// @notice The signature is the malleable twin of another (high s value {s}). Use the wallet's original signature.
    /// @custom:zh 签名为可延展的变体（s 值过高：{s}）。请使用钱包给出的原始签名。
    error SignatureMalleable(bytes32 s);

    /// @notice Withdraws a signed act that was not accepted yet, by using up its nonce.
    /// @custom:zh 撤回尚未被接受的已签名行为。
    function cancel(CancelAct calldata act, Auth calldata auth) external;

    /// @notice Whether `signer` has used `nonce` in this contract.
    function nonceUsed(address signer, uint256 nonce) external view returns (bool);
}
