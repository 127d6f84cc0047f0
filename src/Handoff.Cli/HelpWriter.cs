using System.CommandLine;
using Handoff.Cli.Verbs;
using Handoff.Reports.Text;

namespace Handoff.Cli;

/// <summary>Writes help: for a verb, for all of them, and for somebody who just typed the program's name.</summary>
internal static class HelpWriter
{
    private const int ShownExamples = 2; // the manual page has them all

    /// <summary>Help for a verb, or for the program if <paramref name="verb"/> is <see langword="null"/>: a screen of 24 lines, with the next prompt.</summary>
    public static void Write(Ink ink, int width, CommandLineReader line, Verb? verb)
    {
        if (verb is null)
        {
            Paragraph(ink, width, "handoff VERB …: who owns each buffer, and what a kernel does with it");
            ink.WriteLine();
            List(ink, width, line.Verbs.Select(static known => (known.Name, known.Summary)));
            ink.WriteLine();
            Paragraph(ink, width, "handoff VERB --help tells more about one verb, handoff help --man tells all. --plain, anywhere, leaves out colours and progress.");
            Paragraph(ink, width, $"Exit codes: {string.Join("; ", ExitCodes.Select(static code => $"{code.Name} {code.Short}"))}.");
            return;
        }

        ink.WriteLine($"handoff {verb.Name}{Usage(verb)}", Tone.Strong);
        Paragraph(ink, width, verb.Description ?? "");
        ink.WriteLine();
        List(ink, width, verb.Arguments.Select(static argument => (argument.HelpName ?? argument.Name, argument.Description ?? ""))
            .Concat(verb.Options.Where(static option => !option.Hidden).Select(Describe)));
        ink.WriteLine();
        foreach (var example in verb.Examples.Take(ShownExamples))
        {
            ink.Write("  # ", Tone.Muted).WriteLine(example.Meaning, Tone.Muted);
            ink.WriteLine($"  handoff {example.Line}");
        }
    }

    /// <summary>What to do next: with what lies in the current directory, and in general.</summary>
    public static void WriteWelcome(Ink ink, int width, CommandLineReader line)
    {
        Paragraph(ink, width, "Who owns the buffer? The Linux DMA-mapping layer, explained and checked.");
        var here = NextSteps.Here();
        if (here.Count > 0)
        {
            Heading(ink, "With what lies here");
            List(ink, width, here.Select(static step => ("handoff " + step.Line, step.Meaning)));
        }

        Heading(ink, here.Count > 0 ? "And in general" : "Start with");
        List(ink, width, NextSteps.General.Select(static step => ("handoff " + step.Line, step.Meaning)));
        ink.WriteLine();
        Paragraph(ink, width, "handoff --help lists every verb; handoff VERB --help tells more about one.");
    }

    /// <summary>What exit codes say.</summary>
    public static IReadOnlyList<(string Name, string Short, string Text)> ExitCodes { get; } =
    [
        ("0", "as expected", "all is as expected"),
        ("1", "a verdict or recording is not", "a verdict differs from its expectation, or is not ok and none was stated; a report found something wrong; recordings differ"),
        ("2", "wrong command line", "the command line is wrong"),
        ("3", "bad or damaged input", "an input, or a part of it, cannot be read or understood; what precedes the damage in a recording is used all the same"),
        ("4", "inconclusive", "inconclusive: a bound, the time limit or Ctrl-C ended the search"),
        ("5", "output not written", "the output could not be written"),
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
