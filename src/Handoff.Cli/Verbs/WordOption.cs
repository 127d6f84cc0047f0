using System.CommandLine;

namespace Handoff.Cli.Verbs;

/// <summary>An option that takes one of a few words.</summary>
/// <param name="name">Its name.</param>
/// <param name="words">The words, for completion; the verb itself says what is wrong with others.</param>
internal sealed class WordOption(string name, IReadOnlyList<string> words) : Option<string>(name)
{
    /// <summary>The words.</summary>
    public IReadOnlyList<string> Words => words;
}
