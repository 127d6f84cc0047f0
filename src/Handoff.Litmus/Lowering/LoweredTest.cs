using System.Collections.Immutable;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Lowering;

/// <summary>A test on one machine and kernel, for one order of the calls into the mapping layer.</summary>
/// <param name="Program">What is explored.</param>
/// <param name="Findings">What the program's checks and steps point to.</param>
/// <param name="Certain">Findings that do not depend on the schedule.</param>
internal sealed record LoweredTest(AtomicProgram Program, List<CheckFinding> Findings, HashSet<int> Certain)
{
    /// <summary>Errors that maps returned.</summary>
    public List<Errno> Errors { get; init; } = [];

    /// <summary>At each choice, which of the threads that could call the mapping layer did.</summary>
    public ImmutableArray<int> Choices { get; init; } = [];

    /// <summary>Whether the test has more steps and places than can be explored; the program is then empty.</summary>
    public bool TooLarge { get; init; }
}
