// SPDX-License-Identifier: Apache-2.0
import Foundation
import Holdfast
import Testing

/// `holdfast call` as a shell sees it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct CallProgramTests {
    @Test(arguments: [nil, "websocket", "xhr-streaming", "xhr-polling"]) func `The result is all that is printed`(
        transport: String?
    ) async throws {
        try await withServer { url in
            let option = transport.map { ["--transport", $0] } ?? []
            let outcome = try await Program(
                executable: Program.holdfast,
                ["call", url, "echo", #"{"text": "hällo", "n": 1.0}"#] + option
            ).outcome()
            #expect(outcome.output == "{\"text\": \"hällo\", \"n\": 1.0}\n")
            #expect(outcome.errors == "")
            #expect(outcome.status == 0)
        }
    }

    @Test func `Parameters come from standard input too, or there are none`() async throws {
        try await withServer { url in
            let text = String(repeating: "long ", count: 20_000)
            let piped = try await holdfast("call", url, "echo", "-", input: "\n\"\(text)\"\n")
            #expect(piped.output == "\"\(text)\"\n")
            #expect(piped.status == 0)
            let none = try await holdfast("call", url, "echo")
            #expect(none.output == "null\n")
            let wrong = try await holdfast("call", url, "echo", "-", input: "{")
            #expect(wrong.status == 64)
            #expect(
                wrong.errors
                    == "error: the parameters on standard input are not JSON: Unexpected end of JSON at byte 1\n"
            )
        }
    }

    @Test func `An error of the server goes to standard error, with its data`() async throws {
        try await withServer { url in
            let params = #"{"code": 7, "message": "no\u001b[2J", "data": {"why": [1]}}"#
            let outcome = try await holdfast("call", url, "fail", params)
            #expect(outcome.output == "")
            #expect(outcome.errors == "error 7: no\\u{1B}[2J\ndata: {\"why\":[1]}\n")
            #expect(outcome.status == 1)
            let unknown = try await holdfast("call", url, "nosuch")
            #expect(unknown.errors == "error -32601: Method not found\n")
            #expect(unknown.status == 1)
        }
    }

    @Test func `A server that is not there`() async throws {
        let outcome = try await holdfast("call", "ws://127.0.0.1:1/rpc", "echo")
        #expect(outcome.status == 2)
        #expect(outcome.output == "")
        #expect(
            outcome.errors == """
                error: ws://127.0.0.1:1/rpc: cannot connect to 127.0.0.1:1: Connection refused
                Does the server run, on that port? 'holdfast serve' starts one to try with.

                """
        )
    }

    @Test func `A path that is no endpoint`() async throws {
        try await withServer { url in
            let address = "ws\(url.dropFirst("http".count))/nowhere"
            let outcome = try await holdfast("call", address, "echo")
            #expect(outcome.status == 2)
            #expect(outcome.errors.hasPrefix("error: \(address): the server refused the upgrade with 404\n"))
        }
    }

    @Test func `An answer that does not come in time`() async throws {
        try await withServer { url in
            let outcome = try await holdfast("call", url, "delay", #"{"seconds": 3600}"#, "--timeout", "1")
            #expect(outcome.status == 3)
            #expect(outcome.output == "")
            #expect(outcome.errors == "error: \(url): no answer in time\n--timeout SECONDS waits longer.\n")
            let silent = "ws\(url.dropFirst("http".count).dropLast("/rpc".count))/silent"
            let connection = try await holdfast("call", silent, "echo", "--timeout", "0.2")
            #expect(connection.status == 3)
        }
    }

    @Test func `Arguments that make no sense are told before anything connects`() async throws {
        // Connecting would end with 2.
        let outcome = try await holdfast("call", "ws://127.0.0.1:1/rpc", "echo", "{bad}")
        #expect(outcome.status == 64)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("error: The value '{bad}' is invalid for '<json>': It is not JSON: "))
    }

    @Test(arguments: ["websocket", "xhr-streaming", "xhr-polling"]) func `A notification arrives and prints nothing`(
        transport: String
    ) async throws {
        let calls = Calls()
        try await withServer({ rpc in
            rpc.method("note") { (params: JSON, call) in calls.add([params, JSON(booleanLiteral: call.isNotification)])
            }
        }) { url in
            let outcome = try await holdfast("call", url, "note", "[5]", "--notify", "--transport", transport)
            #expect(outcome.output == "")
            #expect(outcome.errors == "")
            #expect(outcome.status == 0)
            #expect(await calls.next() == [[5], true])
        }
    }

    @Test func `Fields are sent`() async throws {
        try await withServer({ rpc in
            rpc.method("token") { (_: JSON, call) in call.connection.info.fields[.authorization] }
        }) { url in
            let outcome = try await holdfast("call", url, "token", "--header", "Authorization: Bearer x:y")
            #expect(outcome.output == "\"Bearer x:y\"\n")
        }
    }

    @Test func `TLS trusts whom it is told to`() async throws {
        let folder = repository.appendingPathComponent("Fixtures/certificates").path
        let tls = TLSOptions(certificate: "\(folder)/localhost.pem", key: "\(folder)/localhost.key")
        try await withServer(tls: tls) { url in
            let address = "wss\(url.dropFirst("https".count))"
            let unknown = try await holdfast("call", address, "echo")
            #expect(unknown.status == 2)
            #expect(
                unknown.errors == """
                    error: \(address): the TLS handshake failed: CERTIFICATE_VERIFY_FAILED
                    --ca FILE trusts the authority that signed the certificate.

                    """
            )
            let known = try await holdfast("call", address, "echo", "1", "--ca", tls.certificate)
            #expect(known.output == "1\n")
            let any = try await holdfast("call", address, "echo", "2", "--insecure")
            #expect(any.output == "2\n")
            let pinned = try await holdfast("call", address, "echo", "4", "--insecure", "--pin", tls.certificate)
            #expect(pinned.output == "4\n")
            let shown = try await holdfast(
                "call",
                address,
                "echo",
                "3",
                "--insecure",
                "--cert",
                tls.certificate,
                "--key",
                tls.key
            )
            #expect(shown.output == "3\n")
        }
    }

    @Test func `A proxy that is not there is named`() async throws {
        let outcome = try await holdfast("call", "ws://127.0.0.1:2/rpc", "echo", "--proxy", "http://127.0.0.1:1")
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("cannot connect to the proxy 127.0.0.1:1: Connection refused"))
    }

    @Test func `A reader that left is no error, a full disk is`() async throws {
        try await withServer { url in
            let left = try await Program("call", url, "echo", output: .nobody).outcome()
            #expect(left.status == 0)
            #expect(left.errors == "")
            #if os(Linux)
            let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
            let failed = try await Program("call", url, "echo", output: .file(full)).outcome()
            #expect(failed.status == 5)
            #expect(failed.errors == "error: cannot write the output: No space left on device\n")
            #endif
        }
    }

    @Test func `The session ends with the call`() async throws {
        let calls = Calls()
        try await withServer({ rpc in
            rpc.onClose { _, reason in calls.add(JSON(stringLiteral: reason.text)) }
        }) { url in
            for method in ["echo", "fail"] {
                _ = try await holdfast("call", url, method)
                #expect(await calls.next() == "Client sent close message")
            }
        }
    }
}
