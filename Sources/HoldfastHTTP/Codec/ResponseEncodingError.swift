// SPDX-License-Identifier: Apache-2.0

/// Why a response head was not written; nothing reached the buffer.
package enum ResponseEncodingError: Error, Hashable, Sendable {
    /// The status code is outside 100...599.
    case invalidStatus(Int)
    /// A field value has a control character other than tab.
    case invalidFieldValue(name: String)
    /// A chunked body for a client that speaks HTTP/1.0.
    case chunkedInHTTP10
    /// The declared length is negative.
    case negativeLength
}
