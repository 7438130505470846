// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Lists} from "./Lists.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {IParties, Party, Status} from "./interfaces/IParties.sol";
import {ITrees} from "./interfaces/ITrees.sol";
import {IValuations} from "./interfaces/IValuations.sol";
import "./interfaces/ILiens.sol";

/// @dev The manual is `interfaces/ILiens.sol`.
contract Liens is ILiens, Acts {
    using Lists for Lists.Linked;

    /// So that no holder's acts can be made dear by liens of others.
    uint256 public constant MOST_LIENS = 32;

    bytes32 private constant FILE_LIEN = keccak256(
        "FileLien(uint8 kind,uint256 asset,uint64 grantor,uint64 holder,uint256 debt,uint64 securedMax,bool noTransfer,uint16 rank,bytes32 legalReview,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant CONFIRM_LIEN = keccak256(
        "ConfirmLien(uint256 lien,uint8 kind,uint256 asset,uint64 grantor,uint64 holder,uint256 debt,uint64 securedMax,bool noTransfer,uint16 rank,bytes32 legalReview,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant WITHDRAW_LIEN =
        keccak256("WithdrawLien(uint256 lien,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant REGISTER_LIEN = keccak256(
        "RegisterLien(uint256 lien,uint64 registeredAt,bytes32 receipt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant RECORD_LAND_RIGHT =
        keccak256("RecordLandRight(uint256 lien,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant AMEND_LIEN = keccak256(
        "AmendLien(uint256 lien,uint64 securedMax,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant ASSIGN_LIENS =
        keccak256("AssignLiens(uint256 debt,uint64 to,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant DISCHARGE_LIENS = keccak256(
        "DischargeLiens(uint256[] liens,uint8 ground,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant CONSENT_TO_TRANSFER = keccak256(
        "ConsentToTransfer(uint256 lien,uint64 to,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant ATTACH_PROCEEDS = keccak256(
        "AttachProceeds(uint256 lien,uint8 substitute,uint64 amount,bytes32 receipt,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    ITrees public immutable TREES;
    IValuations public immutable VALUATIONS;

    mapping(uint256 lien => Filing) private _filings;
    mapping(uint256 lien => Lien) private _liens;
    // An ended lien stays in its lists until an act walks them anyway: readers pass over it.
    Lists.Linked private _onTree; // liens on trees and the land under them, by tree
    Lists.Linked private _onStock; // liens on stock, apart: who names its id could name a tree's
    Lists.Linked private _ofDebt; // liens by debt
    mapping(uint256 lien => Clauses) private _clauses;
    mapping(bytes32 amendment => mapping(uint64 party => bool)) private _agreed;
    mapping(uint256 lien => mapping(bytes32 receipt => uint64)) public proceeds;

    constructor(IParties parties, IEvidence evidence, ITrees trees, IValuations valuations) Acts("Chaqi Liens") {
        PARTIES = parties;
        EVIDENCE = evidence;
        TREES = trees;
        VALUATIONS = valuations;
    }

    /* AGREEMENT: two sides, one set of terms */

    /// @inheritdoc ILiens
    function file(FileLien calldata act, Auth calldata auth) external returns (uint256 id) {
        bytes memory encoded = abi.encode(FILE_LIEN, act);
        id = uint256(_accept(encoded, auth));
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        require(actor == act.grantor || actor == act.holder, NotSignatory(actor));
        require(act.grantor != act.holder, HolderUnfit(act.holder));
        require(act.kind != RegistryKind.NONE, ITrees.FilingIncomplete("kind"));
        require(act.asset != 0, ITrees.FilingIncomplete("asset"));
        require(act.debt != 0, ITrees.FilingIncomplete("debt"));
        require(act.securedMax != 0, ITrees.FilingIncomplete("securedMax"));
        EVIDENCE.requireLive(act.evidence);
        if (act.legalReview != 0) EVIDENCE.requireLive(act.legalReview);
        _requirePledgeable(act.kind, act.asset, act.grantor);
        _filings[id] = Filing(actor, uint192(uint256(keccak256(encoded))));
        emit LienFiled(
            id,
            actor,
            act.kind,
            act.asset,
            act.grantor,
            act.holder,
            act.debt,
            act.securedMax,
            act.noTransfer,
            act.rank,
            act.legalReview,
            act.evidence
        );
    }

    /// @inheritdoc ILiens
    function confirm(ConfirmLien calldata act, Auth calldata auth) external {
        _accept(abi.encode(CONFIRM_LIEN, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        require(actor == act.grantor || actor == act.holder, NotSignatory(actor));
        _requireFiled(actor, act);
        EVIDENCE.requireLive(act.evidence);
        _requirePledgeable(act.kind, act.asset, act.grantor);
        require(!PARTIES.party(act.grantor).recovering, ITrees.PartyRecovering(act.grantor));
        _requireBank(act.holder);
        Lists.Linked storage list = _on(act.kind);
        _prune(list, act.asset);
        // Not while a live one leads: a debt may have many liens, and only its own parties lengthen its list.
        if (_ended(_ofDebt.newest[act.debt])) _prune(_ofDebt, act.debt);
        _requireRoom(act);

        LegalEffect effect =
            act.kind == RegistryKind.REAL_PROPERTY ? LegalEffect.NONE : LegalEffect.CONTRACT_ONLY;
        _liens[act.lien] = Lien(
            act.holder, act.grantor, act.securedMax, 0, act.kind, effect, DischargeGround.NONE, act.asset, act.debt
        );
        if (act.noTransfer) _clauses[act.lien].noTransfer = true;
        delete _filings[act.lien];
        list.add(act.asset, act.lien);
        _ofDebt.add(act.debt, act.lien);
        emit LienConfirmed(
            act.lien,
            actor,
            act.kind,
            act.asset,
            act.grantor,
            act.holder,
            act.debt,
            act.securedMax,
            act.noTransfer,
            act.rank,
            effect,
            act.evidence
        );
    }

    /// @inheritdoc ILiens
    function withdraw(WithdrawLien calldata act, Auth calldata auth) external {
        _accept(abi.encode(WITHDRAW_LIEN, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        require(_filings[act.lien].filer == actor, NoSuchFiling(act.lien, actor));
        delete _filings[act.lien];
        emit FilingWithdrawn(act.lien, actor);
    }

    /* THE REGISTRY'S RECEIPT */

    /// @inheritdoc ILiens
    function register(RegisterLien calldata act, Auth calldata auth) external {
        _accept(abi.encode(REGISTER_LIEN, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.REGISTRY);
        Lien storage current = _live(act.lien);
        require(current.registeredAt == 0, AlreadyRegistered(act.lien, current.registeredAt));
        bool past = act.registeredAt != 0 && act.registeredAt <= block.timestamp;
        require(past, RegistryTimeUnfit(act.registeredAt, block.timestamp));
        require(act.receipt != 0, ITrees.FilingIncomplete("receipt"));
        EVIDENCE.requireLive(act.evidence);
        current.registeredAt = uint40(act.registeredAt);
        LegalEffect effect =
            current.kind == RegistryKind.REAL_PROPERTY ? LegalEffect.CONSTITUTED : LegalEffect.OPPOSABLE;
        current.effect = effect;
        emit LienRegistered(act.lien, actor, effect, uint40(act.registeredAt), act.receipt, act.evidence);
        Lists.Linked storage list = _on(current.kind);
        for (uint256 id = _next(list, act.lien); id != 0; id = _next(list, id)) {
            if (_better(current, _liens[id])) emit PriorityConflict(act.lien, id, current.asset);
        }
    }

    /// @inheritdoc ILiens
    function recordLandRight(RecordLandRight calldata act, Auth calldata auth) external {
        _accept(abi.encode(RECORD_LAND_RIGHT, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.VILLAGE);
        RegistryKind kind = _live(act.lien).kind;
        require(kind == RegistryKind.LAND_RIGHT, NoLandRight(act.lien, kind));
        EVIDENCE.requireLive(act.evidence);
        _clauses[act.lien].village = actor;
        emit LandRightRecorded(act.lien, actor, act.evidence);
    }

    /* CHANGES: whoever is made worse off has signed */

    /// @inheritdoc ILiens
    function amend(AmendLien calldata act, Auth calldata auth) external {
        _accept(abi.encode(AMEND_LIEN, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        Lien storage current = _live(act.lien);
        uint64 before = current.securedMax;
        require(act.securedMax != 0 && act.securedMax != before, NothingAmended(act.lien, before));
        EVIDENCE.requireLive(act.evidence);
        uint32 amendments = _clauses[act.lien].amendments;
        if (act.securedMax < before) {
            require(actor == current.holder, NotHolder(act.lien, actor));
        } else {
            _agreed[_amendment(act.lien, amendments, act.securedMax)][actor] = true;
            emit AmendmentAgreed(act.lien, actor, amendments, act.securedMax, act.evidence);
            if (!_allAgree(act, current, actor, amendments)) return;
        }
        current.securedMax = act.securedMax;
        _clauses[act.lien].amendments = amendments + 1;
        emit LienAmended(act.lien, actor, act.securedMax, amendments + 1, act.evidence);
    }

    /// @inheritdoc ILiens
    function assign(AssignLiens calldata act, Auth calldata auth) external {
        _accept(abi.encode(ASSIGN_LIENS, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.BANK);
        _prune(_ofDebt, act.debt);
        uint256 id = _ofDebt.newest[act.debt];
        require(id != 0, DebtUnsecured(act.debt));
        EVIDENCE.requireLive(act.evidence);
        _requireBank(act.to);
        for (; id != 0; id = _ofDebt.older[id]) {
            Lien storage current = _liens[id];
            require(current.holder == actor, NotHolder(id, actor));
            require(current.grantor != act.to && actor != act.to, HolderUnfit(act.to));
            current.holder = act.to;
            emit LienAssigned(id, actor, act.to, actor, act.evidence);
        }
    }

    /// @inheritdoc ILiens
    function discharge(DischargeLiens calldata act, Auth calldata auth) external {
        _accept(
            abi.encode(DISCHARGE_LIENS, keccak256(abi.encodePacked(act.liens)), act.ground, act.evidence), auth
        );
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        require(act.liens.length != 0, ITrees.FilingIncomplete("liens"));
        require(act.ground != DischargeGround.NONE, ITrees.FilingIncomplete("ground"));
        if (act.evidence != 0) EVIDENCE.requireLive(act.evidence);
        for (uint256 place = 0; place < act.liens.length; ++place) {
            uint256 id = act.liens[place];
            Lien storage current = _live(id);
            if (current.holder != actor) {
                PARTIES.requireActor(auth.signer, Roles.REGISTRY | Roles.COURT_GW);
                require(act.evidence != 0, ITrees.FilingIncomplete("evidence"));
            }
            current.discharged = act.ground;
            emit LienDischarged(id, actor, act.ground, act.evidence);
        }
    }

    /// @inheritdoc ILiens
    function consentToTransfer(ConsentToTransfer calldata act, Auth calldata auth) external {
        _accept(abi.encode(CONSENT_TO_TRANSFER, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        require(_live(act.lien).holder == actor, NotHolder(act.lien, actor));
        EVIDENCE.requireLive(act.evidence);
        _clauses[act.lien].transferTo = act.to;
        emit TransferConsented(act.lien, actor, act.to, act.evidence);
    }

    /// @inheritdoc ILiens
    function attachProceeds(AttachProceeds calldata act, Auth calldata auth) external {
        _accept(abi.encode(ATTACH_PROCEEDS, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        if (_live(act.lien).holder != actor) PARTIES.requireActor(auth.signer, Roles.INSURER);
        require(act.amount != 0, ITrees.FilingIncomplete("amount"));
        require(act.receipt != 0, ITrees.FilingIncomplete("receipt"));
        require(proceeds[act.lien][act.receipt] == 0, ReceiptUsed(act.lien, act.receipt));
        EVIDENCE.requireLive(act.evidence);
        proceeds[act.lien][act.receipt] = act.amount;
        emit ProceedsAttached(act.lien, actor, act.receipt, act.substitute, act.amount, act.evidence);
    }

    /* READS */

    /// @inheritdoc ILiens
    function lien(uint256 id) external view returns (Lien memory) {
        return _lien(id);
    }

    /// @inheritdoc ILiens
    function clauses(uint256 id) external view returns (Clauses memory) {
        return _clauses[id];
    }

    /// @inheritdoc ILiens
    function filing(uint256 id) external view returns (Filing memory) {
        return _filings[id];
    }

    /// @inheritdoc ILiens
    function agreedTo(uint256 id, uint32 amendments, uint64 securedMax, uint64 party) external view returns (bool) {
        return _agreed[_amendment(id, amendments, securedMax)][party];
    }

    /// @inheritdoc ILiens
    function ranking(RegistryKind kind, uint256 asset)
        external
        view
        returns (uint256[] memory liens, uint16[] memory ranks)
    {
        liens = _all(_on(kind), asset);
        ranks = new uint16[](liens.length);
        for (uint256 known = 0; known < liens.length; ++known) {
            uint256 id = liens[known];
            uint256 place = known;
            // The newest comes first: each goes before those that are not better, so that of equals the older is first.
            for (; place != 0 && !_better(_liens[liens[place - 1]], _liens[id]); --place) {
                liens[place] = liens[place - 1];
            }
            liens[place] = id;
        }
        for (uint256 place = 0; place < liens.length; ++place) {
            bool level = place != 0 && !_better(_liens[liens[place - 1]], _liens[liens[place]]);
            ranks[place] = level ? ranks[place - 1] : uint16(place + 1);
        }
    }

    /// @inheritdoc ILiens
    function liensOf(uint256 debt) external view returns (uint256[] memory liens) {
        return _all(_ofDebt, debt);
    }

    /// @inheritdoc ILiens
    function rankIfFiled(RegistryKind kind, uint256 asset) external view returns (uint16 rank, uint64 remaining) {
        uint256 claimed;
        (rank, claimed,) = _before(kind, asset, 0);
        uint64 value = _valueOf(kind, asset);
        remaining = claimed < value ? value - uint64(claimed) : 0;
    }

    /// @inheritdoc ILiens
    function coverOf(uint256 debt) external view returns (uint64 fen) {
        for (uint256 id = _first(_ofDebt, debt); id != 0; id = _next(_ofDebt, id)) {
            Lien storage current = _liens[id];
            Lists.Linked storage list = _on(current.kind);
            uint256 value = _valueOf(current.kind, current.asset);
            uint256 ahead;
            for (uint256 other = _first(list, current.asset); other != 0; other = _next(list, other)) {
                if (_better(_liens[other], current)) ahead += _liens[other].securedMax;
            }
            uint256 left = value > ahead ? value - ahead : 0;
            fen += uint64(left < current.securedMax ? left : current.securedMax);
        }
    }

    /// @inheritdoc ILiens
    function requireTransferable(uint256 tree) external view {
        for (uint256 id = _first(_onTree, tree); id != 0; id = _next(_onTree, id)) {
            Lien storage current = _liens[id];
            if (current.registeredAt == 0 || !_clauses[id].noTransfer) continue;
            bool consented = _clauses[id].transferTo == TREES.tree(tree).transferTo;
            require(consented, TransferBarred(tree, id, current.holder));
        }
    }

    /* RULES */

    function _lien(uint256 id) private view returns (Lien storage current) {
        current = _liens[id];
        require(current.holder != 0, NoSuchLien(id));
    }

    function _live(uint256 id) private view returns (Lien storage current) {
        current = _lien(id);
        require(current.discharged == DischargeGround.NONE, LienEnded(id, current.discharged));
    }

    function _on(RegistryKind kind) private view returns (Lists.Linked storage) {
        return kind == RegistryKind.MOVABLE ? _onStock : _onTree;
    }

    /// The live members of a list, the newest first; zero ends them.
    function _first(Lists.Linked storage list, uint256 key) private view returns (uint256) {
        return _liveFrom(list, list.newest[key]);
    }

    function _next(Lists.Linked storage list, uint256 id) private view returns (uint256) {
        return _liveFrom(list, list.older[id]);
    }

    function _liveFrom(Lists.Linked storage list, uint256 id) private view returns (uint256) {
        while (_ended(id)) id = list.older[id];
        return id;
    }

    function _all(Lists.Linked storage list, uint256 key) private view returns (uint256[] memory ids) {
        uint256 count;
        for (uint256 id = _first(list, key); id != 0; id = _next(list, id)) ++count;
        ids = new uint256[](count);
        count = 0;
        for (uint256 id = _first(list, key); id != 0; id = _next(list, id)) ids[count++] = id;
    }

    /// Unlinks the ended members, so that a list on an asset never holds more than `MOST_LIENS`.
    function _prune(Lists.Linked storage list, uint256 key) private {
        uint256 newer;
        uint256 older;
        for (uint256 id = list.newest[key]; id != 0; id = older) {
            older = list.older[id];
            if (_ended(id)) list.remove(key, newer, id);
            else newer = id;
        }
    }

    function _ended(uint256 id) private view returns (bool) {
        return id != 0 && _liens[id].discharged != DischargeGround.NONE;
    }

    /// Of stock no value is kept.
    function _valueOf(RegistryKind kind, uint256 asset) private view returns (uint64) {
        return kind == RegistryKind.MOVABLE ? 0 : VALUATIONS.collateralValue(asset);
    }

    /// CC 414: registered before unregistered, registered by the registry's time. A mortgage on a tree that is not
    /// registered has not arisen (CC 402), and comes after those that have.
    function _better(Lien storage one, Lien storage other) private view returns (bool) {
        uint40 first = one.registeredAt;
        uint40 second = other.registeredAt;
        if (first != 0) return second == 0 || first < second;
        return second == 0 && one.effect > other.effect;
    }

    function _requireBank(uint64 id) private view {
        Party memory party = PARTIES.party(id);
        require(party.status == Status.ACTIVE && party.roles & Roles.BANK != 0, HolderUnfit(id));
    }

    /// A tree's state is on this ledger. Of stock the registry examines nothing either (中登网): the grantor answers for it.
    function _requirePledgeable(RegistryKind kind, uint256 asset, uint64 grantor) private view {
        if (kind == RegistryKind.MOVABLE) return;
        require(TREES.requirePledgeable(asset) == grantor, ITrees.NotOwner(asset, grantor));
    }

    function _requireFiled(uint64 actor, ConfirmLien calldata act) private view {
        Filing memory open = _filings[act.lien];
        bytes32 terms = keccak256(
            abi.encode(
                FILE_LIEN,
                act.kind,
                act.asset,
                act.grantor,
                act.holder,
                act.debt,
                act.securedMax,
                act.noTransfer,
                act.rank,
                act.legalReview,
                act.evidence
            )
        );
        uint64 filer = actor == act.holder ? act.grantor : act.holder;
        require(open.filer == filer && open.terms == uint192(uint256(terms)), NoSuchFiling(act.lien, filer));
    }

    /// A second pledge of the same value is refused, unless its terms say at which rank it stands behind.
    function _requireRoom(ConfirmLien calldata act) private view {
        uint256 sibling = _ofDebt.newest[act.debt];
        if (sibling != 0) {
            uint64 creditor = _liens[sibling].holder;
            require(creditor == act.holder, DebtOfAnother(act.debt, creditor));
        }
        (uint16 rank, uint256 claimed, uint256 count) = _before(act.kind, act.asset, act.debt);
        require(count < MOST_LIENS, AssetFull(act.asset, MOST_LIENS));
        require(act.rank == 0 || act.rank == rank, RankChanged(act.asset, act.rank, rank));
        if (act.rank != 0) return;
        uint256 value = _valueOf(act.kind, act.asset);
        uint256 remaining = value > claimed ? value - claimed : 0;
        require(act.securedMax <= remaining, ValueExhausted(act.asset, act.securedMax, remaining, rank));
    }

    /// The rank that a lien registered now would take, sum and number of all live maxima on the asset. One debt, one lien.
    function _before(RegistryKind kind, uint256 asset, uint256 debt)
        private
        view
        returns (uint16 rank, uint256 claimed, uint256 count)
    {
        rank = 1;
        Lists.Linked storage list = _on(kind);
        for (uint256 id = _first(list, asset); id != 0; id = _next(list, id)) {
            Lien storage current = _liens[id];
            require(current.debt != debt, AlreadySecured(asset, debt, id));
            if (current.registeredAt != 0) ++rank;
            claimed += current.securedMax;
            ++count;
        }
    }

    /// The holder, the owner of the asset, and everyone whom the lien does not stand behind.
    function _allAgree(AmendLien calldata act, Lien storage current, uint64 actor, uint32 amendments)
        private
        view
        returns (bool all)
    {
        mapping(uint64 => bool) storage agreed = _agreed[_amendment(act.lien, amendments, act.securedMax)];
        bool movable = current.kind == RegistryKind.MOVABLE;
        uint64 owner = movable ? current.grantor : TREES.tree(current.asset).owner;
        bool concerned = actor == current.holder || actor == owner;
        all = agreed[current.holder] && agreed[owner];
        Lists.Linked storage list = _on(current.kind);
        for (uint256 id = _first(list, current.asset); id != 0; id = _next(list, id)) {
            Lien storage other = _liens[id];
            if (_better(other, current)) continue;
            concerned = concerned || actor == other.holder;
            all = all && agreed[other.holder];
        }
        require(concerned, NotConcerned(act.lien, actor));
    }

    function _amendment(uint256 id, uint32 amendments, uint64 securedMax) private pure returns (bytes32) {
        return keccak256(abi.encode(id, amendments, securedMax));
    }
}
