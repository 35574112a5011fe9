// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Testing

/// What a connection does before the others of its loop are looked at.
@Suite struct TurnTests {
    /// How much is done in a turn, and how often the clock is read, when each piece takes as long as `time` says.
    private func turn(_ time: (Int) -> Duration) -> (done: Int, looks: Int) {
        var turn = Turn()
        var now = Duration.seconds(100)
        var looks = 0
        var done = 0
        turn.begin(now)
        while true {
            if turn.isLookDue {
                looks += 1
                guard turn.hasRoom(now) else { break }
            }
            turn.spend()
            now += time(done)
            done += 1
        }
        return (done, looks)
    }

    @Test func `quick pieces are counted, and the clock is seldom read`() {
        let (done, looks) = turn { _ in .microseconds(2) }
        #expect(done == 256)
        #expect(looks <= 33)
    }

    @Test(arguments: [(1, 5), (2, 3), (3, 2), (5, 1), (1000, 1)])
    func `slow pieces end the turn after five milliseconds`(milliseconds: Int, expected: Int) {
        #expect(turn { _ in .milliseconds(milliseconds) }.done == expected)
    }

    @Test func `pieces that become slow are few`() {
        // The last look may have been just before.
        let (done, _) = turn { $0 < 100 ? .microseconds(2) : .milliseconds(3) }
        #expect((100...108).contains(done))
    }

    @Test func `one piece needs no clock`() {
        var turn = Turn()
        turn.begin(.zero)
        #expect(!turn.isLookDue)
    }

    @Test func `a new turn begins anew`() {
        var turn = Turn()
        turn.begin(.zero)
        turn.spend()
        #expect(turn.isLookDue)
        let hasRoom = turn.hasRoom(.milliseconds(5))
        #expect(!hasRoom)
        turn.begin(.milliseconds(5))
        turn.spend()
        let hasRoomAgain = turn.hasRoom(.milliseconds(9))
        #expect(hasRoomAgain)
    }
}
