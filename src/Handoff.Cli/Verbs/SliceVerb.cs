using System.CommandLine;
using Handoff.Cli.Terminal;
using Handoff.Reports.Text;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Selection;
using Handoff.Tracing.Writing;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff slice</c>: a part of a recording as a recording of its own.</summary>
internal sealed class SliceVerb : Verb
{
    private readonly Argument<string> _trace = new("TRACE") { HelpName = "TRACE", Description = RecordingSource.Description };
    private readonly Option<string> _output = new("--output", "-o") { HelpName = "OUT", Description = "the new trace.dat; of a bundle, a directory with the facts (OUT without an ending)", Required = true };
    private readonly SelectionOptionSet _selection = new();
    private readonly Option<bool> _force = new("--force") { Description = "replace an existing file" };

    public SliceVerb()
        : base("slice", "Cut a part of a recording out into a smaller one: by time, by devices, between markers. Markers and notes of lost events stay in.")
    {
        Arguments.Add(_trace);
        Options.Add(_output);
        _selection.AddTo(this, withEvents: false);
        Options.Add(_force);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("slice trace.dat -o second.dat --from +1s --to +2s", "the second second"),
        new("slice trace.dat -o sdhci.dat --device 0000:00:03.0", "what one device did"),
    ];

    public override ExitCode Run(ParseResult arguments, Session session)
    {
        string path = arguments.GetRequiredValue(_trace), output = arguments.GetRequiredValue(_output);
        var request = _selection.Read(arguments);
        OutputFile.Check(output, arguments.GetValue(_force));
        using var input = RecordingSource.Open(path, again: false, session).OpenReading();
        var reader = input.Reader;
        DmaEvent e = default;
        bool more = reader.Read(ref e);
        if (!more && input.IsNone)
            return input.Finish(session);

        using var copy = new RecordingCopy(reader);
        var selector = new EventSelector(reader, request.For(reader, e.Time) with { KeepMarkers = true });
        long read = 0;
        using (ReadProgress.Watch(session, reader))
        {
            for (; more && !selector.IsPast; more = reader.Read(ref e))
            {
                if (selector.Accepts(e))
                    copy.Add(e);
                if ((++read & 4095) == 0 && session.Cancelled.IsCancellationRequested)
                    throw new UserErrorException(ExitCode.Inconclusive, "interrupted; nothing was written");
            }
        }

        if (request.Missing(selector, reader) is { } missing)
            throw missing;
        BundleOutput.Write(input.Source.Bundle, output, copy.WriteTo);
        string from = selector.IsPast ? "" : $" of {reader.Statistics.Events:N0}";
        session.OutInk.WriteLine($"{LitmusFile.Printable(output)}: {copy.Events:N0}{from} events, {ByteSize.Of((ulong)BundleOutput.SizeOf(output))}");
        if (copy.Cut > 0)
            session.ErrorInk.Write("handoff: ", Tone.Warning).WriteLine($"{Quantity.Of(copy.Cut, "list")} too long for a binary recording: cut");
        return input.Finish(session);
    }
}
