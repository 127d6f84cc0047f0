using Handoff.Swiotlb;

namespace Handoff.Litmus.Lowering;

/// <summary>Memory whose first content belongs to a previous owner: slots of bounce pools, and memory that the kernel zeroed when it gave it out.</summary>
/// <param name="Bounces">Slots that mappings were given, also in transient pools, which are gone by now.</param>
/// <param name="Pools">Ranges of the pools.</param>
/// <param name="Zeroed">Ranges that were zeroed.</param>
internal sealed record PlacesOfOthers(
    IReadOnlyList<(ulong Start, ulong Size)> Bounces, IReadOnlyList<(ulong Start, ulong Size)> Pools, IReadOnlyList<(ulong Start, ulong Size)> Zeroed)
{
    /// <summary>Reads the places off a machine.</summary>
    public static PlacesOfOthers Of(
        IReadOnlyList<(ulong Start, ulong Size)> bounces, IEnumerable<SwiotlbAllocator?> allocators, IEnumerable<MemoryObject> objects)
    {
        var pools = new List<(ulong, ulong)>();
        foreach (SwiotlbAllocator? allocator in allocators)
        {
            foreach (SwiotlbPool pool in allocator?.Pools ?? [])
                pools.Add((pool.Start.Value, pool.Size));
        }

        var zeroed = new List<(ulong, ulong)>();
        foreach (MemoryObject memory in objects)
        {
            if (memory.Zeroed)
                zeroed.AddRange(Adjoining.Join(memory.Runs));
        }

        return new PlacesOfOthers(bounces, pools, zeroed);
    }

    /// <summary>Whether the first content of a byte is another owner's.</summary>
    public bool Contains(ulong address) => IsSlot(address) || Any(Zeroed, address);

    /// <summary>Whether a byte lies in a bounce slot.</summary>
    public bool IsSlot(ulong address) => Any(Bounces, address) || Any(Pools, address);

    private static bool Any(IReadOnlyList<(ulong Start, ulong Size)> ranges, ulong address)
    {
        for (int i = 0; i < ranges.Count; i++)
        {
            if (address - ranges[i].Start < ranges[i].Size)
                return true;
        }

        return false;
    }
}
