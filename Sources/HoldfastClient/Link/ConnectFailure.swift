// SPDX-License-Identifier: Apache-2.0
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Says why a connection could not be made, in words for people.
enum ConnectFailure {
    /// - Parameter place: to what: host and port, as the URL has them.
    static func words(for error: any Error, _ place: String) -> String {
        "cannot connect to \(place): \(words(for: error))"
    }

    static func words(for error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            guard let failure = error.connectionErrors.first else { return "no address is known for \(error.host)" }
            return words(for: failure.error)
        case let error as IOError: return String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout(let time): return "no answer within \(Duration(time))"
        case NIOSSLError.handshakeFailed(let reason): return "the TLS handshake failed: \(name(of: reason))"
        default: return "\(error)"
        }
    }

    /// The library's name of an error, without the place in its sources.
    private static func name(of reason: BoringSSLError) -> String {
        let text = "\(reason)"
        guard let start = text.firstRange(of: "OPENSSL_internal:")?.upperBound,
            let end = text[start...].firstRange(of: " at ")?.lowerBound
        else { return text }
        return String(text[start..<end])
    }
}
