// SPDX-License-Identifier: Apache-2.0
internal import HoldfastClient
internal import HoldfastRPC
internal import HoldfastTransport

/// Why a command ends without having done what it was asked to.
struct Failure: Error, Hashable {
    var status: ExitStatus
    /// What happened, where.
    var message: String
    /// More lines: the server's data, or what to do.
    var details: [String]
    /// What stands before the colon.
    var heading = "error"

    init(_ status: ExitStatus, _ message: String, details: [String] = []) {
        self.status = status
        self.message = message
        self.details = details
    }

    /// Tells what a client's error means for the shell.
    ///
    /// - Parameter url: where the client was to connect to.
    init(_ error: RPCClientError, url: String) {
        switch error.kind {
        case .remote:
            let remote = error.remote
            self.init(.callFailed, remote?.message ?? error.message)
            if let remote { heading += " \(remote.code)" }
            if let data = remote?.data, !data.isNull { details = ["data: \(data.line)"] }
        case .overloaded, .invalidResult:
            self.init(.callFailed, error.message)
        case .transport, .closed, .sessionLost, .outcomeUnknown:
            self.init(.noConnection, "\(url): \(error.message)")
            if let hint = Self.hint(for: error.message) { details = [hint] }
        case .timeout:
            self.init(.timeout, "\(url): \(error.message)")
        case .configuration:
            self.init(.usage, error.message)
        }
    }

    /// What to do about a connection that could not be made, where that is likely enough to be said.
    private static func hint(for message: String) -> String? {
        if message.contains("Connection refused") {
            return "Does the server run, on that port? 'holdfast serve' starts one to try with."
        }
        if message.contains("CERTIFICATE_VERIFY_FAILED") {
            return "--ca FILE trusts the authority that signed the certificate."
        }
        if message.contains("WRONG_VERSION_NUMBER") {
            return "Does the server speak TLS? ws:// and http:// do without."
        }
        if message.contains("refused the upgrade with 404") { return "Is the path that of a JSON-RPC endpoint?" }
        return nil
    }

    /// Prints it on standard error.
    func report() {
        let style = Style(Terminal.errors)
        var text = "\(style.red(heading + ":")) \(message.printable)\n"
        for detail in details { text += detail.printable + "\n" }
        Output.errors.tell(text)
    }
}
