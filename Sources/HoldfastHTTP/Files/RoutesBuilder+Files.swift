// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes

extension RoutesBuilder {
    /// Serves the files below a folder.
    ///
    /// Hidden files, `..` and links that lead out of the folder are answered 404. A folder is answered with its `index.html`.
    ///
    /// - Parameters:
    ///   - path: A pattern that ends in `/**`, whose rest names the file.
    ///   - folder: The folder, absolute or relative to the working directory.
    @discardableResult
    public func files(
        _ path: String,
        from folder: String,
        fileID: String = #fileID,
        line: Int = #line
    ) -> Route {
        let root = URL(fileURLWithPath: folder, isDirectory: true).resolvingSymlinksInPath().path
        return get(path, fileID: fileID, line: line) { request, context -> Response in
            guard let file = await FileLookup(root: root).file(for: context.parameters.rest) else {
                throw HTTPError(.notFound)
            }
            return try await .file(file, for: request)
        }
    }
}

/// Finds the file that a URL's path names below a folder.
struct FileLookup: Sendable {
    let root: String

    /// The file's path; `nil` when there is none that may be served.
    @concurrent
    func file(for rest: String) async -> String? {
        guard let relative = Self.relativePath(rest) else { return nil }
        let path = URL(fileURLWithPath: root + relative).resolvingSymlinksInPath().path
        guard path == root || path.hasPrefix(root.hasSuffix("/") ? root : root + "/") else { return nil }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
        guard isFolder.boolValue else { return path }
        let index = path + "/index.html"
        return FileManager.default.fileExists(atPath: index) ? index : nil
    }

    /// The decoded path, `""` or with a leading slash; `nil` when a segment could lead elsewhere than its name says.
    static func relativePath(_ rest: String) -> String? {
        var result = ""
        for segment in rest.split(separator: "/", omittingEmptySubsequences: true) {
            guard let name = segment.removingPercentEncoding,
                !name.isEmpty, !name.hasPrefix("."), !name.contains("/"), !name.utf8.contains(0)
            else { return nil }
            result += "/" + name
        }
        return result
    }
}
