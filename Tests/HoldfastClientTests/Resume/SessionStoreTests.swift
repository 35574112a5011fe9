// SPDX-License-Identifier: Apache-2.0
import Foundation
import HoldfastRPC
import HoldfastTesting
import HoldfastTransport
import NIOCore
import Synchronization
import Testing

@testable import HoldfastClient

/// A session that outlives its program.
@Suite(.timeLimit(.minutes(1))) struct SessionStoreTests {
    /// Runs `body` with a path in a folder of its own.
    private func withPath<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "holdfast-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder.appending(path: "session").path)
    }

    // MARK: The file

    @Test func `The file is its owner's alone, is replaced whole, and one client has it at a time`() async throws {
        try await withPath { path in
            let store = FileSessionStore(path: path)
            let other = FileSessionStore(path: path)
            #expect(try store.load() == nil)
            #expect(try store.acquire())
            #expect(try !store.acquire())
            #expect(try !other.acquire())
            for state in [[UInt8](repeating: 1, count: 200_000), [2, 3]] {
                try store.save(state)
                #expect(try store.load() == state)
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == 0o600)
            }
            store.release()
            #expect(try other.acquire())
            #expect(try other.load() == [2, 3])
            try other.remove()
            try other.remove()
            #expect(try other.load() == nil)
        }
    }

    @Test func `What cannot be written or read is told`() {
        let store = FileSessionStore(path: "/nowhere/at/all")
        #expect(throws: (any Error).self) { try store.acquire() }
        #expect(throws: (any Error).self) { try store.save([1]) }
        let folder = FileSessionStore(path: "/")
        #expect(throws: (any Error).self) { try folder.load() }
    }

    // MARK: The record

    private func record(of actions: [ClientMachine.Action]) -> SessionRecord? {
        actions.reduce(nil) { if case .save(let record) = $1 { record } else { $0 } }
    }

    @Test func `What was kept is sent again by the next run, text for text, before anything new`() throws {
        var client = Agreed { $0.isStored = true }
        _ = client.call("a")
        _ = client.receive(#"{"method":"n","seq":1,"rcv":1}"#)
        _ = client.receive(#"{"id":7,"method":"ask","seq":2}"#)
        let deep = String(repeating: "[", count: 62) + String(repeating: "]", count: 62)
        let actions = client.submit(.notification, "b", try JSON(parsing: deep))
        // Kept before it is sent.
        let order = actions.compactMap { action -> String? in
            switch action {
            case .save: "save"
            case .send: "send"
            default: nil
            }
        }
        #expect(order == ["save", "send"])
        let written = try #require(record(of: actions))
        let kept = try #require(SessionRecord(written.encoded))
        var settings = ClientMachine.Settings()
        settings.isStored = true
        var next = ClientMachine(settings: settings, heartbeat: nil, record: kept)
        let id = next.makeID()
        #expect(id == 5)
        _ = next.handle(.submit(id: id, .call, method: "c", params: nil, timeout: .seconds(60)), now: .zero)
        let connect = next.handle(.linkUp(next.link), now: .zero)
        #expect(
            connect.texts == [
                #"{"id":6,"method":"rpc.connect","params":{"sessionId":"S","resume":{"v":[1],"at":2,"epoch":"e","token":"t1","#
                    + #""rcv":2,"sent":2}},"jsonrpc":"2.0"}"#
            ]
        )
        #expect(record(of: connect)?.attempt == 2)
        let answer = #"{"id":6,"result":\#(Agreed.back(1, next: 3, top: 2))}"#
        let envelope = EnvelopeScanner().scan(ByteBuffer(string: answer))
        let opened = next.handle(.message(next.link, envelope, bytes: answer.utf8.count), now: .zero)
        #expect(
            opened.texts == [
                #"{"method":"b","params":\#(deep),"jsonrpc":"2.0","seq":2,"rcv":2}"#,
                // Nobody knows what the run before made of it.
                #"{"id":7,"error":{"code":-32050,"message":"Whether it was served is unknown"},"jsonrpc":"2.0","seq":3,"rcv":2}"#,
                #"{"id":5,"method":"c","jsonrpc":"2.0","seq":4,"rcv":2}"#,
            ]
        )
        #expect(opened.news == [.connected(.webSocket)])
    }

    @Test func `Nothing that the server may know is missing in what is kept`() throws {
        var client = Agreed { $0.isStored = true }
        // An acknowledgement is kept before it is sent, and a request before it is served.
        _ = client.receive(#"{"method":"n","seq":1}"#)
        #expect(record(of: client.fire(.acknowledgement, after: .seconds(1)))?.resumption.window.told == 1)
        let served = client.receive(#"{"id":7,"method":"ask","seq":2}"#)
        guard case .save(let record) = served.first else {
            Issue.record("not kept first: \(served)")
            return
        }
        #expect(record?.answers.count == 1)
        #expect(record?.resumption.window.received == 2)
    }

    @Test func `A session that was ended is kept no more`() {
        var client = Agreed { $0.isStored = true }
        _ = client.call("a")
        _ = client.machine.handle(.close(sendCloseMessage: true), now: client.now)
        let closed = client.receive(#"{"id":\#(client.machine.closeID ?? 0),"result":"bye"}"#)
        let saves = closed.compactMap { if case .save(let record) = $0 { record == nil } else { nil } }
        #expect(saves == [true])
    }

    @Test(arguments: ["", "{}", "[", #"{"v":1,"id":"a"}"#, "\u{0}"]) func `What is no record is none`(text: String) {
        #expect(SessionRecord(Array(text.utf8)) == nil)
    }

    // MARK: Another run

    @Test func `A program that ends at any moment comes back, and nothing is lost or comes twice`() async throws {
        let resume = ResumeServer()
        try await withTestServer(resume.makeApplication) { server in
            try await withLinkCutter(to: server) { cutter in
                try await withPath { path in
                    let first = try server.makeClient(to: "/rpc", through: cutter) {
                        $0.store = FileSessionStore(path: path)
                    }
                    for number in 0..<3 { try await first.notify("up", [0, number]) }
                    _ = try await first.call("pull", [0, 2], as: JSON.self)
                    let session = first.sessionID
                    // From here on nothing arrives; then the program is killed: nothing more is kept.
                    await cutter.update { $0.isHeld = true }
                    for number in 3..<6 { try await first.notify("up", [0, number]) }
                    let left = try Data(contentsOf: URL(filePath: path))
                    let copy = path + ".copy"
                    try left.write(to: URL(filePath: copy))
                    await cutter.cut()
                    await cutter.update { $0.refusesLinks = true }
                    await first.close()

                    let second = try server.makeClient(to: "/rpc") { $0.store = FileSessionStore(path: copy) }
                    let notifications = second.notifications
                    for number in 6..<9 { try await second.notify("up", [0, number]) }
                    _ = try await second.call("pull", [0, 2], as: JSON.self)
                    #expect(second.sessionID == session)
                    #expect(resume.ups(0) == Array(0..<9))
                    let told = await firstNumbers(of: notifications, upTo: 3)
                    // What was not acknowledged arrives again.
                    #expect(told.suffix(2) == [2, 3])
                    await second.close()
                }
            }
        }
    }

    @Test func `A second client of one store opens a session of its own`() async throws {
        let resume = ResumeServer()
        try await withTestServer(resume.makeApplication) { server in
            try await withPath { path in
                let clients = try (0..<2).map { _ in
                    try server.makeClient(to: "/rpc") { $0.store = FileSessionStore(path: path) }
                }
                for client in clients { try await client.connect() }
                #expect(clients[0].sessionID != clients[1].sessionID)
                await clients[1].close(sendCloseMessage: true)
                await clients[0].close()
                // Whoever comes next has what the first has left.
                let third = try server.makeClient(to: "/rpc") { $0.store = FileSessionStore(path: path) }
                try await third.connect()
                #expect(third.sessionID == clients[0].sessionID)
                await third.close(sendCloseMessage: true)
                #expect(!FileManager.default.fileExists(atPath: path))
            }
        }
    }

    private func firstNumbers(of notifications: some AsyncSequence<RPCNotification, Never>, upTo last: Int) async
        -> [Int]
    {
        var numbers: [Int] = []
        for await notification in notifications {
            numbers.append(notification.params[0]?.int ?? -1)
            if numbers.last == last { break }
        }
        return numbers
    }
}
