// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {Auth, IActs} from "./IActs.sol";

enum Title {
    NONE,
    FILED, // 申报
    SURVEYED, // 已勘测
    NOTICE, // 公示
    DISPUTED, // 有异议
    REGISTERED, // 已登记
    REJECTED // 异议成立，不予登记
}

enum TitleClass {
    NONE,
    A, // 不动产权证 or 林权证
    B, // 承包经营权证 and the village's proof
    C // witnesses only: not eligible as collateral
}

enum Life {
    NONE,
    ALIVE,
    REPORTED_DEAD, // reported; only FORESTRY concludes (古树名木保护条例 20)
    DEAD,
    LOST // theft or cutting
}

enum AgeMethod {
    NONE,
    AUTHORITY,
    CORE, // ring count on a core
    GIRTH_MODEL,
    ORAL
}

enum Health {
    NONE,
    A,
    B,
    C,
    D
}

/// Each kind is held by its own issuer and lifted by it alone.
enum Restraint {
    COURT, // 法院查封
    DISPUTE, // 权属争议
    COMPLIANCE // 监管限制
}

/// Why title moves. Default on a loan is not among them: there is no foreclosure (CC 401, 流押).
enum TransferBasis {
    AGREEMENT, // the owner offered and the transferee accepted
    COURT_SALE, // 司法拍卖、变卖
    SUCCESSION // 继承、合并
}

/// A tree's digital twin. Lengths in centimetres, instants in UTC seconds.
struct Tree {
    uint64 owner; // party id
    uint64 filedAt;
    uint64 noticeEndsAt; // zero before the notice
    Title title;
    TitleClass titleClass;
    Life life;
    uint8 protection; // 0 none, 1 to 3: 古树 level (古树名木保护条例)
    AgeMethod ageMethod;
    uint8 holds; // bit set of the restraints that are stored, expired ones included
    uint16 ageYears;
    uint16 graftYear; // calendar year of grafting; zero: not grafted
    uint16 girthCm;
    uint16 heightCm;
    uint16 crownACm;
    uint16 crownBCm;
    Health health;
    uint16 accuracyCm; // of the surveyed position
    uint64 surveyedAt;
    uint64 surveyor; // party id
    bytes32 attributes; // salted commitment to the full record, with the exact position
    bytes32 card; // keccak256(abi.encode(tag, village, cultivar, geoCell)), whose text is in `TreeFiled`
    uint64 transferTo; // party id of an offered transfer; zero: none
    bool transferAccepted;
    uint64 disputedAt; // when the open objection was made; zero: none is open
}

/// One live restraint.
struct Hold {
    uint64 issuer; // party id; zero: none
    uint64 expiresAt; // UTC seconds; zero: until lifted
}

struct FileTree {
    string tag;
    string village;
    string cultivar;
    string geoCell;
    TitleClass titleClass;
    uint16 ageYears;
    AgeMethod ageMethod;
    uint16 graftYear;
    bytes32 attributes;
    bytes32 evidence;
}

struct SurveyTree {
    uint256 tree;
    uint16 girthCm;
    uint16 heightCm;
    uint16 crownACm;
    uint16 crownBCm;
    Health health;
    uint16 accuracyCm;
    bytes32 attributes;
    bytes32 evidence;
}

struct PostNotice {
    uint256 tree;
    bytes32 evidence;
}

struct ObjectToTree {
    uint256 tree;
    bytes32 evidence;
}

struct ResolveObjection {
    uint256 tree;
    bool upheld;
    bytes32 evidence;
}

struct RegisterTree {
    uint256 tree;
    bytes32 certificate;
}

struct RecogniseTree {
    uint256 tree;
    uint8 level;
    uint16 ageYears;
    bytes32 evidence;
}

struct RestrainTree {
    uint256 tree;
    Restraint kind;
    uint64 expiresAt;
    bytes32 evidence;
}

struct LiftRestraint {
    uint256 tree;
    Restraint kind;
    bytes32 evidence;
}

struct ReportDeath {
    uint256 tree;
    bytes32 evidence;
}

struct ConcludeDeathReport {
    uint256 tree;
    Life finding;
    bytes32 evidence;
}

struct OfferTransfer {
    uint256 tree;
    uint64 to;
    bytes32 evidence;
}

struct AcceptTransfer {
    uint256 tree;
    bytes32 evidence;
}

struct RecordTransfer {
    uint256 tree;
    uint64 to;
    TransferBasis basis;
    bytes32 receipt;
    bytes32 evidence;
}

/// @title Trees: digital twins of ancient tea trees (茶树数字孪生)
/// @notice Title, life, restraint and protection of a tree move independently (domain §2.1). The token of a registered
/// tree can be read by any ERC-721 wallet or explorer; it moves only by a registry receipt.
/// @dev Warning: `ownerOf` is the present account of the owning party. When a party replaces its key the answer
/// changes without a `Transfer` event, because nothing was transferred.
/// @dev Warning: the chain mirrors the registry (domain §11); a registered title here is no substitute for it.
interface ITrees is IActs, IERC721Metadata {
    /// @notice A tree was filed for registration by its owner.
    event TreeFiled(
        uint256 indexed tree,
        uint64 indexed owner,
        string tag,
        string village,
        string cultivar,
        string geoCell,
        TitleClass titleClass,
        uint16 ageYears,
        AgeMethod ageMethod,
        uint16 graftYear,
        bytes32 attributes,
        bytes32 evidence,
        uint64 filedAt
    );

    /// @notice A surveyor measured the tree.
    event TreeSurveyed(
        uint256 indexed tree,
        uint64 indexed surveyor,
        Title title,
        uint16 girthCm,
        uint16 heightCm,
        uint16 crownACm,
        uint16 crownBCm,
        Health health,
        uint16 accuracyCm,
        bytes32 attributes,
        bytes32 evidence,
        uint64 surveyedAt
    );

    /// @notice The tree's title is now `title`; a running notice ends at `noticeEndsAt`, and an open objection was
    /// made at `disputedAt` (zero: none is open).
    /// @param ground evidence id; on registration the commitment to the certificate number
    event TitleChanged(
        uint256 indexed tree, uint64 indexed actor, Title title, uint64 noticeEndsAt, uint64 disputedAt, bytes32 ground
    );

    /// @notice The tree is recognised as an ancient tree (古树) of this level and age.
    event TreeRecognised(
        uint256 indexed tree, uint64 indexed actor, uint8 protection, uint16 ageYears, AgeMethod ageMethod, bytes32 evidence
    );

    /// @notice The restraint `kind` of the tree is now held by `issuer` (zero: nobody).
    event RestraintChanged(
        uint256 indexed tree, uint64 indexed actor, Restraint kind, uint64 issuer, uint64 expiresAt, bytes32 evidence
    );

    /// @notice The tree's life is now `life`.
    event LifeChanged(uint256 indexed tree, uint64 indexed actor, Life life, bytes32 evidence);

    /// @notice The offered transfer now stands so; zero: none.
    event TransferOffered(
        uint256 indexed tree, uint64 indexed actor, uint64 transferTo, bool transferAccepted, bytes32 evidence
    );

    /// @notice Title moved, on the registry's receipt. `receipt` is a salted commitment to the receipt's number.
    event TitleTransferred(
        uint256 indexed tree,
        uint64 indexed actor,
        uint64 owner,
        uint64 previous,
        TransferBasis basis,
        bytes32 receipt,
        bytes32 evidence
    );

    /// @notice There is no tree {tree}. File it first.
    /// @custom:zh 茶树 {tree} 不存在，请先申报。
    error NoSuchTree(uint256 tree);

    /// @notice Tag {tag} was filed before, as tree {tree}.
    /// @custom:zh 标牌号 {tag} 已申报过，茶树编号为 {tree}。
    error TagTaken(string tag, uint256 tree);

    /// @notice Field {field} is missing or out of its range.
    /// @custom:zh 字段 {field} 缺失或超出范围。
    error FilingIncomplete(string field);

    /// @notice Tree {tree} stands at title state {title}, and this act needs {needed}.
    /// @custom:zh 茶树 {tree} 的权属状态为 {title}，本行为需要 {needed}。
    error TitleNotReady(uint256 tree, Title title, Title needed);

    /// @notice The survey of tree {tree} was due by {due} (UTC seconds). File the tree again under a new tag.
    /// @custom:zh 茶树 {tree} 的勘测应在 {due}（UTC 秒）之前完成，请以新标牌重新申报。
    error SurveyTooLate(uint256 tree, uint64 due);

    /// @notice Surveyor {party} owns tree {tree} and cannot survey it.
    /// @custom:zh 勘测员 {party} 是茶树 {tree} 的权利人，不得自行勘测。
    error SurveyorIsOwner(uint256 tree, uint64 party);

    /// @notice Party {party} owns tree {tree} and cannot decide on its registration. Another authority must.
    /// @custom:zh 参与方 {party} 是茶树 {tree} 的权利人，不得就其登记作出决定，应由其他机关决定。
    error OwnerCannotDecide(uint256 tree, uint64 party);

    /// @notice The public notice of tree {tree} runs until {noticeEndsAt} (UTC seconds).
    /// @custom:zh 茶树 {tree} 的公示期至 {noticeEndsAt}（UTC 秒）届满。
    error NoticeRunning(uint256 tree, uint64 noticeEndsAt);

    /// @notice The public notice of tree {tree} ended at {noticeEndsAt} (UTC seconds). Objections came too late.
    /// @custom:zh 茶树 {tree} 的公示期已于 {noticeEndsAt}（UTC 秒）届满，异议已逾期。
    error NoticeOver(uint256 tree, uint64 noticeEndsAt);

    /// @notice Tree {tree} is in life state {life}, and this act needs {needed}.
    /// @custom:zh 茶树 {tree} 的存活状态为 {life}，本行为需要 {needed}。
    error LifeNotReady(uint256 tree, Life life, Life needed);

    /// @notice A finding of {finding} cannot conclude a report of death.
    /// @custom:zh {finding} 不能作为死亡报告的认定结论。
    error FindingUnfit(Life finding);

    /// @notice Level {level} does not fit an age of {ageYears} years: 500 and more is level 1, 300 level 2, 100 level 3.
    /// @custom:zh 保护等级 {level} 与树龄 {ageYears} 年不符：500 年以上为一级，300 年以上为二级，100 年以上为三级。
    error LevelUnfit(uint8 level, uint16 ageYears);

    /// @notice Tree {tree} is under restraint {kind} of party {issuer} until {expiresAt} (UTC seconds; 0: until lifted).
    /// @custom:zh 茶树 {tree} 被参与方 {issuer} 采取 {kind} 类限制，至 {expiresAt}（UTC 秒；0 表示至解除）为止。
    error TreeRestrained(uint256 tree, Restraint kind, uint64 issuer, uint64 expiresAt);

    /// @notice Tree {tree} is under no restraint {kind} of party {party}; only the issuer lifts it.
    /// @custom:zh 茶树 {tree} 没有由参与方 {party} 采取的 {kind} 类限制；限制只能由采取方解除。
    error NotIssuer(uint256 tree, Restraint kind, uint64 party);

    /// @notice A restraint cannot run until {expiresAt}; the latest is {latest} (UTC seconds; CPL-I 485).
    /// @custom:zh 限制期限不能至 {expiresAt}；最迟为 {latest}（UTC 秒；民诉法解释 485）。
    error ExpiryUnfit(uint64 expiresAt, uint64 latest);

    /// @notice Party {party} is not the owner of tree {tree}.
    /// @custom:zh 参与方 {party} 不是茶树 {tree} 的权利人。
    error NotOwner(uint256 tree, uint64 party);

    /// @notice The transfer of tree {tree} to party {party} was not offered by the owner and accepted.
    /// @custom:zh 茶树 {tree} 转让给参与方 {party} 尚未由权利人提出并经受让人接受。
    error TransferNotAgreed(uint256 tree, uint64 party);

    /// @notice Party {party} owns tree {tree} already.
    /// @custom:zh 参与方 {party} 已是茶树 {tree} 的权利人。
    error TransferToOwner(uint256 tree, uint64 party);

    /// @notice Tree {tree} is of title class {titleClass} and cannot secure a debt: classes A and B can.
    /// @custom:zh 茶树 {tree} 的权属类别为 {titleClass}，不能设立担保；仅甲类、乙类可以。
    error NotCollateral(uint256 tree, TitleClass titleClass);

    /// @notice A wallet recovery of party {party} is under way; nothing is transferred meanwhile.
    /// @custom:zh 参与方 {party} 正在恢复钱包，期间不得转让。
    error PartyRecovering(uint64 party);

    /// @notice Title of tree {tree} moves only by a registry receipt; wallets cannot transfer or approve it, and default does not (CC 401).
    /// @custom:zh 茶树 {tree} 的权属只能凭登记机构回执变动；钱包不能转移或授权，违约也不能使其转移（民法典 401）。
    error NoForeclosure(uint256 tree);

    /// @notice The owner files a tree for registration, on live evidence of its title papers and photographs.
    /// @custom:zh 权利人申报茶树。
    function file(FileTree calldata act, Auth calldata auth) external returns (uint256 tree);

    /// @notice A surveyor who is not the owner records measurements, within 30 days of the filing, or again later; also while its death is reported.
    /// @custom:zh 勘测员登记勘测结果。
    function survey(SurveyTree calldata act, Auth calldata auth) external;

    /// @notice The village opens the public notice of 15 days.
    /// @custom:zh 村集体开始公示（15 日）。
    function postNotice(PostNotice calldata act, Auth calldata auth) external;

    /// @notice Any party objects while the notice runs.
    /// @custom:zh 在公示期内提出异议。
    function object(ObjectToTree calldata act, Auth calldata auth) external;

    /// @notice The village or the agriculture bureau decides an objection: upheld ends the filing, otherwise the notice goes on for the time it had left when the objection was made.
    /// @custom:zh 村集体或农业农村局对异议作出处理；异议不成立的，公示自异议提出时剩余的期限继续计算。
    function resolveObjection(ResolveObjection calldata act, Auth calldata auth) external;

    /// @notice The operator or the agriculture bureau registers the tree after the notice. `certificate` commits to the certificate number.
    /// @custom:zh 公示期满后登记茶树。
    function register(RegisterTree calldata act, Auth calldata auth) external;

    /// @notice The forestry authority recognises a registered tree as ancient.
    /// @custom:zh 古树名木主管部门认定古树等级。
    function recognise(RecogniseTree calldata act, Auth calldata auth) external;

    /// @notice Restrains a tree: COURT by a court gateway (at most 3 years), DISPUTE by village or registry, COMPLIANCE by a regulator. Again by the same issuer: renews it.
    /// @custom:zh 对茶树采取限制（法院查封、争议冻结、监管限制）。
    function restrain(RestrainTree calldata act, Auth calldata auth) external;

    /// @notice The issuer lifts its restraint.
    /// @custom:zh 由采取方解除限制。
    function lift(LiftRestraint calldata act, Auth calldata auth) external;

    /// @notice Who has a duty towards the tree reports its death or damage.
    /// @custom:zh 报告茶树死亡或受损。
    function reportDeath(ReportDeath calldata act, Auth calldata auth) external;

    /// @notice The forestry authority concludes a report: DEAD, LOST, or ALIVE after all.
    /// @custom:zh 古树名木主管部门对死亡报告作出认定。
    function concludeDeathReport(ConcludeDeathReport calldata act, Auth calldata auth) external;

    /// @notice The owner offers title to another active party; party 0 withdraws the offer.
    /// @custom:zh 权利人提出转让；填 0 撤回。
    function offerTransfer(OfferTransfer calldata act, Auth calldata auth) external;

    /// @notice The transferee accepts the offered title.
    /// @custom:zh 受让人接受转让。
    function acceptTransfer(AcceptTransfer calldata act, Auth calldata auth) external;

    /// @notice The registry's receipt moves title to an active party; liens follow the tree (CC 406). Without the owner's agreement only on a court sale or succession.
    /// @custom:zh 凭登记机构回执变更权属。
    function recordTransfer(RecordTransfer calldata act, Auth calldata auth) external;

    /// @notice The twin of `id`; reverts with `NoSuchTree`.
    function tree(uint256 id) external view returns (Tree memory);

    /// @notice Owner, title and life of `id`, for other contracts: one slot. Reverts with `NoSuchTree`.
    function standing(uint256 id)
        external
        view
        returns (uint64 owner, Title title, TitleClass titleClass, Life life);

    /// @notice The restraint `kind` of `id` as stored; expired ones still show.
    function hold(uint256 id, Restraint kind) external view returns (Hold memory);

    /// @notice Reverts with `TreeRestrained` if any restraint of `id` is in force now.
    function requireUnrestrained(uint256 id) external view;

    /// @notice The owner of `id`; reverts unless it can carry a new lien: registered, class A or B, alive, unrestrained.
    function requirePledgeable(uint256 id) external view returns (uint64 owner);

    /// @notice How many trees were ever filed.
    function treeCount() external view returns (uint64);

    /// @notice The id of the tree with `tag`: uint256(keccak256(bytes(tag))).
    function treeId(string calldata tag) external pure returns (uint256);
}
