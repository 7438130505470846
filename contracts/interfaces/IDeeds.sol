// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";
import {ICases} from "./ICases.sol";

enum DeedState {
    NONE,
    APPLIED, // 已申请
    VERIFIED, // 身份已核验
    ACCEPTED, // 已受理: the clock of 15 working days runs (公证法 30)
    INFORMED, // 已告知: every obligor was present in a live session (公证法 27)
    SIGNED, // 各方已签署
    REVIEWED, // 已审批
    ISSUED, // 已出证
    REFUSED, // 不予办理
    TERMINATED, // 终止
    REVOKED // 已撤销: void from the beginning (公证法 39)
}

/// What may be enforced on the deed: what it does not name is not enforceable (法释〔2018〕18号 6).
enum DeedScope {
    NONE,
    DEBT, // 主债务
    SECURITY, // 担保债务
    DEBT_AND_SECURITY // 主债务及担保债务
}

/// How the notary reaches the debtor when a certificate is applied for; agreed in the deed.
enum ServiceMethod {
    NONE,
    LETTER, // 信函
    PHONE, // 电话
    SMS, // 短信
    EMAIL, // 电子邮件
    PLATFORM // 平台
}

/// Why a deed is not made: the first nine are 公证法 31 in its order, the others end the procedure.
enum EndGround {
    NONE,
    NO_CAPACITY,
    NO_INTEREST,
    APPRAISAL_MATTER,
    IN_DISPUTE,
    UNTRUE_MATERIALS,
    INCOMPLETE_MATERIALS,
    UNTRUE_OR_UNLAWFUL,
    AGAINST_MORALS,
    FEE_REFUSED,
    WITHDRAWN, // the rest: termination (公证程序规则 50)
    PARTY_GONE,
    OVERDUE
}

enum Amendment {
    SUPPLEMENT, // 补充公证: new terms are enforceable only if it names them
    CORRECTION // 补正
}

/// A deed, in the order of its life. Money in fen, instants in UTC seconds.
struct Deed {
    uint64 office; // party id
    uint64 notary; // party id
    uint64 obligee; // party id
    uint64 principal; // fen
    uint64 issueBy; // end of 15 working days from acceptance, later by every pause; zero: not accepted
    uint64 notarisedAt; // the notary's last signature before the review
    uint64 issuedAt;
    DeedState state;
    DeedScope scope;
    ServiceMethod method;
    uint8 obligors; // how many
    uint8 informed; // of them
    uint8 signatures; // of obligors and obligee
    uint16 rateBps; // the most that accrues in a year, of the principal: interest and penalties together
    bytes32 instrument; // hash of the contract that is notarised
    bytes32 document; // commitment to the deed's text as issued or last amended
    uint64 pausedAt; // materials are awaited; zero: the clock runs
    uint64 confirmedAt; // the office confirmed the deed after a report of its notary's key
    uint16 amendments;
    bool flagged; // a conflict of interest was found after the fact: risk of 法释〔2018〕18号 12(1)(3)
}

/// One obligor's part in a deed.
struct Standing {
    bool named;
    bool informed;
    bool signed;
}

struct OpenDeed {
    bytes32 number; // salted commitment to the deed number
    uint64 notary;
    uint64 obligee;
    uint64[] obligors; // party ids: debtor, guarantors, mortgagors
    bytes32 instrument;
    bytes32 securities; // commitment to the named securities; zero: none
    uint64 principal;
    uint16 rateBps;
    DeedScope scope;
    ServiceMethod method;
    bytes32 evidence;
}

struct VerifyIdentities {
    bytes32 deed;
    bytes32 evidence;
}

struct AcceptDeed {
    bytes32 deed;
    bytes32 evidence;
}

struct AwaitMaterials {
    bytes32 deed;
    bool awaited;
    bytes32 evidence;
}

struct InformObligor {
    bytes32 deed;
    uint64 obligor;
    bytes32 session; // evidence of the live two-way session with this obligor
    bytes32 evidence; // record of informing
}

struct SignDeed {
    bytes32 deed;
    bytes32 instrument;
    bool acceptsEnforcement; // 自愿接受强制执行
    bool acceptsVerification; // 接受公证机构核实
}

struct PrepareDeeds {
    uint64 office;
    uint64 obligee;
    DeedScope scope;
    ServiceMethod method;
    uint16 rateBps;
    bytes32[] numbers;
    bytes32[] obligors; // salted commitments: obligors without a wallet, one a deed
    bytes32[] instruments;
    bytes32[] sessions; // commitment to each deed's live session
    uint64[] principals;
    bytes32 evidence; // Merkle root over identities, sessions, records of informing and signed instruments
}

struct ReviewDeeds {
    bytes32[] deeds;
    bytes32 evidence;
}

struct IssueDeeds {
    bytes32[] deeds;
    bytes32[] documents;
    bytes32 evidence;
}

struct EndDeed {
    bytes32 deed;
    EndGround ground;
    bytes32 evidence;
}

struct AmendDeed {
    bytes32 deed;
    Amendment kind;
    bytes32 document;
    bytes32 evidence;
}

struct RevokeDeed {
    bytes32 deed;
    bytes32 evidence;
}

struct ConfirmDeed {
    bytes32 deed;
    bytes32 evidence;
}

struct FlagDeed {
    bytes32 deed;
    bytes32 evidence;
}

/// @title Deeds: instruments with enforceable effect (赋强公证债权文书)
/// @notice A deed goes from application to issue one step at a time; no obligor, present in no live session with a named
/// notary, is bound by one (domain §0 rule 5). Two ways lead there: obligors with wallets sign themselves, and an office
/// prepares deeds of obligors without wallets in batches, as commitments.
/// @dev Warning: a deed says nothing about a debt being due. Nothing here enforces by itself.
interface IDeeds is IActs, ICases {
    /// @notice An office opened a case on an application.
    event DeedOpened(
        bytes32 indexed deed,
        uint64 indexed office,
        uint64 notary,
        uint64 obligee,
        uint8 obligors,
        bytes32 number,
        bytes32 instrument,
        bytes32 securities,
        uint64 principal,
        uint16 rateBps,
        DeedScope scope,
        ServiceMethod method,
        bytes32 evidence
    );

    /// @notice An obligor of a deed; below 2^64 a party id, otherwise a salted commitment.
    event ObligorNamed(bytes32 indexed deed, bytes32 indexed obligor);

    /// @notice A notary prepared a deed of an obligor without a wallet, who was informed in a live session and signed.
    event DeedPrepared(
        bytes32 indexed deed,
        uint64 indexed notary,
        uint64 office,
        uint64 obligee,
        bytes32 obligor,
        bytes32 number,
        bytes32 instrument,
        bytes32 session,
        uint64 principal,
        uint16 rateBps,
        DeedScope scope,
        ServiceMethod method,
        uint64 issueBy,
        uint64 notarisedAt,
        bytes32 evidence
    );

    /// @notice The deed is now in `state`.
    event DeedAdvanced(bytes32 indexed deed, uint64 indexed actor, DeedState state, uint64 issueBy, bytes32 evidence);

    /// @notice Materials are awaited since `pausedAt` (zero: no longer), and the deed is due by `issueBy`.
    event MaterialsAwaited(bytes32 indexed deed, uint64 indexed actor, uint64 pausedAt, uint64 issueBy, bytes32 evidence);

    /// @notice An obligor was informed in a live session.
    event ObligorInformed(
        bytes32 indexed deed,
        bytes32 indexed obligor,
        uint64 notary,
        uint8 informed,
        DeedState state,
        uint64 notarisedAt,
        bytes32 session,
        bytes32 evidence
    );

    /// @notice A party signed; an obligor thereby accepted enforcement and verification.
    event DeedSigned(
        bytes32 indexed deed, bytes32 indexed signatory, uint8 signatures, DeedState state, bytes32 instrument
    );

    /// @notice A second person approved the deed.
    event DeedReviewed(bytes32 indexed deed, uint64 indexed reviewer, DeedState state, bytes32 evidence);

    /// @notice The deed was issued, and is effective from now on (公证法 32).
    event DeedIssued(
        bytes32 indexed deed, uint64 indexed office, DeedState state, uint64 issuedAt, bytes32 document, bytes32 evidence
    );

    /// @notice The deed was refused or its procedure ended.
    event DeedEnded(
        bytes32 indexed deed, uint64 indexed office, DeedState state, EndGround ground, bytes32 evidence
    );

    /// @notice The deed was supplemented or corrected.
    event DeedAmended(
        bytes32 indexed deed,
        uint64 indexed office,
        Amendment kind,
        uint16 amendments,
        bytes32 document,
        bytes32 evidence
    );

    /// @notice The deed was revoked after review (复查). Courts and lawyers: nothing may be enforced on it any more.
    event DeedRevoked(bytes32 indexed deed, uint64 indexed office, DeedState state, bytes32 evidence);

    /// @notice The office stands by a deed of a notary whose key was reported.
    event DeedConfirmed(bytes32 indexed deed, uint64 indexed office, uint64 confirmedAt, bytes32 evidence);

    /// @notice A conflict of interest was found after the fact.
    event DeedFlagged(bytes32 indexed deed, uint64 indexed actor, bool flagged, bytes32 evidence);

    /// @notice There is no deed {deed}.
    /// @custom:zh 公证书 {deed} 不存在。
    error NoSuchDeed(bytes32 deed);

    /// @notice Deed number {number} of this office was given before, to deed {deed}.
    /// @custom:zh 本公证处的公证书编号 {number} 已被使用，对应公证书 {deed}。
    error NumberTaken(bytes32 number, bytes32 deed);

    /// @notice Field {field} of the deed is missing or out of its range.
    /// @custom:zh 公证书字段 {field} 缺失或超出范围。
    error DeedIncomplete(string field);

    /// @notice Deed {deed} is in state {state}, and this act needs {needed}.
    /// @custom:zh 公证书 {deed} 的状态为 {state}，本行为需要 {needed}。
    error DeedNotReady(bytes32 deed, DeedState state, DeedState needed);

    /// @notice The procedure of deed {deed} is over: it is {state}.
    /// @custom:zh 公证书 {deed} 的办理程序已结束，状态为 {state}。
    error DeedFinished(bytes32 deed, DeedState state);

    /// @notice Materials of deed {deed} are awaited since {pausedAt} (UTC seconds; 0: none are).
    /// @custom:zh 公证书 {deed} 自 {pausedAt}（UTC 秒；0 表示没有）起等待补充材料。
    error MaterialsPending(bytes32 deed, uint64 pausedAt);

    /// @notice Party {party} is not the notary of deed {deed}.
    /// @custom:zh 参与方 {party} 不是公证书 {deed} 的承办公证员。
    error NotDeedNotary(bytes32 deed, uint64 party);

    /// @notice Party {party} is not the office of deed {deed}.
    /// @custom:zh 参与方 {party} 不是公证书 {deed} 的出证公证处。
    error NotDeedOffice(bytes32 deed, uint64 party);

    /// @notice {party} is neither obligor nor obligee of deed {deed}.
    /// @custom:zh {party} 不是公证书 {deed} 的债务人或债权人。
    error NotDeedParty(bytes32 deed, bytes32 party);

    /// @notice {party} did this for deed {deed} before.
    /// @custom:zh {party} 已就公证书 {deed} 完成该步骤。
    error StepTaken(bytes32 deed, bytes32 party);

    /// @notice Deed {deed} is of instrument {instrument}; what was signed is {given}.
    /// @custom:zh 公证书 {deed} 对应的文书为 {instrument}，而所签署的是 {given}。
    error InstrumentDiffers(bytes32 deed, bytes32 instrument, bytes32 given);

    /// @notice An obligor of deed {deed} must accept both enforcement and verification (公证程序规则 39).
    /// @custom:zh 公证书 {deed} 的债务人必须同时承诺接受强制执行与核实（公证程序规则 39）。
    error AcceptanceMissing(bytes32 deed);

    /// @notice Party {party} is the notary of deed {deed}; another person must review it.
    /// @custom:zh 参与方 {party} 是公证书 {deed} 的承办公证员，须由他人审批。
    error ReviewerIsNotary(bytes32 deed, uint64 party);

    /// @notice Deed {deed} was notarised while its notary's key may have been in other hands ({from} to {until}, UTC seconds). Its office must confirm or revoke it.
    /// @custom:zh 公证书 {deed} 出具于公证员密钥可能泄露期间（{from} 至 {until}，UTC 秒），须由公证处确认或撤销。
    error ReviewRequired(bytes32 deed, uint64 from, uint64 until);

    /// @notice Deed {deed} is not under review for its notary's key.
    /// @custom:zh 公证书 {deed} 未因公证员密钥问题待复核。
    error NothingToConfirm(bytes32 deed);

    /// @notice An office opens a case on the parties' application and assigns a notary without interest in it.
    /// @custom:zh 公证处根据申请立案并指派无利害关系的公证员。
    function open(OpenDeed calldata act, Auth calldata auth) external returns (bytes32 deed);

    /// @notice The notary has verified identity, capacity and authority of every party.
    /// @custom:zh 公证员完成各方身份、行为能力与代理权核验。
    function verifyIdentities(VerifyIdentities calldata act, Auth calldata auth) external;

    /// @notice The office accepts the case; 15 working days run from now (公证法 30).
    /// @custom:zh 公证处受理，自此计算 15 个工作日（公证法 30）。
    function accept(AcceptDeed calldata act, Auth calldata auth) external;

    /// @notice The notary awaits materials, or has received them; meanwhile the clock stands still.
    /// @custom:zh 公证员要求补充材料或已收到材料；期间期限中止计算。
    function awaitMaterials(AwaitMaterials calldata act, Auth calldata auth) external;

    /// @notice The notary informed one obligor of the meaning and consequences, in a live session (公证法 27).
    /// @custom:zh 公证员在实时会话中向一名债务人告知法律意义与后果（公证法 27）。
    function inform(InformObligor calldata act, Auth calldata auth) external;

    /// @notice An obligor or the obligee signs the instrument; an obligor accepts enforcement and verification thereby.
    /// @custom:zh 债务人或债权人签署；债务人同时承诺接受强制执行与核实。
    function sign(SignDeed calldata act, Auth calldata auth) external;

    /// @notice A notary prepares up to 200 deeds of obligors without wallets, each informed in a live session and signed on paper or by certificate.
    /// @custom:zh 公证员批量办理至多 200 份无钱包债务人的公证书，每份均有实时会话与签署。
    function prepare(PrepareDeeds calldata act, Auth calldata auth) external;

    /// @notice A second notary or the office approves up to 200 signed deeds.
    /// @custom:zh 另一名公证员或公证处审批至多 200 份已签署的公证书。
    function review(ReviewDeeds calldata act, Auth calldata auth) external;

    /// @notice The office issues up to 200 reviewed deeds.
    /// @custom:zh 公证处对至多 200 份已审批的公证书出证。
    function issue(IssueDeeds calldata act, Auth calldata auth) external;

    /// @notice The office refuses a deed that is not issued yet (公证法 31), or ends its procedure.
    /// @custom:zh 公证处对尚未出证的申请不予办理（公证法 31）或终止。
    function end(EndDeed calldata act, Auth calldata auth) external;

    /// @notice The office supplements or corrects an issued deed.
    /// @custom:zh 公证处对已出具的公证书补充或补正。
    function amend(AmendDeed calldata act, Auth calldata auth) external;

    /// @notice The office revokes an issued deed after review (公证法 39).
    /// @custom:zh 公证处经复查撤销公证书（公证法 39）。
    function revoke(RevokeDeed calldata act, Auth calldata auth) external;

    /// @notice The office stands by a deed that was made while its notary's key may have been in other hands.
    /// @custom:zh 公证处对密钥泄露期间出具的公证书予以确认。
    function confirm(ConfirmDeed calldata act, Auth calldata auth) external;

    /// @notice The office, a regulator or an auditor flags an issued deed for a conflict of interest found later.
    /// @custom:zh 公证处、监管或审计对事后发现利害关系的公证书作出标记。
    function flag(FlagDeed calldata act, Auth calldata auth) external;

    /// @notice The deed `id`; reverts with `NoSuchDeed`.
    function deed(bytes32 id) external view returns (Deed memory);

    /// @notice An obligor's part in a deed; all false when it is none.
    function standing(bytes32 id, bytes32 obligor) external view returns (Standing memory);

    /// @notice Reverts unless the deed is issued, not revoked, and not under review for its notary's key.
    function requireEnforceable(bytes32 id) external view returns (Deed memory);

    /// @notice The most that may be enforced at an instant, in fen: the principal and what accrued on it at the deed's yearly rate since it was notarised, rounded down.
    function entitlement(bytes32 id, uint64 instant) external view returns (uint64);

    /// @notice How many deeds there are.
    function deedCount() external view returns (uint64);

    /// @notice The id of a deed: keccak256(abi.encode(office, number)).
    function deedId(uint64 office, bytes32 number) external pure returns (bytes32);
}
