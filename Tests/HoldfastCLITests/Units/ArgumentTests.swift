// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import HTTPTypes
import HoldfastClient
import HoldfastTransport
import Testing

@testable import HoldfastCLI

/// What the commands make of their arguments, before anything connects.
@Suite struct ArgumentTests {
    /// What is printed for arguments that cannot be used.
    private func refusal(_ arguments: [String]) throws -> String {
        let error = try #require(throws: (any Error).self) { try HoldfastCommand.parseAsRoot(arguments) }
        #expect(HoldfastCommand.exitCode(for: error).rawValue == HoldfastCLI.ExitStatus.usage.rawValue)
        return HoldfastCommand.fullMessage(for: error)
    }

    private func parse<Command>(_ arguments: [String], as type: Command.Type = Command.self) throws -> Command {
        try #require(try HoldfastCommand.parseAsRoot(arguments) as? Command)
    }

    @Test(arguments: [
        (["call"], "'<url>'"),
        (["call", "ws://h/rpc"], "'<method>'"),
        (["call", "h:80/rpc", "echo"], "the URL must begin with ws://, wss://, http:// or https://"),
        (["call", "ws://h/rpc", "echo", "{text: 1}"], "It is not JSON: Unexpected byte 116 at byte 1."),
        (["call", "ws://h/rpc", "echo", "text"], "Strings need double quotes: '\"text\"'."),
        (["call", "ws://h/rpc", "echo", "1", "2"], "Unexpected argument '2'"),
        (["call", "ws://h/rpc", "echo", "--timeout", "0"], "a number from 0.001 to 86400 seconds"),
        (["call", "ws://h/rpc", "echo", "--timeout", "nan"], "a number from 0.001 to 86400 seconds"),
        (["call", "ws://h/rpc", "echo", "--timeout", "soon"], "a number from 0.001 to 86400 seconds"),
        (["call", "ws://h/rpc", "echo", "--transport", "pigeon"], "'pigeon' is invalid for '--transport <transport>'"),
        (["call", "ws://h/rpc", "echo", "--header", "X"], "It must look like 'Name: value'."),
        (["call", "ws://h/rpc", "echo", "--header", "X Y: 1"], "It must look like 'Name: value'."),
        (["call", "ws://h/rpc", "echo", "--header", "X: 1\r\nY: 2"], "line ends or other control characters"),
        (["call", "ws://h/rpc", "echo", "--cert", #filePath], "--cert and --key go together."),
        (["call", "ws://h/rpc", "echo", "--ca", "/no/such.pem"], "There is no such file"),
        (["call", "wss://h/rpc", "echo", "--ca", #filePath], "the TLS files cannot be used"),
        (["call", "ws://h/rpc", "echo", "--ca", #filePath, "--insecure"], "--insecure trusts everyone"),
        (["call", "ws://h/rpc", "echo", "--proxy", "socks5://h"], "must begin with http://"),
        (["call", "wss://h/rpc", "echo", "--pin", #filePath], "the TLS files cannot be used"),
        (["listen", "ws://h/rpc", "--count", "0"], "a whole number from 1 to "),
        (["listen", "ws://h/rpc", "--call", "={}"], "It must look like 'method' or 'method={…}'."),
        (["listen", "ws://h/rpc", "--call", "a={"], "It is not JSON: Unexpected end of JSON at byte 1."),
        (["serve", "/no/such/folder"], "There is no folder '/no/such/folder'."),
        (["serve", #filePath], "is a file, not a folder."),
        (["serve", "--port", "65536"], "a whole number from 0 to 65535"),
        (["serve", "--tls-cert", #filePath], "--tls-cert and --tls-key go together."),
        (["serve", "--tls-cert", "/no/such.pem", "--tls-key", #filePath], "There is no such file"),
        (["bench", "ws://h/rpc", "--connections", "0"], "a whole number from 1 to 10000"),
        (["bench", "ws://h/rpc", "--connections", "10001"], "a whole number from 1 to 10000"),
        (["bench", "ws://h/rpc", "--connections", "99999999999999999999"], "a whole number from 1 to 10000"),
        (["bench", "ws://h/rpc", "--in-flight", "1001"], "a whole number from 1 to 1000"),
        (["bench", "ws://h/rpc", "--connections", "1000", "--in-flight", "101"], "must not exceed 100000"),
        (["bench", "ws://h/rpc", "--rate", "0"], "a number from 0.1 to 1000000 calls a second"),
        (["bench", "ws://h/rpc", "--duration", "0"], "a number from 0.1 to 86400 seconds"),
        (["bench", "ws://h/rpc", "--duration", "inf"], "a number from 0.1 to 86400 seconds"),
        (["bench", "ws://h/rpc", "--timeout", "3601"], "a number from 0.001 to 3600 seconds"),
        (["bench", "ws://h/rpc", "--params", "x"], "It is not JSON"),
        (["reticulate"], "reticulate"),
    ])
    func `Arguments that make no sense are refused with a reason`(arguments: [String], reason: String) throws {
        let text = try refusal(arguments)
        #expect(text.contains(reason), "\(text)")
        #expect(text.contains("Usage: holdfast"))
    }

    @Test func `call takes its arguments`() throws {
        let command: CallCommand = try parse([
            "call", "ws://h/rpc", "sum", #"{"a": 1.0}"#, "--timeout", "1.5", "--header", "X-A:1", "--header",
            "B: x: y ",
            "--transport", "xhr-polling", "--insecure", "--proxy", "http://u:p@proxy:3128",
        ])
        #expect(command.connection.url == "ws://h/rpc")
        #expect(command.method == "sum")
        #expect(try command.params?.read().text == #"{"a": 1.0}"#)
        #expect(command.timeout == .milliseconds(1500))
        let client = try command.connection.makeClient()
        #expect(client.configuration.transports == [.xhrPolling])
        #expect(client.configuration.tls.acceptsAnyCertificate)
        #expect(try client.configuration.proxy == RPCClientProxy("http://u:p@proxy:3128"))
        let fields = client.configuration.fields.map { "\($0.name)=\($0.value)" }
        #expect(fields == ["X-A=1", "B=x: y"])
    }

    @Test func `call leaves out what it is not given`() throws {
        let command: CallCommand = try parse(["call", "ws://h/rpc", "echo"])
        #expect(command.params == nil)
        #expect(command.timeout == .seconds(60))
        #expect(!command.notify)
        #expect(try command.connection.makeClient().configuration.transports == nil)
    }

    @Test func `A dash stands for standard input, and negative numbers follow two dashes`() throws {
        #expect(try parse(["call", "ws://h/rpc", "echo", "-"], as: CallCommand.self).params == .standardInput)
        #expect(try parse(["call", "ws://h/rpc", "echo", "--", "-5"], as: CallCommand.self).params == .json(-5))
    }

    @Test func `listen takes calls with and without parameters`() throws {
        let command: ListenCommand = try parse([
            "listen", "ws://h/rpc", "--call", "open", "--call", #"join={"room":"a=b"}"#, "--count", "3",
        ])
        #expect(command.calls.map(\.method) == ["open", "join"])
        #expect(command.calls.map(\.params) == [nil, ["room": "a=b"]])
        #expect(command.count == 3)
    }

    @Test func `bench has defaults`() throws {
        let command: BenchCommand = try parse(["bench", "ws://h/rpc"])
        #expect(command.connections == 10)
        #expect(command.inFlight == 1)
        #expect(command.rate == nil)
        #expect(command.duration == .seconds(10))
        #expect(command.method == "echo")
        #expect(command.params == nil)
    }
}
