// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import HoldfastRPC
internal import HoldfastTransport

/// Canned answers to the server's calls, by method; several answers of a method are used one after the other, the last for ever.
struct AnswerScript: Sendable {
    /// One answer, whichever way it goes.
    enum Answer: Sendable, Hashable {
        case result(JSON)
        case error(RPCError)
    }

    /// What is wrong with a script, and where.
    struct Mistake: Error, Hashable, CustomStringConvertible {
        let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    private var answers: [String: [Answer]]

    /// The script without any answer.
    init() {
        answers = [:]
    }

    /// Reads a script: `{"method": {"result": …}, "other": [{"error": {"code": 1, "message": "…"}}, …]}`.
    init(_ json: JSON) throws(Mistake) {
        self.init()
        guard let methods = json.members else {
            throw Mistake("the script must be an object that maps methods to answers")
        }
        for (method, value) in methods {
            let name = "\"\(method)\""
            guard answers[method] == nil else { throw Mistake("\(name) occurs twice") }
            guard let list = value.array else {
                answers[method] = [try Self.answer(value, name)]
                continue
            }
            guard !list.isEmpty else { throw Mistake("\(name) has an empty list of answers") }
            var several: [Answer] = []
            for (index, element) in list.enumerated() {
                several.append(try Self.answer(element, "\(name), answer \(index + 1),"))
            }
            answers[method] = several
        }
    }

    /// Takes the next answer to a method; `nil` when the script does not know the method.
    mutating func next(for method: String) -> Answer? {
        guard let list = answers[method], let first = list.first else { return nil }
        if list.count > 1 { answers[method]?.removeFirst() }
        return first
    }

    private static func answer(_ json: JSON, _ place: String) throws(Mistake) -> Answer {
        let members = try members(
            of: json,
            known: ["result", "error"],
            "\(place) must be {\"result\": …} or {\"error\": …}"
        )
        switch (members["result"], members["error"]) {
        case (let result?, nil): return .result(result)
        case (nil, let error?): return .error(try Self.error(error, "\(place) \"error\""))
        case (nil, nil): throw Mistake("\(place) has neither a \"result\" nor an \"error\"")
        default: throw Mistake("\(place) has both a \"result\" and an \"error\"")
        }
    }

    private static func error(_ json: JSON, _ place: String) throws(Mistake) -> RPCError {
        let members = try members(
            of: json,
            known: ["code", "message", "data"],
            "\(place) must be {\"code\": …, \"message\": …, \"data\": …}"
        )
        guard let code = members["code"]?.int else { throw Mistake("\(place) needs a \"code\" that is a whole number") }
        guard let message = members["message"]?.string else {
            throw Mistake("\(place) needs a \"message\" that is a string")
        }
        return RPCError(code: code, message: message, data: members["data"])
    }

    private static func members(
        of json: JSON,
        known: Set<String>,
        _ expectation: String
    ) throws(Mistake) -> [String: JSON] {
        guard let members = json.members else { throw Mistake(expectation) }
        var result: [String: JSON] = [:]
        for (key, value) in members {
            guard known.contains(key), result.updateValue(value, forKey: key) == nil else {
                throw Mistake("\(expectation); \"\(key)\" does not belong there or occurs twice")
            }
        }
        return result
    }
}

extension AnswerScript {
    /// Reads a script from a file.
    ///
    /// - Throws: ``Failure`` that names the file and the place in it.
    init(file: String) throws(Failure) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            throw Failure(.usage, "cannot read the answers \(file): \(error.localizedDescription)")
        }
        do {
            self = try AnswerScript(try JSON(parsing: data))
        } catch let error as JSONError {
            let before = data.prefix(error.offset)
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            throw Failure(.usage, "\(file), line \(line): \(error)")
        } catch {
            throw Failure(.usage, "\(file): \(error)")
        }
    }
}
