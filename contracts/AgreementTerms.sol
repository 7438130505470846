// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {AgreementAccount} from "./AgreementAccount.sol";
import {Agreement, IAgreements, OfferAgreement} from "./interfaces/IAgreements.sol";

/// @dev What an offer has to say before it can be signed.
library AgreementTerms {
    uint256 private constant MILESTONES_MOST = 12;
    uint256 private constant OFFER_STANDS_MOST = 366 days;
    uint16 private constant BPS = 10_000;

    bytes32 private constant OFFER_AGREEMENT = keccak256(
        "OfferAgreement(uint64 counterparty,bool asBuyer,bytes32 terms,uint64 quantity,uint64 unitPrice,bytes32 formula,uint64 total,uint64 deposit,uint16 damagesBps,uint8 inspectionDays,uint8 graceDays,uint64 offerEndsAt,uint64[] dueAt,uint64[] quantities,address signer,uint256 nonce,uint256 deadline)"
    );

    /// The act as EIP-712 encodes it.
    function encode(OfferAgreement calldata act) internal pure returns (bytes memory) {
        return bytes.concat(
            abi.encode(
                OFFER_AGREEMENT,
                act.counterparty,
                act.asBuyer,
                act.terms,
                act.quantity,
                act.unitPrice,
                act.formula,
                act.total,
                act.deposit,
                act.damagesBps
            ),
            abi.encode(
                act.inspectionDays,
                act.graceDays,
                act.offerEndsAt,
                keccak256(abi.encodePacked(act.dueAt)),
                keccak256(abi.encodePacked(act.quantities))
            )
        );
    }

    /// Reverts with `TermsUnfit` or `TotalDiffers` unless the terms are complete and add up.
    function requireComplete(OfferAgreement calldata act) internal view {
        require(act.terms != 0, IAgreements.TermsUnfit("terms"));
        require(act.inspectionDays != 0, IAgreements.TermsUnfit("inspectionDays"));
        require(act.damagesBps <= BPS, IAgreements.TermsUnfit("damagesBps"));
        bool stands = act.offerEndsAt > block.timestamp && act.offerEndsAt <= block.timestamp + OFFER_STANDS_MOST;
        require(stands || act.offerEndsAt == 0, IAgreements.TermsUnfit("offerEndsAt"));
        uint64 total = AgreementAccount.price(act.quantity, act.unitPrice);
        require(total != 0 && total == act.total, IAgreements.TotalDiffers(act.total, total));
        require(act.deposit <= total, IAgreements.TermsUnfit("deposit"));
        _requireMilestones(act);
    }

    function _requireMilestones(OfferAgreement calldata act) private view {
        uint256 parts = act.dueAt.length;
        require(parts != 0 && parts <= MILESTONES_MOST, IAgreements.TermsUnfit("dueAt"));
        require(parts == act.quantities.length, IAgreements.TermsUnfit("quantities"));
        uint256 before = block.timestamp;
        uint256 sum;
        for (uint256 number = 0; number < parts; ++number) {
            require(act.dueAt[number] > before, IAgreements.TermsUnfit("dueAt"));
            require(act.quantities[number] != 0, IAgreements.TermsUnfit("quantities"));
            before = act.dueAt[number];
            sum += act.quantities[number];
        }
        require(sum == act.quantity, IAgreements.TermsUnfit("quantities"));
    }

    /// Tells everything that an offer put into storage.
    function emitOffered(uint256 id, Agreement storage deal, OfferAgreement calldata act) internal {
        emit IAgreements.AgreementOffered(
            id,
            deal.buyer,
            deal.seller,
            act.asBuyer,
            deal.priceFixed,
            act.terms,
            act.quantity,
            act.unitPrice,
            act.formula,
            act.total,
            act.deposit,
            act.damagesBps,
            deal.milestones,
            act.inspectionDays,
            act.graceDays,
            deal.offerEndsAt
        );
    }
}
