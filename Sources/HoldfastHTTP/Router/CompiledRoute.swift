// SPDX-License-Identifier: Apache-2.0

/// A route ready to be called: its handler with all middleware before it.
package final class CompiledRoute: Sendable {
    /// The pattern with the prefixes of its groups; nil for the answers to paths and methods that have no route.
    package let pattern: PathPattern?
    package let options: RouteOptions
    /// The middleware and the handler, in one.
    package let handler: Handler
    /// Tried before the handler, when nothing stands in the way.
    package let immediate: ImmediateHandler?
    let parameterNames: [String]

    init(
        pattern: PathPattern?,
        options: RouteOptions,
        handler: @escaping Handler,
        immediate: ImmediateHandler? = nil
    ) {
        self.pattern = pattern
        self.options = options
        self.handler = handler
        self.immediate = immediate
        parameterNames = pattern?.parameterNames ?? []
    }

    /// Takes the parameters out of a path that this route matches.
    ///
    /// - Returns: nil when one of them does not decode.
    func parameters(_ path: borrowing RawSpan) -> Parameters? {
        guard let pattern, !parameterNames.isEmpty || pattern.matchesRest else { return Parameters(route: self) }
        var values: [String] = []
        values.reserveCapacity(parameterNames.count)
        var position = 0
        for segment in pattern.segments {
            let start = position + 1
            position = path.segment(from: start).end
            guard case .parameter = segment else { continue }
            guard let value = PercentDecoding.decode(path, start..<position) else { return nil }
            values.append(value)
        }
        guard pattern.matchesRest else { return Parameters(route: self, values: values) }
        let rest = path.extracting(min(position, path.byteCount)..<path.byteCount)
        return Parameters(
            route: self,
            values: values,
            rest: rest.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        )
    }
}
