// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";

/// What is burdened and where it is registered. A standing tree is no chattel (domain §0 rule 2).
enum RegistryKind {
    NONE,
    REAL_PROPERTY, // a tree, 不动产登记: arises with registration (CC 402)
    MOVABLE, // a batch, or stock under a floating charge, 中登网: arises on contract, registration gives opposability (CC 403)
    LAND_RIGHT // 土地经营权 under a tree: arises on contract, registration gives opposability (土地承包法 47)
}

/// What the law makes of a lien now.
enum LegalEffect {
    NONE, // no security right has arisen: a claim from contract only
    CONTRACT_ONLY, // arisen, not opposable to a third party in good faith
    OPPOSABLE, // arisen and registered
    CONSTITUTED // arisen by its registration
}

/// Why a lien ended (CC 393).
enum DischargeGround {
    NONE, // it has not
    CLAIM_ENDED, // 主债权消灭
    REALISED, // 担保物权实现
    WAIVED, // 债权人放弃
    OTHER // 法律规定的其他情形
}

/// What takes the place of a burdened asset (CC 390).
enum Substitute {
    INSURANCE, // 保险金
    DAMAGES, // 赔偿金
    COMPENSATION // 补偿金
}

/// A lien that both sides agreed on. Amounts in fen, instants in UTC seconds.
struct Lien {
    uint64 holder; // party id of the bank
    uint64 grantor; // party id of who burdened the asset; a tree's owner may have changed since (CC 406)
    uint64 securedMax;
    uint40 registeredAt; // the registry's own time; zero: not registered
    RegistryKind kind;
    LegalEffect effect;
    DischargeGround discharged; // NONE while the lien lives
    uint256 asset; // tree id; of MOVABLE a batch id, or any id agreed on for a floating charge
    uint256 debt; // a loan's id, or any id agreed on
}

/// What may be agreed beside the lien itself.
struct Clauses {
    bool noTransfer; // the asset is not to be transferred without the holder's consent (担保解释 43)
    uint64 transferTo; // party id to whom the holder consents to a transfer; zero: none
    uint64 village; // party id of the 发包方 that keeps a land right's record (土地承包法 47); zero: none
    uint32 amendments; // how often the secured maximum was amended
}

/// An offer of a lien that the other side has not answered yet.
struct Filing {
    uint64 filer; // party id
    uint192 terms; // the last 192 bits of the hash of all members of `FileLien`, which the other side signs again
}

struct FileLien {
    RegistryKind kind;
    uint256 asset;
    uint64 grantor;
    uint64 holder;
    uint256 debt;
    uint64 securedMax;
    bool noTransfer;
    uint16 rank; // zero: the lien fits in the value that is left; else the rank that the holder was warned of
    bytes32 legalReview; // evidence of the legal review where the tree stands on 自留山 or 宅基地 (CC 399(2)); zero: it does not
    bytes32 evidence;
}

struct ConfirmLien {
    uint256 lien;
    RegistryKind kind;
    uint256 asset;
    uint64 grantor;
    uint64 holder;
    uint256 debt;
    uint64 securedMax;
    bool noTransfer;
    uint16 rank;
    bytes32 legalReview;
    bytes32 evidence;
}

struct WithdrawLien {
    uint256 lien;
}

struct RegisterLien {
    uint256 lien;
    uint64 registeredAt;
    bytes32 receipt;
    bytes32 evidence;
}

struct RecordLandRight {
    uint256 lien;
    bytes32 evidence;
}

struct AmendLien {
    uint256 lien;
    uint64 securedMax;
    bytes32 evidence;
}

struct AssignLiens {
    uint256 debt;
    uint64 to;
    bytes32 evidence;
}

struct DischargeLiens {
    uint256[] liens;
    DischargeGround ground;
    bytes32 evidence; // zero: none, where the holder gives up its own
}

struct ConsentToTransfer {
    uint256 lien;
    uint64 to;
    bytes32 evidence;
}

struct AttachProceeds {
    uint256 lien;
    Substitute substitute;
    uint64 amount;
    bytes32 receipt;
    bytes32 evidence;
}

/// @title Liens: mortgages on trees, stock and land rights (抵押权), ranked in the order of the law
/// @notice Several liens an asset, several assets a debt. The chain creates no priority: it mirrors the registry's
/// receipt. Registered liens rank by the registry's time, before unregistered ones, which share pro rata (CC 414).
/// @dev A lien is filed by one side and confirmed by the other, both over all its terms. A filing keeps one word: the
/// hash of its terms. Ids are digests of the filing act.
/// @dev There is no path from default to title (CC 401): nothing here moves an asset.
interface ILiens is IActs {
    /// @notice One side offered a lien to the other.
    event LienFiled(
        uint256 indexed lien,
        uint64 indexed actor,
        RegistryKind kind,
        uint256 asset,
        uint64 grantor,
        uint64 holder,
        uint256 debt,
        uint64 securedMax,
        bool noTransfer,
        uint16 rank,
        bytes32 legalReview,
        bytes32 evidence
    );

    /// @notice The offer ended without a lien.
    event FilingWithdrawn(uint256 indexed lien, uint64 indexed actor);

    /// @notice Both sides have agreed: the lien stands, with the effect that its kind has before registration.
    event LienConfirmed(
        uint256 indexed lien,
        uint64 indexed actor,
        RegistryKind kind,
        uint256 asset,
        uint64 grantor,
        uint64 holder,
        uint256 debt,
        uint64 securedMax,
        bool noTransfer,
        uint16 rank,
        LegalEffect effect,
        bytes32 evidence
    );

    /// @notice The registry registered the lien at `registeredAt`, its own time; `receipt` commits to the receipt.
    event LienRegistered(
        uint256 indexed lien,
        uint64 indexed actor,
        LegalEffect effect,
        uint40 registeredAt,
        bytes32 receipt,
        bytes32 evidence
    );

    /// @notice PRIORITY_CONFLICT: by its registration `lien` ranks before `overtaken`, which was recorded earlier.
    event PriorityConflict(uint256 indexed lien, uint256 indexed overtaken, uint256 asset);

    /// @notice The village that let the land keeps the land right's record.
    event LandRightRecorded(uint256 indexed lien, uint64 indexed village, bytes32 evidence);

    /// @notice The party agrees to a secured maximum of `securedMax` as the amendment after `amendments` others.
    event AmendmentAgreed(
        uint256 indexed lien, uint64 indexed party, uint32 amendments, uint64 securedMax, bytes32 evidence
    );

    /// @notice The lien's secured maximum is now `securedMax`, after `amendments` amendments.
    event LienAmended(
        uint256 indexed lien, uint64 indexed actor, uint64 securedMax, uint32 amendments, bytes32 evidence
    );

    /// @notice The claim was assigned, and the lien with it (CC 407).
    event LienAssigned(uint256 indexed lien, uint64 indexed actor, uint64 holder, uint64 previous, bytes32 evidence);

    /// @notice The lien ended on this ground (CC 393).
    event LienDischarged(uint256 indexed lien, uint64 indexed actor, DischargeGround discharged, bytes32 evidence);

    /// @notice The holder consents to a transfer of the asset to `transferTo` (zero: no longer to any).
    event TransferConsented(uint256 indexed lien, uint64 indexed actor, uint64 transferTo, bytes32 evidence);

    /// @notice The lien attaches to money that takes the asset's place (CC 390). `receipt` commits to the payment's receipt.
    event ProceedsAttached(
        uint256 indexed lien,
        uint64 indexed actor,
        bytes32 indexed receipt,
        Substitute substitute,
        uint64 amount,
        bytes32 evidence
    );

    /// @notice There is no lien {lien}.
    /// @custom:zh 担保物权 {lien} 不存在。
    error NoSuchLien(uint256 lien);

    /// @notice Lien {lien} ended before, on ground {ground}.
    /// @custom:zh 担保物权 {lien} 已经消灭，原因为 {ground}。
    error LienEnded(uint256 lien, DischargeGround ground);

    /// @notice Party {party} is neither the grantor nor the holder of the lien.
    /// @custom:zh 参与方 {party} 既不是抵押人，也不是抵押权人。
    error NotSignatory(uint64 party);

    /// @notice Party {party} cannot hold the lien: the holder is an active bank, and not the grantor.
    /// @custom:zh 参与方 {party} 不能作为抵押权人：抵押权人须为有效的银行，且不是抵押人。
    error HolderUnfit(uint64 party);

    /// @notice Party {party} has no open filing {lien} with exactly these terms.
    /// @custom:zh 参与方 {party} 没有条款与此完全一致、尚待确认的设立申请 {lien}。
    error NoSuchFiling(uint256 lien, uint64 party);

    /// @notice The filing speaks of rank {warned}; registered now, a lien on asset {asset} would rank {rank}. File again with the present rank.
    /// @custom:zh 申请载明的顺位为 {warned}；现在登记，资产 {asset} 上的担保将排在第 {rank} 位。请按现顺位重新申请。
    error RankChanged(uint256 asset, uint16 warned, uint16 rank);

    /// @notice A maximum of {securedMax} fen does not fit in the {remaining} fen left of asset {asset}. Lower it, or acknowledge rank {rank}.
    /// @custom:zh 资产 {asset} 的剩余价值为 {remaining} 分，不足以担保最高额 {securedMax} 分。请降低金额，或确认知悉第 {rank} 顺位。
    error ValueExhausted(uint256 asset, uint64 securedMax, uint256 remaining, uint16 rank);

    /// @notice Asset {asset} carries {most} live liens, and no more are taken.
    /// @custom:zh 资产 {asset} 已有 {most} 项有效担保，不再受理。
    error AssetFull(uint256 asset, uint256 most);

    /// @notice Asset {asset} secures debt {debt} already, by lien {lien}. Amend that one.
    /// @custom:zh 资产 {asset} 已以 {lien} 担保债务 {debt}，请变更该担保。
    error AlreadySecured(uint256 asset, uint256 debt, uint256 lien);

    /// @notice Debt {debt} is owed to party {holder}, who holds its other liens.
    /// @custom:zh 债务 {debt} 的债权人为参与方 {holder}，其持有该债务的其他担保。
    error DebtOfAnother(uint256 debt, uint64 holder);

    /// @notice Lien {lien} was registered at {registeredAt} (UTC seconds) already.
    /// @custom:zh 担保物权 {lien} 已于 {registeredAt}（UTC 秒）登记。
    error AlreadyRegistered(uint256 lien, uint64 registeredAt);

    /// @notice {registeredAt} cannot be the registry's time: it is {blockTime} now (UTC seconds).
    /// @custom:zh {registeredAt} 不能是登记时间：现在是 {blockTime}（UTC 秒）。
    error RegistryTimeUnfit(uint64 registeredAt, uint256 blockTime);

    /// @notice Lien {lien} is of kind {kind}; only a land right is recorded by the village.
    /// @custom:zh 担保物权 {lien} 属于 {kind}；仅土地经营权担保由发包方备案。
    error NoLandRight(uint256 lien, RegistryKind kind);

    /// @notice Party {party} does not hold lien {lien}.
    /// @custom:zh 参与方 {party} 不是担保物权 {lien} 的权利人。
    error NotHolder(uint256 lien, uint64 party);

    /// @notice Party {party} has no say in the maximum of lien {lien}: it is neither holder nor owner nor a holder that ranks with or behind it.
    /// @custom:zh 参与方 {party} 对担保物权 {lien} 的最高额无须表示同意：其既非抵押权人、抵押人，也非同顺位或在后顺位的抵押权人。
    error NotConcerned(uint256 lien, uint64 party);

    /// @notice The maximum of lien {lien} is {securedMax} fen already, or cannot be.
    /// @custom:zh 担保物权 {lien} 的最高额已为 {securedMax} 分，或不能变更为该数额。
    error NothingAmended(uint256 lien, uint64 securedMax);

    /// @notice There is no live lien for debt {debt}.
    /// @custom:zh 债务 {debt} 没有存续的担保。
    error DebtUnsecured(uint256 debt);

    /// @notice Receipt {receipt} was recorded for lien {lien} before.
    /// @custom:zh 回执 {receipt} 已就担保物权 {lien} 登记过。
    error ReceiptUsed(uint256 lien, bytes32 receipt);

    /// @notice Tree {tree} is under registered lien {lien}, by which it is not to be transferred without the consent of party {holder}.
    /// @custom:zh 茶树 {tree} 上已登记的担保物权 {lien} 约定，未经参与方 {holder} 同意不得转让。
    error TransferBarred(uint256 tree, uint256 lien, uint64 holder);

    /// @notice The bank or the owner offers a lien. The tree must be registered, of class A or B, alive and unrestrained; the filer has read `rankIfFiled`.
    /// @custom:zh 银行或权利人申请设立担保。
    function file(FileLien calldata act, Auth calldata auth) external returns (uint256 lien);

    /// @notice The other side agrees to the same terms. The maximum must fit in the value that is left, or the terms acknowledge the rank.
    /// @custom:zh 对方确认同一条款，担保成立。
    function confirm(ConfirmLien calldata act, Auth calldata auth) external;

    /// @notice Who filed takes the offer back.
    /// @custom:zh 撤回尚未确认的设立申请。
    function withdraw(WithdrawLien calldata act, Auth calldata auth) external;

    /// @notice The registry's receipt gives the lien its legal effect and its rank, by the registry's own time.
    /// @custom:zh 凭登记机构回执登记担保物权，以登记时间确定顺位。
    function register(RegisterLien calldata act, Auth calldata auth) external;

    /// @notice The village that let the land records a lien on the land right (土地承包法 47).
    /// @custom:zh 发包方对土地经营权担保予以备案。
    function recordLandRight(RecordLandRight calldata act, Auth calldata auth) external;

    /// @notice Amends the secured maximum (CC 409): the holder alone lowers it; to raise it the holder, the owner and every holder that ranks with or behind the lien sign the same amendment.
    /// @custom:zh 变更担保的最高额：降低由权利人单方作出；提高须权利人、所有人及同顺位和在后顺位权利人全部同意。
    function amend(AmendLien calldata act, Auth calldata auth) external;

    /// @notice The creditor assigns its claim to another bank, and all liens go with it (CC 407).
    /// @custom:zh 债权人转让债权，担保一并转让。
    function assign(AssignLiens calldata act, Auth calldata auth) external;

    /// @notice The holder gives up its liens, for which its signature is enough (evidence 0); or the registry or a court's gateway records on evidence that they ended (CC 393).
    /// @custom:zh 注销担保物权（民法典 393）：权利人凭签名放弃（证据可为 0）；登记机构或法院网关须凭证据登记其消灭。
    function discharge(DischargeLiens calldata act, Auth calldata auth) external;

    /// @notice The holder consents to a transfer of the asset to one party (担保解释 43); party 0 takes the consent back.
    /// @custom:zh 抵押权人同意将抵押财产转让给特定参与方；填 0 撤回。
    function consentToTransfer(ConsentToTransfer calldata act, Auth calldata auth) external;

    /// @notice The holder or an insurer records money that takes the asset's place; the lien attaches to it (CC 390).
    /// @custom:zh 登记保险金、赔偿金或补偿金，担保物权及于其上（民法典 390）。
    function attachProceeds(AttachProceeds calldata act, Auth calldata auth) external;

    /// @notice Lien `id`, live or ended; reverts with `NoSuchLien`.
    function lien(uint256 id) external view returns (Lien memory);

    /// @notice What is agreed beside lien `id`; all zero when nothing is.
    function clauses(uint256 id) external view returns (Clauses memory);

    /// @notice Filing `id`; all zero when it is not open.
    function filing(uint256 id) external view returns (Filing memory);

    /// @notice Whether `party` agrees to `securedMax` as the amendment of lien `id` after `amendments` others.
    function agreedTo(uint256 id, uint32 amendments, uint64 securedMax, uint64 party) external view returns (bool);

    /// @notice Fen that take the asset's place by `receipt`; zero: none.
    function proceeds(uint256 id, bytes32 receipt) external view returns (uint64);

    /// @notice The live liens on stock (MOVABLE) or else a tree, in the order of the law with their ranks; equals share pro rata.
    function ranking(RegistryKind kind, uint256 asset)
        external
        view
        returns (uint256[] memory liens, uint16[] memory ranks);

    /// @notice The live liens for `debt`, the newest first.
    function liensOf(uint256 debt) external view returns (uint256[] memory liens);

    /// @notice The rank that a lien registered now would take, and the fen of the collateral value that no live lien claims.
    function rankIfFiled(RegistryKind kind, uint256 asset) external view returns (uint16 rank, uint64 remaining);

    /// @notice Fen of collateral value behind `debt`: of each live lien its maximum, or what liens of other debts that rank better leave.
    function coverOf(uint256 debt) external view returns (uint64 fen);

    /// @notice Reverts with `TransferBarred` if a registered lien bars the transfer that the owner of `tree` offers.
    function requireTransferable(uint256 tree) external view;
}
