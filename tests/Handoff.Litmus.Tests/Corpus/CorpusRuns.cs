namespace Handoff.Litmus.Tests.Corpus;

/// <summary>Tests that use every processor: they run alone, so that tests with time limits do not suffer.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class CorpusRuns
{
    /// <summary>Name of the collection.</summary>
    public const string Name = "corpus";
}
