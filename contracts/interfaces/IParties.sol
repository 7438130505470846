// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";

enum Status {
    NONE, // not a party, or a key that was replaced
    ACTIVE,
    SUSPENDED, // cannot act until reinstated
    REVOKED // can never act again
}

/// A party as the ledger knows it. Assets and obligations hang on the party id, never on the account.
struct Party {
    address account; // the key or contract wallet that acts for the party now
    uint32 roles; // bit set of `Roles`
    Status status;
    uint32 keyEpoch; // how many times the account was replaced
    bool recovering; // a recovery delay is running: no transfers meanwhile
    bytes32 identity; // salted commitment to the identity record (domain §9); nothing personal
}

/// The three parties of whom two can move a lost party's seat to a new account. All zero when none are appointed.
struct Guardians {
    uint64 bank;
    uint64 village;
    uint64 operator;
}

/// A wallet recovery under way.
struct Recovery {
    address newAccount; // zero when there is none
    uint8 supporters; // bit 0 bank, bit 1 village, bit 2 operator
    uint64 endsAt; // UTC second from which it may be completed; zero until two guardians support it
}

struct EnrolParty {
    address account;
    uint32 roles;
    bytes32 identity;
}

struct AssignRoles {
    uint64 party;
    uint32 roles;
}

struct AppointGuardians {
    uint64 bank;
    uint64 village;
    uint64 operator;
}

struct SuspendParty {
    uint64 party;
    bytes32 evidence;
}

struct ReinstateParty {
    uint64 party;
    bytes32 evidence;
}

struct RevokeParty {
    uint64 party;
    bytes32 evidence;
}

struct RotateKey {
    address newAccount;
}

struct SupportRecovery {
    uint64 party;
    address newAccount;
    bytes32 evidence;
}

struct VetoRecovery {
    uint64 party;
}

struct CompleteRecovery {
    uint64 party;
}

struct StopDomain {
    address domain;
}

struct ResumeDomain {
    address domain;
}

/// @title Parties: who may act, in which role, with which key
/// @notice The gate on every hot path: `requireActor` is one lookup.
/// @dev Trust: enrolment, roles, reinstatement and revocation need the right that `AccessManager` grants for the
/// function; suspension and stopping a domain need theirs and have no delay (stop is immediate, grant is delayed).
/// @dev Events here name no actor: the `Acted` right before them in the same transaction names the signer. Only
/// `RecoveryChanged` does, because who supported or vetoed is part of what happened.
/// @dev Warning: the ledger does not verify identities; `identity` commits to what the enroller checked.
interface IParties is IActs {
    /// @notice A party was enrolled and may act from now on.
    event PartyEnrolled(uint64 indexed party, address account, uint32 roles, bytes32 identity);

    /// @notice The party's roles are now `roles`.
    event RolesAssigned(uint64 indexed party, uint32 roles);

    /// @notice The party's guardians are now these.
    event GuardiansAppointed(uint64 indexed party, uint64 bank, uint64 village, uint64 operator);

    /// @notice The party's status is now `status`, on the ground that `evidence` documents.
    event StatusChanged(uint64 indexed party, Status status, bytes32 evidence);

    /// @notice The party acts with `account` from now on; `previous` is retired for ever.
    event KeyReplaced(uint64 indexed party, address account, address previous, uint32 keyEpoch);

    /// @notice The recovery of the party now stands so; all zero when it ended by veto or completion.
    /// @param actor the guardian or party that supported or vetoed; zero on completion, which nobody decides
    event RecoveryChanged(
        uint64 indexed party, uint64 actor, address newAccount, uint8 supporters, uint64 endsAt, bytes32 evidence
    );

    /// @notice Acts of the contract `domain` are refused while `stopped`.
    event DomainStopped(address indexed domain, bool stopped);

    /// @notice {account} is not a party of this ledger. Ask an enrolment office to enrol it.
    /// @custom:zh {account} 不是本账本的参与方，请先向登记机构办理入驻。
    error PartyUnknown(address account);

    /// @notice There is no party {party}.
    /// @custom:zh 参与方 {party} 不存在。
    error NoSuchParty(uint64 party);

    /// @notice Key {account} of party {party} was replaced. Sign with the current key.
    /// @custom:zh 参与方 {party} 的密钥 {account} 已被更换，请使用当前密钥签名。
    error KeyRetired(address account, uint64 party);

    /// @notice Party {party} is suspended and cannot act until it is reinstated.
    /// @custom:zh 参与方 {party} 已被暂停，恢复之前不能行事。
    error PartySuspended(uint64 party);

    /// @notice Party {party} was revoked and can never act again.
    /// @custom:zh 参与方 {party} 已被注销，不能再行事。
    error PartyRevoked(uint64 party);

    /// @notice Party {party} has roles {roles}, and this act needs one of {needed} (bit sets).
    /// @custom:zh 参与方 {party} 的角色为 {roles}，本行为需要 {needed} 中之一（位集合）。
    error RoleMissing(uint64 party, uint32 roles, uint32 needed);

    /// @notice {signer} does not hold the right to perform {selector}.
    /// @custom:zh {signer} 没有执行 {selector} 的权限。
    error NotAuthorized(address signer, bytes4 selector);

    /// @notice Acts of {domain} are stopped. Try again when the operator has resumed it.
    /// @custom:zh {domain} 的业务已被暂停，请待运营方恢复后再试。
    error DomainIsStopped(address domain);

    /// @notice Account {account} already belongs or belonged to party {party}.
    /// @custom:zh 账户 {account} 现在或曾经属于参与方 {party}。
    error AccountTaken(address account, uint64 party);

    /// @notice The zero account cannot act for a party.
    /// @custom:zh 零地址不能作为参与方的账户。
    error AccountMissing();

    /// @notice {roles} is not a set of known roles.
    /// @custom:zh {roles} 不是有效的角色集合。
    error RolesUnknown(uint32 roles);

    /// @notice Party {party} is {status} already, or cannot be changed so from {status}.
    /// @custom:zh 参与方 {party} 目前的状态为 {status}，不能作此变更。
    error StatusUnchanged(uint64 party, Status status);

    /// @notice Party {party} cannot be this guardian: it must be active, hold role {needed}, be another than the party itself and be named once.
    /// @custom:zh 参与方 {party} 不能担任该监护人：须为有效参与方、具备角色 {needed}、非本方，且不得重复指定。
    error GuardianUnfit(uint64 party, uint32 needed);

    /// @notice Party {actor} is not a guardian of party {party}, or supported this recovery already.
    /// @custom:zh 参与方 {actor} 不是参与方 {party} 的监护人，或已支持过本次恢复。
    error NotGuardian(uint64 party, uint64 actor);

    /// @notice Another recovery of party {party}, to {newAccount}, is under way. It must be vetoed or completed first.
    /// @custom:zh 参与方 {party} 正在恢复到 {newAccount}，须先否决或完成。
    error RecoveryUnderWay(uint64 party, address newAccount);

    /// @notice No recovery of party {party} can be completed before {endsAt} (UTC seconds; 0: none is supported by two guardians).
    /// @custom:zh 参与方 {party} 的恢复在 {endsAt}（UTC 秒；0 表示尚无两名监护人支持）之前不能完成。
    error RecoveryNotDue(uint64 party, uint64 endsAt);

    /// @notice No recovery of party {party} is under way.
    /// @custom:zh 参与方 {party} 目前没有正在进行的恢复。
    error NoRecovery(uint64 party);

    /// @notice Enrols a new party; only who holds the right of enrolment.
    /// @custom:zh 登记新的参与方。
    function enrol(EnrolParty calldata act, Auth calldata auth) external returns (uint64 party);

    /// @notice Sets the roles of a party; only who holds the right of enrolment.
    /// @custom:zh 设定参与方的角色。
    function assignRoles(AssignRoles calldata act, Auth calldata auth) external;

    /// @notice The signer names the three guardians of its own party.
    /// @custom:zh 指定本方的三名监护人（银行、村集体、运营方）。
    function appointGuardians(AppointGuardians calldata act, Auth calldata auth) external;

    /// @notice Suspends a party at once, on live evidence.
    /// @custom:zh 依据有效证据立即暂停参与方。
    function suspend(SuspendParty calldata act, Auth calldata auth) external;

    /// @notice Lets a suspended party act again, on live evidence.
    /// @custom:zh 依据有效证据恢复被暂停的参与方。
    function reinstate(ReinstateParty calldata act, Auth calldata auth) external;

    /// @notice Ends a party for ever, on live evidence.
    /// @custom:zh 依据有效证据永久注销参与方。
    function revoke(RevokeParty calldata act, Auth calldata auth) external;

    /// @notice The signer moves its own party to a new account.
    /// @custom:zh 将本方更换到新的账户。
    function rotateKey(RotateKey calldata act, Auth calldata auth) external;

    /// @notice A guardian supports moving a party to a new account; the second support starts a delay of 72 hours.
    /// @custom:zh 监护人支持将某方恢复到新账户；第二名监护人支持后开始 72 小时等待期。
    function supportRecovery(SupportRecovery calldata act, Auth calldata auth) external;

    /// @notice Ends a recovery: by the party itself with its present key, or by one of its guardians.
    /// @custom:zh 否决恢复：由本方现有密钥或任一监护人作出。
    function vetoRecovery(VetoRecovery calldata act, Auth calldata auth) external;

    /// @notice Completes a recovery whose delay has passed. Anybody may sign it, the new wallet for instance: nothing is decided here.
    /// @custom:zh 等待期届满后完成恢复；任何人（例如新钱包）均可签署，此处不作任何决定。
    function completeRecovery(CompleteRecovery calldata act, Auth calldata auth) external;

    /// @notice Refuses all further acts of one contract, at once. Of this contract it refuses all but what makes the
    /// ledger safer: suspend, revoke, veto, stop, resume and cancel.
    /// @custom:zh 立即暂停某一合约的全部业务。
    function stopDomain(StopDomain calldata act, Auth calldata auth) external;

    /// @notice Ends the stop of a contract.
    /// @custom:zh 恢复某一合约的业务。
    function resumeDomain(ResumeDomain calldata act, Auth calldata auth) external;

    /// @notice The active party that `account` acts for, if it holds one of `roles` (zero: any); reverts otherwise.
    /// @dev Also reverts while the calling contract is stopped.
    function requireActor(address account, uint32 roles) external view returns (uint64 party);

    /// @notice The party `id`; reverts with `NoSuchParty`.
    function party(uint64 id) external view returns (Party memory);

    /// @notice The guardians of party `id`.
    function guardians(uint64 id) external view returns (Guardians memory);

    /// @notice The recovery of party `id` that is under way, if any.
    function recovery(uint64 id) external view returns (Recovery memory);

    /// @notice The party `account` acts or acted for; zero when none.
    function partyOf(address account) external view returns (uint64);

    /// @notice How many parties were ever enrolled; ids run from 1 to this.
    function partyCount() external view returns (uint64);

    /// @notice Whether acts of `domain` are stopped.
    function stopped(address domain) external view returns (bool);
}
