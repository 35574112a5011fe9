// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import TestSupport
import Testing

@testable import HoldfastHTTP

@Suite struct ErrorResponseTests {
    private struct Mine: Error, ResponseConvertible {
        func response() -> Response { .text("mine", status: .gone) }
    }

    private struct Broken: Error, ResponseConvertible {
        func response() throws -> Response { throw self }
    }

    private func response(to error: any Error, _ capture: LogCapture = LogCapture()) throws -> Response {
        ErrorResponse.make(for: error, try makeRequest(.get, "/p"), makeContext(logger: capture.logger()))
    }

    @Test func `an HTTP error has its status, text and fields`() throws {
        let error = HTTPError(.tooManyRequests, message: "slow down", fields: [.retryAfter: "5"])
        let response = try response(to: error)
        #expect(response.status == .tooManyRequests)
        #expect(response.bodyText == "slow down")
        #expect(response.fields[.retryAfter] == "5")
        #expect(try self.response(to: HTTPError(.notFound)).bodyText == "Not Found")
    }

    @Test func `an error may make its own response, and one that fails to is unknown`() throws {
        #expect(try response(to: Mine()).bodyText == "mine")
        #expect(try response(to: Mine()).status == .gone)
        #expect(try response(to: Broken()).status == .internalServerError)
    }

    @Test func `a cancelled handler is 503 and no news for the log`() throws {
        let capture = LogCapture()
        #expect(try response(to: CancellationError(), capture).status == .serviceUnavailable)
        #expect(capture.lines.isEmpty)
    }

    @Test func `unknown errors have different numbers`() throws {
        struct Unknown: Error {}
        let texts = try (0..<20).map { _ in try response(to: Unknown()).bodyText }
        #expect(Set(texts).count == 20)
    }
}
