using Handoff.Tracing.Recordings;

namespace Handoff.Conformance.Recordings.Replay;

/// <summary>A copy of one event that outlives the reader's, with what the replay found out about it.</summary>
internal sealed class TraceEvent
{
    /// <summary>Place among the events as they are replayed.</summary>
    public long Number { get; set; }

    public required ulong Time { get; init; }

    public required DmaEventKind Kind { get; init; }

    public required int Cpu { get; init; }

    public required int Pid { get; init; }

    /// <summary>What the CPU was doing.</summary>
    public EventContext Context { get; init; }

    /// <summary>The device's index in the recording.</summary>
    public required int DeviceIndex { get; init; }

    /// <summary>Index of the event's name in the recording.</summary>
    public required int EventType { get; init; }

    public ulong Size { get; init; }

    public DmaAddress Dma { get; init; }

    /// <summary>Physical address of a single map; <c>dev_addr</c> of a bounce.</summary>
    public ulong Physical { get; init; }

    public DmaDirection Direction { get; init; }

    public DmaAttributes Attributes { get; init; }

    /// <summary>Whether an allocation succeeded.</summary>
    public bool HasMemory { get; init; }

    public bool IsTruncated { get; init; }

    public bool IsForced { get; init; }

    public ulong DmaMask { get; init; }

    public int FullNents { get; init; }

    public PhysicalAddress[] PhysicalAddresses { get; init; } = [];

    public DmaAddress[] DmaAddresses { get; init; } = [];

    public uint[] Lengths { get; init; } = [];

    /// <summary>Number of the probe's case, for a marker that has one.</summary>
    public int Case { get; init; }

    /// <summary>For a bounce: its part of a map, once that was found in the events after it.</summary>
    public Bounce? Bounce { get; set; }

    /// <summary>For a bounce: nothing in the events after it belongs to it.</summary>
    public bool IsAlone { get; set; }

    /// <summary>For a map: its bounces, in order.</summary>
    public List<Bounce> Bounces { get; } = [];

    /// <summary>For a release that was found to precede something logged before it: already done.</summary>
    public bool IsDone { get; set; }

    /// <summary>Whether another CPU's event of the same time has to come before, though it stands after it: their order is not recorded.</summary>
    public bool HasOtherOrder { get; set; }

    public static TraceEvent Copy(in DmaEvent e) => new()
    {
        Time = e.Time,
        Kind = e.Kind,
        Cpu = e.Cpu,
        Pid = e.Pid,
        Context = e.Context,
        DeviceIndex = e.Device,
        EventType = e.EventType,
        Size = e.Size,
        Dma = e.DmaAddress,
        Physical = e.Kind == DmaEventKind.SwiotlbBounced ? e.BouncedAddress : e.PhysicalAddress.Value,
        Direction = e.HasDirection ? e.Direction : DmaDirection.Bidirectional,
        Attributes = e.Attributes,
        HasMemory = e.VirtualAddress.Value != 0 || e.Kind is DmaEventKind.FreeSgt or DmaEventKind.AllocSgt,
        IsTruncated = e.IsTruncated,
        IsForced = e.IsForced,
        DmaMask = e.DmaMask,
        FullNents = e.FullNents,
        PhysicalAddresses = e.PhysicalAddresses.ToArray(),
        DmaAddresses = e.DmaAddresses.ToArray(),
        Lengths = e.Lengths.ToArray(),
        Case = e.Kind == DmaEventKind.Marker ? CaseOf(e.Text) : 0,
    };

    /// <summary>
    /// Whether this event tells that an earlier one is over, as far as one thread of control can tell: it is logged by the same task, or on
    /// the same CPU by something that an interrupt must have returned to.
    /// </summary>
    public bool EndsWhat(TraceEvent earlier)
    {
        if (Level > earlier.Level)
            return false;
        return earlier.Level == 0 ? Pid == earlier.Pid && (Pid != 0 || Cpu == earlier.Cpu) : Cpu == earlier.Cpu;
    }

    /// <summary>What logs in order: a task, which the idle task of each CPU is, or the interrupts of one kind on one CPU.</summary>
    public (int, int) Thread => Level > 0 ? (-Level, Cpu) : (Pid, Pid == 0 ? Cpu : -1);

    /// <summary>0 for a task or what is not known, more for interrupts: higher ones interrupt lower ones.</summary>
    public int Level => Context == EventContext.Unknown ? 0 : (int)Context - (int)EventContext.Task;

    /// <summary>The probe marks every case with <c>HP n=NUMBER</c>.</summary>
    private static int CaseOf(ReadOnlySpan<byte> text)
    {
        int at = text.IndexOf("HP n="u8);
        return at >= 0 && System.Buffers.Text.Utf8Parser.TryParse(text[(at + 5)..], out int number, out _) ? number : 0;
    }
}
