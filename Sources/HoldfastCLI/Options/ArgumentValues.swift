// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Foundation
internal import HTTPTypes
internal import HoldfastClient
internal import HoldfastTransport

/// How arguments become values; each says what is wrong with one that cannot.
enum ArgumentValues {
    /// A whole number within bounds.
    static func integer(_ range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
        { text in
            guard let value = Int(text), range.contains(value) else {
                throw ValidationError("It must be a whole number from \(range.lowerBound) to \(range.upperBound).")
            }
            return value
        }
    }

    /// A number within bounds.
    static func number(_ range: ClosedRange<Double>, _ unit: String) -> @Sendable (String) throws -> Double {
        { text in
            guard let value = Double(text), range.contains(value) else {
                let bounds = "\(plain(range.lowerBound)) to \(plain(range.upperBound))"
                throw ValidationError("It must be a number from \(bounds) \(unit).")
            }
            return value
        }
    }

    /// A time in seconds.
    static func seconds(_ range: ClosedRange<Double>) -> @Sendable (String) throws -> Duration {
        let number = number(range, "seconds")
        return { text in .seconds(try number(text)) }
    }

    /// A JSON value.
    @Sendable static func json(_ text: String) throws -> JSON {
        do throws(JSONError) {
            return try JSON(parsing: text)
        } catch {
            throw ValidationError("It is not JSON: \(error). Strings need double quotes: '\"text\"'.")
        }
    }

    /// An HTTP field, `Name: value`.
    @Sendable static func field(_ text: String) throws -> HTTPField {
        guard let colon = text.firstIndex(of: ":"), let name = HTTPField.Name(String(text[..<colon])) else {
            throw ValidationError("It must look like 'Name: value'.")
        }
        let value = text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        guard HTTPField.isValidValue(value) else {
            throw ValidationError("The value has line ends or other control characters.")
        }
        return HTTPField(name: name, value: value)
    }

    /// An HTTP proxy.
    @Sendable static func proxy(_ text: String) throws -> RPCClientProxy {
        do {
            return try RPCClientProxy(text)
        } catch let error as RPCClientError {
            throw ValidationError("It is not a proxy's URL: \(error.message).")
        }
    }

    /// The path of a file that can be read.
    @Sendable static func readableFile(_ path: String) throws -> String {
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw ValidationError("There is no such file, or it may not be read.")
        }
        return path
    }

    private static func plain(_ number: Double) -> String {
        Int(exactly: number).map { "\($0)" } ?? "\(number)"
    }
}

/// The transports that the client has.
enum TransportName: String, CaseIterable, ExpressibleByArgument {
    case webSocket = "websocket"
    case xhrStreaming = "xhr-streaming"
    case xhrPolling = "xhr-polling"

    var transport: Transport {
        switch self {
        case .webSocket: .webSocket
        case .xhrStreaming: .xhrStreaming
        case .xhrPolling: .xhrPolling
        }
    }
}
