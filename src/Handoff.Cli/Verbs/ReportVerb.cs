using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Handoff.Cli.Terminal;
using Handoff.Reports.Html;
using Handoff.Reports.Sarif;
using Handoff.Reports.Trace;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff report</c>: what is wrong in a recording, why, and what to do.</summary>
internal sealed class ReportVerb : Verb
{
    private readonly Argument<string> _path = new("TRACE") { HelpName = "TRACE", Description = RecordingSource.Description };
    private readonly Option<string[]> _devices = new("--device") { HelpName = "NAME,…", Description = "only what concerns these devices", AllowMultipleArgumentsPerToken = false };
    private readonly Option<string> _top = new("--top") { HelpName = "N", Description = $"most findings, and most rows of a table (default {TraceTextWriter.UsualRows})" };
    private readonly Option<bool> _noReplay = new("--no-replay") { Description = "do not try cures out on the recorded load" };
    private readonly Option<string> _html = new("--html") { HelpName = "FILE", Description = "also write one page with every mapping on a timeline" };
    private readonly OutputFormatOptionSet _format = new(OutputFormat.Json, OutputFormat.Sarif);

    public ReportVerb()
        : base("report", "Say what is wrong in a recording of DMA events, why, and what to do; then figures by device.")
    {
        Arguments.Add(_path);
        foreach (var option in (Option[])[_devices, _top, _noReplay, _html])
            Options.Add(option);
        _format.AddTo(this);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("report tests/data/x86-force-512", "why do maps fail, and which swiotlb= helps?"),
        new("report tests/data/arm64-nc-small/trace.dat --device 0000:00:03.0", "one device of a recording"),
    ];

    public override ExitCode Run(System.CommandLine.ParseResult arguments, Session session)
    {
        string path = arguments.GetRequiredValue(_path);
        int top = ReadTop(arguments.GetValue(_top));
        string? html = arguments.GetValue(_html);
        if (html is not null)
            OutputFile.CheckFile(html);
        var format = _format.Read(arguments);
        long began = Stopwatch.GetTimestamp();
        var source = RecordingSource.Open(path, again: false, session);
        MachineFacts? facts = source.ReadFacts(session);
        using var input = source.OpenReading();
        TraceAnalysis analysis;
        using (var progress = new ReadingProgress(session, "read"))
            analysis = TraceAnalyzer.Analyze(input.Reader, facts, progress.Report, html is not null, session.Cancelled);
        if (input.IsUnusable)
            return input.Finish(session);

        string[] devices = ReadDevices(arguments.GetValue(_devices) ?? [], analysis);
        CureTrials? trials = arguments.GetValue(_noReplay) || source.Bundle is null || analysis.IsInterrupted ? null : new CureTrials(source.Bundle, analysis.Events, session);
        var findings = TraceFindings.Find(analysis, trials);
        var report = new TraceReport(source.Name, analysis, findings, Stopwatch.GetElapsedTime(began), devices) { Baseline = trials?.Baseline };
        if (html is not null)
            OutputFile.Write(html, stream => TraceHtmlWriter.Write(report, stream));
        if (format == OutputFormat.Json)
            session.WriteUtf8(stream => TraceJsonWriter.Write(report, stream));
        else if (format == OutputFormat.Sarif)
            session.WriteUtf8(stream => TraceSarifWriter.Write(report, path, ProgramVersion.Text, stream));
        else
            TraceTextWriter.Write(report, session.OutInk, session.Width, top);
        if (input.Finish(session) is var damage and not ExitCode.AsExpected)
            return damage;
        return analysis.IsInterrupted ? ExitCode.Inconclusive : report.IsWrong ? ExitCode.Differs : ExitCode.AsExpected;
    }

    private static int ReadTop(string? text)
    {
        if (text is null)
            return TraceTextWriter.UsualRows;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int top) || top == 0)
            throw new UserErrorException(ExitCode.Usage, $"--top: '{LitmusFile.Printable(text)}' is no number of rows", "write a number from 1");
        return top;
    }

    private static string[] ReadDevices(string[] texts, TraceAnalysis analysis)
    {
        string[] known = [.. analysis.Statistics.Devices.Select(static d => d.Name)];
        var wanted = new List<string>();
        foreach (string name in texts.SelectMany(static text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            if (!known.Contains(name))
            {
                string? nearest = NearestWord.Find(name, known);
                string hint = nearest is not null ? $"did you mean '{nearest}'?" : known.Length == 0 ? "it has none" : $"devices: {string.Join(", ", known.Take(12))}{(known.Length > 12 ? ", …" : "")}";
                throw new UserErrorException(ExitCode.Usage, $"--device: '{LitmusFile.Printable(name)}' is no device of this recording", LitmusFile.Printable(hint));
            }

            wanted.Add(name);
        }

        return [.. wanted.Distinct()];
    }
}
