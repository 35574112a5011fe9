// SPDX-License-Identifier: Apache-2.0
// The same plain answer from Hummingbird, in its default shape.
import BenchmarkSettings
import Hummingbird
import Logging
import NIOPosix

let router = Router()
router.get("plaintext") { _, _ in "Hello, World!" }
var logger = Logger(label: "hummingbird")
logger.logLevel = .error
let app = Application(
    router: router,
    configuration: .init(address: .hostname(Settings.host, port: Settings.port)),
    eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: Settings.threads)),
    logger: logger
)
try await app.runService()
