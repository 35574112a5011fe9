// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes

/// Names of request fields that browsers, proxies and our own clients send, so that materialising them allocates nothing.
enum KnownFieldNames {
    /// The known names by length.
    private static let byLength: [[(lowercased: [UInt8], name: HTTPField.Name)]] = {
        let names: [HTTPField.Name] = [
            .accept, .acceptEncoding, .acceptLanguage, .authorization, .cacheControl, .connection, .contentEncoding,
            .contentLength, .contentType, .cookie, .expect, .ifMatch, .ifModifiedSince, .ifNoneMatch, .ifRange,
            .ifUnmodifiedSince, .origin, .range, .referer, .secWebSocketExtensions, .secWebSocketKey,
            .secWebSocketProtocol, .secWebSocketVersion, .transferEncoding, .upgrade, .userAgent,
            .accessControlRequestHeaders, .accessControlRequestMethod,
        ]
        let others = [
            "Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "X-Request-ID",
            "Forwarded", "DNT", "Priority", "Pragma", "Upgrade-Insecure-Requests", "Sec-Fetch-Dest", "Sec-Fetch-Mode",
            "Sec-Fetch-Site", "Sec-Fetch-User", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform",
        ].compactMap { HTTPField.Name($0) }
        let all = names + others
        let longest = all.map { $0.canonicalName.utf8.count }.max() ?? 0
        var table: [[(lowercased: [UInt8], name: HTTPField.Name)]] = Array(repeating: [], count: longest + 1)
        for name in all {
            let lowercased = Array(name.canonicalName.utf8)
            table[lowercased.count].append((lowercased, name))
        }
        return table
    }()

    /// The known name in `base[start..<start + length]`, ignoring case.
    static func name(_ base: UnsafeRawPointer, _ start: Int, _ length: Int) -> HTTPField.Name? {
        guard length < byLength.count else { return nil }
        for candidate in byLength[length] {
            var index = 0
            while index < length,
                ByteScan.lowercased(ByteScan.byte(base, start &+ index)) == candidate.lowercased[index]
            {
                index &+= 1
            }
            if index == length { return candidate.name }
        }
        return nil
    }
}
