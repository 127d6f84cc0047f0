using Handoff.Coherent;
using Handoff.Ownership;

namespace Handoff.Litmus.Lowering;

/// <summary>What a mapping call gave: device addresses with the memory behind them, and who owned it when.</summary>
internal sealed class Mapping
{
    public required string Name { get; init; }

    public required Device Device { get; init; }

    public required DmaDirection Direction { get; init; }

    public DmaAttributes Attributes { get; init; }

    /// <summary>Per entry: physical start as the device reaches it, the original's start, bytes, device address.</summary>
    public List<(ulong Reached, ulong Original, ulong Size, DmaAddress Address)> Entries { get; } = [];

    /// <summary>The list of a scatterlist map.</summary>
    public SgTable? Table { get; init; }

    public Errno Error { get; set; }

    /// <summary>A single map whose result nobody has looked at yet.</summary>
    public bool Unchecked { get; set; }

    public bool Released { get; set; }

    /// <summary>By which family of calls it was made.</summary>
    public MappingKind Kind { get; init; }

    /// <summary>Coherent memory: no ownership changes hands.</summary>
    public bool IsCoherentMemory => Kind == MappingKind.Coherent;

    /// <summary>Of an allocation: the bytes that were asked for.</summary>
    public ulong Requested { get; init; }

    /// <summary>An exporter's mapping for an importer: several may exist, and sessions of the CPU are the exporter's business.</summary>
    public bool IsShared { get; init; }

    /// <summary>Of an allocation from a restricted pool: what was taken there.</summary>
    public DmaBuffer? Block { get; init; }

    /// <summary>Name of the dma-buf that an importer's mapping is of.</summary>
    public string? Buffer { get; init; }

    /// <summary>A mapping that an exporter made for a device of its own.</summary>
    public bool IsExportersOwn { get; init; }

    /// <summary>Bytes that were mapped.</summary>
    public ulong Size => Entries.Aggregate(0UL, (sum, e) => sum + e.Size);

    /// <summary>When the device may use it.</summary>
    public List<OpenWindow> Live { get; } = [];

    /// <summary>When the device owns the bytes, with the range of the mapping concerned.</summary>
    public List<(ulong From, ulong To, OpenWindow Window)> Owned { get; } = [];

    /// <summary>The memory behind a range of the mapping, as ranges of physical addresses.</summary>
    public IEnumerable<(ulong Start, ulong End)> Originals(ulong from = 0, ulong to = ulong.MaxValue) =>
        Adjoining.Join(MemoryObject.Slice(Entries.Select(e => (e.Original, e.Size)), from, to)).Select(r => (r.Start, r.Start + r.Size));
}
