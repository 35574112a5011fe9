// SPDX-License-Identifier: Apache-2.0
import Foundation
import Logging
import Synchronization

@testable import Holdfast

/// The files in `Fixtures/certificates`.
enum Certificates {
    private static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/certificates/\(name)").standardized.path(percentEncoded: false)
    }

    static let folder = path("")
    static let certificate = path("localhost.pem")
    static let key = path("localhost.key")
    static let otherKey = path("other.key")
}

/// An application that logs nothing, on any port unless told otherwise.
func makeApplication(_ listeners: [Listener] = [.tcp("127.0.0.1", port: 0)]) -> Application {
    Application(
        configuration: ApplicationConfiguration(
            listeners: listeners,
            threads: 1,
            shutdownTimeout: .seconds(20),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    )
}

/// A path for a Unix socket that nothing else uses.
func makeSocketPath() -> String {
    FileManager.default.temporaryDirectory.appending(path: "holdfast-\(UUID().uuidString.prefix(8)).sock")
        .path(percentEncoded: false)
}

/// Lets through once it has been opened, and tells when somebody waits.
final class Gate: Sendable {
    private let opening = AsyncStream.makeStream(of: Void.self)
    private let arrivals = AsyncStream.makeStream(of: Void.self)

    /// Waits; called by a handler, one at a time.
    func wait() async {
        arrivals.continuation.yield()
        for await _ in opening.stream { return }
    }

    /// Waits until a handler waits.
    func arrival() async {
        for await _ in arrivals.stream { return }
    }

    func open() {
        opening.continuation.finish()
    }
}
