// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// What all sessions of the process keep for their clients.
enum Outboxes {
    static let bytes = Atomic<Int>(0)
}
