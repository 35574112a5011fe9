// SPDX-License-Identifier: Apache-2.0

/// Draws rows of counts as bars of Unicode blocks, to an eighth of a column.
struct HistogramDrawing {
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    /// Bars shorter than this tell nothing; the share goes first.
    private static let leastBar = 8

    let rows: [LatencyHistogram.Row]

    /// - Parameter width: the columns that no line exceeds; at least 24 are used.
    func lines(width: Int, style: Style) -> [String] {
        let total = rows.reduce(0) { $0 + $1.count }
        let most = max(1, rows.map(\.count).max() ?? 0)
        let labels = zip(Self.aligned(rows.map(\.lower)), Self.aligned(rows.map(\.upper))).map { "\($0) – \($1)" }
        let counts = rows.map { Figures.grouped($0.count) }
        let shares = rows.map { Figures.share($0.count, of: total) }
        let labelWidth = labels.map(\.count).max() ?? 0
        let countWidth = counts.map(\.count).max() ?? 0
        let shareWidth = shares.map(\.count).max() ?? 0
        // Two columns of margin and two between the parts.
        var barWidth = width - 2 - labelWidth - 2 - 2 - countWidth - 2 - shareWidth
        let hasShares = barWidth >= Self.leastBar
        if !hasShares { barWidth += 2 + shareWidth }
        barWidth = max(barWidth, 1)
        return rows.indices.map { index in
            let bar = Self.bar(Double(rows[index].count) / Double(most), width: barWidth)
            var line = "  " + labels[index] + "  "
            line += style.cyan(bar) + String(repeating: " ", count: barWidth - bar.count)
            line += "  " + counts[index].padded(to: countWidth, atEnd: false)
            if hasShares { line += "  " + style.dim(shares[index].padded(to: shareWidth, atEnd: false)) }
            return line
        }
    }

    private static func aligned(_ durations: [Duration]) -> [String] {
        let texts = durations.map(Figures.time)
        let width = texts.map(\.count).max() ?? 0
        return texts.map { $0.padded(to: width, atEnd: false) }
    }

    /// A bar of this part of the width; what is not nothing is seen.
    static func bar(_ part: Double, width: Int) -> String {
        guard part > 0 else { return "" }
        let length = max(1, Int((min(part, 1) * Double(width) * 8).rounded()))
        return String(repeating: "█", count: length / 8) + eighths[length % 8]
    }
}

extension String {
    /// Spaces to this many columns, after the text or before it.
    func padded(to width: Int, atEnd: Bool = true) -> String {
        let space = String(repeating: " ", count: max(0, width - count))
        return atEnd ? self + space : space + self
    }
}
