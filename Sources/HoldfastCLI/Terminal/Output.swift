// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Synchronization

/// Writes pieces of text to a file descriptor, each at once and unbroken by others.
final class Output: Sendable {
    /// Nobody reads any more: the command ends without a word.
    struct ReaderGone: Error {}

    static let standard = Output(STDOUT_FILENO)
    static let errors = Output(STDERR_FILENO)

    private let descriptor: Int32
    private let lock = Mutex(())

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes all of it before it returns.
    ///
    /// - Throws: ``ReaderGone``, or a ``Failure`` such as a full disk.
    func write(_ text: String) throws {
        let bytes = Array(text.utf8)
        try lock.withLock { _ in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
                if written >= 0 {
                    rest = rest.dropFirst(written)
                } else {
                    try recover(from: errno)
                }
            }
        }
    }

    /// Writes what only helps; whether it can be written does not matter.
    func tell(_ text: String) {
        try? write(text)
    }

    private func recover(from error: Int32) throws {
        switch error {
        case EINTR: break
        case EAGAIN:
            // The descriptor is shared with someone who made it non-blocking.
            var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&poller, 1, -1)
        case EPIPE: throw ReaderGone()
        default: throw Failure(.outputFailed, "cannot write the output: \(String(cString: strerror(error)))")
        }
    }
}
