// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A terminal without a screen.
final class PseudoTerminal {
    /// What a program writes to.
    let program: FileHandle
    private let screen: FileHandle
    private let capture = Capture()

    struct NoTerminal: Error {}

    init(columns: UInt16) throws {
        let descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        guard descriptor >= 0 else { throw NoTerminal() }
        screen = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let name = try Self.unlock(descriptor)
        let other = open(name, O_RDWR | O_NOCTTY)
        guard other >= 0 else { throw NoTerminal() }
        program = FileHandle(fileDescriptor: other, closeOnDealloc: true)
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard ioctl(other, UInt(TIOCSWINSZ), &size) == 0 else { throw NoTerminal() }
        capture.start(screen)
    }

    /// Makes the terminal usable.
    ///
    /// - Returns: its path.
    private static func unlock(_ descriptor: Int32) throws -> String {
        #if os(Linux)
        // TIOCSPTLCK and TIOCGPTN: the functions that stand for them are hidden from Swift.
        var number: Int32 = 0
        guard ioctl(descriptor, 0x4004_5431, &number) == 0, ioctl(descriptor, 0x8004_5430, &number) == 0 else {
            throw NoTerminal()
        }
        return "/dev/pts/\(number)"
        #else
        guard grantpt(descriptor) == 0, unlockpt(descriptor) == 0, let name = ptsname(descriptor) else {
            throw NoTerminal()
        }
        return String(cString: name)
        #endif
    }

    /// All that was written, once the program has ended.
    func text() async throws -> String {
        try program.close()
        return await capture.text().replacing("\r\n", with: "\n")
    }
}
