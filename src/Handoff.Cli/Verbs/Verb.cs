using System.CommandLine;
using Handoff.Cli.Terminal;

namespace Handoff.Cli.Verbs;

/// <summary>One verb of the command line: what it takes, what its help says, what it does.</summary>
/// <remarks>To add a verb, write one file with a class like this and name it in <see cref="VerbList"/>.</remarks>
/// <param name="name">The word users type.</param>
/// <param name="description">One line for the list of verbs.</param>
internal abstract class Verb(string name, string description) : Command(name, description)
{
    /// <summary>What it does, shorter than the description: for lists.</summary>
    public string Summary
    {
        get
        {
            const int longest = 66; // beside the longest name in 80 columns
            string text = Description ?? "";
            int end = text.IndexOfAny([':', ';', '.']);
            if (end < 0)
                end = text.Length;
            if (end > longest)
                end = text.IndexOf(',', StringComparison.Ordinal) is > 0 and var comma ? comma : end;
            return text[..end];
        }
    }

    /// <summary>Real uses with what they do, shown by <c>--help</c>; tests run them all.</summary>
    public abstract IReadOnlyList<Example> Examples { get; }

    /// <summary>Does the work. Throws <see cref="UserErrorException"/> for what the user can mend.</summary>
    public abstract ExitCode Run(ParseResult arguments, Session session);
}
