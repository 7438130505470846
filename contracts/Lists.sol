// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

/// @dev Lists of ids by key, each linked from its newest member to its oldest: a first member costs one slot, every other
/// member one more, and a member that leaves gives them back. No id is zero, and none is twice in a list.
library Lists {
    struct Linked {
        mapping(uint256 key => uint256 id) newest; // zero: the list is empty
        mapping(uint256 id => uint256) older; // zero: the oldest
    }

    function add(Linked storage self, uint256 key, uint256 id) internal {
        uint256 before = self.newest[key];
        if (before != 0) self.older[id] = before;
        self.newest[key] = id;
    }

    /// `id` is in the list, and `newer` right before it (zero: `id` is the newest).
    function remove(Linked storage self, uint256 key, uint256 newer, uint256 id) internal {
        uint256 before = self.older[id];
        if (newer == 0) self.newest[key] = before;
        else self.older[newer] = before;
        if (before != 0) delete self.older[id];
    }
}
