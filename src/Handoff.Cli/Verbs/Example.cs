namespace Handoff.Cli.Verbs;

/// <summary>A use worth showing.</summary>
/// <param name="Line">The command line, without the program's name.</param>
/// <param name="Meaning">What it does, in a few words.</param>
internal readonly record struct Example(string Line, string Meaning);
