// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// What is known about whoever reads a file descriptor.
struct Terminal {
    /// Whether it is a terminal at all.
    var isTerminal: Bool
    /// The number of columns.
    var width: Int
    /// Whether colour is welcome: on a terminal that knows it, unless `NO_COLOR` is set.
    var hasColour: Bool

    static var standard: Terminal { Terminal(STDOUT_FILENO, ProcessInfo.processInfo.environment) }
    static var errors: Terminal { Terminal(STDERR_FILENO, ProcessInfo.processInfo.environment) }

    init(_ descriptor: Int32, _ environment: [String: String]) {
        isTerminal = isatty(descriptor) == 1
        hasColour = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        var size = winsize()
        if isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            width = Int(size.ws_col)
        } else {
            width = environment["COLUMNS"].flatMap { Int($0) } ?? 80
        }
    }
}

/// Marks text for a terminal, or leaves it as it is.
struct Style {
    var isOn: Bool

    init(isOn: Bool) {
        self.isOn = isOn
    }

    init(_ terminal: Terminal) {
        isOn = terminal.hasColour
    }

    func bold(_ text: String) -> String { mark(text, "1") }
    func dim(_ text: String) -> String { mark(text, "2") }
    func red(_ text: String) -> String { mark(text, "1;31") }
    func cyan(_ text: String) -> String { mark(text, "36") }

    private func mark(_ text: String, _ code: String) -> String {
        isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
