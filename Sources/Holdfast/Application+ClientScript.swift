// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastHTTP
import HoldfastJS

extension Application {
    /// Serves the JavaScript client: the ES module under a path that ends in `.mjs`, else the classic script (`window.Holdfast`);
    /// minified under one that ends in `.min.mjs` or `.min.js`.
    ///
    /// Browsers keep the script and ask again with its `ETag`; an unchanged one is answered 304. Pages of every origin may load it,
    /// also as a module, with `integrity` or from a sandboxed frame: it holds nothing but the client. Who may connect is up to the
    /// endpoint.
    ///
    /// - Parameter path: Where pages find it.
    public func rpcClientScript(_ path: String = "/holdfast.js") {
        asset(
            path,
            clientScript(for: path),
            contentType: "text/javascript; charset=utf-8",
            fields: [.accessControlAllowOrigin: "*", .crossOriginResourcePolicy: "cross-origin"]
        )
    }

    private func clientScript(for path: String) -> [UInt8] {
        if path.hasSuffix(".min.mjs") { return ClientScript.minifiedModule }
        if path.hasSuffix(".min.js") { return ClientScript.minifiedClassic }
        return path.hasSuffix(".mjs") ? ClientScript.module : ClientScript.classic
    }

    /// Serves bytes that are part of the program, with an `ETag`.
    ///
    /// - Parameters:
    ///   - path: Where they are.
    ///   - bytes: The content.
    ///   - contentType: Its media type.
    public func asset(_ path: String, _ bytes: [UInt8], contentType: String) {
        asset(path, bytes, contentType: contentType, fields: [:])
    }

    private func asset(_ path: String, _ bytes: [UInt8], contentType: String, fields more: HTTPFields) {
        let tag = EntityTag(String(fnv1a(bytes), radix: 16))
        let body = ResponseBody.bytes(bytes, contentType: contentType)
        var fields: HTTPFields = [.eTag: tag.description, .cacheControl: "no-cache", .xContentTypeOptions: "nosniff"]
        fields.append(contentsOf: more)
        get(path) { [fields] request, _ -> Response in
            switch request.precondition(tag: tag) {
            case .notModified: return Response(.notModified, fields: fields)
            case let status?: throw HTTPError(status)
            case nil: return Response(fields: fields, body: body)
            }
        }
    }

    /// The 64-bit FNV-1a hash: enough to tell one build's content from the next.
    private func fnv1a(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
