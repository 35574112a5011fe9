// SPDX-License-Identifier: Apache-2.0

/// The bytes of one run, and every other choice of that run.
///
/// All choices follow from a hash of the bytes: an input alone repeats its run, and a seed is plain wire data.
package struct FuzzInput: Sendable {
    package let bytes: [UInt8]
    private var state: UInt64

    package init(_ start: UnsafePointer<UInt8>?, _ count: Int) {
        bytes = Array(UnsafeBufferPointer(start: start, count: count))
        // FNV-1a.
        state = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// The next choice, from 0 up to but without `bound`.
    package mutating func choose(below bound: Int) -> Int {
        // SplitMix64: the lowest bits of the hash alone hardly depend on early bytes.
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value &>> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ (value &>> 31)) % UInt64(max(bound, 1)))
    }

    /// The bytes, as they may arrive: cut at two random places, and again at two others.
    package mutating func cuts() -> [[ArraySlice<UInt8>]] {
        (0..<2).map { _ in
            let places = [choose(below: bytes.count + 1), choose(below: bytes.count + 1)].sorted()
            return [bytes[..<places[0]], bytes[places[0]..<places[1]], bytes[places[1]...]]
        }
    }

    /// The bytes one at a time; only of inputs short enough for it.
    package var singly: [ArraySlice<UInt8>]? {
        bytes.count <= 256 ? bytes.indices.map { bytes[$0...$0] } : nil
    }
}
