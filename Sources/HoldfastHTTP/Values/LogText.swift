// SPDX-License-Identifier: Apache-2.0

/// Text from clients made fit for a log line: nothing in it can end the line, imitate another or steer a terminal.
package enum LogText {
    /// The text with control characters, line separators and directional marks written as escapes.
    package static func escaped(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isUnsafe(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A request's path as it may be logged: at most 1,024 bytes, escaped, without the secrets its route knows about.
    package static func path(_ request: Request, _ context: RequestContext) -> String {
        path(request.path, context.parameters)
    }

    /// The same of a request that has only been routed.
    package static func path(_ path: String, _ parameters: Parameters) -> String {
        let path = parameters.route?.options.loggedPath.map { $0(path, parameters.rest) } ?? path
        let shown = path.utf8.count > maxPath ? String(decoding: path.utf8.prefix(maxPath), as: UTF8.self) + "…" : path
        return escaped(shown)
    }

    /// A secret as it may be logged: the first six characters.
    package static func redacted(_ secret: some StringProtocol) -> String {
        secret.count > 6 ? secret.prefix(6) + "…" : "…"
    }

    private static let maxPath = 1024

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: true
        default: false
        }
    }
}
