namespace Handoff.Cli.Verbs;

/// <summary>The verbs, in the order of the help.</summary>
internal static class VerbList
{
    /// <summary>All verbs, newly made.</summary>
    public static Verb[] Create() =>
    [
        new CheckVerb(),
        new ExplainVerb(),
        new ReportVerb(),
        new RecordVerb(),
        new KernelsVerb(),
        new MachinesVerb(),
        new DumpVerb(),
        new SliceVerb(),
        new RedactVerb(),
        new ExportVerb(),
        new DiffVerb(),
        new ReplayVerb(),
        new SizeVerb(),
        new CompletionVerb(),
        new HelpVerb(),
    ];
}
