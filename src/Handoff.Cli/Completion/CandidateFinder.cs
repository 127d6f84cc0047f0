using System.CommandLine;
using Handoff.Cli.Verbs;

namespace Handoff.Cli.Completion;

/// <summary>Finds how a command line may go on, from the same grammar that reads it.</summary>
internal static class CandidateFinder
{
    /// <summary>How a command line may go on.</summary>
    /// <param name="line">The grammar.</param>
    /// <param name="words">The words after the program's name; the last one, which may be empty, is the one under the cursor.</param>
    public static Candidates Find(CommandLineReader line, IReadOnlyList<string> words)
    {
        if (words.Count == 0)
            return Candidates.None;
        string begun = words[^1];
        List<string> earlier = [.. words.Take(words.Count - 1)];
        int at = earlier.FindIndex(static word => !word.StartsWith('-'));
        if (at < 0)
        {
            if (begun.StartsWith('-'))
                return Options([line.Help, line.Version, line.Plain], begun, earlier);
            return Matching(line.Verbs.Select(static verb => new Candidate(verb.Name, verb.Summary)), begun);
        }

        if (line.Verbs.FirstOrDefault(each => each.Name == earlier[at]) is not { } verb)
            return Candidates.None;
        return Within(verb, [.. verb.Options.Where(static option => !option.Hidden), line.Help, line.Plain], earlier[(at + 1)..], begun);
    }

    private static Candidates Within(Verb verb, List<Option> options, List<string> earlier, string begun)
    {
        Option? open = null; // the option whose value comes next
        bool pathsOnly = false;
        int arguments = 0;
        foreach (string word in earlier)
        {
            if (open is not null)
                open = null;
            else if (word == "--" && !pathsOnly)
                pathsOnly = true;
            else if (!pathsOnly && word.Length > 1 && word[0] == '-')
                open = word.Contains('=', StringComparison.Ordinal) ? null : options.FirstOrDefault(option => IsCalled(option, word) && TakesValue(option));
            else
                arguments++;
        }

        if (open is not null)
            return Values(ValueSources.Of(open, earlier), "", begun);
        if (!pathsOnly && begun.StartsWith('-') && begun.Length > 1)
        {
            int equals = begun.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                return Options(options, begun, earlier);
            return options.FirstOrDefault(option => IsCalled(option, begun[..equals]) && TakesValue(option)) is { } named
                ? Values(ValueSources.Of(named, earlier), begun[..(equals + 1)], begun[(equals + 1)..])
                : Candidates.None;
        }

        System.CommandLine.Argument? argument = arguments < verb.Arguments.Count ? verb.Arguments[arguments]
            : verb.Arguments.Count > 0 && verb.Arguments[^1].Arity.MaximumNumberOfValues > 1 ? verb.Arguments[^1] : null;
        var values = argument is null ? Candidates.None : Values(ValueSources.Of(argument), "", begun);
        // Where nothing else is left to say, options are.
        return !pathsOnly && (begun == "-" || (begun.Length == 0 && values is { Words.Count: 0, Files: false })) ? Options(options, begun, earlier) : values;
    }

    private static Candidates Options(IEnumerable<Option> options, string begun, List<string> earlier) => Matching(
        options.Where(option => option.Arity.MaximumNumberOfValues > 1 || !earlier.Exists(word => IsCalled(option, word.Split('=')[0])))
            .SelectMany(option => Names(option, begun).Select(name => new Candidate(name, option.Description ?? ""))),
        begun);

    // Short names only for those who begin one: --kernel says more than -k.
    private static IEnumerable<string> Names(Option option, string begun) =>
        begun.Length == 2 && begun[1] != '-' ? option.Aliases.Append(option.Name) : [option.Name];

    private static Candidates Values(ValueSource source, string prefix, string begun)
    {
        int comma = source.IsList ? begun.LastIndexOf(',') : -1;
        string before = begun[..(comma + 1)], item = begun[(comma + 1)..];
        string[] taken = before.Split(',');
        var words = source.Items(item, before.Length == 0)
            .Where(candidate => candidate.Text.StartsWith(item, StringComparison.Ordinal) && !taken.Contains(candidate.Text))
            .Select(candidate => candidate with { Text = prefix + before + candidate.Text }).ToList();
        return new Candidates(words, source.Files, source.IsList);
    }

    private static Candidates Matching(IEnumerable<Candidate> candidates, string begun) =>
        new([.. candidates.Where(candidate => candidate.Text.StartsWith(begun, StringComparison.Ordinal))]);

    private static bool IsCalled(Option option, string name) => option.Name == name || option.Aliases.Contains(name);

    private static bool TakesValue(Option option) => option.Arity.MaximumNumberOfValues > 0 && option is not Option<bool>;
}
