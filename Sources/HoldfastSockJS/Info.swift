// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
package import NIOCore

/// What a client asks first: which transports there are, and how fast the answer comes.
package enum Info {
    /// The JSON of one answer.
    ///
    /// - Parameter entropy: Unpredictable, new for each answer.
    package static func body(_ options: SockJSOptions, entropy: UInt32) -> ByteBuffer {
        var body = ByteBuffer(
            string: #"{"websocket":\#(options.webSocket),"origins":["*:*"],"cookie_needed":\#(options.cookieNeeded),"#
                + #""entropy":\#(entropy)"#
        )
        if let baseURL = options.baseURL {
            body.writeStaticString(#","base_url":"#)
            body.writeJSONString(baseURL)
        }
        body.writeStaticString("}")
        return body
    }
}
