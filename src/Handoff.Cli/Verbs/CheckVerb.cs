using System.CommandLine;
using Handoff.Cli.Terminal;
using Handoff.Reports.Check;
using Handoff.Reports.Html;
using Handoff.Reports.Sarif;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff check</c>: tests × kernels, and whether each verdict is the expected one.</summary>
internal sealed class CheckVerb : Verb
{
    private readonly Argument<string[]> _paths = new("PATH")
    {
        HelpName = "PATH …",
        Description = "litmus tests, directories of them, or - for standard input",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly CheckOptionSet _common = new();
    private readonly Option<bool> _explain = new("--explain") { Description = "tell the shortest story behind each verdict" };
    private readonly Option<string> _html = new("--html") { HelpName = "FILE", Description = "also write one page to look at, with every story" };
    private readonly OutputFormatOptionSet _format = new(OutputFormat.Json, OutputFormat.Sarif, OutputFormat.Ktap, OutputFormat.Tap, OutputFormat.Herd);

    public CheckVerb()
        : base("check", "Explore every behaviour of litmus tests: can anyone read stale data, lose a write, leak or touch memory that is not theirs?")
    {
        Arguments.Add(_paths);
        _common.AddTo(this);
        foreach (var option in (Option[])[_explain, _html])
            Options.Add(option);
        _format.AddTo(this);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("check litmus/thread", "every test of a family, under linux-6.12"),
        new("check litmus/thread --kernel linux-6.4,linux-6.12,+marinas,+no-bounce", "whom does a change help, whom does it break?"),
    ];

    public override ExitCode Run(ParseResult arguments, Session session)
    {
        bool explain = arguments.GetValue(_explain);
        var format = _format.Read(arguments);
        if (explain && format is (OutputFormat.Herd or OutputFormat.Ktap or OutputFormat.Tap))
            throw new UserErrorException(ExitCode.Usage, $"{(format == OutputFormat.Herd ? "--herd" : "--format " + OutputFormatOptionSet.Name(format))} and --explain exclude each other");

        string? html = arguments.GetValue(_html);
        if (html is not null)
            OutputFile.CheckFile(html);
        // Findings in SARIF have the steps that lead to them.
        var request = _common.Read(arguments) with { Explain = explain || html is not null || format == OutputFormat.Sarif };
        bool complete = TestReader.ReadAll(LitmusFile.Find(arguments.GetRequiredValue(_paths)), session, out var tests, out var unusable);
        if (tests.Count == 0 && format is not (OutputFormat.Sarif or OutputFormat.Ktap or OutputFormat.Tap))
            return ExitCode.BadInput;

        var report = CheckRunner.Run(tests, request, session, unusable);
        if (html is not null)
            OutputFile.Write(html, stream => CheckHtmlWriter.Write(report, stream));
        Write(report, format, explain, session);
        return complete ? CheckRunner.CodeOf(report) : ExitCode.BadInput;
    }

    private static void Write(CheckReport report, OutputFormat format, bool explain, Session session)
    {
        switch (format)
        {
            case OutputFormat.Json:
                session.WriteUtf8(stream => CheckJsonWriter.Write(report, stream));
                break;
            case OutputFormat.Sarif:
                session.WriteUtf8(stream => CheckSarifWriter.Write(report, ProgramVersion.Text, stream));
                break;
            case OutputFormat.Ktap or OutputFormat.Tap:
                TapWriter.Write(report, session.Out, format == OutputFormat.Ktap ? TapFlavour.Ktap : TapFlavour.Tap14);
                break;
            case OutputFormat.Herd:
                HerdWriter.Write(report, session.Out);
                break;
            default:
                if (explain)
                    ExplainWriter.Write(report, session.OutInk, session.Width);
                else
                    CheckTextWriter.Write(report, session.OutInk, session.Width);
                break;
        }
    }
}
