// SPDX-License-Identifier: Apache-2.0

/// Answers a request.
public typealias Handler = @Sendable (Request, RequestContext) async throws -> Response

/// Answers a request without waiting for anything, or leaves it to the route's handler by returning `nil`.
package typealias ImmediateHandler = @Sendable (Request, RequestContext) throws -> Response?
