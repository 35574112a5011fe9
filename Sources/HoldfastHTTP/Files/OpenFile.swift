// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A regular file open for reading; closed with its last owner.
///
/// What is said of the file and what is read come from the same descriptor, whatever becomes of the path meanwhile.
final class OpenFile: Sendable {
    let state: FileState
    private let descriptor: CInt

    private init(descriptor: CInt, state: FileState) {
        self.descriptor = descriptor
        self.state = state
    }

    deinit {
        close(descriptor)
    }

    /// Opens a file off the caller's loop, without waiting for anybody: pipes, devices, sockets and folders are refused.
    ///
    /// - Parameters:
    ///   - path: The file's path.
    ///   - followsLink: Whether the path's last part may be a symbolic link.
    /// - Throws: ``HTTPError``: 404 for what is no readable file, 503 when the process has too many files open, else 500.
    @concurrent
    static func open(_ path: String, followsLink: Bool = true) async throws(HTTPError) -> OpenFile {
        // Opening a device may already do something, so its kind is looked at first.
        guard FileState(path: path)?.kind == .file else { throw HTTPError(.notFound) }
        let file = try openNow(path, followsLink)
        guard !file.state.isSettled, file.state.changed.nanoseconds != 0 else { return file }
        // Changed a moment ago, so that the next change might bear the same time: the clock will have moved on.
        try? await Task.sleep(for: FileState.tick - max(file.state.age, .zero))
        return try openNow(path, followsLink)
    }

    private static func openNow(_ path: String, _ followsLink: Bool) throws(HTTPError) -> OpenFile {
        // A pipe that took the file's place since would make opening wait, but for O_NONBLOCK, which regular files ignore.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLink ? 0 : O_NOFOLLOW)
        let descriptor = retrying { systemOpen(path, flags) }
        guard descriptor >= 0 else { throw error(errno) }
        guard let state = FileState(descriptor: descriptor), state.kind == .file else {
            close(descriptor)
            throw HTTPError(.notFound)
        }
        return OpenFile(descriptor: descriptor, state: state)
    }

    /// Reads from a place in the file, off the caller's loop.
    ///
    /// - Throws: ``HTTPError`` when nothing is there any more, or it cannot be read.
    @concurrent
    func read(at offset: Int, upTo count: Int) async throws -> ByteBuffer {
        var buffer = ByteBuffer()
        var failure: HTTPError?
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            let read = Self.retrying { pread(descriptor, bytes.baseAddress, min(count, bytes.count), off_t(offset)) }
            if read < 0 { failure = Self.error(errno) }
            return max(read, 0)
        }
        if let failure { throw failure }
        guard buffer.readableBytes > 0 else {
            throw HTTPError(.internalServerError, message: "the file has become shorter")
        }
        return buffer
    }

    private static func error(_ code: CInt) -> HTTPError {
        switch code {
        case ENOENT, ENOTDIR, EACCES, EPERM, ELOOP, ENAMETOOLONG, ENXIO, ENODEV, EISDIR: HTTPError(.notFound)
        case EMFILE, ENFILE, ENOMEM: HTTPError(.serviceUnavailable)
        default: HTTPError(.internalServerError)
        }
    }

    private static func retrying<Result: BinaryInteger>(_ call: () -> Result) -> Result {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}

/// `open` takes variable arguments, and ``OpenFile/open(_:followsLink:)`` hides its name.
private func systemOpen(_ path: String, _ flags: CInt) -> CInt { open(path, flags) }
