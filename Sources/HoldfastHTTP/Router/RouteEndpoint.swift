// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes

/// The routes of one path, by method.
struct RouteEndpoint: Sendable {
    /// A method as an index, worked out once a request.
    enum Slot: Int {
        case get, post, put, delete, patch, head, options, other

        init(_ method: HTTPRequest.Method) {
            switch method {
            case .get: self = .get
            case .post: self = .post
            case .put: self = .put
            case .delete: self = .delete
            case .patch: self = .patch
            case .head: self = .head
            case .options: self = .options
            default: self = .other
            }
        }
    }

    private var get = -1
    private var head = -1
    private var post = -1
    private var any = -1
    private var others: [(method: HTTPRequest.Method, route: Int)] = []
    private(set) var firstRoute = -1

    /// Adds a route; returns the one that has its place already.
    mutating func insert(_ method: HTTPRequest.Method?, _ route: Int) -> Int? {
        func place(_ existing: inout Int) -> Int? {
            guard existing < 0 else { return existing }
            existing = route
            return nil
        }
        if firstRoute < 0 { firstRoute = route }
        switch method {
        case nil: return place(&any)
        case .get: return place(&get)
        case .head: return place(&head)
        case .post: return place(&post)
        case .some(let method):
            if let existing = others.first(where: { $0.method == method }) { return existing.route }
            others.append((method, route))
            return nil
        }
    }

    /// The route of a method; -1 when there is none.
    func route(_ slot: Slot, _ method: HTTPRequest.Method) -> Int {
        switch slot {
        case .get:
            if get >= 0 { return get }
        case .post:
            if post >= 0 { return post }
        case .head:
            if head >= 0 { return head }
            if get >= 0 { return get }
        case .put, .delete, .patch, .options, .other:
            for other in others where other.method == method { return other.route }
        }
        return any
    }

    /// The value of `Allow` for a path that several endpoints answer; HEAD comes with GET, OPTIONS with everything.
    static func allow(_ endpoints: [RouteEndpoint]) -> [HTTPRequest.Method] {
        var methods: Set<HTTPRequest.Method> = [.options]
        for endpoint in endpoints {
            if endpoint.get >= 0 { methods.formUnion([.get, .head]) }
            if endpoint.head >= 0 { methods.insert(.head) }
            if endpoint.post >= 0 { methods.insert(.post) }
            methods.formUnion(endpoint.others.map(\.method))
        }
        return methods.sorted { $0.rawValue < $1.rawValue }
    }
}
