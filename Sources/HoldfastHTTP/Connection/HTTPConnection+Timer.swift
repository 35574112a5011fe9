// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import Logging
import Metrics
import NIOCore

/// A connection's one timer, set to the first of its deadlines.
extension HTTPConnection {
    /// Reads the clock, once for all that happens in one go.
    func readClock() {
        now = .nanoseconds(Int64(clamping: loop.eventLoop.now.uptimeNanoseconds))
    }

    /// Sets the timer if the first deadline has come nearer; one that has moved away is found out when it fires.
    func armTimer() {
        guard !isClosing, let next = deadlines.next, timerDeadline.map({ next < $0 }) ?? true, let loopBound else {
            return
        }
        timer?.cancel()
        timerDeadline = next
        timer = loop.eventLoop.scheduleTask(in: TimeAmount(max(next - now, .zero))) {
            loopBound.value.timerFired()
        }
    }

    /// Takes the timer back for good: the connection closes.
    func cancelTimer() {
        timer?.cancel()
        timer = nil
    }

    /// Closes in a moment, in which the client can take the last answer.
    func lingerThenClose() {
        let loopBound = loopBound
        timer = loop.eventLoop.scheduleTask(in: .seconds(2)) {
            loopBound?.value.context?.close(promise: nil)
        }
    }

    private func timerFired() {
        timerDeadline = nil
        readClock()
        guard !isClosing, let context else { return }
        switch deadlines.expired(now) {
        case nil:
            break
        case .idle:
            count("idle")
            context.close(promise: nil)
        case .head:
            if !parser.isIdle || input.readableBytes > 0 {
                refuse(.requestTimeout, "the request took too long to arrive")
            } else {
                count("silent")
                context.close(promise: nil)
            }
        case .body:
            refuse(.requestTimeout, "the body took too long to arrive")
        case .handler:
            count("handler")
            if let exchange {
                logger.warning("a handler exceeded its time", metadata: ["holdfast.path": "\(exchange.head.path)"])
                exchange.task?.cancel()
                exchange.keepAlive = exchange.keepAlive && exchange.bodyComplete
                respond(.text("the server took too long\n", status: .serviceUnavailable), to: exchange.id)
            }
        case .write:
            let buffered = bufferedBytes
            if buffered < bufferedAtStall {
                bufferedAtStall = buffered
                deadlines.writeProgressed(now, pending: buffered > 0)
            } else {
                count("write")
                context.close(promise: nil)
            }
        }
        flushOutput()
        armTimer()
    }

    /// Counts a connection that a deadline ended.
    private func count(_ deadline: String) {
        Counter(label: "holdfast_http_timeouts_total", dimensions: [("deadline", deadline)]).increment()
    }

    /// The bytes that the client has not taken.
    var bufferedBytes: Int {
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
