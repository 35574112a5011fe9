// SPDX-License-Identifier: Apache-2.0
import Holdfast

/// The echo handler of Kurento's documentation.
final class EchoHandler: RPCHandler {
    func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
        if request.method.lowercased() == "echo" { try transaction.sendResponse(request.params) }
    }
}
