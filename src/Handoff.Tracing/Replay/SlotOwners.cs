using Handoff.Swiotlb;

namespace Handoff.Tracing.Replay;

/// <summary>Which recorded mapping was last seen in which slot of a recorded pool.</summary>
/// <remarks>
/// A release is logged after its slots are free, a map after its slots are taken; between two CPUs the log may have the new map first.
/// The slots tell: they cannot belong to both, so the older mapping had ended.
/// </remarks>
internal sealed class SlotOwners
{
    private readonly ulong _start;
    private readonly int[] _owners; // [slot] = number of a mapping plus one, or 0: memory that is not touched is not taken

    public SlotOwners(MemoryRange pool)
    {
        _start = pool.Start.Value;
        _owners = new int[(int)Math.Min(pool.Size >> SwiotlbConstants.SlotShift, int.MaxValue / 8)];
    }

    /// <summary>Whether an address lies in the pool.</summary>
    public bool Contains(ulong physical) => (physical - _start) >> SwiotlbConstants.SlotShift < (ulong)_owners.Length && physical >= _start;

    /// <summary>The owner of one of the slots from <paramref name="from"/> on that a range covers; -1 if there is none.</summary>
    /// <param name="physical">First byte of the range.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="from">Where to go on, counted from the range's first slot; advanced past what was found.</param>
    public int NextOwner(ulong physical, ulong size, ref int from)
    {
        int first = SlotOf(physical), last = LastOf(physical, size);
        for (int slot = first + from; slot <= last; slot++)
        {
            from = slot - first + 1;
            if (_owners[slot] != 0)
                return _owners[slot] - 1;
        }

        return -1;
    }

    /// <summary>Writes an owner over the slots of a range.</summary>
    public void Set(ulong physical, ulong size, int owner)
    {
        for (int slot = SlotOf(physical), last = LastOf(physical, size); slot <= last; slot++)
            _owners[slot] = owner + 1;
    }

    /// <summary>Frees those slots of a range that still belong to a mapping.</summary>
    public void Clear(ulong physical, ulong size, int owner)
    {
        for (int slot = SlotOf(physical), last = LastOf(physical, size); slot <= last; slot++)
        {
            if (_owners[slot] == owner + 1)
                _owners[slot] = 0;
        }
    }

    private int SlotOf(ulong physical) => (int)((physical - _start) >> SwiotlbConstants.SlotShift);

    private int LastOf(ulong physical, ulong size) =>
        (int)Math.Min((physical + Math.Max(size, 1) - 1 - _start) >> SwiotlbConstants.SlotShift, (ulong)_owners.Length - 1);
}
