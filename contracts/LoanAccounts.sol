// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Account, AllocationOrder} from "./interfaces/ILoans.sol";

/// @dev Interest and what payments go to. The twin of `workflows/loans/accounts.py`.
library LoanAccounts {
    uint256 private constant PPM_DAYS = 365 * 1e6; // fen × ppm × days of a year that make one fen
    uint64 private constant SHANGHAI = 8 hours; // ahead of UTC, all year round

    /// The day in Shanghai of an instant, from 1970-01-01.
    function dayOf(uint64 instant) internal pure returns (uint32) {
        return uint32((instant + SHANGHAI) / 1 days);
    }

    /// Interest accrued up to the start of `day`, exact: in fen × ppm × days.
    function accruedUntil(Account memory account, uint32 ratePpm, uint32 day) internal pure returns (uint96) {
        if (day <= account.accruedDay) return account.accrued;
        return account.accrued + uint96(uint256(account.principalFen) * ratePpm * (day - account.accruedDay));
    }

    /// Interest owed at the start of `day`, rounded down to the fen.
    function interestOwed(Account memory account, uint32 ratePpm, uint32 day) internal pure returns (uint64) {
        return uint64(accruedUntil(account, ratePpm, day) / PPM_DAYS) - account.interestPaidFen;
    }

    /// What of `amountFen` goes where. It must not exceed what is owed.
    function allocate(Account memory account, uint64 interestFen, AllocationOrder order, uint64 amountFen)
        internal
        pure
        returns (uint64 toCosts, uint64 toInterest, uint64 toPrincipal)
    {
        if (order == AllocationOrder.STATUTORY) {
            toCosts = _least(amountFen, account.costsFen);
            toInterest = _least(amountFen - toCosts, interestFen);
            toPrincipal = amountFen - toCosts - toInterest;
        } else {
            toPrincipal = _least(amountFen, account.principalFen);
            toInterest = _least(amountFen - toPrincipal, interestFen);
            toCosts = amountFen - toPrincipal - toInterest;
        }
    }

    function _least(uint64 one, uint64 other) private pure returns (uint64) {
        return one < other ? one : other;
    }
}
