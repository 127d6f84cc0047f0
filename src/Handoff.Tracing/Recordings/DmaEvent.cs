namespace Handoff.Tracing.Recordings;

/// <summary>
/// One event of a recording, with the names of kernels and formats evened out. Reused from read to read; scalars may be copied
/// and kept, spans are valid until the next <see cref="RecordingReader.Read"/>.
/// </summary>
public struct DmaEvent
{
    /// <summary>A pointer that the recording has and does not tell.</summary>
    internal const ulong UnknownPointer = ulong.MaxValue;

    internal EventLists? Lists;
    internal ulong PhysicalValue; // also: inode number (dma_buf events), dev_addr (swiotlb_bounced)
    internal ulong VirtualValue; // also: dma_mask (swiotlb_bounced), attachment (dma_buf events)
    internal int ErrorValue; // also: file descriptor (dma_buf events)
    internal int NentsValue; // also: exporter's name (dma_buf events)
    internal EventFlags Flags;

    /// <summary>When, in nanoseconds of the recording's clock (raw ticks where <see cref="RecordingHeader.TimeIsNanoseconds"/> is false).</summary>
    public ulong Time { get; internal set; }

    /// <summary>What happened.</summary>
    public DmaEventKind Kind { get; internal set; }

    /// <summary>The CPU that logged it.</summary>
    public int Cpu { get; internal set; }

    /// <summary>The thread that was running (0 in the idle task; interrupts borrow whatever thread they interrupt).</summary>
    public int Pid { get; internal set; }

    /// <summary>What the CPU was doing: the flags of the event's line or record.</summary>
    public EventContext Context { get; internal set; }

    /// <summary>The running task's name: an index into <see cref="RecordingReader.Tasks"/>, 0 when unknown.</summary>
    public int Task { get; internal set; }

    /// <summary>The device: an index into <see cref="RecordingReader.Devices"/>, 0 when the event has none.</summary>
    public int Device { get; internal set; }

    /// <summary>Index into <see cref="RecordingHeader.Instances"/>: which buffer of the recording this came from.</summary>
    public int Instance { get; internal set; }

    /// <summary>Index of the event's name, for <see cref="RecordingReader.EventName(int)"/>.</summary>
    public int EventType { get; internal set; }

    /// <summary>Bytes mapped, allocated, synchronised or bounced. For scatterlists see <see cref="Lengths"/>.</summary>
    public ulong Size { get; internal set; }

    /// <summary>The device address of single maps, unmaps, syncs, allocations and frees; <see cref="DmaAddress.MappingError"/> for a failed map.</summary>
    public DmaAddress DmaAddress { get; internal set; }

    /// <summary>Attributes, including bits without a name. Zero where the event has none.</summary>
    public DmaAttributes Attributes { get; internal set; }

    /// <summary>The direction; meaningless unless <see cref="HasDirection"/>.</summary>
    public DmaDirection Direction { get; internal set; }

    /// <summary>Allocation flags as numbers; their meaning differs from kernel to kernel. Zero in text recordings, which have names in <see cref="Text"/>.</summary>
    /// <remarks>Kernel: <c>gfp_t</c>.</remarks>
    public uint GfpFlags { get; internal set; }

    /// <summary>Whether the event has a direction that the kernel really stored (6.12.0's <c>dma_alloc</c> did not: values above 3 give false).</summary>
    public readonly bool HasDirection => (Flags & EventFlags.Direction) != EventFlags.None;

    /// <summary>The physical address of a single map.</summary>
    public readonly PhysicalAddress PhysicalAddress => new(PhysicalValue);

    /// <summary>The kernel's own pointer to allocated memory; in text recordings a hash of it, or all ones where even that is hidden. Zero for a failed allocation.</summary>
    public readonly VirtualAddress VirtualAddress => new(VirtualValue);

    /// <summary>Whether <see cref="VirtualAddress"/> is a hash: comparable with other hashes of the same boot only.</summary>
    public readonly bool IsVirtualAddressHashed => (Flags & EventFlags.HashedPointer) != EventFlags.None;

    /// <summary>Entries the caller gave to <c>dma_map_sg</c>; the lists below may hold fewer (<see cref="IsTruncated"/>).</summary>
    public readonly int FullNents => IsScatterlistMap ? NentsValue : 0;

    /// <summary>Entries the device was given by <c>dma_map_sg</c>; fewer than <see cref="FullNents"/> after merging by an IOMMU.</summary>
    public int FullEnts { get; internal set; }

    /// <summary>Whether the kernel cut the lists (128 entries).</summary>
    public readonly bool IsTruncated => (Flags & EventFlags.Truncated) != EventFlags.None;

    /// <summary>The kernel's error number of a failed list map (negative).</summary>
    public readonly int Error => Kind == DmaEventKind.MapSgErr ? ErrorValue : 0;

    /// <summary>Physical addresses of the list, in order. Valid until the next read.</summary>
    public readonly ReadOnlySpan<PhysicalAddress> PhysicalAddresses => Lists is null ? default : Lists.PhysicalAddresses;

    /// <summary>Device addresses of the list, in order. Valid until the next read.</summary>
    public readonly ReadOnlySpan<DmaAddress> DmaAddresses => Lists is null ? default : Lists.DmaAddresses;

    /// <summary>Lengths in bytes belonging to <see cref="DmaAddresses"/>. Valid until the next read.</summary>
    public readonly ReadOnlySpan<uint> Lengths => Lists is null ? default : Lists.Lengths;

    /// <summary>
    /// UTF-8 text: what a <see cref="DmaEventKind.Marker"/> says; in text recordings also the payload of unknown events and the names
    /// of an allocation's flags. Valid until the next read.
    /// </summary>
    public readonly ReadOnlySpan<byte> Text => Lists is null ? default : Lists.Text;

    /// <summary>How many events were lost; zero when only the fact is recorded.</summary>
    public readonly ulong LostCount => Kind == DmaEventKind.LostEvents ? Size : 0;

    /// <summary>
    /// Whether the events were lost anywhere in the recording: it has their number, not their place. Otherwise they were lost between the last
    /// event of this CPU and its next one.
    /// </summary>
    public readonly bool IsLostAnywhere => (Flags & EventFlags.LostAnywhere) != EventFlags.None;

    /// <summary>
    /// Whether all further events of this CPU are lost: the recording was cut, or is damaged. Such a note stands where they begin to be missing; another
    /// one, without this mark, behind the last event of all CPUs.
    /// </summary>
    public readonly bool IsLostToEnd => (Flags & EventFlags.LostToEnd) != EventFlags.None;

    /// <summary>The device's mask, from <c>swiotlb_bounced</c>.</summary>
    public readonly ulong DmaMask => Kind == DmaEventKind.SwiotlbBounced ? VirtualValue : 0;

    /// <summary>
    /// The address <c>swiotlb_bounced</c> gives for the original buffer: its translation in direct mapping (all ones where no range covers
    /// it), its physical address behind an IOMMU.
    /// </summary>
    public readonly ulong BouncedAddress => Kind == DmaEventKind.SwiotlbBounced ? PhysicalValue : 0;

    /// <summary>Whether <c>swiotlb_bounced</c> was forced (FORCE) rather than needed (NORMAL).</summary>
    public readonly bool IsForced => (Flags & EventFlags.Force) != EventFlags.None;

    /// <summary>The dma-buf's inode number.</summary>
    public readonly ulong Inode => IsDmaBuf ? PhysicalValue : 0;

    /// <summary>The kernel's pointer to the attachment (attach and detach).</summary>
    public readonly VirtualAddress Attachment => new(IsDmaBuf ? VirtualValue : 0);

    /// <summary>The file descriptor (<c>dma_buf_fd</c>, <c>dma_buf_get</c>), otherwise -1.</summary>
    public readonly int FileDescriptor => Kind is DmaEventKind.DmaBufFd or DmaEventKind.DmaBufGet ? ErrorValue : -1;

    /// <summary>The exporter's name: an index into <see cref="RecordingReader.Exporters"/>, 0 when the event has none.</summary>
    public readonly int Exporter => IsDmaBuf ? NentsValue : 0;

    /// <summary>Whether the attachment is dynamic (attach and detach).</summary>
    public readonly bool IsDynamic => (Flags & EventFlags.Dynamic) != EventFlags.None;

    /// <summary>Whether this is an event of the <c>dma_buf</c> group.</summary>
    public readonly bool IsDmaBuf => Kind >= DmaEventKind.DmaBufExport;

    private readonly bool IsScatterlistMap => Kind is DmaEventKind.MapSg;
}
