using System.CommandLine;
using Handoff.Cli.Terminal;
using Handoff.Reports.Text;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Export;
using Handoff.Tracing.Findings;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff export</c>: recordings as a dataset for SQL.</summary>
internal sealed class ExportVerb : Verb
{
    private readonly Argument<string[]> _traces = new("TRACE") { HelpName = "TRACE", Description = RecordingSource.Description, Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _parquet = new("--parquet") { HelpName = "DIR", Description = "the dataset; made if it does not exist, added to if it does", Required = true };
    private readonly Option<string> _host = new("--host") { HelpName = "NAME", Description = "the machine's name, where a recording does not tell it" };
    private readonly Option<string> _boot = new("--boot") { HelpName = "ID", Description = "the boot; usually found out" };

    public ExportVerb()
        : base("export", "Add recordings to a dataset in Parquet: events, mappings, findings, pool occupancy, with views for SQL. What the dataset has of the same boot is replaced.")
    {
        Arguments.Add(_traces);
        foreach (var option in (Option[])[_parquet, _host, _boot])
            Options.Add(option);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("export tests/data/x86-force-512 --parquet fleet", "one machine"),
        new("export tests/data/arm64-* --parquet fleet", "several; then: duckdb -init fleet/tables-duckdb.sql"),
    ];

    public override ExitCode Run(ParseResult arguments, Session session)
    {
        string[] paths = arguments.GetRequiredValue(_traces);
        string directory = arguments.GetRequiredValue(_parquet);
        string? host = Given(arguments, _host), boot = Given(arguments, _boot);
        CheckDirectory(directory);
        var sources = new List<RecordingSource>();
        try
        {
            foreach (string path in paths)
                sources.Add(RecordingSource.Open(path, again: true, session));
            return Export(paths, sources, directory, host, boot, session);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.CannotWrite, $"{LitmusFile.Printable(directory)}: cannot be written: {problem.Message}", "nothing was changed");
        }
    }

    private static ExitCode Export(string[] paths, List<RecordingSource> sources, string directory, string? host, string? boot, Session session)
    {
        var code = ExitCode.AsExpected;
        using var dataset = new ExportDataset(directory, $"handoff {ProgramVersion.Text}");
        long events = 0;
        int added = 0;
        var places = new List<string>();
        foreach (RecordingSource source in sources)
        {
            TraceBundle bundle = source.Bundle!;
            MachineFacts? facts = source.ReadFacts(session);
            ExportIdentity identity = ExportIdentity.Of(bundle, facts);
            identity = identity with { Host = host ?? identity.Host, Boot = boot ?? identity.Boot, Day = identity.Day ?? DayOf(paths[added], bundle) };
#pragma warning disable CA2000 // it is disposed of, whatever is thrown below
            using RecordingInput input = source.OpenReading();
#pragma warning restore CA2000
            TraceAnalysis analysis;
            using (var progress = new ReadingProgress(session, $"exported {LitmusFile.Printable(bundle.Name)}"))
                analysis = dataset.Add(input.Reader, facts, bundle.Name, identity, progress.Report, session.Cancelled);
            if (analysis.IsInterrupted)
                throw new UserErrorException(ExitCode.Inconclusive, "interrupted; nothing was written");
            if (input.IsUnusable)
            {
                input.Finish(session);
                throw new UserErrorException(ExitCode.BadInput, $"{LitmusFile.Printable(bundle.Name)}: nothing to export; nothing was written");
            }

            if (input.Finish(session) is var one && one != ExitCode.AsExpected)
                code = one;
            events += analysis.Events;
            added++;
            places.Add($"  {LitmusFile.Printable(bundle.Name)}: {Quantity.Of(analysis.Events, "event")}, host {LitmusFile.Printable(identity.Host)}, boot {LitmusFile.Printable(identity.Boot)}{Replaces(dataset.RecordingsOf(identity))}\n");
        }

        dataset.Commit();
        session.OutInk.WriteLine($"{LitmusFile.Printable(directory)}: {Quantity.Of(added, "recording")}, {Quantity.Of(events, "event")}, {Quantity.Of(dataset.Rows["mappings"], "mapping")}, {Quantity.Of(dataset.Rows["findings"], "finding")}");
        foreach (string place in places.Take(20))
            session.OutInk.Write(place, Tone.Muted);
        if (places.Count > 20)
            session.OutInk.Write($"  and {places.Count - 20} more\n", Tone.Muted);
        return code;
    }

    // An archive's own day counts; of what comes through a pipe none is known.
    private static DateOnly? DayOf(string path, TraceBundle bundle)
    {
        string? file = Directory.Exists(path) ? bundle.Path : TraceBundle.IsFile(path) ? path : null;
        return file is null ? null : DateOnly.FromDateTime(File.GetLastWriteTimeUtc(file));
    }

    private static string Replaces(IReadOnlyList<string> before) => before.Count switch
    {
        0 => "",
        <= 3 => $"; replaces {string.Join(", ", before.Select(LitmusFile.Printable))}",
        _ => $"; replaces {before.Count} recordings",
    };

    private static string? Given(ParseResult arguments, Option<string> option) => arguments.GetValue(option) switch
    {
        { } text when string.IsNullOrWhiteSpace(text) => throw new UserErrorException(ExitCode.Usage, $"{option.Name}: the name is empty"),
        var text => text,
    };

    private static void CheckDirectory(string directory)
    {
        string name = LitmusFile.Printable(directory);
        if (directory.Length == 0)
            throw new UserErrorException(ExitCode.Usage, "--parquet: the name of the directory is empty");
        if (File.Exists(directory))
            throw new UserErrorException(ExitCode.CannotWrite, $"{name}: is a file; --parquet names a directory");
        string parent = Path.GetDirectoryName(Path.GetFullPath(directory).TrimEnd('/')) ?? "/";
        if (!Directory.Exists(parent))
            throw new UserErrorException(ExitCode.CannotWrite, $"{name}: there is no directory {LitmusFile.Printable(parent)}");
    }
}
