// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// What comes out of a pipe or terminal, read on a thread of its own until it ends.
final class Capture: Sendable {
    private let data = Mutex(Data())
    private let lines = AsyncStream.makeStream(of: String.self)
    private let end = AsyncStream.makeStream(of: Void.self)

    init() {}

    /// Reads until the end of the file; without a start there is nothing to wait for.
    func start(_ handle: FileHandle) {
        Thread.detachNewThread { [self] in
            var line = Data()
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(handle.fileDescriptor, &bytes, bytes.count)
                // A terminal ends with an error.
                guard count > 0 else { break }
                data.withLock { $0.append(contentsOf: bytes[..<count]) }
                for byte in bytes[..<count] {
                    if byte == UInt8(ascii: "\n") {
                        lines.continuation.yield(String(decoding: line, as: UTF8.self))
                        line = Data()
                    } else {
                        line.append(byte)
                    }
                }
            }
            finish()
        }
    }

    func finish() {
        lines.continuation.finish()
        end.continuation.finish()
    }

    /// The next line, without its end; `nil` when there is none any more.
    func nextLine() async -> String? {
        for await line in lines.stream { return line }
        return nil
    }

    /// All of it, once it has ended.
    func text() async -> String {
        for await _ in end.stream {}
        return data.withLock { String(decoding: $0, as: UTF8.self) }
    }
}
