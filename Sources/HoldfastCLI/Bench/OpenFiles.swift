// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The number of files, connections included, that the system lets the process open.
enum OpenFiles {
    /// What the process itself needs besides connections.
    private static let others = 64

    /// Raises the limit as far as this many connections need and the system allows.
    ///
    /// - Returns: how many connections fit, when that is fewer.
    static func room(for connections: Int) -> Int? {
        var limit = rlimit()
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
        let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return nil }
        let wanted = rlim_t(connections + others)
        if limit.rlim_cur < wanted, limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = min(wanted, limit.rlim_max)
            _ = setrlimit(resource, &limit)
            guard getrlimit(resource, &limit) == 0 else { return nil }
        }
        guard limit.rlim_cur < wanted else { return nil }
        return max(0, Int(limit.rlim_cur) - others)
    }
}
