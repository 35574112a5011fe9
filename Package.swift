// swift-tools-version: 6.2
import PackageDescription

/// One set of compiler settings for every target.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

let package = Package(
    name: "holdfast",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "Holdfast", targets: ["Holdfast"]),
        .library(name: "HoldfastClient", targets: ["HoldfastClient"]),
        .library(name: "HoldfastTesting", targets: ["HoldfastTesting"]),
        .executable(name: "holdfast", targets: ["HoldfastCLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(
            name: "HoldfastTransport",
            dependencies: [nioCore, httpTypes, collections],
            swiftSettings: settings
        ),
        .target(
            name: "HoldfastWebSocket",
            dependencies: ["HoldfastTransport", nioCore, httpTypes, collections],
            swiftSettings: settings
        ),
        .systemLibrary(
            name: "CHoldfastZlib",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]
        ),
        .target(
            name: "HoldfastHTTP",
            dependencies: [
                "CHoldfastZlib", "HoldfastTransport", "HoldfastWebSocket",
                nioCore, nioPosix, nioTLS, nioSSL, httpTypes, logging, metrics, lifecycle, collections,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "HoldfastSockJS",
            dependencies: [
                "HoldfastTransport", "HoldfastWebSocket", "HoldfastHTTP", nioCore, httpTypes, logging, collections,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "HoldfastRPC",
            dependencies: ["HoldfastTransport", nioCore, logging, metrics, collections],
            swiftSettings: settings
        ),
        .target(
            name: "HoldfastJS",
            exclude: ["src", "build.mjs", "package.json", "holdfast.d.ts"],
            resources: [
                .embedInCode("holdfast.js"), .embedInCode("holdfast.mjs"),
                .embedInCode("holdfast.min.js"), .embedInCode("holdfast.min.mjs"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "Holdfast",
            dependencies: [
                "HoldfastTransport", "HoldfastWebSocket", "HoldfastHTTP", "HoldfastSockJS", "HoldfastRPC", "HoldfastJS",
                nioCore, nioPosix, httpTypes, logging, metrics, lifecycle, signals,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "HoldfastClient",
            dependencies: [
                "HoldfastTransport", "HoldfastWebSocket", "HoldfastRPC",
                nioCore, nioPosix, nioHTTP1, nioTLS, nioSSL, httpTypes, logging, collections,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "HoldfastTesting",
            dependencies: [
                "Holdfast", "HoldfastClient", "HoldfastTransport",
                nioCore, nioPosix, nioHTTP1, nioSSL, httpTypes, logging,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "HoldfastCLI",
            dependencies: [
                "Holdfast", "HoldfastClient", "HoldfastHTTP", "HoldfastRPC", "HoldfastTransport",
                argumentParser, httpTypes, logging, signals,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "conformance-server",
            dependencies: ["Holdfast"],
            path: "Sample/conformance-server",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "sample",
            dependencies: ["Holdfast"],
            path: "Sample/sample",
            resources: [
                .embedInCode("Page/index.html"), .embedInCode("Page/page.css"), .embedInCode("Page/page.js"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HoldfastTransportTests",
            dependencies: ["HoldfastTransport", nioCore, nioPosix],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HoldfastWebSocketTests",
            dependencies: ["HoldfastWebSocket", "HoldfastTransport", nioCore, nioEmbedded, httpTypes],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HoldfastHTTPTests",
            dependencies: [
                "TestSupport", "CHoldfastZlib", "HoldfastHTTP", "HoldfastTransport",
                nioCore, nioPosix, nioEmbedded, nioHTTP1, httpTypes, logging,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HoldfastRPCTests",
            dependencies: ["HoldfastRPC", "HoldfastTransport", "TestSupport", nioCore, nioPosix, logging],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HoldfastSockJSTests",
            dependencies: [
                "TestSupport", "HoldfastSockJS", "HoldfastHTTP", "HoldfastTransport",
                nioCore, nioPosix, nioEmbedded, httpTypes, logging,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HoldfastTests",
            dependencies: [
                "TestSupport", "Holdfast", "HoldfastHTTP", "HoldfastRPC", "HoldfastSockJS", "HoldfastTransport",
                nioCore, nioPosix, nioSSL, httpTypes, logging, lifecycle,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HoldfastClientTests",
            dependencies: [
                "HoldfastClient", "Holdfast", "HoldfastTesting", "HoldfastTransport", "HoldfastRPC", "TestSupport",
                nioCore, nioPosix, nioEmbedded, nioHTTP1, httpTypes, logging,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HoldfastTestingTests",
            dependencies: ["HoldfastTesting", "HoldfastTransport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HoldfastCLITests",
            dependencies: [
                "HoldfastCLI", "Holdfast", "HoldfastClient", "HoldfastRPC", "HoldfastTransport",
                argumentParser, httpTypes, logging,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "TestSupport",
            dependencies: [logging],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .target(name: "CAllocations", path: "Tests/LeakTests/CAllocations"),
        .testTarget(
            name: "LeakTests",
            dependencies: [
                "CAllocations", "Holdfast", "HoldfastClient", "HoldfastHTTP", "HoldfastTransport", "TestSupport",
                nioCore, nioPosix, nioSSL, httpTypes, logging,
            ],
            exclude: ["CAllocations"],
            swiftSettings: settings
        ),
    ]
)
