// SPDX-License-Identifier: Apache-2.0
internal import HoldfastClient
internal import HoldfastRPC
internal import HoldfastTransport
internal import Synchronization
internal import UnixSignals

/// What `holdfast listen` does between its start and its end.
final class Listening: Sendable {
    /// Why it ends.
    private enum End: Sendable {
        case done
        case interrupted
        case readerGone
        case failed(Failure)
    }

    private let client: RPCClient
    private let url: String
    private let calls: [ListenCommand.CallToMake]
    private let count: Int?
    private let script: Mutex<AnswerScript>
    private let ends: AsyncStream<End>
    private let ender: AsyncStream<End>.Continuation
    private let style = Style(Terminal.errors)

    init(client: RPCClient, url: String, script: AnswerScript, calls: [ListenCommand.CallToMake], count: Int?) {
        self.client = client
        self.url = url
        self.script = Mutex(script)
        self.calls = calls
        self.count = count
        (ends, ender) = AsyncStream.makeStream()
    }

    /// Listens until a signal, the last notification wanted, a failure, or until nobody reads the output.
    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        client.otherMethods { [self] method, params in try answer(method, params) }
        let notifications = client.notifications
        let events = client.events
        let (sessions, newSession) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        // Not children of this task: one that is stuck in writing to a reader that does not read must not hold up the end.
        let tasks = [
            Task { for await signal in signals { ender.yield(signal == .sigint ? .interrupted : .done) } },
            Task { await printAll(notifications) },
            Task { for await event in events { took(event, newSession) } },
            Task { for await _ in sessions { await makeCalls() } },
            Task { await connect() },
        ]
        defer { for task in tasks { task.cancel() } }

        for await end in ends {
            switch end {
            case .failed(let failure):
                throw failure
            case .readerGone:
                await client.close(sendCloseMessage: true)
                throw Output.ReaderGone()
            case .done:
                return await client.close(sendCloseMessage: true)
            case .interrupted:
                await client.close(sendCloseMessage: true)
                throw Interrupted()
            }
        }
    }

    private func connect() async {
        do {
            try await client.connect()
        } catch let error as RPCClientError {
            ender.yield(.failed(Failure(error, url: url)))
        } catch {
            // Cancelled: the end is under way.
        }
    }

    // MARK: Output

    private func printAll(_ notifications: some AsyncSequence<RPCNotification, Never>) async {
        var printed = 0
        for await notification in notifications {
            let line: JSON = ["method": JSON(stringLiteral: notification.method), "params": notification.params]
            guard write(line) else { return }
            printed += 1
            guard printed != count else {
                ender.yield(.done)
                return
            }
        }
    }

    private func answer(_ method: String, _ params: JSON) throws -> JSON {
        let answer = script.withLock { $0.next(for: method) } ?? .error(.methodNotFound)
        write(["method": JSON(stringLiteral: method), "params": params, "answer": answer.json])
        switch answer {
        case .result(let result): return result
        case .error(let error): throw error
        }
    }

    @discardableResult
    private func write(_ line: JSON) -> Bool {
        do {
            try Output.standard.write(line.line + "\n")
            return true
        } catch let failure as Failure {
            ender.yield(.failed(failure))
        } catch {
            ender.yield(.readerGone)
        }
        return false
    }

    private func tell(_ text: String) {
        Output.errors.tell(style.dim(text.printable) + "\n")
    }

    // MARK: The connection

    private func took(_ event: RPCClientEvent, _ newSession: AsyncStream<Void>.Continuation) {
        switch event {
        case .connected(let transport):
            tell("connected to \(url) over \(transport)")
            newSession.yield()
        case .reconnecting:
            tell("the connection was lost; connecting again")
        case .reconnected(sameServer: true):
            tell("connected again, to the same session")
        case .reconnected(sameServer: false):
            tell("connected again; the server no longer had the session, this is a new one")
            newSession.yield()
        case .transportChanged(let transport):
            tell("now over \(transport)")
        case .gap(let gap):
            let numbers = gap.numbers
            tell("messages \(numbers.lowerBound) to \(numbers.upperBound) of the session are lost: \(gap.reason)")
        case .disconnected(let reason):
            ender.yield(.failed(Failure(.noConnection, "\(url): the connection was lost for good: \(reason)")))
        case .connectionFailed:
            // Whoever waited for the connection reports it.
            break
        }
    }

    private func makeCalls() async {
        for call in calls {
            do {
                let result = try await client.call(call.method, call.params)
                tell("\(call.method): \(result.line)")
            } catch let error as RPCClientError where error.kind == .sessionLost || error.kind == .outcomeUnknown {
                // The calls are made anew in the next session.
                return
            } catch let error as RPCClientError {
                var failure = Failure(error, url: url)
                failure.message = "\(call.method): \(failure.message)"
                ender.yield(.failed(failure))
                return
            } catch {
                return
            }
        }
    }
}

extension AnswerScript.Answer {
    /// As it stands in the output.
    fileprivate var json: JSON {
        switch self {
        case .result(let result): return ["result": result]
        case .error(let error):
            var members: [(key: String, value: JSON)] = [
                ("code", JSON(integerLiteral: error.code)), ("message", JSON(stringLiteral: error.message)),
            ]
            if let data = error.data { members.append(("data", data)) }
            return ["error": JSON(members: members)]
        }
    }
}
