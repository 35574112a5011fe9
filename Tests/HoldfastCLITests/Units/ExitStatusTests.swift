// SPDX-License-Identifier: Apache-2.0
import HoldfastClient
import HoldfastRPC
import HoldfastTransport
import Testing

@testable import HoldfastCLI

@Suite struct ExitStatusTests {
    // The testing library has a type of this name, too.
    typealias ExitStatus = HoldfastCLI.ExitStatus

    @Test func `The numbers are those that scripts know`() {
        #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 64, 130])
    }

    @Test(arguments: [
        (RPCClientError.Kind.remote, ExitStatus.callFailed), (.transport, .noConnection), (.closed, .noConnection),
        (.sessionLost, .noConnection), (.timeout, .timeout), (.configuration, .usage), (.overloaded, .callFailed),
        (.invalidResult, .callFailed),
    ])
    func `Every kind of failure has its number`(kind: RPCClientError.Kind, status: ExitStatus) {
        #expect(Failure(RPCClientError(kind, "why"), url: "ws://h/").status == status)
    }

    @Test func `A server's error keeps its code, message and data`() {
        let error = RPCError(code: -7, message: "no", data: ["why": "because"])
        let failure = Failure(RPCClientError(remote: error), url: "ws://h/")
        #expect(failure.heading == "error -7")
        #expect(failure.message == "no")
        #expect(failure.details == [#"data: {"why":"because"}"#])
        #expect(Failure(RPCClientError(remote: RPCError(code: 1, message: "no")), url: "").details == [])
    }

    @Test(arguments: [
        ("cannot connect to h:1: Connection refused", "holdfast serve"),
        ("the TLS handshake failed: CERTIFICATE_VERIFY_FAILED", "--ca"),
        ("the TLS handshake failed: WRONG_VERSION_NUMBER", "ws://"),
        ("the server refused the upgrade with 404", "path"),
    ])
    func `Likely mistakes come with what to do`(message: String, hint: String) throws {
        let failure = Failure(RPCClientError(.transport, message), url: "wss://h/rpc")
        #expect(failure.message == "wss://h/rpc: \(message)")
        #expect(try #require(failure.details.first).contains(hint))
    }
}
