// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

/// What becomes of one request.
enum XHRNews: Sendable {
    case status(Int)
    case body(ByteBuffer)
    /// The answer is complete.
    case end
    /// The connection failed or ended before that.
    case lost(String)
}

/// One POST and who is told what becomes of it.
struct XHRRequest: Sendable {
    let head: HTTPRequestHead
    let body: ByteBuffer
    /// Whether another request may follow on its connection.
    let keepsConnection: Bool
    let report: @Sendable (XHRNews) -> Void

    init(
        target: String,
        authority: String,
        fields: HTTPFields,
        body: ByteBuffer,
        keepsConnection: Bool,
        report: @escaping @Sendable (XHRNews) -> Void
    ) {
        var headers = HTTPHeaders([("Host", authority)])
        for field in fields { headers.add(name: field.name.rawName, value: field.value) }
        headers.add(name: "Content-Type", value: "text/plain;charset=UTF-8")
        headers.add(name: "Content-Length", value: "\(body.readableBytes)")
        if !keepsConnection { headers.add(name: "Connection", value: "close") }
        head = HTTPRequestHead(version: .http1_1, method: .POST, uri: target, headers: headers)
        self.body = body
        self.keepsConnection = keepsConnection
        self.report = report
    }
}
