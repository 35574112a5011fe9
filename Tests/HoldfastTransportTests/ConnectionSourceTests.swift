// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Testing

/// What a connection takes its messages from.
@Suite struct ConnectionSourceTests {
    private final class Source: MessageSource {
        let connection: MessageConnection

        init(_ connection: MessageConnection) { self.connection = connection }

        func takeMessage() -> Message? { nil }
    }

    @Test func `A source that knows its connection is let go, whenever the connection closes`() {
        weak var added: Source?
        weak var addedLate: Source?
        weak var connection: MessageConnection?
        do {
            let pair = InMemoryPair()
            connection = pair.server
            let source = Source(pair.server)
            added = source
            pair.server.add(source)
            pair.cut()
            let late = Source(pair.server)
            addedLate = late
            pair.server.add(late)
        }
        #expect(added == nil)
        #expect(addedLate == nil)
        #expect(connection == nil)
    }
}
