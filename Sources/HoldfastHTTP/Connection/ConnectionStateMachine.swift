// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport

/// One HTTP/1.1 connection without I/O (RFC 9112 §9): the phase of the request, the phase of its response, and how the connection
/// ends.
///
/// It is told what the parser found, what the handler did, what the socket took and what time it is, and answers what is to be done.
/// One request is served at a time, and nothing of the next is looked at while the socket is behind: so answers keep the order of the
/// requests, and a flood of requests costs its sender only. A client that has stopped sending gets its whole answer.
package struct ConnectionStateMachine: Sendable {
    package enum Phase: Sendable, Hashable {
        case open
        /// The last answer is on its way to the socket; input is dropped.
        case flushing
        /// The last answer and the end of output are out; input is dropped until the client closes (RFC 9112 §9.6).
        case lingering
        case closed
    }

    package enum RequestPhase: Sendable, Hashable {
        /// No request is under way.
        case none
        /// Its head has been read, its body arrives.
        case body
        /// It has been read to its end.
        case complete
    }

    package enum ResponsePhase: Sendable, Hashable {
        /// No request is under way.
        case none
        /// The handler has not answered.
        case awaited
        /// The head has been written.
        case begun
        /// The response has been written; the rest of the request's body is read and dropped.
        case complete
    }

    /// What the machine needs to know of a request head.
    package struct Head: Sendable, Hashable {
        package var hasBody: Bool
        package var keepAlive: Bool
        package var expectsContinue: Bool
        /// The time the handler has; `nil` for none.
        package var timeout: Duration?

        package init(hasBody: Bool, keepAlive: Bool, expectsContinue: Bool = false, timeout: Duration?) {
            self.hasBody = hasBody
            self.keepAlive = keepAlive
            self.expectsContinue = expectsContinue
            self.timeout = timeout
        }
    }

    /// How many bytes of input are read and dropped at the end, lest a reset destroy the last answer.
    private static let droppedInput = 64 << 10

    private let limits: Limits.HTTP
    private(set) package var phase = Phase.open
    private(set) package var request = RequestPhase.none
    private(set) package var response = ResponsePhase.none
    /// Whether the connection goes on after the request under way.
    private(set) package var keepAlive = true
    private(set) package var inputEnded = false
    private(set) package var isDraining = false
    private(set) package var isBehind = false
    /// The handler of the request under way has been started.
    private var handlerStarted = false
    /// The handler does not take what has come of the body.
    private var bodyIsHeld = false
    /// A `100 Continue` is owed once the handler asks for the body.
    private(set) package var owesContinue = false
    private var requestCount = 0
    private var droppable = Self.droppedInput
    private var deadlines: ConnectionDeadlines

    package init(limits: Limits.HTTP, acceptedAt now: Duration) {
        self.limits = limits
        deadlines = ConnectionDeadlines(limits: limits, acceptedAt: now)
    }

    // MARK: Input

    /// Whether the next piece of input may be looked at.
    package var mayParse: Bool {
        guard phase == .open else { return false }
        switch request {
        case .none: return !isBehind
        case .body: return !bodyIsHeld
        case .complete: return false
        }
    }

    /// Whether more may be read from the socket.
    ///
    /// - Parameter waiting: Bytes that have been read and not looked at.
    package func mayRead(waiting: Int) -> Bool {
        switch phase {
        case .open: request == .body ? !bodyIsHeld : mayParse || waiting < limits.pipelined
        case .flushing: droppable > 0
        case .lingering, .closed: true
        }
    }

    /// What to do with bytes that were read.
    package enum Intake: Sendable, Hashable {
        case parse
        case drop
        /// Enough has been dropped.
        case close
    }

    /// Bytes were read.
    package mutating func received(_ count: Int) -> Intake {
        switch phase {
        case .open: return .parse
        case .closed: return .drop
        case .flushing:
            droppable -= count
            return .drop
        case .lingering:
            droppable -= count
            guard droppable <= 0 else { return .drop }
            phase = .closed
            return .close
        }
    }

    /// What follows when all input has been looked at.
    package enum Starvation: Sendable, Hashable {
        case wait
        /// Give the request to its handler, with a body that is still arriving.
        case start
        /// The input has ended in the middle of a request: 400.
        case refuse
        /// The input has ended and everything was answered.
        case close
    }

    /// All input has been looked at, and more is needed.
    ///
    /// - Parameter midway: Whether a part of a head is here.
    package mutating func starved(_ now: Duration, midway: Bool) -> Starvation {
        if request == .none {
            if inputEnded { return midway ? .refuse : .close }
            if midway { deadlines.headBytesArrived(now) }
            return .wait
        }
        if inputEnded { return .refuse }
        return handlerStarted ? .wait : .start
    }

    // MARK: The request

    /// A head is here.
    package mutating func headArrived(_ head: Head, _ now: Duration) {
        requestCount += 1
        request = head.hasBody ? .body : .complete
        response = .awaited
        keepAlive = head.keepAlive && !isDraining && requestCount < limits.requestsPerConnection ?? .max
        owesContinue = head.hasBody && head.expectsContinue
        handlerStarted = false
        bodyIsHeld = false
        deadlines.headEnded(now, hasBody: head.hasBody, waitsForContinue: owesContinue, timeout: head.timeout)
    }

    /// The request has been given to its handler.
    package mutating func handlerStart() {
        handlerStarted = true
    }

    /// A piece of the body is here.
    package mutating func bodyArrived(_ count: Int, _ now: Duration) {
        if owesContinue {
            // The client has not waited, so it is owed nothing.
            owesContinue = false
            deadlines.bodyIsAwaited(now)
        }
        deadlines.bodyBytesArrived(count)
    }

    /// As much of the body waits for the handler as may: no more is read until it asks.
    package mutating func bodyHeld(_ now: Duration) {
        guard request == .body, response != .complete else { return }
        bodyIsHeld = true
        deadlines.handlerIsAwaited(now)
    }

    /// Whether the handler of the request under way is still to be started although its body is not whole.
    package var awaitsStart: Bool { request == .body && response == .awaited && !handlerStarted && bodyIsHeld }

    /// The handler asks for the body; answers whether a `100 Continue` has to be sent.
    package mutating func bodyWanted(_ now: Duration) -> Bool {
        guard phase == .open, request == .body else { return false }
        bodyIsHeld = false
        deadlines.bodyIsAwaited(now)
        guard owesContinue else { return false }
        owesContinue = false
        return response == .awaited
    }

    /// What follows the end of a request's body.
    package enum BodyEnd: Sendable, Hashable {
        /// Give the request to its handler, with its whole body.
        case start
        /// The handler, which has been started, goes on.
        case goOn
        /// The response is written already: the next request, or the end.
        case next(Next)
    }

    /// The body is whole.
    ///
    /// - Parameter hasInput: Whether bytes of a further request are here.
    package mutating func bodyEnded(_ now: Duration, hasInput: Bool) -> BodyEnd {
        request = .complete
        bodyIsHeld = false
        if response == .complete { return .next(exchangeEnded(now, hasInput: hasInput)) }
        deadlines.handlerIsAwaited(now)
        return handlerStarted ? .goOn : .start
    }

    /// What to do about a request that cannot be served.
    package enum Refusal: Sendable, Hashable {
        /// There is no exchange: answer, then ``closeAfterOutput(_:)``.
        case answer
        /// Answer in the handler's place.
        case answerForHandler
        /// The response is under way: what it is worth without the rest of its request, its handler knows.
        case tellHandler
        /// Everything has been answered: ``closeAfterOutput(_:)``.
        case close
    }

    /// The request under way, or the one being parsed, cannot be served, and nothing after it can be trusted.
    package mutating func refused() -> Refusal {
        keepAlive = false
        switch response {
        case .none: return .answer
        case .complete: return .close
        case .awaited, .begun:
            request = .complete
            handlerStarted = true
            deadlines.nothingIsAwaited()
            return response == .awaited ? .answerForHandler : .tellHandler
        }
    }

    // MARK: The response

    /// The response begins; ``keepAlive`` then says what its head has to.
    ///
    /// - Parameter mayDropBody: Whether what is left of the request's body is short enough to be read and dropped.
    package mutating func responseBegan(mayDropBody: Bool) {
        response = .begun
        deadlines.responseBegan()
        if request == .body { keepAlive = keepAlive && mayDropBody && !owesContinue }
    }

    /// The response has to end with the connection.
    package mutating func responseEndsConnection() {
        keepAlive = false
    }

    /// What follows the end of an exchange.
    package enum Next: Sendable, Hashable {
        /// Look at the next request.
        case request
        /// Read and drop the rest of this one.
        case dropBody
        /// ``closeAfterOutput(_:)``.
        case close
    }

    /// The response has been written to its end.
    ///
    /// - Parameter hasInput: Whether bytes of a further request are here.
    package mutating func responseEnded(_ now: Duration, hasInput: Bool) -> Next {
        guard keepAlive, request == .body else { return exchangeEnded(now, hasInput: hasInput) }
        response = .complete
        bodyIsHeld = false
        deadlines.bodyIsAwaited(now)
        return .dropBody
    }

    private mutating func exchangeEnded(_ now: Duration, hasInput: Bool) -> Next {
        request = .none
        response = .none
        deadlines.nothingIsAwaited()
        guard keepAlive, hasInput || !inputEnded && !isDraining else { return .close }
        if !isBehind { deadlines.becameIdle(now) }
        return .request
    }

    // MARK: Output

    /// What follows when the socket has taken everything.
    package enum Output: Sendable, Hashable {
        case nothing
        /// Look at the input that waited.
        case parse
        /// Send the end of output; with the input ended too that closes the connection.
        case closeOutput
    }

    /// The socket does not take more for now.
    ///
    /// - Parameter taken: All bytes that the client has ever taken.
    package mutating func outputIsBehind(_ now: Duration, taken: Int) {
        isBehind = true
        deadlines.outputIsBehind(now, taken: taken)
    }

    /// The socket has taken everything.
    package mutating func outputCaughtUp(_ now: Duration) -> Output {
        isBehind = false
        deadlines.outputCaughtUp()
        switch phase {
        case .open:
            if request == .none { deadlines.becameIdle(now) }
            return .parse
        case .flushing:
            return endOutput(now)
        case .lingering, .closed:
            return .nothing
        }
    }

    // MARK: The end

    /// Nothing more is served: when what has been written is out, the connection ends.
    package mutating func closeAfterOutput(_ now: Duration) -> Output {
        guard phase == .open else { return .nothing }
        phase = .flushing
        request = .none
        response = .none
        deadlines.inputIsOver()
        return isBehind ? .nothing : endOutput(now)
    }

    private mutating func endOutput(_ now: Duration) -> Output {
        if inputEnded {
            phase = .closed
            return .closeOutput
        }
        phase = .lingering
        deadlines.outputClosed(now)
        return .closeOutput
    }

    /// The client sends no more; answers whether the connection is over with it.
    ///
    /// What it has asked for is still answered: ``starved(_:midway:)`` finds out whether there is anything left.
    package mutating func endInput() -> Bool {
        inputEnded = true
        guard phase == .lingering else { return false }
        phase = .closed
        return true
    }

    /// The server shuts down; answers whether nothing is under way, so that ``closeAfterOutput(_:)`` is next.
    ///
    /// - Parameter hasInput: Whether anything of a request is here.
    package mutating func drain(hasInput: Bool) -> Bool {
        isDraining = true
        guard phase == .open, request == .none else {
            keepAlive = false
            return false
        }
        return !hasInput
    }

    /// The connection is gone, or another protocol's.
    package mutating func end() {
        phase = .closed
        request = .none
        response = .none
    }

    // MARK: Time

    /// Whether connections are nearly used up, so that idle ones are kept for a moment only.
    package mutating func setPressure(_ isPressed: Bool) {
        deadlines.keepAlive = isPressed ? min(limits.keepAliveUnderPressure, limits.keepAlive) : limits.keepAlive
    }

    /// The next moment at which ``tick(_:unsent:taken:)`` may have something to say.
    package var nextDeadline: Duration? { phase == .closed ? nil : deadlines.next }

    /// Looks at the clock: the first deadline that has passed, if any.
    ///
    /// - Parameters:
    ///   - unsent: Bytes that the client has not taken, those in the operating system's hands included.
    ///   - taken: All bytes that it has ever taken.
    package mutating func tick(_ now: Duration, unsent: Int, taken: Int) -> ConnectionDeadlines.Expiry? {
        phase == .closed ? nil : deadlines.tick(now, unsent: unsent, taken: taken)
    }
}
