// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastRPC

/// Scans a text under the default limits.
func scan(_ text: String, depthLimit: Int = 64, batchLimit: Int = 50) -> Envelope {
    EnvelopeScanner(depthLimit: depthLimit, batchLimit: batchLimit).scan(ByteBuffer(string: text))
}

extension Envelope {
    var call: Call? { if case .call(let call) = self { call } else { nil } }
    var request: Call? { call.flatMap { $0.id == nil ? nil : $0 } }
    var notification: Call? { call.flatMap { $0.id == nil ? $0 : nil } }
    var response: Response? { if case .response(let response) = self { response } else { nil } }
    var batch: [Envelope]? { if case .batch(let elements) = self { elements } else { nil } }
    var invalid: Invalid? { if case .invalid(let invalid) = self { invalid } else { nil } }

    /// One line that says everything, for tables.
    var summary: String {
        switch self {
        case .call(let call):
            (call.id.map { "request \($0)" } ?? "notification") + " \(call.method) \(call.params?.summary ?? "- -")"
        case .response(let response):
            switch response.outcome {
            case .result(let result): "result \(response.id?.description ?? "-") \(result.summary)"
            case .error(let error): "error \(response.id?.description ?? "-") \(error) -"
            }
        case .batch(let elements):
            "[" + elements.map(\.summary).joined(separator: "; ") + "]"
        case .invalid(let invalid):
            "invalid \(invalid.code) \(invalid.id?.description ?? "null")\(invalid.isResponse ? " response" : "")"
        }
    }
}

extension CarriedValue {
    /// The value without its session id, if it has one, and the session id.
    fileprivate var summary: String { sessionID.map { "\(withoutSessionID) \($0)" } ?? "\(json) -" }
}
