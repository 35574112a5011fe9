// SPDX-License-Identifier: Apache-2.0
import Holdfast

/// The echo handler of Kurento's documentation, which takes a JSON object.
final class EchoHandler: RPCHandler {
    func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
        guard request.params.isNull || request.params.kind == .object else { throw RPCError.invalidParams }
        if request.method.lowercased() == "echo" { try transaction.sendResponse(request.params) }
    }
}
