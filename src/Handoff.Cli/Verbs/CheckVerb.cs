using System.CommandLine;
using Handoff.Cli.Terminal;
using Handoff.Reports.Check;
using Handoff.Reports.Html;

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
    private readonly Option<bool> _json = new("--json") { Description = "for programs; with --explain, stories too" };
    private readonly Option<string> _html = new("--html") { HelpName = "FILE", Description = "also write one page to look at, with every story" };
    private readonly Option<bool> _herd = new("--herd") { Description = "verdict blocks as herd7 prints them" };

    public CheckVerb()
        : base("check", "Explore every behaviour of litmus tests: can anyone read stale data, lose a write, leak or touch memory that is not theirs?")
    {
        Arguments.Add(_paths);
        _common.AddTo(this);
        foreach (var option in (Option[])[_explain, _json, _html, _herd])
            Options.Add(option);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("check litmus/thread", "every test of a family, under linux-6.12"),
        new("check litmus/thread --kernel linux-6.4,linux-6.12,+marinas,+no-bounce", "whom does a change help, whom does it break?"),
    ];

    public override ExitCode Run(ParseResult arguments, Session session)
    {
        bool explain = arguments.GetValue(_explain), json = arguments.GetValue(_json), herd = arguments.GetValue(_herd);
        if (herd && (json || explain))
            throw new UserErrorException(ExitCode.Usage, $"--herd and {(json ? "--json" : "--explain")} exclude each other");

        string? html = arguments.GetValue(_html);
        var request = _common.Read(arguments) with { Explain = explain || html is not null };
        bool complete = TestReader.ReadAll(LitmusFile.Find(arguments.GetRequiredValue(_paths)), session, out var tests);
        if (tests.Count == 0)
            return ExitCode.BadInput;

        var report = CheckRunner.Run(tests, request, session);
        if (html is not null)
            OutputFile.Write(html, stream => CheckHtmlWriter.Write(report, stream));
        if (json)
            session.WriteUtf8(stream => CheckJsonWriter.Write(report, stream));
        else if (herd)
            HerdWriter.Write(report, session.Out);
        else if (explain)
            ExplainWriter.Write(report, session.OutInk, session.Width);
        else
            CheckTextWriter.Write(report, session.OutInk, session.Width);
        return complete ? CheckRunner.CodeOf(report) : ExitCode.BadInput;
    }
}
