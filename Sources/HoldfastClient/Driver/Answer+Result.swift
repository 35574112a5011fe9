// SPDX-License-Identifier: Apache-2.0
internal import HoldfastRPC
internal import HoldfastTransport

extension ClientMachine.Answer {
    /// Takes a result from Kurento's wire.
    ///
    /// There `{"value":5,"sessionId":…}` may stand for `5` and for `{"value":5}`; it is read as the former. An object with nothing
    /// but a session id stands for no result.
    init(_ value: CarriedValue) {
        guard value.sessionID != nil else {
            self.init(result: value.json)
            return
        }
        let stripped = value.withoutSessionID
        let unwrapped = value.unwrapped
        let result: JSON = unwrapped.members?.isEmpty == true ? .null : unwrapped
        self.init(result: result, alternative: result == stripped ? nil : stripped)
    }

    /// Decodes whichever reading of the result fits the type.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do {
            return try result.decode(as: type)
        } catch let error as DecodingError {
            if let value = try? alternative?.decode(as: type) { return value }
            throw RPCClientError(.invalidResult, describe(error))
        }
    }
}
