// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Foundation
internal import Holdfast
internal import Logging

/// `holdfast serve`: a server to try clients with.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves a folder of files and a JSON-RPC endpoint at /rpc, until SIGTERM or SIGINT.",
        discussion: """
            Methods of /rpc:
              echo      answers with its parameters
              fail      answers with the error {"code", "message", "data"} that it is given
              delay     answers after {"seconds"}
              notifyMe  sends {"count"} notifications {"method"} with {"params"} and their number
              callMe    calls the client's {"method"} with {"params"} and answers with what the client answered

            Besides: the JavaScript client at /holdfast.js and /holdfast.mjs, and /health/live and /health/ready.

            holdfast serve ./public --port 8080


            """ + ExitStatus.table(of: [.success, .cannotServe, .usage])
    )

    @Argument(help: "The folder whose files are served at /; hidden files are not.", completion: .directory)
    var folder: String?

    @Option(help: "The address to listen on; 0.0.0.0 or :: for all.")
    var host = "127.0.0.1"

    @Option(
        help: ArgumentHelp("The port; 0 for any that is free. Default: 8080.", valueName: "n"),
        transform: ArgumentValues.integer(0...65_535)
    )
    var port = 8080

    @Option(
        help: ArgumentHelp("Serve https and wss with this certificate; needs --tls-key.", valueName: "pem-file"),
        transform: ArgumentValues.readableFile
    )
    var tlsCert: String?

    @Option(
        help: ArgumentHelp("The certificate's private key.", valueName: "pem-file"),
        transform: ArgumentValues.readableFile
    )
    var tlsKey: String?

    mutating func validate() throws {
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key go together.")
        }
        guard let folder else { return }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else {
            throw ValidationError("There is no folder '\(folder)'.")
        }
        guard isFolder.boolValue else { throw ValidationError("'\(folder)' is a file, not a folder.") }
    }

    func run() async throws {
        let app = Application(configuration: configuration())
        app.rpc("/rpc", EchoEndpoint.make(), options: .init(sockJS: true))
        app.rpcClientScript("/holdfast.js")
        app.rpcClientScript("/holdfast.mjs")
        app.health()
        if let folder {
            app.files("/**", from: folder)
        } else {
            app.get("/") { _, _ in "JSON-RPC at /rpc, the JavaScript client at /holdfast.js and /holdfast.mjs\n" }
        }
        app.onRunning { addresses in
            for address in addresses { Output.standard.tell(announcement(of: address)) }
        }
        do {
            try await app.run()
        } catch let error as StartupError {
            throw Failure(.cannotServe, error.description)
        }
    }

    private func configuration() -> ApplicationConfiguration {
        var tls: TLSOptions?
        if let tlsCert, let tlsKey { tls = TLSOptions(certificate: tlsCert, key: tlsKey) }
        var configuration = ApplicationConfiguration(listeners: [.tcp(host, port: port, tls: tls)])
        configuration.logger.logLevel = .warning
        return configuration
    }

    private func announcement(of address: BoundAddress) -> String {
        let url = address.description
        let endpoint = "JSON-RPC at ws\(url.dropFirst("http".count))/rpc, SockJS at \(url)/rpc\n"
        return (folder.map { "Files of \($0) at \(url)/\n" } ?? "") + endpoint
    }
}
