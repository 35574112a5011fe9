// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import Testing

@testable internal import HoldfastHTTP

/// Rows 8, 9 and 10: what is refused and what is not.
@Suite struct RequestVectorTests {
    @Test("A vector gets its verdict", arguments: RequestVector.all)
    func verdict(_ vector: RequestVector) {
        let transcript = parse(vector.input)
        #expect(transcript.failure == vector.failure)
        #expect(transcript.completed == vector.completed)
        if vector.failure == nil, vector.completed > 0 { #expect(transcript.leftOver.isEmpty) }
    }

    @Test("A split at any byte changes nothing", arguments: RequestVector.all)
    func splits(_ vector: RequestVector) {
        let expected = parse(vector.input)
        for offset in 1..<max(vector.input.count, 2) where offset < vector.input.count {
            var transcript = parse(vector.input, splits: [offset])
            // What is left behind a failure depends on how much had arrived, and nobody reads it.
            if transcript.failure != nil { transcript.leftOver = expected.leftOver }
            #expect(transcript == expected, "split at \(offset)")
        }
    }

    @Test("One byte at a time changes nothing", arguments: RequestVector.all)
    func trickle(_ vector: RequestVector) {
        let expected = parse(vector.input)
        var transcript = parse(vector.input, splits: Array(0..<vector.input.count))
        if transcript.failure != nil { transcript.leftOver = expected.leftOver }
        #expect(transcript == expected)
    }

    @Test("A refused vector behind a good request spoils only itself", arguments: RequestVector.refused)
    func pipelined(_ vector: RequestVector) {
        let good = latin1("GET /good HTTP/1.1\r\nHost: a\r\n\r\n")
        let transcript = parse(good + vector.input)
        #expect(transcript.requests.first?.target == "/good")
        #expect(transcript.completed == vector.completed + 1)
        #expect(transcript.failure == vector.failure)
    }

    @Test("A failure is final: a good request behind it never comes out", arguments: RequestVector.refused)
    func final(_ vector: RequestVector) {
        let marker = latin1("\r\n\r\nGET /marker HTTP/1.1\r\nHost: a\r\n\r\n")
        let transcript = parse(vector.input + marker, splits: [vector.input.count])
        #expect(transcript.failure == vector.failure)
        #expect(!transcript.requests.contains { $0.target == "/marker" })
    }

    @Test("Every reason has a vector or a limit test, and the answer the reference names")
    func statuses() {
        let expected: [RequestParseError.Reason: Int] = [
            .requestLineTooLong: 414, .fieldTooLarge: 431, .headTooLarge: 431, .tooManyFields: 431, .bodyTooLarge: 413,
            .unsupportedTransferEncoding: 501, .methodTooLong: 501, .unsupportedVersion: 505,
        ]
        for reason in RequestParseError.Reason.allCases {
            #expect(RequestParseError(reason).status.code == expected[reason] ?? 400)
        }
        let limited: Set<RequestParseError.Reason> = [
            .requestLineTooLong, .fieldTooLarge, .headTooLarge, .tooManyFields, .extensionsAndTrailersTooLarge,
            .wireBytesExceeded,
        ]
        let covered = limited.union(RequestVector.refused.compactMap(\.failure))
        #expect(covered == Set(RequestParseError.Reason.allCases))
    }
}
