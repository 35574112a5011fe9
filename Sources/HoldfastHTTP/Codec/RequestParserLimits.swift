// SPDX-License-Identifier: Apache-2.0

/// The bounds a request must keep, in bytes unless said otherwise.
///
/// A value exactly at a bound is accepted; one more is refused.
package struct RequestParserLimits: Sendable, Equatable {
    /// The request line without its CRLF; beyond it 414.
    package var requestLine: Int
    /// One field line without its CRLF, in the head or the trailers; beyond it 431.
    package var field: Int
    /// The head from the method to the final CRLF, both included; beyond it 431.
    package var head: Int
    /// Field lines in the head, and again in the trailers; beyond it 431.
    package var fieldCount: Int
    /// Body bytes after removing the chunked coding; beyond it 413.
    ///
    /// `Int.max` means no bound.
    package var body: Int
    /// What a body's wire form may take beyond twice ``body``; beyond it 400.
    package var wireAllowance: Int
    /// Chunk extensions and trailers of one message together; beyond it 400.
    package var extensionsAndTrailers: Int
    /// Empty lines skipped before one request line; beyond it 400.
    package var leadingEmptyLines: Int

    /// Creates limits; every default is finite.
    package init(
        requestLine: Int = 8192,
        field: Int = 8192,
        head: Int = 32768,
        fieldCount: Int = 100,
        body: Int = 1 << 20,
        wireAllowance: Int = 64 << 10,
        extensionsAndTrailers: Int = 16 << 10,
        leadingEmptyLines: Int = 5
    ) {
        self.requestLine = requestLine
        self.field = field
        self.head = head
        self.fieldCount = fieldCount
        self.body = body
        self.wireAllowance = wireAllowance
        self.extensionsAndTrailers = extensionsAndTrailers
        self.leadingEmptyLines = leadingEmptyLines
    }
}
