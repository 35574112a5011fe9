// SPDX-License-Identifier: Apache-2.0

/// The paths a route answers, such as `/users/:id` or `/static/**`.
///
/// A pattern is a list of segments separated by `/`:
/// - a literal matches the segment that decodes to it, with regard to case;
/// - `:name` matches one segment that is not empty, and gives its decoded text to the handler as a parameter;
/// - `*` matches one segment that is not empty;
/// - `**`, as the last segment only, matches everything that follows, nothing at all included.
///
/// A slash at the end makes no difference, in the pattern or in a request; every other empty segment does. Literals are written
/// as they read, not percent-encoded.
public struct PathPattern: Sendable, Hashable, CustomStringConvertible {
    package enum Segment: Sendable, Hashable {
        case literal(String)
        case parameter(String)
        case wildcard
    }

    /// The segments, without a final `**`.
    package private(set) var segments: [Segment]
    /// Whether the pattern ends with `**`.
    package private(set) var matchesRest: Bool

    /// The pattern `/`.
    package static let root = PathPattern(segments: [], matchesRest: false)

    private init(segments: [Segment], matchesRest: Bool) {
        self.segments = segments
        self.matchesRest = matchesRest
    }

    /// Parses a pattern; the slash at its start may be left out.
    ///
    /// - Throws: ``PathPatternError`` that says what is wrong with it.
    public init(_ text: String) throws(PathPatternError) {
        func fail(_ reason: String) -> PathPatternError { PathPatternError(pattern: text, reason: reason) }

        self = .root
        var rest = text.utf8[...]
        if rest.first == slash { rest.removeFirst() }
        if rest.last == slash { rest.removeLast() }
        if rest.isEmpty {
            guard !text.utf8.starts(with: [slash, slash]) else { throw fail("a segment is empty") }
            return
        }
        for piece in rest.split(separator: slash, omittingEmptySubsequences: false) {
            guard !matchesRest else { throw fail("** must be the last segment") }
            let segment = String(Substring(piece))
            switch segment {
            case "": throw fail("a segment is empty")
            case "*": segments.append(.wildcard)
            case "**": matchesRest = true
            default: segments.append(try Self.segment(segment, fail))
            }
        }
        try checkNames(fail)
    }

    private static func segment(
        _ text: String,
        _ fail: (String) -> PathPatternError
    ) throws(PathPatternError) -> Segment {
        if text.hasPrefix(":") {
            let name = text.dropFirst()
            guard !name.isEmpty, name.utf8.allSatisfy(isNameByte) else {
                throw fail("“\(text)” is not a parameter: after the colon come letters, digits, _ and -")
            }
            return .parameter(String(name))
        }
        if text.contains("*") {
            throw fail("“\(text)” mixes a wildcard with other characters")
        }
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") })
        {
            throw fail("“\(text)” has a character that no path has")
        }
        if let percent = text.firstIndex(of: "%"),
            text[percent...].dropFirst().prefix(2).filter(\.isHexDigit).count == 2
        {
            throw fail("“\(text)” is percent-encoded; write the text it stands for")
        }
        return .literal(text)
    }

    private func checkNames(_ fail: (String) -> PathPatternError) throws(PathPatternError) {
        var seen: Set<String> = []
        for name in parameterNames where !seen.insert(name).inserted {
            throw fail("it names the parameter :\(name) twice")
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// The names of the parameters, in order.
    package var parameterNames: [String] {
        segments.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }

    /// The path itself when the pattern has nothing but literals.
    package var literalPath: String? {
        guard !matchesRest else { return nil }
        var path = ""
        for segment in segments {
            guard case .literal(let text) = segment else { return nil }
            path += "/" + text
        }
        return path
    }

    /// This pattern with another one below it.
    ///
    /// - Throws: ``PathPatternError`` when this one ends with `**` or both name the same parameter.
    package func appending(_ other: PathPattern) throws(PathPatternError) -> PathPattern {
        let joined = PathPattern(segments: segments + other.segments, matchesRest: other.matchesRest)
        func fail(_ reason: String) -> PathPatternError {
            PathPatternError(pattern: joined.description, reason: reason)
        }
        guard !matchesRest else {
            throw PathPatternError(pattern: description, reason: "nothing can be added below **")
        }
        try joined.checkNames(fail)
        return joined
    }

    /// The pattern as it is written, with a slash at its start.
    public var description: String {
        let texts = segments.map { segment in
            switch segment {
            case .literal(let text): text
            case .parameter(let name): ":" + name
            case .wildcard: "*"
            }
        }
        return "/" + (texts + (matchesRest ? ["**"] : [])).joined(separator: "/")
    }
}

/// A path pattern that cannot be used.
public struct PathPatternError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The pattern as it was written.
    public var pattern: String
    /// What is wrong with it.
    public var reason: String

    /// Names the pattern and what is wrong with it.
    public var description: String { "the path pattern “\(pattern)” is not valid: \(reason)" }
}

private let slash = UInt8(ascii: "/")
