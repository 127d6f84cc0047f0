namespace Handoff.Litmus.Lowering;

/// <summary>A buffer, neighbour or allocation: named runs of physical memory.</summary>
/// <param name="Name">Its name in the test.</param>
/// <param name="Runs">Where its bytes are, in order.</param>
internal sealed record MemoryObject(string Name, List<(ulong Start, ulong Size)> Runs)
{
    /// <summary>Whether it was zeroed by the kernel when it was given out, so that DRAM may still hold a previous owner's bytes.</summary>
    public bool Zeroed { get; init; }

    public Language.BufferDeclaration? Declaration { get; init; }

    public ulong Size => Runs.Aggregate(0UL, (sum, run) => sum + run.Size);

    public ulong Start => Runs[0].Start;

    /// <summary>The runs of a byte range.</summary>
    public static IEnumerable<(ulong Start, ulong Size)> Slice(IEnumerable<(ulong Start, ulong Size)> runs, ulong from, ulong to)
    {
        ulong at = 0;
        foreach ((ulong start, ulong size) in runs)
        {
            ulong first = Math.Max(from, at), last = Math.Min(to, at + size);
            if (first < last)
                yield return (start + (first - at), last - first);
            at += size;
        }
    }
}
