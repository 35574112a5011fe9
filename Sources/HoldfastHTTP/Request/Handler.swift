// SPDX-License-Identifier: Apache-2.0

/// Answers a request.
public typealias Handler = @Sendable (Request, RequestContext) async throws -> Response
