using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Text;
using Handoff.Cli.Verbs;

namespace Handoff.Cli;

/// <summary>Writes the manual page, from the same verbs and options as <c>--help</c>.</summary>
internal static class ManualWriter
{
    /// <summary>Writes the page in the man macro language.</summary>
    public static void Write(CommandLineReader line, TextWriter writer)
    {
        string date = typeof(ManualWriter).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(static each => each.Key == "ReleaseDate").Value!;
        writer.Write($".TH HANDOFF 1 {date} \"handoff {ProgramVersion.Text.Split('+')[0]}\" \"User Commands\"\n");
        Section(writer, "NAME");
        Text(writer, "handoff - the Linux DMA-mapping layer: who owns each buffer");
        Section(writer, "SYNOPSIS");
        foreach (var verb in line.Verbs)
            writer.Write($"{(verb == line.Verbs.First() ? "" : ".br\n")}{Bold("handoff " + verb.Name)}{Escape(HelpWriter.Usage(verb))}\n");
        Section(writer, "DESCRIPTION");
        Text(writer, "Handoff decides like the Linux kernel that it is told to be, where drivers map memory for devices. It checks litmus tests of DMA calls in every "
            + "behaviour of caches, devices and threads, says what went wrong in recordings of real kernels, and replays their load on other machines.");
        Section(writer, "VERBS");
        foreach (var verb in line.Verbs)
            Write(writer, verb);
        Section(writer, "GENERAL OPTIONS");
        foreach (var option in line.Root.Options)
            Write(writer, option);
        Section(writer, "EXIT STATUS");
        foreach (var (name, _, text) in HelpWriter.ExitCodes)
            Tagged(writer, Bold(name), text);
        Section(writer, "ENVIRONMENT");
        foreach (var (name, text) in HelpWriter.Environment)
            Tagged(writer, Bold(name), text);
        Section(writer, "EXAMPLES");
        bool isFirst = true;
        foreach (var example in line.Verbs.SelectMany(static verb => verb.Examples))
        {
            string meaning = char.ToUpperInvariant(example.Meaning[0]) + example.Meaning[1..];
            writer.Write(isFirst ? "" : ".PP\n");
            isFirst = false;
            Text(writer, meaning.EndsWith('?') ? meaning : meaning + ":");
            writer.Write($".PP\n.RS 4\n.nf\n{Escape("handoff " + example.Line)}\n.fi\n.RE\n");
        }

        Section(writer, "SEE ALSO");
        writer.Write(".BR trace-cmd (1),\n.BR perf-record (1),\n.BR herd7 (1)\n");
    }

    private static void Write(TextWriter writer, Verb verb)
    {
        writer.Write($".SS {Bold("handoff " + verb.Name)}{Escape(HelpWriter.Usage(verb))}\n");
        Text(writer, verb.Description ?? "");
        foreach (var argument in verb.Arguments)
            Tagged(writer, Italic(argument.HelpName ?? argument.Name), argument.Description ?? "");
        foreach (var option in verb.Options.Where(static option => !option.Hidden))
            Write(writer, option);
    }

    private static void Write(TextWriter writer, Option option)
    {
        string names = string.Join(", ", HelpWriter.Names(option).Select(Bold));
        Tagged(writer, option.HelpName is { } value ? $"{names} {Italic(value)}" : names, option.Description ?? "");
    }

    private static void Section(TextWriter writer, string name) => writer.Write($".SH {name}\n");

    private static void Tagged(TextWriter writer, string tag, string text)
    {
        writer.Write($".TP\n{tag}\n");
        Text(writer, text);
    }

    // A dot or quote at the beginning of a line would be a command.
    private static void Text(TextWriter writer, string text)
    {
        foreach (string line in Handoff.Reports.Text.TextWidth.Wrap(text, 78))
            writer.Write($"{(line.StartsWith('.') || line.StartsWith('\'') ? "\\&" : "")}{Escape(line)}\n");
    }

    private static string Bold(string text) => $"\\fB{Escape(text)}\\fR";

    private static string Italic(string text) => $"\\fI{Escape(text)}\\fR";

    // Signs beyond ASCII by their numbers: readers of old have no UTF-8.
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (Rune sign in text.EnumerateRunes())
        {
            escaped.Append(sign.Value switch
            {
                '\\' => "\\e",
                '-' => "\\-",
                '~' => "\\(ti",
                '^' => "\\(ha",
                < 0x80 => ((char)sign.Value).ToString(),
                _ => string.Create(CultureInfo.InvariantCulture, $"\\[u{sign.Value:X4}]"),
            });
        }

        return escaped.ToString();
    }
}
