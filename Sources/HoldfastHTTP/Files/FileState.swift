// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What the file system says of a file at one moment.
struct FileState: Sendable, Equatable {
    /// The kinds that are told apart.
    enum Kind: Sendable {
        case file
        case folder
        case other
    }

    /// A time since 1970.
    struct Time: Sendable, Equatable {
        var seconds: Int64
        var nanoseconds: Int64
    }

    /// How long the clock that stamps files may stand still; kernels stamp by the timer's tick, 10 ms at most.
    static let tick = Duration.milliseconds(20)

    var kind: Kind
    var size: Int
    var inode: UInt64
    /// When the content was last modified; anybody may set it back.
    var modified: Time
    /// When the content or what is known of it last changed; nobody can set it back.
    var changed: Time
    /// How long ago that was when the state was taken; negative for a clock that is ahead.
    var age: Duration

    /// Whether any later change will bear a later time.
    ///
    /// A time of whole seconds is likely one of a file system that counts them, singly or in pairs.
    var isSettled: Bool { age >= (changed.nanoseconds == 0 ? .seconds(2) : Self.tick) }

    /// The tag of the content (RFC 9110 §8.8.3): weak while it could change without its tag.
    var entityTag: EntityTag {
        let parts = [
            inode, UInt64(bitPattern: Int64(size)), UInt64(bitPattern: modified.seconds),
            UInt64(bitPattern: modified.nanoseconds), UInt64(bitPattern: changed.seconds),
            UInt64(bitPattern: changed.nanoseconds),
        ]
        return EntityTag(parts.map { String($0, radix: 36) }.joined(separator: "-"), isWeak: !isSettled)
    }
}

extension FileState {
    /// The state of what a path leads to; `nil` when there is nothing, or nothing that may be seen.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// The state of an open file.
    init?(descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init?(_ status: stat) {
        guard let size = Int(exactly: status.st_size) else { return nil }
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        #if canImport(Darwin)
        let (modified, changed) = (Time(status.st_mtimespec), Time(status.st_ctimespec))
        #else
        let (modified, changed) = (Time(status.st_mtim), Time(status.st_ctim))
        #endif
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        let now = Time(clock)
        self.init(
            kind: kind,
            size: size,
            inode: UInt64(status.st_ino),
            modified: modified,
            changed: changed,
            age: .seconds(now.seconds - changed.seconds) + .nanoseconds(now.nanoseconds - changed.nanoseconds)
        )
    }
}

extension FileState.Time {
    fileprivate init(_ time: timespec) {
        self.init(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
    }
}
