// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes

/// The values of a route's path parameters, decoded.
public struct Parameters: Sendable {
    /// The route that matched; it knows the names.
    package let route: CompiledRoute?
    private let values: [String]
    /// What `**` matched, raw: not decoded, with its slash at the start; empty for the bare prefix and for routes without `**`.
    public let rest: String

    /// No parameters.
    package init() {
        route = nil
        values = []
        rest = ""
    }

    init(route: CompiledRoute, values: [String] = [], rest: String = "") {
        self.route = route
        self.values = values
        self.rest = rest
    }

    /// The decoded value of the parameter `:name`; `nil` when the route has no such parameter.
    public func get(_ name: String) -> String? {
        guard let index = route?.parameterNames.firstIndex(of: name), index < values.count else { return nil }
        return values[index]
    }

    /// The value of the parameter `:name` as a number or another type; `nil` when absent or not of this type.
    public func get<Value: LosslessStringConvertible>(_ name: String, as type: Value.Type) -> Value? {
        get(name).flatMap(Value.init)
    }

    /// The decoded value of the parameter `:name`.
    ///
    /// - Throws: ``HTTPError`` 400 when the route has no such parameter.
    public func require(_ name: String) throws -> String {
        guard let value = get(name) else {
            throw HTTPError(.badRequest, message: "the path parameter “\(name)” is missing")
        }
        return value
    }

    /// The value of the parameter `:name` as a number or another type.
    ///
    /// - Throws: ``HTTPError`` 400 when it is absent or not of this type.
    public func require<Value: LosslessStringConvertible>(_ name: String, as type: Value.Type) throws -> Value {
        guard let value = Value(try require(name)) else {
            throw HTTPError(.badRequest, message: "the path parameter “\(name)” is not a valid \(type)")
        }
        return value
    }
}
