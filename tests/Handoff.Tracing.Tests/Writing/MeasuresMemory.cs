namespace Handoff.Tracing.Tests.Writing;

/// <summary>Tests that measure the memory of the process run alone.</summary>
[CollectionDefinition(ManyCpusTests.Name, DisableParallelization = true)]
public sealed class MeasuresMemory;
