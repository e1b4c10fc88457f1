// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {LXR} from "LXR.sol";

/// @title Plays calls on the token, one by one, and tells after each what it answered and what every account holds.
/// @dev For calls that are simulated and never sent: each begins with no money at all.
contract Replay is LXR {
    /// @param code 0 where the call was accepted, or the refusal's code.
    struct Step { uint8 code; uint256 minted; uint256 burned; uint256[] balances; }

    function play(bytes[] calldata calls, Account[] calldata accounts) external returns (Step[] memory steps) {
        bytes32[] memory slots = _slots(accounts);
        steps = new Step[](calls.length);
        for (uint256 i = 0; i < calls.length; i++) {
            (bool accepted, bytes memory answer) = address(this).call(calls[i]);
            steps[i] = Step(accepted ? 0 : _code(answer), minted, burned, _load(slots));
        }
    }

    /// @notice The whole table: whether `from` may pay `to` for `reason`, all in the order of their enumerations.
    function edges() external pure returns (bool[] memory answers) {
        uint256 kinds = uint256(type(Kind).max) + 1;
        uint256 reasons = uint256(type(Reason).max) + 1;
        answers = new bool[](kinds * kinds * reasons);
        for (uint256 i = 0; i < answers.length; i++) {
            answers[i] = allowed(Kind(i / reasons / kinds), Kind((i / reasons) % kinds), Reason(i % reasons));
        }
    }

    /// @dev A failure that is no refusal is a bug, and ends everything.
    function _code(bytes memory answer) private pure returns (uint8 code) {
        bool refusal = answer.length == 36 && bytes4(answer) == Refused.selector;
        if (!refusal) {
            assembly { revert(add(answer, 32), mload(answer)) }
        }
        assembly { code := mload(add(answer, 36)) }
    }

    /// @dev Where the balances lie: worked out once, as they are looked up after every call.
    function _slots(Account[] calldata accounts) private pure returns (bytes32[] memory slots) {
        bytes32 place;
        assembly { place := balanceOf.slot }
        slots = new bytes32[](accounts.length);
        for (uint256 i = 0; i < slots.length; i++) {
            slots[i] = keccak256(abi.encode(accounts[i].owner, keccak256(abi.encode(accounts[i].kind, place))));
        }
    }

    function _load(bytes32[] memory slots) private view returns (uint256[] memory balances) {
        balances = new uint256[](slots.length);
        assembly {
            let size := mul(mload(slots), 32)
            for { let at := 32 } iszero(gt(at, size)) { at := add(at, 32) } {
                mstore(add(balances, at), sload(mload(add(slots, at))))
            }
        }
    }
}
