// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Finds the file that a URL's path names below a folder.
struct FileLookup: Sendable {
    /// What a path names.
    enum Result: Sendable, Equatable {
        /// A file, by its path without links.
        case file(String)
        /// A folder with an index, but the slash at its end is missing.
        case folderWithoutSlash
    }

    let folder: String

    /// What a path names, `nil` for nothing that may be served; looked up off the caller's loop.
    ///
    /// - Parameter rest: The path below the folder, not decoded: empty, or with a slash at its start.
    @concurrent
    func find(_ rest: String) async -> Result? {
        guard let root = Self.resolve(folder), let names = Self.names(rest) else { return nil }
        guard let path = resolve(names, below: root) else { return nil }
        let hasSlash = rest.utf8.last == UInt8(ascii: "/")
        switch FileState(path: path)?.kind {
        case .file:
            return hasSlash ? nil : .file(path)
        case .folder:
            guard let index = resolve(names + ["index.html"], below: root), FileState(path: index)?.kind == .file
            else { return nil }
            return hasSlash ? .file(index) : .folderWithoutSlash
        case .other, nil:
            return nil
        }
    }

    /// The decoded names in a path; `nil` when one of them could lead elsewhere than it says.
    static func names(_ rest: String) -> [String]? {
        var pieces = rest.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
        if pieces.last?.isEmpty == true { pieces.removeLast() }
        var names: [String] = []
        for piece in pieces {
            guard let name = PercentDecoding.decode(String(Substring(piece))), !name.isEmpty, !name.hasPrefix("."),
                !name.utf8.contains(UInt8(ascii: "/"))
            else { return nil }
            names.append(name)
        }
        return names
    }

    /// Where a folder is that was asked for without its slash: relative, so that it holds behind a proxy that shows other paths, and
    /// begun with `./`, so that nothing in it can be taken for a scheme or a host.
    static func withSlash(_ path: String, _ query: String?) -> String {
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? ""
        return "./\(name)/" + (query.map { "?\($0)" } ?? "")
    }

    private func resolve(_ names: [String], below root: String) -> String? {
        guard let path = Self.resolve(([root] + names).joined(separator: "/")) else { return nil }
        return path == root || path.hasPrefix(root == "/" ? root : root + "/") ? path : nil
    }

    /// The path without links; `nil` when it leads nowhere.
    private static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
