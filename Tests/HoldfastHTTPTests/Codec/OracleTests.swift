// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1
internal import TestSupport
import Testing

@testable internal import HoldfastHTTP

/// llhttp, through NIO's decoder, as a second opinion: we accept nothing that it refuses, and refuse what it accepts
/// only for a reason on the list.
@Suite struct OracleTests {
    /// Where we are stricter on purpose.
    static let stricter: Set<RequestParseError.Reason> = [
        // Rules llhttp leaves to the server.
        .missingHost, .duplicateHost, .invalidHost, .transferEncodingInHTTP10,
        .unsupportedTransferEncoding, .invalidTarget, .tooManyEmptyLines, .forbiddenTrailer,
        // It skips repeated spaces in the request line, and single CRs and LFs before it.
        .invalidRequestLine, .bareLineFeed,
        // It counts to 64 bits, we to 63.
        .invalidContentLength,
        // It takes an empty coding for none, and blanks that we do not.
        .invalidTransferEncoding,
        // It takes any number of leading zeros, and extensions that lack a name or a value.
        .invalidChunkSize, .invalidChunkExtension,
        // Limits.
        .requestLineTooLong, .fieldTooLarge, .headTooLarge, .tooManyFields, .bodyTooLarge,
        .extensionsAndTrailersTooLarge, .wireBytesExceeded,
    ]

    @Test("Every vector gets the same verdict, or a listed one", arguments: RequestVector.all)
    func vectors(_ vector: RequestVector) {
        compare(vector.input, vector.name)
    }

    @Test("Random mutations get the same verdict, or a listed one", arguments: [1, 2, 3, 4] as [UInt64])
    func mutations(_ seed: UInt64) {
        var generator = Seeded(state: seed)
        for round in 0..<4000 {
            var input = RequestVector.all.randomElement(using: &generator)?.input ?? []
            for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&input, &generator) }
            if !compare(input, "seed \(seed), round \(round)") { return }
            let splits = (0..<3).map { _ in Int.random(in: 0...input.count, using: &generator) }.sorted()
            var whole = parse(input)
            var split = parse(input, splits: splits)
            if whole.failure != nil {
                whole.leftOver = []
                split.leftOver = []
            }
            #expect(split == whole, "seed \(seed), round \(round), split at \(splits)")
        }
    }

    private static let fragments = [
        "\r\n", "\n", "\r", " ", "\t", "\0", "\u{0B}", ":", ",", ";", "=", "\"", "#", "?", "\u{80}", "\u{FF}", "0", "-",
        "+",
        "Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n", "Host: a\r\n", "Connection: close\r\n", "\r\n\r\n",
        "0\r\n\r\n", "chunked", "HTTP/1.1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ].map(latin1)

    private func mutate(_ input: inout [UInt8], _ generator: inout Seeded) {
        let position = Int.random(in: 0...input.count, using: &generator)
        let end = min(input.count, position + Int.random(in: 0...6, using: &generator))
        switch Int.random(in: 0..<6, using: &generator) {
        case 0 where position < input.count:
            input[position] = UInt8.random(in: 0...255, using: &generator)
        case 1:
            input.removeSubrange(position..<end)
        case 2:
            input.insert(contentsOf: input[position..<end], at: position)
        case 3:
            let other = RequestVector.all.randomElement(using: &generator)?.input ?? []
            input.replaceSubrange(position..<input.count, with: other[min(position, other.count)...])
        case 4 where position < input.count:
            input[position] ^= 0x20
        default:
            input.insert(contentsOf: Self.fragments.randomElement(using: &generator) ?? [], at: position)
        }
    }

    // MARK: Comparison

    @discardableResult
    private func compare(_ input: [UInt8], _ label: String) -> Bool {
        var complaint = disagreement(parse(input), Oracle.parse(input))
        if complaint != nil {
            // Where we are less strict on purpose, it has to agree once that is written as it wants it.
            let plain = Oracle.plain(input)
            if plain != input { complaint = disagreement(parse(plain), Oracle.parse(plain)) }
        }
        #expect(complaint == nil, "\(label): \(String(decoding: input, as: UTF8.self).debugDescription)")
        return complaint == nil
    }

    private func disagreement(_ ours: Transcript, _ theirs: Oracle.Answer) -> String? {
        for (index, request) in ours.requests.enumerated() {
            // Methods llhttp does not know are the router's business with us.
            if !Oracle.knows(request.method) {
                return theirs.requests.count <= index ? nil : "it accepted \(request.method)"
            }
            guard index < theirs.requests.count else {
                return theirs.stoppedAfterUpgrade ? nil : "it refused request \(index), we did not"
            }
            let other = theirs.requests[index]
            if request.method != other.method { return "method \(other.method)" }
            if request.target != other.target { return "target \(other.target)" }
            if request.fields != other.fields { return "fields \(other.fields), ours \(request.fields)" }
            if request.isComplete, !other.isComplete { return "it did not complete request \(index)" }
            if request.isComplete, request.body != other.body { return "body \(other.body)" }
            if !request.isComplete, !other.body.starts(with: request.body) { return "body begins \(other.body)" }
        }
        if ours.completed < theirs.requests.filter(\.isComplete).count {
            guard let reason = ours.failure else { return "we did not complete all of its requests" }
            return Self.stricter.contains(reason) ? nil : "only we refused: \(reason)"
        }
        if let reason = ours.failure, !theirs.failed, !theirs.stoppedAfterUpgrade {
            return Self.stricter.contains(reason) || theirs.requests.count == ours.requests.count
                ? nil : "it is still reading, we refused: \(reason)"
        }
        return nil
    }
}

/// NIO's HTTP/1 decoder around llhttp.
enum Oracle {
    struct Answer {
        var requests: [ParsedRequest] = []
        var failed = false
        /// The decoder reads nothing behind a request that it takes for an upgrade.
        var stoppedAfterUpgrade = false
    }

    static func knows(_ method: String) -> Bool {
        if case .RAW = HTTPMethod(rawValue: method) { return false }
        return true
    }

    /// The input with what llhttp refuses, and the standards do not, written in another way: later minor versions (RFC 9110 §2.5), and
    /// blanks around chunk extensions (RFC 9112 §7.1.1).
    static func plain(_ input: [UInt8]) -> [UInt8] {
        let lines = input.split(separator: 0x0A, omittingEmptySubsequences: false)
        return Array(lines.map(plainLine).joined(separator: [0x0A]))
    }

    private static func plainLine(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var result = Array(line)
        let version = Array("HTTP/1.".utf8)
        let digit = result.count - 2
        if digit > 0, (0x32...0x39).contains(result[digit]), result[..<digit].suffix(7) == version[...] {
            result[digit] = 0x31
        }
        guard result.first.flatMap(ByteScan.hexValue) != nil else { return result }
        var isQuoted = false
        var index = result.startIndex
        while index < result.endIndex {
            if result[index] == 0x5C { index += 1 } else if result[index] == 0x22 { isQuoted.toggle() }
            if !isQuoted, index < result.endIndex, result[index] == 0x3B || result[index] == 0x3D {
                while index + 1 < result.endIndex, ByteScan.isBlank(result[index + 1]) { result.remove(at: index + 1) }
                while index > 0, ByteScan.isBlank(result[index - 1]) {
                    result.remove(at: index - 1)
                    index -= 1
                }
            }
            index += 1
        }
        return result
    }

    private static func trimmed(_ value: String) -> String {
        var scalars = Substring(value).unicodeScalars
        while let last = scalars.last, last == " " || last == "\t" { scalars.removeLast() }
        return String(scalars)
    }

    static func parse(_ input: [UInt8]) -> Answer {
        var answer = Answer()
        let channel = EmbeddedChannel(
            handler: ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))
        )
        do {
            try channel.writeInbound(ByteBuffer(bytes: input))
        } catch {
            answer.failed = true
        }
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head):
                answer.requests.append(
                    ParsedRequest(
                        method: head.method.rawValue,
                        target: head.uri,
                        // It keeps blanks behind a value, which are not part of it (RFC 9112 §5.1).
                        fields: head.headers.map { [$0.name.lowercased(), trimmed($0.value)] }
                    )
                )
                answer.stoppedAfterUpgrade =
                    head.method == .CONNECT
                    || head.headers.contains(name: "upgrade")
                        && head.headers["connection"].contains { $0.lowercased().contains("upgrade") }
            case .body(let bytes):
                answer.requests[answer.requests.count - 1].body.append(contentsOf: bytes.readableBytesView)
            case .end:
                answer.requests[answer.requests.count - 1].isComplete = true
            }
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return answer
    }
}
