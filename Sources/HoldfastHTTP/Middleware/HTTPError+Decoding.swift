// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
internal import HoldfastTransport

extension HTTPError {
    /// A 400 that says where the request does not have the shape that the handler expects.
    package init(_ error: DecodingError) {
        self.init(.badRequest, message: describe(error))
    }
}
