// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
internal import NIOCore

/// The head of the answer to an upgrade or a `CONNECT` (RFC 9112 §4); what follows it is not touched.
struct ResponseHead: Sendable {
    /// Why the answer cannot be read.
    enum Failure: Error, Hashable {
        case malformed
        case tooLarge
    }

    static let byteLimit = 16 << 10

    let status: HTTPResponse.Status
    private let fields: [(name: String, value: String)]

    /// Takes the head out of the bytes; `nil` while it is not complete.
    init?(_ bytes: inout ByteBuffer) throws(Failure) {
        let view = bytes.readableBytesView.prefix(Self.byteLimit)
        guard let end = Self.headEnd(view) else {
            guard bytes.readableBytes < Self.byteLimit else { throw .tooLarge }
            return nil
        }
        let head = bytes.readSlice(length: end - view.startIndex) ?? ByteBuffer()
        guard let text = head.getString(at: head.readerIndex, length: head.readableBytes) else { throw .malformed }
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: true)[...]
        guard let first = lines.popFirst() else { throw .malformed }
        let parts = first.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0", parts[1].utf8.count == 3,
            let code = Int(parts[1]), (100...599).contains(code)
        else { throw .malformed }
        status = HTTPResponse.Status(code: code)
        var fields: [(name: String, value: String)] = []
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), HTTPField.Name(String(line[..<colon])) != nil else {
                throw .malformed
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            fields.append((line[..<colon].lowercased(), String(value.trimmingSuffix { $0 == " " || $0 == "\t" })))
        }
        self.fields = fields
    }

    /// Every value of a field.
    func values(_ name: HTTPField.Name) -> [String] {
        fields.filter { $0.name == name.canonicalName }.map(\.value)
    }

    /// The place after the empty line that ends the head.
    private static func headEnd(_ bytes: ByteBufferView) -> Int? {
        var matched = 0
        for index in bytes.indices {
            switch (bytes[index], matched) {
            case (UInt8(ascii: "\r"), 0), (UInt8(ascii: "\n"), 1), (UInt8(ascii: "\r"), 2): matched += 1
            case (UInt8(ascii: "\n"), 3): return index + 1
            case (UInt8(ascii: "\r"), _): matched = 1
            default: matched = 0
            }
        }
        return nil
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var text = self
        while let last = text.last, predicate(last) { text.removeLast() }
        return text
    }
}
