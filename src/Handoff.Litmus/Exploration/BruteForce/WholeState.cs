using System.Runtime.InteropServices;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration.BruteForce;

/// <summary>Everything at one moment: progress of all agents, all lines, all cells, and what was raised so far.</summary>
internal sealed class WholeState : IEquatable<WholeState>
{
    public required int[] Progress { get; init; }

    public required CacheLine[] Line { get; init; }

    public required int[] Dram { get; init; }

    /// <summary>Cached version per cell; 0 while the line is absent.</summary>
    public required int[] Cache { get; init; }

    public Verdicts Raised { get; set; }

    public static WholeState Initial(AtomicProgram program) => new()
    {
        Progress = new int[program.Agents.Length],
        Line = new CacheLine[program.LineCount],
        Dram = [.. program.Cells.Select(c => c.Initial)],
        Cache = new int[program.Cells.Length],
    };

    public WholeState Copy() => new()
    {
        Progress = [.. Progress],
        Line = [.. Line],
        Dram = [.. Dram],
        Cache = [.. Cache],
        Raised = Raised,
    };

    public bool Equals(WholeState? other) =>
        other is not null && Raised == other.Raised && Progress.AsSpan().SequenceEqual(other.Progress)
        && Line.AsSpan().SequenceEqual(other.Line) && Dram.AsSpan().SequenceEqual(other.Dram) && Cache.AsSpan().SequenceEqual(other.Cache);

    public override bool Equals(object? obj) => Equals(obj as WholeState);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(MemoryMarshal.AsBytes(Progress.AsSpan()));
        hash.AddBytes(MemoryMarshal.AsBytes(Line.AsSpan()));
        hash.AddBytes(MemoryMarshal.AsBytes(Dram.AsSpan()));
        hash.AddBytes(MemoryMarshal.AsBytes(Cache.AsSpan()));
        hash.Add((int)Raised);
        return hash.ToHashCode();
    }
}
