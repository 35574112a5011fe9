// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import HoldfastTransport
internal import NIOCore

@testable internal import HoldfastHTTP

/// The bytes of a text whose scalars are all below 256, one byte each.
func latin1(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

/// The default limits but for a few.
func limits(_ change: (inout Limits.HTTP) -> Void) -> Limits.HTTP {
    var limits = Limits.HTTP()
    change(&limits)
    return limits
}

/// One request as a parser delivered it.
struct ParsedRequest: Hashable {
    var method: String
    var target: String
    /// Lower-case names and values, in order.
    var fields: [[String]]
    var body: [UInt8] = []
    var isComplete = false
}

/// Everything a parser made of a piece of input.
struct Transcript: Hashable {
    var requests: [ParsedRequest] = []
    var failure: RequestParseError.Reason?
    var leftOver: [UInt8] = []

    var completed: Int { requests.filter(\.isComplete).count }
}

/// Parses `input` handed over in pieces that end at `splits`.
func parse(
    _ input: [UInt8],
    splits: [Int] = [],
    limits: Limits.HTTP = .init(),
    bodyLimit: Int? = nil
) -> Transcript {
    var transcript = Transcript()
    var parser = RequestParser(limits: limits)
    var buffer = ByteBuffer()
    var start = 0
    for end in splits + [input.count] {
        buffer.writeBytes(input[start..<end])
        start = end
        drain(&parser, &buffer, into: &transcript, bodyLimit: bodyLimit)
    }
    transcript.leftOver = Array(buffer.readableBytesView)
    return transcript
}

private func drain(
    _ parser: inout RequestParser,
    _ buffer: inout ByteBuffer,
    into transcript: inout Transcript,
    bodyLimit: Int?
) {
    while true {
        switch parser.next(&buffer) {
        case .head(let head):
            let fields = head.fields.map { [$0.name.canonicalName, $0.value] }
            transcript.requests.append(
                ParsedRequest(method: head.method.rawValue, target: head.target, fields: fields)
            )
            if let bodyLimit { parser.setBodyLimit(bodyLimit) }
        case .body(let bytes):
            transcript.requests[transcript.requests.count - 1].body.append(contentsOf: bytes.readableBytesView)
        case .end:
            transcript.requests[transcript.requests.count - 1].isComplete = true
        case .needMoreData:
            return
        case .failure(let error):
            transcript.failure = error.reason
            return
        }
    }
}

/// Parses one request that must be accepted, and returns its head.
func parseHead(_ text: String, limits: Limits.HTTP = .init()) throws(RequestParseError) -> RequestHead {
    var parser = RequestParser(limits: limits)
    var buffer = ByteBuffer(bytes: latin1(text))
    switch parser.next(&buffer) {
    case .head(let head): return head
    case .failure(let error): throw error
    default: throw RequestParseError(.invalidRequestLine)
    }
}
