// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Testing

@testable import HoldfastHTTP

/// The table against a slow and obvious reading of the rules, over random patterns and paths.
@Suite struct RouteTableOracleTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) << 32 | (state >> 17) & 0xffff_ffff
        }
    }

    /// The segments of a path: one slash at the end does not count, every other empty segment does.
    private static func segments(_ path: String) -> [String] {
        var rest = path.dropFirst()
        if rest.isEmpty { return [] }
        if rest.hasSuffix("/") { rest.removeLast() }
        return rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }

    /// How specific a match is, the smaller the more, segment by segment; nil for no match.
    private static func rank(_ pattern: PathPattern, _ path: [String]) -> [Int]? {
        guard pattern.matchesRest ? path.count >= pattern.segments.count : path.count == pattern.segments.count else {
            return nil
        }
        var rank: [Int] = []
        for (segment, text) in zip(pattern.segments, path) {
            switch segment {
            case .literal(let literal):
                guard literal == text else { return nil }
                rank.append(1)
            case .parameter:
                guard !text.isEmpty else { return nil }
                rank.append(2)
            case .wildcard:
                guard !text.isEmpty else { return nil }
                rank.append(3)
            }
        }
        return rank + [pattern.matchesRest ? 4 : 0]
    }

    @Test(arguments: 0..<200)
    func `the table finds what the rules say`(seed: Int) throws {
        var random = Generator(state: UInt64(seed) &* 977)
        func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "" }

        var routes: [(pattern: PathPattern, isGet: Bool)] = []
        var table = RouteTable()
        for _ in 0..<Int.random(in: 1...25, using: &random) {
            var names = [":x", ":y", ":z", ":w"]
            let texts = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                pick(["a", "b", "ab", "*", names.popLast() ?? "*"])
            }
            let text = "/" + (texts + (Bool.random(using: &random) ? [] : ["**"])).joined(separator: "/")
            let isGet = Bool.random(using: &random)
            let pattern = try PathPattern(text)
            do {
                try table.insert(pattern, method: isGet ? .get : .post, route: routes.count)
                routes.append((pattern, isGet))
            } catch {
                let existing = routes[error.existing]
                #expect(
                    existing.isGet == isGet && existing.pattern.parameterNames.count == pattern.parameterNames.count
                )
            }
        }
        table.finish()

        for _ in 0..<200 {
            let count = Int.random(in: 1...6, using: &random)
            let path = (0..<count).map { _ in "/" + pick(["a", "b", "ab", "c", ""]) }.joined()
            let ranked = routes.indices.compactMap { index in
                Self.rank(routes[index].pattern, Self.segments(path)).map { (index, $0) }
            }
            let best = ranked.filter { routes[$0.0].isGet }.min { $0.1.lexicographicallyPrecedes($1.1) }
            switch path.withRawSpan({ table.match(.get, $0) }) {
            case .found(let route):
                #expect(route == best?.0, "\(path)")
            case .otherMethods(_, let allow):
                #expect(best == nil && !ranked.isEmpty, "\(path)")
                #expect(allow == [.options, .post])
            case .notFound:
                #expect(ranked.isEmpty, "\(path)")
            }
        }
    }
}
