// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Roles} from "./Roles.sol";
import {TreeCard} from "./TreeCard.sol";
import {TreeToken} from "./TreeToken.sol";
import "./TreeTypes.sol";
import {Auth} from "./interfaces/IActs.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {ILiens} from "./interfaces/ILiens.sol";
import {IParties, Party, Status} from "./interfaces/IParties.sol";
import "./interfaces/ITrees.sol";

/// @dev The manual is `interfaces/ITrees.sol`.
contract Trees is TreeToken, Acts {
    uint64 public constant SURVEY_PERIOD = 30 days;
    uint64 public constant NOTICE_PERIOD = 15 days;
    uint64 public constant COURT_RESTRAINT_MAX = 1096 days; // three years, which hold at most one leap day

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    ILiens public immutable LIENS;

    uint64 public treeCount;
    mapping(uint256 tree => Tree) private _trees;
    mapping(uint256 tree => mapping(Restraint kind => Hold)) private _holds;
    mapping(uint64 party => uint256) private _registeredTrees;

    constructor(IParties parties, IEvidence evidence, ILiens liens) Acts("Chaqi Trees") {
        PARTIES = parties;
        EVIDENCE = evidence;
        LIENS = liens;
    }

    /* FILING, SURVEY, NOTICE, REGISTRATION */

    /// @inheritdoc ITrees
    function file(FileTree calldata act, Auth calldata auth) external returns (uint256 id) {
        _accept(_encodeFiling(act), auth);
        uint64 owner = PARTIES.requireActor(auth.signer, Roles.FARMER | Roles.FIRM | Roles.VILLAGE);
        _requireComplete(act);
        EVIDENCE.requireLive(act.evidence);
        id = treeId(act.tag);
        Tree storage twin = _trees[id];
        require(twin.title == Title.NONE, TagTaken(act.tag, id));
        twin.owner = owner;
        twin.filedAt = uint64(block.timestamp);
        twin.title = Title.FILED;
        twin.titleClass = act.titleClass;
        twin.life = Life.ALIVE;
        twin.ageMethod = act.ageMethod;
        twin.ageYears = act.ageYears;
        twin.graftYear = act.graftYear;
        twin.attributes = act.attributes;
        twin.card = keccak256(abi.encode(act.tag, act.village, act.cultivar, act.geoCell));
        ++treeCount;
        _emitFiled(id, owner, act);
    }

    /// @inheritdoc ITrees
    function survey(SurveyTree calldata act, Auth calldata auth) external {
        _accept(abi.encode(SURVEY_TREE, act), auth);
        uint64 surveyor = PARTIES.requireActor(auth.signer, Roles.SURVEYOR);
        Tree storage twin = _tree(act.tree);
        if (twin.life != Life.REPORTED_DEAD) _requireLife(act.tree, twin, Life.ALIVE);
        require(surveyor != twin.owner, SurveyorIsOwner(act.tree, surveyor));
        require(act.girthCm != 0, FilingIncomplete("girthCm"));
        require(act.health != Health.NONE, FilingIncomplete("health"));
        require(act.attributes != 0, FilingIncomplete("attributes"));
        EVIDENCE.requireLive(act.evidence);
        if (twin.title == Title.FILED) {
            uint64 due = twin.filedAt + SURVEY_PERIOD;
            require(block.timestamp <= due, SurveyTooLate(act.tree, due));
            twin.title = Title.SURVEYED;
        } else {
            require(twin.title != Title.REJECTED, TitleNotReady(act.tree, twin.title, Title.FILED));
        }
        twin.girthCm = act.girthCm;
        twin.heightCm = act.heightCm;
        twin.crownACm = act.crownACm;
        twin.crownBCm = act.crownBCm;
        twin.health = act.health;
        twin.accuracyCm = act.accuracyCm;
        twin.surveyedAt = uint64(block.timestamp);
        twin.surveyor = surveyor;
        twin.attributes = act.attributes;
        emit TreeSurveyed(
            act.tree,
            surveyor,
            twin.title,
            act.girthCm,
            act.heightCm,
            act.crownACm,
            act.crownBCm,
            act.health,
            act.accuracyCm,
            act.attributes,
            act.evidence,
            uint64(block.timestamp)
        );
    }

    /// @inheritdoc ITrees
    function postNotice(PostNotice calldata act, Auth calldata auth) external {
        _accept(abi.encode(POST_NOTICE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.VILLAGE);
        Tree storage twin = _atTitle(act.tree, Title.SURVEYED);
        EVIDENCE.requireLive(act.evidence);
        twin.noticeEndsAt = uint64(block.timestamp) + NOTICE_PERIOD;
        _setTitle(act.tree, twin, actor, Title.NOTICE, act.evidence);
    }

    /// @inheritdoc ITrees
    function object(ObjectToTree calldata act, Auth calldata auth) external {
        _accept(abi.encode(OBJECT_TO_TREE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Tree storage twin = _atTitle(act.tree, Title.NOTICE);
        require(block.timestamp < twin.noticeEndsAt, NoticeOver(act.tree, twin.noticeEndsAt));
        EVIDENCE.requireLive(act.evidence);
        twin.disputedAt = uint64(block.timestamp);
        _setTitle(act.tree, twin, actor, Title.DISPUTED, act.evidence);
    }

    /// @inheritdoc ITrees
    function resolveObjection(ResolveObjection calldata act, Auth calldata auth) external {
        _accept(abi.encode(RESOLVE_OBJECTION, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.VILLAGE | Roles.AGRI);
        Tree storage twin = _atTitle(act.tree, Title.DISPUTED);
        require(actor != twin.owner, OwnerCannotDecide(act.tree, actor));
        EVIDENCE.requireLive(act.evidence);
        // What was left of the notice when it was interrupted runs from now on.
        if (!act.upheld) twin.noticeEndsAt += uint64(block.timestamp) - twin.disputedAt;
        twin.disputedAt = 0;
        _setTitle(act.tree, twin, actor, act.upheld ? Title.REJECTED : Title.NOTICE, act.evidence);
    }

    /// @inheritdoc ITrees
    function register(RegisterTree calldata act, Auth calldata auth) external {
        _accept(abi.encode(REGISTER_TREE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.OPERATOR | Roles.AGRI);
        Tree storage twin = _atTitle(act.tree, Title.NOTICE);
        require(actor != twin.owner, OwnerCannotDecide(act.tree, actor));
        require(act.certificate != 0, FilingIncomplete("certificate"));
        _requireLife(act.tree, twin, Life.ALIVE);
        require(block.timestamp >= twin.noticeEndsAt, NoticeRunning(act.tree, twin.noticeEndsAt));
        _setTitle(act.tree, twin, actor, Title.REGISTERED, act.certificate);
        ++_registeredTrees[twin.owner];
        emit Transfer(address(0), _accountOf(twin.owner), act.tree);
    }

    /// @inheritdoc ITrees
    function recognise(RecogniseTree calldata act, Auth calldata auth) external {
        _accept(abi.encode(RECOGNISE_TREE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.FORESTRY);
        Tree storage twin = _atTitle(act.tree, Title.REGISTERED);
        _requireLife(act.tree, twin, Life.ALIVE);
        require(act.level != 0 && act.level == _levelOf(act.ageYears), LevelUnfit(act.level, act.ageYears));
        EVIDENCE.requireLive(act.evidence);
        twin.protection = act.level;
        twin.ageYears = act.ageYears;
        twin.ageMethod = AgeMethod.AUTHORITY;
        emit TreeRecognised(act.tree, actor, act.level, act.ageYears, AgeMethod.AUTHORITY, act.evidence);
    }

    /* RESTRAINT */

    /// @inheritdoc ITrees
    function restrain(RestrainTree calldata act, Auth calldata auth) external {
        _accept(abi.encode(RESTRAIN_TREE, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, _issuersOf(act.kind));
        Tree storage twin = _tree(act.tree);
        EVIDENCE.requireLive(act.evidence);
        _requireExpiry(act.kind, act.expiresAt);
        Hold storage current = _holds[act.tree][act.kind];
        bool free = current.issuer == actor || !_inForce(current);
        require(free, TreeRestrained(act.tree, act.kind, current.issuer, current.expiresAt));
        _holds[act.tree][act.kind] = Hold(actor, act.expiresAt);
        twin.holds |= _bit(act.kind);
        emit RestraintChanged(act.tree, actor, act.kind, actor, act.expiresAt, act.evidence);
    }

    /// @inheritdoc ITrees
    function lift(LiftRestraint calldata act, Auth calldata auth) external {
        _accept(abi.encode(LIFT_RESTRAINT, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, _issuersOf(act.kind));
        require(_holds[act.tree][act.kind].issuer == actor, NotIssuer(act.tree, act.kind, actor));
        EVIDENCE.requireLive(act.evidence);
        delete _holds[act.tree][act.kind];
        _trees[act.tree].holds &= ~_bit(act.kind);
        emit RestraintChanged(act.tree, actor, act.kind, 0, 0, act.evidence);
    }

    /* LIFE */

    /// @inheritdoc ITrees
    function reportDeath(ReportDeath calldata act, Auth calldata auth) external {
        _accept(abi.encode(REPORT_DEATH, act), auth);
        uint64 actor = PARTIES.requireActor(
            auth.signer,
            Roles.FARMER | Roles.FIRM | Roles.VILLAGE | Roles.SURVEYOR | Roles.FORESTRY | Roles.INSURER | Roles.BANK
        );
        Tree storage twin = _tree(act.tree);
        _requireLife(act.tree, twin, Life.ALIVE);
        EVIDENCE.requireLive(act.evidence);
        twin.life = Life.REPORTED_DEAD;
        emit LifeChanged(act.tree, actor, Life.REPORTED_DEAD, act.evidence);
    }

    /// @inheritdoc ITrees
    function concludeDeathReport(ConcludeDeathReport calldata act, Auth calldata auth) external {
        _accept(abi.encode(CONCLUDE_DEATH_REPORT, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.FORESTRY);
        Tree storage twin = _tree(act.tree);
        _requireLife(act.tree, twin, Life.REPORTED_DEAD);
        bool fit = act.finding == Life.ALIVE || act.finding == Life.DEAD || act.finding == Life.LOST;
        require(fit, FindingUnfit(act.finding));
        EVIDENCE.requireLive(act.evidence);
        twin.life = act.finding;
        emit LifeChanged(act.tree, actor, act.finding, act.evidence);
    }

    /* TITLE */

    /// @inheritdoc ITrees
    function offerTransfer(OfferTransfer calldata act, Auth calldata auth) external {
        _accept(abi.encode(OFFER_TRANSFER, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Tree storage twin = _atTitle(act.tree, Title.REGISTERED);
        require(actor == twin.owner, NotOwner(act.tree, actor));
        if (act.to != 0) {
            require(act.to != actor, TransferToOwner(act.tree, actor));
            _activeAccountOf(act.to);
            EVIDENCE.requireLive(act.evidence);
            _requireTransferable(act.tree, twin);
        }
        _setTransfer(act.tree, twin, actor, act.to, false, act.evidence);
    }

    /// @inheritdoc ITrees
    function acceptTransfer(AcceptTransfer calldata act, Auth calldata auth) external {
        _accept(abi.encode(ACCEPT_TRANSFER, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Tree storage twin = _tree(act.tree);
        require(twin.transferTo == actor, TransferNotAgreed(act.tree, actor));
        EVIDENCE.requireLive(act.evidence);
        _requireTransferable(act.tree, twin);
        _setTransfer(act.tree, twin, actor, actor, true, act.evidence);
    }

    /// @inheritdoc ITrees
    function recordTransfer(RecordTransfer calldata act, Auth calldata auth) external {
        _accept(abi.encode(RECORD_TRANSFER, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.REGISTRY);
        Tree storage twin = _atTitle(act.tree, Title.REGISTERED);
        uint64 previous = twin.owner;
        require(act.to != previous, TransferToOwner(act.tree, previous));
        address account = _activeAccountOf(act.to);
        require(act.receipt != 0, FilingIncomplete("receipt"));
        EVIDENCE.requireLive(act.evidence);
        if (act.basis == TransferBasis.AGREEMENT) {
            require(twin.transferTo == act.to && twin.transferAccepted, TransferNotAgreed(act.tree, act.to));
            LIENS.requireTransferable(act.tree);
        }
        _requireTransferable(act.tree, twin);
        if (twin.transferTo != 0) _setTransfer(act.tree, twin, actor, 0, false, act.evidence);
        twin.owner = act.to;
        --_registeredTrees[previous];
        ++_registeredTrees[act.to];
        emit TitleTransferred(act.tree, actor, act.to, previous, act.basis, act.receipt, act.evidence);
        emit Transfer(_accountOf(previous), account, act.tree);
    }

    /* READS */

    /// @inheritdoc ITrees
    function tree(uint256 id) external view returns (Tree memory) {
        return _tree(id);
    }

    /// @inheritdoc ITrees
    function standing(uint256 id) external view returns (uint64, Title, TitleClass, Life) {
        Tree storage twin = _tree(id);
        return (twin.owner, twin.title, twin.titleClass, twin.life);
    }

    /// @inheritdoc ITrees
    function hold(uint256 id, Restraint kind) external view returns (Hold memory) {
        return _holds[id][kind];
    }

    /// @inheritdoc ITrees
    function requireUnrestrained(uint256 id) public view {
        uint8 holds = _trees[id].holds;
        for (uint8 kind = 0; holds >> kind != 0; ++kind) {
            Hold memory current = _holds[id][Restraint(kind)];
            require(!_inForce(current), TreeRestrained(id, Restraint(kind), current.issuer, current.expiresAt));
        }
    }

    /// @inheritdoc ITrees
    function requirePledgeable(uint256 id) external view returns (uint64 owner) {
        Tree storage twin = _atTitle(id, Title.REGISTERED);
        _requireLife(id, twin, Life.ALIVE);
        require(twin.titleClass != TitleClass.C, NotCollateral(id, twin.titleClass));
        requireUnrestrained(id);
        return twin.owner;
    }

    /// @inheritdoc ITrees
    function treeId(string calldata tag) public pure returns (uint256) {
        return uint256(keccak256(bytes(tag)));
    }

    /* ERC-721 */

    function tokenURI(uint256 id) external view returns (string memory) {
        return TreeCard.uri(id, _atTitle(id, Title.REGISTERED));
    }

    function balanceOf(address account) external view returns (uint256) {
        require(account != address(0), IParties.AccountMissing());
        uint64 id = PARTIES.partyOf(account);
        return id != 0 && _accountOf(id) == account ? _registeredTrees[id] : 0;
    }

    function ownerOf(uint256 id) public view override returns (address) {
        return _accountOf(_atTitle(id, Title.REGISTERED).owner);
    }

    /* RULES */

    function _tree(uint256 id) private view returns (Tree storage twin) {
        twin = _trees[id];
        require(twin.title != Title.NONE, NoSuchTree(id));
    }

    function _atTitle(uint256 id, Title needed) private view returns (Tree storage twin) {
        twin = _tree(id);
        require(twin.title == needed, TitleNotReady(id, twin.title, needed));
    }

    function _requireLife(uint256 id, Tree storage twin, Life needed) private view {
        require(twin.life == needed, LifeNotReady(id, twin.life, needed));
    }

    function _requireComplete(FileTree calldata act) private pure {
        require(bytes(act.tag).length != 0 && bytes(act.tag).length <= 64, FilingIncomplete("tag"));
        require(bytes(act.village).length != 0 && bytes(act.village).length <= 64, FilingIncomplete("village"));
        require(bytes(act.cultivar).length != 0 && bytes(act.cultivar).length <= 64, FilingIncomplete("cultivar"));
        require(bytes(act.geoCell).length != 0 && bytes(act.geoCell).length <= 32, FilingIncomplete("geoCell"));
        require(act.titleClass != TitleClass.NONE, FilingIncomplete("titleClass"));
        require(act.ageMethod != AgeMethod.NONE && act.ageMethod != AgeMethod.AUTHORITY, FilingIncomplete("ageMethod"));
        require(act.attributes != 0, FilingIncomplete("attributes"));
    }

    /// 古树名木保护条例: 500 years and more level 1, 300 level 2, 100 level 3.
    function _levelOf(uint16 ageYears) private pure returns (uint8) {
        if (ageYears >= 500) return 1;
        if (ageYears >= 300) return 2;
        return ageYears >= 100 ? 3 : 0;
    }

    function _bit(Restraint kind) private pure returns (uint8) {
        return uint8(1 << uint8(kind));
    }

    function _issuersOf(Restraint kind) private pure returns (uint32) {
        if (kind == Restraint.COURT) return Roles.COURT_GW;
        return kind == Restraint.DISPUTE ? Roles.VILLAGE | Roles.REGISTRY : Roles.REGULATOR;
    }

    function _requireExpiry(Restraint kind, uint64 expiresAt) private view {
        uint64 latest = kind == Restraint.COURT ? uint64(block.timestamp) + COURT_RESTRAINT_MAX : type(uint64).max;
        bool open = kind != Restraint.COURT && expiresAt == 0;
        require(open || (expiresAt > block.timestamp && expiresAt <= latest), ExpiryUnfit(expiresAt, latest));
    }

    function _inForce(Hold memory current) private view returns (bool) {
        return current.issuer != 0 && (current.expiresAt == 0 || block.timestamp < current.expiresAt);
    }

    function _requireTransferable(uint256 id, Tree storage twin) private view {
        _requireLife(id, twin, Life.ALIVE);
        requireUnrestrained(id);
        require(!PARTIES.party(twin.owner).recovering, PartyRecovering(twin.owner));
    }

    function _accountOf(uint64 party) private view returns (address) {
        return PARTIES.party(party).account;
    }

    /// Title goes to nobody who could not act on it.
    function _activeAccountOf(uint64 id) private view returns (address) {
        Party memory party = PARTIES.party(id);
        require(party.status != Status.SUSPENDED, IParties.PartySuspended(id));
        require(party.status != Status.REVOKED, IParties.PartyRevoked(id));
        return party.account;
    }

    function _setTitle(uint256 id, Tree storage twin, uint64 actor, Title title, bytes32 ground) private {
        twin.title = title;
        uint64 disputedAt = title == Title.DISPUTED ? uint64(block.timestamp) : 0;
        emit TitleChanged(id, actor, title, twin.noticeEndsAt, disputedAt, ground);
    }

    function _setTransfer(uint256 id, Tree storage twin, uint64 actor, uint64 to, bool accepted, bytes32 evidence)
        private
    {
        twin.transferTo = to;
        twin.transferAccepted = accepted;
        emit TransferOffered(id, actor, to, accepted, evidence);
    }

    function _encodeFiling(FileTree calldata act) private pure returns (bytes memory) {
        return bytes.concat(
            abi.encode(
                FILE_TREE,
                keccak256(bytes(act.tag)),
                keccak256(bytes(act.village)),
                keccak256(bytes(act.cultivar)),
                keccak256(bytes(act.geoCell))
            ),
            abi.encode(act.titleClass, act.ageYears, act.ageMethod, act.graftYear, act.attributes, act.evidence)
        );
    }

    function _emitFiled(uint256 id, uint64 owner, FileTree calldata act) private {
        emit TreeFiled(
            id,
            owner,
            act.tag,
            act.village,
            act.cultivar,
            act.geoCell,
            act.titleClass,
            act.ageYears,
            act.ageMethod,
            act.graftYear,
            act.attributes,
            act.evidence,
            uint64(block.timestamp)
        );
    }
}
