// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Keeps a client's session in a file that only its owner can read.
///
/// A file beside it, with `.lock` at the end of its name, is locked while a client has the store, in this program or another; it stays
/// there. The state is written anew each time, beside the old one, and then takes its place, so it outlasts the program's end at any
/// moment; it is not forced to the disk, so it may be lost with the machine.
public final class FileSessionStore: SessionStore {
    /// The file.
    public let path: String
    private let lock = Mutex<CInt?>(nil)

    /// Creates a store.
    ///
    /// - Parameter path: The file, in a folder that exists and on a file system with locks.
    public init(path: String) {
        self.path = path
    }

    deinit {
        release()
    }

    /// Locks the store; `false` when a client has it.
    ///
    /// - Throws: What the lock's file cannot be opened for.
    public func acquire() throws -> Bool {
        try lock.withLock { lock in
            guard lock == nil else { return false }
            let name = path + ".lock"
            let file = createFile(name, O_RDWR | O_CREAT | O_CLOEXEC)
            guard file >= 0 else { throw FileError("cannot open \(name)") }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                close(file)
                return false
            }
            lock = file
            return true
        }
    }

    /// Lets others have the store.
    public func release() {
        lock.withLock { lock in
            if let lock { close(lock) }
            lock = nil
        }
    }

    /// Reads what was saved; `nil` when nothing was.
    ///
    /// - Throws: What the file cannot be read for.
    public func load() throws -> [UInt8]? {
        let file = openFile(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw FileError("cannot open \(path)")
        }
        defer { close(file) }
        var state: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &piece, piece.count)
            guard count >= 0 else { throw FileError("cannot read \(path)") }
            if count == 0 { return state }
            state += piece[..<count]
        }
    }

    /// Puts a state in the place of the one before, in one step.
    ///
    /// - Parameter state: What ``load()`` gives back.
    /// - Throws: What the file cannot be written for.
    public func save(_ state: [UInt8]) throws {
        let next = path + ".new"
        let file = createFile(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
        guard file >= 0 else { throw FileError("cannot create \(next)") }
        defer { close(file) }
        var written = 0
        while written < state.count {
            let count = state[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw FileError("cannot write \(next)") }
            written += count
        }
        guard rename(next, path) == 0 else { throw FileError("cannot replace \(path)") }
    }

    /// Forgets the state.
    ///
    /// - Throws: What the file cannot be removed for.
    public func remove() throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw FileError("cannot remove \(path)") }
    }
}

/// Why the file cannot be used.
private struct FileError: Error, CustomStringConvertible {
    let description: String

    init(_ words: String) {
        description = "\(words): \(String(cString: strerror(errno)))"
    }
}

/// `open` takes variable arguments.
private func openFile(_ path: String, _ flags: CInt) -> CInt { open(path, flags) }

/// Opens a file that is its owner's alone when it did not exist.
private func createFile(_ path: String, _ flags: CInt) -> CInt { open(path, flags | O_NOFOLLOW, 0o600) }
