namespace Handoff.Tracing.Replay;

/// <summary>A mapping that is live at some point of a recording.</summary>
internal struct RecordedMapping
{
    public ulong Dma;
    public ulong Physical;
    public ulong Size;
    public ulong Time;
    public int Device;

    /// <summary>Next mapping with the same hash of device and DMA page; -1 for none.</summary>
    public int NextByDma;

    /// <summary>The mapping before it in that chain; -1 for none.</summary>
    public int BeforeByDma;

    /// <summary>Next list with the same hash of device and first physical page; -1 for none.</summary>
    public int NextByPhysical;

    /// <summary>The list before it in that chain; -1 for none.</summary>
    public int BeforeByPhysical;

    /// <summary>Next entry of the same list; -1 for the last one.</summary>
    public int NextEntry;

    /// <summary>Entries of the list that begins here; 0 for what is no list's beginning.</summary>
    public int Entries;

    public DmaDirection Direction;

    /// <summary>Its slots were seen in use by a later mapping, so it had ended, though that is logged only afterwards.</summary>
    public bool EndedEarly;

    public bool Bounced;
    public bool InList;
    public bool HasDma;
}
