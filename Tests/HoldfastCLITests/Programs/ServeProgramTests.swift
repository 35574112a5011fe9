// SPDX-License-Identifier: Apache-2.0
import Foundation
import Holdfast
import Testing

/// `holdfast serve` as a shell sees it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ServeProgramTests {
    private func curl(_ arguments: String...) async throws -> String {
        let curl = URL(fileURLWithPath: "/usr/bin/curl")
        return try await Program(executable: curl, ["--silent", "--show-error", "--include"] + arguments).outcome()
            .output
    }

    /// What stands between two words of a line.
    private func part(of line: String?, after start: String, before end: String) throws -> String {
        let line = try #require(line)
        let from = try #require(line.firstRange(of: start)).upperBound
        let until = line[from...].firstRange(of: end)?.lowerBound ?? line.endIndex
        return String(line[from..<until])
    }

    @Test func `It serves a folder, the endpoint, the scripts and its health until SIGTERM`() async throws {
        let folder = try TemporaryFile(folder: ["index.html": "<p>hello", ".hidden": "secret"])
        let program = try Program("serve", folder.path, "--port", "0")
        let files = try part(of: await program.nextLine(), after: "Files of \(folder.path) at ", before: "\n")
        let endpoint = await program.nextLine()
        let webSocket = try part(of: endpoint, after: "JSON-RPC at ", before: ",")
        let sockJS = try part(of: endpoint, after: "SockJS at ", before: "\n")
        #expect(webSocket.hasPrefix("ws://127.0.0.1:") && webSocket.hasSuffix("/rpc"))

        let page = try await curl(files)
        #expect(page.hasPrefix("HTTP/1.1 200") && page.hasSuffix("<p>hello"))
        #expect(try await curl(files + ".hidden").hasPrefix("HTTP/1.1 404"))
        #expect(try await curl(files + "holdfast.mjs").contains("text/javascript"))
        #expect(try await curl(files + "holdfast.js").contains("text/javascript"))
        #expect(try await curl(files + "health/ready").hasSuffix("ready\n"))
        #expect(try await holdfast("call", webSocket, "echo", "[1]").output == "[1]\n")
        let polled = try await holdfast("call", sockJS, "echo", "[2]", "--transport", "xhr-polling")
        #expect(polled.output == "[2]\n")

        program.signal(SIGTERM)
        let outcome = await program.outcome()
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
    }

    @Test func `Without a folder its page says what there is; SIGINT ends it too`() async throws {
        let program = try Program("serve", "--port", "0")
        let url = try part(of: await program.nextLine(), after: "SockJS at ", before: "/rpc")
        #expect(try await curl(url).contains("JSON-RPC at /rpc"))
        program.signal(SIGINT)
        #expect(await program.outcome().status == 0)
    }

    @Test func `It serves TLS`() async throws {
        let folder = repository.appendingPathComponent("Fixtures/certificates").path
        let certificate = "\(folder)/localhost.pem"
        let program = try Program(
            "serve",
            "--port",
            "0",
            "--tls-cert",
            certificate,
            "--tls-key",
            "\(folder)/localhost.key"
        )
        let url = try part(of: await program.nextLine(), after: "JSON-RPC at ", before: ",")
        #expect(url.hasPrefix("wss://"))
        #expect(try await holdfast("call", url, "echo", "1", "--ca", certificate).output == "1\n")
        program.signal(SIGTERM)
        #expect(await program.outcome().status == 0)
        let mismatch = try await holdfast(
            "serve",
            "--port",
            "0",
            "--tls-cert",
            certificate,
            "--tls-key",
            "\(folder)/other.key"
        )
        #expect(mismatch.status == 4)
        #expect(mismatch.errors.contains("do not fit"))
    }

    @Test func `A port that is taken and a folder that is not there`() async throws {
        let program = try Program("serve", "--port", "0")
        let port = try part(of: await program.nextLine(), after: "JSON-RPC at ws://127.0.0.1:", before: "/rpc")
        let taken = try await holdfast("serve", "--port", port)
        #expect(taken.status == 4)
        #expect(taken.output == "")
        #expect(
            taken.errors == "error: cannot listen on 127.0.0.1:\(port): the address is in use by another process; "
                + "choose another port or stop it\n"
        )
        program.signal(SIGTERM)
        #expect(await program.outcome().status == 0)
        let missing = try await holdfast("serve", "/no/such/folder")
        #expect(missing.status == 64)
        #expect(missing.errors.hasPrefix("error: There is no folder '/no/such/folder'.\n"))
    }

    @Test func `Its methods do what their names say`() async throws {
        try await withServer { url in
            let delayed = try await holdfast("call", url, "delay", #"{"seconds": 0.01}"#)
            #expect(delayed.output == "0.01\n")
            for (method, params) in [("delay", #"{"seconds": 1e9}"#), ("notifyMe", #"{"count": 1001}"#)] {
                let refused = try await holdfast("call", url, method, params)
                #expect(refused.errors.hasPrefix("error -32602: "))
            }
            let script = try TemporaryFile(#"{"price": [{"result": 5}]}"#)
            let called = try await holdfast(
                "listen",
                url,
                "--answers",
                script.path,
                "--call",
                #"callMe={"method": "price", "params": {"of": "x"}}"#,
                "--call",
                "notifyMe",
                "--count",
                "1"
            )
            #expect(called.output.hasPrefix(#"{"method":"price","params":{"of":"x"},"answer":{"result":5}}"#))
            #expect(called.errors.contains("\ncallMe: 5\n"))
        }
    }
}
