// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Testing

@testable import HoldfastRPC

/// The order of an outbox whose messages come back to it.
@Suite struct OutboxOrderTests {
    private func rest(_ outbox: inout Outbox) -> [String] {
        outbox.removeAll().map(\.text)
    }

    @Test func `A message that the connection refuses is the next one again`() {
        var outbox = Outbox()
        outbox.prepend(["1", "2", "3"])
        #expect(outbox.next()?.text == "1")
        outbox.refused("1", isCurrent: true)
        #expect(rest(&outbox) == ["1", "2", "3"])
    }

    @Test func `A message refused after another connection came stands behind what that one's predecessor gave back`() {
        var outbox = Outbox()
        outbox.prepend(["3", "4", "5"])
        #expect(outbox.next()?.text == "3")
        outbox.prepend(["1", "2"])
        outbox.prepend(["answer"])
        outbox.refused("3", isCurrent: false)
        #expect(rest(&outbox) == ["answer", "1", "2", "3", "4", "5"])
    }
}
