using System.CommandLine;
using Handoff.Cli.Terminal;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff help</c>: the same as <c>--help</c>, and the manual page.</summary>
internal sealed class HelpVerb : Verb
{
    private readonly Argument<string?> _verb = new("VERB") { HelpName = "VERB", Description = "what to tell about", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _man = new("--man") { Description = "everything as a manual page, in the language of man" };

    public HelpVerb()
        : base("help", "Tell about the program, or about one verb: the same as --help.")
    {
        Arguments.Add(_verb);
        Options.Add(_man);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("help check", "the same as handoff check --help"),
        new("help --man >handoff.1", "the manual page, for man -l handoff.1"),
    ];

    public override ExitCode Run(ParseResult arguments, Session session)
    {
        var line = new CommandLineReader();
        string? name = arguments.GetValue(_verb);
        if (arguments.GetValue(_man))
        {
            if (name is not null)
                throw new UserErrorException(ExitCode.Usage, "--man is about all verbs; name none");
            ManualWriter.Write(line, session.Out);
            return ExitCode.AsExpected;
        }

        var verb = line.Verbs.FirstOrDefault(each => each.Name == name);
        if (verb is null && name is not null)
        {
            string? nearest = NearestWord.Find(name, line.Verbs.Select(each => each.Name));
            throw new UserErrorException(ExitCode.Usage, $"unknown verb '{LitmusFile.Printable(name)}'", nearest is null ? "see handoff --help" : $"did you mean '{nearest}'?");
        }

        HelpWriter.Write(session.OutInk, session.Width, line, verb);
        return ExitCode.AsExpected;
    }
}
