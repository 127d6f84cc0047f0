using System.CommandLine;
using Handoff.Cli.Verbs;
using Handoff.Reports.Text;

namespace Handoff.Cli;

/// <summary>Writes help: for a verb, for all of them, and for somebody who just typed the program's name.</summary>
internal static class HelpWriter
{
    /// <summary>Help for a verb, or for the program if <paramref name="verb"/> is <see langword="null"/>.</summary>
    public static void Write(Ink ink, int width, CommandLineReader line, Verb? verb)
    {
        if (verb is null)
        {
            ink.WriteLine("handoff VERB …", Tone.Strong).WriteLine();
            Paragraph(ink, width, "The Linux DMA-mapping layer: who owns each buffer, and what a kernel does with it.");
            Heading(ink, "Verbs");
            List(ink, width, line.Verbs.Select(known => (known.Name, known.Description ?? "")));
            Heading(ink, "Options");
            List(ink, width, line.Root.Options.Select(Describe));
            Heading(ink, "Exit codes");
            List(ink, width, ExitCodes);
            ink.WriteLine();
            Paragraph(ink, width, "handoff VERB --help tells more about one verb.");
            return;
        }

        ink.WriteLine($"handoff {verb.Name}{Usage(verb)}", Tone.Strong).WriteLine();
        Paragraph(ink, width, verb.Description ?? "");
        if (verb.Arguments.Count > 0)
        {
            ink.WriteLine();
            List(ink, width, verb.Arguments.Select(argument => (argument.HelpName ?? argument.Name, argument.Description ?? "")));
        }

        Heading(ink, "Options");
        List(ink, width, verb.Options.Where(option => !option.Hidden).Append(line.Help).Select(Describe));
        Heading(ink, "Examples");
        foreach (var example in verb.Examples)
        {
            ink.Write("  # ", Tone.Muted).WriteLine(example.Meaning, Tone.Muted);
            ink.WriteLine($"  handoff {example.Line}");
        }
    }

    /// <summary>What to do next.</summary>
    public static void WriteWelcome(Ink ink, int width, CommandLineReader line)
    {
        Paragraph(ink, width, "Who owns the buffer? The Linux DMA-mapping layer, explained and checked.");
        Heading(ink, "Start with");
        var rows = line.Verbs.Where(verb => verb.Examples.Count > 0).Select(verb => ("handoff " + verb.Examples[0].Line, verb.Examples[0].Meaning)).ToList();
        List(ink, width, rows);
        ink.WriteLine();
        Paragraph(ink, width, "handoff --help lists every verb; handoff VERB --help tells more about one.");
    }

    /// <summary>What exit codes say.</summary>
    public static IReadOnlyList<(string Name, string Text)> ExitCodes { get; } =
    [
        ("0", "as expected"),
        ("1", "a verdict differs from its expectation, or is not ok and none was stated"),
        ("2", "wrong command line"),
        ("3", "bad input"),
        ("4", "inconclusive: a bound, the time limit or Ctrl-C ended the search"),
        ("5", "the output could not be written"),
    ];

    /// <summary>What environment variables do.</summary>
    public static IReadOnlyList<(string Name, string Text)> Environment { get; } =
    [
        ("NO_COLOR", "no colours, if set to anything"),
        ("CLICOLOR_FORCE", "colours even where nobody looks, if set to anything but 0"),
        ("COLUMNS", "how wide the terminal is"),
        ("HANDOFF_DEBUG", "details of mistakes in the program itself, if set to anything"),
    ];

    /// <summary>An option's names, the short one first.</summary>
    public static IEnumerable<string> Names(Option option) => option.Aliases.Where(static alias => alias.Length == 2 && char.IsLetter(alias[1])).Append(option.Name);

    /// <summary>What follows a verb: <c> PATH … [OPTION …]</c>.</summary>
    public static string Usage(Verb verb) => $"{string.Concat(verb.Arguments.Select(Usage))}{(verb.Options.Any(static option => !option.Hidden) ? " [OPTION …]" : "")}";

    private static (string Name, string Text) Describe(Option option)
    {
        string names = string.Join(", ", Names(option));
        return (option.HelpName is { } value ? $"{names} {value}" : names, option.Description ?? "");
    }

    private static string Usage(Argument argument)
    {
        string name = argument.HelpName ?? argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $" [{name}]" : $" {name}";
    }

    private static void Paragraph(Ink ink, int width, string text)
    {
        foreach (string line in TextWidth.Wrap(text, width))
            ink.WriteLine(line);
    }

    private static void Heading(Ink ink, string text) => ink.WriteLine().WriteLine(text, Tone.Strong);

    private static void List(Ink ink, int width, IEnumerable<(string Name, string Text)> rows) => NameList.Write(ink, width, [.. rows]);
}
