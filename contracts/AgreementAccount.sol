// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IAgreements} from "./interfaces/IAgreements.sol";

/// @dev The arithmetic of an agreement's money, in fen; rounded down in the debtor's favour.
library AgreementAccount {
    uint64 internal constant MOST = 1e15; // ten trillion yuan
    uint256 private constant GRAMS_PER_KILOGRAM = 1000;
    uint64 private constant DEPOSIT_PARTS = 5; // at most a fifth of the price is deposit (定金, CC 586)

    /// Fen for so many grams at `unitPrice` fen per kilogram; reverts with `PriceUnfit` beyond what is reckoned with.
    function price(uint64 grams, uint64 unitPrice) internal pure returns (uint64) {
        uint256 found = uint256(grams) * unitPrice / GRAMS_PER_KILOGRAM;
        require(found <= MOST, IAgreements.PriceUnfit(found, MOST));
        return uint64(found);
    }

    /// What of a paid deposit is deposit in law; the rest is a prepayment.
    function depositBase(uint64 total, uint64 depositPaid) internal pure returns (uint64) {
        uint64 most = total / DEPOSIT_PARTS;
        return depositPaid < most ? depositPaid : most;
    }

    /// What may be paid of an amount that is owed, while `frozen` is in dispute.
    function undisputed(int64 owed, uint64 frozen) internal pure returns (uint64) {
        return owed > int64(frozen) ? uint64(owed) - frozen : 0;
    }
}
