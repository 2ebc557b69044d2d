// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../interfaces/IExchange.sol";

/// @dev `buy` and `sell` index the orders of the same batch. `lots` in kg; cost = lots * pricePerKg.
struct Match {
    uint256 buy;
    uint256 sell;
    uint256 lots;
    uint256 pricePerKg;
    uint256 group;
}

/// @title Packs a batch as IExchange.settle lays it out, plainly: one class entry per order, casts that must fit.
library BatchEncoder {
    error FieldTooWide(string field, uint256 value);

    uint256 private constant OWN = 1 << 255;

    /// @notice Any orders in any order: they are put by number, then by maker, and the matches point after them.
    function encode(IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches)
        internal
        pure
        returns (bytes memory)
    {
        uint256[] memory places = placesOf(orders);
        IExchange.Order[] memory sorted = new IExchange.Order[](orders.length);
        bytes[] memory signaturesSorted = new bytes[](orders.length);
        Match[] memory moved = new Match[](matches.length);
        for (uint256 i; i < orders.length; ++i) {
            (sorted[places[i]], signaturesSorted[places[i]]) = (orders[i], signatures[i]);
        }
        for (uint256 i; i < matches.length; ++i) {
            Match memory pair = matches[i];
            moved[i] = Match({
                buy: pair.buy < orders.length ? places[pair.buy] : pair.buy,
                sell: pair.sell < orders.length ? places[pair.sell] : pair.sell,
                lots: pair.lots,
                pricePerKg: pair.pricePerKg,
                group: pair.group
            });
        }
        return encodeAsGiven(sorted, signaturesSorted, moved);
    }

    /// @notice Where each order goes; equal ones keep their order.
    function placesOf(IExchange.Order[] memory orders) internal pure returns (uint256[] memory places) {
        places = new uint256[](orders.length);
        for (uint256 i; i < orders.length; ++i) {
            for (uint256 j; j < orders.length; ++j) {
                if (_isBefore(orders[j], orders[i]) || (j < i && !_isBefore(orders[i], orders[j]))) ++places[i];
            }
        }
    }

    function _isBefore(IExchange.Order memory a, IExchange.Order memory b) private pure returns (bool) {
        return a.number != b.number ? a.number < b.number : a.maker < b.maker;
    }

    function encodeAsGiven(IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches)
        internal
        pure
        returns (bytes memory batch)
    {
        batch = abi.encodePacked(uint8(fit("orders", orders.length, 8)));
        for (uint256 i; i < orders.length; ++i) {
            batch = bytes.concat(batch, bytes16(uint128(fit("classId", orders[i].classId, 128))));
        }
        batch = bytes.concat(batch, bytes1(uint8(orders.length)));
        for (uint256 i; i < orders.length; ++i) {
            batch = bytes.concat(batch, encodeOrder(orders[i], i, signatures[i]));
        }
        for (uint256 i; i < matches.length; ++i) {
            batch = bytes.concat(batch, encodeMatch(matches[i]));
        }
    }

    function encodeOrder(IExchange.Order memory order, uint256 class, bytes memory signature)
        internal
        pure
        returns (bytes memory)
    {
        bytes memory head = abi.encodePacked(
            flagsOf(order, signature),
            uint8(class),
            order.maker,
            uint64(fit("lots", order.amountGco2e / 1000, 64)),
            uint96(fit("pricePerKg", order.pricePerKg, 96)),
            uint64(fit("number", order.number & ~OWN, 64))
        );
        bytes memory tail = abi.encodePacked(
            uint40(fit("expiry", order.expiry, 40)),
            uint16(fit("maxFeeBps", order.maxFeeBps, 16)),
            uint32(fit("epoch", order.epoch, 32))
        );
        bytes memory benefit =
            order.action == IExchange.Action.Hold ? bytes("") : abi.encodePacked(order.beneficiary, order.ref);
        bytes memory seal = signature.length == 64
            ? signature
            : abi.encodePacked(uint16(fit("signature", signature.length, 16)), signature);
        return bytes.concat(head, tail, benefit, seal);
    }

    function encodeMatch(Match memory pair) internal pure returns (bytes memory) {
        return abi.encodePacked(
            uint8(fit("buy", pair.buy, 8)),
            uint8(fit("sell", pair.sell, 8)),
            uint8(fit("group", pair.group, 8)),
            uint64(fit("match lots", pair.lots, 64)),
            uint96(fit("match price", pair.pricePerKg, 96))
        );
    }

    function flagsOf(IExchange.Order memory order, bytes memory signature) internal pure returns (uint8 flags) {
        if (order.side == IExchange.Side.Sell) flags |= 1;
        flags |= uint8(order.action) << 1;
        if (order.number & OWN != 0) flags |= 8;
        if (signature.length != 64) flags |= 16;
    }

    function fit(string memory field, uint256 value, uint256 bits) internal pure returns (uint256) {
        if (value >> bits != 0) revert FieldTooWide(field, value);
        return value;
    }
}
