// SPDX-License-Identifier: Apache-2.0
import Foundation
import Holdfast

// One process: HTTP routes, and beside them JSON-RPC endpoints whose sessions survive a lost connection.

let app = Application(configuration: .fromEnvironment())
app.use(.requestLog(level: .debug))
app.get("/hello/:name") { _, context in "Hello, \(try context.parameters.require("name"))!\n" }
app.health()
addPage(to: app)
app.rpc("/rpc", makeDemo(), options: .init(sockJS: true, pingWatchdog: true))
app.rpc("/echo", EchoHandler(), options: .init(sockJS: true, label: "echo"))
app.onRunning { addresses in
    for address in addresses {
        FileHandle.standardOutput.write(Data("Open \(address)\n".utf8))
    }
}
await app.runOrExit()
