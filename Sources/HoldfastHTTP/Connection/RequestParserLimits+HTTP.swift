// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport

extension RequestParserLimits {
    /// The parser's part of a server's limits.
    init(_ limits: Limits.HTTP) {
        self.init(
            requestLine: limits.requestLine,
            field: limits.field,
            head: limits.head,
            fieldCount: limits.fieldCount,
            body: limits.body,
            extensionsAndTrailers: limits.chunkOverhead,
            leadingEmptyLines: limits.emptyLines
        )
    }
}
