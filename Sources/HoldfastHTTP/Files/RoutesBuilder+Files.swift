// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import HTTPTypes

extension RoutesBuilder {
    /// Serves the files below a folder.
    ///
    /// A folder is answered with its `index.html`; asked for without the slash at its end, with 308 to itself with it, so that the
    /// page's relative links lead where they should. Symbolic links are followed as long as they stay within the folder. Anything
    /// else is answered 404: hidden files, `..`, empty segments, a slash behind a file, pipes and devices. `GET` and `HEAD` are
    /// answered as ``Response/file(_:for:contentType:)`` does.
    ///
    /// - Parameters:
    ///   - path: A pattern that ends in `/**`, whose rest names the file.
    ///   - folder: The folder, absolute or relative to the working directory; looked up at each request.
    @discardableResult
    public func files(
        _ path: String,
        from folder: String,
        fileID: String = #fileID,
        line: Int = #line
    ) -> Route {
        let lookup = FileLookup(folder: URL(fileURLWithPath: folder, isDirectory: true).path)
        return get(path, fileID: fileID, line: line) { request, context -> Response in
            switch await lookup.find(context.parameters.rest) {
            case .file(let path):
                let file = try await OpenFile.open(path, followsLink: false)
                return try await .file(file, for: request, contentType: FileType.of(path))
            case .folderWithoutSlash:
                return .redirect(to: FileLookup.withSlash(request.path, request.rawQuery), status: .permanentRedirect)
            case nil:
                throw HTTPError(.notFound)
            }
        }
    }
}
