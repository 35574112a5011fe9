// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Logging
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct HandlerTests {
    struct Boom: Error, CustomStringConvertible {
        var description: String { "Exception message" }
    }

    /// Runs what it is given.
    final class Handler: RPCHandler {
        let body: @Sendable (RPCRequest, Transaction) async throws -> Void
        let notes = Notes()

        init(_ body: @escaping @Sendable (RPCRequest, Transaction) async throws -> Void) {
            self.body = body
        }

        func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
            try await body(request, transaction)
        }

        func uncaughtError(_ session: RPCSession, _ error: any Error) async {
            notes.add("uncaught \(error)")
        }
    }

    static func request(_ id: Int, _ params: String = "null") -> String {
        #"{"jsonrpc":"2.0","method":"any","params":\#(params),"id":\#(id)}"#
    }

    private func error(_ answers: [String]) throws -> JSON {
        let answer = try #require(answers.first)
        return try #require(try JSON(parsing: answer)["error"])
    }

    @Test func aSecondAnswerThrowsAndSendsNothing() {
        let handler = Handler { _, transaction in
            try transaction.sendResponse(1)
            #expect(throws: RPCSessionError.self) { try transaction.sendResponse(2) }
            #expect(throws: RPCSessionError.self) { try transaction.sendVoidResponse() }
            #expect(throws: RPCSessionError.self) { try transaction.sendError(code: 1, message: "x") }
        }
        let answers = Harness(handler).connect().exchange(Self.request(1))
        #expect(answers.count == 1)
        #expect(answers.first?.contains(#""value":1"#) == true)
    }

    @Test func anErrorAfterTheAnswerSendsNothing() {
        let handler = Handler { _, transaction in
            try transaction.sendResponse(1)
            throw Boom()
        }
        #expect(Harness(handler).connect().exchange(Self.request(1)).count == 1)
        #expect(handler.notes.all == ["uncaught Exception message"])
    }

    @Test func anUnknownErrorIsHiddenBehindANumberThatIsInTheLog() throws {
        let handler = Handler { _, _ in throw Boom() }
        let harness = Harness(handler)
        let error = try error(harness.connect().exchange(Self.request(1)))
        #expect(error["code"]?.int == -32603)
        #expect(error["message"] == "Internal error")
        let number = try #require(error["data"]?["error"]?.string)
        #expect(harness.log.lines.contains { $0.contains(number) && $0.contains("Exception message") })
        #expect(handler.notes.all == ["uncaught Exception message"])
    }

    @Test func anUnknownErrorsTextIsShownWhenConfigured() throws {
        let handler = Handler { _, _ in throw Boom() }
        let error = try error(Harness(handler, .init(showsErrorText: true)).connect().exchange(Self.request(1)))
        #expect(error["code"]?.int == -32603)
        #expect(error["message"] == "Exception message")
    }

    @Test func sendErrorTakesAnyError() async throws {
        let handler = Handler { request, transaction in
            try transaction.sendError(request.params == 1 ? RPCError.methodNotFound : Boom())
        }
        let client = Harness(handler).connect()
        #expect(try error(client.exchange(Self.request(1, "1")))["code"]?.int == -32601)
        #expect(try error(client.exchange(Self.request(1, "2")))["code"]?.int == -32603)
        await handler.notes.wait(for: 1)
        #expect(handler.notes.all == ["uncaught Exception message"])
    }

    @Test func parametersThatDoNotFitAreInvalid() throws {
        struct Params: Decodable, Sendable { var name: String }
        let handler = Handler { request, transaction in
            let params = try request.decode(as: Params.self)
            try transaction.sendResponse(params.name)
        }
        let client = Harness(handler).connect()
        let first = try error(client.exchange(Self.request(1, #"{"name":5}"#)))
        #expect(first["code"]?.int == -32602)
        #expect(first["data"]?.string?.contains("name") == true)
        #expect(client.exchange(Self.request(2, #"{"name":"ada"}"#)).first?.contains("ada") == true)
        #expect(handler.notes.all == [])
    }

    @Test func aResultThatCannotBeEncodedIsAnError() throws {
        let rpc = RPCEndpoint()
        rpc.method("any") { (_: RPCCall) in Double.infinity }
        #expect(try error(Harness(rpc).connect().exchange(Self.request(1)))["code"]?.int == -32603)
    }

    @Test func anAsynchronousRequestIsAnsweredFromAnywhereLater() async {
        let kept = Mutex<[Transaction]>([])
        let handler = Handler { _, transaction in
            transaction.startAsync()
            kept.withLock { $0.append(transaction) }
        }
        let client = Harness(handler).connect()
        client.send(Self.request(1))
        client.send(Self.request(2))
        #expect(client.take() == [])
        let transactions = kept.withLock { $0 }
        #expect(transactions.count == 2)
        try? transactions.last?.sendResponse("second")
        try? transactions.first?.sendResponse("AsyncHello")
        #expect(client.take().map { $0.prefix(8) } == [#"{"id":2,"#, #"{"id":1,"#])
        #expect(throws: RPCSessionError.self) { try transactions.first?.sendResponse("again") }
        kept.withLock { $0 = [] }
        #expect(client.take() == [])
    }

    @Test func startAsyncLetsTheNextRequestStartEvenWhileTheHandlerGoesOn() async {
        let gate = Gate()
        let handler = Handler { request, transaction in
            guard request.params == 1 else { return try transaction.sendResponse("quick") }
            transaction.startAsync()
            await gate.pass()
            try transaction.sendResponse("slow")
        }
        let client = Harness(handler).connect()
        client.send(Self.request(1, "1"))
        #expect(client.exchange(Self.request(2, "2")).first?.contains("quick") == true)
        gate.open()
        #expect(await client.wait(for: 1).first?.contains("slow") == true)
    }

    @Test func anAnswerGivenBeforeTheHandlerReturnsDoesNotStartTheNextRequest() async {
        let gate = Gate()
        let handler = Handler { _, transaction in
            try transaction.sendResponse(1)
            await gate.pass()
        }
        let client = Harness(handler).connect()
        client.send(Self.request(1))
        client.send(Self.request(2))
        #expect(client.take().count == 1)
        gate.open()
        #expect(await client.wait(for: 1).first?.hasPrefix(#"{"id":2"#) == true)
    }

    @Test func asynchronousRequestsCountAsRunning() async {
        let kept = Mutex<[Transaction]>([])
        let handler = Handler { _, transaction in
            transaction.startAsync()
            kept.withLock { $0.append(transaction) }
        }
        var options = RPCOptions(limits: .init())
        options.limits?.running = 2
        options.limits?.waiting = 1
        let client = Harness(handler, options).connect()
        for id in 1...4 { client.send(Self.request(id)) }
        #expect(client.take().map { $0.contains("-32051") } == [true])
        #expect(kept.withLock { $0.count } == 2)
        try? kept.withLock { $0.first }?.sendVoidResponse()
        while kept.withLock({ $0.count }) < 3 { await Task.yield() }
        kept.withLock { $0 = [] }
    }

    @Test func anAsynchronousRequestNobodyHoldsAnyMoreIsAnsweredWithAnError() throws {
        let handler = Handler { _, transaction in transaction.startAsync() }
        let client = Harness(handler).connect()
        let error = try error(client.exchange(Self.request(1)))
        #expect(error["code"]?.int == -32603)
        #expect(error["data"] == "the request was never answered")
    }

    @Test func anAsynchronousRequestOfASessionThatEndedIsForgotten() {
        let kept = Mutex<[Transaction]>([])
        let handler = Handler { _, transaction in
            transaction.startAsync()
            kept.withLock { $0.append(transaction) }
        }
        let harness = Harness(handler)
        let client = harness.connect()
        client.send(Self.request(1))
        client.send(#"{"jsonrpc":"2.0","method":"closeSession"}"#)
        #expect(throws: Never.self) { try kept.withLock { $0.first }?.sendResponse(1) }
        kept.withLock { $0 = [] }
        #expect(client.take() == [])
        #expect(!harness.log.lines.contains { $0.contains("never answered") })
    }

    @Test func aNotificationTakesAnAnswerAndDropsIt() {
        let handler = Handler { request, transaction in
            #expect(transaction.isNotification)
            #expect(request.id == nil)
            try transaction.sendResponse(1)
            #expect(throws: RPCSessionError.self) { try transaction.sendResponse(2) }
        }
        #expect(Harness(handler).connect().exchange(#"{"jsonrpc":"2.0","method":"any"}"#) == [])
        #expect(handler.notes.all == [])
    }

    @Test(arguments: ["5", "[5]", #"{"n":5}"#])
    func aLoneValueIsFoundInAnObjectOrArray(params: String) {
        let rpc = RPCEndpoint()
        rpc.method("any") { (p: Int, _) in p + 1 }
        #expect(Harness(rpc).connect().exchange(Self.request(1, params)).first?.contains(#""value":6"#) == true)
    }

    @Test func aLoneValueIsFoundBesideTheSessionId() throws {
        let rpc = RPCEndpoint()
        rpc.method("any") { (p: Int, _) in p + 1 }
        let client = Harness(rpc).connect()
        let id = try #require(sessionID(in: client.exchange(SessionLifeTests.connect).last))
        let answer = client.exchange(Self.request(1, #"{"value":5,"sessionId":"\#(id)"}"#)).first
        #expect(answer?.contains(#""value":6"#) == true)
    }

    @Test func absentParametersAreNullOrAnEmptyObject() {
        struct Params: Decodable, Sendable { var name: String? }
        let rpc = RPCEndpoint()
        rpc.method("object") { (p: Params, _) in p.name ?? "nobody" }
        rpc.method("optional") { (p: Params?, _) in p == nil }
        rpc.method("json") { (p: JSON, _) in p.isNull }
        let client = Harness(rpc).connect()
        #expect(client.exchange(#"{"jsonrpc":"2.0","method":"object","id":1}"#).first?.contains("nobody") == true)
        #expect(client.exchange(#"{"jsonrpc":"2.0","method":"optional","id":1}"#).first?.contains("true") == true)
        #expect(client.exchange(#"{"jsonrpc":"2.0","method":"json","id":1}"#).first?.contains("true") == true)
    }

    @Test(arguments: [(127, false), (128, false), (129, true)])
    func aMethodNameHasAtMost128Bytes(length: Int, isRefused: Bool) throws {
        let name = String(repeating: "m", count: length)
        let handler = Handler { request, transaction in try transaction.sendResponse(request.method) }
        let answers = Harness(handler).connect().exchange(#"{"jsonrpc":"2.0","method":"\#(name)","id":1}"#)
        #expect(answers.first?.contains("error") == isRefused)
        if isRefused { #expect(answers.first?.contains("mmm") == false) }
    }

    @Test func namesThatBeginWithRpcAreReserved() throws {
        let handler = Handler { _, transaction in try transaction.sendResponse("served") }
        let answers = Harness(handler).connect().exchange(#"{"jsonrpc":"2.0","method":"rpc.anything","id":1}"#)
        #expect(try error(answers)["code"]?.int == -32601)
    }

    @Test func anApplicationMayUseTheAliasesOfTheDocumentation() throws {
        let rpc = RPCEndpoint()
        rpc.method("close") { _ in "mine" }
        rpc.method("reconnect") { _ in "mine too" }
        let client = Harness(rpc).connect()
        #expect(client.exchange(#"{"jsonrpc":"2.0","method":"close","id":1}"#).first?.contains("mine") == true)
        #expect(client.exchange(#"{"jsonrpc":"2.0","method":"reconnect","id":1}"#).first?.contains("mine too") == true)
        #expect(client.closeReason == nil)
    }

    @Test func anUnknownMethodsNameIsNotReflected() throws {
        let answers = Harness(RPCEndpoint()).connect().exchange(#"{"jsonrpc":"2.0","method":"<script>","id":1}"#)
        #expect(answers == [#"{"id":1,"error":{"code":-32601,"message":"Method not found"},"jsonrpc":"2.0"}"#])
    }

    @Test func aCallTellsAboutItsRequest() throws {
        let rpc = RPCEndpoint(label: "calls")
        rpc.method("any") { (_: JSON, call) in
            call.logger.info("hello")
            return [
                "\(call.id?.number ?? -1)", call.method, "\(call.isNotification)", "\(call.connection.transport)",
                call.session.label,
            ]
        }
        let harness = Harness(rpc)
        let answer = harness.connect().exchange(Self.request(3)).first
        #expect(answer?.contains(#"["3","any","false","in-memory","calls"]"#) == true)
        #expect(harness.log.lines.contains { $0.contains("hello") && $0.contains("endpoint") && $0.contains("calls") })
    }

    @Test func attributesAreSharedAndChangedInOneStep() throws {
        let rpc = RPCEndpoint()
        rpc.method("count") { call in
            call.session.attributes.withLock { values in
                let count = (values["count"] as? Int ?? 0) + 1
                values["count"] = count
                return count
            }
        }
        let client = Harness(rpc).connect()
        client.send(#"{"jsonrpc":"2.0","method":"count","id":1}"#)
        #expect(client.exchange(#"{"jsonrpc":"2.0","method":"count","id":2}"#).last?.contains(#""value":2"#) == true)
    }
}
