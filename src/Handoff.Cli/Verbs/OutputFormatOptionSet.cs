using System.CommandLine;

namespace Handoff.Cli.Verbs;

/// <summary><c>--format</c>, and the short forms that some formats have.</summary>
internal sealed class OutputFormatOptionSet
{
    private static readonly OutputFormat[] WithShortForm = [OutputFormat.Json, OutputFormat.Herd];

    private readonly OutputFormat[] _formats;
    private readonly WordOption _format;
    private readonly List<(OutputFormat Format, Option<bool> Option)> _short = [];

    /// <summary>The options for a verb that can write some formats, besides text.</summary>
    /// <param name="formats">The formats, the most wanted first.</param>
    public OutputFormatOptionSet(params OutputFormat[] formats)
    {
        _formats = formats;
        string[] shortForms = [.. formats.Where(format => WithShortForm.Contains(format)).Select(format => $"--{Name(format)}")];
        _format = new WordOption("--format", [.. formats.Select(Name)])
        {
            HelpName = "NAME",
            Description = $"for programs: {string.Join(", ", formats.Select(Name))} ({string.Join(" and ", shortForms)} for short)",
        };
        foreach (var format in formats.Where(format => WithShortForm.Contains(format)))
            _short.Add((format, new Option<bool>($"--{Name(format)}") { Description = $"the same as --format {Name(format)}", Hidden = true }));
    }

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Options.Add(_format);
        foreach (var (_, option) in _short)
            verb.Options.Add(option);
    }

    /// <summary>What was asked for.</summary>
    /// <exception cref="UserErrorException">Two formats, or one that is not known.</exception>
    public OutputFormat Read(ParseResult arguments)
    {
        var asked = new List<(OutputFormat Format, string Text)>();
        if (arguments.GetValue(_format) is { } word)
            asked.Add((Parse(word), $"--format {word}"));
        asked.AddRange(_short.Where(each => arguments.GetValue(each.Option)).Select(each => (each.Format, each.Option.Name)));
        var other = asked.FirstOrDefault(each => each.Format != asked[0].Format);
        if (other.Text is not null)
            throw new UserErrorException(ExitCode.Usage, $"{asked[0].Text} and {other.Text} exclude each other");
        return asked.Count == 0 ? OutputFormat.Text : asked[0].Format;
    }

    /// <summary>The word for a format.</summary>
    public static string Name(OutputFormat format) => format.ToString().ToLowerInvariant();

    private OutputFormat Parse(string word)
    {
        if (word == Name(OutputFormat.Text))
            return OutputFormat.Text;
        foreach (var format in _formats)
        {
            if (word == Name(format))
                return format;
        }

        string[] known = [.. _format.Words, Name(OutputFormat.Text)];
        string? nearest = NearestWord.Find(word, known);
        throw new UserErrorException(ExitCode.Usage, $"--format: '{LitmusFile.Printable(word)}' is no format", nearest is null ? $"formats: {string.Join(", ", known)}" : $"did you mean '{nearest}'?");
    }
}
