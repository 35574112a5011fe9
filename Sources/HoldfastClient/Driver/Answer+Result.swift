// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

extension ClientMachine.Answer {
    /// The result as the server's method returned it, as far as that can be told.
    ///
    /// On the wire `{"value":5,"sessionId":…}` may stand for `5` and for `{"value":5}`; it is read as the former. An object with
    /// nothing but a session id stands for no result.
    var unwrapped: JSON {
        guard hadSessionID, let members = result.members else { return result }
        if members.isEmpty { return .null }
        if members.count == 1, members[0].key == "value" { return members[0].value }
        return result
    }

    /// Decodes whichever reading of the result fits the type.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let unwrapped = unwrapped
        do {
            return try unwrapped.decode(as: type)
        } catch let error as DecodingError {
            if unwrapped != result, let value = try? result.decode(as: type) { return value }
            throw RPCClientError(.invalidResult, describe(error))
        }
    }
}
