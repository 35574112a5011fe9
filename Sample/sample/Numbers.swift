// SPDX-License-Identifier: Apache-2.0
import Holdfast

/// A numbered message of either side.
struct Number: Codable, Sendable {
    var number: Int
    /// In the server's messages: how many of the page's have come.
    var received: Int?
}

/// `count` sends the client a hundred numbered messages while the client sends its own, as `number`; `numbers` tells which of those
/// have come.
func addNumbers(to rpc: RPCEndpoint) {
    rpc.method("count", .concurrent) { call in
        let session = call.session
        session.attributes["numbers"] = [Int]()
        for number in 1...100 {
            try await Task.sleep(for: .milliseconds(20))
            let received = session.attributes["numbers", as: [Int].self]?.count
            try await session.notify("number", Number(number: number, received: received))
        }
    }
    rpc.method("number") { (message: Number, call) in
        call.session.attributes.withLock { attributes in
            let numbers = attributes["numbers"] as? [Int] ?? []
            attributes["numbers"] = Array(numbers.suffix(999)) + [message.number]
        }
    }
    rpc.method("numbers") { call in call.session.attributes["numbers", as: [Int].self] ?? [] }
}
