// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastHTTP

extension Application {
    /// Adds `/health/live`, which answers 200 while the process serves, and `/health/ready`, which turns to 503 when it drains.
    ///
    /// - Parameter prefix: Where the two routes go.
    public func health(at prefix: String = "/health") {
        let readiness = readiness
        get("\(prefix)/live") { _, _ in "alive\n" }
        get("\(prefix)/ready") { _, _ -> Response in
            readiness.isReady ? .text("ready\n") : .text("shutting down\n", status: .serviceUnavailable)
        }
    }
}
