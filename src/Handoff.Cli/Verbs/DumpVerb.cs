using System.CommandLine;
using Handoff.Cli.Terminal;
using Handoff.Reports.Dump;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Selection;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff dump</c>: the events of a recording, one line each.</summary>
internal sealed class DumpVerb : Verb
{
    private const int LookUpEvery = 4096; // events between two looks at whether anybody still wants them

    private readonly Argument<string> _trace = new("TRACE") { HelpName = "TRACE", Description = RecordingSource.Description };
    private readonly SelectionOptionSet _selection = new();
    private readonly Option<bool> _json = new("--json") { Description = "one JSON object a line" };
    private readonly Option<bool> _csv = new("--csv") { Description = "comma-separated values with a heading" };

    public DumpVerb()
        : base("dump", "Print the events of a recording, merged by time and evened out over kernels and formats.")
    {
        Arguments.Add(_trace);
        _selection.AddTo(this, withEvents: true);
        Options.Add(_json);
        Options.Add(_csv);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("dump trace.dat --event map*,swiotlb_bounced --from +2s --to +3s", "one second of maps and bounces"),
        new("dump trace.dat --device 0000:00:02.0 --csv", "a table of everything one device did"),
    ];

    public override ExitCode Run(ParseResult arguments, Session session)
    {
        bool json = arguments.GetValue(_json), csv = arguments.GetValue(_csv);
        if (json && csv)
            throw new UserErrorException(ExitCode.Usage, "--json and --csv exclude each other");
        var request = _selection.Read(arguments);
        string path = arguments.GetRequiredValue(_trace);
        using var input = RecordingSource.Open(path, again: false, session).OpenReading();
        var reader = input.Reader;
        bool interrupted = false;
        using (ReadProgress.Watch(session, reader, streamsResults: true))
        {
            DmaEvent e = default;
            bool more = reader.Read(ref e); // only after that is it certain what the clock counts
            if (more || !input.IsNone)
            {
                var output = session.OpenOutput();
                EventWriter writer = json ? new EventJsonWriter(reader, output) : csv ? new EventCsvWriter(reader, output) : new EventTextWriter(reader, output);
                var selector = new EventSelector(reader, request.For(reader, e.Time));
                interrupted = Copy(reader, ref e, more, selector, request.Filter.IsEverything && request is { From: null, To: null }, writer, session);
                if (!interrupted && request.Missing(selector, reader) is { } missing)
                    throw missing;
            }
        }

        var code = input.Finish(session);
        return interrupted && code == ExitCode.AsExpected ? ExitCode.Inconclusive : code;
    }

    /// <returns>Whether it was interrupted.</returns>
    private static bool Copy(RecordingReader reader, ref DmaEvent e, bool more, EventSelector selector, bool everything, EventWriter writer, Session session)
    {
        bool interrupted = false;
        for (int untilLook = LookUpEvery; more && !selector.IsPast; more = reader.Read(ref e))
        {
            if (everything || selector.Accepts(e))
                writer.Write(e);
            if (--untilLook != 0)
                continue;
            untilLook = LookUpEvery;
            if (session.OutputIsGone() || (interrupted = session.Cancelled.IsCancellationRequested))
                break;
        }

        writer.Flush();
        return interrupted;
    }
}
