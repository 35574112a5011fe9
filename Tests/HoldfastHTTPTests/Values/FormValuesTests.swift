// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Testing

@testable import HoldfastHTTP

@Suite struct FormValuesTests {
    private func pairs(_ text: String) throws -> [String] {
        try FormValues(decoding: text).map { "\($0.name)→\($0.value)" }
    }

    @Test(arguments: [
        ("", []), ("a=1", ["a→1"]), ("a=1&b=2", ["a→1", "b→2"]), ("a", ["a→"]), ("a=", ["a→"]), ("=a", ["→a"]),
        ("=", ["→"]), ("&&a=1&&", ["a→1"]), ("a=b=c", ["a→b=c"]), ("a+b=c+d", ["a b→c d"]), ("a=%2B", ["a→+"]),
        ("a=%26%3D", ["a→&="]), ("%61=%62", ["a→b"]), ("a=%2525", ["a→%25"]), ("a=1&a=2", ["a→1", "a→2"]),
        ("a=caf%C3%A9", ["a→café"]), ("a=%00", ["a→\0"]), ("a;b=1", ["a;b→1"]), ("a=é", ["a→é"]), ("a[]=1", ["a[]→1"]),
    ])
    func `pairs are decoded once and keep their order`(text: String, expected: [String]) throws {
        #expect(try pairs(text) == expected)
    }

    @Test(arguments: ["a=%", "a=%1", "a=%zz", "%=a", "a=%C3", "a=%FF", "a=%C0%80", "a=%ED%A0%80", "a=1&b=%"])
    func `a wrong escape or wrong UTF-8 is a bad request`(text: String) throws {
        let error = try #require(throws: HTTPError.self) { try FormValues(decoding: text) }
        #expect(error.status == .badRequest)
    }

    @Test func `a thousand pairs are taken, one more is not`() throws {
        func text(_ count: Int) -> String { Array(repeating: "a=1", count: count).joined(separator: "&") }
        #expect(try FormValues(decoding: text(999)).count == 999)
        #expect(try FormValues(decoding: text(1000) + "&&").count == 1000)
        #expect(throws: HTTPError.self) { try FormValues(decoding: text(1001)) }
    }

    @Test func `values are read by name and type`() throws {
        let values = try FormValues(decoding: "n=5&n=6&t=x&e=")
        #expect(values["n"] == "5")
        #expect(values["none"] == nil)
        #expect(values.all("n") == ["5", "6"])
        #expect(values.get("n", as: Int.self) == 5)
        #expect(values.get("t", as: Int.self) == nil)
        #expect(try values.require("e") == "")
        #expect(try values.require("n", as: Double.self) == 5)
        #expect(throws: HTTPError(.badRequest, message: "the value “none” is missing")) { try values.require("none") }
        #expect(throws: HTTPError(.badRequest, message: "the value “t” is not a valid Int")) {
            try values.require("t", as: Int.self)
        }
    }

    // MARK: Typed

    private enum Size: String, Codable { case small, large }

    private struct Order: Decodable, Equatable {
        var item: String
        var count: Int
        var price: Double
        var gift: Bool
        var size: Size
        var tags: [String]
        var numbers: Set<UInt8>?
        var note: String?
        var discount: Float?
    }

    @Test func `a form becomes a type`() throws {
        let text =
            "item=a+b&count=-3&price=1.5&gift=on&size=large&tags=x&tags=y&numbers=7&numbers=8&note=&discount=&more=1"
        let order = try FormValues(decoding: text).decode(as: Order.self)
        #expect(
            order
                == Order(
                    item: "a b",
                    count: -3,
                    price: 1.5,
                    gift: true,
                    size: .large,
                    tags: ["x", "y"],
                    numbers: [7, 8],
                    note: "",
                    discount: nil
                )
        )
    }

    @Test func `what is absent is nil or empty`() throws {
        let order = try FormValues(decoding: "item=&count=0&price=0&gift=false&size=small").decode(as: Order.self)
        #expect(order.tags == [] && order.numbers == nil && order.note == nil && order.item == "")
    }

    @Test(arguments: [
        ("count=1&price=1&gift=1&size=small", "item"), ("item=a&count=x&price=1&gift=1&size=small", "count"),
        ("item=a&count=1&price=1&gift=maybe&size=small", "gift"), ("item=a&count=1&price=1&gift=1&size=huge", "size"),
        ("item=a&count=9223372036854775808&price=1&gift=1&size=small", "count"),
        ("item=a&count=1&price=1&gift=1&size=small&numbers=256", "numbers"),
        ("item=a&count=&price=1&gift=1&size=small", "count"),
    ])
    func `a value that does not fit is a bad request that names it`(text: String, name: String) throws {
        let error = try #require(throws: HTTPError.self) { try FormValues(decoding: text).decode(as: Order.self) }
        #expect(error.status == .badRequest)
        #expect(error.message?.contains("'\(name)'") == true)
    }

    @Test func `a type that is not flat is refused, whatever the form`() throws {
        struct Nested: Decodable { var order: Order }
        struct Arrays: Decodable { var a: [[String]] }
        for text in ["", "order=1", "a=1", "a=1&a=2"] {
            let values = try FormValues(decoding: text)
            #expect(throws: HTTPError.self) { try values.decode(as: Nested.self) }
            #expect(throws: HTTPError.self) { try values.decode(as: Int.self) }
            #expect(throws: HTTPError.self) { try values.decode(as: [String].self) }
            if text.hasPrefix("a") { #expect(throws: HTTPError.self) { try values.decode(as: Arrays.self) } }
        }
    }

    @Test func `a form becomes a dictionary`() throws {
        #expect(try FormValues(decoding: "a=1&b=2&a=3").decode(as: [String: String].self) == ["a": "1", "b": "2"])
        #expect(try FormValues(decoding: "a=1&b=2").decode(as: [String: Int].self) == ["a": 1, "b": 2])
    }

    // MARK: Requests

    @Test func `a request has its query and its form`() async throws {
        let form = [("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")]
        let request = try makeRequest(.post, "/p?q=a+b&q=%26", form, body: "name=Ada+L")
        #expect(try request.query.all("q") == ["a b", "&"])
        #expect(try await request.form()["name"] == "Ada L")
        #expect(try makeRequest(.get, "/p").query.isEmpty)
    }

    @Test(arguments: [
        [], [("Content-Type", "application/json")], [("Content-Type", "text/plain")], [("Content-Type", "x")],
    ])
    func `a body that is no form is an unsupported media type`(fields: [(String, String)]) async throws {
        let request = try makeRequest(.post, "/", fields, body: "a=1")
        let error = try await #require(throws: HTTPError.self) { try await request.form() }
        #expect(error.status == .unsupportedMediaType)
    }
}
