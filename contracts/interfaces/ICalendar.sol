// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Auth, IActs} from "./IActs.sol";

/// Bit n of `first`, then of `second`, is day n of the year, from 0; set where that day is no working day.
struct PublishYear {
    uint16 year;
    uint256 first;
    uint256 second;
    bytes32 evidence;
}

/// @title Calendar: working days (工作日) as the State Council announces them, holidays and make-up days (调休) alike
/// @notice Days are those of Asia/Shanghai (UTC+8). A period does not count the day it begins on (CC 201), and ends with
/// its last day. In a year that is not published yet Saturdays and Sundays are the days off.
interface ICalendar is IActs {
    /// @notice The days off of `year` are now these.
    event YearPublished(uint16 indexed year, uint64 indexed actor, uint256 first, uint256 second, bytes32 evidence);

    /// @notice Year {year} cannot be published: from {earliest} to {latest}.
    /// @custom:zh 年份 {year} 不能公布，应在 {earliest} 至 {latest} 之间。
    error YearUnfit(uint16 year, uint16 earliest, uint16 latest);

    /// @notice Year {year} has days off in its {length} days and nowhere else; the bits say otherwise.
    /// @custom:zh 年份 {year} 共 {length} 天，休息日应在其中且不能为空。
    error DaysUnfit(uint16 year, uint16 length);

    /// @notice A regulator publishes the days off of a year, on evidence of the State Council's notice. Again: replaces them.
    /// @custom:zh 监管部门依据国务院办公厅通知公布一年的放假与调休安排。
    function publish(PublishYear calldata act, Auth calldata auth) external;

    /// @notice The last second (UTC) of the working day that is `count` working days after the day of `instant`.
    function endOfWorkingDays(uint64 instant, uint16 count) external view returns (uint64);

    /// @notice The last second (UTC) of the day that is `count` days after the day of `instant`, or of the next working day
    /// where that is none (CC 203).
    function endOfDays(uint64 instant, uint16 count) external view returns (uint64);

    /// @notice Whether the day of `instant` is a working day.
    function isWorkingDay(uint64 instant) external view returns (bool);

    /// @notice The published days off of a year; zero: not published.
    function daysOff(uint16 year) external view returns (uint256 first, uint256 second);
}
