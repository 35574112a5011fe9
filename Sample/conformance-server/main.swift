// SPDX-License-Identifier: Apache-2.0
import Foundation
import Holdfast

// What public test suites talk to, on port 8081 unless HOLDFAST_PORT says otherwise.

let app = Application(configuration: .fromEnvironment(port: 8081))
addHTTPRoutes(to: app)
addWebSocketEcho(to: app)
addKurentoHandlers(to: app)
addClientEndpoints(to: app)
addSockJSServices(to: app)
app.onRunning { addresses in
    for address in addresses {
        FileHandle.standardOutput.write(Data("conformance server on \(address)\n".utf8))
    }
}
await app.runOrExit()
