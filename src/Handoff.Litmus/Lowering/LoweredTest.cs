using System.Collections.Immutable;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Lowering;

/// <summary>A test on one machine and kernel, for one order of the calls into the mapping layer.</summary>
/// <param name="Physical">What agents do to ranges of memory.</param>
/// <param name="Findings">What the program's checks and steps point to.</param>
/// <param name="Certain">Findings that do not depend on the schedule.</param>
internal sealed record LoweredTest(PhysicalProgram Physical, List<CheckFinding> Findings, HashSet<int> Certain)
{
    private readonly Lazy<AtomicProgram?> _program = new(() => Cut(Physical));

    /// <summary>Errors that maps returned.</summary>
    public List<Errno> Errors { get; init; } = [];

    /// <summary>At each choice, which of the threads that could call the mapping layer did.</summary>
    public ImmutableArray<int> Choices { get; init; } = [];

    /// <summary>What is explored; made when it is asked for.</summary>
    public AtomicProgram Program => _program.Value ?? new AtomicProgram(0, [], [], []);

    /// <summary>Whether the test has more steps and places than can be explored; the program is then empty.</summary>
    public bool TooLarge => _program.Value is null;

    private static AtomicProgram? Cut(PhysicalProgram physical)
    {
        try
        {
            return physical.Cut();
        }
        catch (ExplorationLimitException)
        {
            return null;
        }
    }
}
