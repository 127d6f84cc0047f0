namespace Handoff.Cli.Completion;

/// <summary>What an option or argument takes.</summary>
/// <param name="Files">Whether it takes names of files.</param>
/// <param name="IsList">Whether it takes several items separated by commas.</param>
/// <param name="Items">The items that fit the beginning of one; whether it is the first of a list.</param>
internal sealed record ValueSource(bool Files, bool IsList, Func<string, bool, IEnumerable<Candidate>> Items)
{
    /// <summary>Anything: nothing to offer.</summary>
    public static ValueSource Anything { get; } = new(false, false, static (_, _) => []);

    /// <summary>Names of files.</summary>
    public static ValueSource File { get; } = new(true, false, static (_, _) => []);

    /// <summary>One of some words.</summary>
    public static ValueSource OneOf(IEnumerable<Candidate> words) => new(false, false, (_, _) => words);

    /// <summary>Some of some words, separated by commas.</summary>
    public static ValueSource SomeOf(IEnumerable<Candidate> words) => new(false, true, (_, _) => words);
}
