namespace Handoff.Tracing.Mappings;

/// <summary>Failed maps or allocations of one device that failed of the same thing.</summary>
public sealed class FailureGroup
{
    internal FailureGroup(int device, string name, MapFailureKind kind)
    {
        DeviceNumber = device;
        Device = name;
        Kind = kind;
    }

    /// <summary>The device.</summary>
    public string Device { get; }

    /// <summary>What they failed of.</summary>
    public MapFailureKind Kind { get; }

    /// <summary>How many. Lists that failed leave no event of their own: at least so many.</summary>
    public long Count { get; internal set; }

    /// <summary>How many of them were lists.</summary>
    public long Lists { get; internal set; }

    /// <summary>How many of them were forced to bounce.</summary>
    public long Forced { get; internal set; }

    /// <summary>How many of them were over the limit only because slots have to repeat the buffer's place in a page.</summary>
    public long ReducedByAlignment { get; internal set; }

    /// <summary>Time of the first.</summary>
    public ulong FirstTime { get; internal set; }

    /// <summary>Time of the last.</summary>
    public ulong LastTime { get; internal set; }

    /// <summary>Task that ran at the first, as in the reader's tasks.</summary>
    public int FirstTask { get; internal set; }

    /// <summary>Shortest request in bytes. Of a list: the entry that failed.</summary>
    public ulong SmallestSize { get; internal set; } = ulong.MaxValue;

    /// <summary>Longest request in bytes.</summary>
    public ulong LargestSize { get; internal set; }

    /// <summary>Longest request in slots, with what its place in a page costs.</summary>
    public int MostSlots { get; internal set; }

    /// <summary>Fewest slots in use at a failure.</summary>
    public long FewestUsed { get; internal set; } = long.MaxValue;

    /// <summary>Most slots in use at a failure.</summary>
    public long MostUsed { get; internal set; } = -1;

    /// <summary>The longest free run that any of the requests could have used; -1 if not known.</summary>
    public int LongestRun { get; internal set; } = -1;

    /// <summary>Free slots in the area that had most, at the first failure; -1 if not known.</summary>
    public int FreeInBestArea { get; internal set; } = -1;

    /// <summary>Largest physical address asked for, inclusive.</summary>
    public ulong HighestAddress { get; internal set; }

    /// <summary>The device's mask as the attempts tell it; 0 if they do not.</summary>
    public ulong Mask { get; internal set; }

    /// <summary>The pool that was asked; <see langword="null"/> if none was.</summary>
    public BouncePool? Pool { get; internal set; }

    /// <summary>Slots held at the first failure, by device, most first.</summary>
    public IReadOnlyList<SlotHolder> Holders { get; internal set; } = [];

    internal int DeviceNumber { get; }

    /// <summary>Of allocations: whether they could wait.</summary>
    internal AllocationWait Wait { get; init; }

    /// <summary>The first of them.</summary>
    internal FailureMoment First { get; init; }

    /// <summary>The first of those that needed <see cref="MostSlots"/>.</summary>
    internal FailureMoment Longest { get; set; }
}
