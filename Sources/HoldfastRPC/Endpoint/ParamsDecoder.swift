// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

/// Turns parameters and results into the application's types, as lenient as Kurento's servers are.
enum ParamsDecoder {
    private static let emptyObject: JSON = [:]

    /// Decodes parameters.
    ///
    /// A lone value is also found inside an object of one member or an array of one element: Kurento's Java client sends
    /// `{"value":5}` for `5`. Absent parameters read as `null`, or else as an empty object.
    /// - Throws: ``RPCError`` −32602.
    static func decode<Params: Decodable>(_ type: Params.Type, from params: JSON?) throws -> Params {
        do {
            return try lenientlyDecode(type, from: params ?? .null)
        } catch let error as DecodingError {
            if params?.isNull ?? true, let value = try? emptyObject.decode(as: type) { return value }
            throw RPCError.invalidParams.with(describe(error))
        }
    }

    /// Decodes a value, or the lone value inside it.
    static func lenientlyDecode<Value: Decodable>(_ type: Value.Type, from json: JSON) throws -> Value {
        do {
            return try json.decode(as: type)
        } catch {
            if let inner = json.loneValue, let value = try? inner.decode(as: type) { return value }
            throw error
        }
    }
}

extension JSON {
    /// The only member of an object or the only element of an array.
    fileprivate var loneValue: JSON? {
        switch kind {
        case .object:
            guard let members, members.count == 1 else { return nil }
            return members.first?.value
        case .array:
            guard let array, array.count == 1 else { return nil }
            return array.first
        default:
            return nil
        }
    }
}
