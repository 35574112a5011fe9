// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport

/// Turns parameters and results into the application's types, as lenient as Kurento's servers are.
package enum ParamsDecoder {
    private static let emptyObject: JSON = [:]

    /// Decodes parameters.
    ///
    /// A lone value is also found inside an object of one member or an array of one element: Kurento's Java client sends
    /// `{"value":5}` for `5`. Absent parameters read as `null`, or else as an empty object.
    ///
    /// - Parameter positions: The names of parameters given by position (JSON-RPC 2.0 §4.2), if the method has any: an array is
    ///   then read as the object of these members, or else as it is.
    /// - Throws: ``RPCError`` −32602.
    package static func decode<Params: Decodable>(
        _ type: Params.Type,
        from params: JSON?,
        positions: [String] = []
    ) throws -> Params {
        do {
            guard let named = try params?.named(positions) else {
                return try lenientlyDecode(type, from: params ?? .null)
            }
            do {
                return try named.decode(as: type)
            } catch {
                // An array that holds the object of parameters, or is what the type is made of.
                guard let params, let value = try? lenientlyDecode(type, from: params) else { throw error }
                return value
            }
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
    /// The elements as members of these names; nil if there are no names or this is no array.
    ///
    /// - Throws: ``RPCError`` −32602 for more elements than names.
    fileprivate func named(_ names: [String]) throws(RPCError) -> JSON? {
        guard !names.isEmpty, let array else { return nil }
        guard array.count <= names.count else {
            throw RPCError.invalidParams.with("\(array.count) parameters, expected \(names.count) at most")
        }
        return JSON(members: zip(names, array).map { (key: $0, value: $1) })
    }

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
