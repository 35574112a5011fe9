// SPDX-License-Identifier: Apache-2.0

extension Limits {
    /// Bounds of connections and HTTP/1.1 requests.
    public struct HTTP: Sendable, Hashable {
        /// The longest request line in bytes, default 8 KiB; beyond: 414.
        public var requestLine = 8 << 10
        /// The longest header field in bytes, name and value, default 8 KiB; beyond: 431.
        public var field = 8 << 10
        /// The largest request head in bytes, default 32 KiB; beyond: 431.
        public var head = 32 << 10
        /// The most header fields of a request, default 100; beyond: 431.
        public var fieldCount = 100
        /// The largest request body in bytes, default 1 MiB, a route may differ; beyond: 413.
        public var body = 1 << 20
        /// Chunk extensions and trailers together in bytes, default 16 KiB; beyond: 400.
        public var chunkOverhead = 16 << 10
        /// What a chunked body may take on the wire beyond twice its limit, in bytes, default 64 KiB; beyond: 400.
        public var wireAllowance = 64 << 10
        /// Empty lines before a request line, default 5; beyond: 400.
        public var emptyLines = 5
        /// The time for a request head to arrive, from accept or the first byte of a further request, default 10 s; beyond: 408.
        public var headTimeout = Duration.seconds(10) { didSet { headTimeout = headTimeout.bounded } }
        /// The time before a body's rate is judged, default 5 s.
        public var bodyGrace = Duration.seconds(5) { didSet { bodyGrace = bodyGrace.bounded } }
        /// The least average rate of a body in bytes a second after the grace, default 512; below: 408.
        public var bodyRate = 512
        /// The time for a whole body unless the route streams, default 60 s; beyond: 408.
        public var bodyTimeout = Duration.seconds(60) { didSet { bodyTimeout = bodyTimeout.bounded } }
        /// Bytes of further requests that wait while one is answered, default 64 KiB; beyond, reading stops.
        public var pipelined = 64 << 10
        /// The time an idle connection is kept, default 60 s; then it is closed.
        public var keepAlive = Duration.seconds(60) { didSet { keepAlive = keepAlive.bounded } }
        /// The same while 90 % of the connections that there is room for are open, default 5 s, also for those idle by then.
        public var keepAliveUnderPressure = Duration.seconds(5) {
            didSet { keepAliveUnderPressure = keepAliveUnderPressure.bounded }
        }
        /// The most requests of a connection; default none.
        ///
        /// The last one is answered `Connection: close`.
        public var requestsPerConnection: Int? = nil
        /// The time a handler has to answer, default 30 s; beyond: it is cancelled and the client gets 503.
        public var handlerTimeout = Duration.seconds(30) { didSet { handlerTimeout = handlerTimeout.bounded } }
        /// The time without progress of a response the client does not read, default 30 s; then the connection is reset.
        public var writeTimeout = Duration.seconds(30) { didSet { writeTimeout = writeTimeout.bounded } }
        /// Bytes of a response stream that wait for the client, default 256 KiB; beyond, the writer waits.
        public var responseBuffer = 256 << 10
        /// The time a TLS handshake may take, default 10 s; then the connection is closed.
        public var handshakeTimeout = Duration.seconds(10) { didSet { handshakeTimeout = handshakeTimeout.bounded } }
        /// The most open connections, over all listeners; default 90 % of the files the process may open, at most 100,000.
        ///
        /// Beyond, connections wait to be accepted, as they do while the process could open no more than 16 further files. A listener
        /// keeps a place for its own next connection, so that the others cannot shut it out.
        public var connections: Int? = nil
        /// The largest ratio of a decompressed request body to its compressed size, default 100; beyond: 413.
        public var decompressionRatio = 100

        /// The defaults.
        public init() {}

        func validate() throws {
            try requirePositive(
                "http",
                ("requestLine", requestLine, zero: 0),
                ("field", field, zero: 0),
                ("head", head, zero: 0),
                ("fieldCount", fieldCount, zero: 0),
                ("body", body, zero: -1),
                ("chunkOverhead", chunkOverhead, zero: 0),
                ("wireAllowance", wireAllowance, zero: 0),
                ("emptyLines", emptyLines, zero: -1),
                ("headTimeout", headTimeout, zero: .zero),
                ("bodyGrace", bodyGrace, zero: .zero),
                ("bodyRate", bodyRate, zero: -1),
                ("bodyTimeout", bodyTimeout, zero: .zero),
                ("pipelined", pipelined, zero: 0),
                ("keepAlive", keepAlive, zero: .zero),
                ("keepAliveUnderPressure", keepAliveUnderPressure, zero: .zero),
                ("requestsPerConnection", requestsPerConnection ?? 1, zero: 0),
                ("handlerTimeout", handlerTimeout, zero: .zero),
                ("writeTimeout", writeTimeout, zero: .zero),
                ("responseBuffer", responseBuffer, zero: 0),
                ("handshakeTimeout", handshakeTimeout, zero: .zero),
                ("connections", connections ?? 1, zero: 0),
                ("decompressionRatio", decompressionRatio, zero: 0)
            )
        }
    }
}
