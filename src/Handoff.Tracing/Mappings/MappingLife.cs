using Handoff.Ownership;

namespace Handoff.Tracing.Mappings;

/// <summary>One mapping (or segment of a list, or allocation) from its map to its unmap.</summary>
public readonly record struct MappingLife
{
    /// <summary>The device, as <see cref="MappingLog.Devices"/> numbers it.</summary>
    public required int Device { get; init; }

    /// <summary>When it was mapped, in the recording's units.</summary>
    public required ulong Start { get; init; }

    /// <summary>When it was unmapped; <see langword="null"/> if it was live when the recording ended.</summary>
    public ulong? End { get; init; }

    /// <summary>The DMA address.</summary>
    public required DmaAddress Address { get; init; }

    /// <summary>The memory; <see cref="PhysicalAddress.Invalid"/> if not known.</summary>
    public required PhysicalAddress Original { get; init; }

    /// <summary>Bytes.</summary>
    public required ulong Size { get; init; }

    /// <summary>Direction as mapped.</summary>
    public required DmaDirection Direction { get; init; }

    /// <summary>By which family of calls.</summary>
    public required MappingKind Kind { get; init; }

    /// <summary>Whether a bounce slot stands behind the address.</summary>
    public required bool Bounced { get; init; }

    /// <summary>The task that mapped it; empty if not known.</summary>
    public required string Task { get; init; }

    /// <summary>Its syncs, in order, as far as they were kept.</summary>
    public IReadOnlyList<MappingSync> Syncs { get; init; }
}
