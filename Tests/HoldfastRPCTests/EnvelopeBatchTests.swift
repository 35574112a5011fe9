// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastRPC

@Suite("Batches")
struct EnvelopeBatchTests {
    @Test("Each element is judged for itself")
    func judgesElements() {
        let text =
            #"[{"id":1,"method":"a"}, {"method":"b","params":{"sessionId":"S"}} ,1,[],{"id":2,"result":3},{"id":1.5,"method":"c"},{}]"#
        #expect(
            scan(text).summary
                == "[request 1 a - -; notification b {} S; invalid -32600 null; invalid -32600 null; result 2 3 -; "
                + "request 1.5 c - -; invalid -32600 null]"
        )
        #expect(scan(#" [ {"id":1,"method":"a"} ] "#).batch?.count == 1)
    }

    @Test("An empty batch is one −32600", arguments: ["[]", " [ ] ", "[\n]"])
    func refusesEmpty(text: String) {
        #expect(scan(text).summary == "invalid -32600 null")
    }

    @Test("A batch has at most 50 elements, or what is configured")
    func limitsElements() {
        func batch(_ count: Int) -> String {
            "[" + repeatElement(#"{"method":"m"}"#, count: count).joined(separator: ",") + "]"
        }
        #expect(scan(batch(49)).batch?.count == 49)
        #expect(scan(batch(50)).batch?.count == 50)
        #expect(scan(batch(51)).summary == "invalid -32600 null")
        #expect(scan(batch(1), batchLimit: 2).batch?.count == 1)
        #expect(scan(batch(2), batchLimit: 2).batch?.count == 2)
        #expect(scan(batch(3), batchLimit: 2).summary == "invalid -32600 null")
    }

    @Test("One element that is not JSON spoils the whole batch")
    func refusesBrokenElements() {
        for text in [
            #"[{"method":"m"},]"#, #"[{"method":"m"} {"method":"m"}]"#, #"[{"method":"m"},{"method"]"#,
            #"[{"method":"m"}"#, "[1,2",
        ] {
            #expect(scan(text).summary == "invalid -32700 null")
        }
    }

    @Test("Elements may be answers only")
    func acceptsAnswers() {
        #expect(
            scan(#"[{"id":1,"result":1},{"id":2,"error":{"code":1}}]"#).summary
                == #"[result 1 1 -; error 2 {"code":1} -]"#
        )
    }
}
