using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary>A device and what a test pins of it. Every <see langword="null"/> member is free.</summary>
/// <param name="Name">Its name.</param>
public sealed record DeviceDeclaration(Name Name) : SyntaxNode
{
    /// <summary><c>dma_mask 32</c>: the streaming (and coherent) mask as all ones up to the top bit.</summary>
    public Located<ulong>? DmaMask { get; init; }

    /// <summary><c>coherent_mask 32</c>: the mask for coherent allocations, where it differs.</summary>
    public Located<ulong>? CoherentMask { get; init; }

    /// <summary><c>coherent</c> (<see langword="true"/>) or <c>noncoherent</c>; <see langword="null"/>: both are tried.</summary>
    public Located<bool>? Coherent { get; init; }

    /// <summary><c>bus_limit 0x3fffffff</c>: highest address of the bus, inclusive.</summary>
    public Located<ulong>? BusLimit { get; init; }

    /// <summary><c>dma_range cpu A dma B size N</c>: windows in order; empty for the identity.</summary>
    public ImmutableArray<Located<DmaRange>> Ranges { get; init; } = [];

    /// <summary><c>min_align_mask 0xfff</c>.</summary>
    public Located<uint>? MinAlignMask { get; init; }

    /// <summary><c>max_seg 64K</c>: longest segment in bytes.</summary>
    public Located<uint>? MaxSegment { get; init; }

    /// <summary><c>boundary 0xffffffff</c>: segment boundary mask.</summary>
    public Located<ulong>? Boundary { get; init; }

    /// <summary><c>force_bounce</c>: every mapping bounces; <c>force_bounce no</c>: never forced; <see langword="null"/>: free unless the machine pins it.</summary>
    public Located<bool>? ForceBounce { get; init; }

    /// <summary><c>restricted_pool 8M</c>: an own pool of that many bytes, which also forces every mapping through it.</summary>
    public Located<ulong>? RestrictedPool { get; init; }

    /// <summary><c>untrusted</c>: matters only behind an IOMMU.</summary>
    public Located<bool>? Untrusted { get; init; }
}
