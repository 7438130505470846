// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Acts} from "./Acts.sol";
import {Roles} from "./Roles.sol";
import {Auth} from "./interfaces/IActs.sol";
import {ICalendar, PublishYear} from "./interfaces/ICalendar.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {IParties} from "./interfaces/IParties.sol";

/// @dev The manual is `interfaces/ICalendar.sol`. Days are counted from 1970-01-01 in Asia/Shanghai.
contract Calendar is ICalendar, Acts {
    struct DaysOff {
        uint256 first;
        uint256 second;
    }

    uint16 private constant EARLIEST = 2000;
    uint16 private constant LATEST = 2199;
    uint256 private constant DAY = 86_400;
    uint256 private constant SHANGHAI = 8 hours; // ahead of UTC, all year round
    uint256 private constant LEAPS_BEFORE_1970 = 477;

    bytes32 private constant PUBLISH_YEAR = keccak256(
        "PublishYear(uint16 year,uint256 first,uint256 second,bytes32 evidence,address signer,uint256 nonce,uint256 deadline)"
    );

    IParties public immutable PARTIES;
    IEvidence public immutable EVIDENCE;

    mapping(uint256 year => DaysOff) private _daysOff;

    constructor(IParties parties, IEvidence evidence) Acts("Chaqi Calendar") {
        PARTIES = parties;
        EVIDENCE = evidence;
    }

    /// @inheritdoc ICalendar
    function publish(PublishYear calldata act, Auth calldata auth) external {
        _accept(abi.encode(PUBLISH_YEAR, act), auth);
        uint64 actor = PARTIES.requireActor(auth.signer, Roles.REGULATOR);
        require(act.year >= EARLIEST && act.year <= LATEST, YearUnfit(act.year, EARLIEST, LATEST));
        uint16 length = uint16(_firstDayOf(act.year + 1) - _firstDayOf(act.year));
        bool none = act.first == 0 && act.second == 0;
        require(!none && act.second >> (length - 256) == 0, DaysUnfit(act.year, length));
        EVIDENCE.requireLive(act.evidence);
        _daysOff[act.year] = DaysOff(act.first, act.second);
        emit YearPublished(act.year, actor, act.first, act.second, act.evidence);
    }

    /// @inheritdoc ICalendar
    function endOfWorkingDays(uint64 instant, uint16 count) external view returns (uint64) {
        uint256 day = _dayOf(instant);
        for (uint256 left = count; left != 0;) {
            if (_isWorking(++day)) --left;
        }
        return _endOf(day);
    }

    /// @inheritdoc ICalendar
    function endOfDays(uint64 instant, uint16 count) external view returns (uint64) {
        uint256 day = _dayOf(instant) + count;
        while (!_isWorking(day)) ++day;
        return _endOf(day);
    }

    /// @inheritdoc ICalendar
    function isWorkingDay(uint64 instant) external view returns (bool) {
        return _isWorking(_dayOf(instant));
    }

    /// @inheritdoc ICalendar
    function daysOff(uint16 year) external view returns (uint256 first, uint256 second) {
        return (_daysOff[year].first, _daysOff[year].second);
    }

    function _isWorking(uint256 day) private view returns (bool) {
        uint256 year = _yearOf(day);
        DaysOff storage off = _daysOff[year];
        (uint256 first, uint256 second) = (off.first, off.second);
        uint256 weekday = (day + 3) % 7; // 0: Monday
        if (first == 0 && second == 0) return weekday < 5;
        uint256 place = day - _firstDayOf(year);
        return (place < 256 ? first >> place : second >> (place - 256)) & 1 == 0;
    }

    function _dayOf(uint64 instant) private pure returns (uint256) {
        return (uint256(instant) + SHANGHAI) / DAY;
    }

    function _endOf(uint256 day) private pure returns (uint64) {
        return uint64((day + 1) * DAY - SHANGHAI - 1);
    }

    /// The average year of 400 is off by at most one.
    function _yearOf(uint256 day) private pure returns (uint256 year) {
        year = 1970 + day * 400 / 146_097;
        if (_firstDayOf(year + 1) <= day) return year + 1;
        if (_firstDayOf(year) > day) return year - 1;
    }

    function _firstDayOf(uint256 year) private pure returns (uint256) {
        uint256 past = year - 1;
        return (year - 1970) * 365 + past / 4 - past / 100 + past / 400 - LEAPS_BEFORE_1970;
    }
}
