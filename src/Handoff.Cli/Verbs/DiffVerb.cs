using System.CommandLine;
using Handoff.Cli.Terminal;
using Handoff.Reports.Trace;
using Handoff.Reports.Trace.Diff;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff diff</c>: what changed from one recording to another.</summary>
internal sealed class DiffVerb : Verb
{
    private readonly Argument<string> _before = new("BEFORE") { HelpName = "BEFORE", Description = RecordingSource.Description };
    private readonly Argument<string> _after = new("AFTER") { HelpName = "AFTER", Description = "another one" };
    private readonly Option<bool> _json = new("--json") { Description = "for programs" };

    public DiffVerb()
        : base("diff", "Say what changed from one recording to another: findings, the machine, the load, each device. Exit code 1 if anything did.")
    {
        Arguments.Add(_before);
        Arguments.Add(_after);
        Options.Add(_json);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("diff tests/data/arm64-nc-small tests/data/x86-force-512", "one machine against another"),
        new("diff tests/data/arm64-nc-small tests/data/arm64-misuse-nc --json", "for programs"),
    ];

    public override ExitCode Run(ParseResult arguments, Session session)
    {
        string before = arguments.GetRequiredValue(_before), after = arguments.GetRequiredValue(_after);
        if (before == "-" && after == "-")
            throw new UserErrorException(ExitCode.Usage, "only one of two recordings can come from standard input");
        var damage = ExitCode.AsExpected;
        if (Read(before, ref damage, session) is not { } first || Read(after, ref damage, session) is not { } second)
            return damage;
        var diff = new TraceDiff(first, second);
        if (arguments.GetValue(_json))
            session.WriteUtf8(stream => TraceDiffJsonWriter.Write(diff, stream));
        else
            TraceDiffTextWriter.Write(diff, session.OutInk, session.Width);
        return damage != ExitCode.AsExpected ? damage : diff.IsSame ? ExitCode.AsExpected : ExitCode.Differs;
    }

    /// <returns>What the recording says; <see langword="null"/> if it says nothing.</returns>
    private static TraceReport? Read(string path, ref ExitCode damage, Session session)
    {
        var source = RecordingSource.Open(path, again: false, session);
        MachineFacts? facts = source.ReadFacts(session);
        using var input = source.OpenReading();
        TraceAnalysis analysis;
        using (var progress = new ReadingProgress(session, $"read {LitmusFile.Printable(Path.GetFileName(path))}"))
            analysis = TraceAnalyzer.Analyze(input.Reader, facts, progress.Report, cancellation: session.Cancelled);
        if (analysis.IsInterrupted)
            throw new UserErrorException(ExitCode.Inconclusive, "interrupted");
        if (input.Finish(session) is var code and not ExitCode.AsExpected)
            damage = code;
        return input.IsUnusable ? null : new TraceReport(source.Name, analysis, TraceFindings.Find(analysis, null), TimeSpan.Zero);
    }
}
