// SPDX-License-Identifier: Apache-2.0

import HoldfastTransport
import Testing

@Suite("Which origins may talk to an endpoint")
struct OriginPolicyTests {
    private static func sameOrigin(_ origin: String, host: String?, secure: Bool = true) -> Bool {
        OriginPolicy.sameOrigin.allows(origins: [origin], host: host, isSecure: secure)
    }

    @Test(
        "the own origin passes, in every spelling",
        arguments: [
            ("https://a.com", "a.com", true), ("https://a.com:443", "a.com", true),
            ("https://a.com", "a.com:443", true),
            ("https://A.COM", "a.com", true), ("HTTPS://a.com", "A.Com", true), ("http://a.com", "a.com", false),
            ("http://a.com:80", "a.com", false), ("http://a.com", "a.com:80", false),
            ("http://localhost:3000", "localhost:3000", false), ("http://0xcafe-server", "0xcafe-server", false),
            ("http://host-5", "host-5", false), ("http://a.b5", "a.b5", false),
            ("https://10.0.0.1:8443", "10.0.0.1:8443", true),
            ("http://[0:0:0:0:0:0:0:1]", "[::0001]", false), ("https://[2001:db8::1]", "[2001:DB8:0:0::1]", true),
            ("http://[::1]:8080", "[::1]:8080", false), ("http://[FE80::1]", "[fe80::1]:80", false),
        ]
    )
    func ownOrigin(origin: String, host: String, secure: Bool) {
        #expect(Self.sameOrigin(origin, host: host, secure: secure))
    }

    @Test(
        "any difference in scheme, host or port is refused",
        arguments: [
            ("http://a.com", "a.com", true), ("https://a.com", "a.com", false), ("https://a.com:80", "a.com", true),
            ("https://a.com:8443", "a.com", true), ("https://a.com", "a.com:8443", true),
            ("https://b.com", "a.com", true), ("https://a.com.evil", "a.com", true), ("https://xa.com", "a.com", true),
            ("https://www.a.com", "a.com", true), ("https://a.com.", "a.com", true), ("https://a.co", "a.com", true),
            ("https://127.0.0.1", "localhost", true), ("https://[::1]", "[::2]", true),
            ("https://a.com:1443", "a.com", true), ("https://a.com:0443", "a.com", true),
        ]
    )
    func otherOrigin(origin: String, host: String, secure: Bool) {
        #expect(!Self.sameOrigin(origin, host: host, secure: secure))
    }

    @Test(
        "what is no origin is refused",
        arguments: [
            "null", "NULL", "", " ", "a.com", "//a.com", "https:", "https:/", "https://", "https:a.com",
            "https://a.com/",
            "https://a.com/path", "https://a.com?x", "https://a.com#x", "https://user@a.com", "https://evil.com@a.com",
            "https://a.com@evil.com", "https://a.com:", "https://a.com:+443", "https://a.com:-1", "https://a.com:65536",
            "https://a.com:99999", "https://a.com:000443", "https://a.com:443:443", "https://a.com:x",
            "https://a.com\\.evil",
            "https://a.com%00.evil", "https://a.com\u{0}", "https://a.com\t", " https://a.com",
            "https://a.com https://b.com",
            "https://a.com, https://a.com", "://a.com", "1https://a.com", "https://[::1", "https://[]",
            "https://[a.com]",
            "https://[::1]x", "https://[::1]:", "https://::1", "https://аа.com", "https://*.a.com", "*",
            "https://" + String(repeating: "a", count: 600), "wss://a.com", "ws://a.com", "file://", "file://a.com",
            "http://127.1", "http://0x7f.0.0.1", "http://127.0.0.01", "http://1.2.3.256", "http://2130706433",
            "https://a.5", "https://[::1%25eth0]", "https://[:::]", "https://[1.2.3.4]", "https://[1:2:3]",
            "https://a.com,https://b.com",
        ]
    )
    func malformed(origin: String) {
        #expect(!Self.sameOrigin(origin, host: "a.com"))
        #expect(!OriginPolicy.list(["https://b.com", origin]).allows(origins: [origin], host: "a.com", isSecure: true))
        let list = OriginPolicy.list(["https://b.com", origin])
        #expect(list.unusableEntries == [origin])
        #expect(list.problem?.contains("no page has the origin “") == true)
    }

    @Test("an absent origin passes unless that is switched off")
    func absent() {
        for policy in [OriginPolicy.sameOrigin, .any, .list(["https://b.com"])] {
            #expect(policy.allows(origins: [], host: "a.com", isSecure: true))
            var strict = policy
            strict.allowsAbsentOrigin = false
            #expect(!strict.allows(origins: [], host: "a.com", isSecure: true))
            #expect(strict.allowsAbsentOrigin != policy.allowsAbsentOrigin)
        }
    }

    @Test("two origins are refused, even if both would pass")
    func twoOrigins() {
        let origins = ["https://a.com", "https://a.com"]
        for policy in [OriginPolicy.sameOrigin, .any, .list(["https://a.com"])] {
            #expect(!policy.allows(origins: origins, host: "a.com", isSecure: true))
        }
    }

    @Test("a list with something else than origins is described in one line")
    func describesList() {
        let list = OriginPolicy.list(["https://a.com\n", "https://b.com", "*", String(repeating: "x", count: 1000)])
        #expect(
            list.problem
                == "no page has the origin “https://a.com\\n”, “*”, “\(String(repeating: "x", count: 80))”: an origin is a scheme, a "
                + "host and a port if need be, like https://example.com; .any allows every page"
        )
    }

    @Test("a list widens the own origin, and compares whole origins")
    func list() {
        let policy = OriginPolicy.list(["https://App.example:443", "http://localhost:3000", "capacitor://localhost"])
        #expect(policy.unusableEntries.isEmpty)
        #expect(policy.problem == nil)
        #expect(policy == ["https://app.example", "http://localhost:3000", "capacitor://localhost"])
        func allows(_ origin: String) -> Bool { policy.allows(origins: [origin], host: "a.com", isSecure: true) }
        for origin in ["https://app.example", "http://localhost:3000", "capacitor://localhost", "https://a.com"] {
            #expect(allows(origin), "\(origin)")
        }
        for origin in [
            "http://app.example", "https://app.example:8443", "https://x.app.example", "http://localhost",
            "http://localhost:3001", "capacitor://localhost:1", "http://a.com", "null",
        ] {
            #expect(!allows(origin), "\(origin)")
        }
    }

    @Test("any allows every single origin, also null")
    func any() {
        for origin in ["https://evil.com", "null", "", "whatever"] {
            #expect(OriginPolicy.any.allows(origins: [origin], host: nil, isSecure: false))
        }
    }

    @Test(
        "a host that is none equals no origin",
        arguments: [nil, "", ":443", "a.com,b.com", "a.com/", "user@a.com", "a.com:", "a.com:x", "a.com b"] as [String?]
    )
    func malformedHost(host: String?) {
        #expect(!Self.sameOrigin("https://a.com", host: host))
        #expect(OriginPolicy.list(["https://a.com"]).allows(origins: ["https://a.com"], host: host, isSecure: true))
    }
}
