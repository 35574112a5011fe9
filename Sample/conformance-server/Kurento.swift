// SPDX-License-Identifier: Apache-2.0
import Holdfast
import Synchronization

/// Mirrors of the handlers that Kurento's own tests talk to.
func addKurentoHandlers(to app: Application) {
    func serve(_ name: String, _ handler: some RPCHandler, watchdog: Bool = false, showsErrorText: Bool = false) {
        app.rpc(
            "/rpc/\(name)",
            handler,
            options: .init(
                allowedOrigins: .any,
                sockJS: true,
                label: name,
                pingWatchdog: watchdog,
                showsErrorText: showsErrorText
            )
        )
    }
    serve("echo", EchoHandler())
    serve("new_session_handler", NewSessionHandler())
    serve("reconnection", ReconnectionHandler())
    serve("jsonrpcreverse", ReverseHandler())
    serve("notification", NotificationHandler())
    serve("async_handler", AsyncHandler())
    serve("error_handler", ErrorHandler(), showsErrorText: true)
    serve("pingpong", PingPongHandler(), watchdog: true)
    serve("close_session_handler", CloseSessionHandler())
}

/// The documentation's, which takes a JSON object.
final class EchoHandler: RPCHandler {
    func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
        guard request.params.isNull || request.params.kind == .object else { throw RPCError.invalidParams }
        if request.method.lowercased() == "echo" { try transaction.sendResponse(request.params) }
    }
}

final class NewSessionHandler: RPCHandler {
    func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
        try transaction.sendResponse(request.isNew ? "new" : "old")
    }
}

final class ReconnectionHandler: RPCHandler {
    func connectionEstablished(_ session: RPCSession) async throws {
        session.reconnectionTimeout = .seconds(5)
    }

    func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
        try transaction.sendResponse(request.isNew ? "new" : "old")
    }
}

/// Answers, then calls the client: once with what it sent, once with what the client answered.
final class ReverseHandler: RPCHandler {
    func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
        try transaction.sendResponse(request.params)
        let session = transaction.session
        Task {
            try await Task.sleep(for: .seconds(1))
            let answer = try await session.call("method", request.params, as: JSON.self)
            _ = try await session.call("method", answer, as: JSON.self)
        }
    }
}

final class NotificationHandler: RPCHandler {
    func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
        guard transaction.isNotification else { return }
        let number = try request.decode(as: Int.self)
        let session = transaction.session
        Task {
            try await Task.sleep(for: .milliseconds(200))
            try await session.notify("response", number)
        }
    }
}

final class AsyncHandler: RPCHandler {
    func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
        transaction.startAsync()
        Task {
            try await Task.sleep(for: .seconds(1))
            try transaction.sendResponse("AsyncHello")
        }
    }
}

final class ErrorHandler: RPCHandler {
    struct Failure: Error, CustomStringConvertible {
        var description: String { "Exception message" }
    }

    func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
        switch request.method {
        case "explicitError":
            try transaction.sendError(code: -1, message: "Exception message", data: "Data", type: "EXCEPTION")
        case "exceptionError":
            throw Failure()
        default:
            break
        }
    }
}

final class PingPongHandler: RPCHandler {
    func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
        try transaction.sendResponse("OK")
    }
}

/// Closes the session after its third answer.
final class CloseSessionHandler: RPCHandler {
    func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
        let session = transaction.session
        let count = (session.attributes["answers", as: Int.self] ?? 0) + 1
        session.attributes["answers"] = count
        try transaction.sendResponse(request.isNew ? "new" : "old")
        if count == 3 { session.close() }
    }
}
