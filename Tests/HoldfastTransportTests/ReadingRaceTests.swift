// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Testing

/// A reader on another thread than its link, and messages so large that each stops the reading.
@Suite(.timeLimit(.minutes(1))) struct ReadingRaceTests {
    @Test func `Reading goes on, whenever a large message comes`() async throws {
        let pair = InMemoryPair()
        let large = Message(String(repeating: "x", count: 1 << 18))
        let count = 2000
        async let received = {
            var received = 0
            for try await _ in pair.server.messages {
                received += 1
                if received == count { break }
            }
            return received
        }()
        for _ in 0..<count { try await pair.client.send(large) }
        #expect(try await received == count)
    }
}
