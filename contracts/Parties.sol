// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Acts} from "./Acts.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import "./interfaces/IParties.sol";

/// @dev The manual is `interfaces/IParties.sol`.
contract Parties is IParties, Acts {
    uint64 public constant RECOVERY_DELAY = 72 hours;

    bytes32 private constant ENROL_PARTY = keccak256(
        "EnrolParty(address account,uint32 roles,bytes32 identity,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant ASSIGN_ROLES =
        keccak256("AssignRoles(uint64 party,uint32 roles,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant APPOINT_GUARDIANS = keccak256(
        "AppointGuardians(uint64 bank,uint64 village,uint64 operator,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant SUSPEND_PARTY =
        keccak256("SuspendParty(uint64 party,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant REINSTATE_PARTY =
        keccak256("ReinstateParty(uint64 party,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant REVOKE_PARTY =
        keccak256("RevokeParty(uint64 party,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant ROTATE_KEY =
        keccak256("RotateKey(address newAccount,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant SUPPORT_RECOVERY = keccak256(
        "SupportRecovery(uint64 party,address newAccount,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant VETO_RECOVERY =
        keccak256("VetoRecovery(uint64 party,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant COMPLETE_RECOVERY =
        keccak256("CompleteRecovery(uint64 party,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant STOP_DOMAIN =
        keccak256("StopDomain(address domain,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant RESUME_DOMAIN =
        keccak256("ResumeDomain(address domain,address signer,uint256 nonce,uint256 deadline)");

    /// What the gate needs to know about an account, in one slot (64 + 32 + 32 + 8 + 8 bits).
    /// A replaced account keeps its party and has status NONE, so that it can never be taken again.
    struct Seat {
        uint64 party;
        uint32 roles;
        uint32 keyEpoch;
        Status status;
        bool recovering;
    }

    IAccessManager public immutable MANAGER;
    IEvidence public immutable EVIDENCE;

    uint64 public partyCount;
    mapping(address account => Seat) private _seats;
    mapping(uint64 party => address) private _accounts;
    mapping(uint64 party => bytes32) private _identities;
    mapping(uint64 party => Guardians) private _guardians;
    mapping(uint64 party => Recovery) private _recoveries;
    mapping(address domain => bool) public stopped;

    constructor(IAccessManager manager, IEvidence evidence) Acts("Chaqi Parties") {
        MANAGER = manager;
        EVIDENCE = evidence;
    }

    /* ENROLMENT */

    /// @inheritdoc IParties
    function enrol(EnrolParty calldata act, Auth calldata auth) external returns (uint64 id) {
        _accept(abi.encode(ENROL_PARTY, act), auth);
        _requireRunning();
        _requireRight(auth.signer);
        _requireRoles(act.roles);
        _requireFree(act.account);
        id = ++partyCount;
        _seats[act.account] = Seat(id, act.roles, 0, Status.ACTIVE, false);
        _accounts[id] = act.account;
        _identities[id] = act.identity;
        emit PartyEnrolled(id, act.account, act.roles, act.identity);
    }

    /// @inheritdoc IParties
    function assignRoles(AssignRoles calldata act, Auth calldata auth) external {
        _accept(abi.encode(ASSIGN_ROLES, act), auth);
        _requireRunning();
        _requireRight(auth.signer);
        _requireRoles(act.roles);
        _seat(act.party).roles = act.roles;
        emit RolesAssigned(act.party, act.roles);
    }

    /* STATUS: stop is immediate */

    /// @inheritdoc IParties
    function suspend(SuspendParty calldata act, Auth calldata auth) external {
        _accept(abi.encode(SUSPEND_PARTY, act), auth);
        _requireRight(auth.signer);
        _changeStatus(act.party, Status.ACTIVE, Status.SUSPENDED, act.evidence);
    }

    /// @inheritdoc IParties
    function reinstate(ReinstateParty calldata act, Auth calldata auth) external {
        _accept(abi.encode(REINSTATE_PARTY, act), auth);
        _requireRunning();
        _requireRight(auth.signer);
        _changeStatus(act.party, Status.SUSPENDED, Status.ACTIVE, act.evidence);
    }

    /// @inheritdoc IParties
    function revoke(RevokeParty calldata act, Auth calldata auth) external {
        _accept(abi.encode(REVOKE_PARTY, act), auth);
        _requireRight(auth.signer);
        Status from = _seat(act.party).status;
        require(from != Status.REVOKED, StatusUnchanged(act.party, from));
        _changeStatus(act.party, from, Status.REVOKED, act.evidence);
    }

    /* KEYS */

    /// @inheritdoc IParties
    function rotateKey(RotateKey calldata act, Auth calldata auth) external {
        _accept(abi.encode(ROTATE_KEY, act), auth);
        _requireRunning();
        uint64 id = _requireActive(auth.signer);
        require(!_seats[auth.signer].recovering, RecoveryUnderWay(id, _recoveries[id].newAccount));
        _replaceKey(id, act.newAccount);
    }

    /// @inheritdoc IParties
    function appointGuardians(AppointGuardians calldata act, Auth calldata auth) external {
        _accept(abi.encode(APPOINT_GUARDIANS, act), auth);
        _requireRunning();
        uint64 id = _requireActive(auth.signer);
        Recovery storage current = _recoveries[id];
        require(current.newAccount == address(0), RecoveryUnderWay(id, current.newAccount));
        _requireFit(act.bank, Roles.BANK, id, act.village);
        _requireFit(act.village, Roles.VILLAGE, id, act.operator);
        _requireFit(act.operator, Roles.OPERATOR, id, act.bank);
        _guardians[id] = Guardians(act.bank, act.village, act.operator);
        emit GuardiansAppointed(id, act.bank, act.village, act.operator);
    }

    /// @inheritdoc IParties
    function supportRecovery(SupportRecovery calldata act, Auth calldata auth) external {
        _accept(abi.encode(SUPPORT_RECOVERY, act), auth);
        _requireRunning();
        uint64 actor = _requireActive(auth.signer);
        Seat storage seat = _seat(act.party);
        require(seat.status != Status.REVOKED, PartyRevoked(act.party));
        EVIDENCE.requireLive(act.evidence);
        Recovery memory current = _recoveries[act.party];
        uint8 bit = _guardianBit(act.party, actor);
        require(bit != 0 && current.supporters & bit == 0, NotGuardian(act.party, actor));
        if (current.newAccount == address(0)) _requireFree(act.newAccount);
        else require(current.newAccount == act.newAccount, RecoveryUnderWay(act.party, current.newAccount));

        bool second = current.supporters != 0 && current.endsAt == 0;
        current.newAccount = act.newAccount;
        current.supporters |= bit;
        if (second) current.endsAt = uint64(block.timestamp) + RECOVERY_DELAY;
        _recoveries[act.party] = current;
        seat.recovering = current.endsAt != 0;
        emit RecoveryChanged(act.party, actor, act.newAccount, current.supporters, current.endsAt, act.evidence);
    }

    /// @inheritdoc IParties
    function vetoRecovery(VetoRecovery calldata act, Auth calldata auth) external {
        _accept(abi.encode(VETO_RECOVERY, act), auth);
        uint64 actor = _requireActive(auth.signer);
        require(actor == act.party || _guardianBit(act.party, actor) != 0, NotGuardian(act.party, actor));
        require(_recoveries[act.party].newAccount != address(0), NoRecovery(act.party));
        _endRecovery(act.party, actor);
    }

    /// @inheritdoc IParties
    function completeRecovery(CompleteRecovery calldata act, Auth calldata auth) external {
        _accept(abi.encode(COMPLETE_RECOVERY, act), auth);
        _requireRunning();
        Recovery memory current = _recoveries[act.party];
        bool due = current.endsAt != 0 && block.timestamp >= current.endsAt;
        require(due, RecoveryNotDue(act.party, current.endsAt));
        _endRecovery(act.party, 0);
        _replaceKey(act.party, current.newAccount);
    }

    /* STOPS */

    /// @inheritdoc IParties
    function stopDomain(StopDomain calldata act, Auth calldata auth) external {
        _accept(abi.encode(STOP_DOMAIN, act), auth);
        _requireRight(auth.signer);
        stopped[act.domain] = true;
        emit DomainStopped(act.domain, true);
    }

    /// @inheritdoc IParties
    function resumeDomain(ResumeDomain calldata act, Auth calldata auth) external {
        _accept(abi.encode(RESUME_DOMAIN, act), auth);
        _requireRight(auth.signer);
        stopped[act.domain] = false;
        emit DomainStopped(act.domain, false);
    }

    /* READS */

    /// @inheritdoc IParties
    function requireActor(address account, uint32 roles) external view returns (uint64) {
        require(!stopped[msg.sender], DomainIsStopped(msg.sender));
        uint64 id = _requireActive(account);
        uint32 held = _seats[account].roles;
        require(roles == 0 || held & roles != 0, RoleMissing(id, held, roles));
        return id;
    }

    /// @inheritdoc IParties
    function party(uint64 id) external view returns (Party memory) {
        Seat memory seat = _seat(id);
        return Party(_accounts[id], seat.roles, seat.status, seat.keyEpoch, seat.recovering, _identities[id]);
    }

    /// @inheritdoc IParties
    function guardians(uint64 id) external view returns (Guardians memory) {
        return _guardians[id];
    }

    /// @inheritdoc IParties
    function recovery(uint64 id) external view returns (Recovery memory) {
        return _recoveries[id];
    }

    /// @inheritdoc IParties
    function partyOf(address account) external view returns (uint64) {
        return _seats[account].party;
    }

    /* RULES */

    /// The right comes from the manager; one that is held with a delay arrives through `AccessManager.execute`, signed
    /// by its holder all the same. The manager knows accounts, not parties: a key that was replaced, or whose party
    /// is suspended, must not keep what rights the manager still has on it, nor use them in the manager's name.
    function _requireRight(address signer) private view {
        if (_seats[signer].party != 0) _requireActive(signer);
        (bool immediate, uint32 delay) = MANAGER.canCall(signer, address(this), msg.sig);
        bool waited = delay != 0 && msg.sender == address(MANAGER);
        require(signer != address(MANAGER) && (immediate || waited), NotAuthorized(signer, msg.sig));
    }

    /// Stopping this contract leaves open what makes the ledger safer, and the way out: suspend, revoke,
    /// veto, stop and resume.
    function _requireRunning() private view {
        require(!stopped[address(this)], DomainIsStopped(address(this)));
    }

    function _requireActive(address account) private view returns (uint64) {
        Seat memory seat = _seats[account];
        if (seat.status == Status.ACTIVE) return seat.party;
        require(seat.party != 0, PartyUnknown(account));
        require(seat.status != Status.NONE, KeyRetired(account, seat.party));
        require(seat.status != Status.SUSPENDED, PartySuspended(seat.party));
        revert PartyRevoked(seat.party);
    }

    function _requireRoles(uint32 roles) private pure {
        require(roles != 0 && roles & ~Roles.ALL == 0, RolesUnknown(roles));
    }

    function _requireFree(address account) private view {
        require(account != address(0), AccountMissing());
        uint64 holder = _seats[account].party;
        require(holder == 0, AccountTaken(account, holder));
    }

    /// Two of three guardians are worth nothing unless they are three, and none of them the party itself.
    function _requireFit(uint64 guardian, uint32 role, uint64 ward, uint64 next) private view {
        Seat storage seat = _seat(guardian);
        bool fit = seat.status == Status.ACTIVE && seat.roles & role != 0;
        require(fit && guardian != ward && guardian != next, GuardianUnfit(guardian, role));
    }

    function _guardianBit(uint64 id, uint64 actor) private view returns (uint8) {
        Guardians memory three = _guardians[id];
        if (actor == three.bank) return 1;
        if (actor == three.village) return 2;
        return actor == three.operator ? 4 : 0;
    }

    function _seat(uint64 id) private view returns (Seat storage) {
        address account = _accounts[id];
        require(account != address(0), NoSuchParty(id));
        return _seats[account];
    }

    function _changeStatus(uint64 id, Status from, Status to, bytes32 evidence) private {
        Seat storage seat = _seat(id);
        require(seat.status == from, StatusUnchanged(id, seat.status));
        EVIDENCE.requireLive(evidence);
        seat.status = to;
        emit StatusChanged(id, to, evidence);
    }

    function _replaceKey(uint64 id, address newAccount) private {
        _requireFree(newAccount);
        address previous = _accounts[id];
        Seat memory seat = _seats[previous];
        seat.keyEpoch++;
        _seats[newAccount] = seat;
        _seats[previous] = Seat(id, 0, 0, Status.NONE, false);
        _accounts[id] = newAccount;
        emit KeyReplaced(id, newAccount, previous, seat.keyEpoch);
    }

    function _endRecovery(uint64 id, uint64 actor) private {
        delete _recoveries[id];
        _seat(id).recovering = false;
        emit RecoveryChanged(id, actor, address(0), 0, 0, 0);
    }
}
