// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A file or folder that is gone when nobody holds it any more.
final class TemporaryFile: Sendable {
    let path: String

    /// Writes a file.
    init(_ text: String) throws {
        path = Self.newPath()
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// Makes a folder with files in it.
    init(folder files: [String: String]) throws {
        path = Self.newPath()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func newPath() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-\(UUID().uuidString)").path
    }
}

/// The repository's folder.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
