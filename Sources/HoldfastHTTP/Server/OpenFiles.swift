// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// How many files the process may open, and has open: sockets, files, pipes and all else that takes a descriptor.
package struct OpenFiles: Sendable {
    /// The most that may be open at once.
    package var limit: @Sendable () -> Int
    /// How many are open now.
    package var count: @Sendable () -> Int

    package init(limit: @escaping @Sendable () -> Int, count: @escaping @Sendable () -> Int) {
        self.limit = limit
        self.count = count
    }

    /// Those of this process.
    package static let process = OpenFiles(limit: softLimit, count: countOpen)

    /// Why the process cannot open so many more; nil when it can.
    package func shortage(of needed: Int) -> String? {
        let limit = limit()
        let count = count()
        guard limit - count < needed else { return nil }
        return
            "the process may open \(limit) files, has \(count) open and needs \(needed) more; raise the limit (ulimit -n)"
    }

    @Sendable private static func softLimit() -> Int {
        var limit = rlimit()
        #if canImport(Glibc)
        let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
        let result = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        guard result == 0 else { return 1024 }
        // Infinity, where the system has it, is more than any number.
        return Int(exactly: limit.rlim_cur) ?? .max
    }

    @Sendable private static func countOpen() -> Int {
        #if canImport(Darwin)
        let folder = "/dev/fd"
        #else
        let folder = "/proc/self/fd"
        // Since Linux 6.2 the folder's size is their number.
        var status = stat()
        if stat(folder, &status) == 0, let size = Int(exactly: status.st_size), size > 0 { return size }
        #endif
        guard let entries = opendir(folder) else { return 0 }
        defer { closedir(entries) }
        // Besides the open files it lists the folder itself, twice over: `.`, `..` and the descriptor of this look.
        var count = -3
        while readdir(entries) != nil { count += 1 }
        return max(count, 0)
    }
}
