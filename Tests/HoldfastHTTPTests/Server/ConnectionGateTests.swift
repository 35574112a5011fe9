// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing

@testable import HoldfastHTTP

/// Row 1: never more connections than there is room for.
@Suite struct ConnectionGateTests {
    /// A listener of a test.
    private final class Listener: Sendable {
        let gate: ConnectionGate
        let resumed = Atomic(0)

        init(_ gate: ConnectionGate) {
            self.gate = gate
        }

        func takePlace() -> Bool {
            shortage() == nil
        }

        func shortage() -> ConnectionGate.Shortage? {
            gate.takePlace(for: ObjectIdentifier(self)) { self.resumed.add(1, ordering: .relaxed) }
        }

        /// Accepts until there is no room, and returns how many that were.
        func acceptAll() -> Int {
            var count = 0
            while takePlace() {
                gate.opened()
                count += 1
            }
            return count
        }
    }

    /// Files of a process that a test opens and closes.
    private final class Files: Sendable {
        let limit: Atomic<Int>
        let others: Atomic<Int>
        let connections = Atomic(0)

        init(limit: Int, others: Int) {
            self.limit = Atomic(limit)
            self.others = Atomic(others)
        }

        var open: OpenFiles {
            OpenFiles(limit: { self.limit.load(ordering: .relaxed) }) {
                self.others.load(ordering: .relaxed) + self.connections.load(ordering: .relaxed)
            }
        }
    }

    /// The places taken, and the most there ever were.
    private final class Places: Sendable {
        let taken = Atomic(0)
        let most = Atomic(0)

        func take() {
            most.max(taken.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
        }

        func give() {
            taken.subtract(1, ordering: .relaxed)
        }
    }

    private func plenty(_ limit: Int) -> ConnectionGate {
        ConnectionGate(limit: limit, files: OpenFiles(limit: { 10_000 }, count: { 10 }))
    }

    @Test func `a listener that finds no place is told when there may be one`() {
        let gate = plenty(2)
        let listener = Listener(gate)
        #expect(listener.acceptAll() == 2)
        #expect(gate.count == 2)
        #expect(!listener.takePlace())
        #expect(listener.resumed.load(ordering: .relaxed) == 0)
        gate.closed()
        #expect(listener.resumed.load(ordering: .relaxed) == 1)
        #expect(listener.takePlace())
        gate.opened()
        gate.closed()
        #expect(listener.resumed.load(ordering: .relaxed) == 1)
    }

    @Test func `a place taken counts before its connection is there, and none is lost when it is not used`() {
        let gate = plenty(2)
        let (first, second, third) = (Listener(gate), Listener(gate), Listener(gate))
        #expect(first.takePlace() && second.takePlace())
        #expect(gate.count == 0)
        #expect(!third.takePlace())
        first.gate.returnPlace()
        #expect(third.resumed.load(ordering: .relaxed) == 1)
        #expect(third.takePlace())
        #expect(!first.takePlace())
    }

    @Test func `each listener keeps a place for itself`() {
        let gate = plenty(5)
        let (busy, quiet) = (Listener(gate), Listener(gate))
        #expect(quiet.takePlace())
        #expect(busy.acceptAll() == 4)
        gate.opened()
        #expect(gate.count == 5)
    }

    @Test func `many listeners at once never exceed the limit`() async {
        let gate = plenty(7)
        let places = Places()
        await withTaskGroup { tasks in
            for _ in 0..<8 {
                tasks.addTask { @concurrent in
                    let listener = Listener(gate)
                    for round in 0..<20_000 {
                        guard listener.takePlace() else { continue }
                        places.take()
                        if round % 3 == 0 {
                            places.give()
                            gate.returnPlace()
                        } else {
                            gate.opened()
                            places.give()
                            gate.closed()
                        }
                    }
                }
            }
        }
        #expect((1...7).contains(places.most.load(ordering: .relaxed)))
        #expect(gate.count == 0)
        #expect(Listener(gate).acceptAll() == 7)
    }

    // MARK: Descriptors

    @Test(arguments: [
        // 90 % of them; or 16 less than there are, after what else is open.
        (1000, 10, 900), (256, 20, 220), (256, 100, 140), (256, 224, 16), (256, 239, 1), (256, 240, 0), (256, 250, 0),
        (1_000_000, 50, 100_000), (20, 10, 0),
    ])
    func `connections leave a reserve of descriptors`(limit: Int, others: Int, expected: Int) {
        let files = Files(limit: limit, others: others)
        let gate = ConnectionGate(limit: nil, files: files.open)
        let listener = Listener(gate)
        var count = 0
        while count <= expected, listener.takePlace() {
            files.connections.add(1, ordering: .relaxed)
            gate.opened()
            count += 1
        }
        #expect(count == expected)
        #expect(listener.shortage() == (count + others < limit - 16 ? .connections : .openFiles))
    }

    @Test func `what else is opened meanwhile counts, and what is closed too`() {
        let files = Files(limit: 256, others: 20)
        let gate = ConnectionGate(limit: 1000, files: files.open)
        let listener = Listener(gate)
        func accept() -> Bool {
            guard listener.takePlace() else { return false }
            files.connections.add(1, ordering: .relaxed)
            gate.opened()
            return true
        }
        for _ in 0..<50 { #expect(accept()) }
        files.others.store(190, ordering: .relaxed)
        while accept() {}
        // Half of the reserve at most is gone before that is seen.
        #expect((50...58).contains(gate.count))
        files.others.store(100, ordering: .relaxed)
        while accept() {}
        #expect(gate.count == 140)
        files.limit.store(300, ordering: .relaxed)
        while accept() {}
        #expect(gate.count == 300 - 16 - 100)
    }

    @Test func `it tells when there is too little for every listener`() {
        #expect(plenty(2).shortage(listeners: 2) == nil)
        #expect(plenty(2).shortage(listeners: 3) == "the limit http.connections is 2, less than the 3 listeners")
        let few = ConnectionGate(limit: nil, files: OpenFiles(limit: { 40 }, count: { 22 }))
        #expect(few.shortage(listeners: 2) == nil)
        #expect(
            few.shortage(listeners: 3)
                == "the process may open 40 files, has 22 open and needs 19 more; raise the limit (ulimit -n)"
        )
    }

    @Test func `the last tenth of the places is pressure`() {
        let gate = plenty(20)
        let listener = Listener(gate)
        for _ in 0..<17 {
            #expect(listener.takePlace())
            gate.opened()
        }
        #expect(!gate.isUnderPressure)
        #expect(listener.takePlace())
        gate.opened()
        #expect(gate.isUnderPressure)
        gate.closed()
        #expect(!gate.isUnderPressure)

        let files = Files(limit: 256, others: 230)
        let scarce = ConnectionGate(limit: nil, files: files.open)
        let other = Listener(scarce)
        #expect(other.takePlace())
        files.connections.store(1, ordering: .relaxed)
        scarce.opened()
        #expect(!scarce.isUnderPressure)
        files.others.store(239, ordering: .relaxed)
        #expect(!other.takePlace())
        #expect(scarce.isUnderPressure)
    }

    @Test func `the process's own files are counted`() throws {
        let before = OpenFiles.process.count()
        #expect(before > 2)
        #expect(OpenFiles.process.limit() >= before)
    }
}
