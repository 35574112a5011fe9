// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Holdfast

/// Files as clients see them.
@Suite("Files", .timeLimit(.minutes(1)))
struct FileTests {
    private typealias Body = (_ client: WireClient, _ folder: URL) async throws -> Void

    /// Serves a fresh folder with a few files, some of them outside its reach.
    private func withFiles(at path: String = "/static/**", _ body: Body) async throws {
        let base = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        let folder = base.appendingPathComponent("public")
        let manager = FileManager.default
        defer { try? manager.removeItem(at: base) }
        for name in ["docs", "linked", "leak", "pipes", "empty"] {
            try manager.createDirectory(at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        for (name, text) in [
            "../secret.txt": "secret", "index.html": "<p>index</p>", ".hidden": "hidden", "a.txt": "hello",
            "docs/index.html": "<a href=page.html>docs</a>", "docs/page.html": "page", "empty.txt": "",
        ] { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        try Data(repeating: 0x61, count: 300_000).write(to: folder.appendingPathComponent("large file.txt"))
        for (name, target) in [
            "link.txt": "../secret.txt", "alias.txt": "a.txt", "docs-link": "docs", "loop": "loop",
            "linked/index.html": "../docs/index.html", "leak/index.html": "../../secret.txt", "up": "..",
        ] {
            try manager.createSymbolicLink(
                atPath: folder.appendingPathComponent(name).path,
                withDestinationPath: target
            )
        }
        for name in ["pipe.txt", "pipes/index.html"] {
            #expect(mkfifo(folder.appendingPathComponent(name).path, 0o600) == 0)
        }
        try manager.createSymbolicLink(
            atPath: folder.appendingPathComponent("zero").path,
            withDestinationPath: "/dev/zero"
        )
        let app = makeApplication()
        app.files(path, from: folder.path)
        app.get("/device") { _, _ -> Response in try await .file("/dev/zero") }
        let pipe = folder.appendingPathComponent("pipe.txt").path
        app.get("/pipe") { request, _ -> Response in try await .file(pipe, for: request) }
        app.put("/a.txt") { request, _ -> Response in
            let file = try await Response.file(folder.appendingPathComponent("a.txt").path, for: request)
            return Response(.noContent, fields: file.fields)
        }
        try await app.withServer { addresses in
            let client = try await WireClient.connect(try #require(addresses.first))
            defer { client.close() }
            try await body(client, folder)
        }
    }

    @Test("A file arrives whole, with its type")
    func wholeFile() async throws {
        try await withFiles { client, _ in
            let answer = try await client.get("/static/large%20file.txt")
            #expect(answer.status == 200)
            #expect(answer.body == String(repeating: "a", count: 300_000))
            #expect(answer.fields["content-type"] == "text/plain; charset=utf-8")
            #expect(try await client.get("/static/empty.txt").fields["content-length"] == "0")
        }
    }

    @Test("HEAD tells what GET would")
    func head() async throws {
        try await withFiles { client, _ in
            let answer = try await client.get("/static/a.txt")
            try await client.send("HEAD", "/static/a.txt")
            let head = try await client.head()
            for name in ["content-length", "content-type", "etag", "last-modified"] {
                #expect(head.fields[name] == answer.fields[name])
            }
            #expect(try await client.get("/static/a.txt").body == "hello")
        }
    }

    // MARK: Conditions

    @Test("A client that has the file is told so, with its tag and nothing else of the content")
    func notModified() async throws {
        try await withFiles { client, _ in
            let first = try await client.get("/static/index.html")
            let tag = try #require(first.fields["etag"])
            #expect(!tag.hasPrefix("W/"))
            let second = try await client.get("/static/index.html", ["If-None-Match: \(tag)"])
            #expect(second.status == 304)
            #expect(second.fields.keys.sorted() == ["date", "etag"])
            #expect(second.fields["etag"] == tag)
            #expect(try await client.get("/static/index.html", ["If-None-Match: \"other\""]).status == 200)
            let date = try #require(first.fields["last-modified"])
            #expect(try await client.get("/static/index.html", ["If-Modified-Since: \(date)"]).status == 304)
        }
    }

    @Test("A file rewritten at once, in as many bytes, is another one")
    func rewritten() async throws {
        try await withFiles { client, folder in
            let file = folder.appendingPathComponent("a.txt")
            for round in 10..<30 {
                try Data("old\(round)".utf8).write(to: file)
                let tag = try #require(try await client.get("/static/a.txt").fields["etag"])
                #expect(!tag.hasPrefix("W/"))
                #expect(try await client.get("/static/a.txt", ["If-None-Match: \(tag)"]).status == 304)
                let handle = try FileHandle(forWritingTo: file)
                try handle.write(contentsOf: Data("new\(round)".utf8))
                try handle.close()
                let answer = try await client.get("/static/a.txt", ["If-None-Match: \(tag)"])
                #expect(answer.status == 200)
                #expect(answer.body == "new\(round)")
                #expect(try await client.get("/static/a.txt", ["If-Match: \(tag)"]).status == 412)
            }
        }
    }

    @Test("A file whose old date was put back is another one all the same")
    func dateRestored() async throws {
        try await withFiles { client, folder in
            let file = folder.appendingPathComponent("a.txt")
            let date = Date(timeIntervalSince1970: 784_111_777)
            func write(_ text: String) throws {
                let handle = try FileHandle(forWritingTo: file)
                try handle.write(contentsOf: Data(text.utf8))
                try handle.close()
                try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: file.path)
            }
            try write("hello")
            let first = try await client.get("/static/a.txt")
            #expect(first.fields["last-modified"] == "Sun, 06 Nov 1994 08:49:37 GMT")
            try write("world")
            let tag = try #require(first.fields["etag"])
            let second = try await client.get("/static/a.txt", ["If-None-Match: \(tag)"])
            #expect(second.status == 200)
            #expect(second.body == "world")
        }
    }

    @Test("A file from the future was modified now")
    func future() async throws {
        try await withFiles { client, folder in
            let file = folder.appendingPathComponent("a.txt").path
            try FileManager.default.setAttributes([.modificationDate: Date.distantFuture], ofItemAtPath: file)
            let answer = try await client.get("/static/a.txt")
            let date = try #require(answer.fields["date"])
            #expect(answer.fields["last-modified"]?.prefix(16) == date.prefix(16))
        }
    }

    @Test("A condition that does not hold is 412, for reading and for a handler of one's own that writes")
    func failedConditions() async throws {
        try await withFiles { client, _ in
            let tag = try #require(try await client.get("/static/a.txt").fields["etag"])
            let old = "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT"
            for fields in [["If-Match: \"x\""], [old], ["If-Match: \"x\"", "If-None-Match: \(tag)"]] {
                #expect(try await client.get("/static/a.txt", fields).status == 412)
                #expect(try await client.request("PUT", "/a.txt", fields, body: "").status == 412)
            }
            for fields in [["If-Match: \(tag)"], ["If-Match: *"], ["If-Match: \(tag)", old]] {
                #expect(try await client.get("/static/a.txt", fields).status == 200)
                #expect(try await client.request("PUT", "/a.txt", fields, body: "").status == 204)
            }
            #expect(try await client.request("PUT", "/a.txt", ["If-None-Match: *"], body: "").status == 412)
            // What would be no success anyway is not judged (RFC 9110 §13.2.1).
            #expect(try await client.get("/static/none.txt", ["If-Match: \"x\""]).status == 404)
            #expect(try await client.get("/static/docs", ["If-Match: \"x\""]).status == 308)
        }
    }

    @Test("The JavaScript client, too, is sent under conditions")
    func asset() async throws {
        let app = makeApplication()
        app.rpcClientScript("/holdfast.js")
        try await app.withServer { addresses in
            let client = try await WireClient.connect(try #require(addresses.first))
            defer { client.close() }
            let tag = try #require(try await client.get("/holdfast.js").fields["etag"])
            #expect(try await client.get("/holdfast.js", ["If-None-Match: \"a,b\\\", W/\(tag)"]).status == 304)
            #expect(try await client.get("/holdfast.js", ["If-Match: \"x\""]).status == 412)
            #expect(try await client.get("/holdfast.js", ["If-Match: \(tag)"]).status == 200)
        }
    }

    // MARK: Folders and links

    @Test("A folder is answered with its index, and without its slash sent there")
    func folders() async throws {
        try await withFiles { client, _ in
            #expect(try await client.get("/static/").body == "<p>index</p>")
            #expect(try await client.get("/static/docs/").body == "<a href=page.html>docs</a>")
            for (path, location) in [
                ("/static", "./static/"), ("/static/docs", "./docs/"), ("/static/docs?a=b&c=%2F", "./docs/?a=b&c=%2F"),
                ("/static/docs-link", "./docs-link/"), ("/static/%64ocs", "./%64ocs/"),
            ] {
                let answer = try await client.get(path)
                #expect(answer.status == 308)
                #expect(answer.fields["location"] == location)
            }
            try await client.send("HEAD", "/static/docs")
            #expect(try await client.head().status == 308)
            for path in ["/static/empty", "/static/empty/", "/static/a.txt/", "/static/docs/index.html/"] {
                #expect(try await client.get(path).status == 404)
            }
        }
    }

    @Test(
        "No path leads to another host",
        arguments: ["//docs", "//docs/", "/\\docs", "/%2fdocs", "/.//docs", "//site.test/docs"]
    )
    func redirects(_ path: String) async throws {
        try await withFiles(at: "/**") { client, _ in
            let answer = try await client.get(path)
            #expect(answer.status == 404)
        }
    }

    @Test("Links are followed within the folder, and an index is no exception")
    func links() async throws {
        try await withFiles { client, _ in
            #expect(try await client.get("/static/alias.txt").body == "hello")
            #expect(try await client.get("/static/docs-link/page.html").body == "page")
            for path in ["/static/linked/", "/static/linked/index.html"] {
                let answer = try await client.get(path)
                #expect(answer.status == 200)
                #expect(answer.body == "<a href=page.html>docs</a>")
            }
            for path in ["/static/leak/", "/static/leak/index.html", "/static/leak"] {
                let answer = try await client.get(path)
                #expect(answer.status == 404)
                #expect(!answer.body.contains("secret"))
            }
        }
    }

    @Test(
        "What is not below the folder is not found",
        arguments: [
            "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/../secret.txt", "/link.txt", "/up/secret.txt", "/.hidden",
            "/missing",
            "/loop", "/index.html%00", "/docs//page.html", "//a.txt", "/%ff",
        ]
    )
    func outside(_ path: String) async throws {
        try await withFiles { client, _ in
            let answer = try await client.get("/static\(path)")
            #expect(answer.status == 404)
            #expect(!answer.body.contains("secret"))
        }
    }

    @Test("Pipes and devices are refused, and nobody waits for them")
    func specialFiles() async throws {
        try await withFiles { client, _ in
            for path in ["/static/pipe.txt", "/static/pipes/", "/static/zero", "/device", "/pipe"] {
                let answer = try await client.get(path)
                #expect(answer.status == 404, "\(path)")
            }
        }
    }

    @Test("The folder is looked up at each request, so that a link to it may be moved")
    func movedFolder() async throws {
        let base = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: base) }
        for version in ["one", "two"] {
            let folder = base.appendingPathComponent(version)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(version.utf8).write(to: folder.appendingPathComponent("version.txt"))
        }
        let current = base.appendingPathComponent("current").path
        let app = makeApplication()
        app.files("/**", from: current)
        try await app.withServer { addresses in
            let client = try await WireClient.connect(try #require(addresses.first))
            defer { client.close() }
            #expect(try await client.get("/version.txt").status == 404)
            for version in ["one", "two"] {
                try? FileManager.default.removeItem(atPath: current)
                try FileManager.default.createSymbolicLink(atPath: current, withDestinationPath: version)
                #expect(try await client.get("/version.txt").body == version)
            }
        }
    }
}
