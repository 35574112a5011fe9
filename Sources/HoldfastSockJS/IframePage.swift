// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// The page that runs the JavaScript client inside a hidden frame.
package struct IframePage: Sendable {
    package let body: ByteBuffer
    /// A strong entity tag, the same as long as the script's address is.
    package let entityTag: String

    package init(clientScriptURL: String) {
        body = ByteBuffer(
            string: """
                <!DOCTYPE html>
                <html>
                <head>
                  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
                  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
                  <script src="\(Self.escape(clientScriptURL))"></script>
                  <script>
                    document.domain = document.domain;
                    SockJS.bootstrap_iframe();
                  </script>
                </head>
                <body>
                  <h2>Don't panic!</h2>
                  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>
                </body>
                </html>
                """
        )
        // FNV-1a: it tells versions of one page apart and protects nothing.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in body.readableBytesView { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3 }
        entityTag = "\"\(String(hash, radix: 16))\""
    }

    private static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
