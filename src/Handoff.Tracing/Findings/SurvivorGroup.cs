namespace Handoff.Tracing.Findings;

/// <summary>Mappings of one device, direction and size class that were never released in a recording.</summary>
public sealed class SurvivorGroup
{
    /// <summary>Parts of the recording by which creation times are counted.</summary>
    public const int Parts = 8;

    /// <summary>Most times of creation that are kept.</summary>
    internal const int Samples = 128;

    private readonly long[] _created = new long[Parts];

    internal SurvivorGroup(string device, DmaDirection direction, int sizeClass)
    {
        Device = device;
        Direction = direction;
        SizeClass = sizeClass;
    }

    /// <summary>The device.</summary>
    public string Device { get; }

    /// <summary>Direction of the mappings.</summary>
    public DmaDirection Direction { get; }

    /// <summary>Their size class (<see cref="Mappings.SizeClass"/>).</summary>
    public int SizeClass { get; }

    /// <summary>How many.</summary>
    public long Count { get; internal set; }

    /// <summary>Their bytes.</summary>
    public ulong Bytes { get; internal set; }

    /// <summary>How many of them hold bounce slots.</summary>
    public long Bounced { get; internal set; }

    /// <summary>How many were made in each eighth of the recording.</summary>
    public ReadOnlySpan<long> Created => _created;

    /// <summary>When the oldest was made, in the recording's units.</summary>
    public ulong OldestTime { get; internal set; } = ulong.MaxValue;

    /// <summary>DMA address of the oldest.</summary>
    public DmaAddress OldestAddress { get; internal set; }

    /// <summary>Size of the oldest in bytes.</summary>
    public ulong OldestSize { get; internal set; }

    /// <summary>Task that ran when the oldest was made; empty if not known.</summary>
    public string OldestTask { get; internal set; } = "";

    /// <summary>When the youngest was made, in the recording's units.</summary>
    public ulong YoungestTime { get; internal set; }

    /// <summary>Median time of creation, in the recording's units.</summary>
    public ulong MedianTime { get; internal set; }

    /// <summary>Times of creation of up to <see cref="Samples"/> of them, evenly chosen, oldest first; in the recording's units.</summary>
    internal IReadOnlyList<ulong> SampledTimes { get; set; } = [];

    internal void CountPart(int part) => _created[Math.Clamp(part, 0, Parts - 1)]++;
}
