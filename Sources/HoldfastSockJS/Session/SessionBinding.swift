// SPDX-License-Identifier: Apache-2.0

/// Who a session's requests come from: the page's origin and the browser.
///
/// The session's id is chosen by the client, short, and part of URLs; this keeps a page of another origin from using one it
/// happens to know.
package struct SessionBinding: Sendable, Hashable {
    private var origin: String?
    private let browser: Int

    /// The binding of one request.
    package init(origin: String?, userAgent: String?) {
        self.origin = origin
        self.browser = userAgent?.hashValue ?? 0
    }

    /// Whether a later request fits.
    ///
    /// Browsers leave the origin out of some requests of the same page: `GET`s to its own site, and scripts. So a missing one
    /// fits, and the first that is there holds from then on.
    package mutating func admits(_ request: SessionBinding) -> Bool {
        guard browser == request.browser else { return false }
        guard let requested = request.origin else { return true }
        if origin == nil { origin = requested }
        return origin == requested
    }
}
