using System.Collections.Immutable;

namespace Handoff.Litmus.Model;

/// <summary>A litmus test on one machine and one kernel, as agents that take atomic steps on cells of cache lines.</summary>
/// <remarks>Both explorers take exactly this; everything they must agree on is in here.</remarks>
internal sealed class AtomicProgram
{
    public AtomicProgram(
        int lineCount, ImmutableArray<Cell> cells, ImmutableArray<ContentVersion> versions, ImmutableArray<Agent> agents)
    {
        LineCount = lineCount;
        Cells = cells;
        Versions = versions;
        Agents = agents;
        Order = new HappensBefore(agents);
    }

    public int LineCount { get; }

    public ImmutableArray<Cell> Cells { get; }

    public ImmutableArray<ContentVersion> Versions { get; }

    public ImmutableArray<Agent> Agents { get; }

    /// <summary>Which step is ordered before which.</summary>
    public HappensBefore Order { get; }

    public AtomicStep StepAt(StepRef step) => Agents[step.Agent].Steps[step.Index];

    /// <summary>Whether <paramref name="older"/> is content of the same home that <paramref name="newer"/> replaced.</summary>
    public bool IsOlder(int older, int newer)
    {
        ContentVersion a = Versions[older], b = Versions[newer];
        if (older == newer || a.Home == ContentVersion.NoHome || a.Home != b.Home || b.Writer is not { } writer)
            return false;
        return a.Writer is not { } first || Order.IsBefore(first, writer);
    }

    /// <summary>Whether <paramref name="gone"/> is lost to its cell if only <paramref name="left"/> remains there: older content, or what a previous owner left.</summary>
    /// <remarks>
    /// The bytes of a previous owner are older than everything that was written to the cell since, though not content of it. In a slot nothing
    /// is lost by them: what was copied there is still in the original.
    /// </remarks>
    public bool IsLost(int cell, int left, int gone) =>
        IsOlder(left, gone) || (IsTenant(left) && Versions[gone].Home == cell && Versions[gone].Writer is not null);

    /// <summary>Whether a version is what a previous owner left.</summary>
    public bool IsTenant(int version) => Versions[version] is { Home: ContentVersion.NoHome, Writer: null };

    /// <summary>Whether a read in <paramref name="step"/> that returns <paramref name="version"/> missed a newer one ordered before it.</summary>
    public bool IsStale(int version, StepRef step)
    {
        for (int other = 0; other < Versions.Length; other++)
        {
            if (IsOlder(version, other) && Order.IsBefore(Versions[other].Writer!.Value, step))
                return true;
        }

        return false;
    }

    /// <summary>Whether content <paramref name="version"/> has no business where content of <paramref name="home"/> belongs.</summary>
    public bool IsForeign(int version, int home) => home >= 0 && Versions[version].Home != home;
}
