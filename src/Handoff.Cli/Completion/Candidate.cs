namespace Handoff.Cli.Completion;

/// <summary>One way to go on with a command line.</summary>
/// <param name="Text">The whole word.</param>
/// <param name="Description">What it does, a few words; may be empty.</param>
internal readonly record struct Candidate(string Text, string Description = "");
