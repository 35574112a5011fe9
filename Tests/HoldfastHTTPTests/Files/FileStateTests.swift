// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HoldfastHTTP

@Suite struct FileStateTests {
    private let state = FileState(
        kind: .file,
        size: 5,
        inode: 7,
        modified: .init(seconds: 100, nanoseconds: 1),
        changed: .init(seconds: 200, nanoseconds: 2),
        age: .seconds(60)
    )

    @Test func `the tag is another one as soon as anything that tells of the content is`() {
        let changes: [(inout FileState) -> Void] = [
            { $0.size = 6 }, { $0.inode = 8 }, { $0.modified.nanoseconds = 2 }, { $0.modified.seconds = 101 },
            { $0.changed.nanoseconds = 3 }, { $0.changed.seconds = 201 }, { $0.size = 57 },
            { $0.modified.seconds = -100 },
        ]
        var tags = [state.entityTag]
        for change in changes {
            var other = state
            change(&other)
            tags.append(other.entityTag)
        }
        #expect(Set(tags).count == tags.count)
        #expect(tags.allSatisfy { !$0.isWeak })
    }

    @Test(arguments: [
        (2, Duration.milliseconds(20), false), (2, .milliseconds(19), true), (2, .zero, true), (2, .seconds(-60), true),
        (0, .seconds(2), false), (0, .milliseconds(1999), true),
    ])
    func `the tag is weak while the next change might bear the same time`(
        nanoseconds: Int64,
        age: Duration,
        isWeak: Bool
    ) {
        var state = state
        state.changed.nanoseconds = nanoseconds
        state.age = age
        #expect(state.entityTag.isWeak == isWeak)
        #expect(state.entityTag.opaque.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
    }
}
