// SPDX-License-Identifier: Apache-2.0

internal import FuzzSupport
internal import HTTPTypes
internal import HoldfastHTTP
internal import HoldfastTransport
internal import NIOCore

/// Requests as a client may send them: however they are cut, the parser reports the same, and keeps its limits.
@main
enum FuzzHTTP {
    static func main() {
        let status = fuzz { start, count in
            var input = FuzzInput(start, count)
            for limits in [small, Limits.HTTP()] {
                let whole = Transcript([input.bytes[...]], limits)
                for pieces in input.cuts() + [input.singly].compactMap(\.self) {
                    let cut = Transcript(pieces, limits)
                    check(cut == whole, "Cut \(pieces.map(\.count)): \(cut), whole: \(whole)")
                }
            }
            return 0
        }
        check(status == 0, "libFuzzer ended with \(status)")
    }
}

/// Limits that a short input can reach.
private let small: Limits.HTTP = {
    var limits = Limits.HTTP()
    limits.requestLine = 64
    limits.field = 48
    limits.head = 192
    limits.fieldCount = 4
    limits.body = 64
    limits.wireAllowance = 32
    limits.chunkOverhead = 48
    limits.emptyLines = 2
    return limits
}()

/// Everything a parser made of an input.
private struct Transcript: Equatable {
    struct Request: Equatable {
        var head: [UInt8]
        var facts: [String?]
        var fields: HTTPFields
        var body: [UInt8] = []
        var isComplete = false
    }

    var requests: [Request] = []
    var failure: RequestParseError?
    var isIdle = false
    /// What waits for more bytes; meaningless after a failure.
    var leftOver: [UInt8] = []

    init(_ pieces: [ArraySlice<UInt8>], _ limits: Limits.HTTP) {
        var parser = RequestParser(limits: limits)
        var buffer = ByteBuffer()
        for piece in pieces {
            buffer.writeBytes(piece)
            while take(parser.next(&buffer), limits) {}
        }
        isIdle = parser.isIdle
        if failure == nil { leftOver = Array(buffer.readableBytesView) }
    }

    /// Notes an event; false when it is the last before more bytes come.
    private mutating func take(_ event: RequestParser.Event, _ limits: Limits.HTTP) -> Bool {
        switch event {
        case .head(let head):
            check(requests.last?.isComplete ?? true, "A head inside a request")
            requests.append(Self.request(head, limits))
        case .body(let slice):
            check(slice.readableBytes > 0, "An empty body slice")
            change { request in
                request.body += slice.readableBytesView
                check(request.body.count <= limits.body, "Body over its limit")
            }
        case .end:
            change { $0.isComplete = true }
        case .needMoreData:
            return false
        case .failure(let error):
            check(failure == nil || failure == error, "Another failure than before")
            failure = error
            return false
        }
        check(failure == nil, "An event after a failure")
        return true
    }

    private mutating func change(_ body: (inout Request) -> Void) {
        guard let last = requests.indices.last, !requests[last].isComplete else {
            return check(false, "A body or an end without a head")
        }
        body(&requests[last])
    }

    /// Reads all a head can tell, before and after it was copied.
    private static func request(_ head: RequestHead, _ limits: Limits.HTTP) -> Request {
        check(head.bytes.readableBytes <= limits.head, "Head over its limit")
        check(head.fieldCount <= limits.fieldCount, "More fields than the limit")
        let fields = head.fields
        check(fields.count == head.fieldCount, "\(fields.count) fields of \(head.fieldCount)")
        for field in fields {
            check(head.contains(field.name), "Field \(field.name) not found")
            check(head.values(field.name) == fields[values: field.name], "Values of \(field.name) differ")
        }
        check(head.withPath { $0.elementsEqual(head.path.utf8) }, "Two paths")
        if !head.isHTTP10 { check(head.host != nil, "HTTP/1.1 without a host") }
        let facts = facts(head)
        let copy = head.detached()
        check(Self.facts(copy) == facts && copy.fields == fields, "The copy differs")
        return Request(head: Array(head.bytes.readableBytesView), facts: facts, fields: fields)
    }

    private static func facts(_ head: RequestHead) -> [String?] {
        [
            head.method.rawValue, head.target, head.path, head.query, head.host, "\(head.framing)",
            "\(head.isHTTP10) \(head.keepAlive) \(head.expectContinue) \(head.hasUpgrade)",
            "\(head.contains(token: "close", in: .connection))", head.value(.cookie), head.value(.connection),
        ]
    }
}
