// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
package import HoldfastTransport

extension Request {
    /// Whether a policy admits the page that made this request.
    package func isFrom(_ policy: OriginPolicy) -> Bool {
        policy.allows(origins: head.values(.origin), host: head.host, isSecure: isSecure)
    }

    /// Whether the client wants to speak WebSocket here.
    package var asksForWebSocket: Bool { head.contains(token: "websocket", in: .upgrade) }
}
