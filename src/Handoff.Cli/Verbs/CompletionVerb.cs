using System.CommandLine;
using Handoff.Cli.Completion;
using Handoff.Cli.Terminal;
using Handoff.Reports.Text;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff completion</c>: scripts that let shells complete command lines.</summary>
internal sealed class CompletionVerb : Verb
{
    private readonly Argument<string[]> _shell = new("SHELL") { HelpName = "SHELL", Description = "bash, zsh or fish", Arity = ArgumentArity.ZeroOrMore };

    // For the scripts themselves: how does this command line go on?
    private readonly Option<bool> _words = new("--words") { Description = "complete the words that follow", Hidden = true };

    public CompletionVerb()
        : base("completion", "Print what a shell needs to complete command lines: verbs, options, kernels, devices, files.")
    {
        Arguments.Add(_shell);
        Options.Add(_words);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("completion bash >~/.local/share/bash-completion/completions/handoff", "for bash, from the next shell on"),
        new("completion zsh >~/.local/share/zsh-functions/_handoff", "for zsh, with that directory in fpath"),
        new("completion fish >~/.config/fish/completions/handoff.fish", "for fish"),
    ];

    public override ExitCode Run(ParseResult arguments, Session session)
    {
        string[] words = arguments.GetValue(_shell) ?? [];
        if (arguments.GetValue(_words))
        {
            Write(CandidateFinder.Find(new CommandLineReader(), words), session.Out);
            return ExitCode.AsExpected;
        }

        if (words.Length == 0)
            throw new UserErrorException(ExitCode.Usage, "'handoff completion' needs SHELL", "shells: bash, zsh, fish");
        if (words.Length > 1)
            throw new UserErrorException(ExitCode.Usage, $"'{LitmusFile.Printable(words[1])}' is one word too many", "see handoff completion --help");
        session.Out.Write(ShellScripts.Find(words[0]) ?? throw Unknown(words[0]));
        return ExitCode.AsExpected;
    }

    // The first line says what else fits, then comes a line for each word, with its description after a tab.
    private static void Write(Candidates candidates, TextWriter writer)
    {
        writer.Write($":{(candidates.Files ? " files" : "")}{(candidates.MayGoOn ? " nospace" : "")}\n");
        foreach (var candidate in candidates.Words)
            writer.Write($"{LitmusFile.Printable(candidate.Text)}\t{LitmusFile.Printable(Short(candidate.Description))}\n");
    }

    // The first clause, and no more than fits beside a word.
    private static string Short(string description)
    {
        int end = description.IndexOfAny([';', ':']);
        return TextWidth.Fit(end < 0 ? description : description[..end], 60);
    }

    private static UserErrorException Unknown(string shell)
    {
        string? nearest = NearestWord.Find(shell, ShellScripts.Shells);
        return new UserErrorException(ExitCode.Usage, $"'{LitmusFile.Printable(shell)}' is no known shell", nearest is null ? $"shells: {string.Join(", ", ShellScripts.Shells)}" : $"did you mean '{nearest}'?");
    }
}
