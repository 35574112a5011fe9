// SPDX-License-Identifier: Apache-2.0
import Foundation
import Holdfast
import Testing

/// `holdfast listen` as a shell sees it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ListenProgramTests {
    @Test func `Notifications are printed as JSON Lines until there were enough`() async throws {
        try await withServer { url in
            let outcome = try await holdfast(
                "listen",
                url,
                "--call",
                #"notifyMe={"method": "a\u001b", "count": 5, "params": {"x": 1.0}}"#,
                "--count",
                "3"
            )
            #expect(
                outcome.output == #"""
                    {"method":"a\u001b","params":{"number":1,"params":{"x":1}}}
                    {"method":"a\u001b","params":{"number":2,"params":{"x":1}}}
                    {"method":"a\u001b","params":{"number":3,"params":{"x":1}}}

                    """#
            )
            #expect(outcome.errors.hasPrefix("connected to \(url) over websocket\n"))
            #expect(outcome.status == 0)
        }
    }

    @Test func `Calls of the server are answered from the script and printed`() async throws {
        let script = try TemporaryFile(
            #"{"confirm": [{"result": {"ok": true}}, {"error": {"code": 7, "message": "no", "data": [1]}}]}"#
        )
        let calls = Calls()
        try await withServer({ rpc in
            rpc.method("askThrice", .concurrent) { (_: JSON, call) in
                for method in ["confirm", "confirm", "confirm", "other"] {
                    do {
                        calls.add(try await call.session.call(method, [1], as: JSON.self))
                    } catch let error as RPCError {
                        calls.add(["code": JSON(integerLiteral: error.code), "data": error.data ?? .null])
                    }
                }
                try await call.session.notify("done")
            }
        }) { url in
            let outcome = try await holdfast(
                "listen",
                url,
                "--answers",
                script.path,
                "--call",
                "askThrice",
                "--count",
                "1"
            )
            let no = #""answer":{"error":{"code":7,"message":"no","data":[1]}}"#
            let unknown = #""answer":{"error":{"code":-32601,"message":"Method not found"}}"#
            #expect(
                outcome.output == """
                    {"method":"confirm","params":[1],"answer":{"result":{"ok": true}}}
                    {"method":"confirm","params":[1],\(no)}
                    {"method":"confirm","params":[1],\(no)}
                    {"method":"other","params":[1],\(unknown)}
                    {"method":"done","params":null}

                    """
            )
            #expect(outcome.status == 0)
            #expect(await calls.next()?["ok"] == true)
            for _ in 0..<2 { #expect(await calls.next() == ["code": 7, "data": [1]]) }
            #expect(await calls.next() == ["code": -32601, "data": .null])
        }
    }

    @Test(arguments: zip([SIGTERM, SIGINT], [0, 130] as [Int32])) func `Signals end it, and its session`(
        signal: Int32,
        status: Int32
    ) async throws {
        let calls = Calls()
        try await withServer({ rpc in
            rpc.onClose { _, reason in calls.add(JSON(stringLiteral: reason.text)) }
        }) { url in
            let program = try Program("listen", url)
            #expect(await program.nextErrorLine() == "connected to \(url) over websocket")
            program.signal(signal)
            let outcome = await program.outcome()
            #expect(outcome.status == status)
            #expect(outcome.output == "")
            #expect(outcome.errors == "connected to \(url) over websocket\n")
            #expect(await calls.next() == "Client sent close message")
        }
    }

    @Test func `It ends although nobody reads its output`() async throws {
        try await withServer({ rpc in
            rpc.method("flood") { (_: JSON, call) in
                let text = String(repeating: "x", count: 10_000)
                for _ in 0..<50 { try await call.session.notify("flood", [text]) }
            }
        }) { url in
            let program = try Program("listen", url, "--call", "flood", output: .clogged)
            #expect(await program.nextErrorLine() == "connected to \(url) over websocket")
            // More has come by now than the pipe holds.
            #expect(await program.nextErrorLine() == "flood: null")
            program.signal(SIGTERM)
            #expect(await program.outcome().status == 0)
        }
    }

    @Test func `A reader that leaves ends it without a word`() async throws {
        let options = RPCOptions(sockJS: true, reconnectionTimeout: .zero, resume: .init(window: .zero))
        try await withServer(
            options: options,
            { rpc in
                rpc.method("tick", .concurrent) { (call: RPCCall) in
                    // Each waits for the answer to the one before.
                    while !call.session.hasEnded { _ = try? await call.session.call("tick", as: JSON.self) }
                }
            }
        ) { url in
            let program = try Program("listen", url, "--call", "notifyMe", output: .nobody)
            let outcome = await program.outcome()
            #expect(outcome.status == 0)
            #expect(!outcome.errors.contains("error"))
            let pipeline = try Program(
                executable: URL(fileURLWithPath: "/bin/sh"),
                ["-c", #""$0" listen "$1" --call tick | head -n 1"#, Program.holdfast.path, url]
            )
            #expect(await pipeline.nextLine()?.hasPrefix(#"{"method":"tick","params":null,"answer":"#) == true)
            #expect(await pipeline.nextLine() == nil)
        }
    }

    @Test func `It comes back after a loss, and repeats its calls where the session is gone`() async throws {
        let sessions = Calls()
        try await withServer(
            options: RPCOptions(reconnectionTimeout: .zero, resume: .init(window: .zero)),
            { rpc in
                rpc.method("subscribe") { (call: RPCCall) in
                    sessions.add(JSON(stringLiteral: call.session.id))
                    try await call.session.notify("subscribed")
                }
                rpc.method("cut") { (call: RPCCall) in
                    call.connection.close(.goingAway)
                }
            }
        ) { url in
            let program = try Program("listen", url, "--call", "subscribe", "--call", "cut", "--count", "2")
            let outcome = await program.outcome()
            #expect(outcome.status == 0)
            let line = #"{"method":"subscribed","params":null}"#
            #expect(outcome.output == "\(line)\n\(line)\n")
            #expect(outcome.errors.contains("\nthe connection was lost; connecting again\n"))
            #expect(
                outcome.errors.contains("\nconnected again; the server no longer had the session, this is a new one\n")
            )
            #expect(await sessions.next() != sessions.next())
        }
    }

    @Test func `It comes back to a session that waited for it`() async throws {
        try await withServer({ rpc in
            rpc.method("cut") { (call: RPCCall) in
                call.connection.close(.goingAway)
                try await call.session.notify("afterwards")
            }
        }) { url in
            let outcome = try await holdfast("listen", url, "--call", "cut", "--count", "1")
            #expect(outcome.output == "{\"method\":\"afterwards\",\"params\":null}\n")
            #expect(outcome.errors.contains("\nconnected again, to the same session\n"))
            #expect(outcome.status == 0)
        }
    }

    @Test func `A session that someone else took is lost for good`() async throws {
        try await withServer({ rpc in
            rpc.method("replace") { (call: RPCCall) in call.connection.close(.replaced) }
        }) { url in
            let outcome = try await holdfast("listen", url, "--call", "replace")
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("error: "))
        }
    }

    @Test func `A call that fails ends it`() async throws {
        try await withServer { url in
            let outcome = try await holdfast("listen", url, "--call", #"fail={"code": 7, "message": "no"}"#)
            #expect(outcome.status == 1)
            #expect(outcome.errors.hasSuffix("\nerror 7: fail: no\n"))
        }
    }

    @Test func `A server that is not there, and a script with a mistake`() async throws {
        let nobody = try await holdfast("listen", "http://127.0.0.1:1/rpc")
        #expect(nobody.status == 2)
        #expect(nobody.errors.hasPrefix("error: http://127.0.0.1:1/rpc: cannot connect to 127.0.0.1:1: "))
        let script = try TemporaryFile(#"{"a": [{"result": 1}, {}]}"#)
        let mistake = try await holdfast("listen", "http://127.0.0.1:1/rpc", "--answers", script.path)
        #expect(mistake.status == 64)
        #expect(
            mistake.errors == "error: \(script.path): \"a\", answer 2, has neither a \"result\" nor an \"error\"\n"
        )
    }
}
