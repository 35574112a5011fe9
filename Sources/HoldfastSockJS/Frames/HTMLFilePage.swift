// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// The beginning of the endless page of the `htmlfile` transport.
package enum HTMLFilePage {
    /// Makes the page's head, padded until browsers start to run its scripts.
    ///
    /// - Parameter callback: A name in the embedding page, of the characters that ``Callback`` allows.
    package static func head(callback: String) -> ByteBuffer {
        var head = ByteBuffer(
            string: """
                <!doctype html>
                <html><head>
                  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
                  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
                </head><body><h2>Don't panic!</h2>
                  <script>
                    document.domain = document.domain;
                    var c = parent.\(callback);
                    c.start();
                    function p(d) {c.message(d);};
                    window.onload = function() {c.stop();};
                  </script>
                """
        )
        head.writeRepeatingByte(UInt8(ascii: " "), count: max(0, paddedSize - head.readableBytes))
        head.writeStaticString("\r\n\r\n")
        return head
    }

    /// Over 1 KiB, which some browsers wait for.
    private static let paddedSize = 1028
}
