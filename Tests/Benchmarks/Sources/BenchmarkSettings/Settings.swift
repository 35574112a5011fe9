// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How a peer runs, from the same variables as the servers that it is compared with.
package enum Settings {
    package static let host = environment["HOLDFAST_HOST"] ?? "127.0.0.1"
    package static let port = environment["HOLDFAST_PORT"].flatMap(Int.init) ?? 8082
    package static let threads = environment["HOLDFAST_THREADS"].flatMap(Int.init) ?? 1
    package static let batches = environment["BATCHES"] != nil

    private static var environment: [String: String] { ProcessInfo.processInfo.environment }
}
