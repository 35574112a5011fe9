// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
internal import HoldfastTransport
internal import Logging

/// Turns what handlers throw into responses.
package enum ErrorResponse {
    /// Makes the response to an error.
    ///
    /// An error that is ``ResponseConvertible``, as ``HTTPError`` is, makes its own. Any other is a bare 500 with a number that also
    /// stands in the log, beside what the client is not told.
    package static func make(for error: any Error, _ request: Request, _ context: RequestContext) -> Response {
        if let convertible = error as? any ResponseConvertible, let response = try? convertible.response() {
            return response
        }
        // Nobody waits for this any more, or the deadline has passed.
        if error is CancellationError { return HTTPError(.serviceUnavailable).response() }
        return unknown(error, request, context, number: RandomID.errorNumber())
    }

    private static func unknown(
        _ error: any Error,
        _ request: Request,
        _ context: RequestContext,
        number: String
    ) -> Response {
        context.logger.error(
            "a request failed",
            metadata: [
                "holdfast.error.number": "\(number)",
                "holdfast.error": "\(LogText.escaped(String(reflecting: error)))",
                "holdfast.method": "\(LogText.escaped(request.method.rawValue))",
                "holdfast.path": "\(LogText.path(request, context))",
            ]
        )
        return HTTPError(.internalServerError, message: "internal error \(number)").response()
    }
}
