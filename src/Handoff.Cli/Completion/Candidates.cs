namespace Handoff.Cli.Completion;

/// <summary>All ways to go on with a command line.</summary>
/// <param name="Words">Words that begin like the one under the cursor.</param>
/// <param name="Files">Whether names of files fit too.</param>
/// <param name="MayGoOn">Whether a chosen word may go on (a list, <c>--option=</c>), so that no space follows it.</param>
internal sealed record Candidates(IReadOnlyList<Candidate> Words, bool Files = false, bool MayGoOn = false)
{
    /// <summary>Nothing fits.</summary>
    public static Candidates None { get; } = new([]);
}
