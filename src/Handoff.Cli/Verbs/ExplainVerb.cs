using System.CommandLine;
using Handoff.Cli.Terminal;
using Handoff.Litmus.Language;
using Handoff.Reports.Check;
using Handoff.Reports.Html;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff explain</c>: the story behind a test's verdict.</summary>
internal sealed class ExplainVerb : Verb
{
    private readonly Argument<string> _path = new("FILE") { HelpName = "FILE", Description = "a litmus test, or - for standard input" };
    private readonly CheckOptionSet _common = new();
    private readonly Option<string> _verdict = new("--verdict") { HelpName = "WORD", Description = "whose story to tell, such as stale or lost (default: the gravest found)" };

    private readonly Option<bool> _json = new("--json") { Description = "for programs; the same as check --explain --json" };
    private readonly Option<string> _saveWitness = new("--save-witness") { HelpName = "FILE", Description = "also write the story to a file that can be replayed" };
    private readonly Option<string> _witness = new("--witness") { HelpName = "FILE", Description = "replay such a file step by step, instead of a search" };
    private readonly Option<string> _html = new("--html") { HelpName = "FILE", Description = "also write one page to step through it" };

    public ExplainVerb()
        : base("explain", "Tell the shortest story behind a test's verdict: who acts, where each version lives, why the kernel bounced.")
    {
        Arguments.Add(_path);
        _common.AddTo(this);
        foreach (var option in (Option[])[_verdict, _json, _html, _saveWitness, _witness])
            Options.Add(option);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("explain litmus/thread/uncached-above-mask.litmus", "why can the camera read bytes nobody shared?"),
        new("explain litmus/thread/cached-two-attachments.litmus --kernel linux-6.4", "the same under another kernel"),
        new("explain litmus/thread/uncached-above-mask.litmus --json", "the story, what would cure it, and every verdict, for programs"),
    ];

    public override ExitCode Run(System.CommandLine.ParseResult arguments, Session session)
    {
        if (arguments.GetValue(_html) is { } page)
            OutputFile.CheckFile(page);
        string path = arguments.GetRequiredValue(_path);
        var verdict = arguments.GetValue(_verdict) is { } word ? ReadVerdict(word) : (Verdict?)null;
        var request = _common.Read(arguments) with { Explain = true };
        if (Directory.Exists(path))
            throw new UserErrorException(ExitCode.BadInput, $"{LitmusFile.Printable(path)} is a directory", $"handoff check {LitmusFile.Printable(path)} --explain tells all its stories");
        string? witness = arguments.GetValue(_witness), saved = arguments.GetValue(_saveWitness);
        if (witness is not null)
            RefuseOthers(arguments);
        if (saved is not null)
            OutputFile.Check(saved, force: true);
        if (!TestReader.ReadAll(LitmusFile.Find([path]), session, out var tests))
            return ExitCode.BadInput;
        if (witness is not null)
            return WitnessRunner.Replay(tests[0].Parsed, witness, _common.HasKernels(arguments) ? request.Kernels : null, session);
        if (saved is not null && request.Kernels.Count > 1)
            throw new UserErrorException(ExitCode.Usage, "a witness is of one kernel", "name one with --kernel");

        var report = CheckRunner.Run(tests, request, session);
        if (saved is not null)
            WitnessRunner.Save(report, verdict, saved);
        if (arguments.GetValue(_html) is { } html)
            OutputFile.Write(html, stream => CheckHtmlWriter.Write(report, stream));
        if (arguments.GetValue(_json))
            session.WriteUtf8(stream => CheckJsonWriter.Write(report, stream));
        else
            ExplainWriter.Write(report, session.OutInk, session.Width, verdict);
        return CheckRunner.CodeOf(report);
    }

    // A witness says itself what it is of.
    private void RefuseOthers(System.CommandLine.ParseResult arguments)
    {
        foreach (var option in (Option[])[_verdict, _json, _html, _saveWitness])
        {
            if (arguments.GetResult(option) is { Implicit: false })
                throw new UserErrorException(ExitCode.Usage, $"--witness and {option.Name} exclude each other");
        }

        if (_common.HasMachines(arguments))
            throw new UserErrorException(ExitCode.Usage, "--witness and --on exclude each other", "the file names its machine");
    }

    private static Verdict ReadVerdict(string word)
    {
        var known = Enum.GetValues<Verdict>().Where(verdict => verdict != Verdict.Ok).ToDictionary(VerdictText.Name);
        if (known.TryGetValue(word, out var verdict))
            return verdict;
        string? nearest = NearestWord.Find(word, known.Keys);
        throw new UserErrorException(ExitCode.Usage, $"'{word}' is no verdict", nearest is null ? $"verdicts: {string.Join(", ", known.Keys)}" : $"did you mean '{nearest}'?");
    }
}
