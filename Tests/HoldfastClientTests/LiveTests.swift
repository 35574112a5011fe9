// SPDX-License-Identifier: Apache-2.0
import Holdfast
import HoldfastClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct LiveTests {
    @Test func `Calls go out and come back over a WebSocket`() async throws {
        try await withLiveServer { port in
            try await withRPCClient(to: "ws://127.0.0.1:\(port)/rpc") { client async throws in
                #expect(client.transport == .webSocket)
                #expect(client.sessionID?.count == 26)
                #expect(try await client.call("sum", Sum(a: 1, b: 2), as: Int.self) == 3)
                #expect(try await client.call("swap", Sum(a: 1, b: 2), as: Sum.self) == Sum(a: 2, b: 1))
                #expect(try await client.call("echo", "text", as: String.self) == "text")
                #expect(try await client.call("echo", [1, 2, 3], as: [Int].self) == [1, 2, 3])
                #expect(try await client.call("echo", ["x": 1.0] as JSON)["x"]?.text == "1")
                #expect(try await client.call("nothing") == .null)
            }
        }
    }

    @Test func `A server's error arrives with its code, message and data`() async throws {
        try await withLiveServer { port in
            try await withRPCClient(to: "ws://127.0.0.1:\(port)/rpc") { client async throws in
                let error = await #expect(throws: RPCClientError.self) { try await client.call("fail") }
                #expect(error?.kind == .remote)
                #expect(error?.remote == RPCError(code: 7, message: "no", data: ["why": "because"]))
                let unknown = await #expect(throws: RPCClientError.self) { try await client.call("unheardOf") }
                #expect(unknown?.remote?.code == -32601)
                let wrong = await #expect(throws: RPCClientError.self) {
                    try await client.call("echo", "text", as: Int.self)
                }
                #expect(wrong?.kind == .invalidResult)
            }
        }
    }

    @Test(arguments: RPCClientConfiguration.supportedTransports)
    func `Half a character arrives as it was sent, and in a string as its replacement`(transport: Transport)
        async throws
    {
        try await withLiveServer { port in
            var configuration = RPCClientConfiguration()
            configuration.transports = [transport]
            try await withRPCClient(to: "http://127.0.0.1:\(port)/rpc", configuration: configuration) {
                client async throws in
                let sent = try JSON(parsing: #"{"text":"smile \ud83d","\ude00":["\ud83d\ud83d\ude00"]}"#)
                #expect(try await client.call("echo", sent).text == sent.text)
                struct Echo: Decodable { var text: String }
                #expect(try await client.call("echo", sent, as: Echo.self).text == "smile \u{FFFD}")
                let notifications = client.notifications
                try await client.notify("tellMe", sent)
                for await notification in notifications {
                    #expect(notification.params.text == sent.text)
                    break
                }
            }
        }
    }

    @Test(arguments: ["[40,2]", #"{"a":40,"b":2}"#])
    func `A method of the client may name the positions of its parameters`(params: String) async throws {
        let params = try JSON(parsing: params)
        let server = MemoryServer { rpc in
            rpc.method("ask", .concurrent) { call in try await call.session.call("add", params, as: Int.self) }
            rpc.method("askTooMuch", .concurrent) { call in
                try await call.session.call("add", [1, 2, 3], as: Int.self)
            }
        }
        let client = try server.makeClient()
        client.method("add", params: "a", "b") { (numbers: Sum) in numbers.a + numbers.b }
        #expect(try await client.call("ask", as: Int.self) == 42)
        let error = await #expect(throws: RPCClientError.self) { try await client.call("askTooMuch") }
        #expect(error?.remote?.code == -32602)
        #expect(error?.remote?.data?.string == "3 parameters, expected 2 at most")
        await client.close()
    }

    @Test func `Notifications arrive in order`() async throws {
        try await withLiveServer { port in
            try await withRPCClient(to: "ws://127.0.0.1:\(port)/rpc") { client async throws in
                let notifications = client.notifications
                for number in 1...5 { try await client.notify("tellMe", ["n": number]) }
                var numbers: [Int] = []
                for await notification in notifications {
                    #expect(notification.method == "told")
                    numbers.append(notification.params["n"]?.int ?? 0)
                    if numbers.count == 5 { break }
                }
                #expect(numbers == [1, 2, 3, 4, 5])
            }
        }
    }

    @Test func `The server calls the client`() async throws {
        try await withLiveServer { port in
            let client = try RPCClient("ws://127.0.0.1:\(port)/rpc")
            client.method("add") { (params: Sum) in params.a + params.b }
            #expect(try await client.call("askMe", Sum(a: 40, b: 2), as: Int.self) == 42)
            await #expect(throws: RPCClientError.self) { try await client.call("askUnknown", as: Int.self) }
            await client.close(sendCloseMessage: true)
        }
    }

    @Test func `One handler answers the requests for every other method, and gets no notification`() async throws {
        try await withLiveServer { port in
            let client = try RPCClient("ws://127.0.0.1:\(port)/rpc")
            client.method("add") { (params: Sum) in params.a + params.b }
            client.otherMethods { _, params in
                params[0] ?? .null
            }
            let notifications = client.notifications
            #expect(try await client.call("askUnknown", as: Int.self) == 1)
            #expect(try await client.call("askMe", Sum(a: 40, b: 2), as: Int.self) == 42)
            try await client.notify("tellMe", ["n": 1])
            #expect(await notifications.first { _ in true } == RPCNotification(method: "told", params: ["n": 1]))
            await client.close(sendCloseMessage: true)
        }
    }

    @Test func `A large message makes it there and back`() async throws {
        try await withLiveServer { port in
            try await withRPCClient(to: "ws://127.0.0.1:\(port)/rpc") { client async throws in
                let text = String(repeating: "ü", count: 200_000)
                #expect(try await client.call("echo", text, as: String.self) == text)
            }
        }
    }

    @Test func `Many calls at once each get their own answer`() async throws {
        try await withLiveServer { port in
            try await withRPCClient(to: "ws://127.0.0.1:\(port)/rpc") { client async throws in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let sum = try await client.call("sum", Sum(a: number, b: 1), as: Int.self)
                            #expect(sum == number + 1)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func `A path that is no endpoint is told as such`() async throws {
        try await withLiveServer { port in
            let client = try RPCClient("ws://127.0.0.1:\(port)/elsewhere")
            let error = await #expect(throws: RPCClientError.self) { try await client.connect() }
            #expect(error == RPCClientError(.transport, "the server refused the upgrade with 404"))
        }
    }

    @Test func `A server that is gone fails the connection and the client stays usable`() async throws {
        let port = Signal<Int>()
        try await withLiveServer { number in port.send(number) }
        let number = try #require(await port.next())
        let client = try RPCClient("ws://127.0.0.1:\(number)/rpc")
        let error = await #expect(throws: RPCClientError.self) { try await client.connect() }
        #expect(error?.kind == .transport)
        await client.close()
    }
}
