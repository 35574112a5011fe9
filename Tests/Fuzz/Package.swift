// swift-tools-version: 6.2
import PackageDescription

// The code that reads bytes from the network, built for libFuzzer. The folders of the main package are linked in, so that
// every target belongs to one package and sees what is `package` in it; of HoldfastHTTP and HoldfastRPC only the parsers
// are needed. Linux only: Xcode's toolchain has no libFuzzer. `Tests/Fuzz/run` adds the sanitizer.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

func fuzzer(_ name: String, of dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: ["FuzzSupport", nioCore] + dependencies, swiftSettings: settings)
}

let package = Package(
    name: "holdfast",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
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
        .target(
            name: "HoldfastHTTP",
            dependencies: ["HoldfastTransport", nioCore, httpTypes],
            swiftSettings: settings
        ),
        .target(name: "HoldfastRPC", dependencies: ["HoldfastTransport", nioCore], swiftSettings: settings),
        .systemLibrary(name: "CLibFuzzer"),
        .target(name: "FuzzSupport", dependencies: ["CLibFuzzer"], swiftSettings: settings),
        fuzzer("fuzz-http", of: ["HoldfastHTTP", "HoldfastTransport", httpTypes]),
        fuzzer("fuzz-websocket", of: ["HoldfastWebSocket"]),
        fuzzer("fuzz-json", of: ["HoldfastRPC", "HoldfastTransport"]),
    ]
)
