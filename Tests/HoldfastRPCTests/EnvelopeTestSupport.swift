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
    var request: Request? { if case .request(let request) = self { request } else { nil } }
    var notification: Notification? { if case .notification(let notification) = self { notification } else { nil } }
    var response: Response? { if case .response(let response) = self { response } else { nil } }
    var batch: [Envelope]? { if case .batch(let elements) = self { elements } else { nil } }
    var invalid: Invalid? { if case .invalid(let invalid) = self { invalid } else { nil } }

    /// One line that says everything, for tables.
    var summary: String {
        switch self {
        case .request(let request):
            "request \(request.id) \(request.method) \(request.params?.text ?? "-") \(request.sessionID ?? "-")"
        case .notification(let notification):
            "notification \(notification.method) \(notification.params?.text ?? "-") \(notification.sessionID ?? "-")"
        case .response(let response):
            switch response.outcome {
            case .result(let result): "result \(response.id?.description ?? "-") \(result) \(response.sessionID ?? "-")"
            case .error(let error): "error \(response.id?.description ?? "-") \(error) \(response.sessionID ?? "-")"
            }
        case .batch(let elements):
            "[" + elements.map(\.summary).joined(separator: "; ") + "]"
        case .invalid(let invalid):
            "invalid \(invalid.code) \(invalid.id?.description ?? "null")\(invalid.isResponse ? " response" : "")"
        }
    }
}
