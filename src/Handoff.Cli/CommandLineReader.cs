using System.CommandLine;
using System.CommandLine.Parsing;
using Handoff.Cli.Verbs;

namespace Handoff.Cli;

/// <summary>The grammar of the command line, and messages for what does not fit it.</summary>
internal sealed class CommandLineReader
{
    private static readonly ParserConfiguration Configuration = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    /// <summary>The grammar with all verbs.</summary>
    public CommandLineReader()
    {
        Root = new Command("handoff") { Help, Version, Plain };
        foreach (var verb in VerbList.Create())
            Root.Subcommands.Add(verb);
    }

    /// <summary>The program.</summary>
    public Command Root { get; }

    /// <summary><c>--help</c>, anywhere.</summary>
    public Option<bool> Help { get; } = new("--help", "-h", "-?") { Description = "Show help", Recursive = true };

    /// <summary><c>--version</c>.</summary>
    public Option<bool> Version { get; } = new("--version") { Description = "Show the version" };

    /// <summary><c>--plain</c>, anywhere.</summary>
    public Option<bool> Plain { get; } = new("--plain") { Description = "No colours, no progress", Recursive = true };

    /// <summary>The verbs.</summary>
    public IEnumerable<Verb> Verbs => Root.Subcommands.OfType<Verb>();

    /// <summary>Reads a command line; what is wrong with it is in the result.</summary>
    public ParseResult Parse(IReadOnlyList<string> args) => Root.Parse(args, Configuration);

    /// <summary>Ends with a message if the command line does not fit the grammar.</summary>
    /// <exception cref="UserErrorException">It does not fit.</exception>
    public static void ThrowIfWrong(ParseResult result, IReadOnlyList<string> args)
    {
        var command = result.CommandResult.Command;
        bool isRoot = command is not Verb;
        string help = isRoot ? "handoff --help" : $"handoff {command.Name} --help";

        // Words that look like options but are none would otherwise count as names of files.
        foreach (string arg in args.TakeWhile(arg => arg != "--"))
        {
            string name = arg.Split('=', ':')[0];
            if (name.Length > 1 && name[0] == '-' && !IsOption(result, name) && !IsValue(result, arg))
                throw new UserErrorException(ExitCode.Usage, $"unknown option '{name}'", Suggest(name, OptionsOf(command)) ?? $"see {help}");
            if (name.Length > 1 && name[0] == '-' && name.Length < arg.Length && !IsValue(result, arg) && IsSwitch(command, name))
                throw new UserErrorException(ExitCode.Usage, $"option '{name}' takes no value", $"see {help}");
        }

        if (isRoot && result.UnmatchedTokens.Count > 0)
        {
            string word = result.UnmatchedTokens[0];
            string? hint = Suggest(word, command.Subcommands.Select(verb => verb.Name));
            if (hint is null && (File.Exists(word) || Directory.Exists(word)))
                hint = $"did you mean 'handoff check {word}'?";
            throw new UserErrorException(ExitCode.Usage, $"unknown verb '{word}'", hint ?? $"see {help}");
        }

        if (result.UnmatchedTokens.Count > 0)
            throw new UserErrorException(ExitCode.Usage, $"'{result.UnmatchedTokens[0]}' is one word too many", $"see {help}");

        // Of the program itself, "a verb is missing" is no mistake: it is answered with what to do next.
        foreach (var error in result.Errors.Where(error => !isRoot || error.SymbolResult is OptionResult))
        {
            string message = error.SymbolResult switch
            {
                ArgumentResult { Parent: OptionResult option } when option.Tokens.Count == 0 => $"option '{option.Option.Name}' needs {ValueOf(option.Option)}",
                OptionResult option when option.Tokens.Count == 0 => $"option '{option.Option.Name}' needs {ValueOf(option.Option)}",
                OptionResult option when option.Tokens.Count > 1 && option.Option.Arity.MaximumNumberOfValues == 1 =>
                    $"option '{option.Option.Name}' is given twice",
                ArgumentResult argument when argument.Tokens.Count == 0 => $"'handoff {command.Name}' needs {argument.Argument.HelpName ?? argument.Argument.Name}",
                _ => error.Message,
            };
            throw new UserErrorException(ExitCode.Usage, message, $"see {help}");
        }
    }

    private static string ValueOf(Option option) => option.HelpName ?? "a value";

    private static bool IsOption(ParseResult result, string name)
    {
        for (SymbolResult? at = result.CommandResult; at is not null; at = at.Parent)
        {
            if (at is CommandResult { Command: var command }
                && command.Options.Any(option => (option.Name == name || option.Aliases.Contains(name)) && (option.Recursive || at == result.CommandResult)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSwitch(Command command, string name) =>
        command.Options.Concat(command.Parents.OfType<Command>().SelectMany(static parent => parent.Options)).Any(option => option is Option<bool> && (option.Name == name || option.Aliases.Contains(name)));

    // A lone number or word after an option that takes one: `--max-states -1` is that option's mistake, not an unknown option.
    private static bool IsValue(ParseResult result, string arg) =>
        result.CommandResult.Children.OfType<OptionResult>().Any(option => option.Tokens.Any(token => token.Value == arg));

    private static IEnumerable<string> OptionsOf(Command command) =>
        command.Options.Select(option => option.Name).Append("--help").Append("--plain");

    private static string? Suggest(string word, IEnumerable<string> known) =>
        NearestWord.Find(word, known) is { } nearest ? $"did you mean '{nearest}'?" : null;
}
