// SPDX-License-Identifier: Apache-2.0
internal import Foundation
package import HTTPTypes

extension Request {
    /// What the request's conditions make of an answer that would be 2xx (RFC 9110 §13.2.2).
    ///
    /// - Parameters:
    ///   - tag: The tag of what the answer would carry.
    ///   - modified: When that was last modified, in seconds since 1970; `nil` when nobody knows.
    /// - Returns: 304 or 412, to be sent instead; `nil` when the answer may go out.
    package func precondition(tag: EntityTag, modified: Int64? = nil) -> HTTPResponse.Status? {
        switch method {
        // They neither select nor change anything (§13.2.1).
        case .options, .trace, .connect: return nil
        default: break
        }
        if let tags = self[.ifMatch] {
            guard Self.names(tags, where: tag.isStrongly) else { return .preconditionFailed }
        } else if let modified, let since = date(.ifUnmodifiedSince) {
            guard modified <= since else { return .preconditionFailed }
        }
        let isRead = method == .get || method == .head
        if let tags = self[.ifNoneMatch] {
            guard Self.names(tags, where: tag.isWeakly) else { return nil }
            return isRead ? .notModified : .preconditionFailed
        }
        if isRead, let modified, let since = date(.ifModifiedSince), modified <= since { return .notModified }
        return nil
    }

    /// Whether a list of tags is `*` or has one that `matches`.
    private static func names(_ tags: String, where matches: (EntityTag) -> Bool) -> Bool {
        tags == "*" || EntityTag.list(tags).contains(where: matches)
    }

    /// The value of a date field; `nil` when it is absent, or no date and thus to be ignored.
    private func date(_ name: HTTPField.Name) -> Int64? {
        self[name].flatMap { HTTPDate.parse($0, now: Int64(Date().timeIntervalSince1970)) }
    }
}
