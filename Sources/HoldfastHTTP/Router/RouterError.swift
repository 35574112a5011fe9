// SPDX-License-Identifier: Apache-2.0

/// Routes that cannot be served as they were registered.
public struct RouterError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, one sentence each, with the place in the source.
    public var problems: [String]

    /// All problems, one a line.
    public var description: String { problems.joined(separator: "\n") }
}
