// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";

/// When a notary's key may have been in other hands, UTC seconds.
struct KeyWindow {
    uint64 from; // invalidity date; zero: never reported
    uint64 until; // of the report
}

struct DeclareConflict {
    uint64 notary;
    uint64 party;
    bool conflicted;
    bytes32 evidence;
}

struct ReportKey {
    uint64 notary;
    uint64 invalidFrom;
    bytes32 evidence;
}

/// @title Notaries: what is known against a notary's acting: interests in the affairs of parties, and keys that were lost
/// @notice Deeds ask here before a notary is assigned (法释〔2018〕18号 12(1)(3)) and before anything is enforced
/// (domain §5: a compromised key puts deeds of its window under review; it voids none).
interface INotaries is IActs {
    /// @notice Whether a notary may make deeds of this party.
    event ConflictDeclared(
        uint64 indexed notary, uint64 indexed party, bool conflicted, uint64 actor, bytes32 evidence
    );

    /// @notice A notary's key may have been in other hands in this window; its deeds of that time await the office.
    event KeyReported(uint64 indexed notary, uint64 indexed actor, uint64 from, uint64 until, bytes32 evidence);

    /// @notice Notary {notary} has an interest in the affairs of party {party} and cannot be assigned (法释〔2018〕18号 12(1)(3)).
    /// @custom:zh 公证员 {notary} 与参与方 {party} 存在利害关系，不得承办（法释〔2018〕18号 12(1)(3)）。
    error ConflictOfInterest(uint64 notary, uint64 party);

    /// @notice Party {party} is not an active party with role {role}.
    /// @custom:zh 参与方 {party} 不是具有角色 {role} 的有效参与方。
    error PartyUnfit(uint64 party, uint32 role);

    /// @notice A key cannot be invalid from {invalidFrom}: it is neither zero nor later than {latest} (UTC seconds).
    /// @custom:zh 密钥失效时间 {invalidFrom} 无效：不能为零，也不能晚于现在 {latest}（UTC 秒）。
    error InvalidityUnfit(uint64 invalidFrom, uint64 latest);

    /// @notice A notary or an office declares that a notary has an interest in the affairs of a party, or has none any more.
    /// @custom:zh 公证员或公证处申报公证员与某参与方存在（或不再存在）利害关系。
    function declareConflict(DeclareConflict calldata act, Auth calldata auth) external;

    /// @notice The notary itself, an office or a regulator reports a notary's key as compromised since an instant.
    /// @custom:zh 公证员本人、公证处或监管报告公证员密钥自某时起失控。
    function reportKey(ReportKey calldata act, Auth calldata auth) external;

    /// @notice When a notary's key may have been in other hands.
    function keyWindow(uint64 notary) external view returns (KeyWindow memory);

    /// @notice Whether a notary must not make deeds of a party.
    function conflicted(uint64 notary, uint64 party) external view returns (bool);

    /// @notice Reverts unless `notary` is an active notary without an interest in the affairs of the registered `party`.
    function requireUnconflicted(uint64 notary, uint64 party) external view;
}
