namespace Handoff.Tracing.Replay;

/// <summary>One operation of a recorded load, ready to be put to a mapping layer: no names, no lists, no addresses of the recorded pool.</summary>
public struct LoadOperation
{
    /// <summary>When it was logged, in nanoseconds of the recording's clock.</summary>
    public ulong Time;

    /// <summary>Physical address of a map; of a sync, the offset into the mapping.</summary>
    public ulong Physical;

    /// <summary>The DMA address that the recorded kernel returned; for a failed map the lifetime to assume, in nanoseconds.</summary>
    public ulong Recorded;

    /// <summary>Bytes; or the new value of a device's property.</summary>
    public ulong Size;

    /// <summary>Number of a request that failed in the recording, from 1; 0 for all others. Numbers are not used twice.</summary>
    public long Request;

    /// <summary>Number of the mapping. Numbers of mappings that have ended are used again.</summary>
    public int Index;

    /// <summary>The device: an index into <see cref="LoadReader.Devices"/>.</summary>
    public int Device;

    /// <summary>Attributes of the call.</summary>
    public DmaAttributes Attributes;

    /// <summary>Where the search for slots begins.</summary>
    public ushort Cpu;

    /// <summary>Facts.</summary>
    public LoadFlags Flags;

    /// <summary>What it does.</summary>
    public LoadOperationKind Kind;

    /// <summary>Direction of the mapping.</summary>
    public DmaDirection Direction;

    /// <summary>Whether a flag is set.</summary>
    public readonly bool Is(LoadFlags flag) => (Flags & flag) != 0;
}
