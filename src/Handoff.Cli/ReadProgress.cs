using Handoff.Cli.Terminal;
using Handoff.Reports.Text;
using Handoff.Tracing.Recordings;

namespace Handoff.Cli;

/// <summary>How far a reader is, on the terminal, for verbs that read event by event themselves.</summary>
internal static class ReadProgress
{
    /// <summary>Watches a reader until the line is disposed of.</summary>
    /// <param name="session">Where to.</param>
    /// <param name="reader">The reader.</param>
    /// <param name="streamsResults">Whether results are written meanwhile; on the same terminal nothing is shown then.</param>
    public static ProgressLine Watch(Session session, RecordingReader reader, bool streamsResults = false) =>
        new(session, elapsed => Text(reader, elapsed), hidden: streamsResults && session.OutIsTerminal, part: () => reader.Progress);

    private static string Text(RecordingReader reader, TimeSpan elapsed)
    {
        double part = reader.Progress;
        return $"read {Quantity.Of(reader.Statistics.Events, "event")} · {Quantity.Of(elapsed)}{ProgressLine.Left(elapsed, part)}";
    }
}
