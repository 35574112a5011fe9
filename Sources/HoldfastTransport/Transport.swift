// SPDX-License-Identifier: Apache-2.0

/// What carries a connection's messages.
public struct Transport: Sendable, Hashable, CustomStringConvertible {
    /// The name as SockJS clients know it.
    public let name: String

    private init(_ name: String) {
        self.name = name
    }

    /// A WebSocket, native or in SockJS framing.
    public static let webSocket = Transport("websocket")
    /// SockJS's `xhr_streaming`: one long response carries the messages down, posts carry them up.
    public static let xhrStreaming = Transport("xhr-streaming")
    /// SockJS's `xhr`: a response for each poll.
    public static let xhrPolling = Transport("xhr-polling")
    /// SockJS's `eventsource`: server-sent events.
    public static let eventSource = Transport("eventsource")
    /// SockJS's `htmlfile`: script blocks in an endless page.
    public static let htmlFile = Transport("htmlfile")
    /// SockJS's `jsonp`: a script for each poll.
    public static let jsonpPolling = Transport("jsonp-polling")
    /// One HTTP request and its response.
    public static let http = Transport("http")
    /// Two ends in one process.
    public static let inMemory = Transport("in-memory")

    /// The transport's name.
    public var description: String { name }
}
