// SPDX-License-Identifier: Apache-2.0
package import HTTPTypes

/// Finds the route of a method and a path: a tree of segments in flat arrays.
///
/// Where several routes match, the one that is more specific at the first segment in which they differ wins: a literal before
/// `:name`, that before `*`, and that before `**`. A route that does not have the method never hides one that does.
package struct RouteTable: Sendable {
    private struct Node {
        var parameterChild = -1
        var wildcardChild = -1
        /// The methods of the path that ends here.
        var endpoint = -1
        /// The methods of the path that has `**` here.
        var restEndpoint = -1
    }

    /// What a table says about a method and a path.
    package enum Match: Sendable, Hashable {
        /// The number of the route.
        case found(Int)
        /// The path exists with other methods: a route of it, and the methods.
        case otherMethods(route: Int, allow: [HTTPRequest.Method])
        case notFound
    }

    /// Two routes that answer the same requests.
    package struct Conflict: Error, Hashable {
        /// The number of the route that was there first.
        package var existing: Int
    }

    private var nodes = [Node()]
    private var endpoints: [RouteEndpoint] = []
    private var edges: [(owner: Int, key: String, value: Int)] = []
    private var literalPaths: [(owner: Int, key: String, value: Int)] = []
    private var edgeTable = ByteTable([])
    /// Whole paths without parameters, the usual case, take one step.
    private var literalTable = ByteTable([])

    package init() {}

    // MARK: Building

    /// Adds a route; ``finish()`` makes it known.
    ///
    /// - Parameter method: nil for every method that has no route of its own.
    package mutating func insert(
        _ pattern: PathPattern,
        method: HTTPRequest.Method?,
        route: Int
    ) throws(Conflict) {
        var node = 0
        for segment in pattern.segments { node = child(of: node, segment) }
        let keyPath: WritableKeyPath<Node, Int> = pattern.matchesRest ? \.restEndpoint : \.endpoint
        if nodes[node][keyPath: keyPath] < 0 {
            nodes[node][keyPath: keyPath] = endpoints.count
            endpoints.append(RouteEndpoint())
            if let path = pattern.literalPath {
                literalPaths.append((0, path, nodes[node][keyPath: keyPath]))
            }
        }
        let endpoint = nodes[node][keyPath: keyPath]
        if let existing = endpoints[endpoint].insert(method, route) { throw Conflict(existing: existing) }
    }

    /// Ends the building.
    package mutating func finish() {
        edgeTable = ByteTable(edges)
        literalTable = ByteTable(literalPaths)
    }

    private mutating func child(of node: Int, _ segment: PathPattern.Segment) -> Int {
        func added(_ existing: Int) -> Int {
            guard existing < 0 else { return existing }
            nodes.append(Node())
            return nodes.count - 1
        }
        switch segment {
        case .literal(let text):
            if let edge = edges.first(where: { $0.owner == node && $0.key == text }) { return edge.value }
            let child = added(-1)
            edges.append((node, text, child))
            return child
        case .parameter:
            let child = added(nodes[node].parameterChild)
            nodes[node].parameterChild = child
            return child
        case .wildcard:
            let child = added(nodes[node].wildcardChild)
            nodes[node].wildcardChild = child
            return child
        }
    }

    // MARK: Looking up

    /// Finds the route for a method and a raw path.
    package func match(_ method: HTTPRequest.Method, _ path: borrowing RawSpan) -> Match {
        let slot = RouteEndpoint.Slot(method)
        let end = path.byteCount
        let trimmed = end > 0 && path[end - 1] == slash ? end - 1 : end
        let literal = literalTable.find(0, path, 0..<trimmed)
        if literal >= 0 {
            let route = endpoints[literal].route(slot, method)
            if route >= 0 { return .found(route) }
        }
        guard end == 0 || path[0] == slash else { return .notFound }
        var others: [Int] = []
        let route = walk(0, 0, path, slot, method, &others)
        if route >= 0 { return .found(route) }
        guard let first = others.first else { return .notFound }
        return .otherMethods(
            route: endpoints[first].firstRoute,
            allow: RouteEndpoint.allow(others.map { endpoints[$0] })
        )
    }

    /// Searches below `node`, which the path has reached at `position`, the end or a slash.
    ///
    /// Every node is met once at most, so that the path's author cannot make this long.
    private func walk(
        _ node: Int,
        _ position: Int,
        _ path: borrowing RawSpan,
        _ slot: RouteEndpoint.Slot,
        _ method: HTTPRequest.Method,
        _ others: inout [Int]
    ) -> Int {
        let here = nodes[node]
        let start = position + 1
        if start >= path.byteCount {
            let route = accept(here.endpoint, slot, method, &others)
            if route >= 0 { return route }
        } else {
            let segment = path.segment(from: start)
            if segment.end > start {
                let child = literalChild(node, path, start, segment)
                if child >= 0 {
                    let route = walk(child, segment.end, path, slot, method, &others)
                    if route >= 0 { return route }
                }
                if here.parameterChild >= 0 {
                    let route = walk(here.parameterChild, segment.end, path, slot, method, &others)
                    if route >= 0 { return route }
                }
                if here.wildcardChild >= 0 {
                    let route = walk(here.wildcardChild, segment.end, path, slot, method, &others)
                    if route >= 0 { return route }
                }
            }
        }
        return accept(here.restEndpoint, slot, method, &others)
    }

    private func accept(
        _ endpoint: Int,
        _ slot: RouteEndpoint.Slot,
        _ method: HTTPRequest.Method,
        _ others: inout [Int]
    ) -> Int {
        guard endpoint >= 0 else { return -1 }
        let route = endpoints[endpoint].route(slot, method)
        if route < 0 { others.append(endpoint) }
        return route
    }

    private func literalChild(
        _ node: Int,
        _ path: borrowing RawSpan,
        _ start: Int,
        _ segment: (end: Int, isEncoded: Bool)
    ) -> Int {
        guard segment.isEncoded else { return edgeTable.find(node, path, start..<segment.end) }
        guard let text = PercentDecoding.decode(path, start..<segment.end) else { return -1 }
        return text.withRawSpan { edgeTable.find(node, $0, 0..<$0.byteCount) }
    }
}

extension RawSpan {
    /// Where the segment that begins at `start` ends, and whether it has escapes.
    func segment(from start: Int) -> (end: Int, isEncoded: Bool) {
        var index = start
        var isEncoded = false
        while index < byteCount, self[index] != slash {
            if self[index] == percent { isEncoded = true }
            index += 1
        }
        return (index, isEncoded)
    }
}

private let slash = UInt8(ascii: "/")
private let percent = UInt8(ascii: "%")
