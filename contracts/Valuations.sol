// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Cases} from "./Cases.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {ICalendar} from "./interfaces/ICalendar.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {IParties} from "./interfaces/IParties.sol";
import {ITrees, Life, Title, TitleClass} from "./interfaces/ITrees.sol";
import "./interfaces/IValuations.sol";

/// @dev The manual is `interfaces/IValuations.sol`.
contract Valuations is IValuations, Acts {
    uint40 public constant STALE_AFTER = 180 days;
    uint40 public constant INELIGIBLE_AFTER = 365 days;
    uint40 public constant DATE_MARGIN = 30 days; // how old figures may be when they are posted
    uint48 public constant SECOND_ABOVE = 50_000_000; // fen
    uint16 public constant CONFIDENCE_MOST = 9_500; // basis points
    uint16 public constant CHALLENGE_WORKING_DAYS = 10;
    uint256 public constant CASES_MOST = Cases.MOST;

    uint256 private constant BASIS_POINTS = 10_000;
    uint256 private constant TENTH_PERIOD = 300 days; // a tenth in 30 days, evenly

    bytes32 private constant POST_VALUATION = keccak256(
        "PostValuation(uint256 tree,uint48 value,uint48 stress,uint16 confidence,uint40 asOf,bytes32 model,bytes32 inputs,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant POST_VALUATIONS = keccak256(
        "PostValuations(uint256[] trees,uint48[] values,uint48[] stresses,uint16[] confidences,uint40 asOf,bytes32 model,bytes32 inputs,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant APPRAISE_AGAIN = keccak256(
        "AppraiseAgain(uint256 tree,uint48 value,uint48 stress,uint16 confidence,uint40 asOf,bytes32 model,bytes32 inputs,address signer,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant CHALLENGE_VALUATION =
        keccak256("ChallengeValuation(uint256 tree,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)");
    bytes32 private constant SETTLE_CHALLENGE = keccak256(
        "SettleChallenge(uint256 tree,uint48 value,uint48 stress,uint16 confidence,uint40 asOf,bytes32 model,bytes32 inputs,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;
    ITrees public immutable TREES;
    ICalendar public immutable CALENDAR;

    mapping(uint256 tree => uint256) private _packed; // a `Valuation`: see `_pack`
    mapping(uint256 tree => Challenge) private _challenges;

    constructor(IParties parties, IEvidence evidence, ITrees trees, ICalendar calendar) Acts("Chaqi Valuations") {
        PARTIES = parties;
        EVIDENCE = evidence;
        TREES = trees;
        CALENDAR = calendar;
    }

    /* APPRAISAL */

    /// @inheritdoc IValuations
    function post(PostValuation calldata act, Auth calldata auth) external {
        _accept(abi.encode(POST_VALUATION, act), auth);
        uint64 appraiser = PARTIES.requireActor(auth.signer, Roles.APPRAISER);
        _requireComplete(act.model, act.inputs);
        Valuation memory next = _stated(appraiser, act.value, act.stress, act.confidence, act.asOf);
        _post(act.tree, next, act.model, act.inputs);
    }

    /// @inheritdoc IValuations
    function postMany(PostValuations calldata act, Auth calldata auth) external {
        _accept(_encodePostings(act), auth);
        uint64 appraiser = PARTIES.requireActor(auth.signer, Roles.APPRAISER);
        (uint256[] calldata trees, uint48[] calldata values) = (act.trees, act.values);
        (uint48[] calldata stresses, uint16[] calldata confidences) = (act.stresses, act.confidences);
        uint256 count = Cases.requireFit(trees.length, values.length);
        Cases.requireFit(stresses.length, count);
        Cases.requireFit(confidences.length, count);
        _requireComplete(act.model, act.inputs);
        Valuation memory next = _stated(appraiser, 0, 0, 0, act.asOf);
        for (uint256 i = 0; i < count; ++i) {
            next.value = values[i];
            next.stress = stresses[i];
            next.confidence = confidences[i];
            _post(trees[i], next, act.model, act.inputs);
        }
    }

    /// @inheritdoc IValuations
    function appraiseAgain(AppraiseAgain calldata act, Auth calldata auth) external {
        _accept(abi.encode(APPRAISE_AGAIN, act), auth);
        uint64 appraiser = PARTIES.requireActor(auth.signer, Roles.APPRAISER);
        Valuation memory before = _read(act.tree);
        bool open = before.state == ValuationState.CURRENT || before.state == ValuationState.AWAITING_SECOND;
        require(open, ValuationNotReady(act.tree, before.state, ValuationState.AWAITING_SECOND));
        require(appraiser != before.appraiser, SameAppraiser(act.tree, appraiser));
        _requireComplete(act.model, act.inputs);
        Valuation memory next = _stated(appraiser, act.value, act.stress, act.confidence, act.asOf);
        _requireValuable(act.tree, appraiser);
        _requireFit(act.tree, next, before.asOf);
        if (_farApart(before.value, next.value)) {
            next.state = ValuationState.AWAITING_SECOND;
            next.collateral = _least(before.collateral, _collateral(next));
        } else {
            next.state = ValuationState.CURRENT;
            next.collateral = _collateral(next);
        }
        _set(act.tree, next, act.model, act.inputs);
    }

    /* CHALLENGE */

    /// @inheritdoc IValuations
    function challenge(ChallengeValuation calldata act, Auth calldata auth) external {
        _accept(abi.encode(CHALLENGE_VALUATION, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, 0);
        (uint64 owner,,,) = TREES.standing(act.tree);
        if (actor != owner) PARTIES.requireActor(auth.signer, Roles.BANK);
        Valuation memory stands = _read(act.tree);
        bool open = stands.state == ValuationState.CURRENT || stands.state == ValuationState.AWAITING_SECOND;
        require(open, ValuationNotReady(act.tree, stands.state, ValuationState.CURRENT));
        EVIDENCE.requireLive(act.evidence);
        uint64 answerBy = CALENDAR.endOfWorkingDays(uint64(block.timestamp), CHALLENGE_WORKING_DAYS);
        stands.state = ValuationState.CHALLENGED;
        _packed[act.tree] = _pack(stands);
        _challenges[act.tree] = Challenge(actor, answerBy);
        emit ChallengeChanged(act.tree, actor, ValuationState.CHALLENGED, actor, answerBy, act.evidence);
    }

    /// @inheritdoc IValuations
    function settle(SettleChallenge calldata act, Auth calldata auth) external {
        _accept(abi.encode(SETTLE_CHALLENGE, act), auth);
        uint64 appraiser = PARTIES.requireActor(auth.signer, Roles.APPRAISER);
        Valuation memory before = _read(act.tree);
        bool open = before.state == ValuationState.CHALLENGED;
        require(open, ValuationNotReady(act.tree, before.state, ValuationState.CHALLENGED));
        require(appraiser != before.appraiser, SameAppraiser(act.tree, appraiser));
        require(appraiser != _challenges[act.tree].challenger, ChallengerCannotSettle(act.tree, appraiser));
        EVIDENCE.requireLive(act.evidence);
        _requireComplete(act.model, act.inputs);
        Valuation memory next = _stated(appraiser, act.value, act.stress, act.confidence, act.asOf);
        _requireValuable(act.tree, appraiser);
        _requireFit(act.tree, next, before.asOf);
        next.state = ValuationState.CURRENT;
        next.collateral = _collateral(next);
        _set(act.tree, next, act.model, act.inputs);
        delete _challenges[act.tree];
        emit ChallengeChanged(act.tree, appraiser, ValuationState.CURRENT, 0, 0, act.evidence);
    }

    /* READS */

    /// @inheritdoc IValuations
    function valuation(uint256 tree) external view returns (Valuation memory) {
        return _read(tree);
    }

    /// @inheritdoc IValuations
    function challengeOf(uint256 tree) external view returns (Challenge memory) {
        return _challenges[tree];
    }

    /// @inheritdoc IValuations
    function collateralValue(uint256 tree) external view returns (uint64) {
        Valuation memory stands = _read(tree);
        bool counts = stands.state == ValuationState.CURRENT || stands.state == ValuationState.AWAITING_SECOND;
        if (!counts || block.timestamp > stands.asOf + INELIGIBLE_AFTER) return 0;
        (uint64 owner, Title title, TitleClass class, Life life) = TREES.standing(tree);
        bool eligible = title == Title.REGISTERED && class != TitleClass.C && life == Life.ALIVE;
        return eligible && owner != stands.appraiser ? stands.collateral : 0;
    }

    /// @inheritdoc IValuations
    function isStale(uint256 tree) external view returns (bool) {
        Valuation memory stands = _read(tree);
        return stands.state != ValuationState.NONE && block.timestamp > stands.asOf + STALE_AFTER;
    }

    /* RULES */

    function _post(uint256 tree, Valuation memory next, bytes32 model, bytes32 inputs) private {
        uint256 packed = _packed[tree];
        uint48 full = _collateral(next);
        if (packed == 0) {
            _requireValuable(tree, next.appraiser);
            _requireFit(tree, next, 0);
            bool large = next.value > SECOND_ABOVE;
            next.state = large ? ValuationState.AWAITING_SECOND : ValuationState.CURRENT;
            next.collateral = large ? 0 : full;
        } else {
            // What was valued once is registered for ever. Whose it is and whether it lives is asked where it counts.
            Valuation memory before = _unpack(packed);
            bool open = before.state == ValuationState.CURRENT;
            require(open, ValuationNotReady(tree, before.state, ValuationState.CURRENT));
            _requireFit(tree, next, before.asOf);
            bool live = next.asOf <= before.asOf + INELIGIBLE_AFTER;
            if (next.value > SECOND_ABOVE || (live && _farApart(before.value, next.value))) {
                next.state = ValuationState.AWAITING_SECOND;
                next.collateral = live ? _least(before.collateral, full) : 0;
            } else {
                next.state = ValuationState.CURRENT;
                next.collateral = live ? _capped(before, next.asOf, full) : full;
            }
        }
        _set(tree, next, model, inputs);
    }

    function _set(uint256 tree, Valuation memory next, bytes32 model, bytes32 inputs) private {
        _packed[tree] = _pack(next);
        emit Valued(
            tree,
            next.appraiser,
            next.value,
            next.stress,
            next.collateral,
            next.confidence,
            next.asOf,
            next.state,
            model,
            inputs
        );
    }

    function _read(uint256 tree) private view returns (Valuation memory) {
        return _unpack(_packed[tree]);
    }

    /// By hand, because the compiler writes a struct field by field: one store instead of three. Lowest bits first.
    function _pack(Valuation memory one) private pure returns (uint256) {
        return uint256(one.value) | uint256(one.stress) << 48 | uint256(one.collateral) << 96
            | uint256(one.confidence) << 144 | uint256(one.asOf) << 160 | uint256(one.state) << 200
            | uint256(one.appraiser) << 208;
    }

    function _unpack(uint256 packed) private pure returns (Valuation memory) {
        return Valuation(
            uint48(packed),
            uint48(packed >> 48),
            uint48(packed >> 96),
            uint16(packed >> 144),
            uint40(packed >> 160),
            ValuationState(uint8(packed >> 200)),
            uint48(packed >> 208)
        );
    }

    /// What an appraiser states; state and collateral are for the rules to find.
    function _stated(uint64 appraiser, uint48 value, uint48 stress, uint16 confidence, uint40 asOf)
        private
        pure
        returns (Valuation memory)
    {
        return Valuation(value, stress, 0, confidence, asOf, ValuationState.NONE, uint48(appraiser));
    }

    function _requireComplete(bytes32 model, bytes32 inputs) private pure {
        require(model != 0, ValuationIncomplete("model"));
        require(inputs != 0, ValuationIncomplete("inputs"));
    }

    function _requireValuable(uint256 tree, uint64 appraiser) private view {
        (uint64 owner, Title title,, Life life) = TREES.standing(tree);
        require(appraiser != owner, AppraiserIsOwner(tree, appraiser));
        require(title == Title.REGISTERED, ITrees.TitleNotReady(tree, title, Title.REGISTERED));
        require(life == Life.ALIVE, ITrees.LifeNotReady(tree, life, Life.ALIVE));
    }

    /// Figures are of the last 30 days, newer than those before, and follow from one another as the model has it.
    function _requireFit(uint256 tree, Valuation memory next, uint40 previous) private view {
        uint40 latest = uint40(block.timestamp);
        uint40 earliest = latest - DATE_MARGIN > previous ? latest - DATE_MARGIN : previous + 1;
        bool timely = next.asOf >= earliest && next.asOf <= latest;
        require(timely, DateUnfit(tree, next.asOf, earliest, latest));
        // A yield that falls by 40 % leaves at most 60 % of the value, and stress is the worst of several falls.
        uint256 most = uint256(next.value) * 3 / 5;
        require(next.stress <= most, StressUnfit(tree, next.stress, uint48(most)));
        require(next.confidence <= CONFIDENCE_MOST, ConfidenceUnfit(tree, next.confidence, CONFIDENCE_MOST));
    }

    function _collateral(Valuation memory stated) private pure returns (uint48) {
        return uint48(uint256(stated.stress) * stated.confidence / BASIS_POINTS);
    }

    /// Whether two values differ by more than a fifth of the first.
    function _farApart(uint256 first, uint256 second) private pure returns (bool) {
        uint256 difference = first > second ? first - second : second - first;
        return difference * 5 > first;
    }

    /// What counts rises by at most a tenth in 30 days; it falls as the figures do, whose index is capped both ways.
    function _capped(Valuation memory before, uint40 asOf, uint48 full) private pure returns (uint48) {
        uint256 rise = uint256(before.collateral) * (asOf - before.asOf) / TENTH_PERIOD;
        uint256 most = before.collateral + rise;
        return most < full ? uint48(most) : full;
    }

    function _least(uint48 one, uint48 other) private pure returns (uint48) {
        return one < other ? one : other;
    }

    function _encodePostings(PostValuations calldata act) private pure returns (bytes memory) {
        return abi.encode(
            POST_VALUATIONS,
            keccak256(abi.encodePacked(act.trees)),
            _hash(act.values),
            _hash(act.stresses),
            _hash(act.confidences),
            act.asOf,
            act.model,
            act.inputs
        );
    }

    /// Same as `keccak256(abi.encodePacked(values))`, which costs a thousand gas an element: the words lie in calldata as
    /// EIP-712 wants them. A word that is too large is refused where it is read.
    function _hash(uint48[] calldata values) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            let size := shl(5, values.length)
            calldatacopy(start, values.offset, size)
            hash := keccak256(start, size)
        }
    }

    function _hash(uint16[] calldata values) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            let size := shl(5, values.length)
            calldatacopy(start, values.offset, size)
            hash := keccak256(start, size)
        }
    }
}
