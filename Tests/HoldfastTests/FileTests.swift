// SPDX-License-Identifier: Apache-2.0
import Foundation
import Holdfast
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite("Files")
struct FileTests {
    /// Serves a fresh folder with a few files, one of them outside its reach.
    private func withFiles(_ body: (URL) async throws -> Void) async throws {
        let base = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        let folder = base.appendingPathComponent("public")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: base) }
        try Data("secret".utf8).write(to: base.appendingPathComponent("secret.txt"))
        try Data("<p>index</p>".utf8).write(to: folder.appendingPathComponent("index.html"))
        try Data(repeating: 0x61, count: 300_000).write(to: folder.appendingPathComponent("large file.txt"))
        try Data("hidden".utf8).write(to: folder.appendingPathComponent(".hidden"))
        try FileManager.default.createSymbolicLink(
            at: folder.appendingPathComponent("link.txt"),
            withDestinationURL: base.appendingPathComponent("secret.txt")
        )
        let app = Application(configuration: .init(listeners: [.tcp("127.0.0.1", port: 0)], threads: 1))
        app.files("/static/**", from: folder.path)
        try await app.withServer { addresses in
            let port = try #require(addresses.first?.port)
            try await body(try #require(URL(string: "http://127.0.0.1:\(port)/static")))
        }
    }

    private func get(_ url: String, fields: [String: String] = [:]) async throws -> (HTTPURLResponse, Data) {
        var request = URLRequest(url: try #require(URL(string: url)))
        request.cachePolicy = .reloadIgnoringLocalCacheData
        for (name, value) in fields { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await URLSession(configuration: .ephemeral).data(for: request)
        return (try #require(response as? HTTPURLResponse), data)
    }

    @Test("A file arrives whole, with its type")
    func wholeFile() async throws {
        try await withFiles { base in
            let (response, data) = try await get("\(base)/large%20file.txt")
            #expect(response.statusCode == 200)
            #expect(data == Data(repeating: 0x61, count: 300_000))
            #expect(response.value(forHTTPHeaderField: "Content-Type") == "text/plain; charset=utf-8")
        }
    }

    @Test("A folder is answered with its index")
    func index() async throws {
        try await withFiles { base in
            let (_, data) = try await get("\(base)/")
            #expect(String(decoding: data, as: UTF8.self) == "<p>index</p>")
        }
    }

    @Test("A client that has the file is told so")
    func notModified() async throws {
        try await withFiles { base in
            let (first, _) = try await get("\(base)/index.html")
            let tag = try #require(first.value(forHTTPHeaderField: "ETag"))
            let (second, data) = try await get("\(base)/index.html", fields: ["If-None-Match": tag])
            #expect(second.statusCode == 304)
            #expect(data.isEmpty)
            let (third, _) = try await get("\(base)/index.html", fields: ["If-None-Match": "\"other\""])
            #expect(third.statusCode == 200)
        }
    }

    @Test(
        "What is not below the folder is not found",
        arguments: ["/%2e%2e/secret.txt", "/..%2fsecret.txt", "/link.txt", "/.hidden", "/missing", "/index.html%00"]
    )
    func outside(_ path: String) async throws {
        try await withFiles { base in
            let (response, data) = try await get("\(base)\(path)")
            #expect([400, 404].contains(response.statusCode))
            #expect(!String(decoding: data, as: UTF8.self).contains("secret"))
        }
    }
}
