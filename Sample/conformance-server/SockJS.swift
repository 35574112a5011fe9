// SPDX-License-Identifier: Apache-2.0
import Holdfast

/// The services that the SockJS suites expect (sockjs-protocol, sockjs-client), open to every page and with every transport.
func addSockJSServices(to app: Application) {
    var open = SockJSOptions()
    open.allowedOrigins = .any
    open.jsonp = true
    open.htmlFile = true
    open.iframe = true

    var echo = open
    echo.streamLimit = 4096
    app.sockJS("/echo", options: echo, handler: echoMessages)

    var withoutWebSocket = open
    withoutWebSocket.webSocket = false
    app.sockJS("/disabled_websocket_echo", options: withoutWebSocket, handler: echoMessages)

    var withCookie = open
    withCookie.cookieNeeded = true
    app.sockJS("/cookie_needed_echo", options: withCookie, handler: echoMessages)

    var lively = open
    lively.heartbeat = .seconds(1)
    app.sockJS("/heartbeat_echo", options: lively, handler: echoMessages)

    app.sockJS("/close", options: open) { connection in
        connection.close(.goAway, reason: "Go away!")
    }

    app.sockJS("/amplify", options: open) { connection in
        for try await message in connection.messages {
            let power = Int(message.text).flatMap { (1...18).contains($0) ? $0 : nil } ?? 1
            try await connection.send(String(repeating: "x", count: 1 << power))
        }
    }
}

@Sendable
private func echoMessages(_ connection: MessageConnection) async throws {
    for try await message in connection.messages { try await connection.send(message) }
}
